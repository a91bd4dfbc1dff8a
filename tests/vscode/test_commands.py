"""The palette's commands and what they show: status bar, quick picks, documents, output."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vscode.window import LONG_S, Window


@pytest.fixture(scope="module")
def called(spoken: Callable[[str], Path]) -> Path:
    """Someone says words that code writes otherwise."""
    return spoken("get user by i d open paren user i d close paren")


def pick(window: Window, text: str) -> None:
    """Choose from a quick pick, as a user does."""
    window.wait("the choices", lambda: any(text in each for each in window.choices), LONG_S)
    window.page.locator(".quick-input-list .monaco-list-row", has_text=text).first.click()
    window.wait("the choice to be made", lambda: not window.choices)


def test_the_status_bar_tells_the_state_and_then_the_latency(
    window: Window, sentence: Path, lasting_sentence: Path
) -> None:
    window.wait("the item", lambda: "Dictate" in window.status)
    window.open("status.txt", "")
    window.dictate(sentence)
    end = window.begin_speaking(lasting_sentence)
    window.wait("listening", lambda: "listening" in window.status.lower())
    window.command("dictate.stop")
    end()
    window.wait("the latency", lambda: re.search(r"\d+ ms", window.status))
    assert "listening" not in window.status.lower()


def test_the_item_in_the_status_bar_begins_and_ends(window: Window) -> None:
    window.open("clicked.txt", "")
    window.status_item.click()
    window.wait("the microphone", lambda: window.state == "listening", LONG_S)
    window.status_item.click()
    window.wait("rest", lambda: window.state == "idle")


def test_raw_swaps_the_text_for_what_was_heard_and_back(window: Window, called: Path) -> None:
    window.open("raw.py", "def get_user_by_id(user_id):\n    pass\n\n\n")
    final = window.dictate(called)
    assert final["outcome"] == "inserted"
    written = window.text
    assert final["text"] in written
    window.command("dictate.raw")
    window.wait("what was heard", lambda: window.text != written)
    assert final["heard"] in window.text
    window.command("dictate.raw")
    window.wait("the text", lambda: window.text == written)


def test_an_alternative_takes_the_text_s_place(window: Window, called: Path) -> None:
    # Other tests speak these words, too.
    window.set("dictate.vocabulary.learn", False)
    window.open("alternatives.py", "def get_user_by_id(user_id):\n    pass\n\n\n")
    window.dictate(called)
    written = window.text
    window.begin("dictate.alternatives")
    window.wait("the choices", lambda: window.choices, LONG_S)
    label = window.page.locator(".quick-input-list .monaco-list-row:visible .label-name").first
    other = label.inner_text()
    window.keys("Enter")
    window.wait("the other text", lambda: window.text != written)
    assert other in window.text
    window.set("dictate.vocabulary.learn", None)


def test_the_history_gives_a_text_once_more(window: Window, sentence: Path) -> None:
    window.open("history.txt", "")
    text = window.dictate(sentence)["text"]
    window.open("again.txt", "")
    window.begin("dictate.history")
    pick(window, text)
    window.wait("the text", lambda: window.text == text)


def test_a_mode_that_is_chosen_holds(window: Window, called: Path) -> None:
    window.open("mode.py", "def get_user_by_id(user_id):\n    pass\n\n\n")
    window.begin("dictate.mode")
    pick(window, "raw")
    # The server was told of it.
    window.wait("the mode in the status bar", lambda: "raw" in window.status)
    final = window.dictate(called)
    assert final["text"].lower() == final["heard"].lower()
    window.begin("dictate.mode")
    pick(window, "auto")
    window.wait("the mode to be gone", lambda: "raw" not in window.status)


def test_the_latencies_are_a_document(window: Window, sentence: Path) -> None:
    window.open("stats.txt", "")
    window.dictate(sentence)
    window.command("dictate.stats")
    window.wait("the document", lambda: "p95" in (window.text or ""))


def test_the_status_is_shown(window: Window, sentence: Path) -> None:
    window.open("state.txt", "")
    window.dictate(sentence)

    def is_ready() -> bool:
        # Looked at again: of an engine that is busy for long, it says nothing.
        window.begin("dictate.status")
        shown = window.wait("the status", lambda: window.choices, LONG_S)
        window.keys("Escape")
        window.wait("it to go", lambda: not window.choices)
        return any("ready" in each for each in shown)

    window.wait("the engine", is_ready, LONG_S)


def test_the_models_are_offered(window: Window, sentence: Path) -> None:
    window.open("models.txt", "")
    window.dictate(sentence)
    window.begin("dictate.chooseModel")
    window.wait("the choices", lambda: any("bundled" in each for each in window.choices), LONG_S)
    window.keys("Escape")


def test_the_vocabulary_is_opened(window: Window) -> None:
    window.open("words.txt", "")
    window.begin("dictate.vocabulary")
    name = "return vscode.window.activeTextEditor?.document.fileName ?? ''"
    window.wait(
        "the file, or the choice of it",
        lambda: window.choices or window.run(name).endswith("vocabulary.toml"),
        LONG_S,
    )
    if window.choices:
        pick(window, "Your words")
    window.wait("the file", lambda: "vocabulary" in window.run(name), LONG_S)


def test_the_log_tells_no_words(window: Window, sentence: Path) -> None:
    window.open("logged.txt", "")
    text = window.dictate(sentence)["text"]
    window.command("dictate.showLog")
    output = window.page.locator(".panel .view-lines").first
    window.wait("the output", lambda: output.count() and "inserted" in _plain(output))
    window.wait("the server's log", lambda: "inserted" in (window.text or ""))
    assert text not in _plain(output)
    assert text not in window.text
    window.command("workbench.action.closePanel")


def test_the_doctor_says_what_it_found(window: Window) -> None:
    window.open("doctor.txt", "")
    window.begin("dictate.doctor")
    output = window.page.locator(".panel .view-lines").first
    window.wait("it", lambda: output.count() and "pair bundled" in _plain(output), LONG_S)
    window.command("workbench.action.closePanel")


def _plain(output: object) -> str:
    """What lines of an editor say; blanks in them do not break."""
    return output.inner_text().replace("\xa0", " ")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("dictate.openSettings", ".settings-editor"),
        ("dictate.openKeybindings", ".keybindings-editor"),
    ],
)
def test_the_settings_and_the_keys_are_a_command_away(
    window: Window, command: str, shown: str
) -> None:
    window.command(command)
    window.wait("them", lambda: window.page.locator(shown).count())
    window.wait("ours", lambda: "dictate" in window.page.locator(shown).inner_text().lower())


def test_hands_free_is_told_in_the_status_bar(window: Window) -> None:
    window.open("hands.txt", "")
    window.begin("dictate.handsFree")
    window.wait("the mode", lambda: window.told("mode") == "handsFree", LONG_S)
    window.wait("it in the status bar", lambda: "hands-free" in window.status.lower())
    window.command("dictate.cancel")
    window.wait("rest", lambda: window.state == "idle")
