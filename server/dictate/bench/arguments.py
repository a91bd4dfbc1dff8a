"""The benchmarks of `dictate bench`; light, because every command line parses it."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one subcommand per benchmark."""
    benchmarks = parser.add_subparsers(
        title="benchmarks", metavar="BENCHMARK", required=True, dest="benchmark"
    )
    about = "Time from key release to the acknowledged edit, stage by stage."
    latency = benchmarks.add_parser("latency", help=about, description=about)
    latency.add_argument("--runs", type=int, default=20, help="utterances (20)")
    latency.add_argument("--file", type=Path, help="recording; default: a bundled one")
    latency.add_argument(
        "--release-after-s", type=float, help="when the key is released (at the recording's end)"
    )
    latency.add_argument("--pair", default="bundled", help="name in models.toml (bundled)")
    latency.add_argument("--json", type=Path, help="write the figures here, too")
    about = "Decoding with the draft, without it, and by transformers, interleaved."
    decoding = benchmarks.add_parser("decoding", help=about, description=about)
    decoding.add_argument("--runs", type=int, default=10, help="rounds over the recordings (10)")
    decoding.add_argument("--pair", default="bundled", help="name in models.toml (bundled)")
    decoding.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (auto)")
    decoding.add_argument("--json", type=Path, help="write the figures here, too")


def run(options: argparse.Namespace) -> int:
    """Run the benchmark that was asked for."""
    if options.benchmark == "latency":
        from dictate.bench.latency import measure_latency

        return measure_latency(
            options.runs, options.file, options.release_after_s, options.pair, options.json
        )
    from dictate.bench.decoding import measure_decoding

    return measure_decoding(options.runs, options.pair, options.device, options.json)
