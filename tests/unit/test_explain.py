"""`dictate explain`: what would be inserted, and why."""

import json
from pathlib import Path

import pytest

from dictate.cli import main

SOURCE = '''\
def getUserById(user_id):
    """Find one."""
    # here
    return [EOL]
'''.replace("[EOL]", "")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "work"
    folder.mkdir()
    path = folder / "users.py"
    path.write_text(SOURCE)
    return path


def _explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["explain", *arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_in_code_names_and_symbols_are_written_and_each_says_why(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "get user by id left paren user id right paren"
    found = _explained(capsys, f"{file}:4:12", said)
    assert found["inserted"] == "getUserById(user_id)"
    assert found["result"] == "    return getUserById(user_id)"
    assert found["mode"] == "code"
    spans = found["spans"]
    assert isinstance(spans, list)
    assert [span["text"] for span in spans] == ["getUserById", "(", "user_id", ")"]
    assert [span["heard"] for span in spans][1] == "left paren"
    assert all(span["rule"] for span in spans)
    names = found["names"]
    assert isinstance(names, list)
    assert {"getUserById", "user_id"} <= {name["text"] for name in names}


def test_in_a_comment_it_is_prose_and_without_json_it_is_for_people(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", f"{file}:3:11", "it", "opens", "the", "door"]) == 0
    shown = capsys.readouterr().out
    assert "prose" in shown
    assert "comment" in shown
    assert "it opens the door" in shown


def test_a_mode_by_hand_goes_before_the_place(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _explained(capsys, f"{file}:4:12", "get user by id", "--mode", "raw")
    assert found["inserted"] == "get user by id"
    assert found["mode"] == "raw"


def test_a_command_is_named_and_inserts_nothing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _explained(capsys, f"{file}:4:12", "scratch that")
    assert found["command"] == "scratch"
    assert found["inserted"] == ""


def test_the_project_s_words_and_their_faults_are_told(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file.parent / ".dictate.toml").write_text(
        'mode = "sideways"\n[replacements]\n"my mail" = "me@example.org"\n'
    )
    found = _explained(capsys, f"{file}:4:12", "my mail")
    assert found["inserted"] == "me@example.org"
    (problem,) = found["problems"]  # type: ignore[misc]
    assert ".dictate.toml" in problem
    assert "1" in problem


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("users.py", "FILE:LINE:COLUMN"),
        ("users.py:1", "FILE:LINE:COLUMN"),
        ("users.py:x:1", "FILE:LINE:COLUMN"),
        ("users.py:0:1", "lines 1 to 5"),
        ("users.py:9:1", "lines 1 to 5"),
        ("users.py:1:99", "columns 1 to 26"),
        ("nothing.py:1:1", "cannot read"),
    ],
)
def test_a_place_that_is_none_is_told_in_a_line(
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    told: str,
) -> None:
    monkeypatch.chdir(file.parent)
    assert main(["explain", place, "hello"]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_any_bytes_are_explained(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(bytes(range(256)) * 50 + b"\nlast\n")
    found = _explained(capsys, f"{file}:1:1", "hello")
    assert found["heard"] == "hello"
