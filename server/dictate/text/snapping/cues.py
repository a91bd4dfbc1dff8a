"""Words around a name that tell what it names, or that it is one."""

from __future__ import annotations

from collections.abc import Sequence

from dictate.text.names.name import Kind, Name

_SAID: tuple[tuple[Kind, str], ...] = (
    (
        "type",
        "class type struct interface enum trait new extends implements protocol exception instance "
        "typedef component raise throw except catch isinstance instanceof",
    ),
    (
        "function",
        "function method call calls calling called def func fn invoke invokes define defer await "
        "hook macro decorator routine procedure",
    ),
    ("constant", "constant const"),
    ("variable", "variable let var local"),
    ("parameter", "parameter argument param arg"),
    ("field", "field property attribute member key column"),
    ("module", "module package import namespace library"),
)
_KINDS = {word: kind for kind, words in _SAID for word in words.split()}

_BEFORE_WORDS = """
argument attribute call called calling calls class constant decorator enum field function
identifier import imports interface invoke invokes macro method module named namespace parameter
property refactor rename renamed struct symbol trait type typedef variable
"""
_AFTER_WORDS = """
argument attribute class constant decorator enum exception field function identifier interface
macro method methods module parameter property struct trait type variable
"""
_SHOWN = frozenset[Kind](["type", "constant"])  # by capitals, in most languages
_BEFORE = frozenset(_BEFORE_WORDS.split())
_AFTER = frozenset(_AFTER_WORDS.split())


def kind_said(words: Sequence[str], start: int) -> Kind:
    """What kind of name the word in front of a name asks for; "" where it does not."""
    return _KINDS.get(words[start - 1].lower(), "") if start else ""


def is_called_a_name(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a word right before or after says that the words between them are a name."""
    before = start > 0 and words[start - 1].lower() in _BEFORE
    return before or (end < len(words) and words[end].lower() in _AFTER)


def kind_rank(name: Name, wanted: Kind) -> int:
    """How well a name is of the kind that is asked for: 0 it is, 1 it may be, 2 it is not."""
    kind = kind_of(name)
    if not wanted or kind == wanted:
        return 0
    return 2 if kind in _SHOWN and wanted not in _SHOWN else 1


def kind_of(name: Name) -> Kind:
    """What a name names; where nobody knows, what its spelling shows of types and constants."""
    if name.kind:
        return name.kind
    bare = name.text.strip("_$")
    if len(bare) > 1 and bare.isupper():
        return "constant"
    return "type" if bare[:1].isupper() else ""
