"""Where in a document a text will land: in code, a comment, a string or prose.

The text in front of the place may begin anywhere, in the middle of a comment too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dictate.text.languages import Language, Quote, language

Kind = Literal["code", "string", "comment", "prose"]

_WINDOW_CHARACTERS = 1_900  # what is longer was probably cut at its start
_FENCE = re.compile(r"^[ \t>]*(?:```|~~~)", re.MULTILINE)
_TEXT_IN_TAG = re.compile(r"(?:^|[\s(>{?:&])<(?:[A-Za-z][^<>]*)?>([^<>{}]*)$")
_STAR_MARGIN = re.compile(r"[ \t]*\*(?!/)")
_PROSE_MARKERS = re.compile(
    r"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,3}[.)](?=[ \t])|\[[ xX]\](?=[ \t]|$)|#{1,6}(?=[ \t])))*"
    r"[ \t]*"
)


@dataclass(frozen=True)
class Place:
    """The surroundings of an insertion point.

    Attributes:
        kind: "prose" for the text of a document and for docstrings, else what the lexer found.
        line_before: the line up to the point.
        line_after: the line from the point on.
        prior: natural text in front of the point that belongs to the same paragraph, without
            comment marks; "" where a new sentence or a string begins.
        opens_comment: nothing stands between the comment's mark and the point.
        language: the document's lexical shape.
    """

    kind: Kind
    line_before: str
    line_after: str
    prior: str
    opens_comment: bool
    language: Language


def find_place(before: str, after: str, language_id: str) -> Place:
    """Look at what stands before and after the insertion point."""
    before = before.replace("\r\n", "\n").replace("\r", "\n")
    after = after.replace("\r\n", "\n").replace("\r", "\n")
    shape = language(language_id)
    line_before = before[before.rfind("\n") + 1 :]
    line_after = after.partition("\n")[0]
    kind, inside = _kind(before, shape)
    opens_comment = False
    prior = ""
    if kind == "comment":
        prior = _comment_paragraph(before, inside, shape)
        opens_comment = inside.rpartition("\n")[2].strip("*!/#-;%:") == ""
    elif kind == "string":
        prior = inside
    elif kind == "prose":
        prior = _prose_paragraph(inside)
    return Place(kind, line_before, line_after, prior, opens_comment, shape)


def kind_behind(before: str, language_id: str) -> Kind:
    """What stands at the end of a text whose beginning lies in no comment and no string."""
    return _kind(before, language(language_id), is_cut=False)[0]


def _kind(before: str, shape: Language, *, is_cut: bool = True) -> tuple[Kind, str]:
    """What the end of `before` lies in, and the part of it that lies inside."""
    if shape.is_prose:
        return _kind_in_prose(before, shape)
    start = _first_sure_offset(before, shape) if is_cut else 0
    while True:
        opener = _openers(shape).search(before, start)
        if opener is None:
            break
        mark = opener.group()
        end = _end_of(mark, before, opener.end(), shape)
        if end < 0:
            inside = before[opener.end() :]
            quote = _quote(mark, shape)
            if quote is None:
                return "comment", inside
            return ("prose" if quote.is_prose else "string"), inside
        start = end
    line = before[before.rfind("\n") + 1 :]
    if ("/*", "*/") in shape.block_comments and re.match(r"[ \t]+\*(?:[ \t]|$)", line):
        # A long comment whose beginning is out of sight still has its margin of stars.
        return "comment", before
    if shape.has_tags and (tag := _TEXT_IN_TAG.search(line)):
        return "prose", tag.group(1)
    return "code", ""


def _kind_in_prose(before: str, shape: Language) -> tuple[Kind, str]:
    line = before[before.rfind("\n") + 1 :]
    if any(line.lstrip().startswith(mark) for mark in shape.line_comments):
        return "comment", line.lstrip()[1:]
    for mark, close in shape.block_comments:
        start = before.rfind(mark)
        if start >= 0 and before.find(close, start) < 0:
            return "comment", before[start + len(mark) :]
    if shape.has_tags:
        in_tag = before.rfind("<") > before.rfind(">")
        return ("code", "") if in_tag else ("prose", before[before.rfind(">") + 1 :])
    in_fence = len(_FENCE.findall(before)) % 2 == 1
    if in_fence or line.replace("```", "").count("`") % 2 == 1:
        return "code", ""
    return "prose", before


def _first_sure_offset(before: str, shape: Language) -> int:
    """Where lexing may begin: behind a comment or docstring whose start was cut off."""
    if len(before) < _WINDOW_CHARACTERS:
        return 0
    for mark, close in shape.block_comments:
        end = before.find(close)
        start = before.find(mark)
        if end >= 0 and (start < 0 or end < start):
            return end + len(close)
    for quote in shape.quotes:
        first = before.find(quote.open) if quote.is_prose else -1
        if first >= 0 and _looks_like_an_end(before, first, len(quote.open)):
            return first + len(quote.open)
    return 0


def _looks_like_an_end(before: str, offset: int, length: int) -> bool:
    """Whether the first triple quote in sight ends a docstring rather than beginning one."""
    line_start = before.rfind("\n", 0, offset) + 1
    line_end = before.find("\n", offset)
    in_front = before[line_start:offset].strip()
    behind = before[offset + length : line_end if line_end >= 0 else None].strip()
    if in_front:
        return not behind and in_front[-1] not in "=([{,:rRfFbBuU"
    above = before[:line_start].rstrip()
    return not behind and not above.endswith(":")


@lru_cache(maxsize=64)
def _openers(shape: Language) -> re.Pattern[str]:
    """Whatever begins a comment or a string, longest first, so that \"\"\" wins over "."""
    marks = [
        *(mark for mark, _ in shape.block_comments),
        *shape.line_comments,
        *(quote.open for quote in shape.quotes),
    ]
    ordered = sorted(marks, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)) or r"(?!)")


def _quote(mark: str, shape: Language) -> Quote | None:
    return next((quote for quote in shape.quotes if quote.open == mark), None)


def _end_of(mark: str, text: str, start: int, shape: Language) -> int:
    """Offset behind the construct that `mark` began, or -1 where `text` ends inside it."""
    for opener, close in shape.block_comments:
        if opener == mark:
            end = text.find(close, start)
            return end + len(close) if end >= 0 else -1
    quote = _quote(mark, shape)
    if quote is None:
        return text.find("\n", start)
    content = _closer(quote).match(text, start)
    assert content is not None
    if content.group(1):
        return content.end()
    # A string that is not closed on its line was a slip or an apostrophe: it ends there.
    return text.find("\n", start) if not quote.multi_line else -1


@lru_cache(maxsize=64)
def _closer(quote: Quote) -> re.Pattern[str]:
    """Matches a string's content and, as group 1, its end where there is one."""
    close = re.escape(quote.close)
    anything = r"[\s\S]" if quote.multi_line else r"[^\n]"
    unit = rf"\\{anything}|(?!{close}){anything}" if quote.escapes else rf"(?!{close}){anything}"
    return re.compile(rf"(?:{unit})*({close})?")


def _comment_paragraph(before: str, inside: str, shape: Language) -> str:
    """Natural text of the comment in front of the point, back to its paragraph's start."""
    if "\n" in inside:  # a block comment: its lines may have a margin of stars
        return _prose_paragraph(
            "\n".join(_STAR_MARGIN.sub("", line) for line in inside.split("\n"))
        )
    lines = [inside.strip("*!/#-;% \t:") and inside]
    above = before.split("\n")[:-1]
    while above and before.split("\n")[-1].lstrip().startswith(shape.line_comments or ("\0",)):
        line = above.pop().strip()
        mark = next((mark for mark in shape.line_comments if line.startswith(mark)), None)
        if mark is None or line.startswith("#!"):
            break
        text = line[len(mark) :].strip("*!/#-;% \t")
        if not text:
            break
        lines.insert(0, text)
    return _prose_paragraph("\n".join(lines))


def _prose_paragraph(text: str) -> str:
    """The last paragraph of `text`; "" where the point begins a paragraph, heading or item."""
    lines = text.split("\n")
    last = lines.pop()
    markers = _PROSE_MARKERS.match(last)
    assert markers is not None
    if markers.group().strip():
        return last[markers.end() :].lstrip()
    paragraph = [last]
    while lines and (line := lines.pop()).strip():
        if line.lstrip().startswith(("#", "```", "~~~")) or set(line.strip()) <= set("=-"):
            break
        if line.startswith(">") and not last.startswith(">"):
            break
        paragraph.insert(0, line)
    joined = "\n".join(paragraph)
    above, _, rest = joined.rpartition(":\n")
    return (rest if above and not rest.strip() else joined).strip(" \t\n")
