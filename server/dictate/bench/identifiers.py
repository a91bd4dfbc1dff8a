"""Names spelled right: the ladder of what is done for it, on real source files and on sound."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dictate.bench.identifiers_corpus import (
    SourceFile,
    data_folder,
    listed,
    mixed_names,
    sentences,
    source_files,
)
from dictate.bench.identifiers_decodes import Decoders
from dictate.bench.identifiers_ladder import Ladder, Sound, Spoken
from dictate.bench.identifiers_metrics import collisions, ratio
from dictate.bench.identifiers_report import (
    Alone,
    Cell,
    Group,
    IdentifiersReport,
    Miss,
    Observed,
    PromptForm,
    SoundFigures,
)
from dictate.bench.identifiers_rungs import RUNGS, Rung, Writers
from dictate.bench.identifiers_speech import Voices
from dictate.bench.identifiers_texts import perfect, prose
from dictate.bench.machine import describe_machine
from dictate.bench.sentences import SENTENCES
from dictate.engine.protocol import EngineOptions
from dictate.text.names.name import Name
from dictate.text.snapping.spoken_key import spoken_key

DISTRACTORS: Final = (0, 30, 100, 500)
USUAL_DISTRACTORS: Final = 100
"""As many names as a file in work has."""


@dataclass(frozen=True)
class IdentifiersOptions:
    """What is said, and on what.

    Attributes:
        sentences: with names; 0: no sound at all.
        quick: fewer of everything: shows that all runs, and roughly where figures lie.
        sources: folder of source files; None: the project's own.
        prose: folder of texts; None: the project's own.
        seed: of everything that is drawn.
    """

    sentences: int = 200
    quick: bool = False
    sources: Path | None = None
    prose: Path | None = None
    pair: str = "bundled"
    device: str = "auto"
    dtype: str = "auto"
    seed: int = 0


@dataclass(frozen=True)
class _Scale:
    """How much of everything."""

    distractors: tuple[int, ...]
    sentences: int
    per_language: int
    form_sentences: int
    overhead_sentences: int
    overhead_rounds: int
    silent_clips: int
    alone_sentences: int


def _scale(options: IdentifiersOptions) -> _Scale:
    if options.quick:
        return _Scale(
            distractors=(0, USUAL_DISTRACTORS),
            sentences=min(24, options.sentences),
            per_language=30,
            form_sentences=10,
            overhead_sentences=8,
            overhead_rounds=3,
            silent_clips=8,
            alone_sentences=12,
        )
    return _Scale(
        distractors=DISTRACTORS,
        sentences=options.sentences,
        per_language=60,
        form_sentences=80,
        overhead_sentences=40,
        overhead_rounds=5,
        silent_clips=40,
        alone_sentences=len(SENTENCES),
    )


def measure_identifiers(options: IdentifiersOptions) -> IdentifiersReport:
    """Measure everything.

    Raises:
        DictateError: there are no files, nothing that speaks, or the pair cannot run.
    """
    scale = _scale(options)
    folder = data_folder("sources", options.sources)
    files = source_files(folder)
    others = mixed_names(files, options.seed)
    writers = Writers()
    said = sentences(files, max(1, scale.sentences), options.seed)
    of_languages, build_ms = perfect(files, scale.per_language, options.seed, writers)
    figures = prose(data_folder("prose", options.prose), others, DISTRACTORS[-1], writers)
    sound = None
    if scale.sentences:
        sound = asyncio.run(_on_sound(options, scale, files, others, writers))
    return IdentifiersReport(
        seed=options.seed,
        sources=folder.name,
        files=len(files),
        languages=list(dict.fromkeys(file.language_id for file in files)),
        sentences=scale.sentences,
        perfect=of_languages,
        list_collisions={
            count: _collisions([listed(each, count, others) for each in said])
            for count in scale.distractors
        },
        prose=figures,
        build_ms=build_ms,
        sound=sound,
    )


def _collisions(lists: Sequence[Sequence[Name]]) -> float:
    """Mean share of a list's names that are said like another of it."""
    shares = [collisions([name.text for name in names], spoken_key) or 0.0 for names in lists]
    return sum(shares) / len(shares)


async def _on_sound(
    options: IdentifiersOptions,
    scale: _Scale,
    files: Sequence[SourceFile],
    others: Sequence[str],
    writers: Writers,
) -> SoundFigures:
    seed = options.seed
    voices = Voices(seed)
    spoken = [
        Spoken(sentence, *voices.say(sentence.spoken, index))
        for index, sentence in enumerate(sentences(files, scale.sentences, seed))
    ]
    plain: list[tuple[str, Sound]] = [
        (text, voices.say(text, index)[1])
        for index, text in enumerate(SENTENCES[: scale.alone_sentences])
    ]
    decoders = Decoders(
        EngineOptions(pair=options.pair, device=options.device, dtype=options.dtype)
    )
    try:
        status = await decoders.status()
        ladder = Ladder(decoders, writers, others)
        seen: dict[int, dict[Rung, list[Observed]]] = {}
        for count in scale.distractors:
            climbed = [await ladder.climb(each, count) for each in spoken]
            seen[count] = {rung: [each[rung] for each in climbed] for rung in RUNGS}
        alone: list[Alone] = []
        forms: list[PromptForm] = []
        for count in filter(None, scale.distractors):
            alone += await ladder.alone(plain, count, seed)
        for count in (30, USUAL_DISTRACTORS):
            forms += await ladder.forms(spoken[: scale.form_sentences], count, seed)
        overhead = await ladder.overhead(
            spoken[: scale.overhead_sentences], USUAL_DISTRACTORS, scale.overhead_rounds
        )
        silent = await ladder.silence(scale.silent_clips, USUAL_DISTRACTORS, seed)
    finally:
        await decoders.close()
    return SoundFigures(
        machine=describe_machine(status.device),
        pair=status.pair,
        target=status.target,
        draft=status.draft,
        device=status.device,
        dtype=status.dtype,
        voices=voices.names,
        cells=[
            Cell.of(rung, count, observed, seed)
            for count, rungs in seen.items()
            for rung, observed in rungs.items()
        ],
        groups=_groups(seen[USUAL_DISTRACTORS], seed),
        group_distractors=USUAL_DISTRACTORS,
        misses=[
            Miss(
                each.sentence.spoken,
                each.voice,
                observed.heard,
                observed.text,
                each.sentence.expected,
            )
            for each, observed in zip(spoken, seen[USUAL_DISTRACTORS]["all"], strict=True)
            if observed.names.right < observed.names.said or observed.names.wrong
        ],
        alone=alone,
        prompt_forms=forms,
        overhead=overhead,
        exactness=ladder.exactness,
        non_speech=silent,
    )


def _groups(seen: dict[Rung, list[Observed]], seed: int) -> list[Group]:
    """Recall by mode, by language and by voice."""
    groups = []
    for place in range(len(seen["none"][0].group)):
        for name in dict.fromkeys(each.group[place] for each in seen["none"]):
            recall = {}
            for rung, observed in seen.items():
                names = [each.names for each in observed if each.group[place] == name]
                recall[rung] = ratio(
                    [each.right for each in names], [each.said for each in names], seed
                )
            groups.append(Group(name, recall))
    return groups
