"""The configurations in docs/editors.md: what users paste is what the tests run."""

import re

from tests.lsp.scripted_editor import REPOSITORY


def configuration(heading: str, language: str, number: int = 0) -> str:
    """The code block of that language under a heading, the first one unless told."""
    text = (REPOSITORY / "docs/editors.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    (under,) = [part for part in section if part.startswith(f"{heading}\n")]
    return re.findall(rf"```{language}\n(.*?)```", under, re.DOTALL)[number]
