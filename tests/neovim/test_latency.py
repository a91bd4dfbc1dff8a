"""How long dictations take: `:Dictate stats`, and the statusline."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

STATS = {
    "count": 12,
    "lastMs": 33.6,
    "p50Ms": 41.2,
    "p95Ms": 80.0,
    "maxMs": 119.5,
    "stages": {
        "edit": {"p50Ms": 4.0, "p95Ms": 9.0},
        "decode": {"p50Ms": 31.0, "p95Ms": 62.0},
    },
}
NONE: dict[str, Any] = {
    "count": 0,
    "lastMs": None,
    "p50Ms": None,
    "p95Ms": None,
    "maxMs": None,
    "stages": {},
}


def ask(editor: Editor, server: ScriptedServer, result: dict[str, Any]) -> str:
    """What `:Dictate stats` leaves in the messages."""
    editor.command("messages clear | Dictate stats")
    server.reply(server.expect("dictate/stats"), result)
    return editor.wait(
        "the answer", lambda: editor.nvim.funcs.execute("messages").strip() or editor.notices
    )


def test_the_figures_are_shown(editor: Editor, server: ScriptedServer) -> None:
    shown = ask(editor, server, STATS)
    assert shown.splitlines() == [
        "Dictate: last 34 ms, p50 41 ms, p95 80 ms, max 120 ms, of 12 dictations",
        "decode   p50    31 ms   p95    62 ms",
        "edit     p50     4 ms   p95     9 ms",
    ]
    assert ask(editor, server, {**STATS, "count": 1, "stages": {}}).endswith("of 1 dictation")


def test_without_a_dictation_it_says_so(editor: Editor, server: ScriptedServer) -> None:
    ask(editor, server, NONE)
    (notice,) = editor.notices
    assert "no dictation has reached a buffer yet" in notice


@pytest.mark.parametrize("wanted", [False, True])
def test_the_statusline_shows_it_unless_that_is_not_wanted(
    make_editor: Callable[..., Editor], server: ScriptedServer, wanted: bool
) -> None:
    options = {} if wanted else {"statusline": {"latency": False}}
    editor = make_editor({"cmd": server.command, **options})
    for latency, shown in (
        (None, ""),
        ({"count": 1, "lastMs": 33.6, "p50Ms": 33.6, "p95Ms": 33.6}, "34 ms"),
        (
            {"count": 2, "lastMs": 51.0, "p50Ms": 33.6, "p95Ms": 51.0},
            "51 ms (p50 34 ms, p95 51 ms)",
        ),
    ):
        editor.command("Dictate start")
        utterance, place = server.begin()
        editor.wait("the state", lambda: editor.statusline.startswith("● ▁"))
        server.finish(utterance, place["uri"], "cancelled", latency=latency)
        editor.wait("the end", lambda: editor.state == "idle")
        assert editor.statusline == (shown if wanted else "")
