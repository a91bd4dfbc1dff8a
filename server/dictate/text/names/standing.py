"""What a place in a syntax tree stands in: code, a string, a comment or natural text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dictate.text.place import Kind

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    from dictate.text.names.grammars import Grammar

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
_MAX_DEPTH: Final = 500  # deeper is no program
_MAX_ERRORS: Final = 100  # the last ones in front of the place
_MAX_PIECES: Final = 2_000


def kind_at_letter(grammar: Grammar, tree: Tree, source: bytes, letter: int) -> Kind | None:
    """What a letter is part of, the one that was put in at the cursor.

    Args:
        grammar: of the tree.
        tree: as the letter made it.
        source: what was parsed.
        letter: the letter's offset in bytes.

    Returns:
        None where something is left open in front of it, so that its syntax cannot be told.
    """
    around = _around(tree.root_node, letter)
    if len(around) > _MAX_DEPTH:
        return None
    parent_types = [node.type for node in around]
    for depth in range(len(around) - 1, -1, -1):
        node = around[depth]
        kind = _KINDS.get(node.type)
        if kind is not None:
            if _lacks_its_end(node):
                return None
            is_statement = depth > 0 and parent_types[depth - 1] == "expression_statement"
            is_doc = kind == "string" and grammar.name == "python" and is_statement
            return "prose" if is_doc else kind  # a docstring is written for people
        if node.is_error and _ends_in(node, letter) == "hole":
            return "code"
    errors = _errors(grammar, tree, 0, letter)[-_MAX_ERRORS:]
    return None if any(_leaves_open(error, source, letter) for error in errors) else "code"


def kind_between(tree: Tree, cursor: int) -> Kind | None:
    """What two neighbours stand in, where a letter between them breaks it: the a of 'a'."""
    if cursor == 0:
        return None
    for node in reversed(_around(tree.root_node, cursor)[:_MAX_DEPTH]):
        if node.has_error:
            return None
        if (kind := _KINDS.get(node.type)) and node.start_byte < cursor < node.end_byte:
            return kind
    return None


def breaks_line(grammar: Grammar, tree: Tree, source: bytes, letter: int) -> bool:
    """Whether the line of the letter makes no sense."""
    start = source.rfind(b"\n", 0, letter) + 1
    end = source.find(b"\n", letter)
    return bool(_errors(grammar, tree, start, end if end >= 0 else len(source)))


def _around(root: Node, offset: int) -> list[Node]:
    """The nodes around an offset in bytes, outermost first."""
    walk = root.walk()
    nodes = [root]
    while len(nodes) <= _MAX_DEPTH and walk.goto_first_child_for_byte(offset) is not None:
        node = walk.node
        if node is None or not node.start_byte <= offset < node.end_byte:
            break
        nodes.append(node)
    return nodes


def _lacks_its_end(node: Node) -> bool:
    """It goes on to the end of the text, for want of a quote: not what is meant."""
    last = node.child(node.child_count - 1) if node.child_count else None
    return last is not None and last.is_missing


def _errors(grammar: Grammar, tree: Tree, start: int, end: int) -> list[Node]:
    """Pieces between two offsets that make no sense, in order."""
    from tree_sitter import QueryCursor

    if not tree.root_node.has_error:
        return []
    cursor = QueryCursor(grammar.errors)
    cursor.set_byte_range(start, max(start + 1, end))
    found = cursor.captures(tree.root_node).get("error", [])
    return sorted(found, key=lambda node: node.start_byte)


def _leaves_open(error: Node, source: bytes, letter: int) -> bool:
    """Whether it begins a string or a comment that has no end, so that all behind is unsure."""
    whole = (error.parent if error.is_missing else error) or error
    starts_comment = source.startswith((b"/*", b"--[[", b"=begin"), whole.start_byte)
    return starts_comment or _ends_in(error, letter) == "string"


def _ends_in(error: Node, before: int) -> str:
    """What is open in a piece that makes no sense: a "string", a "hole" in one, or nothing: ""."""
    open_: list[str] = []
    for child in _pieces(error):
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


def _pieces(error: Node) -> Iterator[Node]:
    walk = error.walk()
    has_more = walk.goto_first_child()
    for _ in range(_MAX_PIECES):
        if not has_more or walk.node is None:
            return
        yield walk.node
        has_more = walk.goto_next_sibling()
