"""An editor without a screen: speaks LSP to the real server process and keeps real documents.

It converts positions by encoding text, not as the server does, so that the two check each other.
What it does with an edit can be replaced by a test: `editor.on_edit = ...`.
"""

import asyncio
import contextlib
import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
_CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@dataclass
class Buffer:
    uri: str
    language_id: str
    version: int
    text: str


@dataclass
class Edit:
    """A change that the server asks for; what it replaces ends at `end`."""

    utterance_id: str | None
    uri: str
    version: int | None
    position: dict[str, int]
    new_text: str
    end: dict[str, int]


@dataclass
class Received:
    method: str
    params: Any
    at_s: float


@dataclass
class ScriptedEditor:
    state_home: Path
    plugin: bool = True
    encoding: str = "utf-16"
    settings: dict[str, Any] | None = None
    progress: bool = False
    document_changes: bool = True
    client_capabilities: dict[str, Any] | None = None
    """Instead of the ones below."""
    configuration: Any = None
    """Its section "dictate", for servers that ask."""
    unknown: frozenset[str] = frozenset()
    """Requests that it does not know."""
    process: asyncio.subprocess.Process | None = None
    buffers: dict[str, Buffer] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    capabilities: dict[str, Any] = field(default_factory=dict)
    process_id: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    patience_s: float = 120.0

    def __post_init__(self) -> None:
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._next = 0
        self._commanded = 0
        self._arrived = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_edit = self.apply

    # -- life --

    async def start(self) -> "ScriptedEditor":
        # No test is asked whether to download anything, except where that is what it tests.
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", **self.environment}
        for name, folder in (
            ("XDG_RUNTIME_DIR", "run"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"),
        ):  # fmt: skip
            path = self.state_home / folder
            path.mkdir(mode=0o700, exist_ok=True)
            environment[name] = str(path.resolve())  # a link is no runtime folder
        environment["PYTHONPATH"] = str(REPOSITORY / "server")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dictate.lsp",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env=environment,
        )  # fmt: skip
        self._spawn(self._read())
        options: dict[str, Any] = {"settings": self.settings or {}}
        if self.plugin:
            options["dictate"] = {"client": "scripted", "edit": True}
        answer = await self.request(
            "initialize",
            {
                "processId": self.process_id if self.process_id is not None else os.getpid(),
                "rootUri": None,
                "initializationOptions": options,
                "capabilities": self.client_capabilities
                if self.client_capabilities is not None
                else {
                    "general": {"positionEncodings": [self.encoding]},
                    "textDocument": {
                        "codeAction": {
                            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}
                        }
                    },
                    "window": {"workDoneProgress": self.progress},
                    "workspace": {
                        "applyEdit": True,
                        "workspaceEdit": {"documentChanges": self.document_changes},
                    },
                },
            },
        )
        self.capabilities = answer["capabilities"]
        self.notify("initialized", {})
        return self

    async def stop(self) -> int:
        """Leave as an editor does; return the server's exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            with contextlib.suppress(asyncio.TimeoutError, ConnectionError):
                await asyncio.wait_for(self.request("shutdown", None), self.patience_s)
                self.notify("exit", None)
        return await self.wait_for_exit()

    async def wait_for_exit(self) -> int:
        assert self.process is not None
        try:
            return await asyncio.wait_for(self.process.wait(), self.patience_s)
        finally:
            if self.process.returncode is None:
                self.process.kill()
            for task in self._tasks:
                task.cancel()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    def close_stdin(self) -> None:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.close()

    # -- documents --

    def open(self, uri: str, text: str, language_id: str = "markdown", version: int = 1) -> Buffer:
        buffer = self.buffers[uri] = Buffer(uri, language_id, version, text)
        item = {"uri": uri, "languageId": language_id, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return buffer

    def close(self, uri: str) -> None:
        del self.buffers[uri]
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def type(
        self, uri: str, start: int, end: int, text: str, *, silently: bool = False
    ) -> dict[str, Any]:
        """Replace code points `start` to `end`; return the change, sent unless `silently`."""
        buffer = self.buffers[uri]
        change = {
            "range": {
                "start": self.position(buffer.text, start),
                "end": self.position(buffer.text, end),
            },
            "text": text,
        }
        buffer.text = buffer.text[:start] + text + buffer.text[end:]
        buffer.version += 1
        if not silently:
            self.send_changes(uri, [change])
        return change

    def send_changes(self, uri: str, changes: list[dict[str, Any]]) -> None:
        identifier = {"uri": uri, "version": self.buffers[uri].version}
        self.notify(
            "textDocument/didChange", {"textDocument": identifier, "contentChanges": changes}
        )

    def position(self, text: str, offset: int) -> dict[str, int]:
        codec, size = _CODECS[self.encoding]
        before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
        line = before.rpartition("\n")[2]
        return {"line": before.count("\n"), "character": len(line.encode(codec)) // size}

    def offset(self, text: str, position: dict[str, int]) -> int:
        codec, size = _CODECS[self.encoding]
        starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        start = starts[position["line"]]
        rest = text[start:]
        return start + len(rest.encode(codec)[: position["character"] * size].decode(codec))

    # -- edits --

    async def apply(self, edit: Edit) -> dict[str, Any]:
        """What a good editor does: check the version, insert, tell the change, answer."""
        buffer = self.buffers.get(edit.uri)
        if buffer is None:
            return {"applied": False, "reason": "closed"}
        if edit.version is not None and edit.version != buffer.version:
            return {"applied": False, "reason": "stale"}
        self.insert(edit)
        return {"applied": True}

    def insert(self, edit: Edit, *, silently: bool = False) -> dict[str, Any]:
        text = self.buffers[edit.uri].text
        offset = self.offset(text, edit.position)
        end = self.offset(text, edit.end)
        return self.type(edit.uri, offset, end, edit.new_text, silently=silently)

    async def wait_for_edit(self, count: int = 1) -> Edit:
        """Wait until so many edits were answered and the server is done with them."""

        async def poll() -> None:
            while len(self.edits) < count or (await self.status())["state"] != "idle":
                await asyncio.sleep(0.02)

        await asyncio.wait_for(poll(), self.patience_s)
        return self.edits[-1]

    # -- questions --

    async def on_question(self, params: dict[str, Any]) -> dict[str, Any] | None:
        """Choose nothing, as somebody does who closes the question; replaced by tests."""
        assert params["actions"]
        return None

    def answer_questions(self, title: str) -> None:
        """Choose the action with this title from now on."""

        async def choose(params: dict[str, Any]) -> dict[str, Any]:
            (action,) = [action for action in params["actions"] if action["title"] == title]
            return action

        self.on_question = choose  # type: ignore[method-assign]

    def questions(self) -> list[str]:
        return [params["message"] for params in self.all("window/showMessageRequest")]

    # -- messages --

    async def command(self, name: str, /, **argument: Any) -> dict[str, Any]:
        self._commanded = len(self.received)
        return await self.request(
            "workspace/executeCommand",
            {"command": f"dictate.{name}", "arguments": [argument] if argument else []},
        )

    async def dictate(
        self, file: Path, uri: str, offset: int, *, realtime: bool = False
    ) -> dict[str, Any]:
        """Dictate a recording at a place and return its dictate/final (plugins only)."""
        position = self.position(self.buffers[uri].text, offset)
        begun = await self.command(
            "start", uri=uri, position=position, file=str(file), realtime=realtime
        )
        return await self.final(begun["utteranceId"])

    async def final(self, utterance_id: str, timeout_s: float | None = None) -> dict[str, Any]:
        return await self.nth_final(utterance_id, 1, timeout_s)

    async def nth_final(
        self, utterance_id: str, nth: int, timeout_s: float | None = None
    ) -> dict[str, Any]:
        """Wait for an utterance's end; the second one is that of its retry."""

        def finals() -> list[Any]:
            return [f for f in self.all("dictate/final") if f["utteranceId"] == utterance_id]

        async with self._arrived:
            await asyncio.wait_for(
                self._arrived.wait_for(lambda: len(finals()) >= nth), timeout_s or self.patience_s
            )
        return finals()[nth - 1]

    async def wait_for_state(self, state: str, timeout_s: float | None = None) -> None:
        """Wait for a state since the last command, which may be over; of "idle" for the last."""

        def is_told() -> bool:
            if state == "idle":
                return (self.states() or ["idle"])[-1] == state
            return state in self.states(self._commanded)

        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(is_told), timeout_s or self.patience_s)

    async def wait_for_words(self, utterance_id: str, last: str = "") -> None:
        """Wait until words of an utterance that goes on are shown, up to the `last` one.

        Whoever stops in the middle of a word is not understood.
        """
        await self.wait_for(
            lambda message: (
                message.method == "dictate/partial"
                and message.params["utteranceId"] == utterance_id
                and last in message.params["text"].lower()
            )
        )

    def states(self, first: int = 0) -> list[str]:
        return [m.params["state"] for m in self.received[first:] if m.method == "dictate/state"]

    def messages(self) -> list[str]:
        return [m.params["message"] for m in self.received if m.method == "window/showMessage"]

    def all(self, method: str) -> list[Any]:
        return [message.params for message in self.received if message.method == method]

    async def wait_for(self, wanted: Any, timeout_s: float | None = None) -> Received:
        """Wait for a message: a method's name or a predicate; earlier ones count."""
        check = wanted if callable(wanted) else lambda message: message.method == wanted

        def find() -> Received | None:
            return next((message for message in self.received if check(message)), None)

        async with self._arrived:
            await asyncio.wait_for(
                self._arrived.wait_for(lambda: find() is not None), timeout_s or self.patience_s
            )
        found = find()
        assert found is not None
        return found

    async def wait_for_engine(self, timeout_s: float | None = None) -> None:
        """Wait until the engine is warm."""

        async def poll() -> None:
            while ((await self.status())["engine"] or {}).get("state") != "ready":
                await asyncio.sleep(0.05)

        await asyncio.wait_for(poll(), timeout_s or self.patience_s)

    async def engine(self) -> dict[str, Any]:
        """What the engine says of itself; asked again where it was too busy to say it at once."""
        while (said := (await self.status())["engine"]) is None:
            await asyncio.sleep(0.05)
        return said

    async def status(self) -> dict[str, Any]:
        return await self.request("dictate/status", {})

    async def request(self, method: str, params: Any) -> Any:
        self._next += 1
        answer = self._answers[self._next] = asyncio.get_running_loop().create_future()
        self._send({"id": self._next, "method": method, "params": params})
        return await answer

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process is not None and self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        stdout = self.process.stdout
        while header := await stdout.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                assert name in (b"Content-Length", b"Content-Type"), f"not a message: {header!r}"
                length = int(value) if name == b"Content-Length" else length
                header = await stdout.readline()
            await self._handle(json.loads(await stdout.readexactly(length)))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the server has gone"))

    async def _handle(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            answer = self._answers.pop(message["id"])
            if answer.done():
                return
            if "error" in message:
                answer.set_exception(RuntimeError(message["error"]["message"]))
            else:
                answer.set_result(message.get("result"))
            return
        async with self._arrived:
            self.received.append(Received(message["method"], message["params"], time.monotonic()))
            self._arrived.notify_all()
        if "id" in message:
            self._spawn(self._answer(message))

    async def _answer(self, message: dict[str, Any]) -> None:
        params, result = message["params"], None
        if message["method"] in self.unknown:
            error = {"code": -32601, "message": "no such method"}
            self._send({"id": message["id"], "error": error})
            return
        if message["method"] == "dictate/edit":
            edit = params["edit"]
            document = edit["textDocument"]
            asked = Edit(
                params["utteranceId"], document["uri"], document["version"],
                edit["range"]["start"], edit["newText"], edit["range"]["end"],
            )  # fmt: skip
        elif message["method"] == "workspace/applyEdit":
            asked = _workspace_edit(params["edit"])
        elif message["method"] == "window/showMessageRequest":
            asked = None
            result = await self.on_question(params)
        elif message["method"] == "workspace/configuration":
            asked = None
            result = [self.configuration for _item in params["items"]]
        elif message["method"] == "window/showDocument":
            asked = None
            result = {"success": True}
        else:
            asked = None
        if asked is not None:
            self.edits.append(asked)
            result = await self.on_edit(asked)
            if "fault" in result:
                error = {"code": -32603, "message": result["fault"]}
                self._send({"id": message["id"], "error": error})
                return
        self._send({"id": message["id"], "result": result})


def _workspace_edit(edit: dict[str, Any]) -> Edit:
    if "documentChanges" in edit:
        (change,) = edit["documentChanges"]
        uri, version = change["textDocument"]["uri"], change["textDocument"]["version"]
        (text_edit,) = change["edits"]
    else:
        ((uri, (text_edit,)),) = edit["changes"].items()
        version = None
    place = text_edit["range"]
    return Edit(None, uri, version, place["start"], text_edit["newText"], place["end"])
