"""One window of VS Code: what a user sees and presses, and what the probe in it tells."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, sync_playwright

from tests.vscode.code_server import CodeServer

_CHROMIUM = "/usr/bin/chromium"
_CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
TIMEOUT_S = 30.0
LONG_S = 90.0
"""The engine starts and the models are warmed up behind the first dictation."""

_DRAWN = """
() => {
  // What decorations draw before and behind text, in the order in which it stands on the screen.
  const texts = [];
  for (const span of document.querySelectorAll('.monaco-editor .view-line span')) {
    for (const side of ['::before', '::after']) {
      const content = getComputedStyle(span, side).content;
      if (content && content !== 'none' && content !== 'normal') {
        texts.push(content.replace(/^"|"$/g, '').replace(/\\\\"/g, '"'));
      }
    }
  }
  return texts;
}
"""


@contextmanager
def browsing(
    server: CodeServer, *, width: int = 1200, height: int = 700, scale: int = 1
) -> Iterator[BrowserContext]:
    """A browser that keeps in the server's home what it has loaded."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(server.home / "chromium"),
            executable_path=_CHROMIUM,
            args=_CHROMIUM_ARGUMENTS,
            headless=True,
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
        )
        yield context
        context.close()


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("probe", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class ProbeError(Exception):
    """What the code in the extension host threw."""


class Window:
    """A browser's page with the workbench of one folder in it."""

    def __init__(self, server: CodeServer, context: BrowserContext, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.server = server
        self.folder = folder
        self.page: Page = context.new_page()
        self._socket = server.probes / f"{folder.name}.sock"
        self.load()

    def load(self) -> None:
        """Open the window, or load it anew: the extensions start again."""
        self._socket.unlink(missing_ok=True)
        self.page.goto(self.server.url(self.folder), wait_until="commit")
        self.page.wait_for_selector(".monaco-workbench .statusbar-item", timeout=LONG_S * 1000)
        self.wait("the probe", self._socket.exists, LONG_S)
        self.wait(
            "the extension",
            lambda: self.run(
                "const it = vscode.extensions.getExtension('dictate.dictate');"
                "return !it || it.isActive"
            ),
            LONG_S,
        )

    def close(self) -> None:
        """Leave it, as a user closes a tab."""
        self.page.close(run_before_unload=False)

    def run(self, code: str, *args: Any, timeout_s: float = LONG_S) -> Any:
        """Run the body of an async function in the extension host, which sees vscode and args."""
        connection = _SocketConnection(self._socket, timeout_s)
        try:
            connection.request("POST", "/", json.dumps({"code": code, "args": args}))
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if "error" in answer:
            raise ProbeError(answer["error"])
        return answer["value"]

    def command(self, name: str, *args: Any) -> Any:
        """Run a command and wait for what it returns."""
        return self.run(
            "const result = await vscode.commands.executeCommand(args[0], ...args.slice(1));"
            "return result === undefined ? null : JSON.parse(JSON.stringify(result));",
            name,
            *args,
        )

    def begin(self, name: str, *args: Any) -> None:
        """Run a command without waiting for its end: it may ask something first."""
        self.run(
            "vscode.commands.executeCommand(args[0], ...args.slice(1)).then(undefined, () => {});",
            name,
            *args,
        )

    def wait(self, what: str, condition: Callable[[], Any], timeout_s: float = TIMEOUT_S) -> Any:
        """Poll until `condition` holds; returns its value."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                value = condition()
            except (ConnectionError, FileNotFoundError):
                value = None
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}; {self.describe()}")
            # Not time.sleep: the page's own messages are worked off meanwhile.
            self.page.wait_for_timeout(20)

    def describe(self) -> str:
        """What the window shows, for a failed test."""
        try:
            return f"status bar {self.status!r}, said {self.notices}, text {self.text!r}"
        except Exception as error:  # noqa: BLE001
            return f"and the window does not answer: {error}"

    def tidy(self) -> None:
        """Leave no dictation, no document and no message behind."""
        self.keys("Escape")
        if self.state not in (None, "idle"):
            self.command("dictate.cancel")
            self.wait("the end of the dictation", lambda: self.state == "idle")
        self.close_editors()
        self.clear_notices()

    # What the extension tells its tests.

    def told(self, name: str) -> Any:
        """A property of what the extension exports."""
        return self.run(
            "const it = vscode.extensions.getExtension('dictate.dictate');"
            "return it && it.isActive ? it.exports[args[0]] : null",
            name,
        )

    @property
    def state(self) -> str | None:
        """The extension's own word for what it does."""
        return self.told("state")

    @property
    def partials(self) -> list[str]:
        """The texts that the server sent since somebody began to speak, in order."""
        return self.told("partials") if self.state == "listening" else []

    @property
    def server_pid(self) -> int | None:
        """The process that serves."""
        return self.told("serverPid")

    def dictate(self, recording: Path, *, realtime: bool = False) -> dict[str, Any]:
        """Dictate a recording at the carets; returns what came of it."""
        end = self.begin_dictation(recording, realtime=realtime)
        return end()

    def begin_dictation(
        self, recording: Path, *, realtime: bool = True
    ) -> Callable[[], dict[str, Any]]:
        """Dictate a recording at the carets; what is returned waits for its end."""
        wait = self.next_final()
        self.begin("dictate.file", str(recording), {"realtime": realtime})
        return wait

    def begin_speaking(
        self, lasting: Path, last_word: str = "value"
    ) -> Callable[[], dict[str, Any]]:
        """Dictate a recording that goes on until it is stopped; returns when all words came of it.

        What is returned waits for the end. Whoever stops in the middle of a word is not understood.
        """
        end = self.begin_dictation(lasting)
        self.wait(
            "the last word",
            lambda: self.partials and last_word in self.partials[-1].lower(),
            LONG_S,
        )
        self.wait("the ghost text", lambda: self.drawn)
        return end

    def next_final(self) -> Callable[[], dict[str, Any]]:
        """Notes what ended last; what is returned waits for the next end."""
        # What was kept and comes back ends again under its name, but not in the same way.
        before = self.told("lastFinal")

        def wait() -> dict[str, Any]:
            self.wait("the end", lambda: self.told("lastFinal") != before, LONG_S)
            self.wait("rest", lambda: self.state == "idle")
            return self.told("lastFinal")

        return wait

    # What is seen.

    @property
    def drawn(self) -> list[str]:
        """What decorations draw in editors."""
        return self.page.evaluate(_DRAWN)

    @property
    def status_item(self) -> Locator:
        """Our item in the status bar."""
        return self.page.locator("[id='dictate.dictate'], [id^='dictate.dictate.']").first

    @property
    def status(self) -> str:
        """What our item in the status bar says to those who cannot see it, and shows."""
        item = self.status_item
        if item.count() == 0:
            return ""
        return f"{item.get_attribute('aria-label') or ''} | {item.inner_text()}"

    @property
    def notices(self) -> list[str]:
        """What notifications say."""
        return self.page.locator(
            ".notification-toast .notification-list-item-message"
        ).all_inner_texts()

    @property
    def listed_notices(self) -> list[str]:
        """What the list of all notifications says, whether they are drawn by themselves or not."""
        self.command("notifications.showList")
        return self.page.locator(
            ".notifications-center .notification-list-item-message"
        ).all_inner_texts()

    def notice(self, text: str, timeout_s: float = TIMEOUT_S) -> Locator:
        """The notification with this text, when it is there."""
        found = self.page.locator(".notification-toast", has_text=text)
        self.wait(f"the notification {text!r}", lambda: found.count() > 0, timeout_s)
        return found.first

    def press_button(self, notice: Locator, label: str) -> None:
        """Press a notification's button."""
        notice.hover()
        notice.locator(".monaco-button", has_text=label).first.click()

    def clear_notices(self) -> None:
        """Take all notifications away."""

        def cleared() -> bool:
            # Each time: one that was on its way may come after the others are gone.
            self.command("notifications.clearAll")
            return not self.notices

        self.wait("no notification", cleared)

    @property
    def dialog(self) -> Locator:
        """The question that must be answered before anything else."""
        return self.page.locator(".monaco-dialog-box")

    @property
    def choices(self) -> list[str]:
        """What a quick pick offers."""
        return self.page.locator(".quick-input-list .monaco-list-row:visible").all_inner_texts()

    # What is typed.

    def keys(self, *keys: str) -> None:
        """Press keys, as a user does."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text."""
        self.page.keyboard.type(text)

    # Documents.

    def open(self, name: str, content: str, language: str | None = None) -> None:
        """Write a file and open it, the caret at its end, the focus in it."""
        path = self.folder / name
        path.write_text(content)
        self.run(
            """
            const uri = vscode.Uri.file(args[0]);
            let document = await vscode.workspace.openTextDocument(uri);
            if (args[1])
              document = await vscode.languages.setTextDocumentLanguage(document, args[1]);
            const editor = await vscode.window.showTextDocument(document, { preview: false });
            const end = document.lineAt(document.lineCount - 1).range.end;
            editor.selection = new vscode.Selection(end, end);
            """,
            str(path),
            language,
        )
        self.focus()

    def open_untitled(self, content: str, language: str = "plaintext") -> None:
        """Open a document that lies in no file."""
        self.run(
            """
            const document = await vscode.workspace.openTextDocument(
              { content: args[0], language: args[1] });
            const editor = await vscode.window.showTextDocument(document, { preview: false });
            const end = document.lineAt(document.lineCount - 1).range.end;
            editor.selection = new vscode.Selection(end, end);
            """,
            content,
            language,
        )
        self.focus()

    def focus(self) -> None:
        """Put the keyboard's focus into the active editor."""
        self.command("workbench.action.focusActiveEditorGroup")
        self.wait(
            "the focus in the editor",
            lambda: self.page.evaluate("!!document.activeElement?.closest('.monaco-editor')"),
        )

    @property
    def text(self) -> str:
        """The active document."""
        return self.run("return vscode.window.activeTextEditor?.document.getText() ?? null")

    def text_of(self, name: str) -> str | None:
        """A file's document, whether it is seen or not; None when it is not open."""
        return self.run(
            """
            const document = vscode.workspace.textDocuments.find(
              (each) => each.uri.path.endsWith('/' + args[0]));
            return document ? document.getText() : null;
            """,
            name,
        )

    @property
    def carets(self) -> list[tuple[int, int]]:
        """Where the active editor's selections end, all from 0; none between two editors."""
        found = self.run(
            "return (vscode.window.activeTextEditor?.selections ?? [])"
            ".map((each) => [each.active.line, each.active.character])"
        )
        return [(line, character) for line, character in found]

    def select(self, *ranges: tuple[int, int, int, int]) -> None:
        """Set the active editor's selections, carets at their ends."""
        self.run(
            """
            vscode.window.activeTextEditor.selections =
              args[0].map((each) => new vscode.Selection(...each));
            """,
            list(ranges),
        )

    def place(self, *carets: tuple[int, int]) -> None:
        """Set the active editor's carets."""
        self.select(*((line, character, line, character) for line, character in carets))

    def close_editors(self) -> None:
        """Close everything without saving."""
        self.run(
            """
            // Each is emptied of its changes first, so that nobody is asked whether to save them.
            while (vscode.window.tabGroups.all.some((group) => group.tabs.length)) {
              await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
            }
            await vscode.commands.executeCommand('workbench.action.closeAllGroups');
            """
        )

    def set(self, name: str, value: Any) -> None:
        """Change a setting of the user; None takes it back."""
        self.run(
            """
            const [name, value] = args;
            await vscode.workspace.getConfiguration().update(
              name, value === null ? undefined : value, vscode.ConfigurationTarget.Global);
            """,
            name,
            value,
        )
