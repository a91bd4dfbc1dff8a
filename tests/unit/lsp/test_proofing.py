"""What is done with a dictated text afterwards: raw, alternatives, commands, corrections."""

import asyncio
import random
import time
from pathlib import Path
from typing import Any

import pytest
import tomllib

from dictate.lsp.proofing import Proofing
from dictate.lsp.settings import ProofingSettings, Settings
from dictate.text.vocabulary import remembering
from tests.rigs.words_editor import WordsEditor

SOURCE = "def getUserById(user_id):\n    return fetchRecord(user_id)\n\n"


@pytest.fixture(autouse=True)
def _home(private_home: Path) -> None:
    pass


@pytest.fixture
def work(private_home: Path) -> Path:
    return private_home / "work"


async def test_raw_swaps_what_was_written_for_what_was_heard_and_back(work: Path) -> None:
    async with WordsEditor(work, "python", SOURCE) as editor:
        final = await editor.say("get user by id")
        assert editor.text == SOURCE + "getUserById"
        assert final.heard == "get user by id"
        assert await editor.proofing.raw() == final.utterance_id
        assert editor.text == SOURCE + "get user by id"
        assert await editor.proofing.raw() == final.utterance_id
        assert editor.text == SOURCE + "getUserById"
        editor.undo()
        assert editor.text == SOURCE + "get user by id", "one step each"


async def test_raw_twice_in_a_hurry_is_there_and_back(work: Path) -> None:
    async with WordsEditor(work, "python", SOURCE) as editor:
        await editor.say("get user by id")
        both = await asyncio.gather(editor.proofing.raw(), editor.proofing.raw())
        assert None not in both
        assert editor.text == SOURCE + "getUserById"
        editor.undo()
        assert editor.text == SOURCE + "get user by id"


async def test_raw_leaves_a_text_that_was_changed_since(work: Path) -> None:
    async with WordsEditor(work, "python", SOURCE) as editor:
        await editor.say("get user by id")
        editor.type(len(SOURCE) + 3, len(SOURCE) + 7, "Member")
        assert await editor.proofing.raw() is None
        assert editor.text == SOURCE + "getMemberById"
        assert "changed since" in editor.told[-1]


async def test_raw_says_so_where_nothing_else_was_heard(work: Path) -> None:
    async with WordsEditor(work, "markdown", "Notes: ") as editor:
        await editor.say("the first one.")
        assert await editor.proofing.raw() is None
        assert "as it was heard" in editor.told[-1]


async def test_with_nothing_dictated_there_is_one_line(work: Path) -> None:
    async with WordsEditor(work, "python", SOURCE) as editor:
        assert await editor.proofing.raw() is None
        assert editor.proofing.alternatives().choices == []
        final = await editor.say("scratch that")
        assert final.outcome == "cancelled"
        assert "nothing was dictated" in str(final.message)
        assert len(editor.told) == 1
        assert editor.text == SOURCE


async def test_scratch_that_takes_away_one_text_after_the_other(work: Path) -> None:
    async with WordsEditor(work, "markdown", "Notes: ") as editor:
        await editor.say("the first one.")
        await editor.say("And another.")
        assert editor.text == "Notes: the first one. And another."
        await editor.say("scratch that")
        assert editor.text == "Notes: the first one."
        await editor.say("Scratch that.")
        assert editor.text == "Notes: "


async def test_the_place_of_a_text_follows_what_is_typed_around_it(work: Path) -> None:
    async with WordsEditor(work, "markdown", "Notes: ") as editor:
        await editor.say("the first one.")
        editor.type(0, 0, "# Title\n\n")
        editor.type(len(editor.text), len(editor.text), " (mine)")
        await editor.say("scratch that")
        assert editor.text == "# Title\n\nNotes:  (mine)"


async def test_a_formatter_with_that_writes_the_last_text_anew(work: Path) -> None:
    async with WordsEditor(work, "python", SOURCE) as editor:
        await editor.say("open invoices")
        await editor.say("camel that")
        assert editor.text == SOURCE + "openInvoices"
        await editor.say("constant that")
        assert editor.text == SOURCE + "OPEN_INVOICES"


async def test_select_that_selects_the_words_without_the_space_around_them(work: Path) -> None:
    async with WordsEditor(work, "markdown", "So 😀") as editor:
        await editor.say("it works.")
        await editor.say("select that")
        assert editor.selected is not None
        start, end = (editor.document.offset_at(each) for each in editor.selected)
        assert editor.text[start:end] == "it works."


async def test_new_line_alone_is_a_line_break_with_the_line_s_indentation(work: Path) -> None:
    async with WordsEditor(work, "python", "def f():\n    x = 1") as editor:
        await editor.say("new line")
        assert editor.text == "def f():\n    x = 1\n    "
        await editor.say("tab")
        assert editor.text == "def f():\n    x = 1\n        ", "by what the lines are indented by"


async def test_a_choice_changes_the_text_in_one_step_and_is_remembered(
    work: Path, private_home: Path
) -> None:
    source = "userId = 1\nuser_id = 2\nprint(user_id)\nuser_id += 1\n"
    async with WordsEditor(work, "python", source) as editor:
        await editor.say("user id")
        written = editor.text[len(source) :]
        listed = editor.proofing.alternatives()
        other = {"user_id": "userId", "userId": "user_id"}[written]
        index = next(each.index for each in listed.choices if each.label == other)
        assert await editor.proofing.choose(index) == listed.utterance_id
        assert editor.text == source + other
        editor.undo()
        assert editor.text == source + written
        await editor.proofing.settled()
        assert other in _learned(private_home)
        editor.type(len(source), len(editor.text), "")
        await editor.say("user id")
        assert editor.text == source + other, "it ranks first from now on"


async def test_what_was_chosen_is_known_to_a_dictation_that_follows_at_once(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "save_it = 1\nsaveIt = 2\nprint(saveIt, save_it)\n"
    write = remembering.remember

    def slowly(*arguments: Any) -> None:
        time.sleep(0.2)
        write(*arguments)

    monkeypatch.setattr(remembering, "remember", slowly)
    async with WordsEditor(work, "python", source) as editor:
        await editor.say("save it")
        written = editor.text[len(source) :]
        listed = editor.proofing.alternatives()
        other = {"saveIt": "save_it", "save_it": "saveIt"}[written]
        (index,) = (choice.index for choice in listed.choices if choice.label == other)
        await editor.proofing.choose(index)
        editor.undo()
        editor.type(len(source), len(editor.text), "")
        await editor.say("save it")
        assert editor.text == source + other


async def test_an_old_list_of_alternatives_is_not_taken(work: Path) -> None:
    async with WordsEditor(work, "python", SOURCE) as editor:
        await editor.say("get user by id")
        assert await editor.proofing.choose(99) is None
        assert await editor.proofing.choose(-1) is None
        assert editor.text == SOURCE + "getUserById"


async def test_what_is_corrected_by_hand_soon_after_is_known_next_time(
    work: Path, private_home: Path
) -> None:
    async with WordsEditor(work, "python", "client = 1\n") as editor:
        await editor.say("cube control apply")
        start = editor.text.index("cube")
        editor.type(start, start + len("cube control"), "kubectl")
        editor.cursor = len(editor.text)
        await editor.say("new line")
        await editor.proofing.settled()
        assert "kubectl" in _learned(private_home)
        await editor.say("cube control")
        assert editor.text.endswith("kubectl")


async def test_typing_on_teaches_nothing(work: Path, private_home: Path) -> None:
    async with WordsEditor(work, "markdown", "") as editor:
        await editor.say("we met him at the station.")
        editor.type(len(editor.text), len(editor.text), " It rained.")
        editor.type(0, 2, "They")
        await editor.say("new line")
        await editor.proofing.settled()
        assert _learned(private_home) == {}


async def test_nothing_is_learned_where_that_is_switched_off(
    work: Path, private_home: Path
) -> None:
    async with WordsEditor(work, "python", "client = 1\n") as editor:
        editor.proofing.learns = False
        await editor.say("cube control apply")
        start = editor.text.index("cube")
        editor.type(start, start + len("cube control"), "kubectl")
        editor.proofing.look()
        await editor.proofing.settled()
        assert _learned(private_home) == {}


async def test_an_edit_that_somebody_s_typing_made_stale_is_made_again(work: Path) -> None:
    async with WordsEditor(work, "python", SOURCE) as editor:
        await editor.say("get user by id")
        editor.before_edit.append(lambda: editor.type(0, 0, "# mine\n"))
        await editor.proofing.raw()
        assert editor.text == "# mine\n" + SOURCE + "get user by id"


async def test_doubtful_words_are_marked_where_they_stand(work: Path) -> None:
    settings = Settings(proofing=ProofingSettings(doubtful_below=0.5))
    async with WordsEditor(work, "markdown", "😀 So: ", settings=settings) as editor:
        final = await editor.say("open the fyle now", [0.9, 0.9, 0.2, 0.9])
        assert isinstance(final.doubtful, list)
        (marked,) = final.doubtful
        line = editor.text.split("\n")[marked.start.line]
        units = line.encode("utf-16-le")
        shown = units[2 * marked.start.character : 2 * marked.end.character].decode("utf-16-le")
        assert shown == "fyle"


@pytest.mark.parametrize("seed", range(20))
async def test_any_order_of_commands_and_typing_leaves_the_user_s_text_alone(
    work: Path, seed: int
) -> None:
    draw = random.Random(seed)
    own = "OWN1 OWN2 OWN3\n"
    async with WordsEditor(work, "markdown", own) as editor:
        proofing: Proofing = editor.proofing
        actions: list[Any] = [
            lambda: editor.say(draw.choice(["get user", "scratch that", "camel that"])),
            proofing.raw,
            lambda: proofing.choose(draw.randrange(3)) if proofing.alternatives() else None,
            lambda: editor.type(len(editor.text), len(editor.text), " OWN4"),
            lambda: editor.type(0, 0, "OWN0 "),
        ]
        for _ in range(12):
            done = draw.choice(actions)()
            if done is not None:
                await done
            editor.cursor = len(editor.text)
        typed = [word for word in editor.text.split() if word.startswith("OWN")]
        assert [word for word in typed if word in ("OWN1", "OWN2", "OWN3")] == own.split(), seed


def _learned(home: Path) -> dict[str, Any]:
    path = home / "config" / "dictate" / "vocabulary.toml"
    if not path.exists():
        return {}
    learned: dict[str, Any] = tomllib.loads(path.read_text()).get("learned", {})
    return learned
