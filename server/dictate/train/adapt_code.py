"""What people say about a folder of code: its comments' sentences and its names, in words."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from dictate.errors import DictateError
from dictate.text.identifiers import identifiers
from dictate.text.language_ids import LANGUAGE_IDS
from dictate.text.languages import Language, Quote, language

_SKIPPED_FOLDERS: Final = frozenset(
    {"node_modules", "__pycache__", "venv", "build", "dist", "target", "vendor", "third_party"}
)
_MOST_FILES: Final = 4_000
_MOST_BYTES: Final = 400_000
_MOST_NAMES: Final = 600
_WORD_COUNTS: Final = range(3, 15)
_NAME_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?:])\s+|\n\s*\n")
_MARKS: Final = re.compile(r"^[\s#/*\-;%!\"'\[{|=]+|[\s*/\"'#\-\]}|=]+$")
_SAYABLE: Final = re.compile(r"[A-Za-z][A-Za-z' ,;:!?\-()_.`\"]*")
_CALL: Final = re.compile(r"\(\)|`")
_INNER_CAPITAL: Final = re.compile(r"[a-z][A-Z]|_|\w\.\w")
_TEMPLATES: Final = (
    "{}", "call {}", "return {}", "rename {} to {}", "set {} to {}", "the {} is missing",
    "check the {} first", "if {} is empty return none", "import {}", "test {} with {}",
    "pass {} to {}", "define {}", "remove {}", "fix the {}", "add a {} to the {}",
    "where is {} used", "the {} of the {}", "why does {} fail", "move {} into {}",
    "see {} for details",
)  # fmt: skip


class CodeError(DictateError):
    """A folder has no code to learn from."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something that people say.

    Attributes:
        spoken: lower-case words without punctuation.
        written: the same as a sentence with its capital and marks.
    """

    spoken: str
    written: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a folder of code gives to say.

    Attributes:
        files: how many were read.
        sentences: of comments and documentation.
        names: identifiers as words, the most used first.
    """

    files: int
    sentences: list[Phrase]
    names: list[str]

    def phrases(self, count: int, seed: int) -> list[Phrase]:
        """So many different phrases: half comments, as far as there are, the rest about names."""
        rng = random.Random(seed)
        sentences = list(self.sentences)
        rng.shuffle(sentences)
        chosen = dict.fromkeys(sentences[: count // 2])
        for _ in range(20 * count if self.names else 0):
            if len(chosen) >= count:
                break
            template = rng.choice(_TEMPLATES)
            spoken = template.format(*(self._name(rng) for _ in range(template.count("{}"))))
            chosen.setdefault(Phrase(spoken, f"{spoken[0].upper()}{spoken[1:]}."))
        for sentence in sentences[count // 2 :]:
            if len(chosen) >= count:
                break
            chosen.setdefault(sentence)
        return list(chosen)

    def _name(self, rng: random.Random) -> str:
        # The more a name is used, the more it is said.
        return self.names[int(len(self.names) * rng.random() ** 1.6)]


def read_code(folder: Path) -> Vocabulary:
    """Read the code and the texts in a folder.

    Raises:
        CodeError: it is no folder, or nothing in it can be said.
    """
    if not folder.is_dir():
        raise CodeError(f"there is no folder {folder}: name one with code")
    counts: Counter[str] = Counter()
    sentences: dict[Phrase, None] = {}
    files = 0
    for path in _files(folder):
        text = path.read_bytes()[:_MOST_BYTES].decode("utf-8", errors="replace")
        language_id = LANGUAGE_IDS[path.suffix.lower()]
        files += 1
        for rank, name in enumerate(identifiers(text, language_id, None)[:200]):
            words = name_words(name)
            if words is not None:
                counts[words] += 2 if rank < 20 else 1
        for paragraph in _prose(text, language(language_id)):
            sentences.update(dict.fromkeys(_phrases(paragraph)))
    names = [name for name, _ in counts.most_common(_MOST_NAMES)]
    if not names and not sentences:
        raise CodeError(f"{folder} has no code or text that can be said: name another folder")
    return Vocabulary(files, sorted(sentences, key=lambda phrase: phrase.spoken), names)


def name_words(name: str) -> str | None:
    """An identifier as people say it, `getUserById` -> `get user by id`; None: nobody would."""
    words = [word.lower() for word in _NAME_WORD.findall(name)]
    sayable = all(word.isascii() and word.isalpha() and len(word) > 1 for word in words)
    if not sayable or not 1 <= len(words) <= 4 or len("".join(words)) < 4:
        return None
    return " ".join(words)


def _files(folder: Path) -> Iterator[Path]:
    """Readable files of known kinds, in a fixed order; hidden and generated folders left out."""
    found = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in _SKIPPED_FOLDERS and not name.startswith(".")
        )
        for name in sorted(names):
            path = Path(place) / name
            known = path.suffix.lower() in LANGUAGE_IDS and not name.startswith(".")
            if known and path.is_file() and os.access(path, os.R_OK):
                yield path
                found += 1
                if found == _MOST_FILES:
                    return


def _prose(text: str, shape: Language) -> Iterator[str]:
    """Paragraphs of comments and documentation; of natural text, all of it."""
    if shape.is_prose:
        yield from re.split(r"\n\s*\n", text)
        return
    joined, last_end = "", 0
    for match in _comments(shape).finditer(text):
        comment = match.group("prose")
        if comment is None:
            continue
        lines = [_MARKS.sub("", line) for line in comment.splitlines()]
        # Comments on lines that follow one another are one text.
        if text[last_end : match.start()].strip():
            yield joined
            joined = ""
        joined += "\n" + "\n".join(lines)
        last_end = match.end()
    yield joined


@lru_cache(maxsize=64)
def _comments(shape: Language) -> re.Pattern[str]:
    """Matches comments and documentation, as `prose`, and strings, which may hold their marks."""
    prose = [
        f"{re.escape(mark)}[\\s\\S]*?(?:{re.escape(close)}|\\Z)"
        for mark, close in shape.block_comments
    ]
    prose += [re.escape(mark) + r"[^\n]*" for mark in shape.line_comments]
    prose += [_string(quote) for quote in shape.quotes if quote.is_prose]
    others = [_string(quote) for quote in shape.quotes if not quote.is_prose]
    nothing = r"(?!)"
    return re.compile(f"(?P<prose>{'|'.join(prose) or nothing})|{'|'.join(others) or nothing}")


def _string(quote: Quote) -> str:
    mark, close = re.escape(quote.open), re.escape(quote.close)
    inner = r"[\s\S]" if quote.multi_line else r"[^\n]"
    escaped = rf"\\{inner}|" if quote.escapes else ""
    return rf"{mark}(?:{escaped}{inner})*?(?:{close}|$|\Z)"


def _phrases(paragraph: str) -> Iterator[Phrase]:
    """The sentences of a paragraph that can be said as they stand."""
    for piece in _SENTENCE_END.split(paragraph):
        sentence = " ".join(_CALL.sub("", piece).split())
        if not _SAYABLE.fullmatch(sentence):
            continue
        spoken = " ".join(_spoken(sentence))
        if len(spoken.split()) in _WORD_COUNTS:
            # A name within is said in words, so it is written in words, too.
            has_name = _INNER_CAPITAL.search(sentence)
            written = f"{spoken[0].upper()}{spoken[1:]}." if has_name else sentence
            yield Phrase(spoken, written)


def _spoken(sentence: str) -> Iterator[str]:
    for word in re.findall(r"[A-Za-z_'.]+", sentence):
        bare = word.strip("._'")
        if _INNER_CAPITAL.search(bare):
            yield from (part.lower() for part in _NAME_WORD.findall(bare))
        elif bare:
            yield bare.lower()
