"""The syntax around the cursor: what it stands in, what is defined there, what is in scope.

Only the surroundings are parsed, and anew when they are asked about: some 600 lines take a few
milliseconds whatever the size of the document, an unfinished string spoils no more than that, and
what is told depends on the text alone, not on how it came about.

At the cursor a letter is put in for what will be said: `f(a, |)` is incomplete, `f(a, x)` is not,
and whether the letter became part of a comment or a string tells what the cursor stands in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dictate.text.names.name import Kind as NameKind
from dictate.text.names.standing import breaks_line, kind_at_letter, kind_between
from dictate.text.place import Kind

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    from dictate.text.names.grammars import Grammar

_LETTER: Final = b"x"
_LEAST_TELLING_FIRST: tuple[NameKind, ...] = (
    "module", "variable", "parameter", "field", "constant", "function", "type",
)  # fmt: skip
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the syntax around the cursor tells.

    Attributes:
        kind: what the cursor stands in; None where the syntax is too broken to tell.
        kinds: of the names that are defined nearby.
        local: names of the functions around the cursor: parameters, variables, inner functions.
        members: of the type around the cursor.
    """

    kind: Kind | None
    kinds: dict[str, NameKind]
    local: frozenset[str]
    members: frozenset[str]


def surroundings(grammar: Grammar, text: str, cursor: int) -> Surroundings:
    """Parse a text and look around in it.

    Args:
        grammar: of the text's language.
        text: whole definitions if possible; anything at all.
        cursor: offset into it.
    """
    before = text[:cursor].encode("utf-8", "surrogatepass")
    after = text[cursor:].encode("utf-8", "surrogatepass")
    source = before + _LETTER + after
    tree = grammar.parse(source)
    if tree is None:
        return Surroundings(None, {}, frozenset(), frozenset())
    kind = kind_at_letter(grammar, tree, source, len(before))
    if kind in (None, "code") and breaks_line(grammar, tree, source, len(before)):
        without = grammar.parse(before + after)
        kind = (without and kind_between(without, len(before))) or kind
    return _Looking(source, len(before), _captures(grammar, tree)).surroundings(kind)


def _captures(grammar: Grammar, tree: Tree) -> dict[str, list[Node]]:
    from tree_sitter import QueryCursor

    return QueryCursor(grammar.definitions).captures(tree.root_node)


class _Looking:
    """What the definitions captured in a tree mean at its letter."""

    def __init__(self, source: bytes, letter: int, captures: dict[str, list[Node]]) -> None:
        self._source = source
        self._letter = letter
        self._captures = captures
        functions = [(n.start_byte, n.end_byte) for n in captures.get("scope.function", [])]
        self._around = [span for span in functions if span[0] <= letter < span[1]]
        self._beside = [span for span in functions if not span[0] <= letter < span[1]]
        types = [(n.start_byte, n.end_byte) for n in captures.get("scope.type", [])]
        around = [span for span in types if span[0] <= letter < span[1]]
        self._type = max(around, default=None)  # the one that begins last is the innermost
        self._other_types = [span for span in types if span not in around]

    def surroundings(self, kind: Kind | None) -> Surroundings:
        kinds: dict[str, NameKind] = {}
        local: set[str] = set()
        members: set[str] = set()
        for name_kind in _LEAST_TELLING_FIRST:
            for node in self._captures.get(name_kind, []):
                name = self._name(node)
                if name is None:
                    continue
                kinds[name] = name_kind
                if self._is_local(node, name_kind):
                    local.add(name)
                elif self._is_member(node, name_kind):
                    members.add(name)
        return Surroundings(kind, kinds, frozenset(local), frozenset(members))

    def _name(self, node: Node) -> str | None:
        start, end = node.start_byte, node.end_byte
        spelled = self._source[start:end]
        if start <= self._letter < end:
            spelled = self._source[start : self._letter] + self._source[self._letter + 1 : end]
        name = _NAME.search(spelled.decode("utf-8", "replace"))
        return name.group() if name else None

    def _is_local(self, node: Node, kind: NameKind) -> bool:
        if kind in ("field", "type", "module") or not self._around:
            return False
        own = _own_scope(node) if kind == "function" else None
        span = (node.start_byte, node.end_byte)
        return any(_holds(scope, span) for scope in self._around if scope != own) and not any(
            _holds(scope, span) for scope in self._beside if scope != own
        )

    def _is_member(self, node: Node, kind: NameKind) -> bool:
        span = (node.start_byte, node.end_byte)
        if self._type is None or kind == "type" or not _holds(self._type, span):
            return False
        if any(_holds(scope, span) for scope in self._other_types if self._type[0] < scope[0]):
            return False
        if kind == "field":  # `self.name = ...` stands within a method
            return True
        own = _own_scope(node)
        return not any(
            _holds(scope, span)
            for scope in (*self._around, *self._beside)
            if scope != own and scope[0] > self._type[0]
        )


def _own_scope(name: Node) -> tuple[int, int] | None:
    """The extent of what a name names."""
    return (name.parent.start_byte, name.parent.end_byte) if name.parent else None


def _holds(scope: tuple[int, int], span: tuple[int, int]) -> bool:
    return scope[0] <= span[0] and span[1] <= scope[1]
