"""Decoding with the draft, without it, and by transformers' `generate`, interleaved in one run."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from dictate.asr import Pair
from dictate.audio.file import read_audio
from dictate.bench.machine import machine
from dictate.bench.recordings import recordings
from dictate.models.registry import Registry

_INT16_SCALE = 32_768.0


class DecodingReport(msgspec.Struct):
    """What `dictate bench decoding` measured: milliseconds per recording, medians over all.

    Attributes:
        ratio_to_target_alone: median of the rounds' ratios of each way's time to the target alone.
    """

    machine: str
    pair: str
    device: str
    recordings: int
    rounds: int
    audio_s: float
    median_ms: dict[str, float]
    ratio_to_target_alone: dict[str, float]
    acceptance_rate: float


def measure_decoding(rounds: int, pair_name: str, device: str, json_file: Path | None) -> int:
    """Print the report, and write it to `json_file` where one is named."""
    entry = Registry.load().pair(pair_name)
    pair = Pair.load(
        entry.target,
        entry.draft,
        device=device,
        short_window=entry.short_window,
        follows_prompts=entry.follows_prompts,
    )
    pair.warm_up()
    sounds = [
        read_audio(recording.path).astype(np.float32) / _INT16_SCALE for recording in recordings()
    ]
    ways: dict[str, Callable[[NDArray[np.float32]], object]] = {
        "target alone": lambda sound: pair.transcribe(sound, speculate=False),
        "transformers, whole window": _transformers(entry.target, pair.device),
    }
    if pair.draft_name:
        ways["target with draft"] = pair.transcribe
    times_ms = _interleaved(ways, sounds, rounds)
    accepted = [pair.transcribe(sound) for sound in sounds]
    alone = times_ms["target alone"]
    report = DecodingReport(
        machine=machine(),
        pair=pair_name,
        device=pair.device,
        recordings=len(sounds),
        rounds=rounds,
        audio_s=sum(sound.size for sound in sounds) / pair.sample_rate_hz,
        median_ms={way: statistics.median(values) for way, values in times_ms.items()},
        ratio_to_target_alone={
            way: statistics.median(value / base for value, base in zip(values, alone, strict=True))
            for way, values in times_ms.items()
        },
        acceptance_rate=sum(result.accepted_tokens for result in accepted)
        / max(1, sum(result.proposed_tokens for result in accepted)),
    )
    print(report.machine)
    print(f"pair {report.pair} on {report.device}, {report.recordings} recordings, {rounds} rounds")
    for way, median_ms in report.median_ms.items():
        ratio = report.ratio_to_target_alone[way]
        print(f"  {way:<28}{median_ms:8.1f} ms a recording, {ratio:5.2f} x the target alone")
    print(f"  {report.acceptance_rate:.0%} of the drafted tokens were accepted")
    if json_file is not None:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    return 0


def _interleaved(
    ways: dict[str, Callable[[NDArray[np.float32]], object]],
    sounds: list[NDArray[np.float32]],
    rounds: int,
) -> dict[str, list[float]]:
    """Milliseconds per recording and round; the ways take turns, so that load hits all alike."""
    for way in ways.values():
        way(sounds[0])
    times_ms: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for sound in sounds:
            for name, way in ways.items():
                begun = time.perf_counter()
                way(sound)
                times_ms[name].append(1e3 * (time.perf_counter() - begun))
    return times_ms


def _transformers(folder: Path, device: str) -> Callable[[NDArray[np.float32]], object]:
    from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    model = model.eval().to(device)
    extractor = WhisperFeatureExtractor.from_pretrained(folder)

    def transcribe(sound: NDArray[np.float32]) -> object:
        features = extractor(sound, sampling_rate=extractor.sampling_rate, return_tensors="pt")
        with torch.inference_mode():
            return model.generate(
                features.input_features.to(device), do_sample=False, num_beams=1
            ).tolist()

    return transcribe
