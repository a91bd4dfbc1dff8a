import pytest

from dictate.text.snapping.sound import SoundIndex, skeleton, sound

NAMES = ["numpy", "tokenizer", "getUserById", "page_table", "setUserName", "kubeconfig", "lines"]


def likest(said):
    found = SoundIndex(NAMES).alike(said.split())
    return NAMES[found[0][1]] if found else None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("numpie", "numpy"),
        ("tokenisor", "tokenizer"),
        ("tokenizah", "tokenizer"),
        ("get user by idea", "getUserById"),
        ("cube config", None),
        ("kyubconfig", "kubeconfig"),
    ],
)
def test_slips_of_the_ear_find_the_name(said, name):
    assert likest(said) == name


@pytest.mark.parametrize(
    "said",
    [
        "tokenizers",  # another word, not a slip
        "page cable",  # everyday words are heard right
        "get user name",  # only setUserName is known
        "get users by id",
        "lyons",  # a name that is an everyday word is heard right, too
        "table",
        "id",
    ],
)
def test_other_words_are_no_slips(said):
    assert likest(said) is None


def test_words_that_sound_alike_share_sound_or_skeleton():
    assert sound("numb") + sound("pie") == sound("numpy")
    assert skeleton("knight") == skeleton("nite")
    assert skeleton("bat") == skeleton("pad")
    assert skeleton("set") != skeleton("get")
