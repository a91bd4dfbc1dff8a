"""Heard words as code: spoken forms, names, numbers, and the words that are neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dictate.text.heard import Heard, HeardWord
from dictate.text.keywords import KEYWORDS
from dictate.text.snapping.everyday import FUNCTION_WORDS
from dictate.text.snapping.snap import Snap, Snapper
from dictate.text.spoken_forms.formatters import OUTER, format_words
from dictate.text.spoken_forms.joining import Joiner
from dictate.text.spoken_forms.language_style import style_of
from dictate.text.spoken_forms.layout import Made, lay_out
from dictate.text.spoken_forms.numbers import read_number
from dictate.text.spoken_forms.part import QUOTES, Part, PartKind
from dictate.text.spoken_forms.pieces import Piece, pieces
from dictate.text.spoken_forms.prose import write_prose
from dictate.text.spoken_forms.reading import ENDS_A_NAME, Reader
from dictate.text.spoken_forms.table import Form, LanguageForms
from dictate.text.written import Span, Written

_PART_KINDS: dict[str, PartKind] = {
    "symbol": "symbol",
    "operator": "operator",
    "bracket": "bracket",
    "white space": "white space",
    "keyword": "word",
}
_ARTICLES = frozenset({"a", "an", "the"})
_LINE_ENDS = frozenset({";", "{", "}", ")", "()", "{}"})


def write_code(
    heard: Heard,
    forms: LanguageForms,
    snapper: Snapper | None,
    replacements: Mapping[tuple[str, ...], str] = {},
    *,
    line_before: str = "",
) -> Written:
    """Write what was heard as code.

    At each word the first of these that applies: what takes the words behind it as they are
    ("escape", "literally", "say", "spell", "number"); an exact replacement; a formatter with the
    words behind it; the longer of a name and a spoken form; a number; the word itself. Of the same
    length the spoken form wins, unless it is a keyword and the words are exactly a name. A name
    that is longer than the saying wins over all but replacements.

    Args:
        heard: what was said; sentence punctuation and capitals are not meant.
        forms: of the language.
        snapper: finds names; None: there are none.
        replacements: spoken words in lower case -> what is written for them.
        line_before: what stands before the place on its line: behind a value a leading minus
            subtracts.
    """
    return _Code(heard, forms, snapper, replacements, line_before).write()


@dataclass
class _Code:
    """One utterance on its way; every rule adds a part and returns the index behind it."""

    heard: Heard
    forms: LanguageForms
    snapper: Snapper | None
    replacements: Mapping[tuple[str, ...], str]
    line_before: str
    made: list[Made] = field(default_factory=list)
    quote: str = ""

    def __post_init__(self) -> None:
        self.pieces = pieces(self.heard)
        self.reader = Reader(self.pieces, self.forms)
        self.texts, self.keys = self.reader.texts, self.reader.keys
        self.style = style_of(self.forms.language_id)
        self.stretches = _stretches(self.pieces)
        self.longest_replacement = max(map(len, self.replacements), default=0)

    def write(self) -> Written:
        index = 0
        while index < len(self.pieces):
            index = self._step(index)
        if not self.made:
            return self._pauses()
        joiner = Joiner(self.style, self.line_before)
        return lay_out(self.made, self.pieces, self.heard, joiner)

    def _pauses(self) -> Written:
        """Nothing but the marks of pauses was heard, or nothing at all."""
        words = self.heard.words
        spans = (
            Span(word.start, word.end, index, index + 1, "as heard", word.confidence)
            for index, word in enumerate(words)
        )
        return Written(self.heard.text if words else "", tuple(spans), is_code=True)

    def _step(self, index: int) -> int:
        """Write what begins at a piece; returns the index behind it."""
        form = self._form_at(index)
        snap = self._snap(index, form)
        covers_more = snap is not None and _wins(snap, form, is_member=self._is_member())
        replaced = self._replacement(index)
        if form is not None and form.kind == "modifier" and not covers_more:
            end = self._modifier(form, index)
            if end > index:
                return end
        if replaced > index:
            return replaced
        if snap is not None and covers_more:
            return self._name(snap, index)
        if form is not None:
            end = self._form(form, index)
            if end > index:
                return end
            if snap is not None:
                return self._name(snap, index)
        return self._number(index) or self._as_heard(index)

    # ------------------------------------------------------------- what is there

    def _form_at(self, index: int) -> Form | None:
        """The spoken form that begins here, unless it is but a word here."""
        form = self.reader.form_at(index)
        if form is None or self.pieces[index].is_symbol:
            return None
        if form.is_word and (self._is_member() or self._is_told_of(form, index)):
            return None
        if form.kind == "keyword" and (self._is_text() or self._is_own(form, index)):
            return None
        return form

    def _is_member(self) -> bool:
        """What comes next stands behind an access mark."""
        return bool(self.made) and self.made[-1].part.text in self.style.access

    def _is_own(self, form: Form, index: int) -> bool:
        """The document has this very word as a name."""
        return (
            len(form.phrase) == 1
            and self.snapper is not None
            and self.snapper.spells(self.texts[index])
        )

    def _is_told_of(self, form: Form, index: int) -> bool:
        """A formatter's word behind an article: "a string", "the title" is spoken of."""
        return form.kind == "formatter" and index > 0 and self.keys[index - 1] in _ARTICLES

    def _is_text(self) -> bool:
        """What comes next is a string's text; what is put into one, `${here}`, is code."""
        if not self.quote:
            return False
        closed = False
        for index in range(len(self.made) - 1, 0, -1):
            text, before = self.made[index].part.text, self.made[index - 1].part.text
            if text == self.quote:
                break
            if text in ("${", "#{") or (text == "{" and before in ("$", "#")):
                return closed
            closed = closed or text == "}"
        return True

    def _snap(self, index: int, form: Form | None) -> Snap | None:
        """The name that begins here; one found by its sound does not swallow a spoken symbol."""
        start, end = self.stretches[index]
        if self.snapper is None or end <= index:
            return None
        words = self.texts[start:end]
        snap = self.snapper.longest(words, index - start, prose=self._is_text())
        if snap is not None and self._is_said_in_passing(snap, index):
            return None
        if snap is None or snap.how != "phonetic":
            return snap
        if form is not None and not form.is_word:
            return None
        for inner in range(index + 1, index + snap.words):
            within = self.reader.form_at(inner)
            if within is not None and not within.is_word and within.kind in ENDS_A_NAME:
                snap = self.snapper.longest(self.texts[start:inner], index - start, prose=False)
                break
        return snap

    def _is_said_in_passing(self, snap: Snap, index: int) -> bool:
        """Whether a name is of words such as "to" and "be", with other such words around it."""
        end = index + snap.words
        if not FUNCTION_WORDS.issuperset(self.keys[index:end]):
            return False
        before = self.made[-1] if self.made else None
        follows_word = (
            before is not None
            and before.rule == "as heard"
            and before.part.kind == "word"
            and before.part.text not in KEYWORDS
        )
        leads_to_word = (
            end < len(self.pieces)
            and not self.pieces[end].is_symbol
            and self.reader.form_at(end) is None
        )
        return follows_word or leads_to_word

    # ----------------------------------------------------------------- the rules

    def _replacement(self, index: int) -> int:
        """Write an exact replacement; the index behind it, or `index` where there is none."""
        most = min(self.longest_replacement, len(self.keys) - index)
        for count in range(most, 0, -1):
            said = tuple(self.keys[index : index + count])
            written = self.replacements.get(said)
            if written == "":
                return index + count
            if written:
                alternatives = (" ".join(self.texts[index : index + count]),)
                end = index + count
                return self._add(written, "word", index, end, "replacement", alternatives)
        return index

    def _name(self, snap: Snap, index: int) -> int:
        end = index + snap.words
        said = " ".join(self.texts[index:end])
        others = [name for name in (*snap.alternatives, said) if name != snap.name]
        rule = f"name: {snap.how}"
        return self._add(snap.name, "word", index, end, rule, tuple(dict.fromkeys(others)))

    def _number(self, index: int) -> int:
        """Write a number; 0 where there is none."""
        number = read_number(self.keys, index)
        is_pronoun = self.quote and number is not None and self.keys[index] == "one"
        if number is None or (is_pronoun and number.words == 1):
            return 0
        end = index + number.words
        said = " ".join(self.texts[index:end])
        rule = "number" if said != number.text else "as heard"
        return self._add(number.text, "word", index, end, rule, _unless(number.text, said))

    def _as_heard(self, index: int) -> int:
        """Write a piece as it is."""
        piece = self.pieces[index]
        if piece.is_symbol and piece.text in QUOTES:
            self._toggle(piece.text)
        kind: PartKind = "symbol" if piece.is_symbol else "word"
        return self._add(piece.text, kind, index, index + 1, "as heard")

    def _form(self, form: Form, index: int) -> int:
        """Write a spoken form; `index` where it is but a word here."""
        if form.kind == "formatter":
            return self._formatter(form, index)
        if form.kind == "comment":
            return self._comment(form, index)
        kind = _PART_KINDS.get(form.kind)
        if kind is None:
            return index
        if form.written in QUOTES:
            self._toggle(form.written)
        said = " ".join(form.phrase)
        written = form.written
        if form.kind == "keyword" and self._is_member():
            written = written.rpartition(".")[2]  # fmt dot print line
        rule = "keyword" if form.kind == "keyword" else f"symbol: {said}"
        end = index + len(form.phrase)
        return self._add(written, kind, index, end, rule, _unless(written, said))

    def _toggle(self, quote: str) -> None:
        """A quote begins a string, or ends the one that the same quote began."""
        if quote == "'" and self.style.has_lifetimes:
            return
        self.quote = "" if self.quote == quote else self.quote or quote

    # ------------------------------------------------------------------ formatters

    def _formatter(self, form: Form, index: int) -> int:
        """Write the words behind a formatter in its way; `index` where there are none."""
        behind = index + len(form.phrase)
        inner = self.reader.form_at(behind)
        goes_around = inner is not None and inner.kind == "formatter" and not inner.is_word
        if inner is not None and goes_around and form.written in OUTER:
            end = self._formatter(inner, behind)
            if end > behind:
                made = self.made.pop()
                text = format_words([made.part.text], form.written)
                rule = f"formatter: {form.written} {inner.written}"
                return self._add(text, "word", index, end, rule, (made.part.text,))
        words, end = self.reader.words_of_name(behind, form.written)
        if not words:
            return index
        text = format_words(words, form.written)
        said = " ".join(self.texts[behind:end])
        snap = self._snap(behind, None)
        known = (snap.name,) if snap is not None and behind + snap.words == end else ()
        others = tuple(other for other in dict.fromkeys((said, *known)) if other != text)
        end = self.reader.behind_end_mark(end)
        return self._add(text, "word", index, end, f"formatter: {form.written}", others)

    # --------------------------------------------------------- words as they are

    def _modifier(self, form: Form, index: int) -> int:
        """What takes the words behind it as they are; `index` where it is but a word here."""
        behind = index + len(form.phrase)
        if behind >= len(self.pieces):
            return index
        if form.written == "next_word":
            word = self.texts[behind]
            return self._add(word, "word", index, behind + 1, "escape")
        if form.written == "phrase" or (form.written == "utterance" and index == 0):
            end = behind
            while end < len(self.pieces) and self.reader.behind_end_mark(end) == end:
                end += 1
            if end == behind:
                return index
            words = self._heard_words(behind, end)
            text = self.heard.text[words[0].start : words[-1].end]
            text = text[:-1] if text.endswith(".") and not text.endswith("..") else text
            end = self.reader.behind_end_mark(end)
            return self._add(text, "phrase", index, end, form.phrase[0])
        text, end = self.reader.letters_or_digits(form.written, behind)
        if not text:
            return index
        rule = "number" if form.written in ("digits", "hexadecimal") else "letters"
        said = " ".join(self.texts[behind:end])
        return self._add(text, "word", index, end, rule, _unless(text, said))

    def _comment(self, form: Form, index: int) -> int:
        """A comment's mark and, up to a new line, prose."""
        behind = index + len(form.phrase)
        if len(form.phrase) == 1 and not self._may_begin_comment(index):
            return index
        end = behind
        while end < len(self.pieces) and not self.reader.is_new_line(end):
            end += 1
        self._add(form.written, "comment", index, behind, "comment")
        if end > behind:
            words = self._heard_words(behind, end)
            offset = words[0].start
            cut = tuple(
                HeardWord(word.text, word.start - offset, word.end - offset, word.confidence)
                for word in words
            )
            text = self.heard.text[offset : words[-1].end]
            prose = write_prose(Heard(text, cut), self.forms, self.snapper, self.replacements)
            written = prose.text
            if prose.spans[0].rule == "as heard":
                written = written[:1].upper() + written[1:]
            self._add(written, "phrase", behind, end, "comment", spans=prose.spans)
        return end

    def _may_begin_comment(self, index: int) -> bool:
        if not index:
            return True
        last = self.made[-1].part
        return last.kind == "white space" or last.text in _LINE_ENDS

    def _heard_words(self, start: int, end: int) -> Sequence[HeardWord]:
        return self.heard.words[self.pieces[start].word : self.pieces[end - 1].word + 1]

    def _add(
        self,
        text: str,
        kind: PartKind,
        start: int,
        end: int,
        rule: str,
        alternatives: tuple[str, ...] = (),
        spans: tuple[Span, ...] = (),
    ) -> int:
        self.made.append(Made(Part(text, kind), start, end, rule, alternatives, spans))
        return end


def _wins(snap: Snap, form: Form | None, *, is_member: bool) -> bool:
    """Whether a name wins over a spoken form at the same word.

    Args:
        snap: the name.
        form: the spoken form; None: there is none.
        is_member: it stands behind an access mark, where names do and operators do not.
    """
    if form is None or snap.words > len(form.phrase):
        return True
    if snap.words < len(form.phrase) or snap.how == "phonetic":
        return False
    # "type name" is a keyword of C++, but where there is a `type_name`, that is meant.
    is_same = snap.words > 1 and snap.how == "exact" and form.kind == "keyword"
    return is_member or is_same


def _unless(text: str, said: str) -> tuple[str, ...]:
    return () if said == text else (said,)


def _stretches(found: Sequence[Piece]) -> list[tuple[int, int]]:
    """For each piece where the words around it begin and end that no symbol parts from it."""
    stretches: list[tuple[int, int]] = []
    start = 0
    for index, piece in enumerate(found):
        if piece.is_symbol:
            stretches += [(start, index)] * (index + 1 - start)
            start = index + 1
    stretches += [(start, len(found))] * (len(found) - start)
    return stretches
