"""Prompts of training: lists of names, of which one may be spoken, or of none; or earlier text.

The engine's prompt is a list of the buffer's names (`dictate.text.prompt`). A name that is listed
and spoken is written as it stands in the list; a list of names that nobody says changes nothing.
Both are learned only from examples of both, so distractors are often names that begin as what is
said and go on otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dictate.train import vocabulary as vocab
from dictate.train.open_words import real_names

_LONGEST_NAME_WORDS: Final = 4
_NAMED_SHARE: Final = 0.48
_UNNAMED_SHARE: Final = 0.42
_NEAR_SHARE: Final = 0.5
_MOST_DISTRACTORS: Final = 9
_LONGEST_PROMPT_CHARACTERS: Final = 150
# Words that name nothing stand in no name; between others, some of them do: `get user by id`.
_NAMELESS: Final = frozenset(
    vocab.DETERMINERS
    + vocab.PRONOUNS
    + vocab.CONJUNCTIONS
    + vocab.AUXILIARIES
    + vocab.MODALS
    + vocab.UNITS
    + vocab.TEENS
    + vocab.TENS
    + vocab.MAGNITUDES
)
_LINKS: Final = frozenset(vocab.PREPOSITIONS)
_SPAN: Final = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True, slots=True)
class Prompted:
    """A prompt and what is to be written under it; `name` is the listed name that was spoken."""

    prompt: str
    text: str
    name: str | None = None


def camel(words: Sequence[str]) -> str:
    """`get user` -> `getUser`."""
    return words[0] + "".join(word.capitalize() for word in words[1:])


def pascal(words: Sequence[str]) -> str:
    """`get user` -> `GetUser`."""
    return "".join(word.capitalize() for word in words)


def snake(words: Sequence[str]) -> str:
    """`get user` -> `get_user`."""
    return "_".join(words)


def constant(words: Sequence[str]) -> str:
    """`get user` -> `GET_USER`."""
    return "_".join(words).upper()


STYLES: Final = (camel, snake, pascal, constant)
_STYLE_SHARES: Final = (0.40, 0.40, 0.13, 0.07)


def draw_prompt(text: str, other_texts: Sequence[str], rng: np.random.Generator) -> Prompted:
    """A prompt for a sentence of lower-case words.

    Args:
        text: what is said, "" where nobody speaks.
        other_texts: sentences to take as what was dictated before.
        rng: draws all.
    """
    kind = rng.random()
    if kind < _NAMED_SHARE:
        return named_prompt(text, int(rng.integers(_MOST_DISTRACTORS + 1)), rng) or distractors(
            text, 1 + int(rng.integers(_MOST_DISTRACTORS)), rng
        )
    if kind < _NAMED_SHARE + _UNNAMED_SHARE:
        return distractors(text, 1 + int(rng.integers(_MOST_DISTRACTORS)), rng)
    return Prompted(" ".join(" ".join(other_texts).split()[:24]), text)


def named_prompt(text: str, distractor_count: int, rng: np.random.Generator) -> Prompted | None:
    """A prompt that lists some words of the text as a name; None where no words could be one."""
    words = text.split()
    spans = [
        (start, length)
        for length in range(2, _LONGEST_NAME_WORDS + 1)
        for start in range(len(words) - length + 1)
        if _could_be_name(words[start : start + length])
    ]
    if not spans:
        return None
    start, length = spans[int(rng.integers(len(spans)))]
    spoken = words[start : start + length]
    name = _style(rng)(spoken)
    written = " ".join([*words[:start], name, *words[start + length :]])
    names = _distractors(words, distractor_count, rng, near=spoken)
    # The engine lists what is likelier last.
    place = len(names) - int(len(names) * rng.random() ** 1.5)
    names.insert(place, name)
    return Prompted(_joined(names, name), written, name)


def distractors(text: str, count: int, rng: np.random.Generator) -> Prompted:
    """A prompt of names that the text does not say."""
    words = text.split()
    return Prompted(_joined(_distractors(words, count, rng, near=words)), text)


def _distractors(
    words: Sequence[str], count: int, rng: np.random.Generator, *, near: Sequence[str]
) -> list[str]:
    """Names that are not among the words; every second list has one that begins as `near` does."""
    names = real_names()
    said = f" {' '.join(words)} "
    chosen: list[str] = []
    style = _style(rng)
    while len(chosen) < count:
        other = names[int(rng.integers(len(names)))].split()
        if not chosen and len(near) > 1 and rng.random() < _NEAR_SHARE:
            start = int(rng.integers(len(near) - 1))
            head = [word for word in near[start : start + 2] if _SPAN.fullmatch(word)]
            kept = 1 + int(rng.integers(2))
            other = [*head[:kept], *other][:_LONGEST_NAME_WORDS]
        if f" {' '.join(other)} " not in said and len(other) > 1:
            # Mostly one style a buffer, with a class or a constant between.
            chosen.append((style if rng.random() < 0.8 else _style(rng))(other))
    order = rng.permutation(len(chosen))
    return [chosen[int(index)] for index in order]


def _could_be_name(words: Sequence[str]) -> bool:
    return (
        all(_SPAN.fullmatch(word) and word not in _NAMELESS for word in words)
        and words[0] not in _LINKS
        and words[-1] not in _LINKS
    )


def _style(rng: np.random.Generator) -> Callable[[Sequence[str]], str]:
    return STYLES[int(rng.choice(len(STYLES), p=_STYLE_SHARES))]


def _joined(names: Sequence[str], kept: str | None = None) -> str:
    """The list as the engine writes it; the first ones are left out where it would be too long."""
    left = list(names)
    while sum(map(len, left)) + 2 * len(left) > _LONGEST_PROMPT_CHARACTERS and len(left) > 1:
        left.pop(next(index for index, name in enumerate(left) if name != kept))
    return ", ".join(left)
