"""What the server is told of a buffer is what stands in it, whatever is done to it."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.neovim.editor import Editor
from tests.neovim.scripted_server import Document, ScriptedServer

# Each leaves the editor in normal mode, whatever it finds.
ACTIONS = [
    "iaa<Esc>", "Aüa🎙<Esc>", "o漢a<Esc>", "Oab<Esc>", "x", "X", "dd", "2dd", "D", "J", "gJ",
    "p", "P", "yyp", "ddp", "u", "<C-r>", "3u", "~", "g~~", ">>", "<lt><lt>", "rz",
    "Rxyz<Esc>", "cwnew<Esc>", "S  text<Esc>", "vjd", "Vjy", "<C-v>jlIqq<Esc>",
    "<C-v>j$Azz<Esc>", "ggdG", "yG", "w", "b", "gg", "G", "$", "0", "j", "k", "<C-a>", ".",
    "gUU", "5ix<Esc>", "3.", "a<CR>b<Esc>", "i<BS><Esc>", "i<Del><Esc>", "A<C-w><C-u><Esc>",
    "gqip", "yyVp", ":silent! %s/a/bb/g<CR>", ":silent! %s/\\n/;/<CR>",
    ":silent! s/;/\\r/g<CR>", ":m0<CR>", ":t.<CR>", ":silent! sort<CR>",
    ":silent! g/b/d<CR>", ":silent! g/a/m0<CR>", ":silent! undo 0<CR>",
    ":silent! earlier 3<CR>", ":silent! later 2<CR>", ":retab!<CR>", ":silent! %!cat<CR>",
    ":silent! 2,3join<CR>", ":normal! ggVGrx<CR>",
]  # fmt: skip


@pytest.fixture
def opened(editor: Editor, server: ScriptedServer) -> Callable[[], Document]:
    """Makes the current buffer known to the server."""

    def open_now() -> Document:
        editor.command("Dictate start")
        utterance, place = server.begin()
        server.finish(utterance, place["uri"], "cancelled")
        editor.wait("the end", lambda: editor.state == "idle")
        return server.documents[place["uri"]]

    return open_now


def test_random_editing(editor: Editor, opened: Callable[[], Document]) -> None:
    seed = int(os.environ.get("DICTATE_SEED", random.randrange(2**32)))
    print(f"DICTATE_SEED={seed}")
    choose = random.Random(seed)
    editor.lines = ["a b", "üa ü", "", "🎙🎙 漢字 aab", "last"]
    document = opened()
    done = []
    for _ in range(250):
        action = choose.choice(ACTIONS)
        done.append(action)
        editor.keys(action)
        # One that fails by itself, as `u` may, must not swallow what follows.
        expected = editor.lines
        editor.wait(
            f"the document to be {expected} after {done[-4:]}, not {document.lines}",
            lambda expected=expected: document.lines == expected,
        )


def test_every_letter_is_told_where_it_was_typed(
    editor: Editor, server: ScriptedServer, opened: Callable[[], Document]
) -> None:
    editor.lines = ["aaaaaa"]
    opened()
    editor.keys("3|i", "i")
    for column in (2, 3):
        editor.keys("a", "i")
        change = server.expect("textDocument/didChange")["params"]["contentChanges"][0]
        assert change["range"]["start"] == {"line": 0, "character": column}
        assert change["text"] == "a"


def test_unnamed_buffers_are_told_apart(editor: Editor, opened: Callable[[], Document]) -> None:
    editor.lines = ["one"]
    first = opened()
    editor.command("new")
    editor.lines = ["two"]
    second = opened()
    assert first.uri != second.uri
    assert first.uri.startswith("untitled:")
    assert (first.lines, second.lines) == (["one"], ["two"])
    assert first.language_id == "plaintext"


def test_a_new_name_is_told_at_the_next_dictation(
    editor: Editor, server: ScriptedServer, opened: Callable[[], Document], tmp_path: Path
) -> None:
    editor.lines = ["x = 1"]
    first = opened()
    path = tmp_path / "größe und mehr.py"
    editor.command(f"silent write {str(path).replace(' ', chr(92) + ' ')} | set filetype=python")
    second = opened()
    assert unquote(second.uri) == f"file://{path}"
    assert second.language_id == "python"
    assert server.closed == [first.uri]
    editor.keys("Ax<Esc>")
    editor.wait("the change", lambda: second.lines == ["x = 1x"])


def test_a_buffer_that_is_written_keeps_its_name_while_a_text_is_on_its_way(
    editor: Editor, server: ScriptedServer, tmp_path: Path
) -> None:
    editor.command("Dictate start")
    utterance, place = server.begin()
    editor.command(f"silent write {tmp_path / 'new.txt'}")
    server.insert(utterance, place["uri"], place["position"], "kept")
    assert editor.lines == ["kept"]


@pytest.mark.parametrize("how", ["edit!", "set autoread | checktime"])
def test_a_file_that_changed_on_the_disk_is_told_as_a_change(
    editor: Editor,
    server: ScriptedServer,
    opened: Callable[[], Document],
    tmp_path: Path,
    how: str,
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("one\n")
    editor.command(f"edit {path}")
    document = opened()
    path.write_text("two\nthree\n")
    editor.command(how)
    assert editor.lines == ["two", "three"]
    editor.wait("the new text", lambda: document.lines == ["two", "three"])
    editor.keys("Gx")
    editor.wait("the change", lambda: document.lines == ["two", "hree"])
    assert server.closed == []


def test_a_buffer_that_becomes_another_file_is_closed(
    editor: Editor, server: ScriptedServer, opened: Callable[[], Document], tmp_path: Path
) -> None:
    first = opened()
    (tmp_path / "file.txt").write_text("one\n")
    editor.command(f"edit {tmp_path / 'file.txt'}")
    editor.wait("didClose", lambda: server.closed == [first.uri])
    assert opened().lines == ["one"]


def test_a_closed_buffer_is_told_and_can_be_opened_again(
    editor: Editor, server: ScriptedServer, opened: Callable[[], Document], tmp_path: Path
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("one\n")
    editor.command(f"edit {path}")
    document = opened()
    editor.command("bdelete")
    editor.wait("didClose", lambda: server.closed == [document.uri])
    editor.command(f"edit {path}")
    assert opened().lines == ["one"]


def test_a_buffer_that_is_never_dictated_into_is_never_told(
    editor: Editor, server: ScriptedServer, opened: Callable[[], Document]
) -> None:
    editor.command("new")
    editor.lines = ["private"]
    editor.command("wincmd p")
    opened()
    assert len(server.documents) == 1
    assert editor.lua("return #vim.lsp.get_clients({ name = 'dictate' })") == 1
    assert editor.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 0
