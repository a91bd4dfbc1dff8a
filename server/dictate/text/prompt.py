"""The initial prompt: names written as the document writes them, the most important one last."""

from __future__ import annotations

from collections.abc import Sequence

_SEPARATOR = ", "


def initial_prompt(names: Sequence[str], max_characters: int) -> str:
    """Join as many names as fit.

    Whisper keeps the tail of a prompt that is too long: the least important names come first.

    Args:
        names: most important first, as `identifiers` returns them; may be empty.
        max_characters: longest prompt. A name that does not fit is left out, the next may fit.

    Returns:
        The names separated by ", ", most important last; "" without names.
    """
    chosen: list[str] = []
    left = max_characters + len(_SEPARATOR)
    for name in names:
        cost = len(name) + len(_SEPARATOR)
        if name and cost <= left:
            chosen.append(name)
            left -= cost
        if left <= len(_SEPARATOR):
            break
    return _SEPARATOR.join(reversed(chosen))
