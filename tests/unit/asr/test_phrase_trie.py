"""A trie knows its phrases in every way that a text may write them, and nothing else."""

import pytest

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.decoding import DecodingOptions
from dictate.asr.phrase_book import PhraseBook
from dictate.asr.phrase_trie import MOST_CHARACTERS, MOST_PHRASES, PhraseTrie
from dictate.asr.tokens import Tokens
from tests.rigs.checkpoints import TINY, TINY_EN

SPOKEN = ["get", "User", "by", "id", "parse", "config", "server", "x", "42", "don't"]
WORDS = [*SPOKEN, "HTTP", "naïve", "名前", "größe", "_private", "a.b", "3rd_Foo42x", "=="]

ODD = [*WORDS, "<|en|>", "a|b", "\x01"]


@pytest.fixture(params=["bundled", "tiny", "tiny.en"])
def tokens(request, bundled, checkpoint):
    folder = {
        "bundled": lambda: bundled / "target",
        "tiny": lambda: checkpoint(TINY, 0),
        "tiny.en": lambda: checkpoint(TINY_EN, 0),
    }[request.param]()
    return Tokens(Checkpoint.open(folder, "target"))


def written(trie):
    """Every sequence that ends where nothing follows, as bytes would be read by nobody."""
    found = []

    def walk(node, before):
        if not node:
            found.append(before)
        for token, child in node.items():
            walk(child, (*before, token))

    walk(trie.root, ())
    return set(found)


def test_a_phrase_stands_as_the_tokenizer_writes_it_within_a_text_and_in_front(tokens, rng):
    for _ in range(60):
        phrase = " ".join(rng.choice(WORDS, int(rng.integers(1, 5))))
        trie = PhraseTrie.of_phrases([phrase], tokens)
        for beginning in (f" {phrase}", phrase):
            node = trie.root
            for token in tokens.encode(beginning):
                node = node[token]
        for sequence in written(trie):
            assert tokens.decode(sequence).strip().casefold() == phrase.casefold()


def test_a_word_may_be_capitalised_where_a_name_of_mixed_case_may_not(tokens):
    def texts(phrase):
        return {tokens.decode(one) for one in written(PhraseTrie.of_phrases([phrase], tokens))}

    assert texts("parse file") == {" parse file", "parse file", " Parse file"}
    assert texts("Parser") == {" Parser", "Parser", " parser"}
    assert texts("getUser") == {" getUser", "getUser"}
    assert texts("max_size") == {" max_size", "max_size"}


def test_white_space_empty_phrases_and_special_tokens_do_no_harm(tokens):
    trie = PhraseTrie.of_phrases(["", "  ", " get \n user ", "<|endoftext|>"], tokens)
    texts = {tokens.decode(sequence) for sequence in written(trie)}
    assert " get user" in texts
    for sequence in written(trie):
        assert not set(sequence) & set(tokens.special_names)
    assert PhraseTrie.of_phrases([], tokens).root == {}


def test_only_what_begins_a_word_begins_a_phrase_within_a_text(tokens):
    trie = PhraseTrie.of_phrases(WORDS, tokens)
    inside, in_front = trie.beginnings
    assert set(inside.tolist()) < set(in_front.tolist()) == set(trie.root)
    assert all(tokens.bytes_of([token])[:1] == b" " for token in inside.tolist())


def test_the_likeliest_phrases_are_kept_and_long_ones_cut(tokens):
    phrases = [f"name {index}" for index in range(MOST_PHRASES)]
    assert (
        PhraseTrie.of_phrases([*phrases, "zebra crossing"], tokens).root
        == PhraseTrie.of_phrases(phrases, tokens).root
    )
    long = "x" * (MOST_CHARACTERS + 50)
    assert (
        PhraseTrie.of_phrases([long], tokens).root
        == PhraseTrie.of_phrases([long[:MOST_CHARACTERS]], tokens).root
    )


def test_sequences_stop_at_the_end_and_at_what_the_vocabulary_has_not():
    trie = PhraseTrie([[1, 2, 9, 3], [4, 77], [5, -1, 2], [9]], [True] * 10, end=9)
    assert trie.root == {1: {2: {}}, 4: {}, 5: {}}


def test_names_of_words_that_were_met_before_are_not_encoded_again(tokens, monkeypatch, rng):
    syllables = ["get", "set", "user", "file", "parse", "config", "index", "node", "state", "run"]
    phrases = [" ".join(rng.choice(syllables, 3)) for _ in range(200)]
    tokens.encode_words([*syllables, *(f" {one}" for one in syllables)])
    PhraseTrie.of_phrases(phrases, tokens)
    rng.shuffle(phrases)
    for how in ("encode", "_encode_ascii"):
        monkeypatch.setattr(tokens, how, lambda text: pytest.fail(f"{text!r} was met before"))
    PhraseTrie.of_phrases(phrases, tokens)


def test_words_are_encoded_as_ever_and_the_memory_of_them_is_bounded(tokens, monkeypatch, rng):
    monkeypatch.setattr("dictate.asr.tokens._REMEMBERED_WORDS", 10)
    for start in range(0, 300, 6):
        words = [f" word{index}" for index in range(start, start + 5)]
        words += [f"{space}{rng.choice(ODD)}{rng.choice(ODD)}" for space in ("", " ")]
        assert tokens.encode_words(words) == {word: tokens.encode(word) for word in words}
        assert len(tokens._word_ids) <= 17


def test_a_bias_is_built_once_for_a_list_and_limits(tokens):
    book = PhraseBook(tokens)
    assert book.bias(DecodingOptions()) is None
    first = book.bias(DecodingOptions(phrases=("get user",)))
    assert book.bias(DecodingOptions(phrases=("get user",), prompt="other")) is first
    assert book.bias(DecodingOptions(phrases=("get users",))) is not first
    for index in range(20):
        book.bias(DecodingOptions(phrases=(f"name {index}",)))
    assert len(book._biases) <= 8
    assert book.bias(DecodingOptions(phrases=("get user",))) is not first
