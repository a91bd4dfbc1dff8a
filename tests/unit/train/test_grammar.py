import random
import re
from itertools import islice

from dictate.train.grammar import all_words, sentences, split_of
from dictate.train.open_words import general_words, real_names, real_sentences
from dictate.train.pronunciation import LETTER_MARK, spoken, transcript
from dictate.train.vocabulary import gerund, past, plural, third_person


def test_a_seed_names_a_corpus() -> None:
    assert list(islice(sentences(3, "train"), 50)) == list(islice(sentences(3, "train"), 50))
    assert list(islice(sentences(3, "train"), 50)) != list(islice(sentences(4, "train"), 50))


def test_no_sentence_is_in_two_splits() -> None:
    drawn = {
        split: {transcript(marked) for marked in islice(sentences(1, split), 500)}
        for split in ("train", "dev", "test")
    }
    assert not drawn["train"] & drawn["test"]
    assert not drawn["train"] & drawn["dev"]
    assert not drawn["dev"] & drawn["test"]
    assert all(split_of(text) == split for split, said in drawn.items() for text in said)


def test_transcripts_are_lower_case_words() -> None:
    for style in ("mixed", "everyday", "random"):
        for marked in islice(sentences(5, "train", style), 500):
            assert re.fullmatch(r"[a-z']+( [a-z']+)*", transcript(marked)), marked


def test_every_word_can_be_spoken() -> None:
    for word in all_words():
        assert re.fullmatch(r"[a-z][a-z' ]*", spoken(word)), word


def test_the_vocabulary_is_open() -> None:
    assert len(general_words()) > 5_000
    words = {word for marked in islice(sentences(2, "train"), 6_000) for word in marked.split()}
    assert len(words) > 5_000


def test_sentences_and_names_are_real() -> None:
    assert len(real_sentences()) > 2_000
    assert len(real_names()) > 5_000
    assert all(3 <= len(sentence.split()) <= 13 for sentence in real_sentences())
    assert all(2 <= len(name.split()) <= 4 for name in real_names())


def test_contractions_are_written_with_their_apostrophe() -> None:
    assert transcript("dont do it") == "don't do it"
    assert spoken("dont") == "don't"


def test_letters_are_spelled_for_the_synthesiser_and_not_in_the_transcript() -> None:
    marked = f"import numpy as {LETTER_MARK}n {LETTER_MARK}z"
    assert transcript(marked) == "import numpy as n z"
    assert spoken(marked) == "import num pie as en zee"
    assert spoken(marked, british=True).endswith("zed")


def test_splits_have_about_their_shares() -> None:
    rng = random.Random(0)
    texts = [f"sentence {rng.random()}" for _ in range(4_000)]
    held_out = sum(split_of(text) != "train" for text in texts) / len(texts)
    assert 0.06 < held_out < 0.10


def test_inflections() -> None:
    assert [plural(noun) for noun in ("query", "match", "index", "data", "child")] == [
        "queries", "matches", "indexes", "data", "children",
    ]  # fmt: skip
    assert [past(verb) for verb in ("parse", "stop", "send", "copy", "add")] == [
        "parsed", "stopped", "sent", "copied", "added",
    ]  # fmt: skip
    assert [gerund(verb) for verb in ("parse", "stop", "see")] == ["parsing", "stopping", "seeing"]
    assert [third_person(verb) for verb in ("go", "fetch", "get")] == ["goes", "fetches", "gets"]
