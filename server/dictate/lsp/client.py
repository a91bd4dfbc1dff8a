"""What the controller sees of the editor."""

from typing import Literal, Protocol

from dictate.lsp.delivery import EditingClient
from dictate.lsp.document import Position
from dictate.lsp.protocol import Message

Severity = Literal["error", "warning", "info"]


class EditorClient(EditingClient, Protocol):
    """The editor at the other end; everything is called on the event loop's thread."""

    @property
    def is_plugin(self) -> bool:
        """Our own plugin: takes dictate/* notifications and shows their messages itself."""

    def notify(self, method: str, message: Message) -> None:
        """Send a notification of ours; other editors are shown what it says as far as they can."""

    def tell(self, severity: Severity, line: str) -> None:
        """Show one line to the user, in any editor."""

    async def select(self, uri: str, start: Position, end: Position) -> bool:
        """Select a range where the user sees it; False: it is in no window."""
