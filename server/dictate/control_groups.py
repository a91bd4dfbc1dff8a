"""What the control groups around this process have left of their memory, see cgroups(7)."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CGROUP_ROOT: Final = Path("/sys/fs/cgroup")
_OWN_CGROUPS: Final = Path("/proc/self/cgroup")


def cgroup_bytes(root: Path = CGROUP_ROOT, own: Path = _OWN_CGROUPS) -> Iterator[int]:
    """What each control group around this process has left of its limit; see cgroups(7).

    Pages of files that nobody used lately are given back under pressure, so they count as free.

    Args:
        root: where control groups are mounted.
        own: lists the groups that this process is in.
    """
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:  # version 2
            names = ("memory.max", "memory.current", "inactive_file")
            top = root
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            top = root / "memory"
        else:
            continue
        # In a container the path may be the host's, while only the own group is mounted.
        group = top / path.strip("/")
        for folder in (group, *group.parents):
            if folder != top and top not in folder.parents:
                break
            with contextlib.suppress(OSError, ValueError):
                limit = int((folder / names[0]).read_text(encoding="ascii"))
                used = int((folder / names[1]).read_text(encoding="ascii"))
                yield max(0, limit - used + _reclaimable(folder, names[2]))


def _reclaimable(folder: Path, name: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    return 0
