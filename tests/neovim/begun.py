"""An utterance that was begun and waits for its text."""

from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer


class Dictation:
    """One utterance that was begun at the cursor and waits for its text."""

    def __init__(self, editor: Editor, server: ScriptedServer) -> None:
        self.editor, self.server = editor, server
        self.buffer = editor.nvim.api.get_current_buf()
        editor.command("Dictate start")
        self.utterance, place = server.begin("finishing")
        self.uri, self.start = place["uri"], place["position"]
        editor.wait("the state", lambda: editor.state == "finishing")

    def settle(self) -> None:
        """Wait until the server knows what stands in the buffer."""
        document = self.server.documents[self.uri]
        # Also a change of nothing carries a version, by which the next edit is judged.
        self.editor.wait(
            "didChange",
            lambda: (document.version, document.lines) == (self._version(), self.buffer[:]),
        )

    def _version(self) -> int | None:
        """The last version that was told."""
        return self.editor.lua(
            """
            local known = require('dictate.document').of(...)
            return known and known.version
            """,
            self.buffer.number,
        )

    def arrive(self, text: str) -> None:
        self.settle()
        self.server.insert(self.utterance, self.uri, self.start, text)
        self.editor.wait("the end", lambda: self.editor.state == "idle")
