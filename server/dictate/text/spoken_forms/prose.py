"""Sentences as they were heard, with names of code in them and the punctuation that was spoken.

A wrong change in a sentence costs more than a missed one, so that all that is done here is what can
hardly be meant otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dictate.text.backticks import in_backticks
from dictate.text.heard import Heard
from dictate.text.snapping.snap import Snapper
from dictate.text.spoken_forms.pieces import key_of
from dictate.text.spoken_forms.table import Form, LanguageForms
from dictate.text.written import Span, Written

_AROUND = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)
_KEPT_ENDS = re.compile(r"(?:\+\+|#)$")  # C++, C#
_DETERMINERS_WORDS = """
a an the this that these those each every any some no another my your his her its
our their whose what which first second third last next new same final extra missing trailing
leading single double oxford serial inverted big by with without for use uses add adds insert of
type word called named
"""
_DETERMINERS = frozenset(_DETERMINERS_WORDS.split())
_BEHIND_A_NOUN_WORDS = """
of is are was were has had separated delimited operator key character characters symbol sign
delimiter separator list splice fault s
"""
_BEHIND_A_NOUN = frozenset(_BEHIND_A_NOUN_WORDS.split())
_ADJECTIVE = re.compile(r"\w{2,}(?:al|ary|ic|ive|ous|ian|ern|ing|less|able|ible|ian)$")
_BEFORE_PERIOD_WORDS = """
long short time trial grace notice early late certain given whole entire brief retention sample
rest test free full half quiet safe dry school class study and or ice glass war post pre
"""
_BEFORE_PERIOD = frozenset(_BEFORE_PERIOD_WORDS.split())
_AT_END_ALONE = frozenset({".", ":"})
_SENTENCE_ENDS = frozenset(".?!")


@dataclass(frozen=True, slots=True)
class _Word:
    head: str
    bare: str
    tail: str
    key: str


@dataclass(frozen=True, slots=True)
class _Change:
    """Some words from a place on are written differently."""

    words: int
    text: str
    rule: str
    alternatives: tuple[str, ...] = ()
    is_mark: bool = False


def write_prose(
    heard: Heard,
    forms: LanguageForms,
    snapper: Snapper | None,
    replacements: Mapping[tuple[str, ...], str] = {},
    *,
    backticks: bool = False,
) -> Written:
    """Write a text as it was heard, but for replacements, names of code and spoken punctuation.

    "literally" in front of what would be changed keeps it as it was said, and is left out itself.

    Args:
        heard: what was said.
        forms: of the language.
        snapper: finds names; None: there are none.
        replacements: spoken words in lower case -> what is written for them.
        backticks: names that look like code get some.
    """
    return _Prose(heard, forms, snapper, replacements, backticks).write()


@dataclass
class _Prose:
    heard: Heard
    forms: LanguageForms
    snapper: Snapper | None
    replacements: Mapping[tuple[str, ...], str]
    backticks: bool
    text: str = ""
    spans: list[Span] = field(default_factory=list)
    glued: bool = False  # no space behind what was written last
    capital: bool = False  # a sentence was ended by voice

    def __post_init__(self) -> None:
        self.words = [_cut(word.text) for word in self.heard.words]
        self.keys = [word.key for word in self.words]
        self.stretches = _stretches(self.words)
        self.longest_replacement = max(map(len, self.replacements), default=0)

    def write(self) -> Written:
        index = 0
        while index < len(self.words):
            change = self._change(index)
            if change is not None:
                self._put(index, change)
                index += change.words
                continue
            protected = self._change(index + 1) if self.keys[index] == "literally" else None
            if protected is not None:
                self._keep(index, index + 1, index + 1 + protected.words, "literally")
                index += 1 + protected.words
            else:
                self._keep(index, index, index + 1, "as heard")
                index += 1
        behind = self.heard.words[-1].end if self.heard.words else 0
        self.text += self.heard.text[behind:]
        return Written(self.text, tuple(self.spans))

    def _change(self, index: int) -> _Change | None:
        if index >= len(self.words):
            return None
        return self._replacement(index) or self._name(index) or self._mark(index)

    def _replacement(self, index: int) -> _Change | None:
        most = min(self.longest_replacement, len(self.keys) - index)
        for count in range(most, 0, -1):
            said = tuple(self.keys[index : index + count])
            written = self.replacements.get(said)
            if written is not None:
                return _Change(count, written, "replacement", (" ".join(said),))
        return None

    def _name(self, index: int) -> _Change | None:
        start, end = self.stretches[index]
        if self.snapper is None or end <= index:
            return None
        bare = [word.bare for word in self.words[start:end]]
        snap = self.snapper.longest(bare, index - start, prose=True)
        if snap is None:
            return None
        said = " ".join(bare[index - start : index - start + snap.words])
        text = snap.name
        if self.backticks and not self.words[index].head.endswith("`"):
            text = in_backticks(text, [text])
        others = tuple(other for other in (*snap.alternatives, said) if other != snap.name)
        return _Change(snap.words, text, f"name: {snap.how}", tuple(dict.fromkeys(others)))

    def _mark(self, index: int) -> _Change | None:
        form = self.forms.prose.longest(self.keys, index)
        if form is None or not self._is_meant(form, index):
            return None
        count = len(form.phrase)
        inner = self.words[index : index + count]
        if any(word.tail for word in inner[:-1]) or any(word.head for word in inner):
            return None
        said = " ".join(form.phrase)
        return _Change(count, form.written, f"symbol: {said}", (said,), is_mark=True)

    def _is_meant(self, form: Form, index: int) -> bool:
        """Whether spoken punctuation is no talk about punctuation, new lines or periods."""
        before = self.keys[index - 1] if index else ""
        behind = index + len(form.phrase)
        after = self.keys[behind] if behind < len(self.keys) else ""
        if before in _DETERMINERS or after in _BEHIND_A_NOUN:
            return False
        if form.written not in _AT_END_ALONE or len(form.phrase) > 1:
            return not _ADJECTIVE.fullmatch(before) or len(form.phrase) > 1
        is_noun = before in _BEFORE_PERIOD or _ADJECTIVE.fullmatch(before)
        return not after and not is_noun and self.words[behind - 1].tail in ("", ".")

    # ------------------------------------------------------------------ writing

    def _gap(self, index: int) -> str:
        words = self.heard.words
        if self.glued:
            return ""
        return self.heard.text[words[index - 1].end if index else 0 : words[index].start]

    def _keep(self, first: int, start: int, end: int, rule: str) -> None:
        words = self.heard.words
        text = self.heard.text[words[start].start : words[end - 1].end]
        if self.capital:
            text = text[:1].upper() + text[1:]
        self._append(self._gap(first), text, first, end, rule, ())

    def _put(self, index: int, change: _Change) -> None:
        end = index + change.words
        if change.is_mark:
            self._put_mark(index, change)
            return
        text = self.words[index].head + change.text + self.words[end - 1].tail
        self._append(self._gap(index), text, index, end, change.rule, change.alternatives)

    def _put_mark(self, index: int, change: _Change) -> None:
        text = change.text
        opens = text == "(" or (text == '"' and self.text.count('"') % 2 == 0)
        gap = self._gap(index) if opens else ""
        if not opens and text not in "\"'":
            # The model's own mark gives way to the one that was asked for.
            self._cut_to(len(self.text.rstrip(" ,;" if text.isspace() else " ,;.:?!")))
        self._append(gap, text, index, index + change.words, change.rule, change.alternatives)
        self.glued = opens or text.isspace()
        self.capital = text in _SENTENCE_ENDS or text == "\n\n"

    def _cut_to(self, length: int) -> None:
        self.text = self.text[:length]
        if self.spans and self.spans[-1].end > length:
            last = self.spans[-1]
            self.spans[-1] = Span(
                min(last.start, length), length, last.first_word, last.end_word, last.rule,
                last.confidence, last.alternatives,
            )  # fmt: skip

    def _append(
        self, gap: str, text: str, first: int, end: int, rule: str, others: tuple[str, ...]
    ) -> None:
        confidence = min(word.confidence for word in self.heard.words[first:end])
        start = len(self.text) + len(gap)
        self.text += gap + text
        self.spans.append(Span(start, len(self.text), first, end, rule, confidence, others))
        self.glued = self.capital = False


def _cut(text: str) -> _Word:
    found = _AROUND.match(text)
    assert found is not None
    head, bare, tail = found.groups()
    if not bare:
        return _Word("", text, "", key_of(text))
    if _KEPT_ENDS.match(tail):
        bare, tail = bare + tail, ""
    return _Word(head, bare, tail, key_of(bare))


def _stretches(words: Sequence[_Word]) -> list[tuple[int, int]]:
    """For each word where the words begin and end that no mark parts from it."""
    found: list[tuple[int, int]] = []
    start = 0
    for index, word in enumerate(words):
        if index > start and (word.head or not any(map(str.isalnum, word.bare))):
            found += [(start, index)] * (index - start)
            start = index
        if word.tail or not any(map(str.isalnum, word.bare)):
            is_word = any(map(str.isalnum, word.bare))
            found += [(start, index + is_word)] * (index + 1 - start)
            start = index + 1
    found += [(start, len(words))] * (len(words) - start)
    return found
