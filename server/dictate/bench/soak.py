"""A long stretch of hands-free dictation through the real server, engine and protocol."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from dictate.bench.isolation import isolated_folders
from dictate.bench.machine import describe_machine
from dictate.bench.scripted_editor import ScriptedEditor
from dictate.bench.sentences import SENTENCES
from dictate.bench.soak_live import Soak, soak
from dictate.bench.soak_places import places
from dictate.bench.soak_recording import SoakRecording, write_soak_recording
from dictate.bench.soak_report import (
    SoakReport,
    document_is_finals,
    outcomes,
    process_figures,
    sentence_account,
    texts,
)
from dictate.bench.streaming_live import kept_sound
from dictate.bench.streaming_speech import speech
from dictate.dictation.pause import FIRST_MS
from dictate.errors import DictateError

_FILE_PAUSE_MS: Final = round(FIRST_MS)
"""Pauses are learned from the clock, which a recording played faster does not keep to."""


@dataclass(frozen=True)
class SoakOptions:
    """What is played, and on what.

    Attributes:
        minutes: of the recording.
        speech: where sentences come from; see `streaming_speech.speech`.
        realtime: played as it was spoken; otherwise as fast as it is taken.
        seed: of everything that is drawn.
    """

    minutes: float = 60.0
    speech: str = "auto"
    realtime: bool = False
    pair: str = "bundled"
    device: str = "auto"
    dtype: str = "auto"
    seed: int = 0


def measure_soak(options: SoakOptions) -> SoakReport:
    """Write a recording, play it, and look what became of it.

    Raises:
        DictateError: there is nothing to play, or the server or the engine failed.
    """
    spoken = speech(len(SENTENCES), options.seed, source=options.speech)
    with isolated_folders() as folder:
        recording = write_soak_recording(
            folder / "soak.wav", spoken.clips, options.minutes, options.seed
        )
        pause_ms = None if options.realtime else _FILE_PAUSE_MS
        engine, seen = asyncio.run(_play(options, pause_ms, recording))
        found = places(recording, seen.utterances, kept_sound)
    compared = texts(recording, found.heard)
    ended, told = outcomes(seen)
    return SoakReport(
        machine=describe_machine(engine["device"]),
        pair=engine["pair"],
        target=engine["target"],
        draft=engine["draft"],
        device=engine["device"],
        dtype=engine["dtype"],
        speech=spoken.source,
        realtime=options.realtime,
        pause_ms=pause_ms,
        seed=options.seed,
        minutes=recording.length_s / 60,
        long_silences=recording.long_silences,
        non_speech=dict(Counter(kind for kind, _ in recording.non_speech)),
        sentences=sentence_account(recording, found),
        outcomes=ended,
        messages=told,
        left_out_ms=found.left_out_ms,
        repeated_ms=found.repeated_ms,
        words=compared.words,
        word_errors=compared.word_errors,
        document_is_finals=document_is_finals(seen),
        state=seen.state,
        files_left=seen.files_left,
        processes={name: process_figures(seen, name) for name in seen.before},
        samples=seen.samples,
    )


async def _play(
    options: SoakOptions, pause_ms: int | None, recording: SoakRecording
) -> tuple[dict[str, Any], Soak]:
    editor = ScriptedEditor(
        {
            "engine": {"pair": options.pair, "device": options.device, "dtype": options.dtype},
            "handsFree": {"pauseMs": pause_ms, "idleMinutes": 0},
            # The sound of what was inserted says where in the recording it was spoken.
            "history": {"enabled": True},
        }
    )
    await editor.start()
    engine = await editor.engine_ready()
    if engine["state"] != "ready":
        raise DictateError(engine.get("reason") or "the engine failed: see dictate engine status")
    seen = await soak(editor, engine["pid"], recording, realtime=options.realtime)
    await editor.close()
    return engine, seen
