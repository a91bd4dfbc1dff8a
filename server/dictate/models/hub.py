"""The Hugging Face hub as this machine sees it: names, the cache, which server, who asks.

The hub's own client's environment variables hold: `HF_HOME` and `HF_HUB_CACHE` say where files lie,
`HF_ENDPOINT` which server is asked, `HF_HUB_OFFLINE=1` that none is, `HF_TOKEN` who asks. It reads
them when it is imported, hence the imports inside functions.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from dictate.errors import DictateError

WEIGHTS: Final = "model.safetensors"
WEIGHTS_INDEX: Final = "model.safetensors.index.json"
NEWEST: Final = "main"
"""The branch whose last commit is taken where none is named."""

_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
# Only safetensors and JSON: other formats can run code when they are opened. In the top folder
# only, and not `*.safetensors`: some repositories hold the same weights again in another form.
_TAKEN: Final = re.compile(r"[\w.-]+\.json|model\.safetensors|model-[\w-]+\.safetensors", re.ASCII)
_HUB: Final = "https://huggingface.co"


class HubError(DictateError):
    """A checkpoint on the hub cannot be had."""


def is_name(text: str) -> bool:
    """Whether `text` has the form of a name on the hub, `org/name`."""
    return _NAME.fullmatch(text) is not None and ".." not in text and "--" not in text


def is_commit(text: str) -> bool:
    """Whether `text` has the form of a commit."""
    return _COMMIT.fullmatch(text) is not None


def is_taken(path: str) -> bool:
    """Whether a repository's file is of the kinds that are downloaded: weights and JSON."""
    return _TAKEN.fullmatch(path) is not None


def cache_folder() -> Path:
    """Where the hub's client and every tool built on it keep what they download."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser()


def repo_folder(repo: str) -> Path:
    """The cache's folder of one repository; it need not exist."""
    return cache_folder() / f"models--{repo.replace('/', '--')}"


def place(repo: str, revision: str = "") -> Path:
    """The folder of a checkpoint in the hub's cache; it need not exist.

    Args:
        repo: `org/name`.
        revision: commit; empty: whichever was downloaded as the newest.
    """
    folder = repo_folder(repo)
    if not revision:
        try:
            revision = (folder / "refs" / NEWEST).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            revision = NEWEST
    return folder / "snapshots" / revision


def is_offline() -> bool:
    """Whether the user forbids to ask any server."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def endpoint() -> str:
    """The server that is asked."""
    from huggingface_hub import constants

    return str(constants.ENDPOINT)


def token() -> bool | None:
    """As the hub's client takes it: None: the user's own if there is one, False: none.

    A mirror is not told who asks.
    """
    return None if endpoint() == _HUB else False


def session() -> Any:  # noqa: ANN401  # of httpx or its successor, as the client's version has it
    """The HTTP client that the hub's client uses, with its proxies and its offline switch."""
    from huggingface_hub import get_session

    return get_session()


def headers() -> dict[str, str]:
    """What every request says of who asks, and with which program."""
    # Documented there, but not marked for type checkers as exported.
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    return dict(build_hf_headers(token=token()))


def raise_for_status(response: Any) -> None:  # noqa: ANN401
    """Raise the hub's client's own exception if `response` is no success."""
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

    hf_raise_for_status(response)


def is_cut(error: BaseException) -> bool:
    """Whether `error` is the network's: no connection, a cut one, or silence for too long."""
    names = {base.__name__ for base in type(error).__mro__}
    return "TransportError" in names and "UnsupportedProtocol" not in names


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error of the hub's client stands for, None: it stands for none."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def explained(error: Exception, repo: str, revision: str = "") -> HubError:
    """One line for what the hub's client raised.

    Args:
        error: any exception of the client, of its HTTP library or of the file system.
        repo: what was asked for.
        revision: of it.
    """
    from huggingface_hub import errors

    server = endpoint()
    if isinstance(error, HubError):
        return error
    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubError(
            f"{repo} is not on this machine, and HF_HUB_OFFLINE forbids to download it: unset "
            "HF_HUB_OFFLINE, or choose a pair that is here"
        )
    if isinstance(error, errors.GatedRepoError):
        return HubError(
            f"{repo} is only for those who accepted its terms: accept them on {server}/{repo}, "
            "then log in with `hf auth login`"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return HubError(
            f"{server} has no model {repo}, or it is private: correct the name, or log in with "
            "`hf auth login`"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(f"{repo} has no commit {revision}: choose another")
    if isinstance(error, errors.EntryNotFoundError):
        return HubError(f"{server} does not have a file of {repo} that it lists: retry later")
    status = status_of(error)
    if status in (401, 403):
        return HubError(f"{server} refuses {repo} ({status}): log in with `hf auth login`")
    if status is not None:
        return HubError(f"{server} answers {status} for {repo}: retry later")
    if is_cut(error):
        return HubError(
            f"{repo} is not on this machine, and {server} cannot be reached: connect to the "
            "network, or choose a pair that is here"
        )
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return HubError(
            f"{repo} cannot be stored in {cache_folder()} ({reason}): make it writable, or set "
            "HF_HOME to another folder"
        )
    return HubError(
        f"downloading {repo} broke off ({type(error).__name__}): check the network, then retry"
    )
