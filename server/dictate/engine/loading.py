"""Getting a pair ready to decode, with what still works when something of it does not."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dictate.engine.cores import physical_cores
from dictate.engine.transcriber import Transcriber
from dictate.errors import DictateError
from dictate.models.registry import ModelError, PairEntry
from dictate.models.verify import verify
from dictate.vad.speech_probability import load_detector

if TYPE_CHECKING:
    from dictate.asr import Pair

# Matrices of models below this size are too small to be worth sharing out, mostly: measured.
_SMALL_BYTES: Final = 128 * 2**20
# More threads must save this much, because they suffer when other programs want the cores.
_WORTHWHILE: Final = 0.8


@dataclass
class LoadedPair:
    """A warm pair, and one line for each thing about it that the user should know."""

    transcriber: Transcriber
    notices: list[str] = field(default_factory=list)


def load_pair(entry: PairEntry, device: str) -> LoadedPair:
    """Verify, load and warm up a pair.

    A draft that is missing or broken is left out, a device that is not there or too small is
    replaced by another; `notices` says so.

    Raises:
        DictateError: the target cannot run; one line.
    """
    notices: list[str] = []
    verify(entry, "target")
    has_draft = entry.draft is not None
    if has_draft:
        try:
            verify(entry, "draft")
        except ModelError as error:
            notices.append(_without_draft(error))
            has_draft = False
    import_libraries()
    import torch

    device = _usable_device(device, notices)
    try:
        transcriber = _load(entry, device, has_draft=has_draft, notices=notices)
    except torch.OutOfMemoryError:
        if device == "cpu":
            raise
        notices.append(f"the pair {entry.name!r} does not fit into the memory of {device}: "
                       "it runs on the processor")  # fmt: skip
        transcriber = _load(entry, "cpu", has_draft=has_draft, notices=notices)
    return LoadedPair(transcriber, notices)


def import_libraries() -> None:
    """Import torch and the voice detector with OpenMP set for a machine that others use, too.

    Each brings an OpenMP of its own, which reads the environment once, at the import; the
    detector comes first, because its limit must not reach torch.
    """
    load_detector()
    # By default threads that wait for each other spin; as soon as a compiler wants the same core,
    # that made the bundled pair six times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", str(physical_cores()))
    import torch  # noqa: F401


def warm_up(pair: Pair, entry: PairEntry) -> None:
    """Run the pair until it is as fast as it will be, on as many threads as pay."""
    import torch

    cores = physical_cores()
    weights_bytes = (entry.target / "model.safetensors").stat().st_size
    torch.set_num_threads(cores)
    if cores == 1 or pair.device != "cpu" or weights_bytes > _SMALL_BYTES:
        pair.warm_up()
        return
    torch.set_num_threads(1)
    pair.warm_up()
    alone_s = _warm_up_s(pair)
    torch.set_num_threads(cores)
    if _warm_up_s(pair) > _WORTHWHILE * alone_s:
        torch.set_num_threads(1)


def _warm_up_s(pair: Pair) -> float:
    start_s = time.perf_counter()
    pair.warm_up()
    return time.perf_counter() - start_s


def _usable_device(wanted: str, notices: list[str]) -> str:
    from dictate.asr import choose_device

    try:
        return str(choose_device(wanted))
    except DictateError as error:
        nearest = str(choose_device("auto"))
        notices.append(f"{error}; until then it runs on {nearest}")
        return nearest


def _load(entry: PairEntry, device: str, *, has_draft: bool, notices: list[str]) -> Transcriber:
    from dictate.asr import CheckpointError, Pair

    def load(draft: bool) -> Pair:
        return Pair.load(
            entry.target,
            entry.draft if draft else None,
            device=device,
            short_window=entry.short_window,
            follows_prompts=entry.follows_prompts,
        )

    try:
        pair = load(has_draft)
    except CheckpointError as error:
        if error.role != "draft":
            raise
        notices.append(_without_draft(error))
        pair = load(draft=False)
    warm_up(pair, entry)
    return Transcriber(pair, short_window=entry.short_window)


def _without_draft(error: DictateError) -> str:
    return f"slower, without the draft: {error}"
