"""The text while it is spoken: drawn at its place, never written, nothing of it left behind."""

from collections.abc import Callable

import pytest

from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

WORDS = " ".join(f"word{number:02}" for number in range(40))
"""Of 7 cells each, blanks included; far more than a line."""


class Speech:
    """An utterance that is being spoken at the cursor."""

    def __init__(self, editor: Editor, server: ScriptedServer) -> None:
        self.editor, self.server = editor, server
        editor.command("Dictate start")
        self.utterance, place = server.begin()
        self.uri, self.start = place["uri"], place["position"]
        editor.wait("the indicator", lambda: editor.drawn)

    def heard(self, text: str, committed: str = "") -> None:
        """This much was understood so far, and it is drawn."""
        before = self.editor.drawing
        self.server.partial(self.utterance, self.uri, text, committed)
        self.editor.wait("the drawing", lambda: self.editor.drawing != before)


@pytest.fixture
def speak(editor: Editor, server: ScriptedServer) -> Callable[[], Speech]:
    """Begins to listen at the cursor."""
    return lambda: Speech(editor, server)


def widths(editor: Editor, lines: list[str]) -> list[int]:
    return [editor.lua("return vim.fn.strwidth(...)", line) for line in lines]


def test_a_text_that_fits_stands_in_its_line(editor: Editor, speak: Callable[[], Speech]) -> None:
    editor.lines = ["say ()", "below"]
    editor.cursor = (1, 4)
    speech = speak()
    speech.heard("hello wor", "hello")
    assert editor.screen[:2] == ["say (●▁ hello wor)", "below"]
    speech.heard(" hello world", " hello")
    assert editor.screen[:2] == ["say (●▁ hello world)", "below"]
    assert editor.below == []


def test_a_text_that_does_not_fit_is_wrapped_at_words_below_the_line(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    editor.command("set number")
    editor.lines = ["say ()", "below"]
    editor.cursor = (1, 4)
    speak().heard(f" {WORDS[:160]}", f" {WORDS[:100]}")
    assert editor.screen[:5] == [
        "  1 say (●▁)",
        "    word00 word01 word02 word03 word04 word05 word06 word07 word08 word09 word10",
        "    word11 word12 word13 word14 word15 word16 word17 word18 word19 word20 word21",
        "    word22",
        "  2 below",
    ]


@pytest.mark.parametrize("wrap", [True, False])
def test_it_stays_in_its_line_until_a_cell_is_missing(
    editor: Editor, speak: Callable[[], Speech], wrap: bool
) -> None:
    editor.lua("vim.wo.wrap = ...", wrap)
    editor.lines = ["x" * 60]
    editor.cursor = (1, 59)
    speech = speak()
    # The icon, the meter, a blank, and the cursor's cell when somebody inserts there.
    longest = "y" * (80 - 60 - 4)
    speech.heard(longest)
    assert editor.drawn == [f"●▁ {longest}"]
    assert editor.screen[1] == "~"
    speech.heard(longest + "y")
    assert editor.drawn == ["●▁"]
    assert editor.below == [longest + "y"]


def test_beside_a_line_of_several_screen_lines_the_last_one_counts(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    editor.lines = ["x" * 150]
    editor.cursor = (1, 149)
    speech = speak()
    speech.heard("hello")
    assert editor.screen[1] == "x" * 70 + "●▁ hello"
    speech.heard("hello world")
    assert editor.below == ["hello world"]


def test_what_is_behind_the_place_stays_in_sight(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    editor.command("set nowrap")
    editor.lines = ["f()" + "x" * 60]
    editor.cursor = (1, 1)
    speak().heard("some more words")
    assert editor.screen[:2] == ["f(●▁)" + "x" * 60, "some more words"]


def test_a_word_that_is_wider_than_the_window_is_cut_where_the_line_ends(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    speak().heard("see " + "x" * 100 + " end")
    assert editor.below == ["see", "x" * 80, "x" * 20 + " end"]


def test_characters_of_two_cells_are_never_cut(editor: Editor, speak: Callable[[], Speech]) -> None:
    editor.command("vertical 13split")
    speech = speak()
    speech.heard("言葉を話すとここに文字が出る")
    assert editor.below == ["言葉を話すと", "ここに文字が", "出る"]
    assert [row.split("│")[0].rstrip() for row in editor.screen[1:4]] == editor.below
    speech.heard("größe 言葉を use 話すと nai\u0308ve")
    assert editor.below == ["größe 言葉を", "use 話すと", "nai\u0308ve"]
    assert max(widths(editor, editor.below)) <= 13


def test_line_breaks_start_new_lines(editor: Editor, speak: Callable[[], Speech]) -> None:
    editor.lines = ["def f():", "below"]
    editor.keys("A", "i")
    speech = speak()
    speech.heard("\n    x = 1\n\n    return x")
    assert editor.screen[:6] == ["def f():●▁", "    x = 1", "", "    return x", "below", "~"]
    speech.heard("  # one\n\ty = 2\n")
    assert editor.screen[:5] == ["def f():●▁  # one", "        y = 2", "", "below", "~"]


def test_of_a_very_long_text_the_last_lines_are_kept_behind_an_ellipsis(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "indicator": {"partial_lines": 2}})
    speech = Speech(editor, server)
    speech.heard(WORDS)
    below = editor.below
    assert len(below) == 2
    assert below[0].startswith("…word")
    assert below[1].endswith("word39")
    assert max(widths(editor, below)) <= 80
    assert " ".join(below).removeprefix("…") in WORDS


def test_the_default_keeps_six_lines(editor: Editor, speak: Callable[[], Speech]) -> None:
    speak().heard(f"{WORDS} {WORDS}")
    assert len(editor.below) == 6


def test_no_lines_are_wanted(make_editor: Callable[..., Editor], server: ScriptedServer) -> None:
    editor = make_editor({"cmd": server.command, "indicator": {"partial_lines": 0}})
    speech = Speech(editor, server)
    speech.heard("short")
    speech.heard(WORDS)
    assert (editor.drawn, editor.below) == (["●▁"], [])


def test_the_settled_part_looks_like_text_and_the_rest_is_dim(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    editor.lines = ["some plain and dim words", ""]
    editor.command("call matchadd('DictateCommitted', 'plain')")
    editor.command("call matchadd('DictatePartial', 'dim')")
    editor.cursor = (2, 0)
    speech = speak()
    speech.heard("settled guess", "settled")
    assert editor.look_of("settled") == editor.look_of("plain")
    assert editor.look_of("guess") == editor.look_of("dim")
    assert editor.look_of("settled") != editor.look_of("guess")
    speech.heard("settled guess", "settled guess")
    assert editor.look_of("guess") == editor.look_of("plain")


def test_the_parts_look_different_below_the_line_too(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    speak().heard(WORDS[:160], "word00 word01 word02")
    assert editor.look_of("word00 word01 word02") == editor.look_of("word00")
    assert editor.look_of("word03") == editor.look_of("word21")
    assert editor.look_of("word00") != editor.look_of("word03")


def test_the_highlights_are_the_users(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command})
    editor.command("highlight DictateCommitted guifg=#123456")
    editor.command("doautocmd ColorScheme")
    highlight = editor.lua("return vim.api.nvim_get_hl(0, { name = 'DictateCommitted' })")
    assert highlight["fg"] == 0x123456
    editor.command("colorscheme default")
    normal, committed = editor.lua(
        """
        return {
          vim.api.nvim_get_hl(0, { name = 'Normal' }),
          vim.api.nvim_get_hl(0, { name = 'DictateCommitted' }),
        }
        """
    )
    assert committed["fg"] == normal["fg"]
    assert "bg" not in committed
    assert "bold" not in committed
    editor.command("highlight clear | highlight Normal guifg=NONE | doautocmd ColorScheme")
    assert editor.lua("return vim.api.nvim_get_hl(0, { name = 'DictateCommitted' }).bold")


def test_a_server_that_says_nothing_of_settled_text_is_understood(
    editor: Editor, server: ScriptedServer, speak: Callable[[], Speech]
) -> None:
    speech = speak()
    server.notify(
        "dictate/partial", {"utteranceId": speech.utterance, "uri": speech.uri, "text": "hello"}
    )
    editor.wait("the partial", lambda: editor.drawn == ["●▁ hello"])


def test_it_follows_what_is_typed_before_and_above_it(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    editor.lines = ["one", "two"]
    editor.cursor = (2, 2)
    speech = speak()
    speech.heard(" hello")
    editor.lua("vim.api.nvim_buf_set_lines(0, 0, 0, true, { 'above', 'it' })")
    editor.lua("vim.api.nvim_buf_set_text(0, 3, 0, 3, 0, { '-- ' })")
    assert editor.screen[:4] == ["above", "it", "one", "-- two●▁ hello"]
    speech.heard(" hello world")
    assert editor.screen[3] == "-- two●▁ hello world"
    assert editor.lines == ["above", "it", "one", "-- two"]


def test_it_is_wrapped_anew_when_the_window_is_resized(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    editor.lines = ["", "below"]
    speech = speak()
    speech.heard(WORDS[:120])
    assert len(editor.below) == 2
    editor.command("vertical split | vertical resize 35")
    editor.command("wincmd p | enew | wincmd p")
    editor.wait("narrow lines", lambda: len(editor.below) == 4)
    assert max(widths(editor, editor.below)) <= 35
    editor.command("only")
    editor.wait("wide lines", lambda: len(editor.below) == 2)


def test_it_is_wrapped_anew_when_the_terminal_is_resized(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    speech = speak()
    speech.heard(WORDS[:120])
    editor.command("set columns=40 | doautocmd VimResized")
    editor.wait("narrow lines", lambda: len(editor.below) > 2)
    assert max(widths(editor, editor.below)) <= 40


def test_of_two_windows_the_narrower_one_cuts_nothing_off(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    editor.command("vertical split | vertical resize 30")
    editor.command("wincmd l")
    speech = speak()
    speech.heard("these words fit the wide window alone")
    assert editor.drawn == ["●▁"]
    assert editor.below == ["these words fit the wide", "window alone"]
    editor.command("tabnew")
    editor.command("tabclose | only")
    editor.wait("one line", lambda: editor.below == [])
    assert editor.drawn == ["●▁ these words fit the wide window alone"]


def test_a_window_scrolls_for_lines_below_its_last_one(
    editor: Editor, speak: Callable[[], Speech]
) -> None:
    editor.lines = [f"line {number}" for number in range(1, 61)]
    editor.keys("30Gzb$")
    speech = speak()
    speech.heard(WORDS[:160])
    screen = editor.screen
    assert screen[:2] == ["line 12", "line 13"]
    assert screen[18] == "line 30●▁"
    assert screen[19].startswith("word00")
    assert screen[21] == "word22"
    # Whoever looks elsewhere meanwhile is not called back.
    editor.keys("gg")
    speech.heard(f"{WORDS[:160]} and so on, more and more and more and more of it")
    assert editor.screen[0] == "line 1"
    assert editor.cursor[0] == 1


def test_it_needs_no_window(editor: Editor, speak: Callable[[], Speech]) -> None:
    editor.command("set hidden")
    editor.lines = ["text"]
    speech = speak()
    editor.command("enew")
    speech.server.partial(speech.utterance, speech.uri, WORDS)
    editor.command("buffer 1")
    editor.wait("the lines", lambda: len(editor.below) == 4)


@pytest.mark.parametrize("outcome", ["inserted", "cancelled", "failed", "server died"])
def test_nothing_is_left_behind(
    editor: Editor, server: ScriptedServer, speak: Callable[[], Speech], outcome: str
) -> None:
    editor.lines = ["text"]
    tick = editor.lua("return vim.b.changedtick")
    speech = speak()
    speech.heard(WORDS, WORDS[:50])
    assert editor.left_behind != []
    assert editor.lines == ["text"]
    assert editor.lua("return vim.b.changedtick") == tick
    if outcome == "inserted":
        server.insert(speech.utterance, speech.uri, speech.start, "!")
    elif outcome == "server died":
        server.crash()
    else:
        server.finish(speech.utterance, speech.uri, outcome)
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.left_behind == []
    assert editor.screen[1] == "~"


def test_a_switched_off_indicator_draws_nothing(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "indicator": {"enabled": False}})
    editor.command("Dictate start")
    utterance, place = server.begin()
    server.partial(utterance, place["uri"], WORDS)
    server.state(utterance, "finishing", place["uri"])
    editor.wait("the state", lambda: editor.state == "finishing")
    assert (editor.drawn, editor.below) == ([], [])
