"""The rungs of the ladder: what is told to the engine, and what is made of its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dictate.lsp.writing import PROMPT_CHARACTERS
from dictate.text.heard import heard
from dictate.text.modes import EffectiveMode
from dictate.text.names.name import Name
from dictate.text.prompt import initial_prompt
from dictate.text.snapping.snap import Snapper
from dictate.text.snapping.spoken_key import spoken_variants
from dictate.text.spoken_forms.table import SpokenForms
from dictate.text.writing import Writer, make_writer

Rung = Literal["none", "prompt", "trie", "snap", "all"]

RUNGS: Final[tuple[Rung, ...]] = ("none", "prompt", "trie", "snap", "all")
"""Each has what the one before it has, and more: nothing; names in the prompt; phrases that bias
the decoding; the very words of a name become the name; all that the server does to a text."""

_BIASED_NAMES: Final = 100
"""As many of the likeliest as the server tells the engine."""
_MARKS: Final = ".,;:!?\"'()"


@dataclass(frozen=True)
class Told:
    """What the engine is told of the names."""

    prompt: str = ""
    phrases: tuple[str, ...] = ()


NOTHING: Final = Told()


def told(rung: Rung, names: Sequence[Name]) -> Told:
    """What the engine is told at a rung.

    Args:
        rung: of the ladder.
        names: the likeliest first.
    """
    if rung == "none" or not names:
        return NOTHING
    prompt = initial_prompt([name.text for name in names[:_BIASED_NAMES]], PROMPT_CHARACTERS)
    return Told(prompt, phrases_of(names) if rung != "prompt" else ())


def phrases_of(names: Sequence[Name]) -> tuple[str, ...]:
    """The names as they may be written and said, the likeliest first."""
    phrases: dict[str, None] = {}
    for name in names[:_BIASED_NAMES]:
        phrases.update(dict.fromkeys((name.text, *spoken_variants(name.text))))
    return tuple(phrases)


class Writers:
    """Makes the texts of the rungs; the tables of spoken forms are read once."""

    def __init__(self) -> None:
        self._forms = SpokenForms()

    def writer(self, names: Sequence[Name], language_id: str, mode: EffectiveMode) -> Writer:
        """All that the server does, at a place."""
        return make_writer(mode, self._forms.for_language(language_id), names, {})


def written(rung: Rung, text: str, writer: Writer, confidences: Sequence[float] = ()) -> str:
    """What stands in the document.

    Args:
        rung: of the ladder.
        text: as the engine wrote it.
        writer: of the place.
        confidences: of the text's words.
    """
    if rung == "all":
        return writer.write(heard(text, confidences)).text
    if rung == "snap" and writer.snapper is not None:
        return snapped(text, writer.snapper, prose=writer.mode != "code")
    return text


def snapped(text: str, snapper: Snapper, *, prose: bool) -> str:
    """The text with names for the words that they are read as, or for the same letters in a row."""
    words = text.split()
    bare = [word.strip(_MARKS) or word for word in words]
    made = []
    index = 0
    while index < len(words):
        snap = snapper.longest(bare, index, prose=prose)
        if snap is not None and snap.how != "phonetic":
            made.append(snap.name)
            index += snap.words
        else:
            made.append(words[index])
            index += 1
    return " ".join(made)


def prompt_forms(names: Sequence[str]) -> Mapping[str, str]:
    """Ways to write names into a prompt.

    Args:
        names: the likeliest first.
    """
    best_last = initial_prompt(names, PROMPT_CHARACTERS)
    ordered = best_last.split(", ") if best_last else []
    best_first = ", ".join(reversed(ordered))
    *most, last = ordered or [""]
    sentence = f"The code uses {', '.join(most)} and {last}." if most else f"The code uses {last}."
    return {
        "comma list, best last": best_last,
        "comma list, best first": best_first,
        "space list, best last": " ".join(ordered),
        "Glossary: comma list, best last": f"Glossary: {best_last}",
        "a sentence, best last": sentence,
    }
