"""What one correction teaches, and an entry of the vocabulary that several have made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from typing import Final

from dictate.text.vocabulary.vocabulary import spoken_words

MAX_SPELLING_CHARACTERS: Final = 100
MAX_SAYING_WORDS: Final = 12
_MAX_SAYING_CHARACTERS: Final = 200
_NEVER: Final = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Learned:
    """A spelling, and what was heard for it.

    Attributes:
        spelling: of a name, as it has to be written.
        spoken: bare words in lower case with one space between two.

    Raises:
        ValueError: nobody says this, or it cannot be written on one line.
    """

    spelling: str
    spoken: str

    def __post_init__(self) -> None:
        is_said = self.spoken != "" and saying(self.spoken) == self.spoken
        if not is_spelling(self.spelling) or not is_said:
            raise ValueError("a spelling and spoken words are learned, no other text")


@dataclass(frozen=True, slots=True)
class LearnedEntry:
    """A spelling as the file keeps it.

    Attributes:
        spoken: how it was said, the newest last.
        count: how often it was taught.
        last: when, in UTC.
    """

    spoken: tuple[str, ...]
    count: int = 1
    last: datetime = _NEVER


def is_spelling(text: object) -> bool:
    """Whether it can be the spelling of a name: one short line that is seen."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= MAX_SPELLING_CHARACTERS
        and text.isprintable()
        and text.strip() == text
    )


def saying(text: str) -> str:
    """Spoken words as they are kept; "" where there are none, or more than anybody says at once."""
    words = spoken_words(text)
    kept = " ".join(words)
    fits = len(words) <= MAX_SAYING_WORDS and len(kept) <= _MAX_SAYING_CHARACTERS
    return kept if fits and kept.isprintable() else ""


def learned_entry(value: object) -> LearnedEntry | None:
    """Read an entry's value, as Dictate or a hand wrote it; None where it is none."""
    if isinstance(value, (str, list)):
        value = {"spoken": value}
    if not isinstance(value, dict) or not value.keys() <= {"spoken", "count", "last"}:
        return None
    spoken = value.get("spoken")
    listed = [spoken] if isinstance(spoken, str) else spoken
    if not isinstance(listed, list) or not all(isinstance(said, str) for said in listed):
        return None
    count, last = value.get("count", 1), _moment(value.get("last", _NEVER))
    if type(count) is not int or count < 0 or last is None:
        return None
    sayings = tuple(dict.fromkeys(filter(None, map(saying, listed))))
    return LearnedEntry(sayings, count, last) if sayings else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.replace(tzinfo=timezone.utc)
        try:
            return value.astimezone(timezone.utc)
        except OverflowError:
            return None
    if isinstance(value, date):
        return datetime.combine(value, time(), timezone.utc)
    return None
