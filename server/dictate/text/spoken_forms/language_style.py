"""How languages space their code, as far as they differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from dictate.text.languages import language


@dataclass(frozen=True)
class Style:
    """The spacing of a language.

    Attributes:
        access: stand between an object and its member, or a namespace and a name, without spaces.
        line_comments: marks of comments.
        pads_braces: `{ a: 1 }`.
        tight_literals: `Point{1, 2}` but `if x {`.
        type_brackets_first: `[]int`.
        spaces_anonymous: `function (x)`.
        closures: bars around parameters, `|x| x + 1`.
        has_lifetimes: `'a`, one quote alone.
        postfix_bang: `save!`, `println!`.
        postfix_question: `open()?`, `empty?`; no ternary or a rare one.
        tight_ranges: `0..10`.
        concatenates: `..` joins strings.
        slices: `items[1:2]`.
        symbol_colons: `:name` is a value.
        at_is_operator: `a @ b`.
        pointers: `char *name`.
        separate_underscore: `_` is a word of its own.
        tight_keyword_arguments: `f(x=5)`.
        string_prefixes: letters right before a string.
        tight_symbols: never have a space on either side.
        is_shell: options and paths.
    """

    access: frozenset[str] = frozenset({".", "::", "?."})
    line_comments: tuple[str, ...] = ()
    pads_braces: bool = True
    tight_literals: bool = False
    type_brackets_first: bool = False
    spaces_anonymous: bool = False
    closures: bool = False
    has_lifetimes: bool = False
    postfix_bang: bool = False
    postfix_question: bool = False
    tight_ranges: bool = False
    concatenates: bool = False
    slices: bool = False
    symbol_colons: bool = False
    at_is_operator: bool = False
    pointers: bool = False
    separate_underscore: bool = False
    tight_keyword_arguments: bool = False
    string_prefixes: frozenset[str] = frozenset()
    tight_symbols: frozenset[str] = frozenset()
    is_shell: bool = False


_ACCESS = frozenset({".", "::", "?."})
_C = Style(access=_ACCESS | {"->"}, pointers=True)
_RUBY = Style(
    closures=True, postfix_bang=True, postfix_question=True, tight_ranges=True, symbol_colons=True,
    access=_ACCESS | {"&."},
)  # fmt: skip

_STYLES: dict[str, Style] = {
    "c cpp objective-c objective-cpp objc objcpp cuda glsl hlsl arduino": _C,
    "php": Style(access=_ACCESS | {"->", "?->", "\\"}),
    "perl": Style(access=_ACCESS | {"->"}),
    "python starlark bzl": Style(
        pads_braces=False, slices=True, at_is_operator=True, tight_keyword_arguments=True,
        string_prefixes=frozenset({"f", "r", "b", "u", "rb", "br"}),
    ),
    "go": Style(
        pads_braces=False, tight_literals=True, type_brackets_first=True, slices=True, pointers=True
    ),
    "rust": Style(
        closures=True, has_lifetimes=True, postfix_bang=True, postfix_question=True,
        tight_ranges=True, string_prefixes=frozenset({"b", "r", "c"}),
    ),
    "swift": Style(
        postfix_bang=True, postfix_question=True, tight_ranges=True, separate_underscore=True
    ),
    "kotlin": Style(postfix_bang=True, tight_ranges=True, postfix_question=False),
    "ruby crystal": _RUBY,
    "elixir clojure erlang": replace(_RUBY, closures=False),
    "lua luau": Style(access=frozenset({".", ":", "::"}), concatenates=True),
    "javascript javascriptreact jsx": Style(spaces_anonymous=True),
    "typescript typescriptreact tsx": Style(spaces_anonymous=True, postfix_bang=False),
    "css scss less sass html xml svg vue svelte": Style(tight_symbols=frozenset("-")),
    "lisp commonlisp scheme racket elisp emacs-lisp": Style(tight_symbols=frozenset("-")),
    "shellscript sh bash zsh fish ksh makefile make dockerfile": Style(
        tight_symbols=frozenset("=-/~"), is_shell=True, pads_braces=False
    ),
    "r julia matlab octave": Style(pads_braces=False, slices=True),
    "json jsonc json5": Style(pads_braces=True),
}  # fmt: skip

_BY_LANGUAGE = {name: style for names, style in _STYLES.items() for name in names.split()}


@lru_cache(maxsize=256)
def style_of(language_id: str) -> Style:
    """The spacing of a language by an editor's id; C-like braces where nothing is known."""
    style = _BY_LANGUAGE.get(language_id.lower(), Style())
    return replace(style, line_comments=language(language_id).line_comments)
