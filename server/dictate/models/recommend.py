"""Which pair suits a machine: the most accurate one that fits its memory, disk and patience.

Estimates, and marked so: what pairs really need and how fast they are `dictate bench` measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dictate.models.machine import Machine
from dictate.models.registry import PairEntry, Registry
from dictate.models.verify import missing_file, place_of

# Less than this share of the memory is not taken, for other programs grow, too.
_RESERVE: Final = 0.05
_DISK_RESERVE_MB: Final = 64
# Frames of a full window that the encoder works through: two operations per parameter and frame.
_WINDOW_FRAMES: Final = 1500
# What a core of a processor reaches in large matrix products, in 10^9 operations per second, and
# how long a whole utterance takes by its encoder's time: measured with base.en's shape on two cores
# (`docs/benchmarks`: encoder 0.28 s, utterance 0.79 s in int8).
_CORE_GFLOPS: Final = 75.0
_INT8_GAIN: Final = 1.5
_UTTERANCE_BY_ENCODER: Final = 2.8
# Longer than this for one utterance, and one waits for the text.
_PATIENT_S: Final = 1.5
_PRECISIONS: Final = {"cuda": ("float16",), "mps": ("float16",), "cpu": ("float32", "int8")}


@dataclass(frozen=True)
class Recommendation:
    """How a pair suits a machine.

    Attributes:
        entry: the pair.
        reason: one line for people.
        fits: memory and disk suffice for it.
    """

    entry: PairEntry
    reason: str
    fits: bool


def recommend(
    registry: Registry, machine: Machine, *, language: str | None = None
) -> list[Recommendation]:
    """Every pair, the best for this machine first.

    Pairs that speak the language go before others, those that fit before those that do not, those
    that are fast enough before those that one waits for; then the more accurate ones.

    Args:
        registry: which pairs there are.
        machine: where they shall run.
        language: that will be spoken, two letters such as "de"; None: any.
    """
    judged = [_judge(registry.pair(name), machine, language) for name in registry.names]
    return [found for _, found in sorted(judged, key=lambda item: item[0], reverse=True)]


def memory_needed_mb(entry: PairEntry, machine: Machine) -> int | None:
    """What a running pair takes on a machine's device, None: unknown; in units of 10^6 bytes."""
    return next(
        (entry.memory_mb[name] for name in _ordered(machine) if name in entry.memory_mb), None
    )


def fits_memory(entry: PairEntry, machine: Machine) -> bool | None:
    """Whether a pair fits into what is free, None: unknown."""
    needed = memory_needed_mb(entry, machine)
    if needed is None or not machine.free_memory_mb:
        return None
    return needed <= machine.free_memory_mb * (1 - _RESERVE)


def _ordered(machine: Machine) -> tuple[str, ...]:
    names = _PRECISIONS[machine.device]
    return tuple(reversed(names)) if machine.has_fast_int8 else names


def utterance_s(entry: PairEntry, machine: Machine) -> float | None:
    """About how long an utterance takes on a processor, None: unknown, or it has a GPU.

    The encoder works through a whole window, however short the utterance is.
    """
    if machine.device != "cpu" or entry.encoder_m is None:
        return None
    speed = machine.cores * _CORE_GFLOPS * (_INT8_GAIN if machine.has_fast_int8 else 1.0)
    encoder_s = 2 * entry.encoder_m * 1e-3 * _WINDOW_FRAMES / speed
    return encoder_s * _UTTERANCE_BY_ENCODER


def _judge(
    entry: PairEntry, machine: Machine, language: str | None
) -> tuple[tuple[bool, bool, bool, float, int, bool, int], Recommendation]:
    needed_mb, fits_it = memory_needed_mb(entry, machine), fits_memory(entry, machine)
    wait_s = utterance_s(entry, machine)
    speaks = language is None or not entry.languages or language in entry.languages
    missing_mb = _missing_mb(entry)
    has_disk = missing_mb == 0 or missing_mb + _DISK_RESERVE_MB <= machine.free_disk_mb
    is_fast = wait_s is None or wait_s <= _PATIENT_S
    where = machine.device_name if machine.device != "cpu" else f"{machine.cores} cores"
    reasons = []
    if not speaks:
        reasons.append(f"does not know {language!r}, only {', '.join(entry.languages)}")
    if fits_it is False:
        reasons.append(
            f"needs about {_gb(needed_mb or 0)} of memory, {_gb(machine.free_memory_mb)} are free"
        )
    if not has_disk:
        reasons.append(f"needs {_gb(missing_mb)} of disk, {_gb(machine.free_disk_mb)} are free")
    if not is_fast:
        reasons.append(f"slow here: about {wait_s:.0f} s for an utterance on {where}")
    elif wait_s is not None and speaks and fits_it is not False:
        reasons.append(f"about {max(wait_s, 0.1):.1f} s for an utterance on {where}")
    if not reasons and needed_mb is not None and fits_it:
        reasons.append(
            f"fits {where}: about {_gb(needed_mb)} of {_gb(machine.free_memory_mb)} free"
        )
    elif fits_it is None:
        reasons.append("nobody knows how much memory it needs or there is")
    reasons.append(entry.description or "a pair of your own")
    rank = (
        speaks,
        fits_it is not False and has_disk,
        is_fast,
        0.0 if is_fast else -(wait_s or 0.0),
        entry.rank or 0,
        # A draft hardly pays where the decoder is small: `models.toml` puts the better one first.
        entry.draft is not None,
        -(needed_mb or 0),
    )
    return rank, Recommendation(entry, "; ".join(reasons), fits_it is not False and has_disk)


def _missing_mb(entry: PairEntry) -> int:
    roles = ("target",) if entry.draft is None else ("target", "draft")
    places = [place_of(entry, role) for role in roles]  # type: ignore[arg-type]
    if all(place is not None and missing_file(place) is None for place in places):
        return 0
    return entry.download_mb or 0


def _gb(of_mb: int) -> str:
    return f"{of_mb / 1000:.1f} GB" if of_mb >= 1000 else f"{of_mb} MB"
