"""Code or prose: what is meant to be written, by the place, or as the user says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from dictate.text.place import Kind

WritingMode = Literal["auto", "code", "prose", "vibe", "raw"]
"""What may be chosen; `auto` goes by the place."""
EffectiveMode = Literal["code", "prose", "vibe", "raw"]
"""How a text is written: spoken forms and names; sentences with names; sentences with names in
backticks; just as it was heard."""

WRITING_MODES: tuple[WritingMode, ...] = get_args(WritingMode)

_AI_PROMPTS = frozenset(
    {
        "aichat", "avante", "avanteinput", "chat", "chatinput", "chatsessioninput", "claude",
        "codecompanion", "copilot-chat", "copilotchat", "gp.md", "opencode_input",
        "opencode-input", "prompt", "sidekick",
    }
)  # fmt: skip
"""Language ids and file types of the fields in which people write to a model."""


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """A mode, and one line on why it is this one."""

    mode: EffectiveMode
    reason: str


def choose_mode(
    chosen: WritingMode,
    by_language: Mapping[str, WritingMode],
    language_id: str,
    kind: Kind,
) -> ModeChoice:
    """How a text is to be written.

    Args:
        chosen: by the user for everything: by hand, in the settings, or for the project.
        by_language: by the user for language ids.
        language_id: of the document, as editors name it.
        kind: what the place lies in.
    """
    if chosen != "auto":
        return ModeChoice(chosen, f"{chosen} was chosen")
    for_language = by_language.get(language_id, "auto")
    if for_language != "auto":
        return ModeChoice(for_language, f"{for_language} was chosen for {language_id}")
    if language_id.lower() in _AI_PROMPTS:
        return ModeChoice("vibe", f"{language_id} is written to a model")
    if kind == "code":
        return ModeChoice("code", "the place lies in code")
    where = {"comment": "a comment", "string": "a string", "prose": "prose"}[kind]
    return ModeChoice("prose", f"the place lies in {where}")
