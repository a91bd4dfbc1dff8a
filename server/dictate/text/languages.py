"""What a lexer has to know of a language: its comments, its strings, and whether it is prose."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Quote:
    """A kind of string literal.

    Attributes:
        open: what begins it.
        close: what ends it.
        multi_line: it may go on over a line's end.
        escapes: a backslash protects the next character.
        is_prose: documentation more often than data, as Python's triple quotes.
    """

    open: str
    close: str
    multi_line: bool = False
    escapes: bool = True
    is_prose: bool = False


@dataclass(frozen=True)
class Language:
    """Lexical shape of a language; an editor's language id leads to it through `language`.

    Attributes:
        line_comments: marks of comments that end with their line.
        block_comments: marks that begin and end the other ones.
        quotes: kinds of strings.
        access: what stands between an object and its member.
        is_prose: natural text, apart from comments.
        has_tags: text between tags is prose.
        is_shell: an assignment has no spaces, words begin with dashes and slashes.
    """

    line_comments: tuple[str, ...] = ()
    block_comments: tuple[tuple[str, str], ...] = ()
    quotes: tuple[Quote, ...] = ()
    access: tuple[str, ...] = (".", "::")
    is_prose: bool = False
    has_tags: bool = False
    is_shell: bool = False


_DOUBLE = Quote('"', '"')
_SINGLE = Quote("'", "'")
_BACKTICK = Quote("`", "`", multi_line=True)
_DOCSTRINGS = (
    Quote('"""', '"""', multi_line=True, is_prose=True),
    Quote("'''", "'''", multi_line=True, is_prose=True),
)
_SLASH_STAR = (("/*", "*/"),)
_TAG_COMMENT = (("<!--", "-->"),)

_C = Language(("//",), _SLASH_STAR, (_DOUBLE, _SINGLE))
_SLASHES_NO_SINGLE = Language(("//",), _SLASH_STAR, (_DOUBLE,))  # ' begins a lifetime, a label
_SCRIPT = Language(("//",), _SLASH_STAR, (_DOUBLE, _SINGLE, _BACKTICK))
_HASH = Language(("#",), (), (_DOUBLE, _SINGLE))
_SHELL = Language(("#",), (), (Quote('"', '"', True), Quote("'", "'", True, False)), is_shell=True)
_LUA = Language(
    ("--",), (("--[[", "]]"),), (_DOUBLE, _SINGLE, Quote("[[", "]]", True)), access=(".", ":")
)
_SEMICOLON = Language((";",), (), (_DOUBLE,))
_PROSE = Language(is_prose=True)
_MARKUP = Language((), _TAG_COMMENT, is_prose=True, has_tags=True)
_UNKNOWN = Language(("#", "//"), _SLASH_STAR, (_DOUBLE,))

_GROUPS: tuple[tuple[str, Language], ...] = (
    ("c cpp objective-c objective-cpp objc objcpp cuda java csharp cs dart groovy glsl hlsl", _C),
    ("arduino proto solidity verilog systemverilog jsonc json5", _C),
    ("rust swift zig scala kotlin json v odin fsharp", _SLASHES_NO_SINGLE),
    ("javascript typescript go gomod", _SCRIPT),
    (
        "javascriptreact typescriptreact jsx tsx javascript.jsx typescript.tsx",
        replace(_SCRIPT, has_tags=True),
    ),
    ("python starlark bzl", Language(("#",), (), (*_DOCSTRINGS, _DOUBLE, _SINGLE))),
    ("julia elixir", Language(("#",), (), (_DOCSTRINGS[0], _DOUBLE))),
    ("ruby", replace(_HASH, block_comments=(("=begin", "=end"),))),
    ("perl r yaml cmake nix gdscript crystal tcl", _HASH),
    ("toml", Language(("#",), (), (*_DOCSTRINGS, _DOUBLE, _SINGLE))),
    ("dockerfile docker make makefile just conf properties", Language(("#",), (), (_DOUBLE,))),
    ("shellscript sh bash zsh fish ksh", _SHELL),
    ("powershell ps1", Language(("#",), (("<#", "#>"),), (_DOUBLE, _SINGLE))),
    ("php", Language(("//", "#"), _SLASH_STAR, (_DOUBLE, _SINGLE))),
    ("lua luau", _LUA),
    ("sql mysql plsql", Language(("--",), _SLASH_STAR, (_DOUBLE, Quote("'", "'", True, False)))),
    ("haskell elm purescript", Language(("--",), (("{-", "-}"),), (_DOUBLE,))),
    ("ocaml", Language((), (("(*", "*)"),), (_DOUBLE,))),
    ("ada vhdl", Language(("--",), (), (_DOUBLE,))),
    ("lisp commonlisp scheme racket clojure elisp emacs-lisp asm nasm ini", _SEMICOLON),
    ("erlang matlab octave prolog", Language(("%",), (), (_DOUBLE,))),
    ("css", Language((), _SLASH_STAR, (_DOUBLE, _SINGLE))),
    ("scss less sass", Language(("//",), _SLASH_STAR, (_DOUBLE, _SINGLE))),
    ("terraform hcl", Language(("#", "//"), _SLASH_STAR, (_DOUBLE,))),
    ("html xml xhtml svg vue svelte htmldjango handlebars", _MARKUP),
    ("gitcommit git-commit gitrebase", Language(("#",), is_prose=True)),
    ("tex latex plaintex bibtex", Language(("%",), is_prose=True)),
    ("markdown mdx quarto rmd pandoc asciidoc rst restructuredtext typst org norg", _PROSE),
    ("text plaintext mail help txt", _PROSE),
)

_LANGUAGES = {name: language for names, language in _GROUPS for name in names.split()}


def language(language_id: str) -> Language:
    """Find a language by an editor's id; no id means prose, an unknown one some kind of code."""
    if not language_id:
        return _PROSE
    language_id = language_id.lower()
    # Vim joins a language and what it is used for: `javascript.jsx`, `python.django`.
    return _LANGUAGES.get(language_id) or _LANGUAGES.get(language_id.split(".")[0], _UNKNOWN)
