"""Tree-sitter grammars by editors' language ids, each loaded when it is first wanted.

A grammar is a wheel of its own with native code: where it is missing or broken, its language is
left to the lexer, as every language without a grammar is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Parser, Query, Tree

_log = logging.getLogger(__name__)
_MAX_STEPS = 1_000  # of 100 operations; 500 lines take some 50 where they make sense
_QUERIES = Path(__file__).parent / "queries"

_GROUPS = (
    ("python starlark bzl", "tree_sitter_python", "language", "python"),
    (
        "javascript javascriptreact jsx javascript.jsx",
        "tree_sitter_javascript",
        "language",
        "javascript",
    ),
    ("typescript", "tree_sitter_typescript", "language_typescript", "typescript"),
    ("typescriptreact tsx typescript.tsx", "tree_sitter_typescript", "language_tsx", "typescript"),
    ("go", "tree_sitter_go", "language", "go"),
    ("rust", "tree_sitter_rust", "language", "rust"),
    ("c", "tree_sitter_c", "language", "c"),
    ("cpp arduino cuda", "tree_sitter_cpp", "language", "cpp"),
    ("java", "tree_sitter_java", "language", "java"),
    ("csharp cs", "tree_sitter_c_sharp", "language", "c_sharp"),
    ("ruby", "tree_sitter_ruby", "language", "ruby"),
    ("lua", "tree_sitter_lua", "language", "lua"),
    ("shellscript sh bash zsh ksh", "tree_sitter_bash", "language", "bash"),
)
_SOURCES = {name: source for names, *source in _GROUPS for name in names.split()}


@dataclass(frozen=True, slots=True)
class Grammar:
    """What parses a language, and what finds the definitions in it.

    Attributes:
        name: of the language, as tree-sitter calls it.
        parser: not to be used by two threads at once.
        definitions: captures names by kind and the scopes around them.
        errors: captures what makes no sense, and what is missing.
    """

    name: str
    parser: Parser
    definitions: Query
    errors: Query

    def parse(self, source: bytes) -> Tree | None:
        """Parse a text in UTF-8; None where that has no end.

        Some grammars go round in circles over broken text, and the parser knows no time limit.
        """
        steps = 0

        def has_to_stop(_offset: int, _has_error: bool) -> bool:
            nonlocal steps
            steps += 1
            return steps > _MAX_STEPS

        try:
            return self.parser.parse(
                lambda offset, _point: source[offset:], progress_callback=has_to_stop
            )
        except ValueError:
            self.parser.reset()
            return None


def grammar(language_id: str) -> Grammar | None:
    """The grammar of a language, by an editor's id for it; None where there is none."""
    language_id = language_id.lower()
    source = _SOURCES.get(language_id) or _SOURCES.get(language_id.split(".")[0])
    return _loaded(*source) if source else None


@lru_cache(maxsize=32)
def _loaded(module: str, function: str, name: str) -> Grammar | None:
    try:
        from tree_sitter import Language, Parser, Query

        parsed_language = Language(getattr(import_module(module), function)())
        return Grammar(
            name,
            Parser(parsed_language),
            _query(parsed_language, name),
            Query(parsed_language, "(ERROR) @error (MISSING) @error"),
        )
    except Exception as error:  # noqa: BLE001 - a broken wheel can fail in any way
        _log.warning("no syntax for %s, its names come from a lexer: %s", name, error)
        return None


def _query(parsed_language: Language, name: str) -> Query:
    from tree_sitter import Query, QueryError

    source: str = (_QUERIES / f"{name}.scm").read_text(encoding="utf-8")
    try:
        query: Query = Query(parsed_language, source)
    except QueryError:  # a grammar of another version names some nodes otherwise
        known = []
        for pattern in source.split("\n\n"):
            try:
                Query(parsed_language, pattern)
            except QueryError as error:
                _log.debug("%s: a pattern is unknown to this grammar: %s", name, error)
            else:
                known.append(pattern)
        query = Query(parsed_language, "\n\n".join(known))
    return query
