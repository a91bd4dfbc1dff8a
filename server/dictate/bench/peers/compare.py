"""Dictate and the peers on one checkpoint and the same sound, interleaved in one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from dictate.asr import Pair
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.peers.faster_whisper import open_faster_whisper
from dictate.bench.peers.hugging_face import open_transformers
from dictate.bench.peers.openai_whisper import open_openai_whisper
from dictate.bench.peers.setting import CannotRunError, Run, Samples, Setting
from dictate.bench.peers.whisper_cpp import open_whisper_cpp
from dictate.bench.peers.worker import Worker
from dictate.bench.timing import Spread, interleaved, median_ratio
from dictate.engine.loading import openmp_settings

DICTATE = "Dictate"

_REST_S = 0.3


class Row(msgspec.Struct):
    """One library at one precision and window.

    Attributes:
        short: it encoded only what the sound fills, not the checkpoint's whole window.
        ratio_to: median of the runs' ratios of its time to each of Dictate's own ways; above 1
            Dictate is faster.
        tokens: how many it wrote, on average.
        same_tokens: share of its tokens up to the first that differs from those of Dictate in full
            precision at the same window.
    """

    library: str
    precision: str
    short: bool
    spread: Spread
    ratio_to: dict[str, float]
    tokens: float
    same_tokens: float

    @property
    def name(self) -> str:
        """How tables, plots and ratios call it."""
        return way_name(self.library, self.precision, short=self.short)


class Comparison(msgspec.Struct):
    """What `dictate bench peers` measured on one checkpoint; times in milliseconds per utterance.

    Attributes:
        case: what was run, in words.
        short_is_exact: the checkpoint was trained for short windows; otherwise their rows stand for
            one of the same shape that was.
        max_new_tokens: bound on a transcript, for all alike.
        left_out: why a peer is not there, by name.
    """

    machine: Machine
    case: str
    device: str
    threads: int
    rounds: int
    utterances: int
    audio_s: float
    window_s: float
    max_new_tokens: int
    short_is_exact: bool
    rows: list[Row]
    left_out: dict[str, str]


@dataclass(frozen=True)
class _Way:
    library: str
    precision: str
    short: bool
    open: Callable[[], Run]

    @property
    def name(self) -> str:
        return way_name(self.library, self.precision, short=self.short)


def way_name(library: str, precision: str, *, short: bool) -> str:
    """Library, precision and, where it is not the whole one, window."""
    return f"{library} {precision}" + (", short window" if short else "")


def full_precision(device: str) -> str:
    """What weights are not quantised to: float32 on a CPU, float16 elsewhere."""
    return "float32" if device == "cpu" else "float16"


def compare(
    setting: Setting,
    case: str,
    sounds: Sequence[Samples],
    rounds: int,
    *,
    draft: Path | None = None,
    short_is_exact: bool = False,
) -> Comparison:
    """Run every peer that can run `setting`.

    Args:
        setting: the checkpoint and how it is decoded.
        case: what this is, in words.
        sounds: utterances, each within the checkpoint's window.
        rounds: how often each is transcribed by each library.
        draft: checkpoint for transformers' assisted generation.
        short_is_exact: see `Comparison`.

    Raises:
        DictateError: a library is not installed.
        RuntimeError: Dictate failed.
    """
    runs: dict[str, Worker] = {}
    ways: list[_Way] = []
    left_out: dict[str, str] = {}
    numbers = range(len(sounds))
    try:
        for way in _ways(setting, draft):
            environment = openmp_settings() if way.library == DICTATE else {}
            try:
                runs[way.name] = Worker(
                    way.open, sounds, setting.device, setting.threads, environment
                )
            except CannotRunError as error:
                left_out[way.name] = str(error)
            except RuntimeError as error:
                # A missing or unsuitable CUDA library of a peer's shows when it first runs.
                if way.library == DICTATE:
                    raise
                left_out[way.name] = f"it failed: {error}"
            else:
                ways.append(way)
        times_ms = interleaved(runs, numbers, rounds, "cpu", rest_s=_REST_S)
        written = {name: [run(number) for number in numbers] for name, run in runs.items()}
    finally:
        for run in runs.values():
            run.close()
    ours = [way.name for way in ways if way.library == DICTATE]
    rows = []
    for way in ways:
        reference = written[way_name(DICTATE, full_precision(setting.device), short=way.short)]
        own = written[way.name]
        rows.append(
            Row(
                library=way.library,
                precision=way.precision,
                short=way.short,
                spread=Spread.of(times_ms[way.name]),
                ratio_to={name: median_ratio(times_ms[way.name], times_ms[name]) for name in ours},
                tokens=sum(map(len, own)) / len(own),
                same_tokens=sum(map(_agreeing, own, reference)) / max(1, sum(map(len, reference))),
            )
        )
    return Comparison(
        machine=describe_machine(setting.device),
        case=case,
        device=setting.device,
        threads=setting.threads,
        rounds=rounds,
        utterances=len(sounds),
        audio_s=sum(sound.size for sound in sounds)
        / len(sounds)
        / setting.checkpoint.framing.sample_rate_hz,
        window_s=setting.window_s,
        max_new_tokens=setting.max_new_tokens,
        short_is_exact=short_is_exact,
        rows=rows,
        left_out=left_out,
    )


def _ways(setting: Setting, draft: Path | None) -> list[_Way]:
    full = full_precision(setting.device)
    ways = [
        _Way(DICTATE, precision, short, partial(_open_dictate, setting, precision, short=short))
        for short in (False, True)
        for precision in (full, "int8")
    ]
    ways.append(_Way("transformers", full, False, partial(open_transformers, setting, full)))
    if draft is not None:
        ways.append(
            _Way(
                "transformers assisted",
                full,
                False,
                partial(open_transformers, setting, full, draft),
            )
        )
    ways.append(_Way("openai-whisper", full, False, partial(open_openai_whisper, setting, full)))
    quantised = "int8" if setting.device == "cpu" else "int8_float16"
    ways += [
        _Way(
            "faster-whisper",
            precision,
            short,
            partial(open_faster_whisper, setting, precision, short=short),
        )
        for short in (False, True)
        for precision in (full, quantised)
    ]
    ways += [
        _Way(
            "whisper.cpp",
            precision,
            short,
            partial(open_whisper_cpp, setting, precision, short=short),
        )
        for short in (False, True)
        for precision in ("f32", "f16", "q8_0")
    ]
    return ways


def _open_dictate(setting: Setting, precision: str, *, short: bool) -> Run:
    pair = Pair.load(
        setting.folder,
        device=setting.device,
        dtype=precision,
        speculation=False,
        short_window=short,
    )
    pair.warm_up()
    language = setting.language if pair.tokens.multilingual else None

    def run(samples: Samples) -> list[int]:
        return pair.transcribe(
            samples, language=language, speculate=False, max_new_tokens=setting.max_new_tokens
        ).tokens

    return run


def _agreeing(own: Sequence[int], reference: Sequence[int]) -> int:
    for index, (token, other) in enumerate(zip(own, reference, strict=False)):
        if token != other:
            return index
    return min(len(own), len(reference))
