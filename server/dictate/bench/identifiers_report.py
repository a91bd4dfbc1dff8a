"""All figures of `dictate bench identifiers`, for JSON and for its tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from dictate.bench.identifiers_corpus import Mode
from dictate.bench.identifiers_metrics import NamesJudged, Ratio, WordErrors, ratio
from dictate.bench.identifiers_rungs import Rung
from dictate.bench.machine import Machine
from dictate.bench.timing import Spread


@dataclass(frozen=True)
class Observed:
    """One sentence at one rung.

    Attributes:
        group: by which it can be told from others: mode, language, voice.
        heard: the engine's text.
        text: what stands in the document.
        names: of what stands in the document.
        words: of it.
        is_whole: it is just what was expected, spaces aside.
        lost_tail: its end is missing, and is not when nothing is told to the engine.
        text_ms: from the engine's text to the document's.
        decode_ms: in the decoder.
        engine_ms: from sound to text.
    """

    group: tuple[str, str, str]
    heard: str
    text: str
    names: NamesJudged
    words: WordErrors
    is_whole: bool
    lost_tail: bool
    text_ms: float
    decode_ms: float
    engine_ms: float


class Cell(msgspec.Struct):
    """A rung of the ladder with so many distractors.

    Attributes:
        recall: names written exactly, of those said.
        precision: names written that were said, of all written.
        whole: texts that are just what was expected.
        wrong_names: names that nobody said, per word of the sentences.
        leaked: how many of them the list has.
        rare_word_errors: over the words of names.
        common_word_errors: over the others.
        lost_tails: sentences whose end is missing because of what was told.
    """

    rung: Rung
    distractors: int
    sentences: int
    recall: Ratio
    precision: Ratio
    whole: Ratio
    wrong_names: Ratio
    leaked: int
    rare_word_errors: Ratio
    common_word_errors: Ratio
    lost_tails: int
    text_ms: Spread
    decode_ms: Spread
    engine_ms: Spread

    @classmethod
    def of(cls, rung: Rung, distractors: int, observed: Sequence[Observed], seed: int) -> "Cell":
        """The figures of some sentences, at least one."""
        names = [each.names for each in observed]
        words = [each.words for each in observed]
        right = [each.right for each in names]
        wrong = [each.wrong for each in names]
        return cls(
            rung=rung,
            distractors=distractors,
            sentences=len(observed),
            recall=ratio(right, [each.said for each in names], seed),
            precision=ratio(right, [each.right + each.wrong for each in names], seed),
            whole=ratio([each.is_whole for each in observed], [1] * len(observed), seed),
            wrong_names=ratio(wrong, [each.rare_words + each.common_words for each in words], seed),
            leaked=sum(each.leaked for each in names),
            rare_word_errors=ratio(
                [each.rare_errors for each in words], [each.rare_words for each in words], seed
            ),
            common_word_errors=ratio(
                [each.common_errors for each in words],
                [each.common_words for each in words],
                seed,
            ),
            lost_tails=sum(each.lost_tail for each in observed),
            text_ms=Spread.of([each.text_ms for each in observed]),
            decode_ms=Spread.of([each.decode_ms for each in observed]),
            engine_ms=Spread.of([each.engine_ms for each in observed]),
        )


class Group(msgspec.Struct):
    """Recall of some of the sentences at the rungs, with as many distractors as users have."""

    name: str
    recall: dict[Rung, Ratio]


class Alone(msgspec.Struct):
    """Sentences in which no name is said, in a buffer full of names."""

    rung: Rung
    mode: Mode
    distractors: int
    sentences: int
    words: int
    wrong_names: Ratio
    leaked: int


class PromptForm(msgspec.Struct):
    """A way to write the names into the prompt, and what the model alone makes of it."""

    form: str
    distractors: int
    recall: Ratio
    wrong_names: Ratio
    rare_word_errors: Ratio
    common_word_errors: Ratio
    lost_tails: int


class Overhead(msgspec.Struct):
    """Decoding with phrases over decoding without, taken in turns, where the text is the same.

    Attributes:
        ratio: median of the ratios, once the phrases are known to the engine.
        first_ratio: the same where they are new to it.
        with_ms: median time in the decoder.
        without_ms: likewise.
        pairs: how many were compared.
    """

    names: int
    ratio: float | None
    first_ratio: float | None
    with_ms: float
    without_ms: float
    pairs: int


class Exactness(msgspec.Struct):
    """Sentences decoded with drafts and without, and those whose tokens differ."""

    compared: int
    failures: int


class Perfect(msgspec.Struct):
    """Names of a language's files, heard without a mistake, in buffers with all names of the file.

    Attributes:
        alone: names that were said alone, in code.
        alone_right: those written exactly.
        code: names that were said in lines of code.
        code_right: those written exactly.
        prose: names of several words that were said in prose.
        prose_right: those written exactly.
        said_alike: names alone for which another was written that is said just so.
        collisions: share of the files' names that are said like another of the same file.
        misses: of the names alone and in code, "said -> written, wanted".
    """

    language_id: str
    alone: int
    alone_right: int
    code: int
    code_right: int
    prose: int
    prose_right: int
    said_alike: int
    collisions: float | None
    misses: list[str]


class ProseFigures(msgspec.Struct):
    """Ordinary prose, heard without a mistake, with a buffer full of names.

    Attributes:
        words: of the prose.
        buffer_names: how many names the buffer has.
        changed_names: stretches that became a name.
        changed: stretches that became anything else than what was heard.
        examples: some of the changes, "heard -> written".
    """

    words: int
    buffer_names: int
    changed_names: int
    changed: int
    examples: list[str]

    @property
    def per_thousand(self) -> float | None:
        """Stretches that were changed, per thousand words."""
        return 1e3 * self.changed / self.words if self.words else None


class NonSpeech(msgspec.Struct):
    """Clips in which nobody speaks, and those for which the engine wrote something."""

    clips: int
    written: int


class Miss(msgspec.Struct):
    """A sentence whose names are not right though everything was done for them."""

    said: str
    voice: str
    heard: str
    written: str
    wanted: str


class SoundFigures(msgspec.Struct):
    """What was measured on sound.

    Attributes:
        cells: of the ladder.
        groups: of sentences, with `group_distractors` distractors.
        misses: with as many, at the last rung.
    """

    machine: Machine
    pair: str
    target: str
    draft: str | None
    device: str
    dtype: str
    voices: list[str]
    cells: list[Cell]
    groups: list[Group]
    group_distractors: int
    misses: list[Miss]
    alone: list[Alone]
    prompt_forms: list[PromptForm]
    overhead: Overhead
    exactness: Exactness
    non_speech: NonSpeech


class IdentifiersReport(msgspec.Struct):
    """Everything; `sound` is None where it was left out."""

    seed: int
    sources: str
    files: int
    languages: list[str]
    sentences: int
    perfect: list[Perfect]
    list_collisions: dict[int, float]
    prose: ProseFigures
    build_ms: Spread
    sound: SoundFigures | None
