"""Which tests stay together where several processes run them (`pytest -n 2 --dist loadfile`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

_TOGETHER = ("vscode", "editors", "engine", "lsp")
"""Folders whose tests share an editor, a browser or a warm engine; elsewhere a file's tests do."""
_FIRST = ("vscode", "neovim", "editors", "lsp", "engine")
"""What drives real editors and engines takes longest."""
_HERE = Path(__file__).parent


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Hand out whole folders of those that share something, and whole files of all others."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            folder = path.removeprefix("tests/").partition("/")[0]
            return folder if folder in _TOGETHER else path

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest."""

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(_HERE).parts[0]
        return (*_FIRST, folder).index(folder)

    items.sort(key=rank)
