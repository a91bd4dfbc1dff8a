"""The user's own file changes the table, and what is wrong in it costs one line."""

from pathlib import Path

import pytest

from dictate.text.heard import heard
from dictate.text.spoken_forms.interpreter import write_code
from dictate.text.spoken_forms.table import SpokenForms
from tests.unit.text.spoken_forms.cases import FORMS


def with_file(folder: Path, text: str) -> tuple[SpokenForms, Path]:
    path = folder / "spoken_forms.toml"
    path.write_text(text, encoding="utf-8")
    return SpokenForms(path), path


def code(forms: SpokenForms, said: str, language_id: str = "python") -> str:
    return write_code(heard(said), forms.for_language(language_id), None).text


def test_no_phrase_has_two_meanings_in_one_language():
    assert FORMS.collisions() == []


def test_a_phrase_with_two_meanings_is_found(tmp_path):
    path = tmp_path / "table.toml"
    path.write_text('[symbols]\n"dot" = "."\n[operators]\n"plus | dot" = "+"\n')
    (collision,) = SpokenForms(packaged_file=path).collisions()
    assert "'dot'" in collision


def test_every_language_is_compiled_once():
    assert FORMS.for_language("python") is FORMS.for_language("Python")


def test_the_user_adds_overrides_and_removes(tmp_path):
    forms, _ = with_file(
        tmp_path,
        """
        [symbols]
        "smiley | grin" = ":)"
        "bang" = false
        "dot" = "DOT"
        [languages.python.keywords]
        "data frame" = "pd.DataFrame"
        [languages."go rust".keywords]
        "data frame" = "Frame"
        [commands]
        "forget it" = "scratch"
        "undo" = false
        """,
    )
    assert forms.problems == ()
    assert code(forms, "grin plus smiley") == ":) + :)"
    assert code(forms, "bang") == "bang"
    assert code(forms, "dot") == "DOT"
    assert code(forms, "data frame") == "pd.DataFrame"
    assert code(forms, "data frame", "rust") == "Frame"
    assert code(forms, "data frame", "java") == "data frame"


def test_the_user_s_word_counts_in_every_language(tmp_path):
    forms, _ = with_file(tmp_path, '[keywords]\n"function" = "procedure"\n')
    assert code(forms, "function", "python") == code(forms, "function", "go") == "procedure"


def test_without_a_file_the_packaged_forms_hold(tmp_path):
    forms = SpokenForms(tmp_path / "missing.toml")
    assert forms.problems == ()
    assert code(forms, "dot") == "."


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[symbols]\n"x y" = 5\n"grin" = ":)"\n', 2, "x y"),
        ('[symbols]\n"grin" = ":)"\n"x y" = ""\n', 3, "x y"),
        ('[formatters]\n"x y" = "spiral"\n[symbols]\n"grin" = ":)"\n', 2, "spiral"),
        ('[commands]\n"x y" = "explode"\n[symbols]\n"grin" = ":)"\n', 2, "explode"),
        ('[letters]\n"x y" = "ab"\n[symbols]\n"grin" = ":)"\n', 2, "ab"),
        ('[nonsense]\n"x y" = "a"\n[symbols]\n"grin" = ":)"\n', 1, "nonsense"),
        ('[symbols]\n"grin" = ":)"\n"x y" = "broken\n', 3, "line"),
        ('[symbols]\n"grin" = ":)"\n"x y" "z"\n', 3, "line"),
        ('[symbols]\n"grin" = ":)"\n"grin" = ":("\n', 3, "line"),
        ('symbols = 5\n[brackets]\n"grin" = ":)"\n', 1, "symbols"),
        ('[symbols]\n"grin" = ":)"\n" | x" = "y"\n', 3, "no words"),
    ],
)
def test_what_is_wrong_costs_one_line_that_names_the_place(tmp_path, text, line, said):
    forms, path = with_file(tmp_path, text)
    (problem,) = forms.problems
    assert problem.startswith(f"{path}:{line}: ")
    assert said in problem
    assert "\n" not in problem
    assert code(forms, "grin") == ":)"
    assert code(forms, "plus") == "+"


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"\x00" * 50, b"[" * 5000, b"a" * 1_000_001, b"\n".join([b"= ="] * 100)],
    ids=["not utf-8", "zeros", "brackets", "huge", "nothing right"],
)
def test_a_file_that_is_none_costs_some_lines(tmp_path, content):
    path = tmp_path / "spoken_forms.toml"
    path.write_bytes(content)
    forms = SpokenForms(path)
    assert forms.problems
    assert all(str(path) in problem and "\n" not in problem for problem in forms.problems)
    assert code(forms, "x plus one") == "x + 1"


def test_a_folder_in_its_place_costs_one_line(tmp_path):
    forms = SpokenForms(tmp_path)
    assert len(forms.problems) == 1
    assert code(forms, "plus") == "+"
