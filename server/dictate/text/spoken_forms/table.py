"""The table of spoken forms: the packaged one, and the user's own file over it.

`spoken_forms.toml` says in its head what its sections mean; the user's file has the same shape. The
table is compiled for a language when that is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dictate.text.spoken_forms.formatters import FORMATTERS
from dictate.text.spoken_forms.table_file import Entry, read_entries

Kind = Literal[
    "formatter", "symbol", "operator", "bracket", "white space", "keyword", "comment", "modifier",
    "letter", "letter name", "prose", "command",
]  # fmt: skip

SECTIONS: dict[str, tuple[Kind, bool]] = {
    "formatters": ("formatter", False),
    "formatter_words": ("formatter", True),
    "symbols": ("symbol", False),
    "symbol_words": ("symbol", True),
    "operators": ("operator", False),
    "brackets": ("bracket", False),
    "white_space": ("white space", False),
    "white_space_words": ("white space", True),
    "keywords": ("keyword", False),
    "comments": ("comment", False),
    "modifiers": ("modifier", False),
    "letters": ("letter", False),
    "letter_names": ("letter name", False),
    "prose": ("prose", False),
    "commands": ("command", False),
}
"""Section of the file -> the kind of its forms, and whether names are made of such words too."""

_MODIFIERS_WORDS = """
letters letter digits hexadecimal capital_letters next_word phrase utterance end
"""
MODIFIERS = frozenset(_MODIFIERS_WORDS.split())
_COMMANDS_WORDS = "scratch undo new_line new_paragraph tab select raw"
COMMANDS = frozenset(_COMMANDS_WORDS.split())

_PACKAGED = Path(__file__).with_name("spoken_forms.toml")


@dataclass(frozen=True, slots=True)
class Form:
    """A phrase and what it means.

    Attributes:
        phrase: its words in lower case.
        kind: what it is.
        written: the text to write, or the name of the formatter, modifier or command.
        is_word: names are made of such words too.
    """

    phrase: tuple[str, ...]
    kind: Kind
    written: str
    is_word: bool = False


@dataclass(slots=True)
class _Node:
    form: Form | None = None
    children: dict[str, _Node] = field(default_factory=dict)


class FormTrie:
    """Phrases by their words, the longest match first."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self.forms = tuple(forms)
        self._root = _Node()
        for form in forms:
            node = self._root
            for word in form.phrase:
                node = node.children.setdefault(word, _Node())
            node.form = form

    def longest(self, words: Sequence[str], start: int) -> Form | None:
        """The longest phrase that begins at `start`.

        Args:
            words: bare, in lower case.
            start: index into them.
        """
        node, best = self._root, None
        for index in range(start, len(words)):
            child = node.children.get(words[index])
            if child is None:
                break
            node, best = child, child.form or best
        return best


@dataclass(frozen=True)
class LanguageForms:
    """What can be said in one language.

    Attributes:
        language_id: as editors name it.
        code: what is understood in code.
        letters: of spelling alphabets.
        letter_names: of the letters as such.
        prose: punctuation understood in prose.
        commands: whole utterances.
    """

    language_id: str
    code: FormTrie
    letters: FormTrie
    letter_names: FormTrie
    prose: FormTrie
    commands: FormTrie

    def tries(self) -> Iterator[FormTrie]:
        """All tries, in the order of the documentation."""
        yield from (self.code, self.letters, self.letter_names, self.prose, self.commands)


def _slot(kind: Kind) -> str:
    """Which trie a form is in: phrases of different tries do not compete."""
    own = {"letter": "letters", "letter name": "letter_names", "prose": "prose"}
    return "commands" if kind == "command" else own.get(kind, "code")


class SpokenForms:
    """The table: of the package, with the user's file over it.

    Attributes:
        entries: of the packaged file and of the user's.
        problems: one line for everything in the user's file that cannot be used.
    """

    def __init__(self, user_file: Path | None = None, *, packaged_file: Path = _PACKAGED) -> None:
        """Read the files.

        Args:
            user_file: the user's own, or None; one that does not exist is no problem.
            packaged_file: the table beneath it.
        """
        packaged, faults = read_entries(packaged_file, SECTIONS, _fault)
        if faults:
            raise ValueError("; ".join(faults))
        own, self.problems = read_entries(user_file, SECTIONS, _fault) if user_file else ([], ())
        self.entries = (*packaged, *own)
        self._layers = [layer for entries in (packaged, own) for layer in _by_reach(entries)]
        self._compiled: dict[str, LanguageForms] = {}

    def for_language(self, language_id: str) -> LanguageForms:
        """The forms of a language, those of no language in particular among them."""
        language_id = language_id.lower()
        if language_id not in self._compiled:
            self._compiled[language_id] = self._compile(language_id)
        return self._compiled[language_id]

    def languages(self) -> list[str]:
        """Languages that the table says something of, in alphabetical order."""
        return sorted({name for layer in self._layers for entry in layer for name in entry.ids})

    def collisions(self) -> list[str]:
        """Phrases that one layer of the table gives two meanings in one language."""
        found = []
        for layer in self._layers:
            for language_id in ("", *self.languages()):
                meanings: dict[tuple[str, tuple[str, ...]], Form] = {}
                for form in _forms(layer, language_id):
                    known = meanings.setdefault((_slot(form.kind), form.phrase), form)
                    if known != form:
                        said = " ".join(form.phrase)
                        found.append(
                            f"{language_id or 'all languages'}: {said!r} is {known.written!r} "
                            f"and {form.written!r}"
                        )
        return found

    def _compile(self, language_id: str) -> LanguageForms:
        slots: dict[str, dict[tuple[str, ...], Form]] = {
            name: {} for name in ("code", "letters", "letter_names", "prose", "commands")
        }
        for layer in self._layers:
            for entry in layer:
                if entry.written is False and _applies(entry, language_id):
                    slots[_slot(SECTIONS[entry.section][0])].pop(entry.phrase, None)
            for form in _forms(layer, language_id):
                slots[_slot(form.kind)][form.phrase] = form
        return LanguageForms(
            language_id, **{name: FormTrie(list(forms.values())) for name, forms in slots.items()}
        )


def _by_reach(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Entries of all languages, and over them those of some."""
    return [entry for entry in entries if not entry.ids], [entry for entry in entries if entry.ids]


def _applies(entry: Entry, language_id: str) -> bool:
    return not entry.ids or language_id in entry.ids


def _forms(layer: Sequence[Entry], language_id: str) -> Iterator[Form]:
    for entry in layer:
        if _applies(entry, language_id) and entry.written is not False:
            kind, is_word = SECTIONS[entry.section]
            yield Form(entry.phrase, kind, entry.written, is_word)


def _fault(section: str, written: str) -> str | None:
    """What is wrong with a value of a section."""
    known = {"formatters": FORMATTERS, "formatter_words": FORMATTERS}.get(section)
    if known is not None and written not in known:
        return f"there is no formatter {written!r}; there are {', '.join(sorted(known))}"
    if section == "modifiers" and written not in MODIFIERS:
        return f"there is no modifier {written!r}; there are {', '.join(sorted(MODIFIERS))}"
    if section == "commands" and written not in COMMANDS:
        return f"there is no command {written!r}; there are {', '.join(sorted(COMMANDS))}"
    if section.startswith("letter") and len(written) != 1:
        return f"{written!r} is not one letter"
    return None
