"""Dictation while somebody speaks, through the real server, engine and protocol, in real time."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dictate.bench.isolation import isolated_folders
from dictate.bench.machine import describe_machine
from dictate.bench.scripted_editor import Insertion, ScriptedEditor
from dictate.bench.streaming_decodes import DecodedAgain, Dictation, decode_again
from dictate.bench.streaming_live import Live, hands_free, hold, insertions
from dictate.bench.streaming_report import (
    HANDS_FREE,
    HOLD,
    DecodingFigures,
    DraftSource,
    StreamingReport,
    mode_figures,
)
from dictate.bench.streaming_speech import Speech, joined, speech
from dictate.dictation.pause import MOST_MS
from dictate.engine import control
from dictate.engine.protocol import EngineOptions
from dictate.errors import DictateError
from dictate.lsp.document import Document
from dictate.lsp.planner import plan
from dictate.lsp.settings import Settings, parse
from dictate.lsp.writing import Prepared, prepared_at
from dictate.text.heard import heard
from dictate.vad.segmenter import SegmenterOptions

# Names of documents that were dictated before could not be given again, either.
_OWN_NAMES: dict[str, Any] = {"names": {"project": False}}
_NO_NAMES: dict[str, Any] = {
    "prompt": {"enabled": False},
    "names": {"project": False, "bias": False},
}


@dataclass(frozen=True)
class StreamingOptions:
    """What is played, and on what.

    Attributes:
        sentences: dictated one by one with a key that is held.
        hands_free_sentences: of the recording that is dictated hands-free.
        non_speech: clips in which nobody speaks.
        recordings: folder of WAV files to play in place of synthesised sentences.
        speech: where sentences come from; see `streaming_speech.speech`.
        pause_ms: that ends a hands-free utterance; None: learned.
        seed: of everything that is drawn.
    """

    sentences: int = 20
    hands_free_sentences: int = 20
    non_speech: int = 200
    recordings: Path | None = None
    speech: str = "auto"
    pair: str = "bundled"
    device: str = "auto"
    dtype: str = "auto"
    pause_ms: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class _Run:
    """What the live part found."""

    engine: dict[str, Any]
    sources: list[DraftSource]
    modes: dict[str, Live]
    non_speech: dict[str, tuple[int, int]]


def measure_streaming(options: StreamingOptions) -> StreamingReport:
    """Play everything, then decode it again.

    Raises:
        DictateError: there is nothing to play, or the server or the engine failed.
    """
    count = max(options.sentences, options.hands_free_sentences)
    spoken = speech(count, options.seed, source=options.speech, folder=options.recordings)
    with isolated_folders() as folder:
        run = asyncio.run(_play(options, spoken, folder))
        # An engine that nobody asks would still hold memory.
        control.stop()
        decoding = {
            name: asyncio.run(_decoding(options, run.engine, name, live))
            for name, live in run.modes.items()
        }
    engine = run.engine
    return StreamingReport(
        machine=describe_machine(engine["device"]),
        pair=engine["pair"],
        target=engine["target"],
        draft=engine["draft"],
        device=engine["device"],
        dtype=engine["dtype"],
        speech=spoken.source,
        word_ends_known=any(clip.words for clip in spoken.clips),
        pause_ms=options.pause_ms,
        seed=options.seed,
        modes={name: mode_figures(live, decoding[name]) for name, live in run.modes.items()},
        draft_sources=run.sources,
        non_speech=run.non_speech,
    )


async def _play(options: StreamingOptions, spoken: Speech, folder: Path) -> _Run:
    settings: dict[str, Any] = {
        "engine": {"pair": options.pair, "device": options.device, "dtype": options.dtype},
        "history": {"enabled": True},
        "handsFree": {"pauseMs": options.pause_ms},
    }
    modes: dict[str, Live] = {}
    editor = ScriptedEditor({**settings, **_OWN_NAMES})
    await editor.start()
    engine = await editor.engine_ready()
    if engine["state"] != "ready":
        raise DictateError(engine.get("reason") or "the engine failed: see dictate engine status")
    clips = spoken.clips[: options.sentences]
    if clips:
        alone = [joined([clip], options.seed + index) for index, clip in enumerate(clips)]
        modes[HOLD] = await hold(editor, engine["pid"], alone, folder, options.seed)
    clips = spoken.clips[: options.hands_free_sentences]
    if clips:
        # Names of a document that grows could not be given again when the sound is decoded again.
        other = ScriptedEditor({**settings, **_NO_NAMES})
        await other.start()
        await other.engine_ready()
        continuous = joined(clips, options.seed)
        modes[HANDS_FREE] = await hands_free(other, engine["pid"], continuous, folder)
        await other.close()
    drafted = _drafted(engine, await editor.engine_ready())
    silent = await insertions(editor, options.non_speech, folder, options.seed)
    await editor.close()
    return _Run(engine, drafted, modes, silent)


def _drafted(before: dict[str, Any], after: dict[str, Any]) -> list[DraftSource]:
    """What each source of drafts did between two answers of the engine."""
    done = {source["name"]: source for source in before["draftSources"]}

    def more(source: dict[str, Any], field: str) -> int:
        count: int = source[field] - done.get(source["name"], {}).get(field, 0)
        return count

    return [
        DraftSource(
            source["name"], more(source, "proposed_tokens"), more(source, "accepted_tokens")
        )
        for source in after["draftSources"]
    ]


async def _decoding(
    options: StreamingOptions, engine: dict[str, Any], mode: str, live: Live
) -> DecodingFigures:
    """Decode a mode's sound again and compare."""
    segmenter = _segmenter(options, engine["windowS"], mode)
    told = parse(_OWN_NAMES if mode == HOLD else _NO_NAMES).settings
    kept: list[tuple[Dictation, _Place]] = []
    for each in live.observed:
        insertion = each.dictated.insertion
        if each.samples is not None and insertion is not None:
            document = Document("", live.language_id, 0, insertion.before)
            prepared = await prepared_at(document, insertion.offset, told)
            if prepared is None:
                raise DictateError("the names of a document cannot be read")
            dictation = Dictation(each.samples, segmenter, prepared.prompt, prepared.phrases)
            kept.append((dictation, _Place(document, insertion, prepared)))
    wanted = msgspec.convert(engine["wanted"], EngineOptions)
    again = await decode_again(wanted, [dictation for dictation, _ in kept])
    return DecodingFigures.of(
        [
            place.written(decoded) == place.insertion.new_text
            for decoded, (_, place) in zip(again, kept, strict=True)
        ],
        [decoded.last_partial for decoded in again],
    )


@dataclass(frozen=True)
class _Place:
    """Where something was inserted, and what the server knew there."""

    document: Document
    insertion: Insertion
    prepared: Prepared

    def written(self, decoded: DecodedAgain) -> str:
        """What the server would have inserted for it."""
        what = heard(decoded.text, decoded.confidences)
        written = self.prepared.writer.write(what)
        style = "code" if written.is_code else self.prepared.style
        return plan(self.document, self.insertion.offset, written.text, style).new_text


def _segmenter(options: StreamingOptions, window_s: float, mode: str) -> SegmenterOptions:
    """How the server cuts sound, its settings being the defaults."""
    vad, usual = Settings().vad, SegmenterOptions()
    # Hands-free, a learned pause ended the sound; none that was shorter did.
    pause_ms = vad.min_silence_ms if mode == HOLD else options.pause_ms or MOST_MS
    return SegmenterOptions(
        speech_threshold=vad.threshold,
        min_silence_ms=pause_ms,
        tail_ms=min(usual.tail_ms, pause_ms),
        max_segment_ms=min(1e3 * window_s, usual.max_segment_ms),
    )
