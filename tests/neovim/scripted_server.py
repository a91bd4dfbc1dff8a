"""The test's side of the fake server: says what a server says, keeps the documents it is told."""

import contextlib
import itertools
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dictate

TIMEOUT_S = 30.0

Message = dict[str, Any]


@dataclass
class Document:
    """A text as the server knows it, built from didOpen and didChange alone."""

    uri: str
    language_id: str
    version: int
    text: str
    encoding: str
    versions: list[int] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The lines; the break that ends the last one is required."""
        assert self.text.endswith("\n")
        return self.text[:-1].split("\n")

    def offset(self, position: dict[str, int]) -> int:
        """Characters before a position, which must exist."""
        lines = self.text.split("\n")
        line = lines[position["line"]]
        before = sum(len(other) + 1 for other in lines[: position["line"]])
        if self.encoding == "utf-32":
            assert position["character"] <= len(line)
            return before + position["character"]
        name, unit = ("utf-8", 1) if self.encoding == "utf-8" else ("utf-16-le", 2)
        data = line.encode(name)
        assert position["character"] * unit <= len(data), f"{position} is past the line's end"
        return before + len(data[: position["character"] * unit].decode(name))

    def position(self, line: int, column: int) -> dict[str, int]:
        """The position of a column counted in characters."""
        before = self.text.split("\n")[line][:column]
        size = {
            "utf-8": len(before.encode()),
            "utf-16": len(before.encode("utf-16-le")) // 2,
            "utf-32": len(before),
        }
        return {"line": line, "character": size[self.encoding]}

    def change(self, version: int, changes: list[Message]) -> None:
        """Apply didChange; versions only grow."""
        assert version > self.version, f"version {version} after {self.version}"
        self.version = version
        self.versions.append(version)
        for change in changes:
            if "range" in change:
                start = self.offset(change["range"]["start"])
                end = self.offset(change["range"]["end"])
                assert start <= end
                self.text = self.text[:start] + change["text"] + self.text[end:]
            else:
                self.text = change["text"]


class ScriptedServer:
    """Plays the language server for one editor, through any number of starts."""

    def __init__(self, folder: Path, encoding: str = "utf-8") -> None:
        self.encoding = encoding
        self.pids: list[int] = []
        self.documents: dict[str, Document] = {}
        self.closed: list[str] = []
        self.commands: list[str] = []
        self.initialize: Message = {}
        self.server_info: Message | None = {"name": "dictate", "version": dictate.__version__}
        self.refuse_to_start = False
        self.is_stubborn = False
        self.hung_up = threading.Event()
        self._messages: queue.Queue[Message] = queue.Queue()
        self._replies: dict[int, queue.Queue[Message]] = {}
        self._ids = itertools.count(1)
        self._utterances = itertools.count(1)
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._path = folder / "server"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    def _spawn(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    @property
    def command(self) -> list[str]:
        """The command line by which the plugin starts this server."""
        relay = Path(__file__).with_name("fake_server.py")
        return [sys.executable, "-E", "-S", str(relay), str(self._path)]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connection = connection
            self.documents = {}
            self._spawn(self._read, connection)

    def _read(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        self.pids.append(json.loads(lines.readline())["pid"])
        if self.refuse_to_start:
            connection.sendall(b"exit 3\n")
            return
        with contextlib.suppress(OSError):
            for line in lines:
                self._receive(json.loads(line))
        self.hung_up.set()

    def _receive(self, message: Message) -> None:
        method, parameters = message.get("method"), message.get("params") or {}
        if method is None:
            self._replies[message["id"]].put(message)
        elif method == "initialize":
            self.initialize = parameters
            capabilities = {
                "positionEncoding": self.encoding,
                "textDocumentSync": {"openClose": True, "change": 2},
                "codeActionProvider": True,
                "executeCommandProvider": {"commands": ["dictate.start", "dictate.choose"]},
            }
            self.reply(message, {"capabilities": capabilities, "serverInfo": self.server_info})
        elif method == "workspace/executeCommand":
            self.commands.append(parameters["command"])
        elif method == "shutdown":
            if not self.is_stubborn:
                self.reply(message, None)
        elif method == "exit":
            assert self._connection is not None
            self._connection.sendall(b"exit 0\n")
        elif method == "textDocument/didOpen":
            document = parameters["textDocument"]
            assert document["uri"] not in self.documents, "opened twice"
            self.documents[document["uri"]] = Document(
                document["uri"],
                document["languageId"],
                document["version"],
                document["text"],
                self.encoding,
            )
        elif method == "textDocument/didChange":
            target = parameters["textDocument"]
            self.documents[target["uri"]].change(target["version"], parameters["contentChanges"])
        elif method == "textDocument/didClose":
            uri = parameters["textDocument"]["uri"]
            del self.documents[uri]
            self.closed.append(uri)
        self._messages.put(message)

    def _send(self, message: Message) -> None:
        assert self._connection is not None
        with self._lock:
            self._connection.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def reply(self, request: Message, result: Any) -> None:
        """Answer one of the editor's requests."""
        self._send({"id": request["id"], "result": result})

    def fail(self, request: Message, message: str) -> None:
        """Answer one of the editor's requests with an error."""
        self._send({"id": request["id"], "error": {"code": -32603, "message": message}})

    def notify(self, method: str, parameters: Message) -> None:
        """Tell the editor something."""
        self._send({"method": method, "params": parameters})

    def request(self, method: str, parameters: Message) -> Any:
        """Ask the editor something and wait for its answer."""
        number = next(self._ids)
        self._replies[number] = queue.Queue()
        self._send({"id": number, "method": method, "params": parameters})
        reply = self._await(number)
        assert "error" not in reply, reply
        return reply["result"]

    def _await(self, number: int) -> Message:
        try:
            return self._replies[number].get(timeout=TIMEOUT_S)
        finally:
            del self._replies[number]

    def settle(self) -> None:
        """Wait until the editor has worked off all that it was told so far."""
        self.request("workspace/workspaceFolders", {})

    def next(self) -> Message:
        """The editor's next message, whatever it is."""
        return self._messages.get(timeout=TIMEOUT_S)

    def expect(self, method: str) -> Message:
        """The editor's next message of this kind; others before it are passed over."""
        deadline = time.monotonic() + TIMEOUT_S
        passed = []
        while True:
            try:
                message = self._messages.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {method}; there were {passed}") from None
            if message.get("method") == method:
                return message
            passed.append(message.get("method"))

    def expect_command(self, name: str) -> Message:
        """The editor's next command, which must be this one."""
        message = self.expect("workspace/executeCommand")
        assert message["params"]["command"] == name
        return message

    def place_of(self, command: Message) -> Message:
        """The argument of a command."""
        (argument,) = command["params"]["arguments"]
        return argument

    def begin(
        self, state: str = "listening", *, command: str = "dictate.start", mode: str = "manual"
    ) -> tuple[str, Message]:
        """Play the server's part up to hearing samples; returns the utterance and the place."""
        asked = self.expect_command(command)
        place = self.place_of(asked)
        utterance = self.new_utterance()
        self.reply(asked, {"utteranceId": utterance, "state": "starting"})
        for step in ("starting", "listening", "finishing"):
            self.state(utterance, step, place["uri"], mode=mode)
            if step == state:
                break
        return utterance, place

    def new_utterance(self) -> str:
        """A name that no utterance had."""
        return f"utterance-{next(self._utterances)}"

    def go_on(self, uri: str, mode: str = "handsFree") -> str:
        """Play a pause in a hands-free mode: the next utterance begins by itself; returns it."""
        utterance = self.new_utterance()
        for step in ("starting", "listening"):
            self.state(utterance, step, uri, mode=mode)
        return utterance

    def partial(self, utterance: str, uri: str, text: str, committed: str = "") -> None:
        """Tell the editor the text so far."""
        self.notify(
            "dictate/partial",
            {"utteranceId": utterance, "uri": uri, "text": text, "committed": committed},
        )

    def level(self, utterance: str, dbfs: float, *, speech: bool) -> None:
        """Tell the editor how loud it is."""
        self.notify("dictate/level", {"utteranceId": utterance, "dbfs": dbfs, "speech": speech})

    def state(self, utterance: str, state: str, uri: str, **more: Any) -> None:
        """Tell the editor an utterance's state."""
        self.notify(
            "dictate/state",
            {"state": state, "utteranceId": utterance, "uri": uri, "device": "fake", **more},
        )

    def edit(
        self,
        utterance: str,
        uri: str,
        start: Message,
        text: str,
        *,
        end: Message | None = None,
        version: int | None = None,
    ) -> Message:
        """Ask the editor to insert a text, or to replace what stands up to `end` by it.

        Returns:
            The editor's answer.
        """
        if version is None:
            version = self.documents[uri].version
        return self.request(
            "dictate/edit",
            {
                "utteranceId": utterance,
                "edit": {
                    "textDocument": {"uri": uri, "version": version},
                    "range": {"start": start, "end": end or start},
                    "newText": text,
                },
            },
        )

    def finish(self, utterance: str, uri: str, outcome: str = "inserted", **more: Any) -> None:
        """Tell the editor how an utterance ended, after which none is under way."""
        self.end(utterance, uri, outcome, **more)
        self.state(utterance, "idle", uri, mode="manual")

    def end(self, utterance: str, uri: str, outcome: str = "inserted", **more: Any) -> None:
        """Tell the editor how an utterance ended."""
        self.notify(
            "dictate/final",
            {
                "utteranceId": utterance,
                "uri": uri,
                "outcome": outcome,
                "text": "",
                "timingsMs": {"total": 1.0},
                "audioMs": 1000.0,
                **more,
            },
        )

    def insert(self, utterance: str, uri: str, start: Message, text: str) -> None:
        """A text that arrives: edit, then final."""
        assert self.edit(utterance, uri, start, text) == {"applied": True}
        self.finish(utterance, uri, text=text)

    def crash(self, signal_number: int = signal.SIGKILL) -> None:
        """Kill the process that the editor talks to."""
        os.kill(self.pids[-1], signal_number)

    def close(self) -> None:
        """Hang up: the process that the editor talks to ends."""
        for end in (self._listener, self._connection):
            if end is not None:
                # Without it a thread would go on waiting, and take what belongs to the next test.
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        for thread in self._threads:
            thread.join(TIMEOUT_S)
