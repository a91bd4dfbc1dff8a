"""Text, bytes and special ids, all from the checkpoint's files."""

import string

import pytest
import whisper

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.tokens import Tokens
from dictate.asr.vocabulary_map import BytesMap, TableMap, map_vocabularies
from tests.rigs.checkpoints import TINY, TINY_EN, TURBO

ALPHABET = string.printable + "äöüßéñçøπλ你好日本語😀👩‍💻"


@pytest.fixture(scope="module")
def tokens_of(checkpoint):
    return lambda architecture: Tokens(Checkpoint.open(checkpoint(architecture, 0)))


def random_text(rng):
    return "".join(rng.choice(list(ALPHABET), int(rng.integers(0, 40))))


@pytest.mark.parametrize("architecture", [TINY, TINY_EN, TURBO], ids=lambda a: a.name)
def test_special_ids_are_whispers_own(architecture, tokens_of):
    ours = tokens_of(architecture)
    theirs = whisper.tokenizer.get_tokenizer(
        architecture.multilingual,
        num_languages=architecture.languages,
        language="en",
        task="transcribe",
    )
    assert ours.initial("en") == list(theirs.sot_sequence_including_notimestamps)
    assert (ours.end, ours.previous) == (theirs.eot, theirs.sot_prev)


@pytest.mark.parametrize("architecture", [TINY_EN, TURBO], ids=lambda a: a.name)
def test_text_survives_a_round_trip(architecture, tokens_of, rng):
    tokens = tokens_of(architecture)
    theirs = whisper.tokenizer.get_tokenizer(architecture.multilingual).encoding
    for _ in range(200):
        text = random_text(rng)
        ids = tokens.encode(text)
        assert tokens.decode(ids) == text
        assert ids == theirs.encode(text)


def test_a_special_name_in_a_prompt_gives_no_special_id(tokens_of):
    tokens = tokens_of(TURBO)
    ids = tokens.prompt("name <|endoftext|> <|startoftranscript|> other", 100)
    assert ids[0] == tokens.previous
    assert not set(ids[1:]) & set(tokens.special_names)


def test_a_long_prompt_keeps_its_end_in_whole_names(tokens_of, rng):
    tokens = tokens_of(TURBO)
    names = [f"getUserNumber{index}ById" for index in range(100)]
    for budget in [2, 3, 8, *map(int, rng.integers(9, 223, 20))]:
        ids = tokens.prompt(", ".join(names), budget)
        assert len(ids) <= budget
        kept = tokens.decode(ids).strip()
        if budget > 16:
            assert kept.split(", ") == names[-len(kept.split(", ")) :]
            longer = ", ".join(names[-len(kept.split(", ")) - 1 :])
            assert len(tokens.encode(" " + longer)) + 1 > budget


def test_maps_by_table_only_where_the_text_ids_agree(tokens_of):
    assert isinstance(map_vocabularies(tokens_of(TINY), tokens_of(TURBO)), TableMap)
    assert isinstance(map_vocabularies(tokens_of(TINY_EN), tokens_of(TURBO)), BytesMap)


@pytest.mark.parametrize(
    ("draft", "target"), [(TINY, TURBO), (TURBO, TINY), (TINY_EN, TURBO), (TURBO, TINY_EN)],
    ids=lambda a: a.name,
)  # fmt: skip
def test_whole_texts_cross_the_vocabularies_unchanged(draft, target, tokens_of, rng):
    drafts, targets = tokens_of(draft), tokens_of(target)
    mapping = map_vocabularies(drafts, targets)
    for _ in range(100):
        text = random_text(rng)
        ids = targets.encode(text)
        assert mapping.to_draft(ids) == drafts.encode(text)
        assert mapping.to_target([], [*drafts.encode(text), drafts.end]) == [*ids, targets.end]


def test_an_incomplete_last_word_is_held_back(tokens_of):
    drafts, targets = tokens_of(TINY_EN), tokens_of(TURBO)
    mapping = BytesMap(drafts, targets)
    accepted = targets.encode(" return the")
    assert targets.decode(mapping.to_target(accepted, drafts.encode(" parsed config"))) == " parsed"
    ended = mapping.to_target(accepted, [*drafts.encode(" parsed config"), drafts.end])
    assert ended == [*targets.encode(" parsed config"), targets.end]
