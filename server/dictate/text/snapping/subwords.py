"""The words that a name is written with, and the letters that it comes down to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

_PIECE = re.compile(r"[A-Z]{2,}s(?![A-Za-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_RUN = re.compile(r"[^\W\d_]+|\d+")


def subwords(name: str) -> tuple[str, ...]:
    """Cut a name of any style into its words, their case kept.

    Examples:
        getHTTPSUrl2 -> get HTTPS Url 2; utf8_decode -> utf 8 decode; URLs -> URLs;
        --dry-run -> dry run; $scope -> scope.
    """
    if name.isascii():
        return tuple(_PIECE.findall(name))
    return tuple(piece for run in _RUN.findall(name) for piece in _pieces(run))


@lru_cache(maxsize=1 << 16)
def compact(text: str) -> str:
    """Letters and digits alone, in lower case, without accents: the same for every style.

    Examples:
        getUserById, get_user_by_id, "Get user by ID" -> getuserbyid.
    """
    if text.isascii():
        joined = text.replace("_", "")
        if joined.isalnum():
            return joined.lower()
        return "".join(filter(str.isalnum, text)).lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filter(str.isalnum, decomposed))


def boundaries(name: str) -> tuple[int, ...]:
    """Where the subwords of a name end in its compact form, the last one at its end."""
    return tuple(accumulate(len(compact(piece)) for piece in subwords(name)))


def _pieces(run: str) -> Iterator[str]:
    """Cut letters of any script where a capital begins a word, as `_PIECE` does."""
    start = 0
    for index in range(1, len(run)):
        rises = run[index].isupper() and not run[index - 1].isupper()
        ends_acronym = run[index].isupper() and index + 1 < len(run) and run[index + 1].islower()
        if rises or ends_acronym:
            yield run[start:index]
            start = index
    yield run[start:]
