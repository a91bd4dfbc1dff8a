"""Hands-free: the server begins one utterance after the other, and the user sees where."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.neovim.clock import Clock
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

# Until a cursor that moved counts as settled.
SETTLED_MS = 100


def begin(
    editor: Editor, server: ScriptedServer, name: str = "handsfree", mode: str = "handsFree"
) -> tuple[str, dict[str, Any]]:
    """Go hands-free at the cursor and wait until the microphone is open."""
    editor.command(f"Dictate {name}")
    utterance, place = server.begin(command="dictate.handsFree", mode=mode)
    editor.wait("the indicator", lambda: editor.drawn == ["◉▁"])
    return utterance, place


def behind(place: dict[str, Any], text: str) -> dict[str, int]:
    """The position behind a text that was inserted at a place."""
    position = place["position"]
    return {"line": position["line"], "character": position["character"] + len(text)}


@pytest.mark.parametrize(
    ("name", "mode", "preset", "shown"),
    [("handsfree", "handsFree", {}, "hands-free"), ("vibe", "vibe", {"preset": "vibe"}, "vibe")],
)
def test_the_mode_is_seen_and_toggled(
    editor: Editor,
    server: ScriptedServer,
    name: str,
    mode: str,
    preset: dict[str, str],
    shown: str,
) -> None:
    editor.command(f"Dictate {name}")
    command = server.expect_command("dictate.handsFree")
    place = server.place_of(command)
    assert place == {"uri": place["uri"], "position": {"line": 0, "character": 0}, **preset}
    assert editor.statusline == f"{shown}: starting…"
    server.reply(command, {"utteranceId": "one", "state": "starting"})
    server.state("one", "listening", place["uri"], mode=mode)
    editor.wait("the icon", lambda: editor.drawn == ["◉▁"])
    assert editor.statusline == f"◉ ▁ {shown}"
    editor.command(f"Dictate {name}")
    server.expect_command("dictate.handsFree")
    server.state("one", "finishing", place["uri"], mode="manual")
    editor.wait("the word", lambda: editor.statusline == "finishing…")
    server.insert("one", place["uri"], place["position"], "text")
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.statusline == ""
    assert editor.left_behind == []


@pytest.mark.parametrize(("name", "preset"), [("handsfree", None), ("vibe", "vibe")])
def test_the_mappings_work_in_both_modes(
    editor: Editor, server: ScriptedServer, name: str, preset: str | None
) -> None:
    editor.command(f"map <F8> <Plug>(dictate-{name})")
    editor.command(f"imap <F8> <Plug>(dictate-{name})")
    editor.keys("<F8>")
    place = server.place_of(server.expect_command("dictate.handsFree"))
    assert place.get("preset") == preset
    editor.keys("i<F8>", "i")
    server.expect_command("dictate.handsFree")
    assert editor.lines == [""]


def test_the_icon_is_the_users(make_editor: Callable[..., Editor], server: ScriptedServer) -> None:
    editor = make_editor({"cmd": server.command, "indicator": {"icon_hands_free": "H"}})
    editor.command("Dictate handsfree")
    server.begin(command="dictate.handsFree", mode="handsFree")
    editor.wait("the icon", lambda: editor.drawn == ["H▁"])
    assert editor.statusline == "H ▁ hands-free"


def test_utterances_follow_each_other_and_their_texts_stand_in_order(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.lines = ["say: .", "below"]
    editor.cursor = (1, 4)
    first, place = begin(editor, server)
    server.partial(first, place["uri"], "one", "one")
    editor.wait("the partial", lambda: editor.drawn == ["◉▁ one"])

    second = server.go_on(place["uri"])
    editor.wait("the next", lambda: editor.drawn == ["… one", "◉▁"])
    assert editor.state == "listening"
    server.partial(second, place["uri"], " two")
    editor.wait("its text", lambda: editor.drawn == ["… one", "◉▁ two"])
    assert editor.screen[0] == "say: … one◉▁ two."

    third = server.go_on(place["uri"])
    editor.wait("the third", lambda: len(editor.drawn) == 3)
    server.edit(first, place["uri"], place["position"], "one")
    server.end(first, place["uri"])
    editor.wait("the first to go", lambda: editor.drawn == ["… two", "◉▁"])
    assert editor.screen[0] == "say: one… two◉▁."
    server.edit(second, place["uri"], behind(place, "one"), " two")
    server.end(second, place["uri"])
    editor.wait("the second to go", lambda: editor.drawn == ["◉▁"])
    assert editor.screen[0] == "say: one two◉▁."

    server.state(third, "finishing", place["uri"], mode="manual")
    server.insert(third, place["uri"], behind(place, "one two"), " three")
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.lines == ["say: one two three.", "below"]
    assert editor.cursor == (1, len("say: one two thre"))
    assert editor.left_behind == []
    assert editor.notices == []


def test_the_next_begins_behind_a_text_that_is_there_already(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.lines = ["x"]
    first, place = begin(editor, server)
    server.edit(first, place["uri"], place["position"], " one")
    server.end(first, place["uri"])
    editor.wait("its end", lambda: editor.statusline == "hands-free")
    assert editor.drawn == []
    editor.lua("vim.api.nvim_buf_set_lines(0, 0, 0, true, { 'above' })")
    server.go_on(place["uri"])
    editor.wait("the next", lambda: editor.drawn == ["◉▁"])
    assert editor.screen[:2] == ["above", "x one◉▁"]


def test_an_utterance_without_words_leaves_the_place_to_the_next(
    editor: Editor, server: ScriptedServer
) -> None:
    first, place = begin(editor, server)
    server.go_on(place["uri"])
    editor.wait("the next", lambda: editor.drawn == ["…", "◉▁"])
    server.end(first, place["uri"], "cancelled")
    editor.wait("the first to go", lambda: editor.drawn == ["◉▁"])
    assert editor.marks == [[0, 0], [0, 0]]
    assert editor.notices == []


def test_an_ended_utterance_is_not_taken_for_a_new_one(
    editor: Editor, server: ScriptedServer
) -> None:
    first, place = begin(editor, server)
    server.go_on(place["uri"])
    editor.wait("the next", lambda: editor.drawn == ["…", "◉▁"])
    server.end(first, place["uri"], "cancelled")
    server.state(first, "listening", place["uri"], mode="handsFree")
    server.settle()
    assert editor.drawn == ["◉▁"]


def test_a_kept_text_that_is_brought_back_meanwhile_is_no_utterance_of_the_mode(
    editor: Editor, server: ScriptedServer
) -> None:
    _, place = begin(editor, server)
    editor.command("Dictate retry")
    command = server.expect_command("dictate.retry")
    server.go_on(place["uri"])
    server.reply(command, {"utteranceId": "kept", "state": "listening"})
    editor.wait("the next", lambda: editor.drawn == ["…", "◉▁"])
    server.edit("kept", place["uri"], place["position"], "kept")
    server.end("kept", place["uri"])
    editor.wait("the kept one to go", lambda: len(editor.marks) == 3)
    assert editor.screen[0] == "…kept◉▁"


def test_cancelling_ends_the_mode(editor: Editor, server: ScriptedServer) -> None:
    first, place = begin(editor, server)
    second = server.go_on(place["uri"])
    editor.wait("the next", lambda: len(editor.drawn) == 2)
    editor.keys("<Esc>")
    server.expect_command("dictate.cancel")
    server.state(second, "finishing", place["uri"], mode="manual")
    server.end(second, place["uri"], "cancelled")
    editor.wait("one left", lambda: editor.drawn == ["…"])
    assert editor.statusline == "finishing…"
    server.insert(first, place["uri"], place["position"], "text")
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.left_behind == []


def test_escape_stays_mapped_from_one_utterance_to_the_next(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.lua(
        """
        _G.unmapped = 0
        local delete = vim.keymap.del
        vim.keymap.del = function(...)
          _G.unmapped = _G.unmapped + 1
          return delete(...)
        end
        """
    )
    _, place = begin(editor, server)
    server.go_on(place["uri"])
    editor.wait("the next", lambda: len(editor.drawn) == 2)
    assert editor.lua("return _G.unmapped") == 0
    editor.keys("<Esc>")
    server.expect_command("dictate.cancel")


@pytest.mark.parametrize("command", ["Dictate", "Dictate stop"])
def test_stopping_ends_the_mode_also_when_nothing_listens_for_a_moment(
    editor: Editor, server: ScriptedServer, command: str
) -> None:
    first, place = begin(editor, server)
    server.end(first, place["uri"], "cancelled")
    editor.wait("nothing to listen", lambda: editor.drawn == [])
    editor.command(command)
    server.expect_command("dictate.stop")
    assert editor.notices == []


def test_a_start_meanwhile_is_not_begun(editor: Editor, server: ScriptedServer) -> None:
    begin(editor, server)
    editor.command("Dictate start")
    assert editor.notices == ["Dictate: already listening: :Dictate stop ends it"]


def test_what_was_spoken_by_hand_lands_before_the_mode_begins(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate start")
    first, place = server.begin()
    editor.wait("the icon", lambda: editor.drawn == ["●▁"])
    editor.command("Dictate handsfree")
    command = server.expect_command("dictate.handsFree")
    server.state(first, "finishing", place["uri"], mode="manual")
    server.reply(command, {"utteranceId": "second", "state": "starting"})
    server.state("second", "listening", place["uri"], mode="handsFree")
    editor.wait("both", lambda: editor.drawn == ["…", "◉▁"])
    server.edit(first, place["uri"], place["position"], "one")
    editor.wait("the text", lambda: editor.drawn == ["◉▁"])
    assert editor.screen[0] == "one◉▁"


def test_a_refusal_leaves_nothing(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate handsfree")
    server.fail(server.expect_command("dictate.handsFree"), "no microphone")
    editor.wait("the word", lambda: editor.notices == ["Dictate: no microphone"])
    assert (editor.state, editor.statusline) == ("idle", "")
    assert editor.left_behind == []


def test_the_server_dies_and_nothing_is_left(editor: Editor, server: ScriptedServer) -> None:
    _, place = begin(editor, server)
    server.go_on(place["uri"])
    editor.wait("the next", lambda: len(editor.drawn) == 2)
    server.crash()
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.statusline == ""
    assert editor.left_behind == []


def placed_at(server: ScriptedServer, *, placed: bool = True) -> dict[str, Any]:
    """Answer the next `dictate.place`, and return its argument."""
    asked = server.expect_command("dictate.place")
    server.reply(asked, {"utteranceId": None, "state": "listening", "placed": placed})
    return server.place_of(asked)


def test_the_place_follows_the_cursor_until_somebody_speaks(
    editor: Editor, server: ScriptedServer
) -> None:
    clock = Clock(editor, SETTLED_MS)
    editor.lines = ["one", "two", "three"]
    utterance, place = begin(editor, server)
    server.level(utterance, -60.0, speech=False)
    editor.keys("j")
    assert clock.passes(SETTLED_MS - 1) == 0
    editor.keys("j$")
    assert clock.passes(SETTLED_MS - 1) == 0
    clock.passes(1)
    placed = placed_at(server)
    assert placed == {"uri": place["uri"], "position": {"line": 2, "character": 5}}
    editor.wait("the move", lambda: editor.marks == [[2, 5], [2, 5]])
    assert editor.screen[2] == "three◉▁"
    # A held key is one move, and only that was sent.
    assert server.commands == ["dictate.handsFree", "dictate.place"]

    server.partial(utterance, place["uri"], " hello")
    editor.wait("the partial", lambda: editor.drawn == ["◉▁ hello"])
    editor.keys("gg")
    clock.passes(SETTLED_MS)
    assert server.commands == ["dictate.handsFree", "dictate.place"]
    assert editor.marks == [[2, 5], [2, 5]]

    server.go_on(place["uri"])
    editor.wait("the next", lambda: len(editor.drawn) == 2)
    editor.keys("0")
    clock.passes(SETTLED_MS)
    placed = placed_at(server)
    assert placed["position"] == {"line": 0, "character": 1}
    editor.wait("the move", lambda: editor.marks == [[0, 1], [0, 1], [2, 5]])


def test_a_move_that_came_too_late_moves_nothing(editor: Editor, server: ScriptedServer) -> None:
    editor.lines = ["one", "two", "three"]
    begin(editor, server)
    editor.keys("j")
    assert placed_at(server, placed=False)["position"]["line"] == 1
    editor.keys("j")
    # Asked again all the same: what was no word after all is over by then.
    assert placed_at(server)["position"]["line"] == 2
    editor.wait("the move", lambda: editor.marks == [[2, 1], [2, 1]])


def test_the_place_follows_the_cursor_while_inserting(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.keys("i", "i")
    begin(editor, server)
    editor.keys("some text", "i")
    placed = placed_at(server)
    assert placed["position"] == {"line": 0, "character": 9}
    editor.wait("the move", lambda: editor.screen[0] == "some text◉▁")


def test_a_sound_that_was_no_word_does_not_hold_the_place(
    editor: Editor, server: ScriptedServer
) -> None:
    clock = Clock(editor, SETTLED_MS)
    editor.lines = ["one", "two"]
    utterance, _ = begin(editor, server)
    server.level(utterance, -12.0, speech=True)
    editor.wait("the level", lambda: editor.drawn == ["◉█"])
    editor.keys("j")
    clock.passes(SETTLED_MS)
    assert server.commands == ["dictate.handsFree"]
    server.level(utterance, -60.0, speech=False)
    editor.wait("the level", lambda: editor.drawn == ["◉▁"])
    clock.passes(SETTLED_MS)
    placed = placed_at(server)
    assert placed["position"]["line"] == 1


def test_a_text_that_moves_the_cursor_does_not_move_the_place(
    editor: Editor, server: ScriptedServer
) -> None:
    clock = Clock(editor, SETTLED_MS)
    editor.keys("i", "i")
    first, place = begin(editor, server)
    server.go_on(place["uri"])
    editor.wait("the next", lambda: len(editor.drawn) == 2)
    server.edit(first, place["uri"], place["position"], "one ")
    editor.keys("<Ignore>", "i")
    clock.passes(SETTLED_MS)
    assert editor.cursor == (1, 4)
    assert server.commands == ["dictate.handsFree"]


def test_in_another_buffer_the_cursor_is_free(editor: Editor, server: ScriptedServer) -> None:
    clock = Clock(editor, SETTLED_MS)
    editor.command("set hidden")
    editor.lines = ["one", "two"]
    begin(editor, server)
    editor.keys("j")
    editor.command("enew")
    editor.lines = ["other", "text"]
    editor.keys("jl")
    clock.passes(SETTLED_MS)
    assert server.commands == ["dictate.handsFree"]


def test_an_utterance_that_the_user_ends_keeps_its_place(
    editor: Editor, server: ScriptedServer
) -> None:
    clock = Clock(editor, SETTLED_MS)
    editor.lines = ["one", "two"]
    editor.command("Dictate start")
    server.begin()
    editor.wait("the icon", lambda: editor.drawn)
    editor.keys("j")
    clock.passes(SETTLED_MS)
    assert server.commands == ["dictate.start"]
    assert editor.marks == [[0, 1]]
