"""Which measurements make up a report, for a CPU and for a CUDA machine."""

from dataclasses import dataclass, replace
from pathlib import Path

from dictate.asr.precision import PRECISIONS
from dictate.bench.architectures import Architecture, architecture
from dictate.bench.beam import BeamBench, beam_outcome
from dictate.bench.cases import (
    FIXED_TOKENS,
    RANDOM_WEIGHTS,
    bundled_sounds,
    published,
    speech,
)
from dictate.bench.exactness import count_differences, exactness_outcome
from dictate.bench.latency import latency_outcome, measure_latency
from dictate.bench.machine import physical_cores
from dictate.bench.memory import measure_memory, memory_outcome
from dictate.bench.peers.compare import compare
from dictate.bench.peers.outcome import outcome as peers_outcome
from dictate.bench.peers.setting import Setting
from dictate.bench.results import Outcome
from dictate.bench.sources import measure_sources, sources_outcome
from dictate.bench.speculative import curve_outcome, measure_curve
from dictate.bench.stages import measure_stages, stages_outcome
from dictate.bench.streaming import StreamingOptions, measure_streaming
from dictate.bench.streaming_outcome import streaming_outcome
from dictate.bench.utterance import measure_utterance, utterance_outcome
from dictate.models.registry import Registry

_QUICK_WIDTH, _QUICK_HEADS, _QUICK_LAYERS = 64, 2, 2
_BUNDLED_TOKENS = 60
# Utterances in a round: off a CPU, and on one.
_EXACTNESS_CASES = (20, 5)


@dataclass(frozen=True)
class Scope:
    """How a set of measurements is run.

    Attributes:
        device: `cpu`, or `cuda`.
        dtype: see `Pair.load`.
        rounds: of interleaved measurements; others run a multiple of it.
        work_folder: for checkpoints.
        quick: architectures shrunk to almost nothing: shows that all runs, says nothing of speed.
    """

    device: str
    dtype: str
    rounds: int
    work_folder: Path
    quick: bool = False

    def shape(self, name: str) -> Architecture:
        """A published architecture, at the scope's size."""
        found = architecture(name)
        if not self.quick:
            return found
        return found.shrunk(_QUICK_WIDTH, _QUICK_HEADS, _QUICK_LAYERS, found.window_s)

    def checkpoint(self, name: str) -> Path:
        """A folder with random weights of a published architecture, at the scope's size."""
        return published(self.shape(name), self.work_folder)


def peers(scope: Scope, name: str, draft: str | None) -> Outcome:
    """The peers on a published architecture with random weights; `draft` assists transformers."""
    setting = _setting(scope, scope.checkpoint(name), FIXED_TOKENS)
    comparison = compare(
        setting,
        _case(scope, name),
        [speech()],
        scope.rounds,
        draft=scope.checkpoint(draft) if draft else None,
    )
    return peers_outcome(comparison, f"peers-{name}", random_weights=True)


def bundled_peers(scope: Scope) -> Outcome:
    """The peers on the bundled pair's target, which was trained for short windows."""
    entry = Registry.load().pair("bundled")
    comparison = compare(
        _setting(scope, entry.target, _BUNDLED_TOKENS),
        "the bundled target",
        bundled_sounds(),
        scope.rounds,
        draft=entry.draft,
        short_is_exact=entry.short_window,
    )
    return peers_outcome(comparison, "peers-bundled", random_weights=False)


def _setting(scope: Scope, folder: Path, max_new_tokens: int) -> Setting:
    return Setting(
        folder=folder,
        language="en",
        max_new_tokens=max_new_tokens,
        device=scope.device,
        threads=physical_cores(),
        work_folder=scope.work_folder,
    )


def bundled_sources(scope: Scope) -> Outcome:
    """Real drafts of the bundled pair."""
    return sources_outcome(measure_sources(scope.rounds, scope.device, scope.dtype))


def curve(scope: Scope, target: str, draft: str) -> Outcome:
    """A replayed draft of a published pair, over acceptance and length."""
    return curve_outcome(
        measure_curve(
            scope.shape(target),
            scope.shape(draft),
            scope.rounds,
            scope.device,
            scope.dtype,
            scope.work_folder,
        )
    )


def bundled_beams(scope: Scope) -> Outcome:
    """Beams of the bundled target."""
    entry = Registry.load().pair("bundled")
    bench = BeamBench(
        entry.target,
        scope.device,
        scope.dtype,
        short_window=entry.short_window,
        max_new_tokens=None,
    )
    report = bench.measure("the bundled target", bundled_sounds(), scope.rounds)
    return beam_outcome(report, "beam-bundled")


def beams(scope: Scope, name: str) -> Outcome:
    """Beams of a published architecture."""
    bench = BeamBench(
        scope.checkpoint(name),
        scope.device,
        scope.dtype,
        short_window=False,
        max_new_tokens=FIXED_TOKENS,
    )
    report = bench.measure(_case(scope, name), [speech()], scope.rounds)
    return beam_outcome(report, f"beam-{name}", RANDOM_WEIGHTS)


def bundled_stages(scope: Scope) -> Outcome:
    """Stages of the bundled pair."""
    entry = Registry.load().pair("bundled")
    report = measure_stages(
        "the bundled pair",
        entry.target,
        entry.draft,
        10 * scope.rounds,
        scope.device,
        scope.dtype,
        short_window=entry.short_window,
        max_new_tokens=None,
        cold_utterances=_cold_utterances(scope),
    )
    return stages_outcome(report, "stages-bundled")


def stages(scope: Scope, target: str, draft: str | None) -> Outcome:
    """Stages of a published architecture."""
    report = measure_stages(
        _case(scope, target) + (f" with {scope.shape(draft).name}'s" if draft else ""),
        scope.checkpoint(target),
        scope.checkpoint(draft) if draft else None,
        2 * scope.rounds,
        scope.device,
        scope.dtype,
        short_window=False,
        max_new_tokens=FIXED_TOKENS,
        cold_utterances=_cold_utterances(scope),
    )
    return stages_outcome(report, f"stages-{target}", RANDOM_WEIGHTS)


def end_to_end(
    scope: Scope,
    file: Path | None = None,
    release_after_s: float | None = None,
    pair: str = "bundled",
) -> Outcome:
    """Key release to the acknowledged edit, through the real server, engine and protocol."""
    return latency_outcome(measure_latency(2 * scope.rounds, file, release_after_s, pair))


def streaming(scope: Scope) -> Outcome:
    """Text while somebody speaks, with the bundled pair, in real time."""
    options = StreamingOptions(device=scope.device)
    if scope.quick:
        options = replace(options, sentences=1, hands_free_sentences=1, non_speech=2)
    return streaming_outcome(measure_streaming(options))


def _case(scope: Scope, name: str) -> str:
    return f"{scope.shape(name).name}'s architecture"


def _cold_utterances(scope: Scope) -> int:
    return 3 if scope.quick else 100


def bundled_memory(scope: Scope) -> Outcome:
    """Memory of the bundled pair."""
    entry = Registry.load().pair("bundled")
    report = measure_memory(
        "the bundled pair",
        entry.target,
        entry.draft,
        scope.device,
        short_window=entry.short_window,
        max_new_tokens=None,
    )
    return memory_outcome(report, "memory-bundled")


def memory(scope: Scope, target: str, draft: str | None) -> Outcome:
    """Memory of a published pair, or of a target alone."""
    report = measure_memory(
        scope.shape(target).name + (f" + {scope.shape(draft).name}" if draft else ""),
        scope.checkpoint(target),
        scope.checkpoint(draft) if draft else None,
        scope.device,
        short_window=False,
        max_new_tokens=FIXED_TOKENS,
        precisions=("float32", "int8") if scope.quick else PRECISIONS,
    )
    return memory_outcome(
        report, f"memory-{target}" + (f"-{draft}" if draft else ""), RANDOM_WEIGHTS
    )


def exactness(scope: Scope, name: str) -> Outcome:
    """Tokens that differ between speculative and plain, at every precision."""
    report = count_differences(
        scope.checkpoint(name),
        scope.shape(name).name,
        scope.device,
        # No CPU computes in float16 at a speed that anybody would wait for.
        [one for one in PRECISIONS if scope.device != "cpu" or one != "float16"],
        5 if scope.quick else _EXACTNESS_CASES[scope.device == "cpu"] * scope.rounds,
    )
    return exactness_outcome(report, f"exactness-{name}")


def utterance(scope: Scope, name: str, dtype: str) -> Outcome:
    """Sound in memory to token ids, the decoder's step, the compiled encoder."""
    report = measure_utterance(
        scope.checkpoint(name),
        scope.shape(name).name,
        10 * scope.rounds,
        scope.device,
        dtype,
        compiled=not scope.quick,
    )
    return utterance_outcome(report, f"utterance-{name}-{report.precision}")
