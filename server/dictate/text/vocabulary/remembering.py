"""Writes what was learned into a vocabulary file, and leaves every other byte of it alone.

Several editors may teach at once, so a lock beside the file is held from reading to writing. What
would come out is parsed and compared with what is meant before it replaces the file; a file that is
no TOML as it stands is never touched.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from dictate.errors import DictateError
from dictate.file_lock import FileLock
from dictate.text.vocabulary.learned import Learned, LearnedEntry, learned_entry
from dictate.text.vocabulary.reading import MAX_FILE_BYTES, UnreadableError, read_content
from dictate.text.vocabulary.toml_statements import (
    Statement,
    TomlError,
    decode,
    statements,
    toml_key,
    toml_string,
)
from dictate.whole_file import write_atomically

MAX_LEARNED: Final = 1_000
"""Entries; beyond, those that were taught least often go, of these the oldest."""
_MAX_SAYINGS: Final = 5
_LOCK_TIMEOUT_S: Final = 2.0
_POLL_S: Final = 0.01
_INTRODUCTION: Final = """\
# Learned from your corrections: spelling = how you say it. Change or remove what you like.
[learned]
"""

_Edit = tuple[int, int, str]
_Change = Callable[[str, dict[str, Any], list[Statement]], tuple[list[_Edit], dict[str, Any]]]


def remember(path: Path, learned: Iterable[Learned], *, now: datetime | None = None) -> None:
    """Add to a vocabulary's `[learned]`, or count what stands there once more.

    Makes the file where there is none. Blocks for a file's writing, and up to two seconds while
    other editors write: call it on a worker.

    Args:
        path: of the vocabulary.
        learned: what was taught.
        now: aware; the present moment where it is None.

    Raises:
        DictateError: the file cannot be written, or is no TOML; it is as it was.
    """
    sayings: dict[str, list[str]] = {}
    for each in learned:
        sayings.setdefault(each.spelling, []).append(each.spoken)
    if not sayings:
        return
    moment = (now or datetime.now(timezone.utc)).astimezone(timezone.utc).replace(microsecond=0)

    def change(
        text: str, before: dict[str, Any], found: list[Statement]
    ) -> tuple[list[_Edit], dict[str, Any]]:
        entries: dict[str, LearnedEntry] = {}
        for spelling, spoken in sayings.items():
            known = learned_entry(before.get(spelling)) or LearnedEntry((), 0)
            kept = [said for said in known.spoken if said not in spoken]
            newest = tuple(dict.fromkeys([*kept, *spoken]))[-_MAX_SAYINGS:]
            entries[spelling] = LearnedEntry(newest, known.count + len(spoken), moment)
        evicted = _evicted(before, entries)
        edits = [edit for spelling in evicted for edit in _removal(found, spelling)]
        edits += _additions(text, found, before, entries)
        after = {spelling: value for spelling, value in before.items() if spelling not in evicted}
        after |= {spelling: _value(entry) for spelling, entry in entries.items()}
        return edits, after

    _edit(path, change)


def forget(path: Path, spelling: str) -> bool:
    """Remove a spelling from `[learned]`; False where it is not there.

    Raises:
        DictateError: the file cannot be written, or is no TOML; it is as it was.
    """
    was_there = False

    def change(
        _text: str, before: dict[str, Any], found: list[Statement]
    ) -> tuple[list[_Edit], dict[str, Any]]:
        nonlocal was_there
        was_there = spelling in before
        after = {name: value for name, value in before.items() if name != spelling}
        return _removal(found, spelling) if was_there else [], after

    if path.exists():
        _edit(path, change)
    return was_there


def _edit(path: Path, change: _Change) -> None:
    # A link stays one: the configuration of many people is a repository that is linked to.
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            text, mark, mode = _content(path)
            try:
                before = decode(text)
            except TomlError as fault:
                place = "" if fault.line is None else f", line {fault.line}"
                raise DictateError(
                    f"{path}{place}: {fault.what}: correct it, then what you teach is kept"
                ) from fault
            learned = before.get("learned", {})
            edits, after = change(
                text, learned if isinstance(learned, dict) else {}, statements(text, before)
            )
            changed = _applied(text, edits)
            if not edits:
                return
            _check(path, changed, {**before, "learned": after})
            write_atomically(path, mark + changed.encode())
            if mode is not None:
                with contextlib.suppress(OSError):
                    path.chmod(mode)
    except OSError as error:
        raise DictateError(
            f"cannot write {path} ({error.strerror or error}): make room or make it writable"
        ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    end = time.monotonic() + _LOCK_TIMEOUT_S
    while not lock.try_acquire():
        if time.monotonic() > end:
            raise DictateError(f"another editor is writing {path}: teach it again in a moment")
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        lock.release()


def _content(path: Path) -> tuple[str, bytes, int | None]:
    """Text of the file, the mark of UTF-8 in front of it, and its mode; None: there is none."""
    try:
        mode = path.stat().st_mode & 0o777
        content = read_content(path)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return "", b"", None
    except UnreadableError as error:
        raise DictateError(f"{path}: {error}") from error
    except UnicodeDecodeError as error:
        raise DictateError(f"{path} is not UTF-8: save it as UTF-8") from error
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    return text, mark, mode


def _check(path: Path, text: str, meant: dict[str, Any]) -> None:
    if len(text.encode()) > MAX_FILE_BYTES:
        raise DictateError(f"{path} would be larger than 1 MB: remove what you do not need")
    try:
        written = decode(text)
    except TomlError:
        written = {}
    written.setdefault("learned", {})  # an empty table may stand there or not
    if written != meant:
        raise DictateError(
            f"{path}: [learned] is not as Dictate writes it: give each spelling one line there"
        )


def _applied(text: str, edits: Sequence[_Edit]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += (text[position:start], new)
        position = end
    return "".join([*pieces, text[position:]])


def _evicted(before: dict[str, Any], entries: dict[str, LearnedEntry]) -> set[str]:
    excess = len(before.keys() | entries.keys()) - MAX_LEARNED
    if excess <= 0:
        return set()
    unknown = LearnedEntry((), 0)
    known = {
        spelling: learned_entry(value) or unknown
        for spelling, value in before.items()
        if spelling not in entries
    }
    by_worth = sorted(known, key=lambda spelling: (known[spelling].count, known[spelling].last))
    return set(by_worth[:excess])


def _removal(found: list[Statement], spelling: str) -> list[_Edit]:
    return [(each.start, each.end, "") for each in found if each.path[:2] == ("learned", spelling)]


def _additions(
    text: str, found: list[Statement], before: dict[str, Any], entries: dict[str, LearnedEntry]
) -> list[_Edit]:
    edits: list[_Edit] = []
    places = {each.path: each for each in found if each.kind == "entry"}
    lines: list[str] = []
    for spelling, entry in entries.items():
        place = places.get(("learned", spelling))
        if place is not None:
            edits.append((place.value_start, place.value_end, _shown(entry)))
        elif spelling not in before:
            lines.append(f"{toml_key(spelling)} = {_shown(entry)}\n")
    if lines:
        edits.append(_insertion(text, found, "".join(lines)))
    return edits


def _insertion(text: str, found: list[Statement], lines: str) -> _Edit:
    """Put lines behind the last entry of `[learned]`, or make the table at the end."""
    position: int | None = None
    within = False
    for each in found:
        if each.kind in ("table", "tables"):
            within = each.kind == "table" and each.path == ("learned",)
        if within:
            position = each.end
    if position is None:
        position = len(text)
        lines = ("\n" if text.strip() else "") + _INTRODUCTION + lines
    if position > 0 and text[position - 1] != "\n":
        lines = "\n" + lines
    if "\r\n" in text:
        lines = lines.replace("\n", "\r\n")
    return position, position, lines


def _value(entry: LearnedEntry) -> dict[str, Any]:
    return {"spoken": list(entry.spoken), "count": entry.count, "last": entry.last}


def _shown(entry: LearnedEntry) -> str:
    spoken = ", ".join(map(toml_string, entry.spoken))
    last = entry.last.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{{spoken = [{spoken}], count = {entry.count}, last = {last}}}"
