"""One file from the hub to this machine, however often the connection is cut on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dictate.models import hub
from dictate.models.hub import HubError
from dictate.models.listing import Wanted
from dictate.models.partial import Partial
from dictate.models.patience import BUSY, TRIES, Gate, Patience

# A file that came wrong is fetched once more, from its first byte: a cut power line or a proxy's
# error page may have spoilt it; wrong again, it is the server's.
_WRONG_TRIES: Final = 2


class _WrongFileError(Exception):
    """What came is not what was wanted; says in a few words why."""


@dataclass(frozen=True)
class Source:
    """Where a checkpoint's files come from."""

    repo: str
    commit: str

    def url(self, path: str) -> str:
        """Of one file."""
        from huggingface_hub import hf_hub_url

        return str(hf_hub_url(self.repo, path, revision=self.commit))


def fetch(
    source: Source,
    wanted: Wanted,
    blobs: Path,
    gate: Gate,
    patience: Patience,
    moved: Callable[[int, bool], None],
) -> tuple[Path, str]:
    """Download a file, resuming what is there; returns its place and its SHA-256 in hex.

    Args:
        source: where it comes from.
        wanted: the file.
        blobs: folder that it goes into.
        gate: closed from outside to end the download.
        patience: how to take a hub in trouble.
        moved: told how many bytes more (or fewer) are here, and whether they came just now.

    Raises:
        HubError: it cannot be had; what came of it is kept unless it is wrong.
        PullCancelled: the gate was closed.
        OSError: it cannot be stored.
    """
    wrong = failures = 0
    with Partial(wanted, blobs) as partial:
        moved(partial.size, False)
        while True:
            before = furthest = partial.size
            patience.say(f"downloading {source.repo}")
            try:
                if partial.size < wanted.size or wanted.size == 0:
                    furthest = _stream(source, partial, gate, patience, moved)
                if partial.size == wanted.size:
                    _check(partial)
                    with gate.passing():
                        return partial.finish()
                failure: Exception | None = None
            except _WrongFileError as error:
                wrong += 1
                with gate.passing():
                    moved(-partial.size, False)
                    partial.discard()
                if wrong >= _WRONG_TRIES:
                    raise HubError(
                        f"{hub.endpoint()} sends a wrong {wanted.path} for {source.repo} "
                        f"({error}), twice: refused; choose another HF_ENDPOINT or retry later"
                    ) from None
                continue
            except Exception as error:
                if not _is_passing(error):
                    raise
                failure = error
            # Any progress shows that the hub is there: only tries without any are counted.
            failures = 0 if max(partial.size, furthest) > before else failures + 1
            if failures >= TRIES:
                raise _given_up(failure, source, wanted) from failure
            headers = getattr(getattr(failure, "response", None), "headers", None)
            status = None if failure is None else hub.status_of(failure)
            patience.pause(failures, status, headers, source.repo)


def _check(partial: Partial) -> None:
    if not partial.is_whole:
        raise _WrongFileError("its hash is not that of the file")


def _stream(
    source: Source,
    partial: Partial,
    gate: Gate,
    patience: Patience,
    moved: Callable[[int, bool], None],
) -> int:
    """Take what follows from one connection, until it ends; returns how far it came.

    Raises:
        _WrongFileError: what comes is not the file.
        Exception: what the HTTP library raises when the connection breaks, what the hub's client
            raises for a status, what the file system raises.
    """
    wanted = partial.wanted
    # Compressed content has other byte positions.
    headers = hub.headers() | {"Accept-Encoding": "identity"}
    if partial.size:
        headers["Range"] = f"bytes={partial.size}-"
    # The address on the hub itself, not the one that it leads to, which is good for minutes only.
    with hub.session().stream(
        "GET",
        source.url(wanted.path),
        headers=headers,
        timeout=patience.silence_s,
        follow_redirects=True,
    ) as response:
        if response.status_code == 416:
            raise _WrongFileError("it is shorter than what came of it")
        hub.raise_for_status(response)
        total = _total_bytes(response, partial.size)
        if total is not None and total != wanted.size:
            raise _WrongFileError(f"it has {total} bytes instead of {wanted.size}")
        if partial.size and response.status_code != 206:
            # This server begins at the start again, whatever it is asked.
            with gate.passing():
                moved(-partial.size, False)
                partial.discard()
        for chunk in response.iter_bytes():
            if partial.size + len(chunk) > wanted.size:
                raise _WrongFileError(f"it has more than {wanted.size} bytes")
            with gate.passing():
                before = partial.size
                try:
                    partial.write(chunk)
                finally:
                    moved(partial.size - before, True)
    return partial.size


def _total_bytes(response: Any, asked_from: int) -> int | None:  # noqa: ANN401
    """Size of the whole file by an answer's headers, None: they do not say.

    Raises:
        _WrongFileError: it is another part of the file than was asked for.
    """
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return None
    if response.status_code == 206:
        found = re.fullmatch(
            r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip()
        )
        if found is None or int(found[1]) != asked_from:
            raise _WrongFileError("another part of it comes than was asked for")
        return int(found[2]) if found[2] != "*" else None
    length = str(response.headers.get("Content-Length", ""))
    return int(length) if length.isdigit() else None


def _is_passing(error: Exception) -> bool:
    """Whether the same request may succeed."""
    status = hub.status_of(error)
    return hub.is_cut(error) if status is None else status in BUSY


def _given_up(failure: Exception | None, source: Source, wanted: Wanted) -> HubError:
    status = None if failure is None else hub.status_of(failure)
    why = "the connection breaks again and again" if status is None else f"it answers {status}"
    return HubError(
        f"{wanted.path} of {source.repo} does not come from {hub.endpoint()} ({why}): what came is "
        "kept, retry later"
    )
