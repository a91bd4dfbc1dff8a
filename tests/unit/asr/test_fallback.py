"""Once a guard has fired: what else is tried, what is inserted, and what never is."""

from dataclasses import replace

import numpy as np
import pytest

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.confidence import TokenScores
from dictate.asr.decoding import Attempt, DecodingOptions
from dictate.asr.fallback import settle
from dictate.asr.guards import Thresholds
from dictate.asr.judgement import Judgement, judge
from dictate.asr.speculative import Decoded
from dictate.asr.tokens import Tokens
from dictate.errors import DictateError
from tests.rigs.checkpoints import TINY_EN

SPEECH = "Rename the request handler in the settings file."


@pytest.fixture(scope="module")
def vocabulary(checkpoint):
    return Tokens(Checkpoint.open(checkpoint(TINY_EN, 0)))


class Says:
    """An utterance that is decoded as a test wants."""

    def __init__(self, vocabulary, prompt="", no_speech=None):
        self.vocabulary = vocabulary
        self.prompt = prompt
        self.no_speech = no_speech
        self.asked = []

    def attempt(self, text, log_probability=-0.1, entropy=0.5, temperature=0.0, **decoded):
        tokens = self.vocabulary.encode(f" {text}")
        scores = TokenScores()
        scores.extend([log_probability] * (len(tokens) + 1), [entropy] * (len(tokens) + 1))
        return Attempt(Decoded(tokens, target_steps=1, **decoded), scores, temperature)

    def judge(self, attempt):
        return judge(
            attempt.decoded.tokens,
            attempt.scores,
            self.vocabulary,
            Thresholds(),
            truncated=attempt.decoded.truncated,
            prompt=self.prompt,
            language="en",
            no_speech=lambda: self.no_speech,
        )

    def settle(
        self, first, others=None, promptless=None, temperatures=(0.2, 0.4, 0.6), unbiased=None
    ):
        def sampled(temperature):
            self.asked.append(temperature)
            return (others or {}).get(temperature, first)

        def untold(with_prompt):
            self.asked.append("no phrases" if with_prompt else "no prompt")
            return (unbiased if with_prompt else promptless) or first

        return settle(first, self.judge, sampled, temperatures, untold)

    def text(self, outcome):
        tokens = outcome.attempt.decoded.tokens
        return self.vocabulary.decode([tokens[index] for index in outcome.kept]).strip()


@pytest.mark.parametrize(
    "text",
    ["", "yes", "no no no", "Thank you.", "You", "okay", SPEECH, "42", "Danke."],
)
@pytest.mark.parametrize("no_speech", [None, 0.0, 0.5])
def test_what_was_heard_well_stands_and_nothing_else_is_tried(vocabulary, text, no_speech):
    says = Says(vocabulary, no_speech=no_speech)
    outcome = says.settle(says.attempt(text))
    assert says.text(outcome) == text
    assert (outcome.guards, outcome.rejected, says.asked) == ((), (), [])


def test_a_loop_is_left_at_the_first_temperature_that_passes(vocabulary):
    says = Says(vocabulary)
    loop = "and so on and on " * 30
    better = {0.2: says.attempt(loop), 0.4: says.attempt(SPEECH, temperature=0.4)}
    outcome = says.settle(says.attempt(loop, truncated=True), better)
    assert says.text(outcome) == SPEECH
    assert outcome.attempt.temperature == 0.4
    assert outcome.guards == ("repetition",)
    assert outcome.rejected == ()
    assert says.asked == [0.2, 0.4]
    assert outcome.steps == 3


def test_a_loop_that_nothing_leaves_stands_once_behind_what_was_said(vocabulary):
    says = Says(vocabulary)
    outcome = says.settle(says.attempt(SPEECH + " and so on" * 40, truncated=True))
    assert says.text(outcome) == SPEECH + " and so on"
    assert outcome.rejected == ("repetition",)
    assert says.asked == [0.2, 0.4, 0.6]


def test_a_sampled_text_must_be_sure(vocabulary):
    says = Says(vocabulary)
    lucky = {0.2: says.attempt(SPEECH, log_probability=-0.8, temperature=0.2)}
    outcome = says.settle(says.attempt("the row of a", log_probability=-1.4), lucky)
    assert says.text(outcome) == ""
    assert outcome.attempt.temperature == 0.0
    assert "log_probability" in outcome.rejected


@pytest.mark.parametrize(
    ("figures", "reason"),
    [({"log_probability": -1.3}, "log_probability"), ({"entropy": 3.0}, "entropy")],
)
def test_what_the_target_is_not_sure_of_is_withheld(vocabulary, figures, reason):
    says = Says(vocabulary)
    outcome = says.settle(says.attempt(SPEECH, **figures))
    assert outcome.kept == ()
    assert outcome.rejected == (reason,)


def test_silence_is_not_tried_again(vocabulary):
    says = Says(vocabulary, no_speech=0.9)
    outcome = says.settle(says.attempt("I think that", log_probability=-1.3))
    assert "no_speech" in outcome.rejected
    assert (outcome.kept, says.asked) == ((), [])


@pytest.mark.parametrize("text", ["Thank you.", "you", "Thank you. Thank you."])
@pytest.mark.parametrize(("log_probability", "no_speech"), [(-0.7, None), (-0.2, 0.8)])
def test_a_courtesy_that_nobody_said_is_withheld(vocabulary, text, log_probability, no_speech):
    says = Says(vocabulary, no_speech=no_speech)
    outcome = says.settle(says.attempt(text, log_probability))
    assert (outcome.kept, outcome.rejected) == ((), ("boilerplate",))


def test_a_courtesy_in_a_loop_was_not_said(vocabulary):
    says = Says(vocabulary)
    outcome = says.settle(says.attempt("Thank you. " * 20, truncated=True))
    assert outcome.kept == ()


@pytest.mark.parametrize(
    ("tail", "log_probability"),
    [("Subtitles by the Amara.org community", -0.1), ("Thanks for watching!", -0.7)],
)
def test_boilerplate_is_cut_off_the_end_alone(vocabulary, tail, log_probability):
    says = Says(vocabulary)
    outcome = says.settle(says.attempt(f"{SPEECH} {tail}", log_probability))
    assert says.text(outcome) == SPEECH
    assert outcome.rejected == ("boilerplate",)
    assert says.settle(says.attempt(tail, log_probability)).kept == ()


@pytest.mark.parametrize(
    ("tail", "tail_log_probability", "cut"),
    [
        ("Thank you.", -1.5, True),
        ("Thank you.", -0.7, False),
        ("Thanks for watching!", -0.7, True),
        ("Thanks for watching!", -0.1, False),
        ("Save the file.", -1.5, False),
    ],
)
def test_a_doubtful_end_is_cut_only_where_it_is_often_invented(
    vocabulary, tail, tail_log_probability, cut
):
    says = Says(vocabulary)
    attempt = says.attempt(f"{SPEECH} {tail}")
    sure = len(vocabulary.encode(f" {SPEECH}"))
    scores = TokenScores()
    count = len(attempt.decoded.tokens) + 1
    scores.extend([-0.05] * sure + [tail_log_probability] * (count - sure), [0.3] * count)
    outcome = says.settle(Attempt(attempt.decoded, scores))
    assert says.text(outcome) == (SPEECH if cut else f"{SPEECH} {tail}")


def test_a_sign_off_that_was_heard_behind_speech_stays(vocabulary):
    says = Says(vocabulary, no_speech=0.1)
    text = f"{SPEECH} Thanks for watching!"
    assert says.text(says.settle(says.attempt(text, -0.1))) == text


def test_an_echo_is_decoded_again_without_the_prompt(vocabulary):
    prompt = "getUserById, parse_config, HTTPServer, retry_count"
    says = Says(vocabulary, prompt)
    heard = says.attempt(SPEECH)
    outcome = says.settle(says.attempt(prompt), promptless=heard)
    assert says.text(outcome) == SPEECH
    assert outcome.guards == ("prompt_echo",)
    assert outcome.rejected == ()
    assert says.asked == ["no prompt"]
    withheld = says.settle(says.attempt(prompt))
    assert (withheld.kept, withheld.rejected) == ((), ("prompt_echo",))
    assert says.text(says.settle(says.attempt("getUserById"))) == "getUserById"


def test_what_phrases_may_have_led_astray_is_decoded_without_them_before_chance(vocabulary):
    says = Says(vocabulary)
    heard = says.attempt(SPEECH)
    led = replace(says.attempt("parse config " * 20, truncated=True), is_biased=True)
    outcome = says.settle(led, unbiased=heard)
    assert (says.text(outcome), says.asked) == (SPEECH, ["no phrases"])
    assert outcome.guards == ("repetition",)
    assert outcome.attempt.temperature == 0.0
    says.asked.clear()
    says.settle(led)
    assert says.asked == ["no phrases", 0.2, 0.4, 0.6], "neither helps: what chance may"
    says.asked.clear()
    says.settle(replace(led, is_biased=False))
    assert says.asked == [0.2, 0.4, 0.6]


def test_without_temperatures_nothing_is_tried(vocabulary):
    says = Says(vocabulary)
    outcome = says.settle(says.attempt(SPEECH, -2.0), temperatures=())
    assert (outcome.kept, says.asked) == ((), [])


def test_whatever_is_decoded_only_what_a_guard_cleared_is_inserted(vocabulary, rng):
    words = [*SPEECH.split(), "thank", "you", "Thanks for watching!", "and", "so", "on"]
    for _ in range(300):
        says = Says(vocabulary, " ".join(words[:5]), rng.choice([None, 0.1, 0.9]))

        def some(temperature=0.0, says=says):
            text = " ".join(rng.choice(words, int(rng.integers(0, 12)))) + " again" * int(
                rng.choice([0, 0, 3, 40])
            )
            return says.attempt(
                text,
                float(-rng.exponential(0.7)),
                float(rng.exponential(1.5)),
                temperature,
                truncated=bool(rng.integers(2)),
            )

        first = some()
        others = {temperature: some(temperature) for temperature in (0.2, 0.4, 0.6)}
        outcome = says.settle(first, others, some())
        verdict = says.judge(outcome.attempt)
        assert isinstance(verdict, Judgement)
        assert outcome.kept == verdict.kept
        assert sorted(set(outcome.kept)) == list(outcome.kept)
        assert bool(outcome.rejected) <= bool(outcome.guards)
        whole = len(outcome.kept) == len(outcome.attempt.decoded.tokens)
        assert bool(outcome.rejected) == (not whole)
        if outcome.attempt.temperature > 0.0:
            assert outcome.guards
            assert not verdict.reasons
            assert np.mean(outcome.attempt.scores.log_probabilities) >= -0.5


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"beams": 0}, "beams"),
        ({"beams": 99}, "beams"),
        ({"temperatures": (0.0, 0.2)}, "temperature"),
        ({"temperatures": (float("nan"),)}, "temperature"),
        ({"max_new_tokens": -1}, "tokens"),
        ({"length_penalty": float("inf")}, "penalty"),
    ],
)
def test_options_out_of_range_are_refused_in_one_line(wrong, said):
    with pytest.raises(DictateError, match=said) as caught:
        DecodingOptions(**wrong)
    assert "\n" not in str(caught.value)
