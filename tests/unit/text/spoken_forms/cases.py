"""What the tests of spoken forms share: the packaged table, and code written without names."""

from collections.abc import Mapping

from dictate.text.heard import heard
from dictate.text.snapping.snap import Snapper
from dictate.text.spoken_forms.interpreter import write_code, write_prose
from dictate.text.spoken_forms.table import SpokenForms
from dictate.text.written import Written

FORMS = SpokenForms()


def written_code(
    said: str,
    language_id: str = "python",
    snapper: Snapper | None = None,
    replacements: Mapping[tuple[str, ...], str] = {},
    line_before: str = "",
) -> Written:
    forms = FORMS.for_language(language_id)
    return write_code(heard(said), forms, snapper, replacements, line_before=line_before)


def code(said: str, language_id: str = "python", **more) -> str:
    return written_code(said, language_id, **more).text


def written_prose(said: str, snapper: Snapper | None = None, **more) -> Written:
    return write_prose(heard(said), FORMS.for_language("markdown"), snapper, **more)


def prose(said: str, snapper: Snapper | None = None, **more) -> str:
    return written_prose(said, snapper, **more).text
