"""`dictate transcribe`: files in, text out, in this process and without leaving one behind."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from dictate.audio.file import read_audio
from dictate.engine.in_process import InProcessEngine
from dictate.engine.protocol import EngineOptions, TranscribedWord, Transcript
from dictate.errors import DictateError


class FileResult(msgspec.Struct, omit_defaults=True):
    """One file's outcome, as `--json` prints it: text with its figures, or an error."""

    file: str
    text: str = ""
    audio_ms: float = 0.0
    timings_ms: dict[str, float] = {}
    proposed_tokens: int = 0
    accepted_tokens: int = 0
    truncated: bool = False
    words: list[TranscribedWord] = []
    average_log_probability: float = 0.0
    no_speech_probability: float | None = None
    temperature: float = 0.0
    beams: int = 1
    guards: list[str] = []
    rejected: list[str] = []
    error: str | None = None


_SHOWN = tuple(set(FileResult.__struct_fields__) & set(Transcript.__struct_fields__))
"""The words tell enough; tokens are for those who ask the engine itself."""


def transcribe_files(
    files: Sequence[str],
    options: EngineOptions,
    *,
    prompt: str,
    language: str | None,
    as_json: bool,
) -> int:
    """Print the text of each file, in order; a bad file costs its own line alone.

    Returns:
        0, or 1 where a file failed.

    Raises:
        DictateError: the pair cannot be loaded.
    """
    return asyncio.run(_transcribe_files(files, options, prompt, language, as_json=as_json))


async def _transcribe_files(
    files: Sequence[str],
    options: EngineOptions,
    prompt: str,
    language: str | None,
    *,
    as_json: bool,
) -> int:
    engine: InProcessEngine | None = None
    failed = False
    try:
        for file in files:
            try:
                samples = read_audio(Path(file))
            except DictateError as error:
                result = FileResult(file=file, error=str(error))
            else:
                engine = engine or await _load(options)
                result = await _transcribe(engine, file, samples, prompt, language)
            failed |= result.error is not None
            show(result, named=len(files) > 1, as_json=as_json)
    finally:
        if engine is not None:
            await engine.close()
    return int(failed)


async def _load(options: EngineOptions) -> InProcessEngine:
    engine = InProcessEngine(options)
    await (await engine.session()).close()  # waits until the pair is warm, or says why it cannot be
    for notice in (await engine.status()).notices:
        print(f"dictate: {notice}", file=sys.stderr)
    return engine


async def _transcribe(
    engine: InProcessEngine,
    file: str,
    samples: NDArray[np.int16],
    prompt: str,
    language: str | None,
) -> FileResult:
    session = await engine.session()
    try:
        await session.configure(prompt=prompt, language=language)
        await session.append(samples)
        transcript = await session.commit()
    except DictateError as error:
        return FileResult(file=file, error=f"{file}: {error}")
    finally:
        await session.close()
    return FileResult(
        file=file,
        **{field: getattr(transcript, field) for field in _SHOWN},
    )


def show(result: FileResult, *, named: bool, as_json: bool) -> None:
    """Print one file's outcome: the text, or all of it as JSON."""
    if as_json:
        print(msgspec.json.encode(result).decode(), flush=True)
    elif result.error is not None:
        print(f"dictate: {result.error}", file=sys.stderr, flush=True)
    else:
        if result.rejected:
            reasons = ", ".join(result.rejected)
            print(f"dictate: {result.file}: text was withheld ({reasons})", file=sys.stderr)
        print(f"{result.file}: {result.text}" if named else result.text, flush=True)
