"""Which tests stay together where several processes run them (`pytest -n 2 --dist loadgroup`)."""

from pathlib import Path

import pytest

_TOGETHER = ("vscode", "editors", "engine", "lsp")
"""Folders whose tests share an editor, a browser or a warm engine; elsewhere a file's tests do."""
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test its group; those in real editors come first, as they take longest."""
    for item in items:
        folder, *rest = item.path.relative_to(_HERE).parts
        together = folder in _TOGETHER or not rest
        group = folder if together else str(item.path.relative_to(_HERE))
        item.add_marker(pytest.mark.xdist_group(group))
    order = ["vscode", "neovim", "editors", "lsp", "engine"]

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(_HERE).parts[0]
        return order.index(folder) if folder in order else len(order)

    items.sort(key=rank)
