import pytest

from dictate.text.language_ids import language_id_of


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("src/app.PY", "", "python"),
        ("a.b/component.tsx", "", "typescriptreact"),
        ("Dockerfile", "", "dockerfile"),
        (".git/COMMIT_EDITMSG", "", "gitcommit"),
        ("run", "#!/usr/bin/env python3\n", "python"),
        ("run", "#!/usr/bin/env -S node --x\n", "javascript"),
        ("run", "#!/bin/sh\n", "shellscript"),
        ("run", "#!/usr/bin/python3.12\n", "python"),
        ("run", "#! nothing known", ""),
        ("notes", "hello", ""),
        ("", "", ""),
    ],
)
def test_a_name_or_a_first_line_tells_the_language(path: str, text: str, expected: str) -> None:
    assert language_id_of(path, text) == expected
