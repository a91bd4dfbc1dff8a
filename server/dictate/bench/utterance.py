"""Sound in memory to token ids, warm; one step of the decoder; compiled against not compiled."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from dictate.asr import Pair, Transcription
from dictate.asr.drafts import HypothesisDraft
from dictate.asr.speculation import Recall
from dictate.bench.cases import FIXED_TOKENS, RANDOM_WEIGHTS, UTTERANCE_S, speech
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.peers.setting import Samples
from dictate.bench.results import Goal, Outcome, Table
from dictate.bench.rig import Rig
from dictate.bench.timing import Spread, interleaved, median_ratio, synchronise

PLAIN = "plain"
ACCEPTED = "accepted draft"
RECALLED = "accepted draft, priced by the engine"

# Reached by large-v3-turbo on an H200, milliseconds.
_PLAIN_MS = 20.0
_ACCEPTED_MS = 12.0
_STEP_MS = 0.3

_STEPS = 20


class UtteranceReport(msgspec.Struct):
    """What was measured of one checkpoint at its whole window.

    Attributes:
        utterance: by way, plain and with a hypothesis that is right, from sound in memory to ids.
        step: one token through the decoder, its choice read back, as plain decoding needs it.
        queued_step_ms: the same without reading back, steps queued one after another.
        step_width: of the pass that plain decoding makes for one token.
        compiled_encoder_ratio: time of the encoder as it is by that under `torch.compile`; None
            where it could not be compiled.
        compiled_note: why not.
    """

    machine: Machine
    target: str
    device: str
    precision: str
    attention: str
    audio_s: float
    tokens: int
    runs: int
    utterance: dict[str, Spread]
    step: Spread
    queued_step_ms: float
    step_width: int
    compiled_encoder_ratio: float | None
    compiled_note: str


def measure_utterance(
    target: Path, name: str, runs: int, device: str, dtype: str, *, compiled: bool = True
) -> UtteranceReport:
    """Time 5 s of speech through the pair, and the decoder's step by itself.

    Args:
        target: checkpoint folder with random weights.
        name: of its architecture.
        runs: warm utterances of each way.
        device: see `Pair.load`.
        dtype: see `Pair.load`.
        compiled: compile the encoder, too; that takes minutes.
    """
    tokens, times_ms = _utterances(target, runs, device, dtype)
    rig = Rig(target, None, device, dtype)
    step_ms, queued_step_ms = _steps(rig, runs)
    ratio, note = _compiled(rig, runs) if compiled else (None, "not tried")
    return UtteranceReport(
        machine=describe_machine(rig.device),
        target=name,
        device=rig.device,
        precision=rig.precision,
        attention=rig.model.attention_name,
        audio_s=UTTERANCE_S,
        tokens=len(tokens),
        runs=runs,
        utterance={way: Spread.of(values) for way, values in times_ms.items()},
        step=Spread.of(step_ms),
        queued_step_ms=queued_step_ms,
        step_width=rig.fixed_width or 1,
        compiled_encoder_ratio=ratio,
        compiled_note=note,
    )


def _utterances(
    target: Path, runs: int, device: str, dtype: str
) -> tuple[list[int], dict[str, list[float]]]:
    """The text's ids, and times of decoding it plainly and with a hypothesis that is right."""
    pair = Pair.load(target, device=device, dtype=dtype)
    pair.warm_up()
    sound = speech()
    tokens = pair.transcribe(sound, speculate=False, max_new_tokens=FIXED_TOKENS).tokens
    hypothesis = HypothesisDraft(tokens, pair.tokens.end)

    def plain(samples: Samples) -> Transcription:
        return pair.transcribe(samples, speculate=False, max_new_tokens=FIXED_TOKENS)

    def accepted(samples: Samples) -> Transcription:
        return pair.transcribe(samples, draft=hypothesis, max_new_tokens=FIXED_TOKENS)

    def recalled(samples: Samples) -> Transcription:
        recall = Recall(hypothesis=tokens)
        return pair.transcribe(samples, recall=recall, max_new_tokens=FIXED_TOKENS)

    ways = {PLAIN: plain, ACCEPTED: accepted, RECALLED: recalled}
    return tokens, interleaved(ways, [sound], runs, pair.device, warm_up_rounds=3)


@torch.inference_mode()
def _steps(rig: Rig, runs: int) -> tuple[list[float], float]:
    """Times of single steps that are read back, and the mean of steps that are only queued."""
    heard = rig.hear(speech())
    row = torch.full(
        (1, rig.fixed_width or 1), rig.tokens.start, dtype=torch.long, device=rig.torch_device
    )
    times_ms = []
    queued_ms = 0.0
    for turn in range(runs + 1):
        for read in (True, False):
            rig.model.listen(rig.cache, heard.source)
            synchronise(rig.device)
            begun = time.perf_counter()
            for _ in range(_STEPS):
                started = time.perf_counter()
                logits = rig.model.step(row, rig.cache.lengths, rig.cache)
                rig.cache.advance(1)
                if read:
                    logits[0, :1].argmax(-1).tolist()
                    if turn:  # the first turn warms up
                        times_ms.append(1e3 * (time.perf_counter() - started))
            synchronise(rig.device)
            if turn and not read:
                queued_ms += 1e3 * (time.perf_counter() - begun)
    return times_ms, queued_ms / (runs * _STEPS)


@torch.inference_mode()
def _compiled(rig: Rig, runs: int) -> tuple[float | None, str]:
    """The encoder's time by that of its compiled self."""
    features = torch.randn(
        1,
        rig.model.dimensions.mel_bins,
        2 * rig.model.dimensions.max_source_positions,
        device=rig.torch_device,
    )
    encode: Callable[[torch.Tensor], torch.Tensor] = torch.compile(rig.model.encode)
    try:
        encode(features)
    except Exception as error:  # noqa: BLE001 - the compiler raises whatever it meets
        return None, str(error).strip().splitlines()[0]
    times_ms = interleaved(
        {"compiled": encode, "eager": rig.model.encode}, [features], runs, rig.device
    )
    return median_ratio(times_ms["eager"], times_ms["compiled"]), ""


def utterance_outcome(report: UtteranceReport, name: str) -> Outcome:
    """Table and goals of a report; `name` is that of its files."""
    ratio = report.compiled_encoder_ratio
    rows = [
        [way, *(f"{value:.2f}" for value in (spread.p50_ms, spread.p95_ms, spread.p99_ms))]
        for way, spread in report.utterance.items()
    ]
    step = report.step
    rows.append(
        [
            f"decoder step, one token (a pass of {report.step_width})",
            *(f"{value:.3f}" for value in (step.p50_ms, step.p95_ms, step.p99_ms)),
        ]
    )
    rows.append(["decoder step, queued", f"{report.queued_step_ms:.3f}", "", ""])
    compiled = report.compiled_note if ratio is None else f"{ratio:.2f} times as fast"
    table = Table(
        title=f"{report.target}, {report.precision} on {report.device}, attention "
        f"{report.attention}: {report.audio_s:.0f} s of speech at the whole window, "
        f"{report.tokens} tokens, {report.runs} warm runs",
        columns=["from sound in memory to token ids", "p50 ms", "p95 ms", "p99 ms"],
        rows=rows,
        note=f"Encoder under torch.compile: {compiled}. {RANDOM_WEIGHTS}; the"
        " accepted draft is the target's own text.",
    )
    return Outcome(
        name=name,
        title=f"Utterance, {report.target} on {report.device}",
        report=report,
        tables=[table],
        goals=_goals(report),
    )


def _goals(report: UtteranceReport) -> list[Goal]:
    if report.target != "large-v3-turbo" or not report.device.startswith("cuda"):
        return []
    where = f"{report.target}, {report.precision}, exact window, {report.audio_s:.0f} s of speech"
    measured = (
        (f"{where}, accepted draft", report.utterance[RECALLED].p50_ms, _ACCEPTED_MS),
        (f"{where}, plain", report.utterance[PLAIN].p50_ms, _PLAIN_MS),
        (f"{report.target}, {report.precision}: decoder step", report.step.p50_ms, _STEP_MS),
    )
    return [
        Goal(
            f"{what}, p50",
            f"at most {limit_ms:g} ms",
            f"{elapsed_ms:.3g} ms",
            elapsed_ms <= limit_ms,
        )
        for what, elapsed_ms, limit_ms in measured
    ]
