"""What the hub says of a checkpoint: its commit, and each file's size and hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from dictate.models import hub
from dictate.models.hub import HubError
from dictate.models.patience import Patience, PullCancelled
from dictate.models.pins import PinnedFile
from dictate.models.registry import FileEntry

NEEDED: Final = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
)
"""What is read of a checkpoint beside its weights."""

_LARGEST_JSON: Final = 100 * 10**6


@dataclass(frozen=True)
class Wanted:
    """A file to download.

    Attributes:
        path: name in the repository.
        size: in bytes.
        sha256: of the content; empty: not known before it is here.
        blob: the hub's name for the content: its SHA-256, or the git hash of a small file.
    """

    path: str
    size: int
    sha256: str
    blob: str

    @classmethod
    def of(cls, file: PinnedFile) -> Wanted:
        """The same as the lock file has it."""
        return cls(file.path, file.size, file.sha256, file.blob)


@dataclass(frozen=True)
class Listing:
    """A checkpoint's files at one commit."""

    commit: str
    files: list[Wanted]


def ask(repo: str, revision: str, known: list[FileEntry], patience: Patience) -> Listing:
    """Ask the hub for a checkpoint's files.

    Args:
        repo: `org/name`.
        revision: commit; empty: the newest.
        known: what `models.toml` says of them.
        patience: how to take a hub in trouble.

    Raises:
        HubError: there is no such checkpoint, it lacks what is needed, it has changed, ...
        PullCancelled: the user does not want it any more.
    """
    from huggingface_hub import HfApi

    api = HfApi(endpoint=hub.endpoint(), token=hub.token())
    try:
        info = patience.insist(
            lambda: api.model_info(
                repo,
                revision=revision or None,
                files_metadata=True,
                timeout=patience.silence_s,
            ),
            what=repo,
        )
    except PullCancelled:
        raise
    except Exception as error:
        raise hub.explained(error, repo, revision) from error
    commit = str(info.sha or "")
    if not hub.is_commit(commit) or (revision and commit != revision):
        raise HubError(
            f"{hub.endpoint()} answers with commit {commit or 'none'} of {repo} instead of "
            f"{revision or 'the newest'}: choose another HF_ENDPOINT"
        )
    siblings = {str(file.rfilename): file for file in info.siblings or []}
    taken = _chosen(repo, siblings)
    files = [_described(repo, commit, path, siblings[path], patience) for path in taken]
    return Listing(commit, [agreed(repo, file, known) for file in files])


def _chosen(repo: str, siblings: Mapping[str, object]) -> list[str]:
    """Names of the files to take: JSON, and the weights once."""
    taken = sorted(path for path in siblings if hub.is_taken(path))
    if hub.WEIGHTS_INDEX in taken:
        taken = [path for path in taken if path != hub.WEIGHTS]
    else:
        taken = [path for path in taken if path.endswith(".json") or path == hub.WEIGHTS]
    if not any(path.endswith(".safetensors") for path in taken):
        raise HubError(f"{repo} has no {hub.WEIGHTS}: choose a checkpoint that has its weights so")
    missing = [path for path in NEEDED if path not in taken]
    # A model of another kind lacks files, too; what it is its configuration tells better.
    if missing and "config.json" in missing:
        raise HubError(f"{repo} has no {missing[0]}: choose a Whisper checkpoint")
    return taken


def _described(repo: str, commit: str, path: str, file: Any, patience: Patience) -> Wanted:  # noqa: ANN401
    """Size and hash of a file, of the listing or, where a mirror's has none, of the file's head."""
    sha256 = str(file.lfs.sha256) if file.lfs else ""
    size, blob = file.size, sha256 or file.blob_id
    if size is None or not blob:
        size, blob = _head(repo, commit, path, patience)
    blob = str(blob)
    if size is None or len(blob) not in (40, 64) or not set(blob) <= set("0123456789abcdef"):
        raise HubError(
            f"{hub.endpoint()} does not tell size and hash of {repo}'s {path}: choose another "
            "HF_ENDPOINT"
        )
    if path.endswith(".json") and size > _LARGEST_JSON:
        raise HubError(f"{repo}'s {path} has {size} bytes: choose another checkpoint")
    return Wanted(path, int(size), blob if len(blob) == 64 else "", blob)


def _head(repo: str, commit: str, path: str, patience: Patience) -> tuple[int | None, str]:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(repo, path, revision=commit)
    try:
        found = patience.insist(
            lambda: get_hf_file_metadata(url, token=hub.token(), timeout=patience.silence_s),
            what=f"{repo}'s {path}",
        )
    except PullCancelled:
        raise
    except Exception as error:
        raise hub.explained(error, repo, commit) from error
    return found.size, str(found.etag or "")


def agreed(repo: str, file: Wanted, known: list[FileEntry]) -> Wanted:
    """A file, once what the hub says of it is what `models.toml` knows of it.

    Raises:
        HubError: it is another one.
    """
    for expected in known:
        if expected.path != file.path:
            continue
        if file.size != expected.size or file.sha256 not in ("", expected.sha256):
            raise HubError(
                f"{repo}'s {file.path} on {hub.endpoint()} is not the one that models.toml names: "
                "refused; choose another HF_ENDPOINT"
            )
        return replace(file, sha256=expected.sha256)
    return file
