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
from dictate.bench.recordings import recordings
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
    runs: int, file: Path | None, release_after_s: float | None, pair: str, json_file: Path | None
) -> int:
    """Print the report, and write it to `json_file` where one is named."""
    with isolated_folders() as folder:
        samples = read_audio(file or _nearest_to_3_s())
        release_after_s = release_after_s or samples.size / SAMPLE_RATE_HZ
        padded = np.pad(samples, (0, int(_SILENCE_BEHIND_S * SAMPLE_RATE_HZ)))
        played = folder / "played.wav"
        soundfile.write(played, padded, SAMPLE_RATE_HZ, subtype="PCM_16")
        report = asyncio.run(_measure(runs, played, release_after_s, pair))
    _print(report)
    if json_file is not None:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    return 0


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


def _print(report: LatencyReport) -> None:
    print(report.machine)
    print(f"{report.pair} on {report.device}; {report.runs} utterances of {report.audio_s:.1f} s")
    print(f"initialize answered       {report.initialize_ms:8.0f} ms after the process started")
    print(f"engine start to warm      {report.engine_start_to_warm_ms:8.0f} ms")
    print(f"second editor attached    {report.second_editor_attached_ms:8.0f} ms after initialize")
    print("median of each stage:")
    for stage, elapsed_ms in report.stages_ms.items():
        print(f"  {stage:<24}{elapsed_ms:8.1f} ms")
    total = report.release_to_acknowledged_ms
    print(
        f"key release to acknowledged edit: p50 {total['p50']:.0f} ms, p95 {total['p95']:.0f} ms, "
        f"min {total['min']:.0f} ms, max {total['max']:.0f} ms"
    )
