"""Where the engine's time goes: each stage of warm utterances, and the first against later ones."""

from pathlib import Path
from statistics import median

import msgspec
import torch

from dictate.asr import Pair
from dictate.asr.drafts import DraftSource
from dictate.asr.vocabulary_map import map_vocabularies
from dictate.bench.cases import speech
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.plots import draw_grouped_bars
from dictate.bench.probe import Answer, Request, ask
from dictate.bench.results import Outcome, Table
from dictate.bench.rig import MakeDraft, Rig
from dictate.bench.timing import Spread, interleaved

STAGES = ("features", "encode", "draft encode", "decode")
WHOLE = "whole utterance"


class ColdStart(msgspec.Struct):
    """A fresh process: how the first utterance compares with later ones, milliseconds.

    Attributes:
        first_without_warm_up: in a process of its own.
        later: median of the last tenth of the utterances.
        utterances: how many there were.
    """

    load: float
    warm_up: float
    first_without_warm_up: float
    first: float
    later: float
    utterances: int


class StagesReport(msgspec.Struct):
    """What `dictate bench latency` measured of the engine alone.

    Attributes:
        stages: by name, waited for on the device one by one; the whole utterance is timed apart,
            as the engine runs it, so that it may be shorter than their sum.
        attention: the attention kernels in use.
    """

    machine: Machine
    case: str
    device: str
    precision: str
    attention: str
    runs: int
    audio_s: float
    tokens: float
    stages: dict[str, Spread]
    cold: ColdStart


def measure_stages(
    case: str,
    target: Path,
    draft: Path | None,
    runs: int,
    device: str,
    dtype: str,
    *,
    short_window: bool,
    max_new_tokens: int | None,
    cold_utterances: int = 100,
) -> StagesReport:
    """Time every stage of 5 s of speech.

    Args:
        case: what this is, in words.
        target: checkpoint folder.
        draft: checkpoint folder of a draft model, if there is one.
        runs: warm utterances.
        device: see `Pair.load`.
        dtype: see `Pair.load`.
        short_window: see `Pair.load`.
        max_new_tokens: bound on the transcript.
        cold_utterances: how many the fresh process transcribes.
    """
    sound = speech()
    rig = Rig(target, draft, device, dtype, short_window=short_window)
    make_draft = _listening(rig)
    times_ms: dict[str, list[float]] = {stage: [] for stage in STAGES}
    tokens = 0
    for run in range(runs + 2):
        heard = rig.hear(sound)
        written = rig.write(heard, make_draft, max_new_tokens=max_new_tokens)
        tokens = len(written.decoded.tokens)
        if run < 2:  # warming up
            continue
        parts = (heard.features_ms, heard.encoder_ms, written.draft_ms, written.loop_ms)
        for stage, elapsed_ms in zip(STAGES, parts, strict=True):
            times_ms[stage].append(elapsed_ms)
    if draft is None:
        del times_ms["draft encode"]
    pair = Pair.load(target, draft, device=device, dtype=dtype, short_window=short_window)
    pair.warm_up()
    ways = {WHOLE: lambda samples: pair.transcribe(samples, max_new_tokens=max_new_tokens)}
    times_ms |= interleaved(ways, [sound], runs, pair.device)

    def cold(utterances: int, *, warm_up: bool) -> Answer:
        return ask(
            Request(
                target=str(target),
                draft=str(draft or ""),
                device=device,
                dtype=dtype,
                short_window=short_window,
                utterances=utterances,
                warm_up=warm_up,
                max_new_tokens=max_new_tokens,
                threads=torch.get_num_threads(),
            )
        )

    unprepared = cold(1, warm_up=False)
    prepared = cold(cold_utterances, warm_up=True)
    return StagesReport(
        machine=describe_machine(rig.device),
        case=case,
        device=rig.device,
        precision=rig.precision,
        attention=rig.model.attention_name,
        runs=runs,
        audio_s=sound.size / pair.sample_rate_hz,
        tokens=tokens,
        stages={stage: Spread.of(values) for stage, values in times_ms.items()},
        cold=ColdStart(
            load=prepared.load_ms,
            warm_up=prepared.warm_up_ms,
            first_without_warm_up=unprepared.times_ms[0],
            first=prepared.times_ms[0],
            later=median(prepared.times_ms[-max(1, cold_utterances // 10) :]),
            utterances=cold_utterances,
        ),
    )


def _listening(rig: Rig) -> MakeDraft | None:
    if rig.draft is None:
        return None
    to_target = map_vocabularies(rig.draft.tokens, rig.tokens)

    def make(rig: Rig, sound: torch.Tensor) -> DraftSource:
        assert rig.draft is not None
        return rig.draft.listen(rig.draft_features(sound), rig.tokens.default_language, to_target)

    return make


def stages_outcome(report: StagesReport, name: str, note: str = "") -> Outcome:
    """Tables and plot of a report; `name` is that of its files."""
    stages = Table(
        title=f"{report.case}, {report.precision} on {report.device}: {report.audio_s:.0f} s of "
        f"speech, {report.tokens:.0f} tokens, {report.runs} warm runs, attention "
        f"{report.attention}",
        columns=["stage", "p50 ms", "p95 ms", "p99 ms"],
        rows=[
            [stage, *(f"{value:.2f}" for value in (spread.p50_ms, spread.p95_ms, spread.p99_ms))]
            for stage, spread in report.stages.items()
        ],
        note=note,
    )
    cold = report.cold
    start = Table(
        title=f"{report.case}: a fresh process",
        columns=["step", "ms"],
        rows=[
            ["load", f"{cold.load:.0f}"],
            ["warm-up", f"{cold.warm_up:.0f}"],
            ["first utterance without warm-up", f"{cold.first_without_warm_up:.1f}"],
            ["first utterance", f"{cold.first:.1f}"],
            [f"utterance {cold.utterances}", f"{cold.later:.1f}"],
        ],
    )

    def draw(folder: Path) -> list[Path]:
        path = folder / f"{name}.png"
        draw_grouped_bars(
            path,
            f"{report.case}, {report.precision} on {report.device}: milliseconds by stage",
            list(report.stages),
            {
                "p50": [spread.p50_ms for spread in report.stages.values()],
                "p95": [spread.p95_ms for spread in report.stages.values()],
                "p99": [spread.p99_ms for spread in report.stages.values()],
            },
            "milliseconds",
            note,
        )
        return [path]

    return Outcome(
        name=name,
        title=f"Stages of the engine, {report.case}",
        report=report,
        tables=[stages, start],
        draw=draw,
    )
