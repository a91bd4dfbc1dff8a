import os
from pathlib import Path

import pytest

from dictate.text.vocabulary import files
from dictate.text.vocabulary.files import Vocabularies, project_file


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_nearest_file_counts_up_to_the_folder_with_git(tmp_path: Path):
    above = write(tmp_path / ".dictate.toml")
    document = write(tmp_path / "project" / "a" / "b" / "c.py")
    assert project_file(document, []) is None
    (tmp_path / "project" / ".git").mkdir()
    assert project_file(document, []) is None
    of_project = write(tmp_path / "project" / ".dictate.toml")
    assert project_file(document, []) == of_project
    nearer = write(tmp_path / "project" / "a" / ".dictate.toml")
    assert project_file(document, []) == nearer
    assert project_file(tmp_path / "note.txt", []) == above


def test_a_workspace_folder_above_a_repository_is_the_project_and_one_below_is_too(tmp_path: Path):
    document = write(tmp_path / "work" / "module" / "src" / "x.go")
    (tmp_path / "work" / "module" / ".git").mkdir()
    outer = write(tmp_path / "work" / ".dictate.toml")
    assert project_file(document, []) is None
    assert project_file(document, [tmp_path / "work"]) == outer
    of_repository = write(tmp_path / "work" / "module" / ".dictate.toml")
    assert project_file(document, [tmp_path / "work" / "module" / "src"]) == of_repository


def test_a_document_without_a_file_belongs_to_the_workspace_folders(tmp_path: Path):
    found = write(tmp_path / "b" / ".dictate.toml")
    assert project_file(None, [tmp_path / "a", tmp_path / "b"]) == found
    assert project_file(None, []) is None


def test_the_users_replacements_win_and_the_projects_modes(tmp_path: Path):
    user = write(
        tmp_path / "user.toml",
        "mode = 'prose'\nprompt = ['a']\n[replacements]\nx = 'mine'\n[names]\nmine = ''\n"
        "[modes]\nlua = 'raw'\ngo = 'raw'\n[learned]\nl = ['ell']",
    )
    write(
        tmp_path / "p" / ".dictate.toml",
        "mode = 'code'\nprompt = ['b', 'a']\n[replacements]\nx = 'theirs'\ny = 'z'\n[names]\n"
        "theirs = ''\n[modes]\ngo = 'code'\n[nonsense]",
    )
    found = Vocabularies(user).for_document(tmp_path / "p" / "x.py", [])
    assert found.replacements == {("x",): "mine", ("y",): "z"}
    assert [name.text for name in found.names] == ["l", "mine", "theirs"]
    assert (found.mode, found.modes, found.prompt) == (
        "code",
        {"lua": "raw", "go": "code"},
        ("a", "b"),
    )
    assert len(found.problems) == 1


def test_a_file_is_read_again_when_it_has_changed_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    reads: list[Path] = []

    def count(path: Path) -> bytes:
        reads.append(path)
        return path.read_bytes()

    monkeypatch.setattr(files, "read_content", count)
    user = write(tmp_path / "user.toml", "[names]\na = ''")
    vocabularies = Vocabularies(user)

    def names() -> list[str]:
        return [name.text for name in vocabularies.for_document(None, []).names]

    assert names() == names() == ["a"]
    assert len(reads) == 1
    # As large as before, and put in its place within the clock's resolution.
    stamp = user.stat().st_mtime_ns
    new = write(tmp_path / "new", "[names]\nb = ''")
    os.utime(new, ns=(stamp, stamp))
    new.replace(user)
    assert names() == names() == ["b"]
    assert len(reads) == 2
    user.unlink()
    assert names() == []


def test_a_caller_that_changes_what_it_got_changes_nothing_for_the_next(tmp_path: Path):
    vocabularies = Vocabularies(write(tmp_path / "user.toml", "[names]\na = ''\n[odd]"))
    found = vocabularies.for_document(None, [])
    found.names.clear()
    found.problems.clear()
    again = vocabularies.for_document(None, [])
    assert len(again.names) == len(again.problems) == 1


def test_while_a_file_cannot_be_read_what_it_said_before_holds(tmp_path: Path):
    user = write(tmp_path / "user.toml", "[names]\na = ''")
    vocabularies = Vocabularies(user)
    assert vocabularies.for_document(None, []).problems == []
    user.write_bytes(b"\0" * 10)
    broken = vocabularies.for_document(None, [])
    assert [name.text for name in broken.names] == ["a"]
    assert len(broken.problems) == 1
    user.write_text("[names]\nb = ''")
    mended = vocabularies.for_document(None, [])
    assert [name.text for name in mended.names] == ["b"]
    assert mended.problems == []


def test_many_projects_do_not_fill_the_memory(tmp_path: Path):
    vocabularies = Vocabularies(tmp_path / "user.toml")
    for number in range(100):
        write(tmp_path / str(number) / ".dictate.toml", f"[names]\nn{number} = ''")
        found = vocabularies.for_document(tmp_path / str(number) / "x.py", [])
        assert [name.text for name in found.names] == [f"n{number}"]
    assert len(vocabularies._cached) <= 64
