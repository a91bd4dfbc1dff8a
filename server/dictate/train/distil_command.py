"""`dictate train draft` and `dictate train measure`."""

from __future__ import annotations

import argparse
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dictate.train.distil import Plan
    from dictate.train.distil_source import Source
    from dictate.train.distil_teacher import Labels


def add_arguments(commands: Any) -> None:  # noqa: ANN401 - argparse names no type for it
    """Add both to the subcommands of `dictate train`."""
    draft = commands.add_parser(
        "draft",
        help="distil a draft, or a smaller target, from any Whisper",
        description="Distil a draft from a target: some of its decoder layers, trained to write "
        "what it writes, behind its own encoder, which the engine then runs once for both.",
    )
    add_target(draft)
    add_speech_options(
        draft, "sound files, their texts beside them as .txt or in a .jsonl if there are any"
    )
    draft.add_argument(
        "--labels", choices=("target", "transcript"),
        help="learn the target's own text or the transcript (target; with --work transcript)",
    )  # fmt: skip
    draft.add_argument("--out", type=Path, required=True, help="the new Whisper folder")
    sizes = draft.add_mutually_exclusive_group()
    sizes.add_argument(
        "--layers", type=int, default=1, help="decoder layers of the draft (%(default)s)"
    )
    sizes.add_argument(
        "--prune-target", type=int, metavar="LAYERS",
        help="make a smaller target instead: so many decoder layers, and all of it is trained",
    )  # fmt: skip
    draft.add_argument(
        "--ffn-width", type=int, help="of the decoder's feed-forward networks (the target's)"
    )
    draft.add_argument(
        "--from", dest="start_from", type=Path, metavar="FOLDER",
        help="go on with a draft distilled from this target before",
    )  # fmt: skip
    add_training_options(draft)
    draft.add_argument("--measure", action="store_true", help="measure it afterwards")
    draft.add_argument("--before", type=Path, help="another draft to measure it against")

    measure = commands.add_parser(
        "measure", help="acceptance and milliseconds of a draft on held-out speech"
    )
    add_target(measure)
    measure.add_argument("draft", type=Path, help="folder of the draft")
    measure.add_argument("--before", type=Path, help="another draft to compare it with")
    add_measuring_options(measure)


def add_speech_options(parser: argparse.ArgumentParser, recordings: str) -> None:
    """What to learn from; `recordings` says what becomes of sound files."""
    speech = parser.add_argument_group("speech to learn from (one or more; --work stands alone)")
    speech.add_argument(
        "--recordings", type=Path, action="append", default=[], metavar="FOLDER", help=recordings
    )
    speech.add_argument(
        "--history", action="store_true", help="the dictations that Dictate has kept"
    )
    speech.add_argument("--work", type=Path, help="work folder of `dictate train synthesize`")
    parser.add_argument("--language", help="of the speech, such as en (the target's default)")


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """How long, on what, and going on."""
    parser.add_argument("--minutes", type=float, help="wall-clock budget")
    parser.add_argument("--steps", type=int, help="budget in steps, the same on every machine")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (auto)")
    parser.add_argument(
        "--ranks", type=int, help="processes of one thread each on a CPU (one per core, at most 4)"
    )
    parser.add_argument(
        "--batch", type=int, default=20, help="utterances per rank and step (%(default)s)"
    )
    parser.add_argument("--rate", type=float, default=1.0, help="times the usual learning rate (1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")


def check_training_options(args: argparse.Namespace) -> None:
    """See that the numbers make sense, before anything is loaded.

    Raises:
        TrainingError: one does not; names it.
    """
    from dictate.train.ranks import TrainingError
    from dictate.train.training_loop import Budget

    Budget(args.minutes, args.steps)
    if min(args.batch, args.ranks or 1) < 1 or args.rate <= 0 or args.seed < 0:
        raise TrainingError(
            "--batch and --ranks must be 1 or more, --rate above 0, --seed 0 or more: correct them"
        )


def add_target(parser: argparse.ArgumentParser) -> None:
    """Which target, and how it runs where no pair says so."""
    parser.add_argument(
        "--target", default="bundled",
        help="a pair, a Whisper folder or an installed name on the hub (bundled)",
    )  # fmt: skip
    for name, about in (
        ("short-window", "it runs on windows of any length"),
        ("prompts", "it was trained with prompts"),
    ):
        parser.add_argument(
            f"--{name}", action=argparse.BooleanOptionalAction, default=None,
            help=f"{about} (as its pair says)",
        )  # fmt: skip


def add_measuring_options(parser: argparse.ArgumentParser) -> None:
    """On what, how, and where the figures go."""
    parser.add_argument("--recordings", type=Path, help="folder of speech (default: synthesised)")
    parser.add_argument(
        "--utterances", type=int, default=60, help="how many (default: %(default)s)"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (auto)")
    parser.add_argument("--dtype", default="auto", help="precision of the weights (auto)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")


def source_of(args: argparse.Namespace) -> Source:
    """The target that was asked for."""
    from dictate.train.distil_source import find_target

    return find_target(args.target, short_window=args.short_window, follows_prompts=args.prompts)


def run_draft(args: argparse.Namespace) -> None:
    """`dictate train draft`."""
    from dictate.train.distil import TRAINING, distil
    from dictate.train.distil_card import finish
    from dictate.train.ranks import TrainingError

    sources = [bool(args.recordings or args.history), args.work is not None]
    if sum(sources) != 1:
        raise TrainingError("name speech to learn from: --recordings, --history or --work")
    check_training_options(args)
    source = source_of(args)
    try:
        plan = _plan(args, source)
        distil(plan)
    finally:
        # The recordings stay where they were; this was a copy.
        shutil.rmtree(args.out / TRAINING / "recordings", ignore_errors=True)
    finish(plan)
    print(f"written: {plan.out}", flush=True)
    if args.measure or args.before is not None:
        _measure_result(args, source, plan)


def _measure_result(args: argparse.Namespace, source: Source, plan: Plan) -> None:
    """A draft beside the one before; a smaller target beside the one it was made from."""
    from dictate.train.distil_measure import measure
    from dictate.train.distil_speech import test_speech

    spoken = test_speech(60)
    drafts = [] if args.before is None else [args.before]
    if plan.trains_encoder:
        print(measure(source, drafts, spoken, device=args.device))
        source = replace(source, folder=plan.out)
    else:
        drafts.append(plan.out)
    report = measure(source, drafts, spoken, device=args.device)
    report.save(plan.out / "measured.json")
    print(report)


def _plan(args: argparse.Namespace, source: Source) -> Plan:
    from dictate.asr.device import choose_device
    from dictate.train.distil import TRAINING, Plan
    from dictate.train.distil_lessons import Size
    from dictate.train.distil_source import recorded_corpus, speech_corpus
    from dictate.train.training_loop import Budget

    device = choose_device(args.device)
    labels: Labels = args.labels or ("target" if args.work is None else "transcript")
    budget = Budget(args.minutes, args.steps)
    if args.work is not None:
        corpus = speech_corpus(args.work)
    else:
        corpus = recorded_corpus(
            args.recordings,
            args.out / TRAINING / "recordings",
            source.window_s,
            history=args.history,
            has_text=labels == "transcript",
        )
    return Plan(
        target=source.folder,
        corpus=corpus,
        out=args.out,
        budget=budget,
        layers=args.layers if args.prune_target is None else args.prune_target,
        ffn_width=args.ffn_width,
        labels=labels,
        trains_encoder=args.prune_target is not None,
        start_from=args.start_from,
        short_window=source.short_window,
        follows_prompts=source.follows_prompts,
        language=args.language,
        device=str(device),
        ranks=ranks_on(device.type, args.ranks),
        seed=args.seed,
        rate=args.rate,
        size=Size(batch_seconds(args.batch, source), args.batch),
        resume=args.resume,
        speech="recordings" if args.work is None else "synthetic speech",
    )


def batch_seconds(utterances: int, source: Source) -> float:
    """What so many utterances last at most, where windows are as long as they are."""
    return 2.6 * utterances if source.short_window else source.window_s * utterances


def ranks_on(device_type: str, wanted: int | None) -> int:
    """How many processes train."""
    if device_type != "cpu":
        return 1
    return wanted or min(4, os.cpu_count() or 1)


def run_measure(args: argparse.Namespace) -> None:
    """`dictate train measure`."""
    from dictate.train.distil_measure import measure
    from dictate.train.distil_speech import recorded_speech, test_speech

    source = source_of(args)
    spoken = (
        test_speech(args.utterances)
        if args.recordings is None
        else recorded_speech(args.recordings, args.utterances, source.window_s)
    )
    drafts = [args.draft] if args.before is None else [args.before, args.draft]
    report = measure(source, drafts, spoken, device=args.device, dtype=args.dtype)
    if args.json is not None:
        report.save(args.json)
    print(report)
