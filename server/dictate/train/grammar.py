"""Sentences of dictating code from templates, random word sequences and short utterances.

A template is plain words with slots in braces: `set {name} to {num}`. Slots are filled from the
word lists (or, by `SLOTS`, from nested templates). Everything is drawn from one `random.Random`, so
a seed names a corpus.

Train, dev and test sentences are disjoint by construction: the SHA-256 of a sentence's text says
where it belongs.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator
from typing import Final, Literal

from dictate.train import vocabulary as vocab
from dictate.train.open_words import general_words, real_names, real_sentences
from dictate.train.pronunciation import LETTER_MARK, transcript
from dictate.train.templates import CODE, PROSE, SLOTS

Split = Literal["train", "dev", "test"]
Style = Literal["mixed", "everyday", "random"]

_SLOT: Final = re.compile(r"\{(\w+)\}")
_HASH_BUCKETS: Final = 100
_LONGEST_WORDS: Final = 16


def split_of(sentence: str) -> Split:
    """The split a sentence belongs to, by its text alone: 92 % train, 2 % dev, 6 % test."""
    bucket = int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:4], "big") % _HASH_BUCKETS
    return "train" if bucket < 92 else "dev" if bucket < 94 else "test"


def _small_number(rng: random.Random) -> str:
    """0 to 99 in words."""
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(vocab.UNITS)
    if kind < 0.7:
        return rng.choice(vocab.TEENS)
    if kind < 0.85:
        return rng.choice(vocab.TENS)
    return f"{rng.choice(vocab.TENS)} {rng.choice(vocab.UNITS[1:])}"


def number(rng: random.Random) -> str:
    """A number in words, mostly small, now and then hundreds, thousands or a decimal."""
    kind = rng.random()
    if kind < 0.7:
        return _small_number(rng)
    if kind < 0.85:
        head = f"{rng.choice(('one', 'a', *vocab.UNITS[2:]))} {rng.choice(vocab.MAGNITUDES)}"
        return head if rng.random() < 0.6 else f"{head} and {_small_number(rng)}"
    if kind < 0.93:
        return f"{_small_number(rng)} point {rng.choice(vocab.UNITS)}"
    return " ".join(rng.choice(vocab.UNITS) for _ in range(rng.randint(2, 4)))


def identifier(rng: random.Random) -> str:
    """A name as people say it: one to four words such as `get user by id`."""
    if rng.random() < 0.4:
        return rng.choice(real_names())
    words = vocab.IDENTIFIER_WORDS
    count = rng.choices((1, 2, 3, 4), (4, 5, 3, 1))[0]
    if count >= 2 and rng.random() < 0.4:
        head = rng.choice(vocab.VERBS)
        return " ".join([head, *(rng.choice(vocab.NOUNS) for _ in range(min(count - 1, 2)))])
    return " ".join(rng.choice(words) for _ in range(count))


def _letter(rng: random.Random) -> str:
    return LETTER_MARK + rng.choice(vocab.LETTERS)


def _leaves() -> dict[str, Callable[[random.Random], str]]:
    """Slot name -> draw of a filled slot."""

    def one_of(words: tuple[str, ...]) -> Callable[[random.Random], str]:
        return lambda rng: rng.choice(words)

    verbs = vocab.VERBS
    nouns = vocab.NOUNS
    countable = tuple(noun for noun in nouns if noun not in vocab.UNCOUNTABLE)
    return {
        "v": one_of(verbs),
        "vs": lambda rng: vocab.third_person(rng.choice(verbs)),
        "ved": lambda rng: vocab.past(rng.choice(verbs)),
        "ving": lambda rng: vocab.gerund(rng.choice(verbs)),
        "vi": one_of(vocab.INTRANSITIVE),
        "n": one_of(nouns),
        "ns": lambda rng: vocab.plural(rng.choice(countable)),
        "adj": one_of(vocab.ADJECTIVES),
        "adv": one_of(vocab.ADVERBS),
        "pro": one_of(vocab.PRONOUNS),
        "obj": one_of(vocab.OBJECT_PRONOUNS),
        "det": one_of(vocab.DETERMINERS),
        "prep": one_of(vocab.PREPOSITIONS),
        "conj": one_of(vocab.CONJUNCTIONS),
        "modal": one_of(vocab.MODALS),
        "q": one_of(vocab.QUESTIONS),
        "aux": one_of(vocab.AUXILIARIES),
        "kw": one_of(vocab.KEYWORDS),
        "type": one_of(vocab.TYPES),
        "lib": one_of(vocab.LIBRARIES),
        "sym": one_of(vocab.SYMBOLS),
        "case": one_of(vocab.CASE_STYLES),
        "fmt": one_of(vocab.FORMATTERS),
        "spell": one_of(vocab.SPELLING),
        "command": one_of(vocab.COMMANDS),
        "every": one_of(vocab.EVERYDAY),
        "idw": one_of(vocab.IDENTIFIER_WORDS),
        "num": number,
        "small": _small_number,
        "name": identifier,
        "letter": _letter,
        "letters": lambda rng: " ".join(_letter(rng) for _ in range(rng.randint(2, 4))),
    }


_LEAVES: Final = _leaves()


def fill(template: str, rng: random.Random) -> str:
    """Fill every slot of a template, nested ones too; letters keep their mark."""
    while (slot := _SLOT.search(template)) is not None:
        name = slot.group(1)
        drawn = rng.choice(SLOTS[name]) if name in SLOTS else _LEAVES[name](rng)
        template = template[: slot.start()] + drawn + template[slot.end() :]
    return " ".join(template.split())


def all_words() -> tuple[str, ...]:
    """Every single word of the lists with its inflections, without letters, sorted."""
    words: set[str] = set()
    for verb in vocab.VERBS:
        words |= {verb, vocab.third_person(verb), vocab.past(verb), vocab.gerund(verb)}
    for noun in vocab.NOUNS:
        words |= {noun, vocab.plural(noun)}
    for block in (
        vocab.INTRANSITIVE, vocab.ADJECTIVES, vocab.ADVERBS, vocab.PRONOUNS, vocab.OBJECT_PRONOUNS,
        vocab.DETERMINERS, vocab.PREPOSITIONS, vocab.CONJUNCTIONS, vocab.MODALS, vocab.QUESTIONS,
        vocab.AUXILIARIES, vocab.UNITS,
        vocab.TEENS, vocab.TENS, vocab.MAGNITUDES, vocab.KEYWORDS, vocab.TYPES, vocab.LIBRARIES,
        vocab.IDENTIFIER_WORDS, vocab.EVERYDAY, vocab.SPELLING,
    ):  # fmt: skip
        words.update(block)
    for phrase in (*vocab.SYMBOLS, *vocab.CASE_STYLES, *vocab.FORMATTERS, *vocab.COMMANDS):
        words.update(phrase.split())
    for template in (*CODE, *PROSE, *(entry for entries in SLOTS.values() for entry in entries)):
        words.update(_SLOT.sub(" ", template).split())
    return tuple(sorted(words))


_RANDOM_WORDS: Final = tuple(word for word in all_words() if word not in vocab.HOMOPHONES)
# Base forms are what people mostly say: half of the random draws come from them.
_BASE_WORDS: Final = tuple(
    word
    for word in dict.fromkeys(
        (*vocab.VERBS, *vocab.NOUNS, *vocab.ADJECTIVES, *vocab.IDENTIFIER_WORDS, *vocab.KEYWORDS,
         *vocab.PREPOSITIONS, *vocab.EVERYDAY)
    )
    if word not in vocab.HOMOPHONES
)  # fmt: skip


def random_sequence(rng: random.Random, low: int = 3, high: int = 9) -> str:
    """Words in no order, so that the acoustics and not the grammar is learned."""
    words: list[str] = []
    for _ in range(rng.randint(low, high)):
        kind = rng.random()
        if kind < 0.05:
            words.append(_letter(rng))
        elif kind < 0.10:
            words.append(rng.choice(vocab.SYMBOLS))
        elif kind < 0.65:
            words.append(rng.choice(general_words()))
        else:
            words.append(rng.choice(_BASE_WORDS if kind < 0.87 else _RANDOM_WORDS))
    return " ".join(words)


def _short(rng: random.Random) -> str:
    return fill(rng.choice(SLOTS["short"]), rng)


def _draw(rng: random.Random, shares: dict[Callable[[random.Random], str], float]) -> str:
    marked = rng.choices(list(shares), list(shares.values()))[0](rng)
    return " ".join(marked.split()[:_LONGEST_WORDS])


def _code(rng: random.Random) -> str:
    return fill(rng.choice(CODE), rng)


def _prose(rng: random.Random) -> str:
    return fill(rng.choice(PROSE), rng)


def _documentation(rng: random.Random) -> str:
    return rng.choice(real_sentences())


def everyday(rng: random.Random) -> str:
    """One marked sentence of the kind people dictate: code, prose or a short utterance."""
    return _draw(rng, {_code: 0.45, _prose: 0.27, _documentation: 0.20, _short: 0.08})


def mixed(rng: random.Random) -> str:
    """One marked sentence of training: more random words, which teach the acoustics."""
    shares = {
        _code: 0.28, _prose: 0.13, _documentation: 0.20, random_sequence: 0.28, _short: 0.06,
        lambda rng: random_sequence(rng, 1, 2): 0.05,
    }  # fmt: skip
    return _draw(rng, shares)


_STYLES: Final[dict[Style, Callable[[random.Random], str]]] = {
    "mixed": mixed, "everyday": everyday, "random": random_sequence,
}  # fmt: skip


def sentences(seed: int, split: Split, style: Style = "mixed") -> Iterator[str]:
    """Endless distinct marked sentences of one split."""
    rng = random.Random(f"{seed}-{split}")
    draw = _STYLES[style]
    seen: set[str] = set()
    while True:
        marked = draw(rng)
        text = transcript(marked)
        if text not in seen and split_of(text) == split:
            seen.add(text)
            yield marked
