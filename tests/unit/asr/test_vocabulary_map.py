"""Drafts with other vocabularies: what is said is carried over, what cannot be is left out."""

import numpy as np
import pytest

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.tokens import Tokens
from dictate.asr.vocabulary_map import BytesMap, TableMap, map_vocabularies
from tests.rigs.checkpoints import TINY, TINY_EN, TURBO

TEXTS = [
    " return the first item of get_user_by_id",
    " naïve café, 12.5 % of 3,000 €; “quoted” — dash",
    " 東京で会いましょう。 🎉🎊 mixed",
    "    indented\n\n\tlines  and   spaces ",
    "",
    "a",
]


@pytest.fixture(scope="module")
def tokens(checkpoint):
    made = {}

    def of(architecture):
        if architecture not in made:
            made[architecture] = Tokens(Checkpoint.open(checkpoint(architecture, 0)))
        return made[architecture]

    return of


def random_text(rng):
    words = [TEXTS[int(rng.integers(len(TEXTS)))] for _ in range(int(rng.integers(1, 4)))]
    points = rng.choice([32, 65, 97, 98, 0xE9, 0x416, 0x3042, 0x1F600], int(rng.integers(0, 9)))
    return "".join([*words, *map(chr, points)])


def test_v2_and_v3_share_everything_but_shifted_special_tokens(tokens):
    v2, v3 = tokens(TINY), tokens(TURBO)
    mapping = map_vocabularies(v2, v3)
    assert isinstance(mapping, TableMap)
    text = v3.encode(TEXTS[1])
    assert mapping.to_draft(text) == text
    assert v3.no_timestamps == v2.no_timestamps + 1
    assert mapping.to_target([], [v2.no_timestamps, v2.end]) == [v3.no_timestamps, v3.end]
    assert mapping.to_draft([v3.no_timestamps, v3.end]) == [v2.no_timestamps, v2.end]
    cantonese = v3.languages["yue"]
    assert mapping.to_draft([text[0], cantonese, text[1]]) == text[:2], "v2 has no such token"
    back = map_vocabularies(v3, v2)
    assert back.to_target([], [text[0], cantonese, text[1]]) == text[:1]


def test_a_table_carries_any_text_there_and_back(tokens, rng):
    mapping = map_vocabularies(tokens(TINY), tokens(TURBO))
    for _ in range(200):
        text = rng.integers(0, 50_257, int(rng.integers(0, 30))).tolist()
        assert mapping.to_target([], mapping.to_draft(text)) == text


@pytest.mark.parametrize(("draft", "target"), [(TINY_EN, TURBO), (TURBO, TINY_EN)])
def test_other_merges_go_through_the_text(draft, target, tokens, rng):
    draft, target = tokens(draft), tokens(target)
    mapping = map_vocabularies(draft, target)
    assert isinstance(mapping, BytesMap)
    for _ in range(100):
        text = random_text(rng)
        assert draft.decode(mapping.to_draft(target.encode(text))) == text
        assert mapping.to_target([], [*draft.encode(text), draft.end]) == [
            *target.encode(text),
            target.end,
        ]


@pytest.mark.parametrize(("draft", "target"), [(TINY_EN, TURBO), (TURBO, TINY_EN)])
def test_a_right_draft_behind_any_whole_prefix_is_the_targets_own_text(draft, target, tokens, rng):
    draft, target = tokens(draft), tokens(target)
    mapping = map_vocabularies(draft, target)
    for _ in range(100):
        truth = target.encode(TEXTS[0] + random_text(rng))
        accepted = truth[: int(rng.integers(0, len(truth) + 1))]
        rest = draft.encode(target.decode(truth))[len(mapping.to_draft(accepted)) :]
        if draft.decode([*mapping.to_draft(accepted), *rest]) != target.decode(truth):
            continue  # the prefix ends within a token of the draft's
        assert mapping.to_target(accepted, [*rest, draft.end]) == [
            *truth[len(accepted) :],
            target.end,
        ]
        unfinished = mapping.to_target(accepted, rest)
        assert unfinished == truth[len(accepted) :][: len(unfinished)], "held back, never wrong"


def test_any_ids_are_mapped_to_ids_that_exist(tokens, rng):
    for draft in map(tokens, (TINY, TINY_EN, TURBO)):
        for target in map(tokens, (TINY, TINY_EN, TURBO)):
            mapping = map_vocabularies(draft, target)
            for _ in range(30):
                accepted, drafted = (
                    rng.integers(0, len(one.byte_strings), int(rng.integers(0, 12))).tolist()
                    for one in (target, draft)
                )
                for mapped, one in (
                    (mapping.to_draft(accepted), draft),
                    (mapping.to_target(accepted, drafted), target),
                ):
                    assert all(0 <= token < len(one.byte_strings) for token in mapped)


def test_a_character_cut_in_two_is_waited_for(tokens):
    draft, target = tokens(TINY_EN), tokens(TURBO)
    mapping = map_vocabularies(draft, target)
    emoji = draft.encode(" 🦖")
    assert len(emoji) > 2
    for cut in range(1, len(emoji)):
        assert mapping.to_target([], emoji[:cut]) in ([], target.encode(" "))
    assert mapping.to_target([], [*emoji, draft.end]) == [*target.encode(" 🦖"), target.end]
    assert np.all(np.array(mapping.to_draft(target.encode(" 🦖"))) >= 0)
