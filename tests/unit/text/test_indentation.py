import pytest

from dictate.text.indentation import indentation_unit


@pytest.mark.parametrize(
    ("text", "language_id", "unit"),
    [
        ("def f():\n    return 1\n", "python", "    "),
        ("if (x) {\n  y();\n  if (z) {\n    w();\n  }\n}\n", "javascript", "  "),
        ("func f() {\n\treturn\n}\n", "go", "\t"),
        ("def f(a,\n      b):\n    if a:\n        return 1\n    return 2\n", "python", "    "),
        ("class A\n{\n\tint x;\n\tint y;\n    int z;\n}\n", "java", "\t"),
        ("", "python", "    "),
        ("", "go", "\t"),
        ("all:\n", "makefile", "\t"),
    ],
)
def test_a_step_is_what_most_lines_are_indented_by(text: str, language_id: str, unit: str) -> None:
    assert indentation_unit(text, language_id) == unit
