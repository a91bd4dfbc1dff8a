"""Neovim with the real server, the real engine and a real microphone.

What stands in the buffer is compared with what the server says it heard (`dictate/final`), so that
these tests hold for any pair of models; the right words are the last test's business.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dictate.bench.recordings import recordings
from tests.neovim.clock import be_patient
from tests.neovim.editor import Editor, engine_status, isolated, stop_engine
from tests.rigs.microphone import VirtualMicrophone, missing_microphone
from tests.rigs.speech import missing_speech, speak

pytestmark = pytest.mark.timeout(300)

SERVER = [sys.executable, "-m", "dictate.lsp"]
# The engine starts and the models are warmed up behind the first dictation.
LONG_S = 90.0
SENTENCE = "open the file and return the first value"

_RECORD_FINALS = """
  _G.finals = {}
  vim.api.nvim_create_autocmd('User', {
    pattern = 'DictateFinal',
    callback = function(event)
      table.insert(_G.finals, event.data)
    end,
  })
"""


@pytest.fixture(scope="module")
def engine_home() -> Iterator[Path]:
    """All tests share one warm engine, as a user's editors do."""
    folder = Path(tempfile.mkdtemp(prefix="dn"))
    yield folder
    stop_engine(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def real_home(engine_home: Path, home: Path) -> Path:
    """A home with a spool of its own and the shared engine."""
    isolated(engine_home)
    (home / "run").symlink_to(engine_home / "run")
    return home


@pytest.fixture(scope="module")
def sentence(engine_home: Path) -> Path:
    """Someone says a sentence."""
    if reason := missing_speech():
        pytest.skip(reason)
    return speak(SENTENCE, engine_home / "sentence.wav")


@pytest.fixture(scope="module")
def microphone() -> Iterator[VirtualMicrophone]:
    """A microphone that hears what is played."""
    if reason := missing_microphone():
        pytest.skip(reason)
    with VirtualMicrophone() as rig:
        yield rig


class RealEditor(Editor):
    """Remembers what the server said at each utterance's end."""

    def serve(self) -> None:
        """Start the server before it is needed."""
        self.lua(_RECORD_FINALS)
        self.lua("require('dictate.session'); require('dictate.client').ready(function() end)")
        self.wait_for_server()

    def wait_for_server(self) -> None:
        """Wait until it answers."""
        self.wait(
            "the server",
            lambda: self.lua("return require('dictate.client').is_ready()"),
            LONG_S,
        )

    @property
    def server_pid(self) -> int:
        """The process that serves: the editor's child."""
        pid = self.lua("return vim.fn.getpid()")
        found = subprocess.run(
            ["pgrep", "-P", str(pid), "-f", "dictate.lsp"],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(found.stdout)

    def finals(self, count: int) -> list[dict[str, Any]]:
        """The first `count` endings, when they are there."""
        self.wait("the end", lambda: len(self.lua("return _G.finals")) >= count, LONG_S)
        return self.lua("return _G.finals")

    def hear(self) -> None:
        """Wait until the microphone is open and sound comes."""
        self.wait("the indicator", lambda: self.drawn, LONG_S)


@pytest.fixture
def make_real(neovim: Path, real_home: Path) -> Iterator[Callable[..., RealEditor]]:
    """Makes an editor with the real server."""
    editors: list[RealEditor] = []

    def make(**more: Any) -> RealEditor:
        options = {"cmd": SERVER, "realtime_files": False, "restart": {"delay_ms": 50}}
        editor = RealEditor(neovim, real_home, options, **more)
        editors.append(editor)
        editor.serve()
        return editor

    yield make
    for editor in editors:
        editor.close()


@pytest.fixture
def real(make_real: Callable[..., RealEditor]) -> RealEditor:
    """An editor with the real server and no microphone."""
    return make_real()


@pytest.fixture
def hearing(make_real: Callable[..., RealEditor], microphone: VirtualMicrophone) -> RealEditor:
    """An editor with the real server and a real microphone."""
    return make_real(env=microphone.env)


def inserted(final: dict[str, Any]) -> str:
    """The text of an utterance that must have arrived."""
    assert final["outcome"] == "inserted", final
    assert final["text"]
    return final["text"]


def test_a_recording_stands_in_the_buffer(real: RealEditor, sentence: Path) -> None:
    real.lines = ["first line", "", "last line"]
    real.cursor = (2, 0)
    real.command(f"Dictate file {sentence}")
    (final,) = real.finals(1)
    assert real.lines == ["first line", inserted(final), "last line"]
    assert real.cursor == (2, len(real.lines[1].encode()) - 1)
    assert real.drawn == []
    real.keys("u")
    assert real.lines == ["first line", "", "last line"]


def test_two_recordings_in_quick_succession_land_in_order_amid_typing(
    real: RealEditor, sentence: Path
) -> None:
    real.lines = ["", "below"]
    real.keys("i", "i")
    real.command(f"Dictate file {sentence}")
    # Its text may be there before anybody has looked.
    real.wait("the first to be heard", lambda: real.state in ("finishing", "idle"), LONG_S)
    real.command(f"Dictate file {sentence}")
    real.keys("<Down><End> typed", "i")
    first, second = real.finals(2)
    assert first["uri"] == second["uri"]
    assert real.lines[1] == "below typed"
    assert real.lines[0].split() == f"{inserted(first)} {inserted(second)}".split()
    real.keys("!", "i")
    assert real.lines[1] == "below typed!"


def test_the_microphone_is_heard(
    hearing: RealEditor, microphone: VirtualMicrophone, sentence: Path
) -> None:
    hearing.lines = ["# ", "x = 1"]
    hearing.keys("A", "i")
    hearing.command("Dictate")
    hearing.hear()
    microphone.play(sentence)
    assert hearing.state == "listening"
    hearing.command("Dictate")
    (final,) = hearing.finals(1)
    assert hearing.lines == [f"# {inserted(final)}", "x = 1"]
    assert final["audioMs"] > 1500
    assert hearing.mode == "i"


def test_silence_gives_no_text(hearing: RealEditor) -> None:
    hearing.lines = ["unchanged"]
    hearing.command("Dictate")
    hearing.hear()
    hearing.lua("vim.wait(1500)")
    hearing.command("Dictate")
    (final,) = hearing.finals(1)
    assert final["outcome"] == "cancelled"
    assert hearing.lines == ["unchanged"]
    assert any("nothing heard" in notice for notice in hearing.notices)


def test_the_engine_is_killed_while_someone_speaks(
    hearing: RealEditor, microphone: VirtualMicrophone, sentence: Path, real_home: Path
) -> None:
    # The microphone opens without waiting for it.
    hearing.wait("the engine", lambda: engine_status(real_home), LONG_S)
    hearing.command("Dictate")
    hearing.hear()
    player = microphone.play(sentence, wait=False)
    engine = engine_status(real_home)
    assert engine is not None
    os.kill(engine["pid"], signal.SIGKILL)
    player.wait()
    hearing.command("Dictate")
    (final,) = hearing.finals(1)
    assert hearing.lines == [inserted(final)]


def test_the_server_is_killed_while_someone_speaks_and_nothing_is_lost(
    hearing: RealEditor, microphone: VirtualMicrophone, sentence: Path
) -> None:
    hearing.lines = ["-> "]
    hearing.keys("A", "i")
    hearing.command("Dictate")
    hearing.hear()
    microphone.play(sentence)
    pid = hearing.server_pid
    os.kill(pid, signal.SIGKILL)
    hearing.wait("the news", lambda: any("is kept" in notice for notice in hearing.notices))
    hearing.wait_for_server()
    assert hearing.server_pid != pid
    assert hearing.drawn == []
    hearing.command("Dictate retry")
    (final,) = hearing.finals(1)
    assert hearing.lines == [f"-> {inserted(final)}"]
    hearing.command("Dictate retry")
    hearing.wait("the word", lambda: any("no kept" in notice for notice in hearing.notices))
    assert hearing.lines == [f"-> {inserted(final)}"]


def test_a_buffer_that_became_read_only_loses_nothing(
    hearing: RealEditor, microphone: VirtualMicrophone, sentence: Path
) -> None:
    hearing.command("Dictate")
    hearing.hear()
    microphone.play(sentence)
    hearing.command("setlocal nomodifiable")
    hearing.command("Dictate")
    (final,) = hearing.finals(1)
    assert final["outcome"] == "failed"
    assert hearing.lines == [""]
    assert len(hearing.notices) == 1
    hearing.command("setlocal modifiable")
    hearing.command("Dictate retry")
    _, final = hearing.finals(2)
    assert hearing.lines == [inserted(final)]


def test_a_closed_buffer_loses_nothing(real: RealEditor, sentence: Path) -> None:
    real.lines = ["a text that is thrown away"]
    real.command(f"Dictate file {sentence} | new | 1bwipeout!")
    (final,) = real.finals(1)
    assert final["outcome"] == "failed"
    assert real.lines == [""]
    real.command("Dictate retry")
    _, final = real.finals(2)
    assert real.lines == [inserted(final)]


def test_a_microphone_that_is_taken_away_is_one_line_and_loses_nothing(
    make_real: Callable[..., RealEditor], sentence: Path
) -> None:
    if reason := missing_microphone():
        pytest.skip(reason)
    with VirtualMicrophone() as rig:
        editor = make_real(env=rig.env)
        editor.command("Dictate")
        editor.hear()
        rig.play(sentence)
        rig.unplug()
        (final,) = editor.finals(1)
    assert editor.lines == [inserted(final)]
    assert len(editor.notices) == 1
    assert "\n" not in editor.notices[0]
    editor.wait("the end", lambda: editor.state == "idle")


@pytest.mark.parametrize("content", [None, b"", b"this is no sound"])
def test_a_recording_that_cannot_be_read_is_one_line(
    real: RealEditor, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "speech.wav"
    if content is not None:
        path.write_bytes(content)
    real.command(f"Dictate file {path}")
    real.wait("the fault", lambda: real.notices, LONG_S)
    (notice,) = real.notices
    assert "speech.wav" in notice
    real.wait("the end", lambda: real.state == "idle")
    assert real.lines == [""]


def test_the_status_names_the_engine_and_the_log_opens(real: RealEditor, sentence: Path) -> None:
    real.command(f"Dictate file {sentence}")
    real.finals(1)
    real.command("Dictate status")
    shown = real.wait(
        "the status",
        lambda: (text := real.nvim.funcs.execute("messages")) and "engine" in text and text,
    )
    assert "ready" in shown
    real.command("Dictate log")
    real.wait("the log", lambda: real.nvim.current.buffer.name.endswith(".log"))
    assert inserted(real.finals(1)[0]) not in "\n".join(real.lines)


def test_the_microphones_of_this_machine_are_listed(hearing: RealEditor) -> None:
    be_patient(hearing, 1500)
    names = hearing.nvim.funcs.getcompletion("Dictate device ", "cmdline")
    assert names
    hearing.command(f"Dictate device {names[0]}")
    hearing.wait("the word", lambda: any(names[0] in notice for notice in hearing.notices))
    hearing.command("Dictate device Nothing")
    hearing.wait("the fault", lambda: any("Nothing" in notice for notice in hearing.notices))


def test_the_bundled_recordings_give_the_right_words(real: RealEditor) -> None:
    """With the pair that ships: the words of each recording, in its place, in any case."""
    spoken = recordings()
    assert spoken
    real.lines = [""] * len(spoken)
    for row, recording in enumerate(spoken, 1):
        real.cursor = (row, 0)
        real.command(f"Dictate file {recording.path}")
        final = real.finals(row)[-1]
        assert real.lines[row - 1] == inserted(final)
    heard = [re.sub(r"[^a-z0-9 ]", "", line.lower().replace("_", " ")) for line in real.lines]
    assert heard == [recording.text.lower() for recording in spoken]
