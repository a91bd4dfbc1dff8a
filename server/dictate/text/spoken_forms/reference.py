"""The reference of all spoken forms, made from their table.

`python -m dictate.text.spoken_forms.reference` writes `docs/spoken-forms.md`. A test fails when it
differs from the table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from dictate.text.spoken_forms.formatters import format_words
from dictate.text.spoken_forms.table import SECTIONS, Kind, SpokenForms
from dictate.text.spoken_forms.table_file import Entry

_INTRODUCTION = """\
# Spoken forms

<!-- Written by `python -m dictate.text.spoken_forms.reference`; edit
server/dictate/text/spoken_forms/spoken_forms.toml. -->

What you can say where code is written, and what is written for it. The common names of Talon
(community), Dragon with VoiceCode or Caster, Serenade and VS Code Speech are all understood, most
in several wordings: say what you are used to.

In code, at each word, the first of these that applies:

1. `escape`, `literally`, `say`, `spell`, `number` and their like, with the words they take.
2. One of your exact replacements.
3. The longer of a name from your buffer and a spoken form; of the same length, the spoken form
   (but a name of several words wins over a keyword that is said like it).
4. A number: `forty two` is `42`, `one hundred and five` is `105`, `three point one four` is `3.14`,
   `negative five` is `-5`, `zero x f f` is `0xff`. Digits and groups in a row are one number:
   `eight zero eight zero` is `8080`, `nineteen eighty four` is `1984`. Ordinals stay words.
5. The word itself, without the sentence's capital and punctuation, which no code has.

The spaces between are those of the language's formatter: `foo(bar, baz)`, `x = 5`, `a[0]`,
`std::vector`. Between quotes words stay words. Behind a comment's mark follows prose, up to
`new line`.

Words marked with `*` are part of many names. Behind a dot and within a formatter's words they are
just words: `self dot title` is `self.title`, `snake hash map` is `hash_map`.

In prose (comments, documentation, messages) sentences stay as they are, but for the names of your
buffer and the punctuation below; `literally question mark` writes the words.

"""

_OWN_FILE = """
## Your own forms

`spoken_forms.toml` in Dictate's configuration folder has the shape of the packaged file. It adds
forms, gives a phrase another meaning, or takes one away:

```toml
[symbols]
"ellipsis | and so on" = "..."   # several sayings, divided by |
"bang" = false                   # "bang" is a word again

[formatters]
"title kebab" = "train"

[languages.python.keywords]      # in Python alone
"pandas frame" = "pd.DataFrame"
"test case" = "def test_"

[languages."javascript typescript".symbols]
"log it" = "console.log"
```

What is wrong in it is named in one line with its place; the rest of the file goes on.
"""

_HEADINGS: tuple[tuple[str, tuple[Kind, ...], str], ...] = (
    (
        "Formatters",
        ("formatter",),
        "A formatter takes the words behind it up to a symbol, another formatter, `over`, or the\n"
        "end of a sentence: `camel get user dot snake user name` is `getUser.user_name`. Numbers\n"
        "among them are digits. Strings, titles, `all caps` and `all down` can go around another\n"
        'formatter: `double string snake user id` is `"user_id"`. `capital` takes one word.\n\n',
    ),
    ("Symbols", ("symbol",), ""),
    ("Operators", ("operator",), "Between two values, with a space on either side.\n\n"),
    ("Brackets and pairs", ("bracket",), ""),
    ("White space", ("white space",), ""),
    (
        "Words that act on the words behind them",
        ("modifier",),
        "They are but words where nothing of the kind follows: `number of items`.\n\n",
    ),
    ("Letters", ("letter", "letter name"), "After `spell`, `letters`, `letter` or `ship`.\n\n"),
    (
        "Punctuation in prose",
        ("prose",),
        "Left alone where it is talked about: behind `a`, `the`, `every`, in front of `is`, `of`.\n"
        "`period` and `colon` count only as the last word.\n\n",
    ),
    (
        "Commands",
        ("command",),
        "Only as a whole utterance. Any formatter with `that` is one too: `camel that` writes the\n"
        "last text again.\n\n",
    ),
)

_MEANINGS = {
    "letters": "the letters that follow: `spell air bat cap` is `abc`; `ship`, `upper` or `capital`"
    " before one asks for a capital",
    "letter": "one letter: `letter x`",
    "capital_letters": "the letters that follow, as capitals",
    "digits": "digits in a row: `number one oh five` is `105`",
    "hexadecimal": "`hex f f` is `0xff`",
    "next_word": "the next word as it is: `escape dot` is `dot`",
    "phrase": "all that follows as it was heard, up to `over` or the end",
    "utterance": "the same, as the first word of an utterance only",
    "end": "ends the words of a formatter or of `literally`",
    "scratch": "takes the last text away",
    "undo": "undoes the last text",
    "new_line": "begins a new line",
    "new_paragraph": "leaves a line empty and begins a new one",
    "tab": "indents",
    "select": "selects the last text",
    "raw": "writes the last text as it was heard",
    "\n": "a new line",
    "\n\n": "an empty line and a new one",
    "\t": "a tab",
    " ": "a space",
}

_LANGUAGE_NAMES = {
    "cpp": "C++", "csharp": "C#", "javascriptreact": "JavaScript React", "php": "PHP",
    "typescriptreact": "TypeScript React", "typescript": "TypeScript", "javascript": "JavaScript",
    "shellscript": "shell", "sql": "SQL", "mysql": "MySQL", "plsql": "PL/SQL", "css": "CSS",
    "scss": "SCSS", "glsl": "GLSL", "hlsl": "HLSL", "cuda": "CUDA", "yaml": "YAML", "toml": "TOML",
    "objective-c": "Objective-C", "objective-cpp": "Objective-C++", "ocaml": "OCaml",
    "fsharp": "F#", "cmake": "CMake", "purescript": "PureScript", "gdscript": "GDScript",
    "sh": "sh", "bash": "bash", "zsh": "zsh", "ksh": "ksh", "fish": "fish",
}  # fmt: skip


def markdown() -> str:
    """Return the reference of the packaged table."""
    entries = SpokenForms().entries
    parts = [_INTRODUCTION.rstrip("\n") + "\n"]
    for heading, kinds, text in _HEADINGS:
        chosen = [
            entry for entry in entries if not entry.ids and SECTIONS[entry.section][0] in kinds
        ]
        parts.append(f"\n## {heading}\n\n{text}{_table(chosen)}")
    parts.append("\n## By language\n")
    for ids in dict.fromkeys(entry.ids for entry in entries if entry.ids):
        chosen = [entry for entry in entries if entry.ids == ids]
        parts.append(f"\n### {_names(ids)}\n\n{_table(chosen)}")
    parts.append(_OWN_FILE)
    return "".join(parts)


def _names(ids: Iterable[str]) -> str:
    return ", ".join(
        sorted((_LANGUAGE_NAMES.get(name, name.title()) for name in ids), key=str.lower)
    )


def _table(entries: Sequence[Entry]) -> str:
    """A table of what is written, and of all that is said for it."""
    rows: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        kind, is_word = SECTIONS[entry.section]
        said = " ".join(entry.phrase) + ("\\*" if is_word else "")
        rows.setdefault((kind, _shown(entry, kind)), []).append(said)
    lines = ["| written | said |", "|---|---|"]
    lines += [f"| {written} | {', '.join(said)} |" for (_, written), said in rows.items()]
    return "\n".join(lines) + "\n"


def _shown(entry: Entry, kind: Kind) -> str:
    written = entry.written
    if written is False:
        return "the words themselves"
    if kind == "formatter":
        words = ["name"] if written == "capital" else ["get", "user", "by", "id"]
        return _code(format_words(words, written))
    if kind in ("modifier", "command", "white space", "prose"):
        return _MEANINGS.get(written) or _code(written)
    return _code(written) + (" and prose" if kind == "comment" else "")


def _code(text: str) -> str:
    """Code within a table's cell: bars are escaped, backticks have longer ones around them."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def main() -> int:
    """Write the file into the checkout's docs, or into a folder given as argument."""
    checkout = Path(__file__).resolve().parents[4]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else checkout / "docs"
    folder.mkdir(exist_ok=True)
    (folder / "spoken-forms.md").write_text(markdown(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
