"""Lines of real source files are said symbol by symbol, and stand as they stood."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.text.language_ids import language_id_of
from tests.unit.text.spoken_forms.cases import FORMS, code

_SOURCES = Path(__file__).resolve().parents[3] / "data/sources/held_out"
_NOT_SAID = re.compile(r"[\"'`#\\]|//|/\*|\*/|^\*|--|0x|\. [A-Z]|>>")
_MOST_CHARACTERS = 90


def sayings(language_id: str) -> dict[str, dict[str, str]]:
    """Symbol -> kind -> a phrase for it."""
    found: dict[str, dict[str, str]] = {}
    for form in FORMS.for_language(language_id).code.forms:
        if form.kind in ("symbol", "operator", "bracket") and not form.is_word:
            found.setdefault(form.written, {}).setdefault(form.kind, " ".join(form.phrase))
    return found


def said(line: str, language_id: str) -> str | None:
    """A line in words; None where it holds what has no saying."""
    symbols = sayings(language_id)
    words = {word for form in FORMS.for_language(language_id).code.forms for word in form.phrase}
    marks = "|".join(map(re.escape, sorted(symbols, key=len, reverse=True)))
    token = re.compile(rf"\s*(?:([^\W\d]\w*|\d+(?:\.\d+)?)|({marks}))")
    spoken, end = [], 0
    while match := token.match(line, end):
        word, mark = match.groups()
        end = match.end()
        if mark is None:
            spoken.append(f"escape {word}" if word.lower() in words else word)
            continue
        is_spaced = line[match.start(2) - 1 : match.start(2)] == " " == line[end : end + 1]
        by_kind = symbols[mark]
        spoken.append(
            by_kind.get("operator" if is_spaced else "bracket") or next(iter(by_kind.values()))
        )
    return " ".join(spoken) if end == len(line) and len(spoken) > 2 else None


def lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        plain = re.sub(r"\s+", " ", line.strip())
        if plain and len(plain) <= _MOST_CHARACTERS and not _NOT_SAID.search(plain):
            yield plain


# Where the file itself is written by a formatter, or nearly so.
_SHARES = [
    ("python", 0.95), ("go", 0.9), ("rust", 0.95), ("typescript", 0.97), ("java", 0.95),
    ("swift", 0.93), ("javascript", 0.93), ("cpp", 0.9), ("ruby", 0.9),
]  # fmt: skip


@pytest.mark.parametrize(("language_id", "share"), _SHARES)
def test_the_spaces_of_real_code_come_back(language_id, share):
    total, wrong = 0, []
    for path in sorted(_SOURCES.iterdir()):
        if language_id_of(path.stem) != language_id:
            continue
        for line in lines(path):
            spoken = said(line, language_id)
            if spoken is None:
                continue
            total += 1
            written = code(spoken, language_id)
            if written.lower() != line.lower():  # the first word may have lost its capital
                wrong.append((line, written))
    print(f"{language_id}: {1 - len(wrong) / total:.3f} of {total}")
    assert total >= 100
    assert 1 - len(wrong) / total >= share, wrong[:20]
