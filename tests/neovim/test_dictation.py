"""From the command to the text, with a server that the test plays."""

import pytest

import dictate
from tests.neovim.clock import stand_still
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer


def test_what_is_spoken_stands_at_the_cursor(editor: Editor, server: ScriptedServer) -> None:
    editor.lines = ["first", "second"]
    editor.cursor = (2, 5)
    editor.command("Dictate")
    utterance, place = server.begin()
    assert place["position"] == {"line": 1, "character": 6}
    editor.wait("the indicator", lambda: editor.drawn)
    editor.command("Dictate")
    server.reply(server.expect_command("dictate.stop"), {"utteranceId": utterance, "state": "x"})
    server.state(utterance, "finishing", place["uri"])
    server.insert(utterance, place["uri"], place["position"], " and third")
    assert editor.lines == ["first", "second and third"]
    assert server.documents[place["uri"]].lines == editor.lines
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.drawn == []
    assert editor.notices == []


def test_the_server_is_told_who_asks(editor: Editor, server: ScriptedServer) -> None:
    editor.lua("require('dictate').setup({ settings = { language = 'en' } })")
    editor.command("Dictate start")
    server.begin()
    assert server.initialize["initializationOptions"] == {
        "dictate": {"client": "neovim", "edit": True, "version": dictate.__version__},
        "settings": {"language": "en"},
    }
    assert server.initialize["capabilities"]["general"]["positionEncodings"][0] == "utf-8"


def test_the_server_starts_at_first_use_and_only_once(
    editor: Editor, server: ScriptedServer
) -> None:
    assert server.pids == []
    for text in ("one", "two"):
        editor.command("Dictate start")
        utterance, place = server.begin()
        server.insert(utterance, place["uri"], place["position"], text)
        editor.wait("the end", lambda: editor.state == "idle")
        editor.command("new")
    assert len(server.pids) == 1


def test_changed_settings_reach_a_running_server(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate start")
    server.begin()
    editor.lua("require('dictate').setup({ settings = { pair = 'other' } })")
    told = server.expect("workspace/didChangeConfiguration")
    assert told["params"] == {"settings": {"dictate": {"pair": "other"}}}


def test_the_indicator_waits_for_real_samples(editor: Editor, server: ScriptedServer) -> None:
    stand_still(editor)
    editor.command("Dictate start")
    utterance, place = server.begin("starting")
    editor.wait("the state", lambda: editor.state == "starting")
    assert editor.drawn == []
    assert editor.statusline == "starting…"
    server.state(utterance, "listening", place["uri"])
    editor.wait("the indicator", lambda: editor.drawn == ["●▁"])
    assert editor.statusline == "● ▁ 0:00"


def test_partials_and_levels_are_drawn_and_never_written(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.lines = ["text"]
    tick = editor.lua("return vim.b.changedtick")
    editor.command("Dictate start")
    utterance, place = server.begin()
    server.notify("dictate/level", {"utteranceId": utterance, "dbfs": -12.0, "speech": True})
    server.notify(
        "dictate/partial",
        {"utteranceId": utterance, "uri": place["uri"], "text": "hello\nworld"},
    )
    editor.wait("the partial", lambda: editor.drawn == ["●█ hello"])
    assert editor.below == ["world"]
    assert editor.lines == ["text"]
    assert editor.lua("return vim.b.changedtick") == tick
    server.finish(utterance, place["uri"], "cancelled", message="nothing heard")
    editor.wait("the notice", lambda: editor.notices == ["Dictate: nothing heard"])
    assert editor.drawn == []


@pytest.mark.parametrize("typed", ["before", "behind", "at"])
def test_the_text_lands_where_speaking_began(
    editor: Editor, server: ScriptedServer, typed: str
) -> None:
    """Also when equal letters are typed beside the place, where a comparison cannot tell."""
    editor.lines = ["aaaa"]
    editor.cursor = (1, 1)
    editor.command("Dictate start")
    utterance, place = server.begin()
    assert place["position"] == {"line": 0, "character": 2}
    column = {"before": 1, "behind": 3, "at": 2}[typed]
    editor.lua("vim.api.nvim_buf_set_text(0, 0, ..., 0, ..., { 'aa' })", column, column)
    change = server.expect("textDocument/didChange")["params"]["contentChanges"][0]
    assert change["range"]["start"] == {"line": 0, "character": column}
    where = editor.lua(
        "return vim.api.nvim_buf_get_extmarks("
        "0, vim.api.nvim_create_namespace('dictate'), 0, -1, {})[1][3]"
    )
    assert where == (4 if typed == "before" else 2)
    server.insert(utterance, place["uri"], {"line": 0, "character": where}, "|")
    expected = {"before": "aaaa|aa", "behind": "aa|aaaa", "at": "aa|aaaa"}[typed]
    assert editor.lines == [expected]


def test_the_place_is_that_of_the_key_press_though_the_server_starts_slowly(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.lines = ["one", "two"]
    editor.cursor = (1, 2)
    editor.lua("vim.cmd('Dictate start'); vim.api.nvim_win_set_cursor(0, { 2, 0 })")
    _, place = server.begin()
    assert place["position"] == {"line": 0, "character": 3}


def test_dictations_in_quick_succession_land_in_their_order(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.lines = ["x = "]
    editor.keys("A", "i")
    begun = []
    for _ in range(3):
        editor.command("Dictate start")
        begun.append(server.begin("finishing"))
        editor.wait("the state", lambda: editor.state == "finishing")
    at = begun[0][1]["position"]
    for number, (utterance, place) in enumerate(begun):
        assert place["position"] == begun[0][1]["position"]
        text = f"{number}, "
        server.insert(utterance, place["uri"], at, text)
        at = {"line": 0, "character": at["character"] + len(text)}
    assert editor.lines == ["x = 0, 1, 2, "]
    assert editor.cursor == (1, len("x = 0, 1, 2, "))


def test_the_indicator_goes_behind_a_text_that_arrives_at_the_same_place(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.lines = ["[]"]
    editor.command("Dictate start")
    first, place = server.begin("finishing")
    editor.wait("the state", lambda: editor.state == "finishing")
    editor.command("Dictate start")
    second, _ = server.begin()
    editor.wait("the state", lambda: editor.state == "listening")
    server.insert(first, place["uri"], place["position"], "one")
    marks = editor.lua(
        "return vim.api.nvim_buf_get_extmarks("
        "0, vim.api.nvim_create_namespace('dictate'), 0, -1, {})"
    )
    assert [mark[2] for mark in marks][-1] == 4
    server.insert(second, place["uri"], {"line": 0, "character": 4}, " two")
    assert editor.lines == ["[one two]"]
    editor.wait("the end", lambda: editor.state == "idle")
    editor.keys("i", "i")
    editor.command("Dictate start")
    _, third = server.begin()
    assert third["position"] == {"line": 0, "character": 7}


def test_the_drawing_goes_when_the_text_comes(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate start")
    utterance, place = server.begin()
    server.notify(
        "dictate/partial", {"utteranceId": utterance, "uri": place["uri"], "text": "hello"}
    )
    server.state(utterance, "finishing", place["uri"])
    editor.wait("the partial", lambda: editor.drawn == ["… hello"])
    server.edit(utterance, place["uri"], place["position"], "hello")
    assert (editor.lines, editor.drawn, editor.state) == (["hello"], [], "finishing")


def test_what_the_server_says_before_it_answers_belongs_to_the_new_utterance(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate start")
    command = server.expect_command("dictate.start")
    place = server.place_of(command)
    server.state("early", "listening", place["uri"])
    editor.wait("the indicator", lambda: editor.drawn)
    server.reply(command, {"utteranceId": "early", "state": "listening"})
    server.finish("early", place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle" and not editor.drawn)


def test_late_words_about_a_finished_utterance_do_not_touch_the_next(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate start")
    first, place = server.begin()
    server.finish(first, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    editor.command("Dictate start")
    command = server.expect_command("dictate.start")
    server.state(first, "idle", place["uri"])
    server.reply(command, {"utteranceId": "second", "state": "starting"})
    server.state("second", "listening", place["uri"])
    editor.wait("the indicator", lambda: editor.drawn)


def test_a_refusal_is_said_in_one_line_and_leaves_nothing(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate start")
    server.fail(server.expect_command("dictate.start"), "no microphone:\nconnect one")
    editor.wait("the notice", lambda: editor.notices)
    assert editor.notices == ["Dictate: no microphone: connect one"]
    assert editor.state == "idle"


def test_a_failed_utterance_says_that_it_is_kept(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate start")
    utterance, place = server.begin()
    server.finish(utterance, place["uri"], "failed")
    editor.wait("the notice", lambda: editor.notices)
    assert "kept" in editor.notices[0]
    assert ":Dictate retry" in editor.notices[0]


def test_a_second_start_while_listening_is_not_begun(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate start")
    server.begin()
    editor.wait("the state", lambda: editor.state == "listening")
    editor.command("Dictate start")
    assert editor.notices == ["Dictate: already listening: :Dictate stop ends it"]


def test_stop_right_after_start_reaches_the_server_behind_it(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate | Dictate")
    server.expect_command("dictate.start")
    server.expect_command("dictate.stop")


def test_others_are_told_of_states_and_endings(editor: Editor, server: ScriptedServer) -> None:
    editor.lua(
        """
        _G.told = {}
        vim.api.nvim_create_autocmd('User', {
          pattern = { 'DictateState', 'DictateFinal' },
          callback = function(event)
            local text = event.data and event.data.text or require('dictate').state()
            if _G.told[#_G.told] ~= text then
              table.insert(_G.told, text)
            end
            error('a fault of theirs')
          end,
        })
        """
    )
    editor.command("Dictate start")
    utterance, place = server.begin()
    editor.wait("the state", lambda: editor.state == "listening")
    server.insert(utterance, place["uri"], place["position"], "hello")
    editor.wait("the end", lambda: "hello" in editor.lua("return _G.told"))
    assert editor.lua("return _G.told") == ["starting", "listening", "idle", "hello"]
    assert editor.lines == ["hello"]
