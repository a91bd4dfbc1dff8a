"""What heads are worth to their target, beside a draft model: accepted tokens and milliseconds.

All ways decode the same utterances in turns, so that whatever else the machine does hits all alike.
Each is measured twice: always asked, as if nothing had a price, and as the engine decides once it
has timed the target and its sources.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch

from dictate.asr import Pair, Transcription
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.drafts.heads import HeadsError, HeadsKind, find_heads, read_heads, weights_sha256
from dictate.asr.drafts.heads_ctc import CTC_HEAD
from dictate.asr.drafts.heads_medusa import MEDUSA_HEADS
from dictate.asr.drafts.model_draft import DRAFT_MODEL
from dictate.train.augment import Samples
from dictate.train.distil_folder import write_json
from dictate.train.distil_measure import MeasuringError
from dictate.train.distil_source import Source

ALONE: Final = "the target alone"
_SOURCES: Final = {"medusa": MEDUSA_HEADS, "ctc": CTC_HEAD, "draft": DRAFT_MODEL}


@dataclass(frozen=True, slots=True)
class WayFigures:
    """One way to decode; milliseconds are medians over utterances and rounds.

    Attributes:
        way: which sources there were.
        priced: they were asked where that pays; else always.
        switched_off: sources that the engine left out in the end.
        proposed_tokens: by source, in one round.
        accepted_tokens: likewise.
        passes: of the target, per utterance.
        decode_ms: all behind the target's encoder.
        whole_ms: from sound to text.
        decode_speedup: the target alone by this way, median of the ratios of the same utterance.
        whole_speedup: likewise.
        same_tokens: the text was the target's own every time.
    """

    way: str
    priced: bool
    switched_off: list[str]
    proposed_tokens: dict[str, int]
    accepted_tokens: dict[str, int]
    passes: float
    decode_ms: float
    whole_ms: float
    decode_speedup: float
    whole_speedup: float
    same_tokens: bool


@dataclass(frozen=True, slots=True)
class HeadsReport:
    """A target with its heads and its draft model."""

    target: str
    heads: str
    draft: str | None
    device: str
    precision: str
    threads: int
    utterances: int
    rounds: int
    tokens: int
    decode_ms: float
    whole_ms: float
    passes: float
    ways: list[WayFigures]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        write_json(path, asdict(self))

    def __str__(self) -> str:
        """A table for people."""
        lines = [
            f"target {self.target} ({self.precision} on {self.device}, {self.threads} threads): "
            f"{self.utterances} utterances, {self.tokens} tokens, {self.rounds} rounds",
            "",
            "| drafts | asked | accepted | passes | decode ms | speed-up | whole ms | speed-up "
            "| tokens |",
            "|---|---|---|---:|---:|---:|---:|---:|---|",
            f"| {ALONE} | | | {self.passes:.1f} | {self.decode_ms:.2f} | 1.00 "
            f"| {self.whole_ms:.2f} | 1.00 | |",
        ]
        for one in self.ways:
            accepted = ", ".join(
                f"{name} {one.accepted_tokens[name]} of {proposed}"
                f" ({one.accepted_tokens[name] / max(1, proposed):.0%})"
                for name, proposed in one.proposed_tokens.items()
            )
            off = f"; off: {', '.join(one.switched_off)}" if one.switched_off else ""
            lines.append(
                f"| {one.way} | {'where it pays' if one.priced else 'always'} | {accepted}{off} "
                f"| {one.passes:.1f} | {one.decode_ms:.2f} | {one.decode_speedup:.2f} "
                f"| {one.whole_ms:.2f} | {one.whole_speedup:.2f} "
                f"| {'same' if one.same_tokens else 'DIFFER'} |"
            )
        return "\n".join(lines)


@dataclass
class _Way:
    """A loaded pair and what it did."""

    name: str
    priced: bool
    pair: Pair
    decode_ms: list[float] = field(default_factory=list)
    whole_ms: list[float] = field(default_factory=list)
    last: list[Transcription] = field(default_factory=list)
    tokens: list[list[int]] = field(default_factory=list)

    def run(self, sound: Samples, *, speculate: bool) -> None:
        begun = time.perf_counter()
        result = self.pair.transcribe(sound, speculate=speculate)
        self.whole_ms.append(1e3 * (time.perf_counter() - begun))
        self.decode_ms.append(result.timings_ms["decode"])
        self.last.append(result)
        self.tokens.append(result.tokens)


def measure_heads(
    source: Source,
    heads: Path | None,
    draft: Path | None,
    sounds: Sequence[Samples],
    *,
    rounds: int = 5,
    device: str = "auto",
    dtype: str = "auto",
    threads: int | None = 1,
) -> HeadsReport:
    """Decode every sound in every way, in turns.

    Args:
        source: the target.
        heads: their folder; None: the one inside the target's own.
        draft: folder of a draft model to compare with, None: none.
        sounds: float32 [n] each, at the target's rate.
        rounds: how often; one more goes before, which is not counted.
        device: see `Pair.load`.
        dtype: see `Pair.load`.
        threads: of torch on a processor; None: its own choice. Two on so small a model wait for
            each other more than they work.

    Raises:
        MeasuringError: there is no speech, or no heads.
        HeadsError: the heads are damaged or another target's.
        CheckpointError: a folder is no whole Whisper.
    """
    if not sounds or rounds < 1:
        raise MeasuringError("nothing to measure with: one utterance and one round at least")
    folder = heads or find_heads(source.folder)
    if folder is None:
        raise MeasuringError(
            f"{source.folder} has no heads: train some with `dictate train heads`, or name a folder"
        )
    target = Checkpoint.open(source.folder)
    description, _ = read_heads(folder)
    if description.target_sha256 != weights_sha256(target):
        raise HeadsError(
            f"the heads in {folder} were trained on {description.target}, not on {target.name}: "
            "train them anew with `dictate train heads`"
        )
    if threads is not None:
        torch.set_num_threads(threads)
    kinds: list[HeadsKind] = []
    if description.medusa is not None:
        kinds.append("medusa")
    if description.ctc is not None:
        kinds.append("ctc")
    choices: list[list[str]] = [[kind] for kind in kinds]
    if draft is not None:
        choices.append(["draft"])
    if len(kinds) > 1:
        choices.append(list(kinds))
    if draft is not None and kinds:
        choices.append([*kinds, "draft"])

    def load(chosen: Sequence[str], *, priced: bool) -> _Way:
        pair = Pair.load(
            source.folder,
            draft if "draft" in chosen else None,
            device=device,
            dtype=dtype,
            short_window=source.short_window,
            follows_prompts=source.follows_prompts,
            heads=folder,
            heads_kinds=frozenset(kind for kind in kinds if kind in chosen),
        )
        pair.rehearse()
        if priced:
            pair.price_drafts()
        name = " + ".join(_SOURCES[one] for one in chosen) or ALONE
        return _Way(name, priced, pair)

    alone = load([], priced=False)
    ways = [load(chosen, priced=priced) for priced in (False, True) for chosen in choices]
    for turn in range(rounds + 1):
        if turn == 1:  # the first round warms up
            for way in (alone, *ways):
                way.decode_ms.clear()
                way.whole_ms.clear()
                way.tokens.clear()
        for way in (alone, *ways):
            way.last.clear()
        for index, sound in enumerate(sounds):
            samples = np.ascontiguousarray(sound, dtype=np.float32)
            # The order turns, too: no way always runs behind the same other one.
            first = (turn + index) % (len(ways) + 1)
            order = [alone, *ways]
            for way in order[first:] + order[:first]:
                way.run(samples, speculate=way is not alone)
    return HeadsReport(
        target=target.name,
        heads=str(folder.name),
        draft=None if draft is None else draft.name,
        device=alone.pair.device,
        precision=alone.pair.dtype,
        threads=torch.get_num_threads(),
        utterances=len(sounds),
        rounds=rounds,
        tokens=sum(len(one.tokens) for one in alone.last),
        decode_ms=statistics.median(alone.decode_ms),
        whole_ms=statistics.median(alone.whole_ms),
        passes=statistics.mean(one.target_steps for one in alone.last),
        ways=[_figures(way, alone) for way in ways],
    )


def _figures(way: _Way, alone: _Way) -> WayFigures:
    proposed: dict[str, int] = {}
    accepted: dict[str, int] = {}
    for one in way.last:
        for name, figures in one.sources.items():
            proposed[name] = proposed.get(name, 0) + figures.proposed_tokens
            accepted[name] = accepted.get(name, 0) + figures.accepted_tokens
    shown = way.name.split(" + ")
    return WayFigures(
        way=way.name,
        priced=way.priced,
        switched_off=[
            state.name
            for state in way.pair.draft_sources
            if way.priced and not state.enabled and state.name in shown
        ],
        proposed_tokens=proposed,
        accepted_tokens=accepted,
        passes=statistics.mean(one.target_steps for one in way.last),
        decode_ms=statistics.median(way.decode_ms),
        whole_ms=statistics.median(way.whole_ms),
        decode_speedup=_ratio(alone.decode_ms, way.decode_ms),
        whole_speedup=_ratio(alone.whole_ms, way.whole_ms),
        same_tokens=way.tokens == alone.tokens,
    )


def _ratio(base_ms: Sequence[float], own_ms: Sequence[float]) -> float:
    """Median of the ratios of the same round and utterance; both lists are in that order."""
    return statistics.median(base / own for base, own in zip(base_ms, own_ms, strict=True))
