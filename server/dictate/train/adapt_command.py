"""`dictate adapt`: fit a pair to the words of a folder of code, and to one's own dictations."""

from __future__ import annotations

import argparse
from pathlib import Path

from dictate.train.distil_command import add_training_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `dictate adapt`."""
    speech = parser.add_argument_group("what to learn (one or more)")
    speech.add_argument(
        "--code", type=Path, action="append", default=[], metavar="FOLDER",
        help="its names and comments are spoken by espeak-ng, flite and festival",
    )  # fmt: skip
    speech.add_argument(
        "--recordings", type=Path, action="append", default=[], metavar="FOLDER",
        help="sound files with their texts beside them; without a text they are rehearsed",
    )  # fmt: skip
    speech.add_argument(
        "--history", action="store_true", help="the dictations that Dictate has kept, rehearsed"
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--pair", default="bundled", help="name in models.toml (bundled)")
    chosen.add_argument("--target", default="", help="a Whisper folder or name instead of a pair")
    parser.add_argument("--draft", default="", help="the same for a draft beside --target (none)")
    for name, about in (
        ("short-window", "the target runs on windows of any length"),
        ("prompts", "it was trained with prompts"),
    ):
        parser.add_argument(
            f"--{name}", action=argparse.BooleanOptionalAction, default=None,
            help=f"{about} (as its pair says)",
        )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, help="folder of the adapted pair")
    parser.add_argument("--name", default="", help="of the adapted pair (the folder's)")
    parser.add_argument(
        "--install", action="store_true", help="add it to your models.toml, so that --pair finds it"
    )
    parser.add_argument(
        "--clips", type=int, default=800, help="spoken phrases of the code (%(default)s)"
    )
    parser.add_argument("--rank", type=int, default=8, help="of the adapters (%(default)s)")
    parser.add_argument(
        "--parts", choices=("all", "decoder"), default="all", help="what is adapted (%(default)s)"
    )
    parser.add_argument(
        "--utterances", type=int, default=60, metavar="N",
        help="judged before and after, of the domain and in general (%(default)s)",
    )  # fmt: skip
    add_training_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dictate adapt`.

    Raises:
        DictateError: one line for the user.
    """
    from dictate.train.adapt_faults import as_one_line
    from dictate.train.adapt_run import run_adaptation

    with as_one_line():
        run_adaptation(args)
    return 0
