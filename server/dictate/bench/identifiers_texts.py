"""What text processing does to what was heard without a mistake: names, and ordinary prose."""

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from dictate.bench.identifiers_corpus import SourceFile, reading, sentences
from dictate.bench.identifiers_metrics import collisions, judge_names
from dictate.bench.identifiers_report import Perfect, ProseFigures
from dictate.bench.identifiers_rungs import Writers
from dictate.bench.timing import Spread
from dictate.errors import DictateError
from dictate.text.heard import Heard, heard
from dictate.text.names.index import NameIndex
from dictate.text.names.name import Name
from dictate.text.snapping.spoken_key import spoken_key
from dictate.text.written import Written

_SENTENCE_END: Final = re.compile(r"(?<=[.!?;])[\"')\]]*\s+")
_LONGEST_WORDS: Final = 30
_BUFFERS: Final = 8
_EXAMPLES: Final = 20


def perfect(
    files: Sequence[SourceFile], per_language: int, seed: int, writers: Writers
) -> tuple[list[Perfect], Spread]:
    """Names heard without a mistake, said alone and in sentences, with all names of their file.

    Returns:
        The figures of each language, and the time that writers took to get ready.
    """
    by_language: dict[str, list[SourceFile]] = {}
    for file in files:
        by_language.setdefault(file.language_id, []).append(file)
    built_ms: list[float] = []
    found = [
        _perfect(language_id, of_language, per_language, seed, writers, built_ms)
        for language_id, of_language in by_language.items()
    ]
    return found, Spread.of(built_ms)


def _perfect(
    language_id: str,
    files: Sequence[SourceFile],
    count: int,
    seed: int,
    writers: Writers,
    built_ms: list[float],
) -> Perfect:
    drawn = sentences(files, count, seed)
    said = {"alone": 0, "code": 0, "prose": 0}
    right = dict(said)
    said_alike = 0
    misses: list[str] = []
    for sentence in drawn:
        begun_s = time.perf_counter()
        place = writers.writer(sentence.everything, language_id, sentence.mode)
        built_ms.append(1e3 * (time.perf_counter() - begun_s))
        text = place.write(heard(sentence.spoken)).text
        judged = judge_names(text, sentence.expected, sentence.said, ())
        said[sentence.mode] += judged.said
        right[sentence.mode] += judged.right
        if sentence.mode == "code" and judged.right < judged.said:
            misses.append(f"{sentence.spoken} -> {text}, wanted {sentence.expected}")
        name = sentence.said[0]
        spoken = reading(name)
        in_code = writers.writer(sentence.everything, language_id, "code")
        text = in_code.write(heard(spoken)).text
        said["alone"] += 1
        right["alone"] += text == name
        if text != name:
            said_alike += spoken_key(text) == spoken_key(name)
            misses.append(f"{spoken} -> {text}, wanted {name}")
    names = [name.text for file in files for name in NameIndex(file.text, language_id).ranked(None)]
    return Perfect(
        language_id,
        said["alone"],
        right["alone"],
        said["code"],
        right["code"],
        said["prose"],
        right["prose"],
        said_alike,
        collisions(names, spoken_key),
        misses,
    )


def prose(folder: Path, others: Sequence[str], buffer_names: int, writers: Writers) -> ProseFigures:
    """Ordinary prose in prose mode, each sentence in one of several buffers full of names.

    Args:
        folder: of texts.
        others: names, of which each buffer has some.
        buffer_names: how many.
        writers: make what writes.

    Raises:
        DictateError: there is no text in the folder.
    """
    count = min(buffer_names, len(others))
    around = [*others, *others]
    buffers = []
    for index in range(_BUFFERS):
        first = index * len(others) // _BUFFERS
        texts = around[first : first + count]
        names = [Name(text, score=-float(rank)) for rank, text in enumerate(texts)]
        buffers.append(writers.writer(names, "python", "prose"))
    words = changed = changed_names = 0
    examples: list[str] = []
    for index, said in enumerate(_utterances(folder)):
        what = heard(said)
        words += len(what.words)
        for rule, before, after in changes(what, buffers[index % _BUFFERS].write(what)):
            changed += 1
            changed_names += rule.startswith("name")
            if len(examples) < _EXAMPLES:
                examples.append(f"{before} -> {after}")
    if not words:
        raise DictateError(f"no text lies in {folder}: name another folder with --prose")
    return ProseFigures(words, count, changed_names, changed, examples)


def changes(what: Heard, made: Written) -> Iterator[tuple[str, str, str]]:
    """Stretches that are not what was heard: the rule, the words heard, what is written."""
    if made.command is not None:
        yield "command", what.text, made.command.name
        return
    for span in made.spans:
        before = " ".join(word.text for word in what.words[span.first_word : span.end_word])
        after = made.text[span.start : span.end]
        if before != after:
            yield span.rule, before, after


def _utterances(folder: Path) -> Iterator[str]:
    """Sentences of the texts in a folder, long ones in pieces, as people would dictate them."""
    for path in sorted(folder.rglob("*.txt")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for paragraph in re.split(r"\n\s*\n", text):
            for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
                words = sentence.split()
                for begin in range(0, len(words), _LONGEST_WORDS):
                    yield " ".join(words[begin : begin + _LONGEST_WORDS])
