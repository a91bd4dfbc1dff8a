"""From the options of `dictate bench identifiers` to its outcome."""

import argparse

from dictate.bench.identifiers import IdentifiersOptions, measure_identifiers
from dictate.bench.identifiers_outcome import identifiers_outcome
from dictate.bench.plots import check_plotting
from dictate.bench.results import publish, write_figures


def run_identifiers(options: argparse.Namespace) -> int:
    """Measure, print and write what was asked for; returns the exit status.

    Raises:
        DictateError: matplotlib is missing, there is nothing to say, or the pair cannot run.
    """
    if options.out is not None:
        check_plotting()
    wanted = {name: getattr(options, name) for name in IdentifiersOptions.__dataclass_fields__}
    outcome = identifiers_outcome(measure_identifiers(IdentifiersOptions(**wanted)))
    publish(outcome, options.out)
    if options.json is not None:
        write_figures(outcome, options.json)
    return 0
