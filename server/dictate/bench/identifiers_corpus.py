"""What is said: sentences with names of real source files, and where in which file they stand."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from dictate.errors import DictateError
from dictate.text.identifiers import worth
from dictate.text.language_ids import language_id_of
from dictate.text.names.index import NameIndex
from dictate.text.names.name import Name
from dictate.text.snapping.spoken_key import spoken_key, spoken_variants

Mode = Literal["code", "prose"]

_CHECKOUT: Final = Path(__file__).parents[3] / "tests" / "data"
_PACKAGED: Final = Path(__file__).parent / "data"

CODE: Final = (
    ("call {0}", "call {0}"),
    ("return {0}", "return {0}"),
    ("if {0}", "if {0}"),
    ("{0} equals {1}", "{0} = {1}"),
    ("{0} dot {1}", "{0}.{1}"),
    ("{0} plus {1}", "{0} + {1}"),
    ("{0} less than {1}", "{0} < {1}"),
    ("return {0} open paren close paren", "return {0}()"),
    ("{0} open paren {1} close paren", "{0}({1})"),
    ("{0} open paren {1} comma {1} close paren", "{0}({1}, {1})"),
)
"""What is said of code, and what it is written as."""

PROSE: Final = (
    "call {0} before the server starts",
    "the function {0} returns an empty list",
    "check the result of {0} before you save it",
    "this test fails because {0} is missing",
    "the value of {0} is wrong after the last change",
    "we should never use {0} twice",
    "see {0} for more details",
    "{0} is called once for every request",
    "use {0} instead of {1}",
    "rename {0} and remove {1}",
    "move {0} to another module",
    "add a comment that explains {0}",
)
"""What is said about code: in comments, commit messages, to a model."""

_NO_CODE: Final = frozenset({"", "markdown", "rst", "text", "toml", "json", "yaml", "xml"})
_TWO: Final = "{1}"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LETTERS_OR_SPEAKABLE: Final = re.compile(r"[a-z]|[a-z]*[aeiouy][a-z]*")
_MOST_SPOKEN_WORDS: Final = 7
_NEAR_NAMES: Final = 30
_PLACES_TRIED: Final = 200


@dataclass(frozen=True)
class SourceFile:
    """A file of code.

    Attributes:
        name: its path within its folder.
    """

    name: str
    language_id: str
    text: str


@dataclass(frozen=True)
class Sentence:
    """What is said at a place.

    Attributes:
        spoken: lower-case words.
        reference: the same with the names as they are written.
        expected: what the document should get.
        said: the names in it, each as often as it is said.
        mode: what the place is for.
        language_id: of the file.
        file: its name.
        names: the file's other names and these, as they rank at the place.
        everything: the same with short and everyday ones.
    """

    spoken: str
    reference: str
    expected: str
    said: tuple[str, ...]
    mode: Mode
    language_id: str
    file: str
    names: tuple[Name, ...]
    everything: tuple[Name, ...]


def data_folder(kind: Literal["sources", "prose"], given: Path | None) -> Path:
    """Where files to read lie: the given folder, or those of the project that nothing was tuned on.

    Raises:
        DictateError: there is none.
    """
    own = [place / kind / "held_out" for place in (_PACKAGED, _CHECKOUT)]
    for folder in own if given is None else [given]:
        if folder.is_dir():
            return folder
    raise DictateError(
        f"there is no folder {given}: name one with --{kind}"
        if given is not None
        else f"the {kind} of the project are not installed: name a folder with --{kind}"
    )


def source_files(folder: Path) -> list[SourceFile]:
    """The files of code in a folder, in order; `name.py.txt` is one of Python, too.

    Raises:
        DictateError: there are none.
    """
    files = []
    for path in sorted(folder.rglob("*")):
        named = path.with_suffix("") if path.suffix == ".txt" else path
        language_id = language_id_of(named) if path.is_file() else ""
        if language_id not in _NO_CODE:
            text = path.read_text(encoding="utf-8", errors="replace")
            files.append(SourceFile(path.relative_to(folder).as_posix(), language_id, text))
    if not files:
        raise DictateError(f"no source file lies in {folder}: name another folder with --sources")
    return files


def reading(name: str) -> str:
    """How a name is said here."""
    variants = spoken_variants(name)
    return variants[0] if variants else ""


@lru_cache(maxsize=1 << 16)
def is_said(name: str, mode: Mode) -> bool:
    """A name that people say: Latin letters, words that can be spoken, not too many of them.

    In prose it has several words: a single one is left alone there, because it may be a word.
    """
    if not _NAME.fullmatch(name) or worth(name) is None:
        return False
    words = reading(name).split()
    least = 1 if mode == "code" else 2
    return least <= len(words) <= _MOST_SPOKEN_WORDS and all(
        _LETTERS_OR_SPEAKABLE.fullmatch(word) for word in words
    )


def sentences(files: Sequence[SourceFile], count: int, seed: int) -> list[Sentence]:
    """Sentences with names, the languages in turn, code and prose in turn.

    Raises:
        DictateError: the files have no names that could be said.
    """
    rng = random.Random(seed)  # noqa: S311 - not a secret
    drawn = list(islice(_endless(files, rng), count))
    if len(drawn) < count:
        raise DictateError("the source files have too few names that could be said: add some")
    return drawn


def _endless(files: Sequence[SourceFile], rng: random.Random) -> Iterator[Sentence]:
    by_language: dict[str, list[SourceFile]] = {}
    for file in files:
        by_language.setdefault(file.language_id, []).append(file)
    misses = 0
    while misses < _PLACES_TRIED:
        for mode in ("code", "prose"):
            for of_language in by_language.values():
                sentence = _sentence(rng.choice(of_language), mode, rng)
                if sentence is None:
                    misses += 1
                else:
                    misses = 0
                    yield sentence


def _sentence(file: SourceFile, mode: Mode, rng: random.Random) -> Sentence | None:
    """A sentence at a place of the file where one of its names stands; None: nothing was found.

    The line of the place is taken out: it is about to be said.
    """
    places = _places(file, mode)
    if not places:
        return None
    name, start, end = rng.choice(places)
    begin = file.text.rfind("\n", 0, start) + 1
    end = file.text.find("\n", end)
    text = file.text[:begin] + ("" if end < 0 else file.text[end:])
    index = NameIndex(text, file.language_id)
    names = index.ranked(begin)
    said = [name]
    spellings = [name.text for name in names]
    if said[0] not in spellings:
        return None  # it stood there alone
    near = [each for each in spellings[:_NEAR_NAMES] if each != name and is_said(each, mode)]
    if near:
        said.append(rng.choice(near))
    spoken, written = rng.choice(_templates(mode, is_pair=len(said) > 1))
    slots = [int(slot) for slot in re.findall(r"\{(\d)\}", written)]
    return Sentence(
        spoken=spoken.format(*map(reading, said)),
        reference=spoken.format(*said),
        expected=written.format(*said),
        said=tuple(said[slot] for slot in slots),
        mode=mode,
        language_id=file.language_id,
        file=file.name,
        names=tuple(names),
        everything=tuple(index.ranked(begin, everything=True)),
    )


@lru_cache(maxsize=256)
def _places(file: SourceFile, mode: Mode) -> list[tuple[str, int, int]]:
    """Names that could be said, and where they begin and end."""
    return [
        (match.group(), *match.span())
        for match in _NAME.finditer(file.text)
        if is_said(match.group(), mode)
    ]


def _templates(mode: Mode, *, is_pair: bool) -> list[tuple[str, str]]:
    templates = CODE if mode == "code" else tuple((each, each) for each in PROSE)
    return [each for each in templates if is_pair or _TWO not in each[0]]


def listed(sentence: Sentence, count: int, others: Sequence[str]) -> list[Name]:
    """The names said and `count` more, as they would rank at the place.

    Args:
        sentence: whose file has some.
        count: of names that are not said.
        others: names of other files, for what the file lacks; they rank last.

    Returns:
        The likeliest first.
    """
    said = set(sentence.said)
    chosen: list[Name] = []
    left = count
    for name in sentence.names:
        if name.text in said:
            chosen.append(name)
        elif left > 0:
            chosen.append(name)
            left -= 1
    known = {name.text for name in sentence.names}
    more = [other for other in others if other not in known][:left]
    return [*chosen, *(Name(other, score=-1.0 - rank) for rank, other in enumerate(more))]


def unsaid(names: Sequence[str], spoken: str) -> list[str]:
    """Those of the names that nobody could have meant by what was said."""
    words = spoken.split()
    keys = {
        spoken_key("_".join(words[begin:end]))
        for begin in range(len(words))
        for end in range(begin + 1, len(words) + 1)
    }
    around = f" {spoken} "
    return [
        name
        for name in names
        if spoken_key(name) not in keys
        and not any(f" {variant} " in around for variant in spoken_variants(name))
    ]


def mixed_names(
    files: Sequence[SourceFile], seed: int, is_wanted: Callable[[str], bool] = bool
) -> list[str]:
    """All names of the files that are worth listening for, in a random order."""
    names: dict[str, None] = {}
    for file in files:
        for name in NameIndex(file.text, file.language_id).ranked(None):
            if is_wanted(name.text):
                names[name.text] = None
    mixed = list(names)
    random.Random(seed).shuffle(mixed)  # noqa: S311 - not a secret
    return mixed
