"""The benchmarks of `dictate bench`; light, because every command line parses it."""

import argparse
from pathlib import Path

_BENCHMARKS = {
    "speculative": "Time and tokens against draft source, draft length and acceptance.",
    "beam": "Time against the number of beams.",
    "latency": "Key release to the acknowledged edit; the engine's stages; cold starts.",
    "memory": "Estimated against measured memory at every precision.",
    "peers": "Other libraries on the same weights and recordings, interleaved in one run.",
    "report": "The whole set for this machine, with a report.",
}
_ROUNDS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one subcommand per benchmark."""
    benchmarks = parser.add_subparsers(
        title="benchmarks", metavar="BENCHMARK", required=True, dest="benchmark"
    )
    for name, about in _BENCHMARKS.items():
        added = benchmarks.add_parser(name, help=about, description=about)
        added.add_argument(
            "--rounds", type=_count, default=_ROUNDS, help=f"interleaved rounds ({_ROUNDS})"
        )
        added.add_argument("--device", default="auto", help="auto, cpu or cuda (auto)")
        added.add_argument(
            "--out",
            type=Path,
            required=name == "report",
            help="folder for JSON, pictures and, of a report, report.md",
        )
        added.add_argument("--work", type=Path, help="folder for checkpoints (the user's cache)")
        added.add_argument(
            "--quick",
            action="store_true",
            help="shrink architectures to almost nothing: shows that all runs, not how fast",
        )
        if name not in ("peers", "report"):
            added.add_argument("--dtype", default="auto", help="precision of the weights (auto)")
        if name != "report":
            added.add_argument(
                "--target",
                default="bundled",
                help="bundled, or a published architecture with random weights (bundled)",
            )
        if name in ("speculative", "memory", "peers"):
            added.add_argument(
                "--draft", help="architecture of the draft, where the target is not bundled"
            )
        if name == "latency":
            _add_latency_arguments(added)


def _add_latency_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, help="recording; default: a bundled one")
    parser.add_argument(
        "--release-after-s", type=float, help="when the key is released (at the recording's end)"
    )
    parser.add_argument("--pair", default="bundled", help="of the engine, in models.toml (bundled)")


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def run(options: argparse.Namespace) -> int:
    """Run the benchmark that was asked for; returns the exit status."""
    from dictate.bench.run import run_benchmark

    return run_benchmark(options)
