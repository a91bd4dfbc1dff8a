"""The spaces between a dictated text and what stands before and after it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dictate.text.keywords import KEYWORDS

if TYPE_CHECKING:
    from dictate.text.place import Place

_WIDE = frozenset("\u3001\u3002\uff0c\uff01\uff1f\uff1b\uff1a\uff09\u300d\u300f\u3011\u300b")
_CLOSING = frozenset(",.;:!?)]}%\u2026\u2019\u201d\u00bb") | _WIDE
_OPENING = frozenset("([{\u201c\u2018\u00ab\u00bf\u00a1\uff08\u300c\u300e\u3010\u300a")
_OPERATOR_RUN = re.compile(r"[-+*/%=<>&|^!?~@$#\\:.]+$")
_LEADING_RUN = re.compile(r"[-+*/%=<>&|^!?~:]+")
_PREFIX_ALWAYS = frozenset({"!", "@", "~", "$", "#", "\\", "--", "++", "...", "..", "**", "::"})
_PREFIX_WITHOUT_OPERAND = frozenset({"-", "+", "*", "&", ":", ".", "/", "?", "%", "^"})
_CJK = re.compile(
    "[\u2e80-\u2fff\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003134f]"
)
_CALL_OR_INDEX = frozenset("([")
_CONTROL = """
and as assert await by case catch elif else elsif elseif except extends for foreach from if
implements import in is match new not of or raise return switch then throw unless until when
where while with yield
"""
CONTROL_WORDS = frozenset(_CONTROL.split())
"""Keywords that a bracket behind them does not belong to."""
_CLINGS = re.compile(r"(?:\+\+|--)(?!\w)|->\w|\?\.|!\.|<[\w'][^=]*>|[?!](?:$|[,;)])")
_CLINGS_TO_NEXT = re.compile(r"(?:^|[\s(\[{=,])(?:[!~@$#&*-]|\+\+|--)$|[_.@$\\]$|::$")


def leading_space(text: str, place: Place) -> str:
    """The space that `text` needs in front of it: one or none.

    Args:
        text: what will be inserted, without space at its ends, not empty.
        place: where.
    """
    line = place.line_before
    previous, first = line[-1:], text[0]
    if not previous or previous.isspace() or first.isspace():
        return ""
    if place.opens_comment:
        return " "
    if _continues(first, text, place) or previous in _OPENING:
        return ""
    if _CJK.match(previous) or _CJK.match(first) or previous in _WIDE:
        return ""
    if _is_between_tags(place) and previous in "<>":
        return ""
    if previous in "\"'`":
        return "" if _opens_quote(place) else " "
    if place.kind == "code":
        return _space_behind_code(line, place)
    if previous in "*_" and place.kind == "prose":
        return "" if _is_open_emphasis(line, previous) else " "
    if previous in "\u2014\u2013/\\@#$_" or (previous == "-" and line[-2:-1].strip()):
        return ""
    return " "


def leading_space_of_code(text: str, place: Place) -> str:
    """The same for code whose every character is meant.

    Args:
        text: what will be inserted, not empty.
        place: where.
    """
    word = re.search(r"\w+$", place.line_before)
    if place.kind == "code" and word is not None:
        if word.group() in CONTROL_WORDS:
            return " "
        if _CLINGS.match(text) or text.startswith(tuple(place.language.access)):
            return ""
    return leading_space(text, place)


def trailing_space_of_code(text: str, place: Place) -> str:
    """The same for code whose every character is meant."""
    begins_word = re.match(r"\w", place.line_after) is not None
    binds = text.endswith(place.language.access) or _CLINGS_TO_NEXT.search(text) is not None
    if place.kind == "code" and begins_word and binds:
        return ""
    return trailing_space(text, place)


def trailing_space(text: str, place: Place) -> str:
    """The space that `text` needs behind it: one or none."""
    line = place.line_after
    following, last = line[:1], text[-1]
    if not following or following.isspace() or last.isspace():
        return ""
    if line.startswith(tuple(mark for mark, _ in place.language.block_comments)):
        return " "
    if any(line.startswith(close) for _, close in place.language.block_comments):
        return " " if place.kind == "comment" else ""
    if place.kind == "code" and line.startswith(place.language.line_comments or ("\0",)):
        return " "
    if _is_between_tags(place) and following == "<":
        return ""
    if following in _CLOSING or last in _OPENING:
        return ""
    if _CJK.match(following) or _CJK.match(last):
        return ""
    if following in "\"'`":
        return "" if place.kind == "string" or _stands_in_quotes(place, following) else " "
    if place.kind == "code":
        return _space_before_code(line, text, place)
    if following in "*_" and place.kind == "prose":
        return "" if _is_open_emphasis(place.line_before, following) else " "
    return "" if following in "\u2014\u2013/" else " "


def _continues(first: str, text: str, place: Place) -> bool:
    """Whether the text begins with what never has a space in front."""
    if place.kind == "code":
        return first in _CLOSING | _CALL_OR_INDEX and not text.startswith(("...", ":="))
    if first in "'\u2019":
        return bool(re.match(r"['\u2019](?:s|t|re|ve|ll|d|m)\b", text))
    return first in _CLOSING


def _is_between_tags(place: Place) -> bool:
    return place.language.has_tags and (place.kind == "prose" or place.language.is_prose)


def _space_behind_code(line: str, place: Place) -> str:
    """A space after a word or a spaced operator; none after an access, a prefix or a tight one."""
    previous = line[-1]
    if previous == "_":
        return ""
    if line.endswith(place.language.access):
        return ""
    if previous == ":":
        # A label's or a type's colon is followed by a space, a symbol's is part of it.
        return " " if line[-2:-1].strip() else ""
    run = _OPERATOR_RUN.search(line)
    if run is None:
        return " "
    operator, rest = run.group(), line[: run.start()]
    is_spaced = not rest or rest[-1].isspace()
    if not is_spaced:
        return " " if operator == ">" and "<" in rest else ""
    if operator in _PREFIX_ALWAYS or (place.language.is_shell and operator[0] in "-/~$"):
        return ""
    if operator in _PREFIX_WITHOUT_OPERAND and not _has_operand(rest):
        return ""
    return " " if rest.strip() or len(operator) > 1 or operator in "=<>|" else ""


def _space_before_code(line: str, text: str, place: Place) -> str:
    if line[0] in _CALL_OR_INDEX:
        return ""
    run = _LEADING_RUN.match(line)
    if run is None:
        return "" if text.endswith((".", "::", "->", "@", "$")) else " "
    behind = line[run.end() :][:1]
    if run.group() == ">" and re.search(r"<[^\s<>]*$", place.line_before):
        return ""
    return " " if behind.isspace() else ""


def _has_operand(rest: str) -> bool:
    """Whether a value stands before an operator, which makes it a binary one."""
    rest = rest.rstrip()
    if not rest:
        return False
    word = re.search(r"\w+$", rest)
    if word is not None:
        return word.group() not in KEYWORDS
    return rest[-1] in ")]}\"'`"


def _opens_quote(place: Place) -> bool:
    """Whether the quote right before the point begins something."""
    line, quote = place.line_before, place.line_before[-1]
    if place.kind in ("string", "code"):
        return place.kind == "string" and not place.prior
    if place.kind == "prose" and line.endswith(('"""', "'''")):
        return True
    if quote == "'" and line[-2:-1].isalnum():
        return False
    return line.count(quote) % 2 == 1


def _stands_in_quotes(place: Place, quote: str) -> bool:
    """Whether the quote right behind the point ends something that began before it."""
    if place.line_after.startswith(('"""', "'''")):
        return True
    return place.line_before.count(quote) % 2 == 1


def _is_open_emphasis(line: str, mark: str) -> bool:
    """Markdown: an odd number of runs of `mark` stands before the point (a list's star is none)."""
    runs = re.findall(re.escape(mark) + "+", re.sub(r"^\s*[*+-]\s", "", line))
    return len(runs) % 2 == 1
