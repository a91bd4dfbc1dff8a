"""From the command line's options to measurements."""

import argparse
from collections.abc import Callable
from functools import partial

import torch

from dictate.asr.device import choose_device
from dictate.bench import plan
from dictate.bench.cases import cache_folder
from dictate.bench.extras import need
from dictate.bench.machine import physical_cores
from dictate.bench.plan import Scope
from dictate.bench.plots import check_plotting
from dictate.bench.report import write_report
from dictate.bench.results import Outcome, publish
from dictate.bench.sets import steps
from dictate.errors import DictateError

_PEER_LIBRARIES = ("transformers", "whisper", "faster_whisper", "pywhispercpp")


def run_benchmark(options: argparse.Namespace) -> int:
    """Run what was asked for; returns the exit status.

    Raises:
        DictateError: a library is missing, or the device or architecture does not exist.
    """
    device = str(choose_device(options.device))
    scope = Scope(
        device=device,
        dtype=getattr(options, "dtype", "auto"),
        rounds=options.rounds,
        work_folder=options.work or cache_folder(),
        quick=options.quick,
    )
    scope.work_folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(physical_cores())
    if options.out is not None:
        check_plotting()
    if options.benchmark in ("peers", "report"):
        for library in _PEER_LIBRARIES:
            need(library)
    if options.benchmark == "report":
        return write_report(steps(scope), device, options.out)
    for measure in _measurements(options, scope):
        publish(measure(), options.out)
    return 0


def _measurements(options: argparse.Namespace, scope: Scope) -> list[Callable[[], Outcome]]:
    bundled = options.target == "bundled"
    target: str = options.target
    draft: str | None = getattr(options, "draft", None)
    if draft and bundled:
        raise DictateError("--draft goes with --target: the bundled pair has a draft of its own")
    if options.benchmark == "speculative":
        if bundled:
            return [partial(plan.bundled_sources, scope)]
        if not draft:
            raise DictateError(f"which draft for {target}? name it with --draft, such as tiny")
        return [
            partial(plan.curve, scope, target, draft),
            partial(plan.exactness, scope, target),
        ]
    if options.benchmark == "beam":
        return [
            partial(plan.bundled_beams, scope) if bundled else partial(plan.beams, scope, target)
        ]
    if options.benchmark == "memory":
        if bundled:
            return [partial(plan.bundled_memory, scope)]
        return [partial(plan.memory, scope, target, draft)]
    if options.benchmark == "peers":
        if bundled:
            return [partial(plan.bundled_peers, scope)]
        return [partial(plan.peers, scope, target, draft)]
    if not bundled:
        return [
            partial(plan.stages, scope, target, None),
            partial(plan.utterance, scope, target, scope.dtype),
        ]
    return [
        partial(plan.end_to_end, scope, options.file, options.release_after_s, options.pair),
        partial(plan.bundled_stages, scope),
    ]
