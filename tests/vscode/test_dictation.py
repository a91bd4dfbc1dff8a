"""The text of a dictation in VS Code's documents, from the real server and engine.

What stands in a document is compared with what the server says it wrote (`dictate/final`), so that
these tests hold for any pair of models; the right words are `test_recorded.py`'s business.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.vscode.window import Window


def inserted(final: dict[str, Any]) -> str:
    """The text of an utterance that must have arrived."""
    assert final["outcome"] == "inserted", final
    assert final["text"]
    return final["text"]


def undo(window: Window) -> str:
    """Undo one step, as a user does; the text then."""
    window.focus()
    before = window.text
    window.keys("Control+z")
    window.wait("the undo", lambda: window.text != before)
    return window.text


def test_a_recording_stands_in_the_file_and_one_undo_takes_it_away(
    window: Window, sentence: Path
) -> None:
    window.open("one.txt", "first line\n\nlast line\n")
    window.place((1, 0))
    text = inserted(window.dictate(sentence))
    assert window.text == f"first line\n{text}\nlast line\n"
    assert window.carets == [(1, len(text))]
    window.wait("nothing drawn", lambda: window.drawn == [])
    assert undo(window) == "first line\n\nlast line\n"
    window.keys("Control+y")
    window.wait("the redo", lambda: window.text == f"first line\n{text}\nlast line\n")


def test_what_was_typed_before_is_another_undo_step(window: Window, sentence: Path) -> None:
    window.open("steps.txt", "")
    window.type("typed")
    window.wait("what was typed", lambda: window.text == "typed")
    text = inserted(window.dictate(sentence))
    window.type("!")
    # A blank parts the text from what was there.
    window.wait("what was typed", lambda: window.text == f"typed {text}!")
    assert undo(window) == f"typed {text}"
    assert undo(window) == "typed"


def test_an_untitled_document_takes_a_dictation(window: Window, sentence: Path) -> None:
    window.open_untitled("say: ")
    text = inserted(window.dictate(sentence))
    assert window.text == f"say: {text}"


def test_emoji_before_the_place_do_not_shift_it(window: Window, sentence: Path) -> None:
    window.open("emoji.txt", "🎙️ 漢字  |\n")
    window.place((0, 7))
    text = inserted(window.dictate(sentence))
    assert window.text == f"🎙️ 漢字 {text} |\n"


def test_a_cell_of_a_notebook_takes_a_dictation(window: Window, sentence: Path) -> None:
    window.run(
        """
        const cell = (text) =>
          new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'python');
        const data = new vscode.NotebookData([cell('import os'), cell('# ')]);
        const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', data);
        await vscode.window.showNotebookDocument(notebook);
        """
    )
    # As a user does: into the second cell, and to its end.
    cell = window.page.locator(".notebookOverlay .cell-list-container .monaco-editor").nth(1)
    cell.click()
    window.keys("Control+End")
    window.wait(
        "the cell's editor", lambda: window.text == "# " and window.carets == [(0, len("# "))]
    )
    text = inserted(window.dictate(sentence))
    cells = (
        "return vscode.workspace.notebookDocuments[0].getCells().map((c) => c.document.getText())"
    )
    assert window.run(cells) == ["import os", f"# {text}"]
    assert undo(window) == "# "


def test_every_cursor_gets_the_text_and_one_undo_takes_all_away(
    window: Window, sentence: Path
) -> None:
    window.open("cursors.txt", "a \nb \nc \n")
    window.place((0, 2), (1, 2), (2, 2))
    text = inserted(window.dictate(sentence))
    assert window.text == f"a {text}\nb {text}\nc {text}\n"
    assert window.carets == [(line, 2 + len(text)) for line in range(3)]
    assert undo(window) == "a \nb \nc \n"


def test_selected_text_is_replaced(window: Window, sentence: Path) -> None:
    window.open("selected.txt", "keep these words please\n")
    window.select((0, 5, 0, 16))
    text = inserted(window.dictate(sentence))
    assert window.text == f"keep {text} please\n"
    assert undo(window) == "keep these words please\n"


def test_the_group_where_it_began_gets_the_text(window: Window, lasting_sentence: Path) -> None:
    window.open("left.txt", "left: ")
    window.run(
        """
        const uri = vscode.Uri.file(args[0]);
        await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode('right: '));
        await vscode.window.showTextDocument(uri,
          { viewColumn: vscode.ViewColumn.Two, preserveFocus: true, preview: false });
        """,
        str(window.folder / "right.txt"),
    )
    window.focus()
    end = window.begin_speaking(lasting_sentence)
    window.command("workbench.action.focusSecondEditorGroup")
    window.command("dictate.stop")
    text = inserted(end())
    assert window.text_of("left.txt") == f"left: {text}"
    assert window.text_of("right.txt") == "right: "


def test_one_document_in_two_groups_gets_the_text_once(window: Window, sentence: Path) -> None:
    window.open("twice.txt", "")
    window.command("workbench.action.splitEditor")
    window.focus()
    text = inserted(window.dictate(sentence))
    assert window.text == text


def test_a_group_that_is_closed_while_somebody_speaks_loses_nothing(
    window: Window, lasting_sentence: Path
) -> None:
    window.open("stays.txt", "text: ")
    window.command("workbench.action.splitEditor")
    window.focus()
    end = window.begin_speaking(lasting_sentence)
    window.command("workbench.action.closeEditorsAndGroup")
    window.command("dictate.stop")
    text = inserted(end())
    assert window.text_of("stays.txt") == f"text: {text}"
    window.wait("nothing drawn", lambda: window.drawn == [])


def test_a_document_behind_another_tab_gets_the_text(
    window: Window, lasting_sentence: Path
) -> None:
    window.open("behind.txt", "behind: ")
    end = window.begin_speaking(lasting_sentence)
    window.open("front.txt", "front")
    window.command("dictate.stop")
    text = inserted(end())
    assert window.text_of("behind.txt") == f"behind: {text}"
    assert window.text == "front"


def test_a_closed_document_is_said_and_what_was_spoken_is_kept(
    window: Window, lasting_sentence: Path
) -> None:
    window.open_untitled("thrown away")
    end = window.begin_speaking(lasting_sentence)
    window.close_editors()
    untitled = "return vscode.workspace.textDocuments.some((each) => each.isUntitled)"
    window.wait("it to be closed", lambda: not window.run(untitled))
    window.command("dictate.stop")
    final = end()
    assert final["outcome"] == "failed"
    window.notice("retry")
    window.open("kept.txt", "")
    wait = window.next_final()
    window.begin("dictate.retry")
    text = inserted(wait())
    assert window.text == text


def test_a_document_that_became_read_only_is_said_and_what_was_spoken_is_kept(
    window: Window, sentence: Path
) -> None:
    window.open("read_only.txt", "unchanged\n")
    window.command("workbench.action.files.setActiveEditorReadonlyInSession")
    final = window.dictate(sentence)
    assert final["outcome"] == "failed"
    assert window.text == "unchanged\n"
    window.notice("read-only")
    window.command("workbench.action.files.resetActiveEditorReadonlyInSession")
    wait = window.next_final()
    window.begin("dictate.retry")
    assert inserted(wait()) in window.text


def test_what_is_typed_meanwhile_stays_and_the_text_lands_where_it_began(
    window: Window, lasting_sentence: Path
) -> None:
    window.open("typing.txt", "# \nbelow\n")
    window.place((0, 2))
    end = window.begin_speaking(lasting_sentence)
    window.keys("ArrowDown", "End")
    window.type(" typed")
    # A line above the place moves it.
    window.keys("Control+Home")
    window.type("new line")
    window.keys("Enter")
    window.wait("what was typed", lambda: window.text == "new line\n# \nbelow typed\n")
    window.command("dictate.stop")
    text = inserted(end())
    assert window.text == f"new line\n# {text}\nbelow typed\n"
    # The caret is at the place's own line's beginning, where the user left it.
    assert window.carets == [(1, 0)]


def test_two_recordings_in_quick_succession_land_in_order(window: Window, sentence: Path) -> None:
    window.open("succession.txt", "")
    first = inserted(window.dictate(sentence))
    second = inserted(window.dictate(sentence))
    assert window.text == f"{first} {second}"


@pytest.mark.parametrize("content", [None, b"", b"this is no sound"])
def test_a_recording_that_cannot_be_read_is_one_line(
    window: Window, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "speech.wav"
    if content is not None:
        path.write_bytes(content)
    window.open("unchanged.txt", "unchanged")
    window.begin("dictate.file", str(path), {"realtime": False})
    window.notice("speech.wav")
    window.wait("the end", lambda: window.state == "idle")
    assert window.text == "unchanged"
    assert len(window.notices) == 1


def test_without_an_editor_it_is_said_in_one_line(window: Window, sentence: Path) -> None:
    window.begin("dictate.toggle")
    # VS Code leaves out to draw what follows several others, and lists it.
    (notice,) = window.wait("the word", lambda: window.listed_notices)
    assert "\n" not in notice
    assert window.state == "idle"
