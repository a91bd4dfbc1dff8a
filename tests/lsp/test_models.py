"""Models in an editor: asked once, downloaded with progress, changed to without a restart."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.conftest import stop_engine
from tests.lsp.scripted_editor import ScriptedEditor
from tests.rigs import published_pair
from tests.rigs.hub import FakeHub, serving
from tests.rigs.published_pair import NAME

pytestmark = pytest.mark.timeout(600)

# An engine starts in seconds, and in minutes where others want the processor.
LONG_S = 200.0
URI = "file:///work/notes.md"
SENTENCE = "open the file and save it"
IN_USE = f"Dictate: dictation uses the pair {NAME} from now on"
Start = Callable[..., Awaitable[ScriptedEditor]]


@pytest.fixture
def hub(own_engine_home: Path) -> Iterator[FakeHub]:
    """A hub with the pair, which the user's `models.toml` knows."""
    with serving() as served:
        published_pair.publish(served)
        published_pair.know(own_engine_home / "config" / "dictate", served)
        yield served


@pytest.fixture
async def start(hub: FakeHub, own_engine_home: Path) -> AsyncIterator[Start]:
    """Start an editor of this user; without an engine unless it is asked for."""
    started: list[ScriptedEditor] = []

    async def begin(*, engine: bool = False, **options: Any) -> ScriptedEditor:
        settings = options.pop("settings", {})
        settings.setdefault("engine", {}).setdefault("autostart", engine)
        offline = {"HF_HUB_OFFLINE": "1"} if options.pop("offline", False) else {}
        answer = options.pop("answer", None)
        editor = ScriptedEditor(
            own_engine_home,
            settings=settings,
            progress=options.pop("progress", True),
            environment=published_pair.environment(hub, own_engine_home) | offline,
            patience_s=LONG_S,
            **options,
        )
        if answer is not None:
            editor.answer_questions(answer)
        started.append(await editor.start())
        return editor

    yield begin
    for editor in started:
        await editor.stop()


async def warm(editor: ScriptedEditor) -> None:
    """Wait until its server is connected to an engine that can decode."""
    while ((await editor.status())["engine"] or {}).get("state") != "ready":
        await asyncio.sleep(0.1)


def ended(message: Any) -> bool:
    return message.method == "$/progress" and message.params["value"]["kind"] == "end"


def told(part: str) -> Callable[[Any], bool]:
    return lambda message: (
        message.method == "window/showMessage" and part in message.params["message"]
    )


def downloads(editor: ScriptedEditor) -> list[dict[str, Any]]:
    """What was shown of downloads: the values of their progress, in order."""
    values = editor.all("$/progress")
    tokens = {
        each["token"]
        for each in values
        if each["value"].get("title") == f"Dictate: downloading {NAME}"
    }
    return [each["value"] for each in values if each["token"] in tokens]


async def until(condition: Callable[[], Any], timeout_s: float = LONG_S) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "waited too long"
        await asyncio.sleep(0.02)


async def quiet(hub: FakeHub) -> None:
    """Wait until the hub sends nothing more."""
    sent_bytes = -1
    while sent_bytes != hub.sent_bytes:
        sent_bytes = hub.sent_bytes
        await asyncio.sleep(0.3)


async def settled(editor: ScriptedEditor) -> None:
    """Give a server that would ask the time to do so: it asks the machine before."""
    await editor.command("models.list")
    await asyncio.sleep(1.0)


async def test_the_first_start_asks_and_the_download_is_used_without_a_restart(
    start: Start, hub: FakeHub, spoken: Any, own_engine_home: Path
) -> None:
    published_pair.hold(hub)
    editor = await start(engine=True, answer="Download")
    editor.open(URI, "")
    question = await editor.wait_for("window/showMessageRequest")
    assert [action["title"] for action in question.params["actions"]] == [
        "Download", "Not now", "Never",
    ]  # fmt: skip
    text = question.params["message"]
    assert "\n" not in text
    assert f"download the pair {NAME} (published-target + published-draft, 17 MB)?" in text
    # Meanwhile the bundled pair serves.
    await until(lambda: downloads(editor))
    first = await editor.dictate(spoken(SENTENCE), URI, 0)
    assert first["outcome"] == "inserted"
    assert (await editor.engine())["pair"] == "bundled"
    assert (await editor.status())["download"]["pair"] == NAME
    published_pair.go_on(hub)
    await editor.wait_for(told(IN_USE))
    begin, *reports, end = downloads(editor)
    assert begin["cancellable"] is True and begin["percentage"] == 0
    assert [value["kind"] for value in reports] == ["report"] * len(reports)
    shares = [value["percentage"] for value in reports if value.get("percentage") is not None]
    assert shares and shares == sorted(shares) and 0 < shares[-1] <= 100
    assert any(" MB/s" in value["message"] for value in reports)
    assert end["kind"] == "end"
    engine = await editor.engine()
    assert engine["pair"] == NAME
    assert (await editor.status())["download"] is None
    pid = engine["pid"]
    editor.open("file:///work/two.md", "")
    second = await editor.dictate(spoken(SENTENCE), "file:///work/two.md", 0)
    assert (second["outcome"], second["text"]) == ("inserted", first["text"])
    again = await start(engine=True)
    await again.wait_for_engine()
    engine = await again.engine()
    assert (engine["pair"], engine["pid"]) == (NAME, pid)
    await settled(again)
    assert again.questions() == []
    assert len(editor.questions()) == 1


@pytest.mark.parametrize("answer", ["Not now", "Never", None])
async def test_what_was_answered_counts_for_all_editors(
    start: Start, hub: FakeHub, own_engine_home: Path, answer: str | None
) -> None:
    editor = await start(answer=answer)
    await editor.wait_for("window/showMessageRequest")
    path = own_engine_home / "state" / "dictate" / "model-answers.json"
    await until(path.exists)
    again = await start()
    await settled(again)
    assert again.questions() == []
    assert hub.requests == []
    content = json.loads(path.read_text())
    content["answers"]["recommended"]["at_s"] -= 7 * 24 * 3600 + 1
    path.write_text(json.dumps(content))
    week_later = await start()
    if answer != "Never":
        await week_later.wait_for("window/showMessageRequest")
    await settled(week_later)
    assert len(week_later.questions()) == (0 if answer == "Never" else 1)


async def test_two_editors_that_start_together_ask_once_and_both_get_the_pair(
    start: Start, hub: FakeHub, spoken: Any
) -> None:
    first, second = await asyncio.gather(*(start(engine=True) for _ in range(2)))
    await until(lambda: first.questions() + second.questions())
    for editor in (first, second):
        await warm(editor)
        await settled(editor)
    assert len(first.questions() + second.questions()) == 1
    other = second if first.questions() else first
    asker = first if first.questions() else second
    # The question was closed unanswered; by command it goes on.
    assert await asker.command("models.use", name=NAME) == {"pair": NAME, "action": "download"}
    await asker.wait_for(told(IN_USE))
    other.open(URI, "")
    final = await other.dictate(spoken(SENTENCE), URI, 0)
    assert final["outcome"] == "inserted"
    await other.wait_for(told(f"the engine now runs the pair {NAME}"))
    assert (await other.engine())["pair"] == NAME
    await other.dictate(spoken(SENTENCE), URI, 0)
    assert len([line for line in other.messages() if "now runs the pair" in line]) == 1


async def test_nobody_is_asked_who_dictates(start: Start, hub: FakeHub, spoken: Any) -> None:
    # Made before: the server thinks of asking as soon as it runs.
    file = str(spoken(SENTENCE, 60))
    editor = await start(engine=True)
    editor.open(URI, "")
    begun = await editor.command("start", uri=URI, file=file)
    await editor.wait_for_words(begun["utteranceId"])
    assert editor.questions() == []
    await editor.command("stop")
    await editor.final(begun["utteranceId"])
    await editor.wait_for("window/showMessageRequest")
    kinds = [message.method for message in editor.received]
    assert kinds.index("dictate/final") < kinds.index("window/showMessageRequest")


@pytest.mark.parametrize(
    "options",
    [
        {"offline": True},
        {"settings": {"models": {"offer": False}}},
        {"settings": {"engine": {"pair": "bundled"}}},
    ],
    ids=["offline", "switched off", "named"],
)
async def test_nobody_is_asked_who_cannot_or_does_not_want_to(
    start: Start, hub: FakeHub, options: dict[str, Any]
) -> None:
    editor = await start(**options)
    await settled(editor)
    assert editor.questions() == []
    assert editor.messages() == []
    assert hub.requests == []


async def test_a_download_is_cancelled_in_the_editor_and_goes_on_by_command(
    start: Start, hub: FakeHub
) -> None:
    total = published_pair.publish(hub)
    published_pair.hold(hub)
    editor = await start(engine=True, answer="Download")
    await until(lambda: any(value["kind"] == "report" for value in downloads(editor)))
    await until(lambda: hub.sent_bytes > total // 3)
    await quiet(hub)
    assert (await editor.status())["download"]["pair"] == NAME
    (token,) = {
        each["token"] for each in editor.all("$/progress") if "downloading" in str(each["value"])
    }
    editor.notify("window/workDoneProgress/cancel", {"token": "another"})
    editor.notify("window/workDoneProgress/cancel", {"token": token})
    await editor.wait_for(told(f"{NAME} is not downloaded; what came is kept"))
    assert downloads(editor)[-1]["kind"] == "end"
    assert (await editor.status())["download"] is None
    await quiet(hub)
    received = hub.sent_bytes
    # Nothing begins again by itself.
    again = await start()
    await settled(again)
    assert again.questions() == [] and hub.sent_bytes == received
    published_pair.go_on(hub)
    # A bare name is an argument, too.
    await editor.request(
        "workspace/executeCommand", {"command": "dictate.models.use", "arguments": [NAME]}
    )
    await editor.wait_for(told(IN_USE))
    assert hub.sent_bytes < received + total


@pytest.mark.parametrize("progress", [True, False])
async def test_a_hub_that_fails_is_one_line_and_the_next_start_goes_on(
    start: Start, hub: FakeHub, progress: bool
) -> None:
    hub.gated.add(published_pair.TARGET)
    editor = await start(answer="Download", progress=progress)
    failure = await editor.wait_for(told("accepted its terms"))
    assert "\n" not in failure.params["message"]
    assert failure.params["type"] == 1
    if progress:
        assert [value["kind"] for value in downloads(editor)][-1] == "end"
    else:
        assert any(f"downloading {NAME}" in line for line in editor.messages())
    assert (await editor.status())["download"] is None
    await editor.stop()
    hub.gated.clear()
    again = await start(engine=True, progress=progress)
    await again.wait_for(told(IN_USE))
    assert again.questions() == []


@pytest.mark.parametrize("how", ["kill", "eof", "shutdown"])
async def test_a_server_that_goes_away_in_the_middle_ends_at_once_and_the_next_goes_on(
    start: Start, hub: FakeHub, how: str
) -> None:
    total = published_pair.publish(hub)
    published_pair.hold(hub)
    editor = await start(answer="Download")
    await until(lambda: hub.sent_bytes > total // 3)
    await quiet(hub)
    # What is held never comes: a server that waited for it would not end.
    if how == "kill":
        editor.kill()
        await editor.wait_for_exit()
    elif how == "eof":
        editor.close_stdin()
        assert await editor.wait_for_exit() == 1
    else:
        assert await editor.stop() == 0
    await quiet(hub)
    received = hub.sent_bytes
    published_pair.go_on(hub)
    again = await start(engine=True)
    await again.wait_for(told(IN_USE))
    assert again.questions() == []
    assert hub.sent_bytes < received + total
    assert (await again.engine())["pair"] == NAME


async def test_a_pair_that_the_settings_name_is_asked_for_and_the_bundled_one_serves(
    start: Start, hub: FakeHub, spoken: Any
) -> None:
    named = {"engine": {"pair": NAME}}
    offline = await start(offline=True, settings={"engine": {"pair": NAME}})
    line = await offline.wait_for(told("is not on this machine"))
    assert "the bundled pair serves" in line.params["message"]
    assert "HF_HUB_OFFLINE" in line.params["message"]
    assert offline.questions() == []
    await offline.stop()
    editor = await start(engine=True, settings=named)
    question = await editor.wait_for("window/showMessageRequest")
    assert "which the setting engine.pair names" in question.params["message"]
    editor.open(URI, "")
    assert (await editor.dictate(spoken(SENTENCE), URI, 0))["outcome"] == "inserted"
    assert (await editor.engine())["pair"] == "bundled"
    again = await start(settings={"engine": {"pair": NAME}})
    await again.wait_for(told("dictate.models.use"))
    assert again.questions() == []
    await editor.command("models.use", name=NAME)
    await editor.wait_for(told(IN_USE))


async def test_pairs_are_listed_got_and_changed_by_command(start: Start, hub: FakeHub) -> None:
    editor = await start(engine=True, settings={"models": {"offer": False}})
    await editor.wait_for_engine()
    pairs = {pair["name"]: pair for pair in await editor.command("models.list")}
    assert next(iter(pairs)) == NAME
    assert (pairs["bundled"]["installed"], pairs["bundled"]["running"]) == (True, True)
    ours = pairs[NAME]
    assert (ours["installed"], ours["running"], ours["fits"]) == (False, False, True)
    assert (ours["downloadMb"], ours["languages"]) == (17, ["en"])
    assert ours["models"] == "published-target + published-draft"
    nothing = {"pair": "publishd", "action": "none"}
    assert await editor.command("models.use", name="publishd") == nothing
    assert NAME in (await editor.wait_for(told("there is no pair"))).params["message"]
    assert (await editor.command("models.pull"))["action"] == "none"
    assert (await editor.command("models.cancel"))["action"] == "none"
    assert "nothing is being downloaded" in editor.messages()[-1]
    assert (await editor.command("models.pull", name=NAME))["action"] == "download"
    await editor.wait_for(told(f"the pair {NAME} is on this machine"))
    assert (await editor.engine())["pair"] == "bundled"
    assert (await editor.command("models.use", name=NAME))["action"] == "use"
    await editor.wait_for(told(IN_USE))
    pairs = {pair["name"]: pair for pair in await editor.command("models.list")}
    assert (pairs[NAME]["installed"], pairs[NAME]["running"]) == (True, True)
    assert not pairs["bundled"]["running"]
    await editor.command("models.use", name="bundled")
    await editor.wait_for(told("uses the pair bundled from now on"))
    assert (await editor.engine())["pair"] == "bundled"


async def test_a_chosen_pair_that_broke_gives_way_to_the_bundled_one(
    start: Start, hub: FakeHub, own_engine_home: Path, spoken: Any
) -> None:
    editor = await start(engine=True, answer="Download")
    await editor.wait_for(told(IN_USE))
    await editor.stop()
    blobs = list((own_engine_home / "hf").rglob("snapshots/*/model.safetensors"))
    assert blobs
    for path in blobs:
        path.resolve().write_bytes(b"broken")
    stop_engine(own_engine_home / "run")
    again = await start(engine=True)
    await again.wait_for(told("the pair bundled serves instead"))
    again.open(URI, "")
    assert (await again.dictate(spoken(SENTENCE), URI, 0))["outcome"] == "inserted"
    assert (await again.engine())["pair"] == "bundled"
