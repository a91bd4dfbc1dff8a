"""A replayed draft changes time and passes, never tokens, and is right as often as one says."""

import numpy as np
import pytest

from dictate.bench.cases import speech
from dictate.bench.replay import ReplayedMap, ReplayedSource
from dictate.bench.rig import Rig, ready_made

VOCABULARY_TOKENS = 50_256


def test_guesses_are_right_as_often_as_one_says():
    tokens = list(range(20_000))
    for acceptance in (0.0, 0.3, 0.85, 1.0):
        guesses = ReplayedMap(tokens, acceptance, VOCABULARY_TOKENS, seed=1)
        right = sum(guesses.guess(place) == token for place, token in enumerate(tokens))
        assert right / len(tokens) == pytest.approx(acceptance, abs=0.01)


def test_the_draft_is_given_its_own_tokens_where_they_were_taken_and_the_targets_elsewhere():
    guesses = ReplayedMap([11, 12, 13, 14], 1.0, VOCABULARY_TOKENS, seed=0)
    assert guesses.to_target([], [91, 92]) == [11, 12]
    assert guesses.to_draft([11, 99]) == [91, 99]
    assert guesses.to_target([11, 12, 13], [93, 94, 95]) == [14]


@pytest.mark.parametrize("name", ["base.en", "large-v3-turbo"])
def test_random_replayed_drafts_never_change_the_tokens(name, shrunk):
    draft = shrunk("tiny.en" if name == "base.en" else "tiny", window_s=10)
    rig = Rig(shrunk(name, window_s=10), draft, "cpu", "float32")
    heard = rig.hear(speech())
    plain = rig.write(heard, max_new_tokens=20).decoded
    assert plain.target_steps == 20
    for seed in range(40):
        random = np.random.default_rng(seed)
        acceptance, length = random.uniform(), int(random.integers(1, 17))
        guesses = ReplayedMap(plain.tokens, acceptance, VOCABULARY_TOKENS, seed)

        def listen(rig, sound, guesses=guesses):
            return rig.draft.listen(rig.draft_features(sound), "en", guesses)

        make = listen if seed % 2 else ready_made(ReplayedSource(guesses))
        run = rig.write(heard, make, length_tokens=length, max_new_tokens=20)
        assert run.decoded.tokens == plain.tokens, seed
        assert run.decoded.accepted_tokens <= run.decoded.proposed_tokens, seed


def test_a_draft_that_is_always_right_needs_the_fewest_passes(shrunk):
    rig = Rig(shrunk("base.en", window_s=10), shrunk("tiny.en", window_s=10), "cpu", "float32")
    heard = rig.hear(speech())
    tokens = rig.write(heard, max_new_tokens=20).decoded.tokens
    for length, passes in ((1, 10), (4, 4), (19, 1)):
        guesses = ReplayedMap(tokens, 1.0, VOCABULARY_TOKENS, 0)
        run = rig.write(
            heard, ready_made(ReplayedSource(guesses)), length_tokens=length, max_new_tokens=20
        )
        assert run.decoded.target_steps == passes
        assert run.decoded.accepted_tokens == run.decoded.proposed_tokens == 20 - passes
