"""Every row of the documentation does what it says, in every language that it counts in."""

from pathlib import Path

import pytest

from dictate.text.heard import heard
from dictate.text.spoken_forms.formatters import format_words
from dictate.text.spoken_forms.interpreter import whole_command, write_code, write_prose
from dictate.text.spoken_forms.reference import markdown
from dictate.text.spoken_forms.table import Form
from dictate.text.written import Command
from tests.unit.text.spoken_forms.cases import FORMS

LANGUAGES = ["", *FORMS.languages()]
_NAME = ["red", "green", "blue"]


def as_sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."


def expected(form: Form) -> tuple[str, str]:
    """What to say for a form of code, and what must be written."""
    said = " ".join(form.phrase)
    if form.kind == "formatter":
        taken = _NAME[:1] if form.written == "capital" else _NAME
        return f"{said} {' '.join(taken)}", format_words(taken, form.written)
    if form.kind == "comment":
        return f"{said} explain this", f"{form.written} Explain this"
    if form.kind == "modifier":
        behind, written = {
            "letters": ("air bee 3", "ab3"),
            "letter": ("x", "x"),
            "digits": ("one oh five", "105"),
            "hexadecimal": ("f f", "0xff"),
            "capital_letters": ("air bee", "AB"),
            "next_word": ("comma", "comma"),
            "phrase": ("comma dot", "comma dot"),
            "utterance": ("comma dot", "comma dot"),
            "end": ("", ""),
        }[form.written]
        if form.written == "end":
            return f"snake red green {said} blue", "red_green blue"
        return f"{said} {behind}", written
    return said, form.written


@pytest.mark.parametrize("language_id", LANGUAGES)
def test_every_form_of_code_is_written_as_documented(language_id):
    forms = FORMS.for_language(language_id)
    wrong = []
    for form in forms.code.forms:
        said, written = expected(form)
        period = "." if form.kind == "comment" else ""  # prose keeps its own
        for heard_as, wanted in ((said, written), (as_sentence(said), written + period)):
            found = write_code(heard(heard_as), forms, None).text
            if found != wanted:
                wrong.append((heard_as, wanted, found))
    assert wrong == []


def test_every_letter_is_spelled_as_documented():
    forms = FORMS.for_language("python")
    wrong = []
    for form in (*forms.letters.forms, *forms.letter_names.forms):
        for introduction, written in (
            ("spell", form.written),
            ("letter", form.written),
            ("spell uppercase", form.written.upper()),
            ("snake user letter", f"user_{form.written}"),
        ):
            found = write_code(heard(f"{introduction} {' '.join(form.phrase)}"), forms, None).text
            if found != written:
                wrong.append((introduction, form.phrase, found))
    assert wrong == []


def test_every_mark_of_prose_is_written_as_documented():
    forms = FORMS.for_language("markdown")
    for form in forms.prose.forms:
        said = " ".join(form.phrase)
        found = write_prose(heard(f"it works {said}"), forms, None).text
        space = " " if form.written in '("' else ""
        assert found == f"it works{space}{form.written}"
        escaped = write_prose(heard(f"it works literally {said}"), forms, None).text
        assert escaped == f"it works {said}"


@pytest.mark.parametrize("language_id", LANGUAGES)
def test_every_command_is_one_as_a_whole_utterance_alone(language_id):
    forms = FORMS.for_language(language_id)
    commands = {" ".join(form.phrase): Command(form.written) for form in forms.commands.forms}
    for form in forms.code.forms:
        if form.kind == "formatter":
            commands[f"{' '.join(form.phrase)} that"] = Command("format", form.written)
    for said, command in commands.items():
        assert whole_command(heard(said), forms) == command
        assert whole_command(heard(as_sentence(said)), forms) == command
        assert whole_command(heard(f"{said} please"), forms) is None
        assert whole_command(heard(f"please {said}"), forms) is None


def test_the_documentation_is_up_to_date():
    path = Path(__file__).resolve().parents[4] / "docs/spoken-forms.md"
    assert path.read_text(encoding="utf-8") == markdown(), (
        "run `python -m dictate.text.spoken_forms.reference`"
    )


def test_the_documentation_holds_every_saying():
    text = markdown()
    for entry in FORMS.entries:
        assert " ".join(entry.phrase) in text
