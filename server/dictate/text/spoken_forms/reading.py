"""Reads stretches of heard words: numbers, spelled letters, the words of a name."""

from __future__ import annotations

from collections.abc import Sequence

from dictate.text.spoken_forms.formatters import NAMES, ONE_WORD
from dictate.text.spoken_forms.numbers import read_digits, read_number
from dictate.text.spoken_forms.pieces import Piece
from dictate.text.spoken_forms.spelling import read_letters
from dictate.text.spoken_forms.table import Form, LanguageForms

ENDS_A_NAME = frozenset({"symbol", "operator", "bracket", "white space", "formatter"})
"""Kinds of spoken forms that no name goes over."""


class Reader:
    """The pieces of an utterance, and what they say in a language."""

    def __init__(self, found: Sequence[Piece], forms: LanguageForms) -> None:
        self.pieces = found
        self.forms = forms
        self.texts = [piece.text for piece in found]
        self.keys = [piece.key for piece in found]

    def form_at(self, index: int) -> Form | None:
        """The spoken form of code that begins at a piece."""
        return self.forms.code.longest(self.keys, index)

    def words_of_name(self, index: int, formatter: str) -> tuple[list[str], int]:
        """The words that a formatter takes, numbers as digits, and the index behind them."""
        words: list[str] = []
        while index < len(self.pieces) and not self.ends_name(index):
            spelled, end = self._spelled_word(index)
            if not spelled and (words or formatter not in NAMES):
                spelled, end = self._number(index)
            if not spelled:
                spelled, end = self.texts[index], index + 1
            words.append(spelled)
            index = end
            if formatter in ONE_WORD or self.pieces[index - 1].ends_sentence:
                break
        return words, index

    def ends_name(self, index: int) -> bool:
        """Whether no name goes over a piece: a symbol, a formatter, "over"."""
        if self.pieces[index].is_symbol:
            return True
        form = self.form_at(index)
        if form is None or form.is_word:
            return False
        return form.kind in ENDS_A_NAME or (form.kind == "modifier" and form.written == "end")

    def _number(self, index: int) -> tuple[str, int]:
        number = read_number(self.keys, index)
        return (number.text, index + number.words) if number is not None else ("", index)

    def _spelled_word(self, index: int) -> tuple[str, int]:
        """Within a name: letters that are spelled, a number asked for, an escaped word."""
        form = self.form_at(index)
        if form is None or form.kind != "modifier":
            return "", index
        behind = index + len(form.phrase)
        if form.written == "next_word" and behind < len(self.pieces):
            return self.texts[behind], behind + 1
        return self.letters_or_digits(form.written, behind)

    def letters_or_digits(self, modifier: str, index: int) -> tuple[str, int]:
        """What a modifier spells, and the index behind it; "" where nothing of the kind follows."""
        if modifier in ("letters", "letter", "capital_letters"):
            most = 1 if modifier == "letter" else 64
            text, end = read_letters(self.texts, self.keys, index, self.forms, most=most)
            return (text.upper() if modifier == "capital_letters" else text), end
        if modifier in ("digits", "hexadecimal"):
            number = (
                read_digits(self.keys, index)
                if modifier == "digits"
                else read_number(self.keys, index, hexadecimal=True)
            )
            if number is not None:
                return number.text, index + number.words
        return "", index

    def behind_end_mark(self, index: int) -> int:
        """Behind "over", where it ends what stands in front of it."""
        form = self.form_at(index)
        if form is not None and form.kind == "modifier" and form.written == "end":
            return index + len(form.phrase)
        return index

    def is_new_line(self, index: int) -> bool:
        """Whether a new line is asked for."""
        form = self.form_at(index)
        return form is not None and form.kind == "white space" and "\n" in form.written
