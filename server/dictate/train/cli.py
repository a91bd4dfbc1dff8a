"""`dictate train`: synthesise speech, train the bundled pair on it, export it, judge it."""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path
from typing import Final

from dictate.errors import DictateError
from dictate.train import distil_command, heads_command, quantise_command

_DEFAULT_WORK: Final = Path("dictate-train")


def bundled_folder() -> Path:
    """Where the package keeps its bundled pair."""
    return Path(__file__).parents[1] / "models" / "bundled"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `dictate train`."""
    commands = parser.add_subparsers(dest="train_command", required=True, metavar="COMMAND")

    synthesize = commands.add_parser(
        "synthesize", help="make the training speech with espeak-ng, flite and festival"
    )
    synthesize.add_argument(
        "--out", type=Path, default=_DEFAULT_WORK, help="work folder (default: %(default)s)"
    )
    synthesize.add_argument(
        "--clips", type=int, default=44_000, help="how many (default: %(default)s, some 25 hours)"
    )
    synthesize.add_argument("--seed", type=int, default=1)

    bundled = commands.add_parser("bundled", help="train the bundled pair's target")
    bundled.add_argument(
        "--work", type=Path, default=_DEFAULT_WORK, help="work folder of `synthesize`"
    )
    bundled.add_argument(
        "--minutes", type=float, required=True, help="wall-clock budget; the schedule follows it"
    )
    bundled.add_argument(
        "--out", type=Path, help="checkpoint folder (default: `target` in the work folder)"
    )
    bundled.add_argument(
        "--ranks", type=int, default=2, help="processes of one thread each (default: %(default)s)"
    )
    bundled.add_argument("--seed", type=int, default=1)
    bundled.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    bundled.add_argument(
        "--start", type=Path, help="exported folder to begin with (default: begin from nothing)"
    )

    distil_command.add_arguments(commands)
    heads_command.add_arguments(commands)

    export = commands.add_parser(
        "export", help="write a checkpoint as a folder that transformers loads"
    )
    export.add_argument("--work", type=Path, default=_DEFAULT_WORK)
    export.add_argument("--checkpoint", type=Path, help="default: the work folder's")
    export.add_argument("--out", type=Path, help="default: the package's bundled target")

    evaluate = commands.add_parser("evaluate", help="word error rates, written into the model card")
    evaluate.add_argument(
        "folders", type=Path, nargs="*", help="exported folders (default: the bundled target)"
    )
    evaluate.add_argument(
        "--utterances", type=int, default=150, help="per group of voices (default: %(default)s)"
    )
    evaluate.add_argument(
        "--corpus", type=Path, help="also check that no test sentence is in this corpus"
    )

    recordings = commands.add_parser(
        "recordings", help="make the demo recordings of held-out sentences"
    )
    recordings.add_argument(
        "--target", type=Path, help="exported target (default: the bundled one)"
    )
    recordings.add_argument("--out", type=Path, help="default: the bundled folder's recordings")

    quantise_command.add_arguments(commands)


def run(args: argparse.Namespace) -> int:
    """Run a parsed subcommand; a fault the user can mend is one line on stderr."""
    try:
        _dispatch(args)
    except (DictateError, OSError, RuntimeError) as error:
        first_line = (
            str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        )
        print(f"dictate train: {first_line}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(
            f"dictate train: {error.name} is missing: install `dictate-ls[train]`", file=sys.stderr
        )
        return 1
    return 0


def _dispatch(args: argparse.Namespace) -> None:
    if args.train_command == "synthesize":
        from dictate.train.corpus import synthesise_corpus
        from dictate.train.speech import require_synthesisers

        require_synthesisers()
        synthesise_corpus(args.out / "corpus", args.clips, seed=args.seed)
    elif args.train_command == "bundled":
        from dictate.train.recipe import Plan, train
        from dictate.train.speech import require_synthesisers

        require_synthesisers()
        out = args.out or args.work / "target"
        plan = Plan(
            args.work / "corpus",
            out,
            args.minutes,
            args.ranks,
            seed=args.seed,
            resume=args.resume,
            start=args.start,
        )
        print(f"trained: {train(plan)}")
    elif args.train_command == "draft":
        distil_command.run_draft(args)
    elif args.train_command == "measure":
        distil_command.run_measure(args)
    elif args.train_command == "heads":
        heads_command.run_heads(args)
    elif args.train_command == "measure-heads":
        heads_command.run_measure(args)
    elif args.train_command == "export":
        _export(args)
    elif args.train_command == "evaluate":
        _evaluate(args)
    elif args.train_command in quantise_command.COMMANDS:
        quantise_command.run(args)
    else:
        from dictate.train.recordings import make_recordings
        from dictate.train.speech import require_synthesisers

        require_synthesisers()
        make_recordings(
            args.target or bundled_folder() / "target", args.out or bundled_folder() / "recordings"
        )


def _export(args: argparse.Namespace) -> None:
    from dictate.train.export import export
    from dictate.train.model_card import write_card

    checkpoint = args.checkpoint or args.work / "target" / "checkpoint.pt"
    folder = args.out or bundled_folder() / "target"
    export(checkpoint, args.work / "pieces.json", folder)
    write_card(folder)
    print(f"exported: {folder}")


def _evaluate(args: argparse.Namespace) -> None:
    from dictate.train.evaluate import evaluate
    from dictate.train.model_card import write_card
    from dictate.train.speech import require_synthesisers

    require_synthesisers()
    for folder in args.folders or (bundled_folder() / "target",):
        evaluate(folder, args.utterances, args.corpus, functools.partial(print, flush=True))
        if (folder / "training.json").exists():
            write_card(folder)
