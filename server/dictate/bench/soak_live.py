"""A long recording played hands-free through the real server and engine, and what they held."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from dictate.bench.process_usage import Usage, usage
from dictate.bench.scripted_editor import Dictated, ScriptedEditor
from dictate.bench.soak_recording import SoakRecording
from dictate.paths import runtime_dir, state_dir

_BEYOND_S: Final = 120.0
_SETTLING_S: Final = 3.0
"""Connections are closed in the background, behind the last text."""
_MS_PER_MINUTE: Final = 60_000
_STAY: Final = ("log", "history", "pause.json")
"""Logs; the sound of what was inserted, because it is asked for here; the learned pause."""


class Sample(msgspec.Struct):
    """What the processes held when an utterance ended.

    Attributes:
        played_minutes: sound of all utterances that had ended by then.
        held: by process.
    """

    played_minutes: float
    held: dict[str, Usage]


@dataclass(frozen=True)
class Soak:
    """What was seen.

    Attributes:
        utterances: in the order of their sound.
        samples: one for each, in the order in which they ended.
        before: what the processes held before anything was played.
        after: what they held when everything had settled.
        files_left: of the user's folders: those that were not there after the first minute, and
            belong to no utterance that failed, which is kept for a retry.
        state: of the server, when everything had settled.
        document: its text then.
    """

    utterances: list[Dictated]
    samples: list[Sample]
    before: dict[str, Usage]
    after: dict[str, Usage]
    files_left: list[str]
    state: str
    document: str


@dataclass
class _Watch:
    """Looks at the processes whenever an utterance ends, and once at the files."""

    pids: dict[str, int]
    samples: list[Sample] = field(default_factory=list)
    files: set[Path] | None = None
    _played_ms: float = 0.0

    def held(self) -> dict[str, Usage]:
        return {name: usage(pid) for name, pid in self.pids.items()}

    def ended(self, dictated: Dictated) -> None:
        self._played_ms += dictated.audio_ms
        self.samples.append(Sample(self._played_ms / _MS_PER_MINUTE, self.held()))
        if self.files is None and self._played_ms >= _MS_PER_MINUTE:
            self.files = user_files()


async def soak(
    editor: ScriptedEditor, engine_pid: int, recording: SoakRecording, *, realtime: bool
) -> Soak:
    """Play a recording, to its end, into a document of its own.

    Raises:
        DictateError: a process ended, or listening did not end with the recording.
    """
    uri = "file:///soaked.txt"
    editor.open(uri, "", "plaintext")
    watch = _Watch({"server": editor.server_pid, "engine": engine_pid})
    before = watch.held()
    utterances = await editor.dictate_hands_free(
        uri,
        0,
        recording.path,
        recording.length_s + _BEYOND_S,
        realtime=realtime,
        on_final=watch.ended,
    )
    await asyncio.sleep(_SETTLING_S)
    failed = {each.utterance_id for each in utterances if each.outcome == "failed"}
    files_left = user_files() - (watch.files or set())
    return Soak(
        utterances=sorted(utterances, key=_began_s),
        samples=watch.samples,
        before=before,
        after=watch.held(),
        files_left=sorted(str(path) for path in files_left if not failed & set(path.parts)),
        state=(await editor.status())["state"],
        document=editor.text(uri),
    )


def user_files() -> set[Path]:
    """Files in the user's folders, those aside that are meant to stay."""
    return {
        path.relative_to(folder.parent)
        for folder in (runtime_dir(), state_dir())
        for path in _walk(folder)
        if path.relative_to(folder).parts[0] not in _STAY
    }


def _walk(folder: Path) -> list[Path]:
    # Unlike a glob, this does not mind a folder that vanishes meanwhile.
    return [Path(root, name) for root, _, names in os.walk(folder) for name in names]


def _began_s(dictated: Dictated) -> float:
    """When it began to listen; one that did not has no sound, and may come last."""
    return float("inf") if dictated.listening_s is None else dictated.listening_s
