import pytest

from dictate.train.scoring import score, word_errors


@pytest.mark.parametrize(
    ("said", "written", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "a c", 1),
        ("a c", "a b c", 1),
        ("a b", "", 2),
        ("", "a", 1),
        ("open the file", "the open file", 2),
    ],
)
def test_word_errors_are_the_edit_distance(said: str, written: str, errors: int) -> None:
    assert word_errors(said, written) == errors


def test_the_rate_is_errors_over_words_spoken() -> None:
    judged = score([("a b c d", "a b c d"), ("a b", "a x")])
    assert (judged.errors, judged.words, judged.utterances) == (1, 6, 2)
    assert judged.rate == pytest.approx(1 / 6)
