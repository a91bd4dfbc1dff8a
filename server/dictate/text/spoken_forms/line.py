"""What has been written of a line of code, and what the next part of it stands in."""

from __future__ import annotations

import re

from dictate.text.spoken_forms.language_style import Style
from dictate.text.spoken_forms.part import (
    BEFORE_VALUE,
    CLOSING,
    NUMBER,
    OPENING,
    PAIRS,
    PREFIXES,
    QUOTES,
    TYPES,
    WORD_END,
    WORD_START,
    Part,
    is_name,
)

_BEFORE_TYPE = frozenset({"const", "enum", "static", "struct", "union", "unsigned"})


class Line:
    """The parts so far, with the brackets, strings and questions that are open in them."""

    def __init__(self, style: Style, line_before: str = "") -> None:
        """Begin.

        Args:
            style: of the language.
            line_before: what stands before the text on its line already; with a value at its end, a
                leading minus subtracts.
        """
        self._style = style
        self._before = line_before.rstrip()
        self._written: list[Part] = []
        self._brackets: list[str] = []
        self._quote = ""
        self._closure_open = False
        self._is_prefix = False  # the last part binds to what follows
        self._ternaries: list[int] = []  # how many brackets were open at each question

    def _note(self, part: Part, following: Part | None) -> None:
        text = part.text
        is_prefix = self._binds_to_next(part, following)
        if part.kind == "white space" and "\n" in text:
            self._quote, self._ternaries, self._closure_open = "", [], False
        elif self._quote:
            self._quote = "" if text == self._quote else self._quote
        elif text in QUOTES and not (text == "'" and self._style.has_lifetimes):
            self._quote = text
        elif text == "|" and self._style.closures:
            self._closure_open = not self._closure_open and is_prefix
        elif text == "?" and not self._is_postfix_question(following):
            self._ternaries.append(len(self._brackets))
        elif text == ":" and self._ends_ternary():
            self._ternaries.pop()
        elif text[-1] in OPENING and text not in PAIRS:
            self._brackets.append(self._opening(text))
        elif text[0] in CLOSING and self._brackets and part.kind != "phrase":
            self._brackets.pop()
        self._is_prefix = is_prefix

    def _ends_ternary(self) -> bool:
        """Whether a colon belongs to the last question: both within the same brackets."""
        return bool(self._ternaries) and self._ternaries[-1] == len(self._brackets)

    def _opening(self, text: str) -> str:
        """A bracket, with what stands in front where that tells what it is."""
        if text == "(" and is_name(self._last_text()):
            return "call("
        if text == "(" and self._last_text() == "for":
            return "for("
        if self._style.is_shell and text[0] == "[":
            return "[" if is_name(self._last_text()) else "test["
        return "::{" if text == "{" and self._last_text() == "::" else text

    def _begins_with(self, *words: str) -> bool:
        return bool(self._written) and self._written[0].text in words

    def _binds_to_next(self, part: Part, following: Part | None) -> bool:
        text = part.text
        if self._quote or part.kind in ("operator", "white space", "phrase", "comment"):
            return False
        if text == "|" and self._style.closures and not self._closure_open:
            return not self._has_value_before() or self._last_text() in ("{", "do", "move")
        if text == ":" and self._style.symbol_colons:
            return not (self._brackets and is_name(self._last_text()))
        if text == "'" and self._style.has_lifetimes:
            return not (len(self._written) > 1 and self._written[-2].text == "'")
        if text not in PREFIXES:
            return False
        if text in ("@", "$") and not (text == "@" and self._style.at_is_operator):
            return True
        if text == "#":
            return True
        if text in ("!", "~"):
            is_postfix = self._has_name_before() and self._is_postfix_bang(following)
            return not (text == "!" and is_postfix)
        if text in ("-", "--") and self._style.is_shell:
            return True
        if text in ("*", "**", "&") and self._style.pointers and self._is_declaration():
            return True
        if text == "..." and following is not None and following.text[0] not in ",)]":
            return not self._style.tight_ranges or not self._has_value_before()
        if text in ("..", "...") and self._style.concatenates and text == "..":
            return False
        if text in ("*", "**", "&", "--", "++") and not self._written and not self._before:
            return following is not None and not NUMBER.match(following.text)
        return not self._has_value_before()

    def _begins_argument(self, following: Part | None) -> bool:
        """In a shell: behind the command, and with one letter, a path or an option begins."""
        is_test = self._brackets[-1:] == ["test["]
        if is_test or (following is not None and len(following.text) == 1):
            return True
        return len(self._written) < 2 or self._written[-2].kind in ("operator", "white space")

    def _is_declaration(self) -> bool:
        """Whether a type stands or may stand here, so that a star makes a pointer of it."""
        if self._style.type_brackets_first:
            is_map = any(part.text == "map" for part in self._written)
            is_argument = self._brackets and any(part.text == "func" for part in self._written)
            return is_map or bool(is_argument) or self._begins_with("func", "var")
        last = self._last_text()
        if last in TYPES or last.endswith("_t"):
            return True
        if len(self._written) == 1:
            return is_name(last)  # a product alone does nothing
        before = self._written[-2].text if len(self._written) > 1 else ""
        is_type = last[:1].isupper() and not last.isupper() and before in ("(", ",", "<")
        return is_type or before in _BEFORE_TYPE

    def _is_postfix_bang(self, following: Part | None) -> bool:
        """`save!`, `println!(`, `x!.y`: it belongs to what stands in front."""
        if following is None:
            return self._style.postfix_bang
        if following.text[0] in ".)],;:":
            return True
        return self._style.postfix_bang and (
            self._is_member() or not WORD_START.match(following.text)
        )

    def _is_postfix_question(self, following: Part | None) -> bool:
        """`x?: T`, `open()?`: it belongs to what stands in front, and nothing is asked."""
        return self._style.postfix_question or (
            following is not None and following.text[0] in ".:)],;"
        )

    def _is_member(self) -> bool:
        """Whether the last word is a member of something, so that it is no keyword."""
        return len(self._written) > 1 and self._is_access(self._written[-2].text)

    def _has_name_before(self) -> bool:
        """Whether a mark behind the last part can be a part of it: `assert!` too is a name."""
        if self._last_text() in ("assert", "return") and self._style.postfix_bang:
            return self._last_text() == "assert"
        return self._has_value_before()

    def _has_value_before(self) -> bool:
        if self._written:
            return self._ends_value(self._written[-1])
        return bool(self._before) and self._ends_value(Part(self._before.split()[-1]))

    def _ends_value(self, part: Part) -> bool:
        if part.kind in ("operator", "white space"):
            return False
        text = part.text
        if WORD_END.search(text):
            word = re.split(r"\W", text)[-1]
            return word not in BEFORE_VALUE
        return text[-1] in ")]}\"'`" or text in PAIRS

    def _last_text(self) -> str:
        return self._written[-1].text if self._written else ""

    def _is_access(self, text: str) -> bool:
        return text in self._style.access

    def _is_keyword_argument(self) -> bool:
        """Python: `f(x=5)` within a call, but `f(x: int = 5)`."""
        if not (self._style.tight_keyword_arguments and self._brackets):
            return False
        return self._brackets[-1] == "call(" and self._behind_argument_start(len(self._written) - 1)

    def _was_keyword_argument(self) -> bool:
        if not (self._style.tight_keyword_arguments and self._brackets):
            return False
        return self._brackets[-1] == "call(" and self._behind_argument_start(len(self._written) - 2)

    def _behind_argument_start(self, index: int) -> bool:
        if index < 1 or not is_name(self._written[index].text):
            return False
        return self._written[index - 1].text in ("(", ",")
