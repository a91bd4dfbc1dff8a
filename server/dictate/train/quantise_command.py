"""`dictate train quantise` and `precision-cost`: a checkpoint made smaller, and what it costs.

Light: what they need is imported when they run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

COMMANDS: Final = ("quantise", "precision-cost")

_MB: Final = 10**6


def add_arguments(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add both to the subcommands of `dictate train`."""
    quantise = commands.add_parser(
        "quantise", help="write a checkpoint's folder smaller: float16, int8 or int4 weights"
    )
    quantise.add_argument("folder", type=Path, help="a Whisper of floating-point weights")
    quantise.add_argument("--dtype", choices=("float16", "int8", "int4"), required=True)
    quantise.add_argument("--out", type=Path, required=True, help="folder to write, not there yet")

    cost = commands.add_parser(
        "precision-cost",
        help="size, word error rate and speed of one checkpoint in every precision",
    )
    cost.add_argument(
        "folder", type=Path, nargs="?", help="floating-point folder (default: the bundled target)"
    )
    cost.add_argument(
        "--utterances", type=int, default=50, help="per group of voices (default: %(default)s)"
    )
    cost.add_argument(
        "--padded",
        action="store_true",
        help="pad to the full window, which published checkpoints need",
    )
    cost.add_argument("--device", default="cpu", help="default: %(default)s")
    cost.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    cost.add_argument(
        "--out", type=Path, help="folder for precision_cost.json and precision_cost.md"
    )


def run(args: argparse.Namespace) -> None:
    """Run one of `COMMANDS`.

    Raises:
        DictateError: one line for the user.
    """
    if args.train_command == "quantise":
        from dictate.train.quantise import quantise

        sizes = quantise(args.folder, args.dtype, args.out)
        print(
            f"{args.folder.name}: {sizes.before / _MB:.1f} MB of weights became "
            f"{sizes.after / _MB:.1f} MB in {args.dtype} "
            f"({100 * sizes.after / sizes.before:.0f} %): {args.out}"
        )
        return
    from dictate.train.cli import bundled_folder
    from dictate.train.precision_cost import measure, table, write
    from dictate.train.speech import require_synthesisers

    require_synthesisers()
    report = measure(
        args.folder or bundled_folder() / "target",
        args.utterances,
        short_window=not args.padded,
        device=args.device,
        threads=args.threads,
    )
    print(table(report))
    if args.out is not None:
        write(report, args.out)
