"""Gets a pair's models from the hub, when a user asks for it: nothing is downloaded by itself."""

from __future__ import annotations

from collections.abc import Callable

from dictate.models.hub import download, is_offline
from dictate.models.registry import PairEntry
from dictate.models.verify import missing_file


def download_missing(entry: PairEntry, say: Callable[[str], None]) -> None:
    """Get what a pair has on the hub and not on this machine.

    Args:
        entry: the pair; folders of one's own are left as they are.
        say: told before anything large is downloaded.

    Raises:
        HubError: it cannot be had.
    """
    models = (
        (entry.target_repo, entry.target_revision, entry.target),
        (entry.draft_repo, entry.draft_revision, entry.draft),
    )
    for repo, revision, folder in models:
        if repo is not None and folder is not None and missing_file(folder) is not None:
            if not is_offline():
                say(f"downloading {repo} …")
            download(repo, revision)
