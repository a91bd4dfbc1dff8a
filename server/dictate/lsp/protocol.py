"""The messages of Dictate's own that our editor plugins understand, in camelCase on the wire.

- commands: `dictate.toggle`, `.start`, `.stop`, `.cancel`, `.retry`, `.discard`, `.handsFree`,
  `.vibe`, `.place`, `.raw`, `.alternatives`, `.choose`, `.mode`, `.vocabulary`, `.history`,
  `.status`, `.stats`, `.microphone`; `dictate.models.list`, `.pull`, `.use`, `.cancel`
- requests to the server: `dictate/status`, `dictate/stats`, `dictate/devices`,
  `dictate/selectDevice`
- a notification to the server: `dictate/symbols`
- notifications to the client: `dictate/state`, `dictate/level`, `dictate/partial`, `dictate/final`
- requests to clients that announce `edit`: `dictate/edit`, `dictate/select`
"""

from typing import Any, Literal

import msgspec

from dictate.lsp.document import Position
from dictate.text.modes import EffectiveMode, WritingMode

COMMANDS = ("toggle", "start", "stop", "cancel", "retry", "discard", "handsFree", "vibe", "place")

MODEL_COMMANDS = ("list", "pull", "use", "cancel")

State = Literal["idle", "starting", "listening", "finishing"]
Mode = Literal["manual", "handsFree", "vibe"]
"""Who ends a dictation: the user, or a pause; `vibe` writes prose with names in backticks."""
Ending = Literal["inserted", "cancelled", "failed"]


class Message(msgspec.Struct, rename="camel", omit_defaults=False, kw_only=True):
    """Something that goes over the wire."""

    def wire(self) -> dict[str, Any]:
        """Return the JSON object that is sent; fields that are UNSET are left out."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


class WirePosition(Message):
    """A position in the negotiated encoding."""

    line: int
    character: int

    def position(self) -> Position:
        """Return it as the documents take it."""
        return Position(self.line, self.character)


class TextDocument(Message):
    """LSP's TextDocumentIdentifier."""

    uri: str


class CommandArgument(Message):
    """The one optional argument of every command: where to put the text, and what to dictate.

    LSP's own `textDocument` with a `position` is understood as well. `path`, `line` and `column`
    say where, too, counted from one as people do, for editors whose key bindings know nothing else.
    """

    uri: str | None = None
    text_document: TextDocument | None = None
    position: WirePosition | None = None
    path: str | None = None
    line: int | None = None
    column: int | None = None
    file: str | None = None
    realtime: bool = True
    preset: Literal["vibe"] | None = None


class CommandResult(Message):
    """What a command did."""

    utterance_id: str | None
    state: State


class PlaceResult(CommandResult):
    """What `dictate.place` did."""

    placed: bool
    """The next text goes there; false: somebody speaks already, or nothing listens hands-free."""


class Choice(Message):
    """One of the alternatives for a dictated text."""

    index: int
    label: str
    detail: str


class Alternatives(Message):
    """What `dictate.alternatives` returns; without `choices` there are none."""

    utterance_id: str | None
    uri: str | None
    text: str
    choices: list[Choice]


class ChooseArgument(msgspec.Struct, rename="camel"):
    """The argument of `dictate.choose`: an index of the alternatives that were listed last.

    With `label` only that choice is made: an editor may have listed others meanwhile.
    """

    index: int
    utterance_id: str | None = None
    label: str | None = None


class RawArgument(msgspec.Struct, rename="camel"):
    """The argument of `dictate.raw`; without an utterance it means the last one."""

    utterance_id: str | None = None


class ModeArgument(msgspec.Struct, rename="camel"):
    """The argument of `dictate.mode`; without a mode it only tells."""

    mode: WritingMode | None = None
    uri: str | None = None
    position: WirePosition | None = None


class ModeResult(Message):
    """What `dictate.mode` returns: what was chosen, and what that means at the place."""

    mode: WritingMode
    effective: EffectiveMode
    reason: str


class VocabularyFiles(Message):
    """What `dictate.vocabulary` returns: where the user's words lie, and the project's."""

    path: str
    project_path: str | None


class HistoryEntry(Message):
    """One dictation in the history.

    `text` is what was inserted, or would have been; "" where a dictation failed before that was
    known. `message` says why it failed: its sound is kept then, and `dictate.retry` inserts it.
    """

    utterance_id: str
    uri: str
    text: str
    heard: str
    outcome: Literal["inserted", "failed"]
    spoken_at: str
    """ISO 8601, in UTC."""
    audio_ms: float
    latency_ms: float | None
    """From the end of speech to the acknowledged edit; None where there was none."""
    message: str | msgspec.UnsetType = msgspec.UNSET


class HistoryList(Message):
    """What `dictate.history` returns: the last dictations of this server, the newest first."""

    entries: list[HistoryEntry]


class EditorSymbols(msgspec.Struct, rename="camel"):
    """dictate/symbols: what the editor's other language servers know of a document."""

    uri: str
    symbols: list[dict[str, Any]] = []


class ModelArgument(msgspec.Struct, rename="camel"):
    """The argument of `dictate.models.pull` and `.use`; the bare name does, too."""

    name: str


class StateChange(Message):
    """dictate/state: "listening" only after real samples arrived."""

    state: State
    utterance_id: str | None
    uri: str | None
    device: str | None
    mode: Mode = "manual"


class Level(Message):
    """dictate/level, about 15 times a second."""

    utterance_id: str
    dbfs: float
    speech: bool


class Partial(Message):
    """dictate/partial: the text so far, to be drawn, never written.

    `text` is fitted to its place like the final, white space in front included; `committed` is the
    beginning of it that has settled.
    """

    utterance_id: str
    uri: str
    text: str
    committed: str


class WireRange(Message):
    """A range in the negotiated encoding."""

    start: WirePosition
    end: WirePosition


class Final(Message):
    """dictate/final: the one end of an utterance.

    `range` is where the text stands in the document as it is then, `doubtful` what in it was hardly
    understood.
    """

    utterance_id: str
    uri: str
    outcome: Ending
    text: str
    timings_ms: dict[str, float]
    audio_ms: float
    latency: dict[str, Any] | None = None
    message: str | msgspec.UnsetType = msgspec.UNSET
    heard: str | msgspec.UnsetType = msgspec.UNSET
    range: WireRange | msgspec.UnsetType = msgspec.UNSET
    doubtful: list[WireRange] | msgspec.UnsetType = msgspec.UNSET


class SelectAnswer(msgspec.Struct, rename="camel"):
    """What a plugin answers to dictate/select."""

    selected: bool = False


class EditAnswer(msgspec.Struct, rename="camel"):
    """What a plugin answers to dictate/edit."""

    applied: bool
    reason: str | None = None


class SelectDevice(msgspec.Struct, rename="camel"):
    """Parameters of dictate/selectDevice; null selects the system's default."""

    name: str | None


class ClientInfo(msgspec.Struct, rename="camel"):
    """`initializationOptions.dictate`: our own plugins announce themselves."""

    client: str = ""
    edit: bool = False
