"""The arguments of `dictate models`; what the commands need is imported when one runs."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `dictate models`."""
    actions = parser.add_subparsers(
        dest="models_action", title="actions", metavar="ACTION", required=True
    )

    def action(name: str, about: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = actions.add_parser(name, help=about, description=about)
        added.add_argument("--json", action="store_true", help="as JSON")
        return added

    one = "a pair of `dictate models list`, or org/name on the hub"
    action("list", "List every pair: whether it is here, its size, whether it fits.")
    recommend = action("recommend", "Say which pair suits this machine, and why.")
    recommend.add_argument("--language", help="that will be spoken, such as de")
    recommend.add_argument("--all", action="store_true", help="every pair, not the best five")
    pull = action("pull", "Download pairs, going on where an earlier attempt stopped.")
    pull.add_argument("names", nargs="+", metavar="NAME", help=one)
    verify = action("verify", "Read every file again and compare it with its hash.")
    verify.add_argument("names", nargs="*", metavar="NAME", help=f"{one} (all that are here)")
    remove = action("remove", "Remove a pair's files, unless another pair needs them.")
    remove.add_argument("name", metavar="NAME", help=one)
    path = action("path", "Print the folders of a pair that is here.")
    path.add_argument("name", metavar="NAME", help=one)


def run(options: argparse.Namespace) -> int:
    """Run the subcommand that was parsed; returns the exit status."""
    from dictate.models_cli import actions

    return {
        "list": actions.list_pairs,
        "recommend": actions.recommend,
        "pull": actions.pull,
        "verify": actions.verify_pairs,
        "remove": actions.remove,
        "path": actions.path,
    }[options.models_action](options)
