"""What is said about a folder of code."""

from pathlib import Path

import pytest

from dictate.train.adapt_code import CodeError, name_words, read_code

PYTHON = '''\
"""Reads the ledger of a colony. Nothing is written back!"""

# The throttle keeps the probe
# from asking too often.
def fetchLedgerEntry(probe_count):
    """Fetch one entry; see `parse_orbit_table` for the rest."""
    text = "# this is data and no comment at all"
    return orbit_table[probe_count]  # x = y + 1
'''
LUA = """\
--[[ The block comment
spans two lines. ]]
local burnRate = 3 -- how fast the engine burns
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ledger.py").write_text(PYTHON)
    (tmp_path / "engine.lua").write_text(LUA)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "other.py").write_text("# somebody else wrote this line\n")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "secret.py").write_text("# nobody shall read this line\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    (tmp_path / "binary.py").write_bytes(bytes(range(256)))
    return tmp_path


def test_comments_are_sentences_and_names_are_words(folder: Path) -> None:
    found = read_code(folder)
    assert found.files == 3
    spoken = {phrase.spoken for phrase in found.sentences}
    assert {
        "reads the ledger of a colony",
        "nothing is written back",
        "the throttle keeps the probe from asking too often",
        "fetch one entry see parse orbit table for the rest",
        "the block comment spans two lines",
        "how fast the engine burns",
    } <= spoken
    assert not any("data" in text or "somebody" in text or "nobody" in text for text in spoken)
    assert not any("=" in text or "+" in text for text in spoken)
    assert {"fetch ledger entry", "probe count", "orbit table", "burn rate"} <= set(found.names)


def test_sentences_keep_their_capitals_for_models_that_write_them(folder: Path) -> None:
    written = {phrase.spoken: phrase.written for phrase in read_code(folder).sentences}
    assert written["reads the ledger of a colony"] == "Reads the ledger of a colony."
    # A name within is said in words.
    text = written["fetch one entry see parse orbit table for the rest"]
    assert "_" not in text


def test_phrases_are_different_and_a_seed_names_them(folder: Path) -> None:
    found = read_code(folder)
    phrases = found.phrases(60, seed=1)
    assert phrases == found.phrases(60, seed=1)
    assert phrases != found.phrases(60, seed=2)
    assert len(set(phrases)) == len(phrases) == 60
    assert any("burn rate" in phrase.spoken for phrase in phrases)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("getUserById", "get user by id"), ("HTTPServer", "http server"),
        ("parse_config", "parse config"), ("MAX_RETRIES", "max retries"), ("sha256sum", None),
        ("i", None), ("x_y", None), ("one_two_three_four_five", None), ("straße", None),
    ],
)  # fmt: skip
def test_names_that_nobody_says_stay_out(name: str, words: str | None) -> None:
    assert name_words(name) == words


@pytest.mark.parametrize("content", [None, {}, {"a.py": ""}, {"a.py": "x = 1\n"}])
def test_a_folder_without_anything_to_say_is_one_line(
    content: dict[str, str] | None, tmp_path: Path
) -> None:
    folder = tmp_path / "code"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text)
    with pytest.raises(CodeError) as caught:
        read_code(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
