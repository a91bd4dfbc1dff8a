"""What a user sees while somebody speaks: drawn beside the text, never in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vscode.window import LONG_S, Window

pytestmark = pytest.mark.usefixtures("warm")

LONG = (
    "open the file and return the first value then read the next line and write the result "
    "to the end of the list and close the file and show the name of the user"
)


def shown(window: Window) -> str:
    """All that is drawn, as one line."""
    return " ".join(" ".join(window.drawn).split())


def escape_leaves_one_caret(window: Window) -> None:
    """Escape does what it does without us; pressed until the page has seen the carets."""

    def press() -> bool:
        window.keys("Escape")
        return len(window.carets) == 1

    window.focus()
    window.wait("one caret", press)


def test_words_are_drawn_while_they_are_spoken_and_none_is_written(
    window: Window, lasting_sentence: Path
) -> None:
    window.open("drawn.txt", "say: \nbelow\n")
    window.place((0, 5))
    end = window.begin_speaking(lasting_sentence)
    window.wait(
        "it to be drawn", lambda: any(each.strip() in shown(window) for each in window.partials)
    )
    assert window.text == "say: \nbelow\n"
    assert window.run("return vscode.window.activeTextEditor.document.isDirty") is False
    window.command("dictate.stop")
    final = end()
    assert window.text == f"say: {final['text']}\nbelow\n"
    window.wait("nothing drawn", lambda: window.drawn == [])


def test_escape_cancels_and_leaves_no_trace(window: Window, lasting_sentence: Path) -> None:
    window.open("cancelled.txt", "as it was\n")
    version = "return vscode.window.activeTextEditor.document.version"
    before = window.run(version)
    end = window.begin_speaking(lasting_sentence)
    window.keys("Escape")
    assert end()["outcome"] == "cancelled"
    window.wait("nothing drawn", lambda: window.drawn == [])
    assert window.text == "as it was\n"
    assert window.run(version) == before
    assert window.notices == []


def test_escape_is_the_editor_s_own_when_nobody_speaks(window: Window) -> None:
    window.open("escape.txt", "one two\none two\n")
    window.place((0, 0), (1, 0))
    escape_leaves_one_caret(window)


def test_a_document_shown_twice_shows_it_in_both(window: Window, lasting_sentence: Path) -> None:
    window.open("shown_twice.txt", "text: ")
    window.command("workbench.action.splitEditor")
    window.focus()
    end = window.begin_speaking(lasting_sentence)
    editors = window.page.locator(".monaco-editor .view-lines")
    window.wait("both editors", lambda: editors.count() == 2)
    window.wait("both to show it", lambda: len(window.drawn) >= 2)
    window.command("dictate.stop")
    end()
    window.wait("nothing drawn", lambda: window.drawn == [])


def test_a_long_text_does_not_run_out_of_the_editor(
    window: Window, lasting: Callable[[str], Path]
) -> None:
    window.open("long.txt", "# \nbelow\n")
    window.place((0, 2))
    end = window.begin_speaking(lasting(LONG), last_word="")
    window.wait("many words", lambda: any(len(each) > 120 for each in window.partials), LONG_S)
    window.wait("the last of them", lambda: len(shown(window)) > 40)
    assert window.page.evaluate(
        """
        () => {
          // Every decoration is narrower than the editor, or breaks its lines.
          const editor = document.querySelector('.monaco-editor').getBoundingClientRect();
          return [...document.querySelectorAll('.monaco-editor .view-line span')].every((span) =>
            ['::before', '::after'].every((side) => {
              const style = getComputedStyle(span, side);
              if (!style.content || style.content === 'none') return true;
              const width = parseFloat(style.width);
              return Number.isNaN(width) || width <= editor.width;
            }));
        }
        """
    )
    window.command("dictate.cancel")
    end()
    window.wait("nothing drawn", lambda: window.drawn == [])


def test_escape_is_the_editor_s_own_again_afterwards(window: Window, sentence: Path) -> None:
    window.open("afterwards.txt", "x\nx\n")
    window.dictate(sentence)
    window.place((0, 0), (1, 0))
    escape_leaves_one_caret(window)
