"""`dictate train heads` and `dictate train measure-heads`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dictate.train.distil_command import (
    add_measuring_options,
    add_speech_options,
    add_target,
    add_training_options,
    batch_seconds,
    ranks_on,
    source_of,
)

if TYPE_CHECKING:
    from dictate.train.heads import Plan

_MEDUSA_HEADS: Final = 4
_CTC_BLOCKS: Final = 1
_CTC_KERNEL: Final = 11
_CTC_STRIDE: Final = 1


def add_arguments(commands: Any) -> None:  # noqa: ANN401 - argparse names no type for it
    """Add both to the subcommands of `dictate train`."""
    heads = commands.add_parser(
        "heads",
        help="train extra decoding heads, or a CTC head, on a frozen target",
        description="Train heads on a frozen target: Medusa heads guess the tokens behind the "
        "next one from the decoder's state, a CTC head hears the whole utterance at once. The "
        "engine loads them from the folder `heads` inside the target's own.",
    )
    add_target(heads)
    heads.add_argument(
        "--kind", choices=("medusa", "ctc", "both"), default="both", help="which (%(default)s)"
    )
    add_speech_options(heads, "sound files; the target's own text is learned")
    heads.add_argument(
        "--out", type=Path, required=True,
        help="folder of the heads; heads of another kind in it stay",
    )  # fmt: skip
    heads.add_argument(
        "--heads", type=int, default=_MEDUSA_HEADS, help="tokens that Medusa guesses (%(default)s)"
    )
    heads.add_argument("--rank", type=int, help="of each Medusa head (the target's width)")
    heads.add_argument(
        "--hidden", type=int, help="width of the CTC head (the target's, 512 at most)"
    )
    heads.add_argument(
        "--blocks", type=int, default=_CTC_BLOCKS, help="of the CTC head (%(default)s)"
    )
    add_training_options(heads)
    heads.add_argument("--measure", action="store_true", help="measure them afterwards")

    measure = commands.add_parser(
        "measure-heads",
        help="acceptance and milliseconds of heads and of the draft model, interleaved",
    )
    add_target(measure)
    measure.add_argument(
        "heads", type=Path, nargs="?", help="folder of the heads (the target's own `heads`)"
    )
    measure.add_argument("--draft", help="folder of a draft model (the pair's own, if it has one)")
    measure.add_argument("--rounds", type=int, default=5, help="interleaved rounds (%(default)s)")
    add_measuring_options(measure)


def run_heads(args: argparse.Namespace) -> None:
    """`dictate train heads`."""
    from dictate.train.heads import TRAINING, train_heads
    from dictate.train.heads_card import finish
    from dictate.train.ranks import TrainingError

    if bool(args.recordings or args.history) == (args.work is not None):
        raise TrainingError("name speech to learn from: --recordings, --history or --work")
    try:
        plan = _plan(args)
        train_heads(plan)
    finally:
        # The recordings stay where they were; this was a copy.
        shutil.rmtree(args.out / TRAINING / "recordings", ignore_errors=True)
    finish(plan)
    print(f"written: {plan.out}", flush=True)
    if args.measure:
        _measure(args, plan.out, 60, None)


def _plan(args: argparse.Namespace) -> Plan:
    from dictate.asr.checkpoint import Checkpoint
    from dictate.asr.device import choose_device
    from dictate.asr.drafts.heads import CtcSizes, MedusaSizes
    from dictate.train.distil_lessons import Size
    from dictate.train.distil_source import recorded_corpus, speech_corpus
    from dictate.train.heads import TRAINING, Plan
    from dictate.train.ranks import TrainingError
    from dictate.train.training_loop import Budget

    source = source_of(args)
    width = Checkpoint.open(source.folder).dimensions.width
    rank, hidden = args.rank or width, args.hidden or min(width, 512)
    if min(args.heads, args.blocks, rank, hidden) < 1 or args.batch < 1:
        raise TrainingError("--heads, --blocks, --rank, --hidden and --batch must be 1 or more")
    device = choose_device(args.device)
    budget = Budget(args.minutes, args.steps)
    if args.work is not None:
        corpus = speech_corpus(args.work)
    else:
        corpus = recorded_corpus(
            args.recordings,
            args.out / TRAINING / "recordings",
            source.window_s,
            history=args.history,
            has_text=False,
        )
    return Plan(
        target=source,
        corpus=corpus,
        out=args.out,
        budget=budget,
        medusa=None if args.kind == "ctc" else MedusaSizes(args.heads, rank),
        ctc=None
        if args.kind == "medusa"
        else CtcSizes(hidden, args.blocks, _CTC_KERNEL, _CTC_STRIDE),
        language=args.language,
        device=str(device),
        ranks=ranks_on(device.type, args.ranks),
        seed=args.seed,
        rate=args.rate,
        size=Size(batch_seconds(args.batch, source), args.batch),
        resume=args.resume,
    )


def run_measure(args: argparse.Namespace) -> None:
    """`dictate train measure-heads`."""
    _measure(args, args.heads, args.utterances, args.recordings)


def _measure(
    args: argparse.Namespace, heads: Path | None, utterances: int, recordings: Path | None
) -> None:
    from dictate.train.distil_source import find_pair
    from dictate.train.distil_speech import recorded_speech, test_speech
    from dictate.train.heads_measure import measure_heads

    source = source_of(args)
    named = getattr(args, "draft", None)
    draft = Path(named) if named else find_pair(args.target).draft
    spoken = (
        test_speech(utterances)
        if recordings is None
        else recorded_speech(recordings, utterances, source.window_s)
    )
    report = measure_heads(
        source,
        heads,
        draft,
        [one.sound for one in spoken],
        rounds=getattr(args, "rounds", 5),
        device=args.device,
        dtype=getattr(args, "dtype", "auto"),
    )
    path = getattr(args, "json", None)
    if path is None and heads is not None and hasattr(args, "kind"):
        path = heads / "measured.json"
    if path is not None:
        report.save(path)
    print(report)
