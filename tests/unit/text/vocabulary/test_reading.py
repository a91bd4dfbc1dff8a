import os
import random
from pathlib import Path

import pytest

from dictate.text.vocabulary.reading import MAX_FILE_BYTES, load
from dictate.text.vocabulary.vocabulary import LEARNED_SCORE, PROJECT_SCORE, USER_SCORE, Vocabulary

GOOD = """
mode = "code"
prompt = ["Dictate", "pygls"]
[names]
kubectl = ["Cube control,", "cube c t l"]
getUser = ""
Neovim = true
"Visual Studio Code" = "v s code"
os.path.join = "o s path join"
[replacements]
"My e-mail!" = "me@example.org"
"sign off" = "Best,\\nMe"
[modes]
markdown = "prose"
[learned]
old = {spoken = ["auld"], count = 9, last = 2025-01-01}
new = {spoken = ["gnu", "knew"], count = 1, last = 2026-01-01T10:00:00Z}
"""


def read(path: Path, text: str | bytes) -> Vocabulary:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vocabulary.toml"


def sayings(vocabulary: Vocabulary) -> set[tuple[str, str]]:
    return {(name.text, name.spoken) for name in vocabulary.names}


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD])
def test_a_file_says_names_replacements_modes_and_words(path: Path, text: str):
    found = read(path, text)
    assert found.problems == []
    assert sayings(found) == {
        ("kubectl", "cube control"), ("kubectl", "cube c t l"), ("getUser", ""), ("Neovim", ""),
        ("Visual Studio Code", "v s code"), ("os.path.join", "o s path join"), ("old", "auld"),
        ("new", "gnu"), ("new", "knew"),
    }  # fmt: skip
    assert found.replacements == {
        ("my", "e-mail"): "me@example.org",
        ("sign", "off"): "Best,\nMe",
    }
    assert (found.mode, found.modes, found.prompt) == (
        "code",
        {"markdown": "prose"},
        ("Dictate", "pygls"),
    )


def test_what_was_learned_ranks_first_the_newest_before_all(path: Path):
    names = read(path, GOOD).names
    assert names == sorted(names, key=lambda name: -name.score)
    assert [name.text for name in names[:3]] == ["new", "new", "old"]
    assert min(name.score for name in names[:3]) > LEARNED_SCORE > USER_SCORE > PROJECT_SCORE
    assert {name.score for name in names[3:]} == {USER_SCORE}
    assert {name.origin for name in names} == {"vocabulary"}


def test_a_saying_that_was_taught_for_two_names_means_the_newer_one(path: Path):
    entries = [
        'user_id = {spoken = ["user id"], count = 7, last = 2026-03-01}',
        'userId = {spoken = ["user id", "user eye dee"], count = 1, last = 2026-03-02}',
    ]
    for order in (entries, entries[::-1]):
        found = read(path, "[learned]\n" + "\n".join(order))
        assert sayings(found) == {("userId", "user id"), ("userId", "user eye dee")}


@pytest.mark.parametrize(
    ("wrong", "line", "what"),
    [
        ("[names]\na b = 1", 2, "quotes"),
        ("[names]\na = 1", 2, "in quotes"),
        ("[names]\na = ['x', 1]", 2, "in quotes"),
        ("[names]\na = '!'", 2, "words"),
        ("[names]\na = 'x", 2, "not closed"),
        ("[names]\na = ['x'", 2, "not closed"),
        ("[names]\na = ['x' 'y']", 2, "Unclosed array"),
        ("[names]\n\n\n'' = 'x'", 4, "1 to 100"),
        ('[names]\n"a\\nb" = "x"', 2, "1 to 100"),
        ("[names\na = 'x'", 1, "brackets"),
        ("[[names]]", 1, "single brackets"),
        ("names = 3", 1, "table"),
        ("[replacements]\n'...' = 'x'", 2, "spoken words"),
        ("[replacements]\nx = 3", 2, "quotes"),
        ('[replacements]\nx = "\\u0007"', 2, "control"),
        ("mode = 'cod'", 1, "auto, code, prose, vibe, raw"),
        ("mode = []", 1, "auto, code, prose, vibe, raw"),
        ("[modes]\npython = 1", 2, "auto, code, prose, vibe, raw"),
        ("prompt = 1", 1, "list of words"),
        ("[learned]\nx = {spoken = [1]}", 2, "spoken"),
        ("[learned]\nx = {spoken = ['y'], count = 'z'}", 2, "spoken"),
        ("[learned]\nx = {spoken = ['y'], last = 12:00:00}", 2, "spoken"),
        ("[learned]\nx.y.z = {spoken = ['y']}", 2, "quote"),
        ("[surprise]\na = 1\nb = 2", 1, "surprise is unknown"),
        ("something", 1, "neither"),
    ],
)
def test_a_wrong_entry_is_one_line_that_says_where_and_the_rest_counts(
    path: Path, wrong: str, line: int, what: str
):
    found = read(path, f"{wrong}\n[replacements]\n'left over' = 'rest'\n[names]\nrest = 'wrest'\n")
    (problem,) = found.problems
    assert problem.startswith(f"{path}, line {line}"), problem
    assert what in problem
    assert "\n" not in problem
    assert found.replacements == {("left", "over"): "rest"}
    assert sayings(found) == {("rest", "wrest")}


def test_a_name_that_stands_twice_is_told_and_counts(path: Path):
    found = read(path, "[names]\na = 'x'\na = 'y'\n")
    assert len(found.problems) == 1
    assert "line 3" in found.problems[0]
    assert sayings(found) == {("a", "x"), ("a", "y")}


def test_a_line_that_is_no_utf8_costs_that_line(path: Path):
    content = "[names]\n# caf\u00e9\na = 'caf\u00e9'\nb = 'x'\n".encode("latin-1")
    found = read(path, content)
    assert found.problems == [
        f"{path}, line 3: it is not UTF-8: correct it; the rest counts",
    ]
    assert sayings(found) == {("b", "x")}


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode("utf-16"),
        b"\x7fELF\x02\x01\x01\x00\x00" * 100,
        b"a" * (MAX_FILE_BYTES + 1),
        random.Random(7).randbytes(100_000),
        b"[" * 200_000,
        b"[names]\na = " + b"[" * 200_000,
        b'"""' * 200_000,
        b"a = '''\n" * 50_001,
        b"a = [\n" * 150_000,
        b"=\n" * 400_000,
        "".join(f"a{n} = 'x'\n" for n in range(60_000)).encode(),
    ],
    ids=lambda content: content[:12].hex(),
)
def test_no_content_raises_or_takes_long_and_all_are_told_in_few_lines(path: Path, content: bytes):
    found = read(path, content)
    assert 1 <= len(found.problems) <= 20
    assert all("\n" not in problem and str(path) in problem for problem in found.problems)


def test_of_more_names_than_anybody_says_the_first_count(path: Path):
    found = read(path, "[names]\n" + "".join(f"name{n} = ''\n" for n in range(6_000)))
    assert len(found.names) == 5_000
    assert len(found.problems) <= 20


def test_what_is_no_file_or_not_there(tmp_path: Path):
    assert load(tmp_path / "missing.toml") == Vocabulary()
    assert load(tmp_path / "missing" / "missing.toml") == Vocabulary()
    (problem,) = load(tmp_path).problems
    assert "not a file" in problem
    fifo = tmp_path / "fifo.toml"
    os.mkfifo(fifo)
    assert "not a file" in load(fifo).problems[0]


def test_a_path_with_a_line_break_keeps_the_problem_on_one_line(tmp_path: Path):
    folder = tmp_path / "a\nb"
    folder.mkdir()
    (problem,) = read(folder / "v.toml", "mode = 1").problems
    assert "\n" not in problem
