"""From the options of `dictate bench streaming` and `dictate bench soak` to their outcome."""

import argparse
from typing import Any

from dictate.bench.plots import check_plotting
from dictate.bench.results import Outcome, publish, write_figures
from dictate.bench.soak import SoakOptions, measure_soak
from dictate.bench.soak_outcome import soak_outcome
from dictate.bench.streaming import StreamingOptions, measure_streaming
from dictate.bench.streaming_outcome import streaming_outcome


def run_streaming(options: argparse.Namespace) -> int:
    """Measure, print and write what was asked for; returns the exit status.

    Raises:
        DictateError: matplotlib is missing, there is nothing to play, or the server failed.
    """
    if options.out is not None:
        check_plotting()
    outcome = _outcome(options)
    publish(outcome, options.out)
    if options.json is not None:
        write_figures(outcome, options.json)
    return 0


def _outcome(options: argparse.Namespace) -> Outcome:
    def of(kind: type[Any]) -> dict[str, Any]:
        return {name: getattr(options, name) for name in kind.__dataclass_fields__}

    if options.benchmark == "soak":
        return soak_outcome(measure_soak(SoakOptions(**of(SoakOptions))))
    return streaming_outcome(measure_streaming(StreamingOptions(**of(StreamingOptions))))
