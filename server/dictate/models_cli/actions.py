"""What the commands of `dictate models` do; each takes its options and returns an exit status."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from dictate.errors import DictateError
from dictate.models import store
from dictate.models.recommend import fits_memory, memory_needed_mb
from dictate.models.registry import PairEntry, Registry
from dictate.models.verify import verify
from dictate.models_cli.display import DownloadDisplay, size

_MB: Final = 10**6
_FAILED: Final = 1
_NAMED: Final = 5


def fetch(entry: PairEntry) -> None:
    """Get what is missing of a pair, shown in the terminal.

    Raises:
        HubError: it cannot be had; one line.
        KeyboardInterrupt: the user does not want it any more.
    """
    with DownloadDisplay() as display:
        try:
            store.pull(entry, report=display)
        except KeyboardInterrupt:
            display.end()
            print(
                f"dictate: cancelled; `dictate models pull {entry.wanted_as}` goes on from here",
                file=sys.stderr,
            )
            raise


def list_pairs(options: argparse.Namespace) -> int:
    """Print every pair: whether it is here, its size, whether it fits."""
    registry, machine = _registry(), store.this_machine()
    entries = [registry.pair(name) for name in registry.names]
    if options.json:
        _print_json(
            {"machine": asdict(machine), "pairs": [_described(e, machine) for e in entries]}
        )
        return 0
    rows = [("PAIR", "HERE", "SIZE", "MEMORY", "FITS", "LANGUAGES", "LICENCE")]
    for entry in entries:
        about = _described(entry, machine)
        rows.append(
            (
                entry.name,
                "yes" if about["installed"] else "partly" if about["partial"] else "no",
                _mb(about["size_mb"]),
                _mb(about["memory_mb"]),
                {True: "yes", False: "no", None: "?"}[about["fits"]],
                " ".join(entry.languages) or "many",
                entry.licence or "?",
            )
        )
    _print_table(rows)
    print(f"\n{_where(machine)}")
    return 0


def _described(entry: PairEntry, machine: store.Machine) -> dict[str, Any]:
    is_installed = store.is_installed(entry)
    here_bytes = store.size_here_bytes(entry)
    size_mb = here_bytes // _MB if is_installed else entry.download_mb
    return {
        "name": entry.name,
        "description": entry.description,
        "installed": is_installed,
        "partial": not is_installed and here_bytes > 0,
        "size_mb": size_mb,
        "memory_mb": memory_needed_mb(entry, machine),
        "fits": fits_memory(entry, machine),
        "languages": entry.languages,
        "licence": entry.licence,
        "target": entry.target_repo or str(entry.target),
        "draft": entry.draft_repo or (str(entry.draft) if entry.draft else None),
    }


def recommend(options: argparse.Namespace) -> int:
    """Print which pairs suit this machine, the best first, and why."""
    registry, machine = _registry(), store.this_machine()
    found = store.recommend(registry, machine, language=options.language)
    if not options.all:
        found = found[:_NAMED]
    if options.json:
        pairs = [
            {"name": each.entry.name, "fits": each.fits, "reason": each.reason} for each in found
        ]
        _print_json({"machine": asdict(machine), "pairs": pairs})
        return 0
    print(_where(machine))
    for number, each in enumerate(found, 1):
        mark = "" if each.fits else " (does not fit)"
        print(f"{number}. {each.entry.name}{mark}: {each.reason}")
    best = found[0].entry if found else None
    if best is not None and not store.is_installed(best):
        weight = f" ({_mb(best.download_mb)})" if best.download_mb else ""
        print(f"\ndictate models pull {best.name}{weight}")
    return 0


def pull(options: argparse.Namespace) -> int:
    """Download pairs."""
    registry = _registry()
    # All names first: a wrong one is told before anything is downloaded.
    entries = [store.entry_for(registry, name) for name in options.names]
    for entry in entries:
        try:
            fetch(entry)
        except store.HubError as error:
            near = [name for name in registry.nearest(entry.name) if name != entry.target_repo]
            # The hub's answer does not say what there is instead; what we know may be meant.
            if entry.origin is None and near and "has no model" in str(error):
                raise store.HubError(f"{error}; or did you mean {' or '.join(near)}?") from error
            raise
    fresh = Registry.load()
    places = {name: store.folders(store.entry_for(fresh, name)) for name in options.names}
    if options.json:
        _print_json(
            {
                name: {role: str(path) for role, path in found.items()}
                for name, found in places.items()
            }
        )
        return 0
    for name in options.names:
        entry = store.entry_for(fresh, name)
        print(f"{name} is here and whole: {size(store.size_here_bytes(entry))}")
    return 0


def verify_pairs(options: argparse.Namespace) -> int:
    """Read every file of pairs again; the status is 1 if one is not whole."""
    registry = _registry()
    names = options.names or [
        name for name in registry.names if store.is_installed(registry.pair(name))
    ]
    faults: dict[str, str | None] = {}
    for name in names:
        entry = store.entry_for(registry, name)
        faults[name] = _fault(entry)
        if not options.json:
            print(f"{name}: {faults[name] or 'whole'}")
    if options.json:
        _print_json({name: {"whole": not fault, "fault": fault} for name, fault in faults.items()})
    return _FAILED if any(faults.values()) else 0


def _fault(entry: PairEntry) -> str | None:
    try:
        verify(entry, "target", again=True)
        if entry.draft is not None:
            verify(entry, "draft", again=True)
    except DictateError as error:
        return str(error)
    return None


def remove(options: argparse.Namespace) -> int:
    """Remove what a pair alone needs."""
    registry = _registry()
    done = store.remove(registry, store.entry_for(registry, options.name))
    if options.json:
        _print_json([asdict(removed) for removed in done])
        return 0
    for removed in done:
        if removed.kept_for is not None:
            print(f"{removed.repo} is kept: {removed.kept_for} needs it")
        elif removed.freed_bytes:
            print(f"{removed.repo} is removed: {size(removed.freed_bytes)} given back")
        else:
            print(f"{removed.repo} was not on this machine")
    return 0


def path(options: argparse.Namespace) -> int:
    """Print where a pair's models lie."""
    places = store.folders(store.entry_for(_registry(), options.name))
    if options.json:
        _print_json({role: str(path) for role, path in places.items()})
    else:
        for path in places.values():
            print(path)
    return 0


def _registry() -> Registry:
    registry = Registry.load()
    for notice in registry.notices:
        print(f"dictate: {notice}", file=sys.stderr)
    return registry


def _where(machine: store.Machine) -> str:
    def of(free_mb: int, total_mb: int) -> str:
        return f"{_mb(free_mb)} of {_mb(total_mb)} memory free" if total_mb else "memory unknown"

    cores = f", {machine.cores} cores" if machine.device == "cpu" else ""
    return (
        f"on {machine.device_name} ({machine.device}{cores}): "
        f"{of(machine.free_memory_mb, machine.memory_mb)}, {_mb(machine.free_disk_mb)} disk free"
    )


def _mb(of_mb: int | None) -> str:
    return "?" if of_mb is None else size(of_mb * _MB)


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _print_json(data: object) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))
