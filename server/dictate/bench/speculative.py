"""What a draft is worth on a published architecture: a curve over acceptance and draft length.

The weights are random and the draft is replayed (see `replay`): times are real, for the acceptance
that one sets.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec
import torch

from dictate.asr.drafts import DraftSource
from dictate.bench.architectures import Architecture
from dictate.bench.cases import FIXED_TOKENS, RANDOM_WEIGHTS, UTTERANCE_S, published, speech
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.plots import draw_lines
from dictate.bench.replay import ReplayedMap, ReplayedSource
from dictate.bench.results import Goal, Outcome, Table
from dictate.bench.rig import MakeDraft, Rig, Run, ready_made

ACCEPTANCES = (0.5, 0.7, 0.85, 0.95, 1.0)
LENGTHS = (1, 2, 4, 8, 16)

_NOTE = f"{RANDOM_WEIGHTS}; the draft is replayed: its tokens are the target's, with errors"
_LARGE_PAIR_ACCEPTANCE = 0.85
_LARGE_PAIR_SPEEDUP = 2.2


class Cell(msgspec.Struct):
    """One draft at one acceptance and length; ratios are medians of the rounds' own.

    Attributes:
        draft: the draft model's name, or `free` for a draft without cost, such as a hypothesis.
        acceptance: how likely each proposed token was to be right.
        measured_acceptance: accepted by proposed tokens; lower, as nothing counts behind an error.
        decoder_speedup: plain by speculative time, all that follows the target's encoder; the
            draft's encoder and steps count.
        loop_speedup: the same without the draft's encoder.
        whole_speedup: the same with the target's encoder.
    """

    draft: str
    acceptance: float
    length_tokens: int
    measured_acceptance: float
    target_passes: float
    decoder_ms: float
    decoder_speedup: float
    loop_speedup: float
    whole_speedup: float
    same_tokens: bool


class SpeculativeCurve(msgspec.Struct):
    """What `dictate bench speculative` measured on a published pair; milliseconds per utterance."""

    machine: Machine
    target: str
    draft: str
    device: str
    precision: str
    rounds: int
    audio_s: float
    tokens: int
    encode_ms: float
    plain_decoder_ms: float
    draft_encode_ms: float
    cells: list[Cell]


def measure_curve(
    target: Architecture,
    draft: Architecture,
    rounds: int,
    device: str,
    dtype: str,
    folder: Path,
    *,
    acceptances: Sequence[float] = ACCEPTANCES,
    lengths: Sequence[int] = LENGTHS,
) -> SpeculativeCurve:
    """Decode 5 s of speech plainly and with every acceptance and length, interleaved.

    Args:
        target: the target's architecture.
        draft: the draft's.
        rounds: how often; the errors fall elsewhere each time.
        device: see `Pair.load`.
        dtype: see `Pair.load`.
        folder: for the checkpoints.
        acceptances: probabilities that a proposed token is right.
        lengths: how many tokens are proposed at once.
    """
    rig = Rig(published(target, folder), published(draft, folder), device, dtype)
    vocabulary_tokens = min(target.text_tokens, draft.text_tokens)
    heard = rig.hear(speech())
    encode_ms = median(rig.hear(speech()).encode_ms for _ in range(max(3, rounds)))
    expected = rig.write(heard, max_new_tokens=FIXED_TOKENS).decoded.tokens

    def run(kind: str, acceptance: float, length: int, seed: int) -> Run:
        guesses = ReplayedMap(expected, acceptance, vocabulary_tokens, seed)
        if kind == draft.name:
            make = _replayed_draft(guesses)
        else:
            make = ready_made(ReplayedSource(guesses))
        return rig.write(heard, make, length_tokens=length, max_new_tokens=FIXED_TOKENS)

    keys = [
        (kind, acceptance, length)
        for kind in (draft.name, "free")
        for acceptance in acceptances
        for length in lengths
    ]
    for length in lengths:
        run(draft.name, 1.0, length, 0)
        run("free", 1.0, length, 0)
    rig.write(heard, max_new_tokens=FIXED_TOKENS)
    plain: list[Run] = []
    runs: dict[tuple[str, float, int], list[Run]] = {key: [] for key in keys}
    for seed in range(rounds):
        plain.append(rig.write(heard, max_new_tokens=FIXED_TOKENS))
        for key in keys:
            runs[key].append(run(*key, seed))
    return SpeculativeCurve(
        machine=describe_machine(rig.device),
        target=target.name,
        draft=draft.name,
        device=rig.device,
        precision=rig.precision,
        rounds=rounds,
        audio_s=UTTERANCE_S,
        tokens=len(expected),
        encode_ms=encode_ms,
        plain_decoder_ms=median(one.decoder_ms for one in plain),
        draft_encode_ms=median(
            one.draft_ms for key in keys if key[0] == draft.name for one in runs[key]
        ),
        cells=[_cell(key, runs[key], plain, expected, encode_ms) for key in keys],
    )


def _replayed_draft(guesses: ReplayedMap) -> MakeDraft:
    def make(rig: Rig, sound: torch.Tensor) -> DraftSource:
        features = rig.draft_features(sound)
        assert rig.draft is not None
        return rig.draft.listen(features, rig.tokens.default_language, guesses)

    return make


def _cell(
    key: tuple[str, float, int],
    runs: Sequence[Run],
    plain: Sequence[Run],
    expected: Sequence[int],
    encode_ms: float,
) -> Cell:
    kind, acceptance, length = key
    both = list(zip(plain, runs, strict=True))
    return Cell(
        draft=kind,
        acceptance=acceptance,
        length_tokens=length,
        measured_acceptance=sum(one.decoded.accepted_tokens for one in runs)
        / max(1, sum(one.decoded.proposed_tokens for one in runs)),
        target_passes=sum(one.decoded.target_steps for one in runs) / len(runs),
        decoder_ms=median(one.decoder_ms for one in runs),
        decoder_speedup=median(alone.decoder_ms / one.decoder_ms for alone, one in both),
        loop_speedup=median(alone.loop_ms / one.loop_ms for alone, one in both),
        whole_speedup=median(
            (encode_ms + alone.decoder_ms) / (encode_ms + one.decoder_ms) for alone, one in both
        ),
        same_tokens=all(one.decoded.tokens == list(expected) for one in runs),
    )


def curve_outcome(curve: SpeculativeCurve) -> Outcome:
    """Tables, goals and plots of a curve."""
    name = f"speculative-{curve.target}-{curve.draft}"
    pair = f"{curve.target} + {curve.draft}, {curve.precision} on {curve.device}"
    tables = [
        Table(
            title=f"{pair}: {kind} as draft, {curve.audio_s:.0f} s of speech, {curve.tokens} "
            f"tokens, {curve.rounds} rounds",
            columns=[
                "acceptance",
                "draft length",
                "target passes",
                "decoder ms",
                "decoder speed-up",
                "without draft's encoder",
                "whole utterance",
                "tokens",
            ],
            rows=[
                [
                    f"{cell.acceptance:.0%}",
                    str(cell.length_tokens),
                    f"{cell.target_passes:.1f}",
                    f"{cell.decoder_ms:.1f}",
                    f"{cell.decoder_speedup:.2f}",
                    f"{cell.loop_speedup:.2f}",
                    f"{cell.whole_speedup:.2f}",
                    "same" if cell.same_tokens else "DIFFER",
                ]
                for cell in curve.cells
                if cell.draft == kind
            ],
            note=f"Plain: decoder {curve.plain_decoder_ms:.1f} ms, encoder {curve.encode_ms:.1f} "
            f"ms. {_NOTE}.",
        )
        for kind in (curve.draft, "free")
    ]

    def draw(folder: Path) -> list[Path]:
        lengths = sorted({cell.length_tokens for cell in curve.cells})
        by_acceptance = folder / f"{name}-acceptance.png"
        by_length = folder / f"{name}-length.png"
        draw_lines(
            by_acceptance,
            f"{pair}: speed-up of the decoder over acceptance",
            {
                f"{kind}, {length} tokens": _line(curve, kind, "acceptance", length)
                for kind, chosen in ((curve.draft, lengths), ("free", lengths[-1:]))
                for length in chosen
            },
            ("probability that a drafted token is right", "plain by speculative time"),
            _NOTE,
            level=1.0,
        )
        acceptances = sorted({cell.acceptance for cell in curve.cells})
        draw_lines(
            by_length,
            f"{pair}: speed-up of the decoder over draft length",
            {
                f"{curve.draft}, {acceptance:.0%} right": _line(
                    curve, curve.draft, "length_tokens", acceptance
                )
                for acceptance in acceptances
            },
            ("tokens drafted at once", "plain by speculative time"),
            _NOTE,
            level=1.0,
        )
        return [by_acceptance, by_length]

    return Outcome(
        name=name,
        title=f"Speculative decoding of {pair}",
        report=curve,
        tables=tables,
        goals=_goals(curve),
        draw=draw,
    )


def _line(
    curve: SpeculativeCurve, kind: str, axis: str, other: float
) -> tuple[list[float], list[float]]:
    """Speed-ups along one axis, the other value fixed."""
    chosen = [
        cell
        for cell in curve.cells
        if cell.draft == kind
        and (cell.length_tokens if axis == "acceptance" else cell.acceptance) == other
    ]
    return [float(getattr(cell, axis)) for cell in chosen], [
        cell.decoder_speedup for cell in chosen
    ]


def _goals(curve: SpeculativeCurve) -> list[Goal]:
    goals = [
        Goal(
            f"{curve.target} + {curve.draft}, {curve.precision} on {curve.device}: runs whose "
            "tokens differ from the plain ones",
            "0",
            f"{sum(not cell.same_tokens for cell in curve.cells)} of {len(curve.cells)} settings",
            all(cell.same_tokens for cell in curve.cells),
        )
    ]
    if (curve.target, curve.draft) == ("large-v2", "tiny") and curve.device.startswith("cuda"):
        best = max(
            (
                cell
                for cell in curve.cells
                if cell.draft == curve.draft and cell.acceptance == _LARGE_PAIR_ACCEPTANCE
            ),
            key=lambda cell: cell.decoder_speedup,
        )
        goals.append(
            Goal(
                f"large-v2 + tiny at {_LARGE_PAIR_ACCEPTANCE:.0%} acceptance: speed-up in the "
                "decoder, best draft length",
                f"at least {_LARGE_PAIR_SPEEDUP}",
                f"{best.decoder_speedup:.2f} with {best.length_tokens} tokens "
                f"({best.loop_speedup:.2f} without the draft's encoder)",
                best.decoder_speedup >= _LARGE_PAIR_SPEEDUP,
            )
        )
    return goals
