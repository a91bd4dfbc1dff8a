"""`dictate explain`: what would be inserted at a place for some words, and why.

The answer to "why did it write that?", by the very steps that the server takes.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import msgspec

from dictate.errors import DictateError
from dictate.lsp.dictated import placed
from dictate.lsp.document import Document
from dictate.lsp.planner import plan
from dictate.lsp.settings import Settings, WritingSettings
from dictate.lsp.utterance import TYPED
from dictate.lsp.writing import Prepared, prepared_at
from dictate.text.heard import Heard, heard
from dictate.text.language_ids import language_id_of
from dictate.text.modes import WritingMode
from dictate.text.written import Written

_SHOWN_NAMES = 20
_MOST_BYTES = 200_000_000


class ExplainedSpan(msgspec.Struct):
    """A stretch of what would be written: its words, its rule, what else it could be."""

    text: str
    heard: str
    rule: str
    alternatives: list[str] = []


class ExplainedName(msgspec.Struct):
    """A name that was considered."""

    text: str
    kind: str
    origin: str
    score: float


class Explanation(msgspec.Struct):
    """All that `--json` prints; offsets and columns count characters, lines and columns from 1."""

    file: str
    line: int
    column: int
    language: str
    mode: str
    reason: str
    heard: str
    inserted: str
    command: str | None
    result: str
    spans: list[ExplainedSpan]
    names: list[ExplainedName]
    problems: list[str]


@dataclass(frozen=True)
class _Place:
    path: Path
    line: int
    column: int


def explain(place: str, words: str, *, mode: WritingMode | None, as_json: bool) -> int:
    """Print what would be inserted at a place, and why; returns the exit status.

    Args:
        place: FILE:LINE:COLUMN, lines and columns from 1, columns in characters.
        words: as the engine would hear them.
        mode: that the user chose; None: none was.
        as_json: as one JSON object.

    Raises:
        DictateError: there is no such place, or the file cannot be read.
    """
    explanation = asyncio.run(explanation_of(place, words, mode))
    if as_json:
        print(msgspec.json.encode(explanation).decode())
    else:
        print(_for_people(explanation))
    return 0


async def explanation_of(place: str, words: str, mode: WritingMode | None = None) -> Explanation:
    """The explanation; see `explain`."""
    where = _parsed(place)
    text = _read(where.path)
    document = Document(
        where.path.as_uri(), language_id_of(where.path, text), 1, text, encoding="utf-32"
    )
    offset = _offset(document, where, place)
    settings = Settings(writing=WritingSettings(mode=mode or "auto"))
    prepared = await prepared_at(document, offset, settings, [_root(where.path)])
    if prepared is None:
        raise DictateError(f"the names in {where.path} cannot be read: see if it is text")
    return _explained(where, document, offset, heard(words), prepared)


def _explained(
    where: _Place, document: Document, offset: int, what: Heard, prepared: Prepared
) -> Explanation:
    written = prepared.writer.write(what)
    command = written.command
    if command is not None and command.name in TYPED:
        written = Written(TYPED[command.name], is_code=True)
    inserted = ""
    if written.text:
        style = "code" if written.is_code else prepared.style
        inserted = plan(document, offset, written.text, style).new_text
    spans = [
        ExplainedSpan(
            inserted[span.start : span.end],
            " ".join(word.text for word in what.words[span.first_word : span.end_word]),
            span.rule,
            list(span.alternatives),
        )
        for span in placed(written.spans, written.text, inserted)
    ]
    after = document.text[:offset] + inserted + document.text[offset:]
    first = document.text.rfind("\n", 0, offset) + 1
    end = after.find("\n", offset + len(inserted))
    return Explanation(
        file=str(where.path),
        line=where.line,
        column=where.column,
        language=document.language_id,
        mode=prepared.choice.mode,
        reason=prepared.choice.reason,
        heard=what.text,
        inserted=inserted,
        command=None if command is None else f"{command.name} {command.argument}".strip(),
        result=after[first : end if end >= 0 else None],
        spans=spans,
        names=[
            ExplainedName(name.text, name.kind, name.origin, round(name.score, 3))
            for name in prepared.names
        ],
        problems=list(prepared.problems),
    )


def _for_people(explanation: Explanation) -> str:
    where = f"{explanation.file}:{explanation.line}:{explanation.column}"
    language = explanation.language or "no language"
    lines = [
        f"{where}: {explanation.mode} ({language}: {explanation.reason})",
        f"heard     {explanation.heard}",
    ]
    if explanation.command is not None:
        lines.append(f"command   {explanation.command}")
    if explanation.inserted or explanation.command is None:
        lines += [f"inserted  {explanation.inserted!r}", f"result    {explanation.result}"]
    if explanation.spans:
        lines.append("")
        width = max(len(span.text) for span in explanation.spans)
        wide = max(len(span.heard) for span in explanation.spans)
        for span in explanation.spans:
            other = f"   or: {', '.join(span.alternatives)}" if span.alternatives else ""
            lines.append(f"  {span.text:{width}}  <- {span.heard:{wide}}  {span.rule}{other}")
    names = explanation.names
    lines += ["", f"{len(names)} names were considered" + (", the likeliest:" if names else "")]
    for name in names[:_SHOWN_NAMES]:
        kind = f" {name.kind}" if name.kind else ""
        lines.append(f"  {name.score:8.2f}  {name.text}  ({name.origin}{kind})")
    lines += [f"! {problem}" for problem in explanation.problems]
    return "\n".join(lines)


def _parsed(place: str) -> _Place:
    parts = place.rsplit(":", 2)
    if len(parts) != 3 or not parts[1].isdecimal() or not parts[2].isdecimal():
        raise DictateError(f"{place!r} is no place: give FILE:LINE:COLUMN, both from 1")
    return _Place(Path(parts[0]).absolute(), int(parts[1]), int(parts[2]))


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DictateError(f"{path} has more than {_MOST_BYTES // 1_000_000} MB")
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise DictateError(f"cannot read {path} ({error.strerror})") from error


def _offset(document: Document, where: _Place, place: str) -> int:
    lines = document.line_count
    if not 1 <= where.line <= lines:
        raise DictateError(f"{place}: the file has the lines 1 to {lines}")
    start, line = document.line(where.line - 1)
    if not 1 <= where.column <= len(line) + 1:
        raise DictateError(f"{place}: the line has the columns 1 to {len(line) + 1}")
    return start + where.column - 1


def _root(path: Path) -> Path:
    """The project's folder: the nearest one with a `.git` or a `.dictate.toml`."""
    for folder in path.parents:
        if (folder / ".git").exists() or (folder / ".dictate.toml").exists():
            return folder
    return path.parent
