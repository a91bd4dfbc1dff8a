"""Somebody presses every key at any moment, in an editor that drops, refuses and delays edits."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from tests.lsp.scripted_editor import Edit, ScriptedEditor

SENTENCES = ["save the file", "open the window", "close the buffer and go on"]
USE_S = 12


class Chaos:
    """Decides what happens next, and counts what was really inserted."""

    def __init__(self, editor: ScriptedEditor, generator: random.Random) -> None:
        self.editor = editor
        self.generator = generator
        self.inserted: Counter[str | None] = Counter()

    async def edit(self, edit: Edit) -> dict[str, Any]:
        chance = self.generator.random()
        if chance < 0.15:
            self.type(edit.uri)  # the edit is stale now
        elif chance < 0.25:
            return {"applied": False, "reason": "readonly"}
        elif chance < 0.35:
            await asyncio.sleep(self.generator.random() / 2)
        elif chance < 0.45 and edit.uri in self.editor.buffers:
            self.type(edit.uri)
            return {"applied": True}  # a lie: it was dropped
        answer = await self.editor.apply(edit)
        self.inserted[edit.utterance_id] += bool(answer["applied"])
        return answer

    def type(self, uri: str) -> None:
        if uri in self.editor.buffers:
            text = self.editor.buffers[uri].text
            start = self.generator.randrange(len(text) + 1)
            end = min(len(text), start + self.generator.choice([0, 0, 1, 5]))
            self.editor.type(
                uri, start, end, self.generator.choice(["x", "😀", "漢\n", "", "new line\n"])
            )

    async def press_something(self, file: str, uri: str) -> None:
        name = self.generator.choice(
            ["start", "start", "stop", "toggle", "toggle", "cancel", "retry"]
        )
        place = self.editor.position(
            self.editor.buffers[uri].text,
            self.generator.randrange(len(self.editor.buffers[uri].text) + 1),
        )
        realtime = self.generator.random() < 0.7
        await self.editor.command(name, uri=uri, position=place, file=file, realtime=realtime)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_every_utterance_ends_once_and_no_text_is_inserted_twice(
    start_editor: Any, home: Any, spoken: Any, encoding: str
) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    generator = random.Random(seed)
    files = [str(spoken(sentence)) for sentence in SENTENCES]
    editor: ScriptedEditor = await start_editor(home, encoding=encoding)
    uris = [f"file:///work/{number}.md" for number in range(3)]
    for uri in uris:
        editor.open(uri, "one two 😀\nthree 漢字\n")
    chaos = Chaos(editor, generator)
    editor.on_edit = chaos.edit
    end = asyncio.get_running_loop().time() + USE_S
    while asyncio.get_running_loop().time() < end:
        uri = generator.choice(uris)
        if generator.random() < 0.5:
            chaos.type(uri)
        else:
            await chaos.press_something(generator.choice(files), uri)
        await asyncio.sleep(generator.choice([0, 0.01, 0.1, 0.5]))
    await editor.command("stop")
    await editor.wait_for_state("idle")
    finals = editor.all("dictate/final")
    assert finals
    by_utterance: dict[str, list[str]] = {}
    for final in finals:
        by_utterance.setdefault(final["utteranceId"], []).append(final["outcome"])
    for utterance_id, outcomes in by_utterance.items():
        # A failed one may be tried again; nothing follows an insertion or a cancellation.
        assert all(outcome == "failed" for outcome in outcomes[:-1]), outcomes
        assert chaos.inserted[utterance_id] == (outcomes[-1] == "inserted"), outcomes
    print(Counter(outcome for outcomes in by_utterance.values() for outcome in outcomes))
    failed = sum(outcomes[-1] == "failed" for outcomes in by_utterance.values())
    assert (await editor.status())["pending"] == failed
    spoken_of = {m.params["utteranceId"] for m in editor.received if m.method == "dictate/state"}
    assert spoken_of - {None} <= set(by_utterance), "every utterance that was shown has ended"
