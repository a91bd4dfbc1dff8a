"""What a smaller folder costs: word errors and speed of one model in every precision, as it runs.

Each way to store and to compute the same weights is loaded by the engine's own `Pair` from a folder
that `quantise` wrote, without a draft. All hear each held-out sentence in turn, in an order that
rotates, so that a busy machine is slow for all alike.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.memory import need_of
from dictate.asr.pair import Pair
from dictate.asr.precision import choose_precision
from dictate.errors import DictateError
from dictate.train.evaluate import GROUPS, spoken_group
from dictate.train.quantise import STORED, quantise, weight_bytes
from dictate.train.scoring import word_errors

_SOURCE: Final = "as it is"
_WAYS: Final = (
    (_SOURCE, "float32"),
    (_SOURCE, "bfloat16"),
    ("float16", "auto"),
    ("int8", "int8"),
    ("int8", "float32"),
    ("int4", "int4"),
    ("int4", "float32"),
)
"""How the folder stores the weights, and the `dtype` that it is loaded with; first what all others
are compared with."""

# What the engine leaves of the quiet around speech.
_FRONT_MS: Final = 150
_BEHIND_MS: Final = 160

_RESAMPLES: Final = 2_000
_SEED: Final = 1
_MB: Final = 10**6


@dataclass(frozen=True, slots=True)
class Cost:
    """One way to keep the weights.

    Attributes:
        stored: how the folder stores them; "as it is": the folder that was given.
        computed: the precision that the engine ran in.
        disk_mb: of the weights' file, in units of 10^6 bytes.
        memory_mb: of the weights once they are loaded, likewise.
        errors: words wrong, missing or added.
        words: that were said.
        wer: word error rate, a fraction.
        difference: to the first way, a fraction of the words.
        interval: 95 % of the differences of resampled utterances lie within.
        changed: texts that are not those of the first way.
        real_time_factor: time to decode over time spoken.
        by_group: word error rate of each group of voices.
    """

    stored: str
    computed: str
    disk_mb: float
    memory_mb: float
    errors: int
    words: int
    wer: float
    difference: float
    interval: tuple[float, float]
    changed: int
    real_time_factor: float
    by_group: dict[str, float]


@dataclass(frozen=True, slots=True)
class Report:
    """All ways; `utterances` is their number over all groups."""

    model: str
    device: str
    threads: int
    short_window: bool
    utterances: int
    audio_s: float
    costs: list[Cost]


class _Way:
    """A loaded pair, and what it wrote."""

    def __init__(self, stored: str, folder: Path, dtype: str, device: str, *, short: bool) -> None:
        place = choose_device(device)
        opened = Checkpoint.open(folder)
        self.stored = stored
        self.precision = choose_precision(dtype, place, opened.dimensions, opened.stored)
        self.disk_bytes = weight_bytes(folder)
        self.memory_bytes = need_of(opened, self.precision, place).weights
        self.pair = Pair.load(folder, device=device, dtype=self.precision, short_window=short)
        self.pair.rehearse()
        self.texts: list[str] = []
        self.spent_s = 0.0

    def hear(self, samples: NDArray[np.float32]) -> None:
        begun = time.perf_counter()
        self.texts.append(self.pair.transcribe(samples).text)
        self.spent_s += time.perf_counter() - begun


def measure(
    folder: Path, count: int, *, short_window: bool, device: str = "cpu", threads: int = 1
) -> Report:
    """Judge `folder` in every precision.

    Args:
        folder: a checkpoint of floating-point weights.
        count: sentences per group of voices.
        short_window: it was trained on windows of any length; others are padded.
        device: where it runs.
        threads: of the processor.

    Raises:
        DictateError: the folder is no such checkpoint, or says another sample rate than the speech.
    """
    if count < 1:
        raise DictateError("nothing to judge: use --utterances 1 or more")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with tempfile.TemporaryDirectory(prefix="dictate-precision-") as root:
            return _measure(folder, count, Path(root), device, threads, short_window=short_window)
    finally:
        torch.set_num_threads(before)


def _measure(
    folder: Path, count: int, root: Path, device: str, threads: int, *, short_window: bool
) -> Report:
    folders = {_SOURCE: folder}
    for dtype in STORED:
        folders[dtype] = root / dtype
        quantise(folder, dtype, folders[dtype])
    ways = [
        _Way(stored, folders[stored], dtype, device, short=short_window) for stored, dtype in _WAYS
    ]
    rate_hz = ways[0].pair.sample_rate_hz
    padding = tuple(ms * rate_hz // 1000 for ms in (_FRONT_MS, _BEHIND_MS))
    references: list[str] = []
    groups: list[str] = []
    audio_s = 0.0
    for group in GROUPS:
        for utterance in spoken_group(group, count):
            samples = np.pad(utterance.speech, padding)[: ways[0].pair.window_samples]
            for turn in range(len(ways)):
                ways[(len(references) + turn) % len(ways)].hear(samples)
            references.append(utterance.text)
            groups.append(group.name)
            audio_s += samples.size / rate_hz
    first = ways[0]
    return Report(
        model=f"{folder.resolve().parent.name}/{folder.resolve().name}",
        device=first.pair.device,
        threads=threads,
        short_window=short_window,
        utterances=len(references),
        audio_s=audio_s,
        costs=[_cost(way, first, references, groups, audio_s) for way in ways],
    )


def _cost(
    way: _Way, first: _Way, references: Sequence[str], groups: Sequence[str], audio_s: float
) -> Cost:
    words = np.array([len(reference.split()) for reference in references])
    errors, base = (
        np.array([word_errors(*pair) for pair in zip(references, one.texts, strict=True)])
        for one in (way, first)
    )
    spoken = int(words.sum())
    of_group = np.array(groups)
    return Cost(
        stored=way.stored,
        computed=way.precision,
        disk_mb=way.disk_bytes / _MB,
        memory_mb=way.memory_bytes / _MB,
        errors=int(errors.sum()),
        words=spoken,
        wer=float(errors.sum() / spoken),
        difference=float((errors - base).sum() / spoken),
        interval=interval(errors - base, words),
        changed=sum(ours != theirs for ours, theirs in zip(way.texts, first.texts, strict=True)),
        real_time_factor=way.spent_s / audio_s,
        by_group={
            name: float(errors[of_group == name].sum() / words[of_group == name].sum())
            for name in dict.fromkeys(groups)
        },
    )


def interval(
    differences: NDArray[np.int64], words: NDArray[np.int64], seed: int = _SEED
) -> tuple[float, float]:
    """Where 95 % of the differences in word error rate lie when utterances are drawn again.

    The paired bootstrap of Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR
    performance evaluation", ICASSP 2004.

    Args:
        differences: errors more than of the other system, per utterance.
        words: said, per utterance.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(words), size=(_RESAMPLES, len(words)))
    rates = differences[drawn].sum(1) / np.maximum(words[drawn].sum(1), 1)
    low, high = np.quantile(rates, (0.025, 0.975))
    return float(low), float(high)


def table(report: Report) -> str:
    """The report in Markdown."""
    window = "short windows" if report.short_window else "padded windows"
    threads = f"{report.threads} thread" + ("s" if report.threads > 1 else "")
    lines = [
        f"{report.model}: {report.utterances} held-out sentences ({report.audio_s:.0f} s), "
        f"{window}, {report.device}, {threads}, without a draft.",
        "",
        "| weights on disk | computed in | MB on disk | MB in memory | word error rate "
        "| difference (95 % interval) | texts changed | real-time factor |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for cost in report.costs:
        low, high = cost.interval
        is_first = cost is report.costs[0]
        difference = f"{100 * cost.difference:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"
        cells = (
            cost.stored,
            cost.computed,
            f"{cost.disk_mb:.1f}",
            f"{cost.memory_mb:.1f}",
            f"{100 * cost.wer:.2f} %",
            "" if is_first else difference,
            "" if is_first else f"{cost.changed} of {report.utterances}",
            f"{cost.real_time_factor:.3f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", f"Word error rate by voices | {' | '.join(_name(cost) for cost in report.costs)}"]
    lines[-1] = f"| {lines[-1]} |"
    lines.append("|---|" + "---:|" * len(report.costs))
    for group in report.costs[0].by_group:
        rates = " | ".join(f"{100 * cost.by_group[group]:.1f} %" for cost in report.costs)
        lines.append(f"| {group} | {rates} |")
    return "\n".join(lines)


def _name(cost: Cost) -> str:
    """Of a column: "int8 in float32"."""
    if cost.stored == _SOURCE:
        return cost.computed
    return cost.stored if cost.stored == cost.computed else f"{cost.stored} in {cost.computed}"


def write(report: Report, folder: Path) -> None:
    """Write `precision_cost.json` and `precision_cost.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(asdict(report), indent=2)
    (folder / "precision_cost.json").write_text(content + "\n", encoding="utf-8")
    (folder / "precision_cost.md").write_text(table(report) + "\n", encoding="utf-8")
