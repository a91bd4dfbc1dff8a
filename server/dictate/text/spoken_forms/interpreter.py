"""What was heard becomes code, prose or a command: the ways into the spoken forms."""

from __future__ import annotations

from dictate.text.heard import Heard
from dictate.text.spoken_forms.code import write_code
from dictate.text.spoken_forms.formatters import format_text
from dictate.text.spoken_forms.pieces import pieces
from dictate.text.spoken_forms.prose import write_prose
from dictate.text.spoken_forms.table import LanguageForms
from dictate.text.written import Command

__all__ = ["format_text", "whole_command", "write_code", "write_prose"]


def whole_command(heard: Heard, forms: LanguageForms) -> Command | None:
    """The command that the whole utterance is.

    Any formatter with "that" behind it asks to write the last text in its way ("camel that"); with
    "it", those whose name is not an everyday word.

    Args:
        heard: all that was said.
        forms: of the language.
    """
    keys = [piece.key for piece in pieces(heard)]
    form = forms.commands.longest(keys, 0)
    if form is not None and len(form.phrase) == len(keys):
        return Command(form.written)
    if not keys or keys[-1] not in ("that", "it"):
        return None
    formatter = forms.code.longest(keys[:-1], 0)
    if formatter is None or formatter.kind != "formatter":
        return None
    if len(formatter.phrase) < len(keys) - 1 or (keys[-1] == "it" and formatter.is_word):
        return None
    return Command("format", formatter.written)
