"""Helix in a terminal, with the real server, engine and microphone."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.editors.conftest import SENTENCE, SOURCE, WRITTEN
from tests.editors.manual import configuration
from tests.editors.terminal import PATIENCE_S, Terminal, isolated
from tests.rigs.microphone import VirtualMicrophone

PLACE = 7
"""The line, from one, that is empty and that the cursor stands on."""
BEFORE, AFTER = SOURCE.split("\n\nlast")


class Helix:
    """One Helix with one document."""

    def __init__(
        self, program: Path, home: Path, document: Path, keys: str, env: dict[str, str]
    ) -> None:
        self.document = document
        folder = home / "config/helix"
        environment = isolated(home) | env
        folder.mkdir(parents=True)
        languages = configuration("Helix", "toml")
        # The other servers of the manual's example are not here.
        (folder / "languages.toml").write_text(re.sub(r'"(pylsp|marksman)", ', "", languages))
        (folder / "config.toml").write_text(keys)
        self.terminal = Terminal(home, environment, [str(program), str(document)])
        try:
            self._wait_for_start()
        except BaseException:
            self.terminal.close()
            raise

    def _wait_for_start(self) -> None:
        self.terminal.wait_for("last = 1")
        self.terminal.type(f":{PLACE}")
        self.terminal.keys("Enter")
        self.terminal.wait_for(f"{PLACE}:1")
        # Commands are the server's: they are known once it has answered.
        self.wait_for_rest()

    def wait_for_rest(self) -> None:
        """Ask until the server says that it is done with all that was said."""
        until_s = time.monotonic() + PATIENCE_S
        is_idle = False
        while not is_idle:
            assert time.monotonic() < until_s, self.terminal.screen()
            # The keys take away what was answered before.
            self.command("dictate.status")
            time.sleep(0.5)
            is_idle = "Dictate: idle" in self.terminal.screen()

    def command(self, name: str, **argument: Any) -> None:
        """Run a server's command from the command line."""
        line = f":lsp-workspace-command {name}"
        if argument:
            line += f" {json.dumps(argument)}"
        self.terminal.type(line)
        self.terminal.keys("Enter")

    def wait_for_line(self, text: str, number: int = PLACE) -> None:
        """Wait until a line of the document begins with a text."""
        until_s = time.monotonic() + PATIENCE_S
        while not re.search(rf"^ *{number} +{re.escape(text)}", self.terminal.screen(), re.M):
            assert time.monotonic() < until_s, self.terminal.screen()
            time.sleep(0.05)

    def wait_for_document(self, expected: str) -> None:
        """Save until the file is as expected: what is on the screen may be cut."""
        until_s = time.monotonic() + PATIENCE_S
        while (saved := self._saved()) != expected:
            assert time.monotonic() < until_s, (saved, self.terminal.screen())
            self.normal_mode()
            self.terminal.type(":w")
            self.terminal.keys("Enter")
            time.sleep(0.3)

    def _saved(self) -> str | None:
        """What the file says; None while Helix puts another in its place."""
        try:
            return self.document.read_text()
        except FileNotFoundError:
            return None

    def choose(self, title: str) -> None:
        """Take a code action at the cursor."""
        self.terminal.keys("Space", "a")
        until_s = time.monotonic() + PATIENCE_S
        menu: list[str] = []
        while not any(title in line for line in menu):
            # Below the status line there may be a message that names an action.
            screen = self.terminal.screen().partition(" NOR ")[0]
            menu = [line for line in screen.splitlines() if "Dictate" in line]
            assert time.monotonic() < until_s, screen
            time.sleep(0.05)
        (at,) = [number for number, line in enumerate(menu) if title in line]
        self.terminal.keys(*["Tab"] * at, "Enter")

    def dictate(self, recording: Path) -> None:
        """Dictate a recording at the place."""
        self.command(
            "dictate.start", path=str(self.document), line=PLACE, file=str(recording),
            realtime=False,
        )  # fmt: skip

    def normal_mode(self) -> None:
        """Leave insert mode; a key right behind Escape would be one with Alt."""
        self.terminal.keys("Escape")
        self.terminal.wait_for(" NOR ")

    def close(self) -> None:
        self.normal_mode()
        self.terminal.type(":q!")
        self.terminal.keys("Enter")
        self.terminal.close()


@pytest.fixture
def start(
    unpacked: Callable[..., Path], home: Path, document: Path
) -> Iterator[Callable[..., Helix]]:
    started: list[Helix] = []

    def begin(release: str = "sid", env: dict[str, str] | None = None) -> Helix:
        keys = configuration("Helix", "toml", 1)
        if release == "trixie":
            keys = re.sub(r"(dictate\.toggle) \{.*\}", r"\1", keys)
        program = unpacked("helix", release, "hx")
        started.append(Helix(program, home, document, keys, env or {}))
        return started[-1]

    yield begin
    for helix in started:
        helix.close()


def test_what_is_spoken_lands_at_the_cursor_and_one_undo_takes_it_back(
    start: Callable[..., Helix], spoken: Any, microphone: VirtualMicrophone
) -> None:
    helix = start(env=microphone.env)
    helix.terminal.keys("F9")
    helix.terminal.wait_for("listening")
    microphone.play(spoken(SENTENCE))
    helix.terminal.wait_for("listening: ")
    helix.terminal.keys("F9")
    helix.wait_for_line(WRITTEN)
    helix.wait_for_document(f"{BEFORE}\n{WRITTEN}\nlast{AFTER}")
    helix.terminal.wait_for_absence("listening")
    helix.terminal.keys("u")
    helix.wait_for_document(SOURCE)


def test_what_is_typed_meanwhile_stays_and_the_text_goes_where_it_was_begun(
    start: Callable[..., Helix], spoken: Any, microphone: VirtualMicrophone
) -> None:
    helix = start(env=microphone.env)
    helix.terminal.keys("i", "F9")
    helix.terminal.wait_for("listening")
    player = microphone.play(spoken(SENTENCE), wait=False)
    helix.normal_mode()
    helix.terminal.keys("g", "g", "O")
    helix.terminal.type("# typed meanwhile")
    player.wait(timeout=PATIENCE_S)
    helix.terminal.wait_for("listening: ")
    helix.terminal.keys("F9")
    helix.terminal.type(", and after")
    helix.wait_for_line(WRITTEN, PLACE + 1)
    helix.wait_for_document(f"# typed meanwhile, and after\n{BEFORE}\n{WRITTEN}\nlast{AFTER}")


def test_a_code_action_brings_what_was_heard_and_raw_brings_it_back(
    start: Callable[..., Helix], spoken: Any
) -> None:
    helix = start()
    helix.dictate(spoken(SENTENCE))
    helix.wait_for_line(WRITTEN)
    helix.wait_for_rest()
    helix.choose("as it was heard")
    helix.wait_for_line("open the file and save it")
    helix.terminal.keys("F8")
    helix.wait_for_line(WRITTEN)


def test_an_alternative_by_code_action_is_learned(
    start: Callable[..., Helix], spoken: Any, home: Path
) -> None:
    helix = start()
    helix.dictate(spoken(SENTENCE))
    helix.wait_for_line(WRITTEN)
    helix.wait_for_rest()
    helix.choose("open the file instead of")
    helix.wait_for_line("open the file and saveIt")


def test_without_a_microphone_there_is_a_message(
    start: Callable[..., Helix], unplugged: VirtualMicrophone
) -> None:
    helix = start(env=unplugged.env)
    helix.terminal.keys("F9")
    helix.terminal.wait_for("does not open")
    # Helix has one line for messages and progress, and clears it where a progress ends.
    time.sleep(1.0)
    assert "does not open" in (screen := helix.terminal.screen()), screen
    helix.wait_for_document(SOURCE)


def test_helix_25_01_dictates_at_the_last_edit_and_at_a_code_action(
    start: Callable[..., Helix], spoken: Any, microphone: VirtualMicrophone
) -> None:
    helix = start("trixie", env=microphone.env)
    helix.terminal.keys("F9")
    helix.terminal.wait_for("has not told where the cursor is")
    helix.choose("Dictate here")
    helix.terminal.wait_for("listening")
    microphone.play(spoken(SENTENCE))
    helix.terminal.wait_for("listening: ")
    helix.terminal.keys("F9")
    helix.wait_for_line(WRITTEN)
    helix.terminal.keys("u")
    helix.wait_for_document(SOURCE)
