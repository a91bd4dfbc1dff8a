import errno
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dictate.errors import DictateError
from dictate.file_lock import FileLock
from dictate.text.vocabulary import remembering
from dictate.text.vocabulary.learned import Learned
from dictate.text.vocabulary.reading import load
from dictate.text.vocabulary.remembering import MAX_LEARNED, forget, remember
from dictate.text.vocabulary.toml_statements import decode, toml_key

NOW = datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=timezone.utc)
BY_HAND = """\
# my words   \t
[names]   # said
kubectl = [
  "cube control",   # or so
]

[learned]  # from corrections
# the next one is the best
redis = { spoken = ["reddish"] , count = 3, last = 2026-01-01 }   # keep me
'odd "one"' = {spoken = ['odd one'], count = 1, last = 2026-01-01T00:00:00Z}

[replacements]
"my mail" = \"\"\"
me\"\"\"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vocabulary.toml"


def learned(path: Path) -> set[tuple[str, str]]:
    vocabulary = load(path)
    assert vocabulary.problems == []
    return {(name.text, name.spoken) for name in vocabulary.names}


def test_what_is_remembered_is_read_again_and_ranks_by_when_it_was_taught(path: Path):
    remember(path, [Learned("kubectl", "cube control")], now=NOW)
    remember(path, [Learned("PyTorch", "pie torch")], now=NOW + timedelta(seconds=1))
    assert [name.text for name in load(path).names] == ["PyTorch", "kubectl"]
    remember(path, [Learned("kubectl", "cube cuddle")], now=NOW + timedelta(seconds=2))
    assert [name.spoken for name in load(path).names] == [
        "cube cuddle", "cube control", "pie torch",
    ]  # fmt: skip
    assert 'kubectl = {spoken = ["cube control", "cube cuddle"], count = 2' in path.read_text()


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_counting_again_changes_one_value_and_adding_adds_one_line(
    path: Path, line_break: str, mark: str
):
    before = (mark + BY_HAND.replace("\n", line_break)).encode()
    path.write_bytes(before)
    remember(path, [Learned("redis", "read is")], now=NOW)
    value = '{spoken = ["reddish", "read is"], count = 4, last = 2026-03-04T05:06:07Z}'
    counted = before.replace(
        b'{ spoken = ["reddish"] , count = 3, last = 2026-01-01 }', value.encode()
    )
    assert path.read_bytes() == counted
    remember(path, [Learned('a "b".c', "a b c")], now=NOW)
    line = '"a \\"b\\".c" = {spoken = ["a b c"], count = 1, last = 2026-03-04T05:06:07Z}'
    front, behind = counted.split(f"{line_break * 2}[rep".encode())
    assert path.read_bytes() == front + f"{line_break}{line}{line_break * 2}[rep".encode() + behind
    assert forget(path, 'a "b".c')
    assert path.read_bytes() == counted


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "[names]\na = ''", "[learned]", "[learned]\n\n# end\n",
     "x = 1\n[learned.y]\nspoken = ['why']\n", "[learned]\na = 'ay'\n[[other]]\nb = 1"],
)  # fmt: skip
def test_a_first_lesson_finds_its_place_in_any_file_and_can_be_taken_back(path: Path, text: str):
    path.write_text(text)
    remember(path, [Learned("kubectl", "cube control")], now=NOW)
    assert ("kubectl", "cube control") in {(name.text, name.spoken) for name in load(path).names}
    assert [line for line in path.read_text().splitlines() if "kubectl" not in line][
        : len(text.splitlines())
    ] == text.splitlines()
    assert forget(path, "kubectl")
    assert "kubectl" not in path.read_text()
    assert not forget(path, "kubectl")


KEYS = st.sampled_from(["a", "b-1", '"c d"', "'e.f'", "g", '"\\u00e9"'])
VALUES = st.sampled_from(
    [
        "''",
        "true",
        "1",
        '["x",\n  "y" # z\n]',
        '"""\n[learned]\nk = 1\n"""',
        "{q = 1}",
        "2026-01-01",
    ]
)
ENTRY = '{spoken = ["s"], count = 1, last = 2026-01-01}'
COMMENTS = st.sampled_from(["", "  # [learned]", "\t# x = 1"])
TABLES = st.lists(
    st.tuples(
        st.sampled_from(["[names]", "[ replacements ]", "[other]", "[learned]  # mine", "[z.y]"]),
        st.dictionaries(KEYS, st.tuples(VALUES, COMMENTS), max_size=4),
        st.sampled_from(["", "\n", "# free\n\n"]),
    ),
    unique_by=lambda table: table[0],
    max_size=5,
)
SPELLINGS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8
)


@settings(max_examples=80, deadline=None)
@given(
    tables=TABLES,
    spellings=st.lists(SPELLINGS, min_size=1, max_size=3, unique=True),
    end=st.booleans(),
    crlf=st.booleans(),
)
def test_remembering_and_forgetting_leave_every_other_line_of_any_file_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    tables: list[tuple[str, dict[str, tuple[str, str]], str]],
    spellings: list[str],
    end: bool,
    crlf: bool,
):
    text = "".join(
        f"{header}\n"
        + "".join(
            f"{key} = {ENTRY if 'learned' in header else value}{comment}\n"
            for key, (value, comment) in entries.items()
        )
        + behind
        for header, entries, behind in tables
    )
    text = text if end else text.rstrip("\n")
    before = (text.replace("\n", "\r\n") if crlf else text).encode()
    path = tmp_path_factory.mktemp("v") / "v.toml"
    path.write_bytes(before)
    known = decode(text).get("learned", {})
    for spelling in spellings:
        remember(path, [Learned(spelling, "said so")], now=NOW)
    taught = decode(path.read_bytes().decode())
    assert {**taught, "learned": {}} == {**decode(text), "learned": {}}
    assert set(taught["learned"]) == set(known) | set(spellings)
    new = [spelling for spelling in spellings if spelling not in known]
    for spelling in new:
        assert forget(path, spelling)
    after = path.read_bytes()
    if "[learned]  # mine" not in text:
        made = remembering._INTRODUCTION.replace("\n", "\r\n" if b"\r\n" in before else "\n")
        after = after.replace(made.encode(), b"", 1)
    keys = tuple(toml_key(spelling).encode() for spelling in spellings if spelling in known)
    for was, now in zip_longest(before.rstrip().splitlines(), after.rstrip().splitlines()):
        assert was == now or (was.startswith(keys) and now.startswith(keys))


@pytest.mark.parametrize(
    "content",
    [b"[names]\na = 'open\n", b"a = 1\na = 2\n", b"caf\xe9 = 1\n", b"\0", b"x" * 1_000_001,
     b"learned = 3\n", b"learned = {x = 'y'}\n", b"[[learned]]\nx = 1\n"],
    ids=lambda content: content[:9].hex(),
)  # fmt: skip
def test_a_file_that_is_broken_is_never_touched_and_told_in_one_line(path: Path, content: bytes):
    path.write_bytes(content)
    with pytest.raises(DictateError) as raised:
        remember(path, [Learned("kubectl", "cube control")])
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch):
    path.write_text(BY_HAND)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DictateError, match=r"No space left on device\): make room"):
        remember(path, [Learned("kubectl", "cube control")])
    assert path.read_text() == BY_HAND
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_or_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_text("")
    with pytest.raises(DictateError, match="cannot write"):
        remember(tmp_path / "file" / "vocabulary.toml", [Learned("kubectl", "cube control")])

    def read_only(_: FileLock) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(FileLock, "try_acquire", read_only)
    with pytest.raises(DictateError, match="Permission denied"):
        remember(tmp_path / "vocabulary.toml", [Learned("kubectl", "cube control")])


def test_who_cannot_get_the_lock_is_told_and_writes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(remembering, "_LOCK_TIMEOUT_S", 0.05)
    other = FileLock(path.with_name(f".{path.name}.lock"))
    assert other.try_acquire()
    with pytest.raises(DictateError, match="another editor"):
        remember(path, [Learned("kubectl", "cube control")])
    other.release()
    assert not path.exists()


TEACH = """
import sys
from pathlib import Path
from dictate.text.vocabulary import remembering
from dictate.text.vocabulary.learned import Learned
from dictate.text.vocabulary.remembering import remember
remembering._LOCK_TIMEOUT_S = 50.0  # a slow disk is not what is tested
for number in range(12):
    remember(Path(sys.argv[1]), [Learned(f"n{sys.argv[2]}_{number}", "x"), Learned("all", "y")])
"""


def test_several_editors_teach_at_once_and_nothing_is_lost(path: Path):
    editors = [
        subprocess.Popen([sys.executable, "-c", TEACH, str(path), str(each)]) for each in range(3)
    ]
    assert [editor.wait(60) for editor in editors] == [0, 0, 0]
    entries = decode(path.read_text())["learned"]
    assert set(entries) == {f"n{each}_{number}" for each in range(3) for number in range(12)} | {
        "all"
    }
    assert entries["all"]["count"] == 36
    assert list(path.parent.iterdir()) == [path]


def test_of_too_many_those_taught_least_and_longest_ago_go(path: Path):
    rng = random.Random(3)
    entries = [
        (f"name{number}", rng.randrange(1, 4), NOW - timedelta(minutes=number))
        for number in range(MAX_LEARNED + 5)
    ]
    rng.shuffle(entries)
    path.write_text(
        "[learned]\n"
        + "".join(
            f"{name} = {{spoken = ['x'], count = {count}, last = {last:%Y-%m-%dT%H:%M:%SZ}}}\n"
            for name, count, last in entries
        )
    )
    remember(path, [Learned("newest", "new est")], now=NOW)
    by_worth = sorted(entries, key=lambda entry: entry[1:])
    kept = {name for name, *_ in by_worth[6:]} | {"newest"}
    assert set(decode(path.read_text())["learned"]) == kept


def test_only_the_last_few_ways_to_say_it_are_kept(path: Path):
    for number in range(9):
        remember(path, [Learned("name", f"way {number}")], now=NOW)
    assert decode(path.read_text())["learned"]["name"]["spoken"] == [
        f"way {number}" for number in range(4, 9)
    ]


def test_a_link_stays_a_link_and_the_file_behind_it_keeps_its_mode(tmp_path: Path):
    behind = tmp_path / "dotfiles" / "vocabulary.toml"
    behind.parent.mkdir()
    behind.write_text(BY_HAND)
    behind.chmod(0o640)
    path = tmp_path / "vocabulary.toml"
    path.symlink_to(behind)
    remember(path, [Learned("kubectl", "cube control")])
    assert path.is_symlink()
    assert "kubectl = {" in behind.read_text()
    assert behind.stat().st_mode & 0o777 == 0o640


def test_nothing_to_remember_or_to_forget_makes_no_file(path: Path):
    remember(path, [])
    assert not forget(path, "kubectl")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("spelling", "spoken"),
    [("", "x"), ("a\nb", "x"), (" a", "x"), ("a" * 101, "x"), ("\ud800", "x"), ("a", ""),
     ("a", "X"), ("a", "x, y"), ("a", "x  y"), ("a", "w " * 12 + "w")],
)  # fmt: skip
def test_only_spellings_and_bare_spoken_words_can_be_taught(spelling: str, spoken: str):
    with pytest.raises(ValueError, match="spoken words"):
        Learned(spelling, spoken)
