"""Recorded dictations: a document with the place marked, what was said there, the document then.

`tests/fixtures/recorded/NAME.toml`:

    language = "python"          # as editors name it
    mode = "prose"               # optional; auto otherwise
    said = "get user by i d"     # as the engine writes it; a list: several utterances in a row
    sound = true                 # optional: the bundled pair understands these words when spoken
    document = "return ‸"        # the mark is where the cursor stands
    after = "return get_user_by_id"
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from dictate.lsp.document import Document
from dictate.lsp.planner import plan
from dictate.lsp.utterance import TYPED
from dictate.text.heard import heard
from dictate.text.modes import EffectiveMode, choose_mode
from dictate.text.names.index import NameIndex
from dictate.text.spoken_forms.interpreter import format_text
from dictate.text.spoken_forms.table import SpokenForms
from dictate.text.writing import make_writer
from dictate.text.written import Command, Written

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parents[1] / "fixtures/recorded"
_PLACE = "‸"


@dataclass(frozen=True)
class Recorded:
    """One fixture.

    Attributes:
        name: of its file.
        language: of the document.
        document: before.
        offset: where the cursor stands.
        said: an utterance after the other.
        after: the document then.
        mode: "auto", or what the user has chosen.
        has_sound: the words can be played to the bundled pair.
    """

    name: str
    language: str
    document: str
    offset: int
    said: tuple[str, ...]
    after: str
    mode: str = "auto"
    has_sound: bool = False


def recorded() -> list[Recorded]:
    """All fixtures, in the order of their names."""
    return [_load(path) for path in sorted(FOLDER.glob("*.toml"))]


def _load(path: Path) -> Recorded:
    entry = tomllib.loads(path.read_text(encoding="utf-8"))
    unknown = entry.keys() - {"language", "mode", "said", "sound", "document", "after"}
    assert not unknown, f"{path.name}: unknown {unknown}"
    before, mark, behind = entry["document"].partition(_PLACE)
    assert mark, f"{path.name}: the document has no place"
    said = entry["said"]
    return Recorded(
        name=path.stem,
        language=entry["language"],
        document=before + behind,
        offset=len(before),
        said=(said,) if isinstance(said, str) else tuple(said),
        after=entry["after"],
        mode=entry.get("mode", "auto"),
        has_sound=entry.get("sound", False),
    )


class Replay:
    """Plays fixtures without a server: names, mode, writing and fitting, as the server does it."""

    def __init__(self) -> None:
        self._forms = SpokenForms()

    def document_after(self, recorded: Recorded) -> str:
        """What stands in the document when everything was said."""
        text, offset = recorded.document, recorded.offset
        last: _Inserted | None = None
        for said in recorded.said:
            document = Document("file:///recorded", recorded.language, 0, text)
            index = NameIndex(text, recorded.language)
            mode = _mode(recorded, index, offset)
            names = index.ranked(offset, everything=True)
            writer = make_writer(mode, self._forms.for_language(recorded.language), names, {})
            written = writer.write(heard(said))
            if written.command is not None and written.command.name not in TYPED:
                assert last is not None, "a command about nothing"
                replacement = last.obey(written.command)
                end = last.start + len(last.text)
                text = text[: last.start] + replacement + text[end:]
                offset = last.start + len(replacement)
                last = _Inserted(last.start, replacement, last.said)
                continue
            if written.command is not None:
                written = Written(TYPED[written.command.name], is_code=True)
            in_code = mode in ("code", "raw") or written.is_code
            in_prose = mode == "vibe" or index.kind_at(offset) == "code"
            style = "code" if in_code else "prose" if in_prose else "place"
            new_text = plan(document, offset, written.text, style).new_text
            text = text[:offset] + new_text + text[offset:]
            last = _Inserted(offset, new_text, said)
            offset += len(new_text)
        return text


@dataclass(frozen=True)
class _Inserted:
    """The last text, and where it begins."""

    start: int
    text: str
    said: str

    def obey(self, command: Command) -> str:
        """What stands there once a command about it was carried out."""
        core = self.text.strip()
        if command.name in ("scratch", "undo"):
            return ""
        if command.name == "raw":
            return self.text.replace(core, self.said)
        assert command.name == "format", f"{command.name} changes no text"
        return self.text.replace(core, format_text(core, command.argument))


def _mode(recorded: Recorded, index: NameIndex, offset: int) -> EffectiveMode:
    kind = index.kind_at(offset)
    return choose_mode(recorded.mode, {}, recorded.language, kind).mode
