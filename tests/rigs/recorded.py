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
from dictate.lsp.settings import parse
from dictate.lsp.utterance import TYPED
from dictate.lsp.writing import prepared_at
from dictate.text.heard import heard
from dictate.text.spoken_forms.interpreter import format_text
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


async def document_after(recorded: Recorded) -> str:
    """What stands in the document when everything was said, without sound, server and editor.

    What is known of the place, writing and fitting are the server's own.
    """
    settings = parse({"writing": {"mode": recorded.mode}, "names": {"project": False}}).settings
    text, offset = recorded.document, recorded.offset
    last: _Inserted | None = None
    for said in recorded.said:
        document = Document("file:///recorded", recorded.language, 0, text)
        prepared = await prepared_at(document, offset, settings)
        assert prepared is not None, "nothing is known of the place"
        written = prepared.writer.write(heard(said))
        if written.command is not None and written.command.name not in TYPED:
            assert last is not None, "a command about nothing"
            replacement = last.obey(written.command)
            text = text[: last.start] + replacement + text[last.start + len(last.text) :]
            last = _Inserted(last.start, replacement, last.said)
        else:
            if written.command is not None:
                written = Written(TYPED[written.command.name], is_code=True)
            style = "code" if written.is_code else prepared.style
            new_text = plan(document, offset, written.text, style).new_text
            text = text[:offset] + new_text + text[offset:]
            last = _Inserted(offset, new_text, said)
        offset = last.start + len(last.text)
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
