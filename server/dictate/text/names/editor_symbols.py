"""Symbols that the editor's other language servers know, as its plugin pushes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from dictate.text.names.lexer import names_in
from dictate.text.names.merge import merged
from dictate.text.names.name import Kind, Name
from dictate.text.names.ranking import KIND, spelling

MAX_SYMBOLS: Final = 5_000
_MAX_CHARACTERS = 200  # a symbol's name can be a whole signature: what counts is at its start
_PUSHED = 1.0  # known to a language server: real, and mostly of this document

_KINDS: dict[int, Kind] = {
    **dict.fromkeys((2, 3, 4), "module"),
    **dict.fromkeys((5, 10, 11, 23, 26), "type"),
    **dict.fromkeys((6, 9, 12, 24, 25), "function"),
    **dict.fromkeys((7, 8, 20), "field"),
    **dict.fromkeys((14, 22), "constant"),
    13: "variable",
}
"""`SymbolKind` of the Language Server Protocol, 3.17."""


def editor_names(symbols: object) -> list[Name]:
    """Read what the editor sent.

    Args:
        symbols: a list of `{"name": str, "kind": int}`, most important first; whatever else is in
            it is passed over, and so is all behind the first 5,000.

    Returns:
        Each name once, the best first; everyday words among them have low scores.
    """
    if not isinstance(symbols, Iterable) or isinstance(symbols, (str, bytes, Mapping)):
        return []
    return merged(name for symbol in islice(symbols, MAX_SYMBOLS) for name in _names(symbol))


def _names(symbol: object) -> Iterable[Name]:
    if not isinstance(symbol, Mapping):
        return
    text, number = symbol.get("name"), symbol.get("kind")
    if not isinstance(text, str):
        return
    kind: Kind = _KINDS.get(number, "") if type(number) is int else ""
    # `main(String[])`, `Class.method` and `impl Trait for Type` name what they begin with.
    parts = names_in(text[:_MAX_CHARACTERS].split("(")[0])
    for index, part in enumerate(parts):
        found = spelling(part)
        if found is not None:
            own = kind if index == len(parts) - 1 else ""
            yield Name(part, _PUSHED + found[0] + KIND[own], own, "editor")
