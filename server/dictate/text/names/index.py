"""The names of a document, kept up to date while it is edited, and the syntax at a place in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dictate.text.languages import language
from dictate.text.names import ranking
from dictate.text.names.blocks import Blocks
from dictate.text.names.grammars import grammar
from dictate.text.names.lexer import names_in
from dictate.text.names.name import Kind as NameKind
from dictate.text.names.name import Name
from dictate.text.names.recent_edits import RecentEdits
from dictate.text.names.syntax import Surroundings, surroundings
from dictate.text.names.window import window
from dictate.text.place import Kind, find_place, kind_behind

_MAX_CHARACTERS: Final = 2_000_000
_MAX_LINE_CHARACTERS: Final = 20_000
_WINDOW_CHARACTERS: Final = 50_000  # to either side of the cursor, of what is too big or is no text
_PARSED_CHARACTERS: Final = 3_000  # the same for its syntax
_SEEN_CHARACTERS: Final = 400  # around an edit


class NameIndex:
    """Names of one document.

    Opening lexes the document once, an edit some lines of it; the syntax is parsed around the
    cursor only, when it is asked about. Of a document that is huge (2 MB), minified (a line of
    20,000 characters) or binary (it has a NUL) only what lies around the cursor is looked at.

    Attributes:
        language_id: as editors name it.
        recent_edits: where the user edited lately.
    """

    def __init__(self, text: str, language_id: str) -> None:
        self.language_id = language_id
        self.recent_edits = RecentEdits()
        self._shape = language(language_id)
        self._text = text
        self._blocks: Blocks | None = None
        self._is_odd = False
        self._seen: tuple[int, Surroundings] | None = None
        if (blocks := self._whole()) is not None:
            blocks.refresh()

    @property
    def text(self) -> str:
        """The document."""
        return self._text

    def edit(self, start: int, end: int, new_text: str) -> None:
        """Replace a part of the document.

        Args:
            start: code points in front of it.
            end: code points up to its end; what lies outside the document is cut off.
            new_text: what stands there now.
        """
        start = min(max(0, start), len(self._text))
        end = min(max(start, end), len(self._text))
        self.recent_edits.note(start, end, len(new_text))
        self._seen = None
        if self._blocks is not None and "\0" not in new_text:
            self._blocks.edit(start, end, new_text)
            self._text = self._blocks.text
            if self._is_too_big(self._blocks):
                self._blocks, self._is_odd = None, True
        else:
            self._text = self._text[:start] + new_text + self._text[end:]
            self._blocks, self._is_odd = None, False

    def ranked(
        self, cursor_offset: int | None, limit: int | None = None, *, everything: bool = False
    ) -> list[Name]:
        """List the names that are likely to be said.

        Args:
            cursor_offset: code points in front of the cursor; None where it is not known.
            limit: how many at most.
            everything: short names and everyday words too, with low scores.

        Returns:
            Each name once, the likeliest first; no keywords, no hashes.
        """
        if cursor_offset is not None:
            cursor_offset = min(max(0, cursor_offset), len(self._text))
        blocks, offset = self._blocks_around(cursor_offset)
        around = None if cursor_offset is None else self._surroundings(cursor_offset)
        blocks.refresh()
        kinds = dict(blocks.definitions())
        if around is not None:
            kinds.update(around.kinds)
        scores = ranking.used(blocks.code, everything=everything)
        once = dict.fromkeys(blocks.quoted, 1)
        for name, score in ranking.used(once, everything=False).items():
            if name not in blocks.code and ranking.is_of_several_words(name):
                scores[name] = score + ranking.QUOTED
        for bonuses in self._bonuses(blocks, offset, around, kinds):
            for name, bonus in bonuses.items():
                if name in scores:
                    scores[name] += bonus
        return [
            Name(name, score, ranking.kind_by_spelling(name, kinds.get(name, "")))
            for name, score in ranking.best(scores, limit)
        ]

    def kind_at(self, offset: int) -> Kind:
        """What stands at an offset: code, a string, a comment or natural text.

        Docstrings and the text between tags are natural text, what is put into a string
        (`f"{here}"`) is code. At the end of a comment or of an unfinished string one is within it.
        """
        offset = min(max(0, offset), len(self._text))
        around = self._surroundings(offset)
        if around is not None and around.kind is not None:
            return around.kind
        blocks = self._whole()
        if blocks is None:
            before = self._text[max(0, offset - _PARSED_CHARACTERS) : offset]
            return find_place(before, "", self.language_id).kind
        start = 0 if self._shape.has_tags else blocks.sure_start(offset)
        return kind_behind(self._text[start:offset], self.language_id)

    def _bonuses(
        self,
        blocks: Blocks,
        offset: int | None,
        around: Surroundings | None,
        kinds: dict[str, NameKind],
    ) -> Iterator[dict[str, float]]:
        """For names by where they stand and what they name."""
        if offset is not None:
            yield ranking.nearness(*blocks.names_around(offset))
        if around is not None:
            yield dict.fromkeys(around.local, ranking.LOCAL)
            yield dict.fromkeys(around.members, ranking.MEMBER)
        yield {name: ranking.KIND[kind] for name, kind in kinds.items()}
        yield self._edited()

    def _edited(self) -> dict[str, float]:
        """Names in the lines that were edited lately."""
        found: dict[str, float] = {}
        bonus = ranking.EDITED
        for spot in self.recent_edits.spots:
            start = max(0, spot - _SEEN_CHARACTERS // 2)
            around = self._text[start : spot + _SEEN_CHARACTERS // 2]
            lines = around[around.rfind("\n", 0, spot - start) + 1 :]
            for name in names_in(lines.split("\n", 1)[0]):
                found.setdefault(name, bonus)
            bonus *= ranking.EDITED_BEFORE
        return found

    def _surroundings(self, offset: int) -> Surroundings | None:
        """The syntax around an offset; None without a grammar."""
        parsed_by = None if self._shape.is_prose else grammar(self.language_id)
        if parsed_by is None:
            return None
        if self._seen is None or self._seen[0] != offset:
            blocks = self._whole()
            if blocks is None:
                start = max(0, offset - _PARSED_CHARACTERS)
                text = self._text[start : offset + _PARSED_CHARACTERS]
                self._seen = offset, surroundings(parsed_by, text, offset - start)
            else:
                self._seen = offset, surroundings(parsed_by, *window(blocks, offset))
        return self._seen[1]

    def _blocks_around(self, offset: int | None) -> tuple[Blocks, int | None]:
        """What is lexed of the document, and where in it the offset is."""
        if (blocks := self._whole()) is not None:
            return blocks, offset
        start = max(0, (offset or 0) - _WINDOW_CHARACTERS)
        text = self._text[start : (offset or 0) + _WINDOW_CHARACTERS]
        return Blocks(text, self._shape), None if offset is None else offset - start

    def _whole(self) -> Blocks | None:
        """The whole document; None where it is too big for that or no text at all."""
        if self._blocks is None and not self._is_odd:
            self._is_odd = len(self._text) > _MAX_CHARACTERS or "\0" in self._text
            if not self._is_odd:
                blocks = Blocks(self._text, self._shape)
                self._is_odd = self._is_too_big(blocks)
                self._blocks = None if self._is_odd else blocks
        return self._blocks

    @staticmethod
    def _is_too_big(blocks: Blocks) -> bool:
        return len(blocks.text) > _MAX_CHARACTERS or blocks.longest() > _MAX_LINE_CHARACTERS
