"""`dictate demo`: bundled recordings, dictated into a document through the real server and engine.

In Neovim where one that is new enough is on the PATH, through a scripted LSP editor otherwise.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dictate.bench.isolation import isolated_folders
from dictate.bench.machine import machine
from dictate.bench.recordings import Recording, recordings
from dictate.bench.scripted_editor import ScriptedEditor
from dictate.errors import DictateError

_FOLDER = Path(__file__).parent
_PLUGIN = _FOLDER.parents[2] / "editor" / "neovim"
_OLDEST_NEOVIM = (0, 10)
_NEOVIM_TIMEOUT_S = 180.0


class Scenario(msgspec.Struct, forbid_unknown_fields=True):
    """A document before, and as it must stand once all recordings were dictated into it.

    Attributes:
        name: of the document, with the ending that tells its language.
        language: its LSP language id.
        before: the document; each `{{name.wav}}` marks where that recording goes.
        after: the document that must stand in the end.
    """

    name: str
    language: str
    before: str
    after: str


@dataclass(frozen=True)
class _Step:
    recording: Recording
    offset: int


@dataclass(frozen=True)
class _Outcome:
    """What an editor reports of one recording: the text heard and the stages' times."""

    text: str
    timings_ms: dict[str, float]
    problem: str = ""


def demonstrate() -> int:
    """Show the demonstration; returns 1 unless the right text stands in the right place."""
    scenario = msgspec.toml.decode((_FOLDER / "demo.toml").read_bytes(), type=Scenario)
    document, steps = _place(scenario.before)
    neovim = _neovim()
    print(machine())
    with isolated_folders() as folder:
        if neovim is not None:
            print(f"editor: {neovim}, headless, with the plugin from {_PLUGIN.name}")
            outcomes, after = _in_neovim(neovim, folder, scenario, document, steps)
        else:
            print("editor: scripted LSP client (no Neovim 0.10 or newer is on the PATH)")
            outcomes, after = asyncio.run(_in_scripted_editor(scenario, document, steps))
        from dictate.engine import control

        status = control.status()
    if status is None:
        raise DictateError("the engine is gone: see its log, named by dictate doctor")
    draft = f" drafted by {status.draft}" if status.draft else ", no draft"
    print(f"engine: pair {status.pair} ({status.target}{draft}) on {status.device}, {status.dtype}")
    for notice in status.notices:
        print(f"        {notice}")
    _print_text("before", document)
    for step, outcome in zip(steps, outcomes, strict=False):
        stages = ", ".join(f"{name} {ms:.0f}" for name, ms in outcome.timings_ms.items())
        print(f"spoken: {step.recording.text}  ({step.recording.voice})")
        print(f" heard: {outcome.text}{outcome.problem}")
        print(f"   ms: {stages}")
    _print_text("after", after)
    if after != scenario.after:
        _print_text("expected", scenario.after)
        print("the document is not what it should be")
        return 1
    print("the right text stands in the right place")
    return 0


def _place(marked: str) -> tuple[str, list[_Step]]:
    """The document without its marks, and where each recording goes in it, last place first.

    From the end, because an insertion moves only what stands behind it.
    """
    known = {recording.path.name: recording for recording in recordings()}
    pieces = re.split(r"\{\{(.*?)\}\}", marked)
    text = ""
    steps = []
    for index, piece in enumerate(pieces):
        if index % 2:
            steps.append(_Step(known[piece], len(text)))
        else:
            text += piece
    return text, steps[::-1]


async def _in_scripted_editor(
    scenario: Scenario, document: str, steps: list[_Step]
) -> tuple[list[_Outcome], str]:
    editor = ScriptedEditor()
    await editor.start()
    uri = f"file:///{scenario.name}"
    editor.open(uri, document, scenario.language)
    await editor.engine_ready()
    outcomes = []
    for step in steps:
        dictated = await editor.dictate_file(uri, step.offset, step.recording.path)
        problem = "" if dictated.outcome == "inserted" else f"  [{dictated.message}]"
        outcomes.append(_Outcome(dictated.text, dictated.timings_ms, problem))
    text = editor.text(uri)
    await editor.close()
    return outcomes, text


def _in_neovim(
    neovim: str, folder: Path, scenario: Scenario, document: str, steps: list[_Step]
) -> tuple[list[_Outcome], str]:
    file = folder / scenario.name
    file.write_text(document, encoding="utf-8")
    instructions = folder / "demo.json"
    instructions.write_text(
        json.dumps(
            {
                "plugin": str(_PLUGIN),
                "cmd": [sys.executable, "-m", "dictate.lsp"],
                "file": str(file),
                "steps": [
                    {"recording": str(step.recording.path), **_cursor(document, step.offset)}
                    for step in steps
                ],
                "timeout_ms": 1e3 * _NEOVIM_TIMEOUT_S,
            }
        ),
        encoding="utf-8",
    )
    report = folder / "report.json"
    script = str(_FOLDER / "demo.lua")
    done = subprocess.run(
        [neovim, "--headless", "--clean", "-l", script, str(instructions), str(report)],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * _NEOVIM_TIMEOUT_S,
    )
    if not report.is_file():
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DictateError(f"Neovim ended without a report ({reason}): run make test")
    finals: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))
    outcomes = [
        _Outcome(
            final.get("text", ""),
            final.get("timingsMs") or {},
            "" if final["outcome"] == "inserted" else f"  [{final.get('message', '')}]",
        )
        for final in finals
    ]
    return outcomes, file.read_text(encoding="utf-8")


def _cursor(document: str, offset: int) -> dict[str, int]:
    """Neovim's row from 1 and column in bytes."""
    before = document[:offset]
    line = before.rpartition("\n")[2]
    return {"row": before.count("\n") + 1, "column": len(line.encode())}


def _neovim() -> str | None:
    """A Neovim that the plugin supports, if the plugin is here."""
    program = shutil.which("nvim")
    if program is None or not _PLUGIN.is_dir():
        return None
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"v(\d+)\.(\d+)", done.stdout)
    if version is None or tuple(map(int, version.groups())) < _OLDEST_NEOVIM:
        return None
    return program


def _print_text(title: str, text: str) -> None:
    print(f"-- {title} " + "-" * (60 - len(title)))
    print(text, end="" if text.endswith("\n") else "\n")
    print("-" * 64)
