"""Time from key release to the acknowledged edit, through the real server, engine and protocol."""

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import soundfile

from dictate.audio.file import read_audio
from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.bench.isolation import isolated_folders
from dictate.bench.machine import machine
from dictate.bench.plots import draw_bars
from dictate.bench.recordings import recordings
from dictate.bench.results import Outcome, Table
from dictate.bench.scripted_editor import ScriptedEditor
from dictate.errors import DictateError

_URI = "file:///benchmark.py"
_SILENCE_BEHIND_S = 5.0


class LatencyReport(msgspec.Struct):
    """What `dictate bench latency` measured; all times in milliseconds."""

    machine: str
    pair: str
    device: str
    runs: int
    audio_s: float
    release_to_acknowledged_ms: dict[str, float]
    stages_ms: dict[str, float]
    initialize_ms: float
    engine_start_to_warm_ms: float
    second_editor_initialize_ms: float
    second_editor_attached_ms: float


def measure_latency(
    runs: int, file: Path | None, release_after_s: float | None, pair: str
) -> LatencyReport:
    """Dictate a recording again and again.

    Args:
        runs: utterances.
        file: the recording; None takes a bundled one.
        release_after_s: when the key is released; None: at the recording's end.
        pair: name in models.toml.

    Raises:
        DictateError: the engine failed, or an utterance was not inserted.
    """
    with isolated_folders() as folder:
        samples = read_audio(file or _nearest_to_3_s())
        release_after_s = release_after_s or samples.size / SAMPLE_RATE_HZ
        padded = np.pad(samples, (0, int(_SILENCE_BEHIND_S * SAMPLE_RATE_HZ)))
        played = folder / "played.wav"
        soundfile.write(played, padded, SAMPLE_RATE_HZ, subtype="PCM_16")
        return asyncio.run(_measure(runs, played, release_after_s, pair))


def _nearest_to_3_s() -> Path:
    """The bundled recording whose length is nearest to 3 s."""

    def distance(path: Path) -> float:
        return abs(read_audio(path).size / SAMPLE_RATE_HZ - 3.0)

    return min((recording.path for recording in recordings()), key=distance)


async def _measure(runs: int, played: Path, release_after_s: float, pair: str) -> LatencyReport:
    settings = {"engine": {"pair": pair}, "partials": {"enabled": True}}
    editor = ScriptedEditor(settings)
    begun = time.perf_counter()
    await editor.start()
    engine = await editor.engine_ready()
    warm_ms = 1e3 * (time.perf_counter() - begun) - editor.initialize_ms
    if engine["state"] != "ready":
        raise DictateError(engine.get("reason") or "the engine failed: see dictate engine status")
    second = ScriptedEditor(settings)
    begun = time.perf_counter()
    await second.start()
    other = await second.engine_ready()
    attached_ms = 1e3 * (time.perf_counter() - begun) - second.initialize_ms
    if other["pid"] != engine["pid"]:
        raise DictateError("the second editor started an engine of its own: please report this")
    await second.close()
    totals: list[float] = []
    stages: dict[str, list[float]] = {}
    for run in range(runs):
        uri = f"{_URI}?{run}"
        editor.open(uri, "# \n", "python")
        dictated = await editor.dictate_file(uri, 2, played, release_after_s=release_after_s)
        if dictated.outcome != "inserted":
            raise DictateError(f"run {run + 1} was {dictated.outcome}: {dictated.message}")
        totals.append(dictated.release_to_acknowledged_ms)
        for stage, elapsed_ms in dictated.timings_ms.items():
            stages.setdefault(stage, []).append(elapsed_ms)
    await editor.close()
    return LatencyReport(
        machine=machine(),
        pair=_pair_line(engine),
        device=engine["device"],
        runs=runs,
        audio_s=release_after_s,
        release_to_acknowledged_ms={
            "p50": statistics.median(totals),
            "p95": float(np.percentile(totals, 95)),
            "p99": float(np.percentile(totals, 99)),
            "min": min(totals),
            "max": max(totals),
        },
        stages_ms={stage: statistics.median(values) for stage, values in stages.items()},
        initialize_ms=editor.initialize_ms,
        engine_start_to_warm_ms=warm_ms,
        second_editor_initialize_ms=second.initialize_ms,
        second_editor_attached_ms=attached_ms,
    )


def _pair_line(engine: dict[str, Any]) -> str:
    draft = f" + {engine['draft']}" if engine.get("draft") else ", no draft"
    return f"{engine['pair']} ({engine['target']}{draft}), {engine['dtype']}"


def latency_outcome(report: LatencyReport) -> Outcome:
    """Tables and plot of a report."""
    total = report.release_to_acknowledged_ms
    release = Table(
        title=f"Key release to acknowledged edit: {report.pair} on {report.device}, "
        f"{report.runs} utterances of {report.audio_s:.1f} s",
        columns=["", *total],
        rows=[["milliseconds", *(f"{value:.0f}" for value in total.values())]],
    )
    once = Table(
        title="Before the first word",
        columns=["step", "ms"],
        rows=[
            ["initialize answered, from the server's start", f"{report.initialize_ms:.0f}"],
            ["engine start to warm", f"{report.engine_start_to_warm_ms:.0f}"],
            ["second editor attached", f"{report.second_editor_attached_ms:.0f}"],
        ],
    )
    stages = Table(
        title="Median of each stage",
        columns=["stage", "ms"],
        rows=[[stage, f"{elapsed_ms:.1f}"] for stage, elapsed_ms in report.stages_ms.items()],
    )

    def draw(folder: Path) -> list[Path]:
        path = folder / "latency.png"
        draw_bars(
            path,
            f"Median of each stage, {report.audio_s:.1f} s of speech, {report.pair}",
            report.stages_ms,
            "milliseconds",
        )
        return [path]

    return Outcome(
        name="latency",
        title=f"Key release to edit on {report.machine}",
        report=report,
        tables=[release, stages, once],
        draw=draw,
    )
