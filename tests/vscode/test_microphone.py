"""The keys of the extension, pressed in VS Code, and a microphone that hears what is played."""

import os
import signal
from pathlib import Path

from tests.rigs.microphone import VirtualMicrophone
from tests.vscode.code_server import key_of
from tests.vscode.window import LONG_S, Window

TOGGLE = key_of("dictate.toggle")
HOLD = key_of("dictate.hold")


def listen(window: Window, key: str = TOGGLE) -> None:
    """Press the key and wait until the microphone is open and sound comes."""
    window.focus()
    window.keys(key)
    window.wait("the microphone", lambda: window.state == "listening", LONG_S)
    window.wait("the indicator", lambda: window.drawn)


def test_the_toggle_key_begins_and_ends_a_dictation(
    window: Window, microphone: VirtualMicrophone, sentence: Path
) -> None:
    window.open("spoken.txt", "# \nx = 1\n")
    window.place((0, 2))
    listen(window)
    end = window.next_final()
    microphone.play(sentence)
    window.keys(TOGGLE)
    final = end()
    assert final["outcome"] == "inserted", final
    assert final["audioMs"] > 1500
    assert window.text == f"# {final['text']}\nx = 1\n"
    window.wait("nothing drawn", lambda: window.drawn == [])


def test_the_hold_key_dictates_as_long_as_it_repeats(
    window: Window, microphone: VirtualMicrophone, sentence: Path
) -> None:
    window.open("held.txt", "")
    # A test that is late must not look like a finger that is lifted.
    window.set("dictate.hold.firstMs", 600_000)
    window.set("dictate.hold.repeatMs", 600_000)
    window.focus()
    end = window.next_final()
    window.keys(HOLD)
    window.wait("the microphone", lambda: window.state == "listening", LONG_S)
    player = microphone.play(sentence, wait=False)
    while player.poll() is None:
        window.keys(HOLD)
        window.page.wait_for_timeout(100)
    window.set("dictate.hold.repeatMs", 150)
    window.keys(HOLD)
    # Nobody presses it any more.
    final = end()
    window.set("dictate.hold.firstMs", None)
    window.set("dictate.hold.repeatMs", None)
    assert final["outcome"] == "inserted", final
    assert window.text == final["text"]


def test_silence_gives_no_text(window: Window) -> None:
    window.open("silence.txt", "unchanged")
    listen(window)
    end = window.next_final()
    window.page.wait_for_timeout(1000)
    window.keys(TOGGLE)
    assert end()["outcome"] == "cancelled"
    assert window.text == "unchanged"
    window.notice("nothing heard")


def test_escape_lets_go_of_the_microphone(window: Window, microphone: VirtualMicrophone) -> None:
    window.open("let_go.txt", "")
    listen(window)
    end = window.next_final()
    window.keys("Escape")
    assert end()["outcome"] == "cancelled"
    assert window.text == ""
    window.wait("nothing drawn", lambda: window.drawn == [])


def test_a_server_that_is_killed_while_somebody_speaks_loses_nothing(
    window: Window, microphone: VirtualMicrophone, sentence: Path
) -> None:
    window.open("lost.txt", "-> ")
    listen(window)
    microphone.play(sentence)
    window.wait("a partial", lambda: window.partials, LONG_S)
    pid = window.server_pid
    os.kill(pid, signal.SIGKILL)
    window.notice("is kept")
    window.wait("the next server", lambda: window.server_pid not in (None, pid), LONG_S)
    window.wait("nothing drawn", lambda: window.drawn == [])
    assert window.text == "-> "
    end = window.next_final()
    window.begin("dictate.retry")
    final = end()
    assert final["outcome"] == "inserted"
    assert window.text == f"-> {final['text']}"


def test_the_microphones_are_offered(window: Window) -> None:
    window.open("microphones.txt", "")
    window.begin("dictate.chooseMicrophone")
    window.wait("the choices", lambda: window.choices, LONG_S)
    assert any("default" in choice.lower() for choice in window.choices)
    window.keys("Escape")


def test_hands_free_ends_each_text_by_itself(
    window: Window, microphone: VirtualMicrophone, sentence: Path
) -> None:
    window.open("hands_free.txt", "")
    window.begin("dictate.handsFree")
    window.wait("the microphone", lambda: window.state == "listening", LONG_S)
    microphone.play(sentence)
    window.wait("the text", lambda: window.text, LONG_S)
    window.wait("it to go on", lambda: window.state == "listening")
    window.begin("dictate.handsFree")
    window.wait("rest", lambda: window.state == "idle", LONG_S)
