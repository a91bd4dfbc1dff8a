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
_MOST_MINUTES = 175
"""A recording of three hours, the longest that is read, less what follows its last sentence."""


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
    about = "Partials and finals of speech played in real time, with a key and hands-free."
    _add_streaming_arguments(benchmarks.add_parser("streaming", help=about, description=about))
    about = "A long recording hands-free: nothing lost, nothing doubled, nothing left behind."
    _add_soak_arguments(benchmarks.add_parser("soak", help=about, description=about))
    about = "Names of source files, said in sentences: how many are written exactly, by what means."
    _add_identifiers_arguments(benchmarks.add_parser("identifiers", help=about, description=about))


def _add_latency_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, help="recording; default: a bundled one")
    parser.add_argument(
        "--release-after-s", type=float, help="when the key is released (at the recording's end)"
    )
    parser.add_argument("--pair", default="bundled", help="of the engine, in models.toml (bundled)")


def _add_streaming_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sentences", type=_count_or_none, default=20, help="dictated with a held key (20)"
    )
    parser.add_argument(
        "--hands-free-sentences", type=_count_or_none, default=20, help="of one recording (20)"
    )
    parser.add_argument(
        "--non-speech", type=_count_or_none, default=200, help="clips without speech (200)"
    )
    parser.add_argument(
        "--recordings", type=Path, help="folder of WAV files, a text beside each; default: --speech"
    )
    parser.add_argument(
        "--pause-ms", type=_count, help="that ends an utterance, hands-free (learned)"
    )
    _add_speech_arguments(parser)


def _add_soak_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--minutes", type=_minutes, default=60.0, help="length of the recording (60)"
    )
    parser.add_argument(
        "--realtime",
        action="store_true",
        help="play it as it was spoken (default: as fast as it is taken)",
    )
    _add_speech_arguments(parser)


def _add_identifiers_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sentences", type=_count_or_none, default=200, help="spoken; 0: texts alone (200)"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of it, within 90 seconds")
    parser.add_argument("--sources", type=Path, help="folder of source files (the project's own)")
    parser.add_argument("--prose", type=Path, help="folder of .txt files (the project's own)")
    _add_pair_arguments(parser)


def _add_speech_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--speech",
        choices=("auto", "espeak-ng", "festival", "flite", "bundled"),
        default="auto",
        help="what speaks; the first two tell when words end (auto: the first that is installed)",
    )
    _add_pair_arguments(parser)


def _add_pair_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pair", default="bundled", help="of the engine, in models.toml (bundled)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (auto)")
    parser.add_argument("--dtype", default="auto", help="precision of the weights (auto)")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (0)")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--out", type=Path, help="folder for JSON and pictures")


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes <= _MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"more than 0, at most {_MOST_MINUTES}")
    return minutes


def _count_or_none(text: str) -> int:
    return 0 if text == "0" else _count(text)


def run(options: argparse.Namespace) -> int:
    """Run the benchmark that was asked for; returns the exit status."""
    if options.benchmark in ("streaming", "soak"):
        from dictate.bench.streaming_command import run_streaming

        return run_streaming(options)
    if options.benchmark == "identifiers":
        from dictate.bench.identifiers_command import run_identifiers

        return run_identifiers(options)
    from dictate.bench.run import run_benchmark

    return run_benchmark(options)
