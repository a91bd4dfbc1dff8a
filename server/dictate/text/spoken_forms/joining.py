"""The space between the parts of a line of code, by what stands on either side.

One rule set for all languages, with the differences that their formatters (gofmt, rustfmt, black,
prettier, clang-format) agree on. What the rules cannot know (is `*` a product or a pointer?) goes
by what stands in front, as a reader would guess.
"""

from __future__ import annotations

import re

from dictate.text.spoken_forms.language_style import Style
from dictate.text.spoken_forms.part import (
    BEFORE_VALUE,
    BEHIND_UNDERSCORE,
    CLOSING,
    NEVER_CALLED,
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
    is_operator,
    is_pair,
    is_symbol,
)


class Joiner:
    """Writes parts one after the other; each call to `gap` says what stands before the next one."""

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
        self._ternaries = 0

    def gap(self, part: Part, following: Part | None) -> str:
        """The space before `part`, which is written now; "" or " ".

        Args:
            part: the next one.
            following: what comes behind it, as far as known.
        """
        space = self._space(part, following)
        self._note(part, following)
        if self._last_text() == "[" and part.text == "]":
            self._written[-1] = Part("[]", "bracket")
        else:
            self._written.append(part)
        return " " if space else ""

    def _space(self, part: Part, following: Part | None) -> bool:
        if not self._written or part.kind == "white space":
            return False
        previous = self._written[-1]
        if previous.kind == "white space":
            return False
        if "comment" in (part.kind, previous.kind):
            return True
        if self._quote:
            return self._space_in_quotes(part, previous)
        text, last = part.text, previous.text
        if text in QUOTES:
            return self._space_before_quote(previous)
        if self._is_prefix:
            return self._prefix_space(part, last)
        if text[0] in ",;":
            return False
        if text[0] in CLOSING:
            return text == "}" and self._pads_brace(last)
        if last[-1] in OPENING and last not in PAIRS:
            return last[-1] == "{" and self._pads_brace(text)
        if self._opens_type(previous):
            return False
        if part.kind == "bracket" and text[0] in "<>":
            return last in ("include", "#include")
        if text[0] == "(" or text.startswith("["):
            return self._space_before_call(part, previous, following)
        if text[0] == "{":
            return self._space_before_brace(last)
        if is_symbol(part):
            return self._space_before_symbol(part, previous, following)
        return self._space_before_word(part, previous)

    # ------------------------------------------------------------------ strings

    def _space_in_quotes(self, part: Part, previous: Part) -> bool:
        """Within a string words are apart, and marks stand as in a sentence or a path."""
        if part.text == self._quote or previous.text in QUOTES:
            return False
        if part.text[0] in ",.;:!?)]}/\\-_=%" and is_symbol(part):
            return False
        if is_symbol(previous):
            return previous.text[-1] in ",;:!?)]}." and not is_symbol(part)
        return not is_symbol(part) or part.text[0] in "({[$#@<&*+"

    def _space_before_quote(self, previous: Part) -> bool:
        last = previous.text
        if self._opens_type(previous):
            return False
        if last[-1] in "([{.@#$!~\\" and last not in PAIRS and last[-1] != "{":
            return False
        if last in self._style.string_prefixes:
            return False
        return not self._is_prefix and not (last[-1] == "{" and not self._style.pads_braces)

    # ---------------------------------------------------------------- brackets

    def _space_before_call(self, part: Part, previous: Part, following: Part | None) -> bool:
        last = previous.text
        if last == "function" and self._style.spaces_anonymous:
            return True
        if last == "func" and self._style.type_brackets_first and len(self._written) == 1:
            return True  # a method's receiver
        if self._style.type_brackets_first and is_pair(part, following):
            return last[-1] not in "([{.*&]"
        if self._is_access(last) or last[-1] in "!?" or last == "...":
            return last[-1] == "?" and self._ternaries > 0
        if last in NEVER_CALLED:
            return not (len(self._written) > 1 and self._is_access(self._written[-2].text))
        return not (WORD_END.search(last) or last[-1] in ")]}>\"'`_" or last in PAIRS) or (
            last == ">" and previous.kind != "bracket"
        )

    def _space_before_brace(self, last: str) -> bool:
        if self._style.tight_literals:
            behind_type = len(self._written) > 1 and self._written[-2].text == "[]"
            if last[:1].isupper() or last[-1] == "]" or behind_type:
                return False
        return last[-1] not in "([{$#@.:" or last == ":"

    def _pads_brace(self, inner: str) -> bool:
        """Whether a brace has a space on its inner side."""
        opened = [text for text in self._brackets if text[-1] == "{"]
        return self._style.pads_braces and inner[-1] != "{" and (not opened or opened[-1] == "{")

    # ----------------------------------------------------------------- symbols

    def _space_before_symbol(self, part: Part, previous: Part, following: Part | None) -> bool:
        text, last = part.text, previous.text
        if self._is_access(text):
            return last in BEFORE_VALUE or is_operator(previous, self._style)
        if self._is_access(last):
            return False
        if text == ":":
            return self._space_before_colon(last)
        if text == "?":
            follows = following.text[0] if following else ""
            return not (self._style.postfix_question or (follows in ".:)],;" and follows))
        if text == "|" and self._closure_open:
            return False
        if text in ("!", "!!") and self._ends_value(previous):
            return not self._is_postfix_bang(following)
        if text in ("++", "--") and self._ends_value(previous) and not self._style.is_shell:
            return following is not None and WORD_START.match(following.text) is not None
        if text in self._style.tight_symbols:
            return self._style.is_shell and text in "-/" and self._begins_argument(following)
        if text in ("..", "..=", "...") and self._style.tight_ranges:
            return not self._ends_value(previous)
        if text == "=" and self._is_keyword_argument():
            return False
        return not (text == "!" and last == "#")

    def _space_before_colon(self, last: str) -> bool:
        if self._ternaries:
            return True
        return self._style.symbol_colons and not (self._brackets and is_name(last))

    def _prefix_space(self, part: Part, last: str) -> bool:
        if part.text[0] in ",;)" or part.kind == "operator":
            return part.kind == "operator"
        return last == "#" and "#" in self._style.line_comments

    # ------------------------------------------------------------------- words

    def _space_before_word(self, part: Part, previous: Part) -> bool:
        text, last = part.text, previous.text
        if self._is_access(last):
            return text == "import"
        if text == "_":
            return not self._is_glued_name(last)
        if last == "_":
            return text in BEHIND_UNDERSCORE and not self._was_glued()
        if last == "[]" and self._style.type_brackets_first:
            return False
        if last == ":":
            return not (self._brackets and self._brackets[-1] == "[" and self._style.slices)
        if last in self._style.tight_symbols:
            return False
        if last in ("..", "..=") and self._style.tight_ranges:
            return False
        if last == "|" and self._closure_open:
            return False
        if last == "=" and self._was_keyword_argument():
            return False
        return not (last[-1] in "@$\\" and previous.kind == "symbol")

    def _was_glued(self) -> bool:
        return len(self._written) > 1 and self._is_glued_name(self._written[-2].text)

    def _is_glued_name(self, text: str) -> bool:
        """Whether an underscore behind a word is a part of its name."""
        return bool(WORD_END.search(text)) and text not in BEFORE_VALUE

    # ------------------------------------------------------------------- state

    def _note(self, part: Part, following: Part | None) -> None:
        text = part.text
        is_prefix = self._binds_to_next(part, following)
        if part.kind == "white space" and "\n" in text:
            self._quote, self._ternaries, self._closure_open = "", 0, False
        elif self._quote:
            self._quote = "" if text == self._quote else self._quote
        elif text in QUOTES and not (text == "'" and self._style.has_lifetimes):
            self._quote = text
        elif text == "|" and self._style.closures:
            self._closure_open = not self._closure_open and is_prefix
        elif text == "?" and not self._style.postfix_question:
            self._ternaries += 1
        elif text == ":" and self._ternaries:
            self._ternaries -= 1
        elif text[-1] in OPENING and text not in PAIRS:
            self._brackets.append(f"call{text}" if self._opens_call(text) else text)
        elif text[0] in CLOSING and self._brackets and part.kind != "phrase":
            self._brackets.pop()
        self._is_prefix = is_prefix

    def _opens_call(self, text: str) -> bool:
        return text == "(" and bool(self._written) and is_name(self._written[-1].text)

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
            is_postfix = self._has_value_before() and self._is_postfix_bang(following)
            return not (text == "!" and is_postfix)
        if text in ("-", "--") and self._style.is_shell:
            return True
        if text in ("*", "**", "&") and self._style.pointers and self._is_declaration():
            return True
        if text in ("..", "...") and self._style.concatenates and text == "..":
            return False
        if text in ("*", "**", "&", "--", "++") and not self._written and not self._before:
            return following is not None and not NUMBER.match(following.text)
        return not self._has_value_before()

    def _begins_argument(self, following: Part | None) -> bool:
        """In a shell: behind the command, and with one letter, a path or an option begins."""
        if following is not None and len(following.text) == 1:
            return True
        return len(self._written) < 2 or self._written[-2].kind in ("operator", "white space")

    def _is_declaration(self) -> bool:
        """Whether a type stands or may stand here, so that a star makes a pointer of it."""
        if self._last_text() in TYPES:
            return True
        declares = any(part.text in ("func", "var") for part in self._written[:1])
        return self._style.type_brackets_first and declares

    def _is_postfix_bang(self, following: Part | None) -> bool:
        """`save!`, `println!(`, `x!.y`: it belongs to what stands in front."""
        if following is None:
            return self._style.postfix_bang
        if following.text[0] in ".)],;":
            return True
        return self._style.postfix_bang and not WORD_START.match(following.text)

    def _opens_type(self, previous: Part) -> bool:
        return previous.kind == "bracket" and previous.text == "<"

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
