"""Recordings played in real time through the real server and engine, and all that an editor saw."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from dictate.audio.blocks import MAX_BLOCK_SAMPLES
from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.bench.non_speech import non_speech
from dictate.bench.processor_time import processor_s
from dictate.bench.scripted_editor import Dictated, ScriptedEditor
from dictate.bench.streaming_metrics import SpokenWord
from dictate.bench.streaming_spans import EDGE_S, Cuts, Span, cuts, found_at
from dictate.bench.streaming_speech import Clip
from dictate.errors import DictateError
from dictate.paths import state_dir

RELEASE_DELAY_S: Final = (0.15, 0.5)
"""How long after the last word people let go of a key."""

_FIRST_BLOCK_S: Final = MAX_BLOCK_SAMPLES / SAMPLE_RATE_HZ
"""The server says `listening` when it has so much sound."""
_CODE: Final = """def read_settings(path, max_retries):
    return parse_settings(path, max_retries)


# \n"""
_BEYOND_S: Final = 120.0


@dataclass(frozen=True)
class Observed:
    """One utterance as it was spoken and as the editor saw it; times on the editor's clock.

    Attributes:
        words: what was spoken meanwhile, as far as the words' ends are known.
        speech_end_s: the end of the last sentence in it; None where it heard no sentence's end.
        samples: the sound that the server kept of it, int16[n]; None: it kept none.
    """

    dictated: Dictated
    words: list[SpokenWord]
    speech_end_s: float | None
    samples: NDArray[np.int16] | None


@dataclass
class Live:
    """What was seen in one mode.

    Attributes:
        language_id: of the documents that were dictated into.
        text: all that was spoken; "" where that is not known.
        speech_s: how long somebody spoke.
        engine_s: processor time of the engine's process meanwhile.
        server_s: the same of the server's.
        observed: the utterances that were inserted, and in hold mode all others, too.
        outcomes: how many utterances ended how.
        stats: the server's own figures of its latency.
        cuts: what became of the sentences of continuous speech.
    """

    language_id: str
    text: str
    speech_s: float
    engine_s: float = 0.0
    server_s: float = 0.0
    observed: list[Observed] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    stats: dict[str, Any] = field(default_factory=dict)
    cuts: Cuts | None = None


class Meter:
    """Processor time of the two processes while it runs."""

    def __init__(self, editor: ScriptedEditor, engine_pid: int, live: Live) -> None:
        """Begin to measure."""
        self._pids = (engine_pid, editor.server_pid)
        self._live = live
        self._begun_s = [processor_s(pid) for pid in self._pids]

    def stop(self) -> None:
        """Add what was taken since the beginning."""
        spent_s = [
            processor_s(pid) - begun_s
            for pid, begun_s in zip(self._pids, self._begun_s, strict=True)
        ]
        self._live.engine_s += spent_s[0]
        self._live.server_s += spent_s[1]


async def hold(
    editor: ScriptedEditor, engine_pid: int, clips: Sequence[Clip], folder: Path, seed: int
) -> Live:
    """Dictate clips of one sentence, the key let go a moment after each; code is around them."""
    live = Live("python", _text(clips), sum(clip.speech_s for clip in clips))
    delays = random.Random(seed)  # noqa: S311 - not a secret
    meter = Meter(editor, engine_pid, live)
    for index, clip in enumerate(clips):
        end_s = clip.sentences[-1].end_s
        delay_s = delays.uniform(*RELEASE_DELAY_S)
        uri = f"file:///dictated-{index}.py"
        editor.open(uri, _CODE, live.language_id)
        dictated = await editor.dictate_file(
            uri,
            len(_CODE) - 1,
            _written(clip.samples, folder / "sentence.wav"),
            release_after_s=end_s + delay_s - _FIRST_BLOCK_S,
        )
        live.outcomes[dictated.outcome] += 1
        kept = kept_sound(dictated.utterance_id)
        live.observed.append(_observed(dictated, clip, Span(0.0, end_s), kept))
    meter.stop()
    live.stats = await editor.stats()
    return live


async def hands_free(editor: ScriptedEditor, engine_pid: int, clip: Clip, folder: Path) -> Live:
    """Dictate one long clip; pauses end the utterances."""
    live = Live("plaintext", _text([clip]), clip.speech_s)
    uri = "file:///dictated.txt"
    editor.open(uri, "", live.language_id)
    played = _written(clip.samples, folder / "continuous.wav")
    meter = Meter(editor, engine_pid, live)
    ended = await editor.dictate_hands_free(
        uri, 0, played, clip.samples.size / SAMPLE_RATE_HZ + _BEYOND_S
    )
    meter.stop()
    spans = []
    for dictated in ended:
        live.outcomes[dictated.outcome] += 1
        kept = kept_sound(dictated.utterance_id)
        if kept is None:
            continue
        begin = found_at(kept, clip.samples)
        if begin is None:
            raise DictateError("an utterance's sound is no stretch of the recording: report this")
        span = Span(begin / SAMPLE_RATE_HZ, (begin + kept.size) / SAMPLE_RATE_HZ)
        spans.append(span)
        live.observed.append(_observed(dictated, clip, span, kept))
    live.cuts = cuts(clip.sentences, spans)
    live.stats = await editor.stats()
    return live


async def insertions(
    editor: ScriptedEditor, count: int, folder: Path, seed: int
) -> dict[str, tuple[int, int]]:
    """Play sound without speech, faster than real time.

    Returns:
        By kind, how many clips there were and for how many of them something was inserted.
    """
    uri = "file:///silence.txt"
    editor.open(uri, "", "plaintext")
    clips: Counter[str] = Counter()
    inserted: Counter[str] = Counter()
    for kind, samples in non_speech(count, seed):
        dictated = await editor.dictate_file(uri, 0, _written(samples, folder / "noise.wav"))
        clips[kind] += 1
        inserted[kind] += dictated.outcome == "inserted"
    return {kind: (clips[kind], inserted[kind]) for kind in clips}


def kept_sound(utterance_id: str) -> NDArray[np.int16] | None:
    """What the server kept of an utterance that was inserted; `history` is on."""
    path = state_dir() / "history" / utterance_id / "audio.pcm"
    return np.frombuffer(path.read_bytes(), "<i2") if path.is_file() else None


def _observed(
    dictated: Dictated, clip: Clip, span: Span, samples: NDArray[np.int16] | None
) -> Observed:
    """Put what was spoken in a stretch of a clip on the editor's clock."""
    if dictated.listening_s is None:
        raise DictateError("an utterance ended before it listened: see the server's log")
    # The span's first block had just been heard.
    zero_s = dictated.listening_s - _FIRST_BLOCK_S - span.begin_s
    words = [
        SpokenWord(word.text, zero_s + word.end_s)
        for word in clip.words
        if span.begin_s < word.end_s <= span.end_s + EDGE_S
    ]
    ends_s = [
        sentence.end_s
        for sentence in clip.sentences
        if span.begin_s < sentence.end_s <= span.end_s + EDGE_S
    ]
    return Observed(
        dictated=dictated,
        words=words,
        speech_end_s=zero_s + ends_s[-1] if ends_s else None,
        samples=samples,
    )


def _text(clips: Sequence[Clip]) -> str:
    return " ".join(clip.text for clip in clips) if all(clip.text for clip in clips) else ""


def _written(samples: NDArray[np.int16], path: Path) -> Path:
    soundfile.write(path, samples, SAMPLE_RATE_HZ, subtype="PCM_16")
    return path
