"""A minimal LSP editor under a script's control: the real server over its real transport."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

import dictate
from dictate.errors import DictateError

_FINAL_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Shown:
    """A partial as it arrived: when, on the clock of `time.perf_counter`, and what it said."""

    at_s: float
    text: str
    committed: str


@dataclass(frozen=True)
class Insertion:
    """An edit that was made: the document before it, where, and what was inserted."""

    before: str
    offset: int
    new_text: str


@dataclass
class Dictated:
    """One utterance as the editor saw it.

    Attributes:
        outcome: "inserted", "cancelled" or "failed".
        text: what the engine heard.
        message: why, where it was not inserted.
        timings_ms: the server's own stages.
        audio_ms: how long its sound is.
        utterance_id: of its spooled sound, too.
        partials: what was shown meanwhile, in order.
        insertion: the edit, if there was one.
        listening_s: when its first sound had arrived, on the editor's clock; None: never said.
        final_s: when its end was told, on the same clock.
        release_to_acknowledged_ms: from the stop request (or the end of the file) to the final
            notification, on the editor's clock; 0 without a stop request.
    """

    outcome: str
    text: str
    message: str
    timings_ms: dict[str, float]
    audio_ms: float
    utterance_id: str
    partials: list[Shown]
    insertion: Insertion | None
    listening_s: float | None
    final_s: float
    release_to_acknowledged_ms: float = 0.0


@dataclass
class _Document:
    text: str
    version: int = 0


@dataclass
class ScriptedEditor:
    """Holds documents, applies and acknowledges edits as the bundled plugins do."""

    settings: dict[str, Any] = field(default_factory=dict)
    initialize_ms: float = 0.0

    def __post_init__(self) -> None:
        self._client = LanguageClient("dictate-scripted-editor", dictate.__version__)
        self._documents: dict[str, _Document] = {}
        self._finals: asyncio.Queue[Dictated] = asyncio.Queue()
        self._listening = asyncio.Event()
        self._idle = asyncio.Event()
        self._listening_s: dict[str, float] = {}
        self._partials: dict[str, list[Shown]] = {}
        self._insertions: dict[str, Insertion] = {}
        self._on_ended: Callable[[Dictated], None] = lambda _: None
        self.messages: list[str] = []
        self._handle("dictate/edit", self._on_edit)
        self._handle("dictate/final", self._on_final)
        self._handle("dictate/partial", self._on_partial)
        self._handle("dictate/state", self._on_state)
        self._handle(types.WINDOW_SHOW_MESSAGE, self._on_message)
        for ignored in ("dictate/level", types.WINDOW_LOG_MESSAGE):
            self._handle(ignored, lambda _: None)

    def _handle(self, method: str, handler: Callable[[Any], Any]) -> None:
        # pygls writes its own attributes on what it registers, which methods do not allow.
        self._client.feature(method)(lambda params: handler(params))

    async def start(self) -> None:
        """Start the server; `initialize_ms` is then the time from its process's start."""
        begun = time.perf_counter()
        await self._client.start_io(sys.executable, "-m", "dictate.lsp")
        await self._client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    general=types.GeneralClientCapabilities(
                        position_encodings=[types.PositionEncodingKind.Utf32]
                    )
                ),
                initialization_options={
                    "dictate": {"client": "scripted", "edit": True},
                    # Nobody is there to answer a question.
                    "settings": {"models": {"offer": False}, **self.settings},
                },
            )
        )
        self.initialize_ms = 1e3 * (time.perf_counter() - begun)
        self._client.initialized(types.InitializedParams())

    async def close(self) -> None:
        """End the server as an editor does."""
        await self._client.shutdown_async(None)
        self._client.exit(None)
        await self._client.stop()  # type: ignore[no-untyped-call]

    def open(self, uri: str, text: str, language_id: str) -> None:
        """Open a document."""
        self._documents[uri] = _Document(text)
        self._client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                text_document=types.TextDocumentItem(
                    uri=uri, language_id=language_id, version=0, text=text
                )
            )
        )

    def text(self, uri: str) -> str:
        """The document as it stands now."""
        return self._documents[uri].text

    @property
    def server_pid(self) -> int:
        """The server's process."""
        process = self._client._server
        if process is None:
            raise DictateError("the server is not running")
        return process.pid

    async def engine_ready(self) -> dict[str, Any]:
        """Wait until the server's engine is warm; returns its status."""
        while True:
            engine: dict[str, Any] | None = (await self.status()).get("engine")
            if engine is not None and engine["state"] != "loading":
                return engine
            await asyncio.sleep(0.02)

    async def status(self) -> dict[str, Any]:
        """What the server says of itself."""
        return await self._request("dictate/status", {})

    async def stats(self) -> dict[str, Any]:
        """The server's own figures of its dictations' latency."""
        return await self._request("dictate/stats", {})

    async def dictate_file(
        self, uri: str, offset: int, file: Path, *, release_after_s: float | None = None
    ) -> Dictated:
        """Dictate a recording at a place.

        Args:
            uri: of an open document.
            offset: where, in characters.
            file: the recording.
            release_after_s: play in real time and send the stop request that long after sound
                arrived, as the end of a held key does; None: the file's end ends the utterance.
        """
        self._listening.clear()
        await self._play("dictate.start", uri, offset, file, realtime=release_after_s is not None)
        released = 0.0
        if release_after_s is not None:
            await asyncio.wait_for(self._listening.wait(), _FINAL_TIMEOUT_S)
            await asyncio.sleep(release_after_s)
            released = time.perf_counter()
            await self._command("dictate.stop", {})
        dictated = await asyncio.wait_for(self._finals.get(), _FINAL_TIMEOUT_S)
        if released:
            dictated.release_to_acknowledged_ms = 1e3 * (dictated.final_s - released)
        return dictated

    async def dictate_hands_free(
        self,
        uri: str,
        offset: int,
        file: Path,
        timeout_s: float,
        *,
        realtime: bool = True,
        on_final: Callable[[Dictated], None] = lambda _: None,
    ) -> list[Dictated]:
        """Play one recording through hands-free listening, to its end.

        Args:
            uri: of an open document.
            offset: where the first text goes, in characters.
            file: the recording.
            timeout_s: how long that may take.
            realtime: as it was spoken; otherwise as fast as it is taken.
            on_final: called as each utterance ends.

        Returns:
            The utterances, in the order in which they ended.

        Raises:
            DictateError: the server cannot, or did not come to an end.
        """
        self._idle.clear()
        self._on_ended = on_final
        try:
            await self._play("dictate.handsFree", uri, offset, file, realtime=realtime)
        except JsonRpcException as error:
            raise DictateError("this server does not listen hands-free") from error
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise DictateError("hands-free listening did not end with the recording") from error
        return [self._finals.get_nowait() for _ in range(self._finals.qsize())]

    async def _play(
        self, command: str, uri: str, offset: int, file: Path, *, realtime: bool
    ) -> None:
        place = {"uri": uri, "position": _position(self._documents[uri].text, offset)}
        began = await self._command(command, {**place, "file": str(file), "realtime": realtime})
        if began["utteranceId"] is None:
            raise DictateError(self.messages[-1] if self.messages else f"{command} did nothing")

    async def _command(self, command: str, argument: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = _plain(
            await self._client.workspace_execute_command_async(
                types.ExecuteCommandParams(command=command, arguments=[argument])
            )
        )
        return result

    async def _request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = _plain(
            await self._client.protocol.send_request_async(method, params)
        )
        return answer

    def _on_edit(self, params: Any) -> dict[str, Any]:
        request = _plain(params)
        edit = request["edit"]
        uri, version = edit["textDocument"]["uri"], edit["textDocument"]["version"]
        document = self._documents.get(uri)
        if document is None:
            return {"applied": False, "reason": "closed"}
        if version != document.version:
            return {"applied": False, "reason": "stale"}
        begin, end = (_offset(document.text, edit["range"][side]) for side in ("start", "end"))
        insertion = Insertion(document.text, begin, edit["newText"])
        self._insertions[request["utteranceId"]] = insertion
        document.text = document.text[:begin] + edit["newText"] + document.text[end:]
        document.version += 1
        change_range = types.Range(
            types.Position(**edit["range"]["start"]), types.Position(**edit["range"]["end"])
        )
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(document.version, uri),
                [types.TextDocumentContentChangePartial(range=change_range, text=edit["newText"])],
            )
        )
        return {"applied": True}

    def _on_partial(self, params: Any) -> None:
        at_s = time.perf_counter()
        partial = _plain(params)
        shown = Shown(at_s, partial["text"], partial["committed"])
        self._partials.setdefault(partial["utteranceId"], []).append(shown)

    def _on_final(self, params: Any) -> None:
        final_s = time.perf_counter()
        final = _plain(params)
        name = final["utteranceId"]
        dictated = Dictated(
            outcome=final["outcome"],
            text=final.get("text", ""),
            message=final.get("message") or "",
            timings_ms=dict(final.get("timingsMs") or {}),
            audio_ms=final["audioMs"],
            utterance_id=name,
            partials=self._partials.pop(name, []),
            insertion=self._insertions.pop(name, None),
            listening_s=self._listening_s.pop(name, None),
            final_s=final_s,
        )
        self._finals.put_nowait(dictated)
        self._on_ended(dictated)

    def _on_state(self, params: Any) -> None:
        now_s = time.perf_counter()
        told = _plain(params)
        if told["state"] == "listening":
            self._listening_s.setdefault(told["utteranceId"], now_s)
            self._listening.set()
        elif told["state"] == "idle":
            self._idle.set()

    def _on_message(self, params: types.ShowMessageParams) -> None:
        self.messages.append(params.message)


def _plain(value: Any) -> Any:
    """Custom messages as plain dicts and lists, however the protocol library wrapped them."""
    if hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _position(text: str, offset: int) -> dict[str, int]:
    before = text[:offset]
    return {"line": before.count("\n"), "character": offset - (before.rfind("\n") + 1)}


def _offset(text: str, position: dict[str, int]) -> int:
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: position["line"]]) + position["character"]
