"""Getting a pair ready to decode, with what still works when something of it does not."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from dictate.cores import physical_cores
from dictate.engine.fit import Fit, NoRoomError, fit
from dictate.engine.idle_cores import IdleCores
from dictate.engine.protocol import EngineOptions
from dictate.errors import DictateError
from dictate.models.registry import ModelError, PairEntry, Registry
from dictate.models.verify import verify
from dictate.vad.speech_probability import load_detector

if TYPE_CHECKING:
    from dictate.asr import Pair
    from dictate.engine.transcriber import Transcriber

SMALLEST_PAIR: Final = "bundled"
"""What runs when memory does not suffice for what was wanted."""

# Matrices of models below this size are too small to be worth sharing out, mostly: measured.
_SMALL_BYTES: Final = 128 * 2**20
# More threads must save this much, because they suffer when other programs want the cores.
_WORTHWHILE: Final = 0.8


@dataclass
class LoadedPair:
    """A warm pair.

    Attributes:
        transcriber: ready to decode.
        entry: which pair it is, perhaps not the one that was wanted.
        fit: how it fits into memory.
        notices: one line for each thing that the user should know.
    """

    transcriber: Transcriber
    entry: PairEntry
    fit: Fit
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Plan:
    """What is tried: a pair with its draft or without, on `options.device`."""

    entry: PairEntry
    options: EngineOptions
    has_draft: bool
    notice: str | None = None


@dataclass
class ReadPair:
    """A pair that was loaded while another decoded: whole, and not measured yet.

    Attributes:
        pair: has run once.
        entry: which one.
        fit: how it fits into memory.
        notices: as of `LoadedPair`.
    """

    pair: Pair
    entry: PairEntry
    fit: Fit
    notices: list[str] = field(default_factory=list)


def load_pair(
    entry: PairEntry, options: EngineOptions, registry: Registry, *, or_smaller: bool = True
) -> LoadedPair:
    """Verify, load and warm up a pair.

    A draft that is missing, broken or too large is left out, a device that is not there or too
    small is replaced by the processor; a pair that turns out to be too large, whatever was
    expected, is replaced by the smallest one, unless `or_smaller` is false. `notices` says so.

    Raises:
        NoRoomError: there is too little memory for the target; says what to choose.
        DictateError: the target cannot run; one line.
    """
    notices: list[str] = []
    first = _first_plan(entry, options, notices)
    return _load_first(
        [first, *(_instead(first, registry) if or_smaller else [])], registry, notices
    )


def load_beside(
    entry: PairEntry, options: EngineOptions, registry: Registry, running: Fit | None
) -> ReadPair | None:
    """Verify and load a pair while another decodes, for `settle` to finish.

    Args:
        entry: the pair.
        options: how it is to run.
        registry: where alternatives come from.
        running: how the other one fits, None: there is none.

    Returns:
        None where both do not fit at once, and this one will when the other is given back.

    Raises:
        NoRoomError: it does not fit in any case; says what to choose.
        DictateError: the target cannot run; one line.
    """
    import torch

    from dictate.asr.free_memory import give_back, is_out_of_memory

    notices: list[str] = []
    plan = _first_plan(entry, options, notices)
    is_beside = running is not None and running.device == plan.options.device
    given_back_bytes = running.needed_bytes if running is not None and is_beside else 0
    place = _room_beside(plan, registry, notices, given_back_bytes)
    if place is None:
        return None
    try:
        pair = _read(plan, place, notices)
        pair.rehearse()
    except Exception as error:
        if not given_back_bytes or not is_out_of_memory(error):
            raise
    else:
        return ReadPair(pair, entry, place, notices)
    # Behind the handler: the exception held on to what had been loaded.
    give_back(torch.device(plan.options.device))
    return None


def settle(read: ReadPair) -> LoadedPair:
    """Measure a pair that was loaded beside another; on the thread that will decode."""
    transcriber = _transcriber(read.pair, read.entry, has_run=True)
    return LoadedPair(transcriber, read.entry, read.fit, read.notices)


def _room_beside(
    plan: _Plan, registry: Registry, notices: list[str], given_back_bytes: int
) -> Fit | None:
    """How a pair fits beside one that runs; None: only, or better, in its place."""
    said: list[str] = []
    try:
        place = _fit(plan, registry, said)
    except NoRoomError:
        if not given_back_bytes:
            raise
        place = None
    if place is not None and (place.notice is None or not given_back_bytes):
        notices += said
        return place
    _fit(plan, registry, [], given_back_bytes)
    return None


def _first_plan(entry: PairEntry, options: EngineOptions, notices: list[str]) -> _Plan:
    """What was wanted, as far as files and devices allow; `notices` gets what they do not."""
    verify(entry, "target")
    has_draft = options.speculation and entry.draft is not None
    if has_draft:
        try:
            verify(entry, "draft")
        except ModelError as error:
            notices.append(_without_draft(error))
            has_draft = False
    import_libraries()
    device = _usable_device(options.device, notices)
    return _Plan(entry, msgspec.structs.replace(options, device=device), has_draft)


def load_instead(
    entry: PairEntry, device: str, options: EngineOptions, registry: Registry
) -> LoadedPair:
    """Load what needs less of the memory that ran out; the pair before must have been forgotten.

    Args:
        entry: the pair that ran out of memory.
        device: where it did.
        options: what was wanted.
        registry: names the smallest pair.

    Raises:
        DictateError: nothing is smaller, or that does not run either.
    """
    has_draft = options.speculation and entry.draft is not None
    plan = _Plan(entry, msgspec.structs.replace(options, device=device), has_draft)
    return _load_first(_instead(plan, registry), registry, [])


def _instead(plan: _Plan, registry: Registry) -> list[_Plan]:
    """What to try when memory runs out: the processor, then the smallest pair."""
    plans = []
    options = msgspec.structs.replace(plan.options, device="cpu", dtype="auto")
    ran_out = f"the memory of {plan.options.device} does not suffice for {plan.entry.name}"
    if plan.options.device != "cpu":
        notice = f"slower, on the processor: {ran_out}"
        plans.append(_Plan(plan.entry, options, plan.has_draft, notice))
    smallest = registry.pair(SMALLEST_PAIR)
    if plan.entry.target != smallest.target:
        notice = f"less accurate, with the pair {smallest.name}: {ran_out}"
        has_draft = options.speculation and smallest.draft is not None
        plans.append(_Plan(smallest, options, has_draft, notice))
    return plans


def _load_first(plans: Sequence[_Plan], registry: Registry, notices: list[str]) -> LoadedPair:
    """Load the first of `plans` that memory suffices for."""
    import torch

    from dictate.asr.free_memory import give_back, is_out_of_memory

    refused: NoRoomError | None = None
    for plan in plans:
        if refused is not None and plan.entry is not plans[0].entry:
            break  # another pair instead of one that cannot fit is the user's choice
        said = [] if plan.notice is None else [plan.notice]
        try:
            place = _fit(plan, registry, said)
            transcriber = _transcriber(_read(plan, place, said), plan.entry)
        except NoRoomError as error:
            refused = refused or error
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        else:
            return LoadedPair(transcriber, plan.entry, place, [*notices, *said])
        # Behind the handlers: the exception held on to what had been loaded.
        give_back(torch.device(plan.options.device))
    if refused is not None:
        raise refused
    raise DictateError("memory ran out: close other programs or choose a smaller pair, then retry")


def _fit(plan: _Plan, registry: Registry, notices: list[str], given_back_bytes: int = 0) -> Fit:
    from dictate.asr import CheckpointError

    options = plan.options

    def place(has_draft: bool) -> Fit:
        return fit(
            plan.entry,
            registry,
            options.device,
            dtype=options.dtype,
            beams=options.beams,
            has_draft=has_draft,
            given_back_bytes=given_back_bytes,
        )

    try:
        found = place(plan.has_draft)
    except CheckpointError as error:
        if error.role != "draft":
            raise
        notices.append(_without_draft(error))
        found = place(has_draft=False)
    if found.notice is not None:
        notices.append(found.notice)
    return found


def import_libraries() -> None:
    """Import torch and the voice detector with OpenMP set for a machine that others use, too.

    Each brings an OpenMP of its own, which reads the environment once, at the import; the
    detector comes first, because its limit must not reach torch.
    """
    load_detector()
    for name, value in openmp_settings().items():
        os.environ.setdefault(name, value)
    import torch  # noqa: F401


def openmp_settings() -> dict[str, str]:
    """The environment that torch is imported in.

    By default threads that wait for each other spin so long that a compiler on the same core made
    the bundled pair six times slower; without spinning, every one of the hundreds of small products
    of an utterance waits for the system (a third of the time of base.en's shape).
    """
    settings = {"OMP_NUM_THREADS": str(physical_cores())}
    if "OMP_WAIT_POLICY" not in os.environ:
        settings |= {"GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}
    return settings


def warm_up(pair: Pair, entry: PairEntry, *, has_run: bool = False) -> int:
    """Run the pair until it is as fast as it will be; returns how many threads pay."""
    import torch

    cores = physical_cores()
    weights_bytes = sum(path.stat().st_size for path in entry.target.glob("*.safetensors"))
    torch.set_num_threads(cores)
    if cores == 1 or pair.device != "cpu" or weights_bytes > _SMALL_BYTES:
        if not has_run:
            pair.rehearse()
        pair.price_drafts()
        return cores
    torch.set_num_threads(1)
    pair.rehearse()
    alone_s = _rehearsal_s(pair)
    torch.set_num_threads(cores)
    threads = 1 if _rehearsal_s(pair) > _WORTHWHILE * alone_s else cores
    torch.set_num_threads(threads)
    pair.price_drafts()
    return threads


def _rehearsal_s(pair: Pair) -> float:
    start_s = time.perf_counter()
    pair.rehearse()
    return time.perf_counter() - start_s


def _usable_device(wanted: str, notices: list[str]) -> str:
    from dictate.asr import choose_device

    try:
        return str(choose_device(wanted))
    except DictateError as error:
        nearest = str(choose_device("auto"))
        notices.append(f"{error}; until then it runs on {nearest}")
        return nearest


def _read(plan: _Plan, place: Fit, notices: list[str]) -> Pair:
    from dictate.asr import CheckpointError, Pair

    entry, options = plan.entry, plan.options

    def load(draft: bool) -> Pair:
        return Pair.load(
            entry.target,
            entry.draft if draft else None,
            device=place.device,
            dtype=place.precision,
            speculation=options.speculation,
            beams=options.beams,
            short_window=entry.short_window,
            follows_prompts=entry.follows_prompts,
            heads=entry.heads,
            prompt_tokens=entry.prompt_tokens,
        )

    try:
        pair = load(place.has_draft)
    except CheckpointError as error:
        if error.role != "draft":
            raise
        notices.append(_without_draft(error))
        pair = load(draft=False)
    notices.extend(pair.notices)
    return pair


def _transcriber(pair: Pair, entry: PairEntry, *, has_run: bool = False) -> Transcriber:
    """Warm up and measure."""
    from dictate.engine.transcriber import Transcriber

    threads = warm_up(pair, entry, has_run=has_run)
    return Transcriber(pair, short_window=entry.short_window, idle_cores=IdleCores(threads))


def _without_draft(error: DictateError) -> str:
    return f"slower, without the draft: {error}"
