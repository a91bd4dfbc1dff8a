"""The space between the parts of a line of code, by what stands on either side.

One rule set for all languages, with the differences that their formatters (gofmt, rustfmt, black,
prettier, clang-format) agree on. What the rules cannot know (is `*` a product or a pointer?) goes
by what stands in front, as a reader would guess.
"""

from __future__ import annotations

from dictate.text.spoken_forms.line import Line
from dictate.text.spoken_forms.part import (
    BEFORE_LEADING_DOT,
    BEFORE_NAME,
    BEFORE_VALUE,
    BEHIND_UNDERSCORE,
    CLOSING,
    NEVER_CALLED,
    NEVER_INDEXED,
    NUMBER,
    OPENING,
    PAIRS,
    QUOTES,
    WORD_END,
    WORD_START,
    Part,
    is_name,
    is_operator,
    is_pair,
    is_symbol,
)

_BLOCK_WORDS = ("else", "for", "func", "if", "interface", "select", "struct", "switch", "type")


class Joiner(Line):
    """Writes parts one after the other; each call to `gap` says what stands before the next one."""

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
            if text[0] == "]" and self._style.is_shell:
                return last != "]" and self._brackets[-1:] == ["test["]
            return text == "}" and self._pads_brace(last)
        if last[-1] in OPENING and last not in PAIRS:
            if last[0] == "[" and self._style.is_shell:
                return text[0] != "[" and self._brackets[-1] == "test["
            return last[-1] == "{" and self._pads_brace(text)
        if self._opens_type(previous):
            return False
        if part.kind == "bracket" and text[0] in "<>":
            return last in ("include", "#include", "template")
        if text[0] == "(" or text.startswith("["):
            return self._space_before_call(part, previous, following)
        if text[0] == "{":
            return self._space_before_brace(last)
        if is_symbol(part):
            return self._space_before_symbol(part, previous, following)
        return self._space_before_word(part, previous)

    def _space_in_quotes(self, part: Part, previous: Part) -> bool:
        """Within a string words are apart, and marks stand as in a sentence or a path."""
        if part.text == self._quote or previous.text in QUOTES:
            return False
        if part.text[0] in ",.;:!?)]}/\\-_=%" and is_symbol(part):
            return False
        if is_symbol(previous):
            return previous.text[-1] in ",;:!?)]}" and not is_symbol(part)
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

    def _space_before_call(self, part: Part, previous: Part, following: Part | None) -> bool:
        last = previous.text
        if last == "function" and self._style.spaces_anonymous:
            return True
        if last == "func" and self._style.type_brackets_first and len(self._written) == 1:
            return True  # a method's receiver
        if last == "=" and self._style.is_shell:
            return False
        if self._style.type_brackets_first and is_pair(part, following):
            return last[-1] not in "([{.*&]"
        if self._is_access(last) or last[-1] in "!?" or last == "...":
            return last[-1] == "?" and bool(self._ternaries)
        if self._is_tested(part, last):
            return True
        if last in ("function", "func", "fn"):
            return False
        if last in (NEVER_INDEXED if part.text[0] == "[" else NEVER_CALLED):
            is_named = len(self._written) > 1 and self._written[-2].text in BEFORE_NAME
            return not (is_named or self._is_member())
        if self._style.type_brackets_first and self._begins_with("func"):
            return last[-1] == ")" and not self._brackets  # results stand behind arguments
        if last == ">":
            return previous.kind != "bracket"
        return not (WORD_END.search(last) or last[-1] in ")]}\"'`" or last in PAIRS)

    def _is_tested(self, part: Part, last: str) -> bool:
        """Shell: whether a bracket is the command `[`, not an index."""
        if not (self._style.is_shell and part.text[0] == "["):
            return False
        return last in NEVER_CALLED or not WORD_END.search(last)

    def _space_before_brace(self, last: str) -> bool:
        if last == "=" and self._style.is_shell:
            return False
        if self._style.tight_literals and not self._begins_with(*_BLOCK_WORDS):
            behind_type = len(self._written) > 1 and self._written[-2].text == "[]"
            if last[:1].isupper() or last[-1] == "]" or behind_type:
                return False
        return last[-1] not in "([{$#@.:" or last == ":"

    def _pads_brace(self, inner: str) -> bool:
        """Whether a brace has a space on its inner side."""
        opened = [text for text in self._brackets if text[-1] == "{"]
        is_plain = not opened or opened[-1] == "{"
        return self._style.pads_braces and inner[-1] != "{" and is_plain

    def _space_before_symbol(self, part: Part, previous: Part, following: Part | None) -> bool:
        text, last = part.text, previous.text
        if self._is_access(text):
            is_alone = last in BEFORE_LEADING_DOT and not self._is_member()
            return is_alone or last in (",", ":", ";") or is_operator(previous, self._style)
        if self._is_access(last):
            return False
        if text == ":":
            return self._space_before_colon(last)
        if text == "?":
            return not self._is_postfix_question(following)
        if text == "|" and self._closure_open:
            return False
        if text in ("!", "!!") and self._has_name_before():
            return not self._is_postfix_bang(following)
        if text in ("..", "..=", "...") and self._style.tight_ranges:
            return not self._ends_value(previous)
        if text in ("++", "--", "...") and self._ends_value(previous):
            is_followed = following is not None and WORD_START.match(following.text) is not None
            return is_followed or (self._style.is_shell and text == "--")
        if last == "=" and self._style.is_shell:
            return False
        if text in self._style.tight_symbols:
            return self._style.is_shell and text in "-/" and self._begins_argument(following)
        if text == "*" and last[-1] == "]" and self._is_declaration():
            return False
        if text == "=" and self._is_keyword_argument():
            return False
        return not (text == "!" and last == "#")

    def _space_before_colon(self, last: str) -> bool:
        if self._ends_ternary() or self._brackets[-1:] == ["for("]:
            return True
        return self._style.symbol_colons and not (self._brackets and is_name(last))

    def _prefix_space(self, part: Part, last: str) -> bool:
        if part.text[0] in ",;)" or part.kind == "operator":
            return part.kind == "operator"
        return last == "#" and "#" in self._style.line_comments

    def _space_before_word(self, part: Part, previous: Part) -> bool:
        text, last = part.text, previous.text
        if self._is_access(last):
            return text == "import" and len(self._written) > 1 and self._written[-2].text == "from"
        if text == "_":
            return not self._is_glued_name(last)
        if last == "_" and self._style.separate_underscore:
            return True
        if last == "_":
            return text in BEHIND_UNDERSCORE and not self._was_glued()
        if last[-1] == "]" and self._style.type_brackets_first:
            return False
        if last == ":":
            return not (self._brackets and self._brackets[-1] == "[" and self._style.slices)
        if last in self._style.tight_symbols:
            return False
        if last in ("..", "..=", "...") and self._style.tight_ranges:
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
        is_word = bool(WORD_END.search(text)) and text not in BEFORE_VALUE
        return is_word and not NUMBER.match(text)

    def _opens_type(self, previous: Part) -> bool:
        return previous.kind == "bracket" and previous.text == "<"
