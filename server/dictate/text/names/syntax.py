"""The syntax around the cursor: what it stands in, what is defined there, what is in scope.

Only the surroundings are parsed, and anew when they are asked about: some 600 lines take a few
milliseconds whatever the size of the document, an unfinished string spoils no more than that, and
what is told depends on the text alone, not on how it came about.

At the cursor a letter is put in for what will be said: `f(a, |)` is incomplete, `f(a, x)` is not,
and whether the letter became part of a comment or a string tells what the cursor stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dictate.text.names.name import Kind as NameKind
from dictate.text.place import Kind

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    from dictate.text.names.grammars import Grammar

_LETTER: Final = b"x"
_STANDS: dict[Kind, str] = {
    "comment": "comment line_comment block_comment html_comment hash_bang_line",
    "string": "string string_literal raw_string_literal interpreted_string_literal char_literal"
    " rune_literal character_literal template_string regex raw_string ansi_c_string"
    " translated_string heredoc_body interpolated_string_expression verbatim_string_literal"
    " string_array symbol_array subshell system_lib_string delimited_symbol template_literal_type",
    "code": "interpolation template_substitution expansion command_substitution template_type"
    " process_substitution arithmetic_expansion regex_flags string_interpolation jsx_expression",
    "prose": "jsx_text",
}
_KINDS: dict[str, Kind] = {node: kind for kind, nodes in _STANDS.items() for node in nodes.split()}
"""What stands in these nodes, of all grammars together; the innermost one counts."""

_QUOTES = frozenset(("string_start", '"', "'", "`", '"""', "'''", '$"', "interpolation_start"))
_HOLES = frozenset(("{", "${", "#{", "$(", "interpolation_brace"))
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
    tree = grammar.parser.parse(source)
    kind = _kind_at_letter(tree, len(before), grammar)
    if kind in (None, "code") and _breaks_line(tree.root_node, source, len(before)):
        kind = _kind_between(grammar.parser.parse(before + after), len(before)) or kind
    return _Looking(source, len(before), _captures(grammar, tree)).surroundings(kind)


def _captures(grammar: Grammar, tree: Tree) -> dict[str, list[Node]]:
    from tree_sitter import QueryCursor

    return QueryCursor(grammar.definitions).captures(tree.root_node)


def _kind_at_letter(tree: Tree, letter: int, grammar: Grammar) -> Kind | None:
    node = tree.root_node.descendant_for_byte_range(letter, letter + 1)
    while node is not None:
        kind = _KINDS.get(node.type)
        if kind is not None and not _lacks_its_end(node):
            is_doc = kind == "string" and grammar.name == "python" and _is_statement(node)
            return "prose" if is_doc else kind
        if kind is not None:
            return None
        if node.is_error and _ends_in(node, letter) == "hole":
            return "code"
        node = node.parent
    errors = _errors(tree.root_node, 0, letter)
    return None if any(_leaves_open(error, letter) for error in errors) else "code"


def _is_statement(string: Node) -> bool:
    """A string that is a statement of its own is written for people: a docstring."""
    return string.parent is not None and string.parent.type == "expression_statement"


def _lacks_its_end(node: Node) -> bool:
    """It goes on to the end of the text, for want of a quote: not what is meant."""
    last = node.child(node.child_count - 1) if node.child_count else None
    return last is not None and last.is_missing


def _errors(node: Node, start: int, end: int) -> Iterator[Node]:
    """Pieces between two offsets that make no sense."""
    if node.is_error or node.is_missing:
        yield node
    if node.has_error:
        for child in node.children:
            if child.start_byte < end and child.end_byte >= start:
                yield from _errors(child, start, end)


def _breaks_line(root: Node, source: bytes, letter: int) -> bool:
    """Whether the letter's line makes no sense."""
    start = source.rfind(b"\n", 0, letter) + 1
    end = source.find(b"\n", letter)
    errors = _errors(root, start, end if end >= 0 else len(source))
    return next(errors, None) is not None


def _leaves_open(error: Node, letter: int) -> bool:
    """Whether it begins a string or a comment that has no end, so that all behind is unsure."""
    whole = error.parent if error.is_missing else error
    text = (whole.text if whole else None) or b""
    return text.startswith((b"/*", b"--[[", b"=begin")) or _ends_in(error, letter) == "string"


def _ends_in(error: Node, before: int) -> str:
    """What is open in a piece that makes no sense: a "string", a "hole" in one, or nothing: ""."""
    open_: list[str] = []
    for child in error.children:
        if child.start_byte >= before:
            break
        if child.type in _QUOTES:
            if open_ and open_[-1] == "string":
                open_.pop()
            else:
                open_.append("string")
        elif child.type in _HOLES and open_ and open_[-1] == "string":
            open_.append("hole")
        elif child.type == "}" and open_ and open_[-1] == "hole":
            open_.pop()
    return open_[-1] if open_ else ""


def _kind_between(tree: Tree, cursor: int) -> Kind | None:
    """What two neighbours stand in, where a letter between them breaks it: the a of 'a'."""
    if cursor == 0 or cursor >= tree.root_node.end_byte:
        return None
    node = tree.root_node.descendant_for_byte_range(cursor - 1, cursor + 1)
    while node is not None and not node.has_error:
        if (kind := _KINDS.get(node.type)) and node.start_byte < cursor < node.end_byte:
            return kind
        node = node.parent
    return None


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
