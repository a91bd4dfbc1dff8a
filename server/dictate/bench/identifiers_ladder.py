"""The ladder on sound: every rung with every number of distractors."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.bench.identifiers_corpus import Mode, Sentence, listed, reading, unsaid
from dictate.bench.identifiers_decodes import Decoded, Decoders
from dictate.bench.identifiers_metrics import (
    WordErrors,
    judge_names,
    judge_words,
    ratio,
    spoken_words,
)
from dictate.bench.identifiers_report import (
    Alone,
    Exactness,
    NonSpeech,
    Observed,
    Overhead,
    PromptForm,
)
from dictate.bench.identifiers_rungs import (
    NOTHING,
    RUNGS,
    Rung,
    Told,
    Writers,
    prompt_forms,
    told,
    written,
)
from dictate.bench.non_speech import non_speech
from dictate.bench.timing import median_ratio
from dictate.text.names.name import Name

Sound = NDArray[np.int16]

_TEXT_RUNGS: Final[Mapping[Rung, Rung]] = {"snap": "trie", "all": "trie"}
"""Rungs that are told nothing more than another."""


@dataclass(frozen=True)
class Spoken:
    """A sentence, and its sound by a voice."""

    sentence: Sentence
    voice: str
    sound: Sound


@dataclass
class Ladder:
    """Climbs it, and counts by the way whether drafts ever change a text.

    Attributes:
        others: names of all files, in a random order, for what a file lacks.
    """

    decoders: Decoders
    writers: Writers
    others: Sequence[str]
    compared: int = 0
    failures: int = 0
    _known: dict[tuple[int, Told], Decoded] = field(default_factory=dict)

    @property
    def exactness(self) -> Exactness:
        """Of all decodings so far."""
        return Exactness(self.compared, self.failures)

    async def climb(self, spoken: Spoken, distractors: int) -> dict[Rung, Observed]:
        """One sentence at every rung."""
        sentence = spoken.sentence
        names = listed(sentence, distractors, self.others)
        heard: dict[Rung, Decoded] = {}
        seen: dict[Rung, Observed] = {}
        for rung in RUNGS:
            source = _TEXT_RUNGS.get(rung)
            heard[rung] = (
                await self._decode(spoken, told(rung, names)) if source is None else heard[source]
            )
            seen[rung] = self._observed(spoken, names, rung, heard[rung])
        return seen

    async def _decode(self, spoken: Spoken, what: Told) -> Decoded:
        # With more names than the engine is told of, it is told the same again.
        key = (id(spoken), what)
        if key not in self._known:
            self._known[key] = decoded = await self.decoders.decode(spoken.sound, what)
            self.compared += 1
            self.failures += not decoded.is_exact
        return self._known[key]

    def _observed(
        self, spoken: Spoken, names: Sequence[Name], rung: Rung, decoded: Decoded
    ) -> Observed:
        sentence = spoken.sentence
        writer = self.writers.writer(names, sentence.language_id, sentence.mode)
        begun_s = time.perf_counter()
        text = written(rung, decoded.text, writer, decoded.confidences)
        text_ms = 1e3 * (time.perf_counter() - begun_s)
        spellings = [name.text for name in names]
        reference = sentence.expected if rung == "all" else sentence.reference
        lost = self._words(sentence, sentence.reference, spellings, decoded.text).lost_tail
        plain = self._known[id(spoken), NOTHING].text
        lost_unprompted = self._words(sentence, sentence.reference, spellings, plain).lost_tail
        return Observed(
            group=(sentence.mode, sentence.language_id, spoken.voice),
            heard=decoded.text,
            text=text,
            names=judge_names(
                text, sentence.expected, sentence.said, set(spellings), sentence.spoken
            ),
            words=self._words(sentence, reference, spellings, text),
            is_whole="".join(text.split()) == "".join(sentence.expected.split()),
            lost_tail=lost > lost_unprompted,
            text_ms=text_ms,
            decode_ms=decoded.decode_ms,
            engine_ms=decoded.engine_ms,
        )

    def _words(
        self, sentence: Sentence, reference: str, spellings: Sequence[str], text: str
    ) -> WordErrors:
        said = set(sentence.said)
        known = set(spellings)
        return judge_words(
            spoken_words(reference, lambda word: reading(word) if word in said else None),
            spoken_words(text, lambda word: reading(word) if word in known else None),
        )

    async def alone(
        self, sounds: Sequence[tuple[str, Sound]], distractors: int, seed: int
    ) -> list[Alone]:
        """Sentences that say no name, in a buffer of names.

        Args:
            sounds: what is said, and the sound of it.
            distractors: how many names the buffer has.
            seed: of the intervals.
        """
        ways: list[tuple[Rung, Mode]] = [
            ("prompt", "prose"), ("trie", "prose"), ("snap", "prose"), ("all", "prose"),
            ("all", "code"),
        ]  # fmt: skip
        wrong: dict[tuple[Rung, Mode], list[int]] = {way: [] for way in ways}
        leaked = dict.fromkeys(ways, 0)
        for spoken, sound in sounds:
            texts = unsaid(self.others, spoken)[:distractors]
            names = [Name(text, score=-float(rank)) for rank, text in enumerate(texts)]
            heard: dict[Rung, Decoded] = {}
            for rung in ("prompt", "trie"):
                heard[rung] = await self.decoders.decode(sound, told(rung, names))
                self.compared += 1
                self.failures += not heard[rung].is_exact
            for rung, mode in ways:
                decoded = heard[_TEXT_RUNGS.get(rung, rung)]
                writer = self.writers.writer(names, "python", mode)
                text = written(rung, decoded.text, writer, decoded.confidences)
                judged = judge_names(text, spoken, (), set(texts))
                wrong[rung, mode].append(judged.wrong)
                leaked[rung, mode] += judged.leaked
        words = [len(spoken.split()) for spoken, _ in sounds]
        return [
            Alone(
                rung,
                mode,
                distractors,
                len(sounds),
                sum(words),
                ratio(wrong[rung, mode], words, seed),
                leaked[rung, mode],
            )
            for rung, mode in ways
        ]

    async def forms(
        self, sentences: Sequence[Spoken], distractors: int, seed: int
    ) -> list[PromptForm]:
        """Ways to write the prompt, nothing else told."""
        seen: dict[str, list[Observed]] = {}
        for spoken in sentences:
            names = listed(spoken.sentence, distractors, self.others)
            await self._decode(spoken, NOTHING)
            for form, prompt in prompt_forms([name.text for name in names]).items():
                decoded = await self.decoders.decode_once(spoken.sound, Told(prompt))
                seen.setdefault(form, []).append(self._observed(spoken, names, "prompt", decoded))
        return [_form(form, distractors, observed, seed) for form, observed in seen.items()]

    async def overhead(
        self, sentences: Sequence[Spoken], distractors: int, rounds: int
    ) -> Overhead:
        """Decode in turns with phrases and without, so many rounds behind one that warms up."""
        # Of each, the first decoding and one more, as hypotheses come before a final.
        with_ms: tuple[list[float], list[float]] = [], []
        without_ms: tuple[list[float], list[float]] = [], []
        for turn in range(rounds + 1):
            for index, spoken in enumerate(sentences):
                everything = told("trie", listed(spoken.sentence, distractors, self.others))
                ways = {"with": everything, "without": Told(everything.prompt)}
                texts, times_ms = {}, {}
                # The order turns, too: no way always runs behind the other.
                for name in sorted(ways, reverse=(turn + index) % 2 == 1):
                    twice = [
                        await self.decoders.decode_once(spoken.sound, ways[name]) for _ in range(2)
                    ]
                    texts[name] = twice[0].text
                    times_ms[name] = [each.decode_ms for each in twice]
                if turn > 0 and texts["with"] == texts["without"]:
                    for nth in range(2):
                        with_ms[nth].append(times_ms["with"][nth])
                        without_ms[nth].append(times_ms["without"][nth])
        first, again = (
            median_ratio(*each) if each[0] else None
            for each in zip(with_ms, without_ms, strict=True)
        )
        return Overhead(
            names=distractors,
            ratio=again,
            first_ratio=first,
            with_ms=median(with_ms[1]) if with_ms[1] else 0.0,
            without_ms=median(without_ms[1]) if without_ms[1] else 0.0,
            pairs=len(with_ms[1]),
        )

    async def silence(self, clips: int, distractors: int, seed: int) -> NonSpeech:
        """Clips in which nobody speaks, with names in the prompt and among the phrases."""
        names = [Name(text) for text in self.others[:distractors]]
        wrote = 0
        for _, sound in non_speech(clips, seed):
            wrote += bool((await self.decoders.decode_once(sound, told("trie", names))).text)
        return NonSpeech(clips, wrote)


def _form(form: str, distractors: int, observed: Sequence[Observed], seed: int) -> PromptForm:
    names = [each.names for each in observed]
    words = [each.words for each in observed]
    return PromptForm(
        form,
        distractors,
        recall=ratio([each.right for each in names], [each.said for each in names], seed),
        wrong_names=ratio(
            [each.wrong for each in names],
            [each.rare_words + each.common_words for each in words],
            seed,
        ),
        rare_word_errors=ratio(
            [each.rare_errors for each in words], [each.rare_words for each in words], seed
        ),
        common_word_errors=ratio(
            [each.common_errors for each in words], [each.common_words for each in words], seed
        ),
        lost_tails=sum(each.lost_tail for each in observed),
    )
