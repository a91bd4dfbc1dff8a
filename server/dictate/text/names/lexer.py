"""Names in a stretch of a document, apart by whether they stand in code: a lexer made of regexes.

It knows every language and any junk. A document is lexed stretch by stretch: what is open at the
end of one, a comment or a string, is where the next one begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from dictate.text.identifiers import not_code, up_to
from dictate.text.keywords import KEYWORDS
from dictate.text.languages import Language, Quote
from dictate.text.names.name import Kind

IN_CODE: Final = ""
"""Nothing is open."""

_FENCE: Final = "```"
_CODE_IN_PROSE = re.compile(
    r"(^[ \t>]*(?:```|~~~)[^\n]*\n[\s\S]*?(?:^[ \t>]*(?:```|~~~)[^\n]*|\Z)|`[^`\n]+`)", re.MULTILINE
)
_FENCE_END = re.compile(r"^[ \t>]*(?:```|~~~)[^\n]*", re.MULTILINE)
_WORD = re.compile(r"\w+")
_WORD_CHARACTERS = {
    code: chr(code) if chr(code).isalnum() or chr(code) == "_" else " " for code in range(128)
}
_FUNCTION_BY_FUNC = re.compile(r"func[ \t]+(?:\([^()\n]*\)[ \t]*)?([^\W\d]\w*)")
_DEFINING: dict[str, Kind] = {
    **dict.fromkeys(("def", "defp", "fn", "function", "fun"), "function"),
    **dict.fromkeys(("class", "struct", "enum", "interface", "trait", "protocol", "type"), "type"),
    **dict.fromkeys(("namespace", "mod", "module"), "module"),
    **dict.fromkeys(("const", "define"), "constant"),
}
_CAPITALISED = frozenset(("type", "module", "const", "define"))
"""They are words of other uses too: only what begins with a capital is defined by them."""


@dataclass(frozen=True, slots=True)
class Lexed:
    """The names of a stretch.

    Attributes:
        code: names in code, keywords and numbers too, in order.
        quoted: those in comments and strings, or in prose, that may be of several words; each
            once, in no order.
        definitions: of names behind a keyword that defines them, whatever the language.
        opened: what was open at its start.
        open: what is open at its end.
    """

    code: list[str]
    quoted: list[str]
    definitions: dict[str, Kind]
    opened: str
    open: str


def lex(text: str, shape: Language, opened: str = IN_CODE) -> Lexed:
    """Find the names of a stretch of a document.

    Args:
        text: the stretch; it begins and ends at line ends.
        shape: of the document's language.
        opened: what is open at its start, as the stretch before it ended.
    """
    code, quoted, open_ = split(text, shape, opened)
    in_code = "\n".join(code)
    names = names_in(in_code)
    return Lexed(
        names, _names_apart("\n".join(quoted)), _definitions(in_code, names), opened, open_
    )


def _definitions(code: str, names: list[str]) -> dict[str, Kind]:
    found: dict[str, Kind] = {
        name: _DEFINING[keyword]
        for keyword, name in pairwise(names)
        if keyword in _DEFINING
        and name not in KEYWORDS
        and not name[0].isdigit()
        and (keyword not in _CAPITALISED or name[0].isupper())
    }
    if "func" in code:
        found.update(dict.fromkeys(_FUNCTION_BY_FUNC.findall(code), "function"))
    return found


def names_in(text: str) -> list[str]:
    """Whatever looks like a word of code, keywords and numbers too, in order."""
    if text.isascii():
        return text.translate(_WORD_CHARACTERS).split()  # seven times as fast as the pattern
    return _WORD.findall(text)


def _names_apart(text: str) -> list[str]:
    """What in natural text may be a name: each once, no plain words."""
    return [name for name in set(names_in(text)) if "_" in name or not name.islower()]


def split(text: str, shape: Language, opened: str = IN_CODE) -> tuple[list[str], list[str], str]:
    """Take code apart from comments and strings, or code in prose from the prose.

    Returns:
        Pieces of code, pieces of what is none, what is open at the end.
    """
    head = ""
    if opened:
        end = _end_of(opened, text, shape)
        if end < 0:
            return ([text], [], opened) if shape.is_prose else ([], [text], opened)
        head, text = text[:end], text[end:]
    if shape.is_prose:
        pieces = [text] if shape.has_tags else _CODE_IN_PROSE.split(text)
        code, quoted = pieces[1::2], pieces[::2]
        is_open = bool(code) and not quoted[-1] and _opens_fence(code[-1])
        return ([head, *map(_without_info, code)], quoted, _FENCE if is_open else IN_CODE)
    pieces = not_code(shape).split(text)
    code, quoted = pieces[::2], pieces[1::2]
    open_ = _opener_left_open(quoted[-1], shape) if quoted and not code[-1] else IN_CODE
    return code, [head, *quoted], open_


def _opens_fence(code: str) -> bool:
    first_line, _, rest = code.partition("\n")
    return first_line.lstrip(" \t>")[:3] in ("```", "~~~") and not _FENCE_END.search(rest)


def _without_info(code: str) -> str:
    """A fenced block without its first line, which names the language."""
    return code.partition("\n")[2] if "\n" in code else code


def _opener_left_open(piece: str, shape: Language) -> str:
    """The mark of the comment or string that `piece` begins and does not end, if it may go on."""
    for mark, close in shape.block_comments:
        if piece.startswith(mark):
            return IN_CODE if piece.endswith(close) and len(piece) >= len(mark + close) else mark
    if piece.startswith(shape.line_comments or ("\0",)):
        return IN_CODE
    for quote in sorted(shape.quotes, key=lambda quote: -len(quote.open)):
        if piece.startswith(quote.open):
            goes_on = quote.multi_line and _content(quote).match(piece, len(quote.open)) is None
            return quote.open if goes_on else IN_CODE
    return IN_CODE


def _end_of(mark: str, text: str, shape: Language) -> int:
    """Where the construct that `mark` began earlier ends in `text`; -1 where it goes on."""
    if shape.is_prose:
        fence = _FENCE_END.search(text)
        return fence.end() if fence else -1
    for opener, close in shape.block_comments:
        if opener == mark:
            end = text.find(close)
            return end + len(close) if end >= 0 else -1
    quote = next(quote for quote in shape.quotes if quote.open == mark)
    content = _content(quote).match(text)
    return content.end() if content else -1


@lru_cache(maxsize=64)
def _content(quote: Quote) -> re.Pattern[str]:
    """Matches the rest of a string and its end."""
    close = re.escape(quote.close)
    if len(quote.close) > 1:  # as `not_code` reads it
        return re.compile(up_to(quote.close) + close)
    if not quote.escapes:
        return re.compile(rf"[^{close}]*{close}")
    return re.compile(rf"[^{close}\\]*(?:\\[\s\S][^{close}\\]*)*{close}")
