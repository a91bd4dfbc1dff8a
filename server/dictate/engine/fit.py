"""Whether a pair fits into memory, asked before it is loaded; and if it does not, what would."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from dictate.engine.protocol import EngineOptions
from dictate.errors import DictateError
from dictate.models.registry import PairEntry, Registry
from dictate.models.verify import missing_file, verify

if TYPE_CHECKING:
    import torch

    from dictate.asr.precision import Precision

_GB: Final = 10**9
_MB: Final = 10**6
# Less than this is not taken, for other programs grow, too.
_RESERVE: Final = 0.05
# What is named instead, the most faithful first; processors are slow in 16 bits.
_SMALLER: Final[dict[str, tuple[Precision, ...]]] = {
    "cpu": ("int8", "int4"),
    "cuda": ("float16", "int8", "int4"),
    "mps": ("float16", "int8"),
}
_PAIRS_NAMED: Final = 2


class NoRoomError(DictateError):
    """The pair needs more memory than is free; says how much, and what to choose instead."""


@dataclass(frozen=True)
class Fit:
    """How a pair fits.

    Attributes:
        device: as torch names it.
        precision: of its weights.
        needed_bytes: what it will take, by estimate.
        free_bytes: what there is.
        has_draft: a draft was asked for, and fits, too.
        notice: why the draft is left out, one line.
    """

    device: str
    precision: Precision
    needed_bytes: int
    free_bytes: int
    has_draft: bool
    notice: str | None = None


def fit(
    entry: PairEntry,
    registry: Registry,
    device: str,
    *,
    dtype: str = "auto",
    beams: int = 1,
    has_draft: bool = True,
    given_back_bytes: int = 0,
) -> Fit:
    """Find out whether a pair, or its target alone, fits.

    Args:
        entry: its files are on this machine.
        registry: where alternatives come from.
        device: where it is to run.
        dtype: of the weights.
        beams: hypotheses at a time.
        has_draft: False: it is to run without its draft.
        given_back_bytes: what will be free besides, because another pair goes first.

    Raises:
        NoRoomError: not even the target fits.
        CheckpointError: a checkpoint is broken.
        DictateError: the device cannot compute in `dtype`.
    """
    import torch

    from dictate.asr.checkpoint import Checkpoint
    from dictate.asr.free_memory import free_bytes
    from dictate.asr.precision import choose_precision

    place = torch.device(device)
    target = Checkpoint.open(entry.target, "target")
    precision = choose_precision(dtype, place, target.dimensions, target.stored)
    free = free_bytes(place) + given_back_bytes
    room = int(free * (1 - _RESERVE))
    has_draft = has_draft and entry.draft is not None
    needed = needed_bytes(entry, precision, place, beams=beams, has_draft=has_draft)
    if needed <= room:
        return Fit(device, precision, needed, free, has_draft)
    advice = _advice(entry, registry, place, precision, room, beams)
    says = (
        f"{entry.name} needs about {size(needed)} in {precision} and {size(free)} of {device} are "
        f"free: {advice}"
    )
    if has_draft:
        alone = needed_bytes(entry, precision, place, beams=beams, has_draft=False)
        if alone <= room:
            return Fit(device, precision, alone, free, False, f"slower, without the draft: {says}")
    raise NoRoomError(says)


def needed_bytes(
    entry: PairEntry,
    precision: Precision,
    device: torch.device,
    *,
    beams: int = 1,
    has_draft: bool = True,
) -> int:
    """What a pair takes, by its checkpoints' headers.

    Raises:
        CheckpointError: a checkpoint is broken.
    """
    from dictate.asr.checkpoint import Checkpoint
    from dictate.asr.memory import need_of, pair_bytes
    from dictate.asr.shared_encoder import shares_encoder

    target = Checkpoint.open(entry.target, "target")
    # Beams have a cache of their own beside that of greedy decoding.
    slots = 1 if beams == 1 else 1 + beams
    need = need_of(target, precision, device, slots=slots)
    if not has_draft or entry.draft is None:
        return pair_bytes(need, None, device)
    draft = Checkpoint.open(entry.draft, "draft")
    own_encoder = not shares_encoder(target, draft)
    draft_need = need_of(draft, precision, device, has_encoder=own_encoder)
    return pair_bytes(need, draft_need, device)


def _advice(
    entry: PairEntry,
    registry: Registry,
    device: torch.device,
    precision: Precision,
    room: int,
    beams: int,
) -> str:
    choices = []
    taken = needed_bytes(entry, precision, device, beams=beams, has_draft=False)
    for smaller in _SMALLER.get(device.type, ()):
        needed = needed_bytes(entry, smaller, device, beams=beams, has_draft=False)
        if needed <= room and needed < taken:
            choices.append(f"dtype {smaller} ({size(needed)})")
            break
    fitting = sorted(_other_pairs(entry, registry, precision, device, room), reverse=True)
    choices += [f"the pair {name} ({size(needed)})" for needed, name in fitting[:_PAIRS_NAMED]]
    if not choices:
        return "close other programs"
    return (
        f"choose {', '.join(choices[:-1])} or {choices[-1]}"
        if choices[1:]
        else (f"choose {choices[0]}")
    )


def _other_pairs(
    entry: PairEntry, registry: Registry, precision: Precision, device: torch.device, room: int
) -> Iterator[tuple[int, str]]:
    """Pairs that are on this machine and fit: bytes and name."""
    for other in map(registry.pair, registry.names):
        folders = [folder for folder in (other.target, other.draft) if folder is not None]
        if other.name == entry.name or any(missing_file(folder) for folder in folders):
            continue
        try:
            needed = needed_bytes(other, precision, device)
        except DictateError:
            continue
        if needed <= room:
            yield needed, other.name


def size(of_bytes: int) -> str:
    """Bytes for people: "2.0 GB", "350 MB"."""
    if of_bytes < _GB:
        return f"{of_bytes / _MB:.0f} MB"
    return f"{of_bytes / _GB:.1f} GB"


def report(options: EngineOptions) -> dict[str, str | bool]:
    """What `dictate doctor` tells of the device and of the pair on it.

    Returns:
        "device", for people; "is_processor"; "fit", "notice" and "error", one line or empty.
    """
    import torch

    from dictate.asr.device import choose_device

    found: dict[str, str | bool] = {"fit": "", "notice": "", "error": ""}
    try:
        device = choose_device(options.device)
    except DictateError as error:
        found["error"], device = str(error), choose_device("auto")
    found["is_processor"] = device.type == "cpu"
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    found["device"] = f"{name}, {torch.get_num_threads()} threads"
    if found["error"]:
        return found
    try:
        registry = Registry.load()
        entry = chosen(options, registry)
        verify(entry, "target")
        if entry.draft is not None:
            verify(entry, "draft")
        place = fit(
            entry,
            registry,
            str(device),
            dtype=options.dtype,
            beams=options.beams,
            has_draft=options.speculation,
        )
    except DictateError as error:
        found["error"] = str(error)
        return found
    found["notice"] = place.notice or ""
    found["fit"] = (
        f"pair {entry.name} in {place.precision} on {place.device}: needs about "
        f"{size(place.needed_bytes)}, {size(place.free_bytes)} are free"
    )
    return found


def chosen(options: EngineOptions, registry: Registry) -> PairEntry:
    """The pair that `options` name.

    Raises:
        ModelError: there is none.
    """
    if options.target:
        return registry.made_of(options.target, options.draft)
    return registry.pair(options.pair)


if __name__ == "__main__":
    print(json.dumps(report(msgspec.json.decode(sys.argv[1], type=EngineOptions))))  # noqa: T201
