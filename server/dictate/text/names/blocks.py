"""A document in blocks of lines, each lexed once and again only when it is edited."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from dictate.text.languages import Language
from dictate.text.names.lexer import IN_CODE, Lexed, lex, names_in, split
from dictate.text.names.name import Kind

BLOCK_CHARACTERS = 4_096
"""An edit costs the lexing of one block, opening a document as many blocks as it has."""

_NAME_REST = re.compile(r"\w*")


@dataclass(slots=True)
class Block:
    """Some lines of the document; their text is the document's.

    Attributes:
        characters: how many.
        lexed: None until they are looked at.
    """

    characters: int
    lexed: Lexed | None = None


class Blocks:
    """The names of a text, kept up to date.

    An edit only cuts the blocks that it touches anew; they are lexed when the names are asked for,
    and so are the blocks behind them when a comment or a string was opened or closed.

    Attributes:
        text: the document.
        code: how often each name occurs in code.
        quoted: in how many blocks it occurs in comments, strings and prose.
    """

    def __init__(self, text: str, shape: Language) -> None:
        self.text = text
        self.code: Counter[str] = Counter()
        self.quoted: Counter[str] = Counter()
        self._shape = shape
        self._blocks = list(_cut(text))
        self._starts = self._find_starts()
        self._is_lexed = False
        self._definitions: dict[str, Kind] | None = None

    def edit(self, start: int, end: int, new_text: str) -> None:
        """Replace what lies between two offsets, which lie within the text, in order."""
        first, last = self.index_at(start), self.index_at(end)
        stretch_start = self._starts[first]
        stretch_end = self._starts[last] + self._blocks[last].characters
        self.text = self.text[:start] + new_text + self.text[end:]
        stretch_end += len(new_text) - (end - start)
        if stretch_end - stretch_start < BLOCK_CHARACTERS // 4 and last + 1 < len(self._blocks):
            last += 1  # crumbs are swept together
            stretch_end += self._blocks[last].characters
        for block in self._blocks[first : last + 1]:
            self._forget(block)
        self._blocks[first : last + 1] = _cut(self.text[stretch_start:stretch_end])
        self._starts = self._find_starts()
        self._is_lexed = False

    def longest(self) -> int:
        """Characters of the longest block: much more than usual where a line is as long."""
        return max(block.characters for block in self._blocks)

    def index_at(self, offset: int) -> int:
        """Which block holds the character at `offset`; the last one at the end of the text."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def lexed(self, index: int) -> Lexed:
        """What a block consists of."""
        self.refresh()
        lexed = self._blocks[index].lexed
        assert lexed is not None
        return lexed

    def definitions(self) -> dict[str, Kind]:
        """Names behind keywords that define them."""
        self.refresh()
        if self._definitions is None:
            self._definitions = {}
            for block in self._blocks:
                if block.lexed is not None:
                    self._definitions.update(block.lexed.definitions)
        return self._definitions

    def names_around(self, offset: int) -> tuple[Iterator[str], Iterator[str]]:
        """Names in code from an offset back to the start, and from it on to the end.

        A name that the offset touches comes first of those in front of it.
        """
        self.refresh()
        index = self.index_at(offset)
        start = self._starts[index]
        touched = _NAME_REST.match(self.text, offset)
        assert touched is not None
        block = self.lexed(index)
        code, _, _ = split(self.text[start : touched.end()], self._shape, block.opened)
        in_front = names_in("\n".join(code))
        return self._backwards(index, in_front), self._forwards(index, block.code[len(in_front) :])

    def _backwards(self, index: int, names: list[str]) -> Iterator[str]:
        yield from reversed(names)
        for earlier in range(index - 1, -1, -1):
            yield from reversed(self.lexed(earlier).code)

    def _forwards(self, index: int, names: list[str]) -> Iterator[str]:
        yield from names
        for later in range(index + 1, len(self._blocks)):
            yield from self.lexed(later).code

    def opened_at(self, offset: int) -> str:
        """What is open there, as the lexer names it: the mark of a comment or a string."""
        self.refresh()
        index = self.index_at(offset)
        opened = self.lexed(index).opened
        return split(self.text[self._starts[index] : offset], self._shape, opened)[2]

    def sure_start(self, offset: int) -> int:
        """The start of the nearest block in front of an offset where nothing is open."""
        self.refresh()
        for index in range(self.index_at(offset), 0, -1):
            if self.lexed(index).opened == IN_CODE:
                return self._starts[index]
        return 0

    def refresh(self) -> None:
        """Lex what was edited, and what is behind it as far as that changes it."""
        if self._is_lexed:
            return
        opened, start = IN_CODE, 0
        for block in self._blocks:
            if block.lexed is None or block.lexed.opened != opened:
                self._forget(block)
                block.lexed = lex(self.text[start : start + block.characters], self._shape, opened)
                self.code.update(block.lexed.code)
                self.quoted.update(block.lexed.quoted)
            opened = block.lexed.open
            start += block.characters
        self._is_lexed = True
        self._definitions = None

    def _forget(self, block: Block) -> None:
        if block.lexed is not None:
            _subtract(self.code, block.lexed.code)
            _subtract(self.quoted, block.lexed.quoted)
            block.lexed = None

    def _find_starts(self) -> list[int]:
        sizes = (block.characters for block in self._blocks)
        return list(accumulate(sizes, initial=0))[:-1]


def _cut(text: str) -> Iterator[Block]:
    """Blocks of whole lines, however long these are; one block for an empty text."""
    start = 0
    while True:
        end = text.find("\n", start + BLOCK_CHARACTERS - 1) + 1 or len(text)
        yield Block(end - start)
        if end == len(text):
            return
        start = end


def _subtract(counts: Counter[str], names: list[str]) -> None:
    for name in names:
        counts[name] -= 1
        if not counts[name]:
            del counts[name]
