"""What a vocabulary holds, and how two of them are put together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dictate.text.modes import WritingMode
from dictate.text.names.name import Name

LEARNED_SCORE: Final = 3000.0
USER_SCORE: Final = 2000.0
PROJECT_SCORE: Final = 1000.0
"""Of names that were learned, that the user and that the project lists. A document's names are
scored by distance, scope and use, and stay far below."""

_AROUND = re.compile(r"\A\W+|\W+\Z")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What one file says, or several together.

    Attributes:
        names: the likeliest first; one with several sayings is listed once for each.
        replacements: bare spoken words in lower case -> what is written for them, exactly.
        problems: one line each that names file, place, fault and remedy.
        mode: to write in; None: the file does not say.
        modes: to write in by the editors' language id.
        prompt: words that the model is told of besides.
    """

    names: list[Name] = field(default_factory=list)
    replacements: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    mode: WritingMode | None = None
    modes: Mapping[str, WritingMode] = field(default_factory=dict)
    prompt: tuple[str, ...] = ()


def spoken_words(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared: lower case, without punctuation around them."""
    bare = (_AROUND.sub("", word) for word in text.replace("\u2019", "'").lower().split())
    return tuple(word for word in bare if word)


def merged(user: Vocabulary, project: Vocabulary) -> Vocabulary:
    """Both together.

    The user's replacements win, because they are the user's hands that are saved; the project's
    modes win, because they are said of its own files.
    """
    names = sorted([*user.names, *project.names], key=lambda name: -name.score)
    return Vocabulary(
        names,
        {**project.replacements, **user.replacements},
        [*user.problems, *project.problems],
        project.mode or user.mode,
        {**user.modes, **project.modes},
        tuple(dict.fromkeys(user.prompt + project.prompt)),
    )
