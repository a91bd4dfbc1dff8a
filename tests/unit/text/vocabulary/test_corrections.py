import random
import re
from itertools import pairwise
from pathlib import Path

import pytest

from dictate.text import english
from dictate.text.heard import Heard, heard
from dictate.text.vocabulary.corrections import choice, correction, refuted
from dictate.text.vocabulary.learned import Learned
from dictate.text.written import Command, Span, Written

PROSE = Path(__file__).parents[4] / "docs" / "streaming.md"
SOURCES = Path(english.__file__).parents[1]


def as_heard(text: str) -> tuple[Written, Heard]:
    what = heard(text)
    spans = (
        Span(word.start, word.end, index, index + 1, "as heard")
        for index, word in enumerate(what.words)
    )
    return Written(text, tuple(spans)), what


def code() -> tuple[Written, Heard]:
    spans = (
        Span(0, 6, 0, 1, "as heard"),
        Span(7, 18, 1, 5, "name: exact"),
        Span(18, 19, 5, 7, "symbol: left paren"),
        Span(19, 23, 7, 8, "name: phonetic"),
        Span(23, 24, 8, 10, "symbol: right paren"),
    )
    what = heard("return get user by ID, left paren ran right paren.")
    return Written("return getUserById(CRAN)", spans, is_code=True), what


@pytest.mark.parametrize(
    ("was", "now", "spelling", "spoken"),
    [
        ("run cube control get pods", "run kubectl get pods", "kubectl", "cube control"),
        ("Then Cube Control, please.", "Then kubectl, please.", "kubectl", "cube control"),
        ("we use pie torch.", "we use PyTorch.", "PyTorch", "pie torch"),
        ("reddish is down", "redis is down", "redis", "reddish"),
        ("on read is again", "on Redis again", "Redis", "read is"),
        ("start engine x now", "start nginx now", "nginx", "engine x"),
        ("the user id of it", "the user_id of it", "user_id", "user id"),
        ("call get user by idea now", "call getUserById() now", "getUserById", "get user by idea"),
        ("see the github page", "see the GitHub page", "GitHub", "github"),
        ("send it as jason please", "send it as JSON please", "JSON", "jason"),
        ("in dot env we say", "in .env we say", ".env", "dot env"),
        ("os path join does it", "os.path.join does it", "os.path.join", "os path join"),
        ("pass dry run to it", "pass --dry-run to it", "--dry-run", "dry run"),
        ("encode as utf eight here", "encode as UTF-8 here", "UTF-8", "utf eight"),
        ("with sequel lite below", "with SQLite below", "SQLite", "sequel lite"),
        ("use cube see tee el", "use kubectl", "kubectl", "cube see tee el"),
        ("a `post gress` table", "a `postgres` table", "postgres", "post gress"),
        ("the std vektor type", "the std::vektor type", "std::vektor", "std vektor"),
    ],
)
def test_a_name_put_in_the_place_of_what_sounds_like_it_is_learned(
    was: str, now: str, spelling: str, spoken: str
):
    assert correction(*as_heard(was), now) == [Learned(spelling, spoken)]
    # What is typed before and behind it has no say.
    typed = f"x = 1; so {now} then and so on"
    assert correction(*as_heard(f"so {was} then"), typed) == [Learned(spelling, spoken)]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("its nice", "the nice"),
        ("its nice", "it's nice"),
        ("I ran it", "I CRAN it"),
        ("climb the tree", "climb the trie"),
        ("the effect of it", "the affect of it"),
        ("the principal reason", "the principle reason"),
        ("an organisation", "an organization"),
        ("a well known fact", "a well-known fact"),
        ("reading and writing", "reading/writing"),
        ("that works. it does", "that works. It does"),
        ("that works it does", "that works. It does"),
        ("so fetching works", "so Fetching works"),
        ("a caveat here", "a CAVEAT here"),
        ("call get user", "call set_user"),
        ("this old value", "this new_value"),
        ("by user name", "by username2"),
        ("the configuration", "the cfg"),
        ("the pythons", "the python"),
        ("frobnicate it", "frobnicates it"),
        ("a minus b", "a-b"),
        ("for every day", "for everyday"),
        ("say hello", "say"),
        ("say", "say getUserById"),
        ("", "kubectl"),
        ("kubectl", ""),
        ("the kubectl command", "the kubectl command"),
        ("the kubectl command", "  the\nkubectl command  "),
        ("one two three", "3"),
        ("cube control", "cube\u2026"),
        ("percentiles 50, 95", "percentiles, 95"),
        ("cube control", "k" * 500),
    ],
)
def test_what_is_no_name_or_does_not_sound_like_what_was_heard_teaches_nothing(was: str, now: str):
    assert correction(*as_heard(was), now) == []


def test_a_name_written_for_several_words_is_corrected_as_one():
    written, what = code()
    taught = Learned("get_user_by_id", "get user by id")
    assert correction(written, what, "return get_user_by_id(CRAN)") == [taught]
    assert correction(written, what, "return getUserByID(CRAN)") == [
        Learned("getUserByID", "get user by id")
    ]
    assert correction(written, what, "return getUserById(CRAN, 2)") == []
    assert correction(written, what, "yield getUserById(CRAN)") == []
    assert correction(written, what, "return getUser(CRAN)") == []


def test_a_word_put_back_as_it_was_heard_says_what_to_forget():
    written, what = code()
    assert refuted(written, what, "return getUserById(ran)") == ["CRAN"]
    assert correction(written, what, "return getUserById(ran)") == []
    assert refuted(written, what, "return get user by ID(ran)") == ["getUserById", "CRAN"]
    assert refuted(written, what, written.text) == []
    assert refuted(written, what, "return getUserById(walked)") == []


def test_where_more_was_reworded_than_corrected_nothing_is_learned():
    said = "the cube control thing shows every single broken pod there"
    assert correction(*as_heard(said), said.replace("cube control", "kubectl")) != []
    reworded = "the kubectl command lists every single failing pod there"
    assert correction(*as_heard(said), reworded) == []


def test_a_command_and_texts_beyond_measure_teach_nothing():
    what = heard("scratch that")
    assert correction(Written("", command=Command("scratch")), what, "scratch_that") == []
    long = "cube control " * 5_000
    assert correction(*as_heard(long), long.replace("cube control", "kubectl")) == []


def test_spans_that_do_not_fit_the_heard_words_are_left_alone():
    what = heard("cube control")
    for spans in [
        (Span(0, 12, 0, 9, ""),),
        (Span(0, 12, 2, 1, ""),),
        (Span(0, 99, -1, 2, ""),),
        (),
    ]:
        assert correction(Written("cube control", spans), what, "kubectl") == []


def test_what_was_chosen_is_learned_unless_it_is_of_everyday_words():
    written, what = code()
    assert choice(written, what, 1, "getUserByID") == Learned("getUserByID", "get user by id")
    assert choice(written, what, 3, "run") is None
    assert choice(written, what, 3, "CRAN2") is None
    written, what = as_heard("Reddish, or reed")
    assert choice(written, what, 0, "Redis") == Learned("Redis", "reddish")
    assert choice(written, what, 2, "read") is None
    assert choice(written, what, 0, "two\nlines") is None
    # The words of a symbol are no name because somebody wants them as words for once.
    words = heard("close paren")
    mark = Written(")", (Span(0, 1, 0, 2, "symbol"),))
    assert choice(mark, words, 0, "close paren") is None
    assert choice(mark, words, 0, "closeParen") == Learned("closeParen", "close paren")


MISHEARD = (Path(__file__).parent / "misheard.txt").read_text(encoding="utf-8").split("\n\n")
ORDINARY = sorted(word for part in english._words() for word in part if len(word) > 2)
NAMES = sorted(
    {
        name
        for path in sorted(SOURCES.rglob("*.py"))
        for name in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b|\b[A-Z]?[a-z]+[A-Z]\w+\b", path.read_text())
    }
)
SENTENCES = [
    sentence
    for sentence in re.split(r"(?<=[.:])\s+", re.sub(r"[`*|#>-]+", " ", PROSE.read_text()))
    if 4 <= len(sentence.split()) <= 40
]


def other_capital(word: str) -> str:
    """Of an ordinary word; that of a name may well be a lesson."""
    is_ordinary = english.is_ordinary(re.sub(r"\W", "", word).lower())
    return word[:1].swapcase() + word[1:] if is_ordinary else word


def edited(rng: random.Random, words: list[str], others: list[str]) -> list[str]:
    """As somebody edits who is after something else than the spelling of a name."""
    at = rng.randrange(len(words))
    word = rng.choice(others)
    edits = {
        "insert": [*words[:at], word, *words[at:]],
        "delete": words[:at] + words[at + 1 :],
        "replace": [*words[:at], word, *words[at + rng.randrange(1, 3) :]],
        "swap": [*words[:at], *words[at : at + 2][::-1], *words[at + 2 :]],
        "punctuate": [
            *words[:at],
            words[at].rstrip(".,:") + rng.choice(".,;:?!)"),
            *words[at + 1 :],
        ],
        "capital": [other_capital(each) if rng.random() < 0.2 else each for each in words],
        "break": [*words[:at], "\n", *words[at:]],
        "append": [*words, *rng.choices(others, k=3)],
        "quote": [*words[:at], f'"{words[at]}"', *words[at + 1 :]],
    }
    return edits[rng.choice(sorted(edits))]


@pytest.mark.parametrize("seed", range(20))
def test_ordinary_typing_anywhere_in_the_text_teaches_nothing(seed: int):
    rng = random.Random(seed)
    for _ in range(60):
        said = rng.choice(SENTENCES)
        words = said.split()
        for _ in range(rng.randrange(1, 5)):
            words = edited(rng, words or ["so"], ORDINARY)
        now = " ".join(words)
        assert correction(*as_heard(said), now) == [], (seed, said, now)


@pytest.mark.parametrize("part", [0, 1], ids=["seen", "held out"])
def test_most_names_that_a_model_mishears_are_learned(part: int):
    pairs = [line.split("|") for line in MISHEARD[part].splitlines() if not line.startswith("#")]
    learned = [
        correction(*as_heard(f"so {said} there"), f"so {name} there") for said, name in pairs
    ]
    assert len(pairs) >= 60
    assert sum(map(bool, learned)) >= 0.85 * len(pairs)


def test_names_that_are_put_in_for_other_reasons_hardly_ever_teach():
    rng, lessons, edits = random.Random(11), 0, 3_000
    for _ in range(edits):
        said = rng.choice(SENTENCES)
        now = " ".join(edited(rng, said.split(), NAMES))
        lessons += bool(correction(*as_heard(said), now))
    assert lessons <= 0.002 * edits, lessons


@pytest.mark.parametrize("seed", range(4))
def test_any_change_of_any_text_raises_nothing_and_teaches_words_that_were_heard(seed: int):
    rng = random.Random(seed)
    pieces = [
        "get",
        "User",
        " ",
        "  ",
        "_",
        ".",
        "-",
        "(",
        "é",
        "\n",
        "::",
        "9",
        "\U0001f600",
        "ID",
    ]
    for _ in range(500):
        said = "".join(rng.choices(pieces, k=rng.randrange(20)))
        now = "".join(rng.choices(pieces, k=rng.randrange(20)))
        what = heard(said)
        cuts = sorted(rng.sample(range(len(said) + 1), min(len(said) + 1, 4)))
        spans = tuple(
            Span(start, end, *sorted(rng.choices(range(len(what.words) + 1), k=2)), "")
            for start, end in pairwise(cuts)
        )
        spoken = {each.spoken for each in correction(Written(said, spans), what, now)}
        words = set(re.sub(r"[^\w\s]", " ", said.lower()).split())
        assert all(set(re.sub(r"[^\w\s]", " ", each).split()) <= words for each in spoken), (
            seed, said, now,
        )  # fmt: skip
