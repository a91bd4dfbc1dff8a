"""Checkpoints by their names on the Hugging Face hub: where they lie here, and getting them here.

The hub's own client does the work, so its environment variables hold: `HF_HOME` and `HF_HUB_CACHE`
say where files lie, `HF_ENDPOINT` which server is asked, `HF_HUB_OFFLINE=1` that none is. It reads
them when it is imported, hence the imports inside functions. Only safetensors and JSON files are
taken: other formats can run code when they are opened.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from dictate.errors import DictateError

WEIGHTS: Final = "model.safetensors"
WEIGHTS_INDEX: Final = "model.safetensors.index.json"

# Not `*.safetensors`: some repositories hold the same weights again in another precision.
_TAKEN: Final = ("*.json", WEIGHTS, "model-*-of-*.safetensors")
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_NEWEST: Final = "main"
_HUB: Final = "https://huggingface.co"


class HubError(DictateError):
    """A checkpoint on the hub cannot be had."""


def is_name(text: str) -> bool:
    """Whether `text` has the form of a name on the hub, `org/name`."""
    return _NAME.fullmatch(text) is not None and ".." not in text and "--" not in text


def place(repo: str, revision: str = "") -> Path:
    """The folder of a checkpoint in the hub's cache; it need not exist.

    Args:
        repo: `org/name`.
        revision: commit; empty: whichever was downloaded as the newest.
    """
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE).expanduser() / f"models--{repo.replace('/', '--')}"
    if not revision:
        try:
            revision = (folder / "refs" / _NEWEST).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            revision = _NEWEST
    return folder / "snapshots" / revision


def is_offline() -> bool:
    """Whether the user forbids to ask any server."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def download(repo: str, revision: str = "") -> Path:
    """Get a checkpoint from the hub, as far as it is not here; returns its folder.

    Raises:
        HubError: one line: there is no such name, no network, no safetensors, no room, ...
    """
    from huggingface_hub import constants, errors, snapshot_download

    endpoint = constants.ENDPOINT
    try:
        folder = Path(
            snapshot_download(
                repo,
                revision=revision or None,
                allow_patterns=list(_TAKEN),
                # A mirror is not told who asks.
                token=None if endpoint == _HUB else False,
            )
        )
    except errors.GatedRepoError as error:
        raise HubError(
            f"{repo} is only for those who accepted its terms: accept them on {endpoint}/{repo}, "
            "then log in with `hf auth login`"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise HubError(
            f"{endpoint} has no model {repo}, or it is private: correct the name, or log in with "
            "`hf auth login`"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise HubError(f"{repo} has no commit {revision}: choose another") from error
    except errors.LocalEntryNotFoundError as error:
        if constants.HF_HUB_OFFLINE:
            raise HubError(
                f"{repo} is not on this machine, and HF_HUB_OFFLINE forbids to download it: unset "
                "HF_HUB_OFFLINE, or choose a pair that is here"
            ) from error
        raise HubError(
            f"{repo} is not on this machine, and {endpoint} cannot be reached: connect to the "
            "network, or choose a pair that is here"
        ) from error
    except errors.HfHubHTTPError as error:
        status = getattr(error.response, "status_code", "no status")
        raise HubError(f"{endpoint} answers {status} for {repo}: retry later") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise HubError(
            f"{repo} cannot be stored in {constants.HF_HUB_CACHE} ({reason}): make room, or set "
            "HF_HOME to another folder"
        ) from error
    except Exception as error:  # the client passes on what its HTTP library raises
        raise HubError(
            f"downloading {repo} broke off ({type(error).__name__}): check the network, then retry"
        ) from error
    if not ((folder / WEIGHTS).is_file() or (folder / WEIGHTS_INDEX).is_file()):
        raise HubError(f"{repo} has no {WEIGHTS}: choose a checkpoint that has its weights so")
    return folder
