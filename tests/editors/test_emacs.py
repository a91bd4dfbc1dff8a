"""Emacs in a terminal, with eglot and with lsp-mode, the real server, engine and microphone."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.editors.conftest import SENTENCE, SOURCE, WRITTEN
from tests.editors.manual import configuration
from tests.editors.terminal import PATIENCE_S, Terminal, eventually, isolated
from tests.rigs.microphone import VirtualMicrophone

EGLOT, LSP_MODE = "Emacs with eglot", "Emacs with lsp-mode"
PLACE = SOURCE.index("\nlast") + 1
"""Emacs counts from one: the empty line in front of the last one."""
DICTATED = SOURCE.replace("\n\nlast", f"\n{WRITTEN}\nlast")
_MESSAGES = '(with-current-buffer "*Messages*" (buffer-string))'
STARTS = {
    EGLOT: "(add-hook 'python-mode-hook #'eglot-ensure)",
    LSP_MODE: """
        (setq lsp-enable-suggest-server-download nil lsp-auto-guess-root t)
        (add-hook 'python-mode-hook #'lsp)""",
}


class Emacs:
    """One Emacs with one document, asked through its own server."""

    def __init__(
        self, program: Path, home: Path, document: Path, heading: str, env: dict[str, str]
    ) -> None:
        self._client = [str(program.parent / "emacsclient"), "-s", str(home / "emacs.socket")]
        self._environment = isolated(home) | env
        start = home / "init.el"
        start.write_text(
            f"""
            (setq server-name "emacs.socket" server-socket-dir "{home}" make-backup-files nil)
            (server-start)
            {configuration(heading, "elisp")}
            {STARTS[heading]}
            """
        )
        self.heading = heading
        self.terminal = Terminal(
            home, self._environment, [str(program), "-q", "-l", str(start), str(document)]
        )
        try:
            self._wait_for_start()
        except BaseException:
            self.terminal.close()
            raise

    def _wait_for_start(self) -> None:
        self.terminal.wait_for("last = 1")
        connected = "(and (eglot-current-server) t)"
        if self.heading == LSP_MODE:
            connected = (
                '(with-current-buffer "*Messages*"'
                ' (and (string-search "initialized successfully" (buffer-string)) t))'
            )
        eventually(lambda: self.lisp(connected) == "t", "no server was started")
        self.lisp(f"(goto-char {PLACE})")

    def lisp(self, expression: str) -> str:
        """Evaluate an expression in the document's buffer; "" while Emacs is busy starting."""
        form = f"(with-current-buffer (window-buffer (frame-first-window)) {expression})"
        done = subprocess.run(
            [*self._client, "--eval", form],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        return done.stdout.strip()

    @property
    def text(self) -> str:
        shown = self.lisp("(buffer-substring-no-properties (point-min) (point-max))")
        return str(json.loads(shown)) if shown else ""

    def wait_for_text(self, expected: str) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while (text := self.text) != expected:
            assert time.monotonic() < until_s, (text, self.terminal.screen())
            time.sleep(0.05)

    def dictate(self, recording: Path) -> None:
        """Dictate a recording at the cursor."""
        place = "(eglot--TextDocumentPositionParams)"
        if self.heading == LSP_MODE:
            place = "(lsp--text-document-position-params)"
        argument = f'(append {place} (list :file "{recording}" :realtime :json-false))'
        self.lisp(f'(dictate--run "dictate.start" {argument})')

    def wait_for_rest(self) -> None:
        """Ask until the server says that it is done with all that was said."""

        def rests() -> bool:
            self.lisp('(dictate--run "dictate.status")')
            return "Dictate: idle" in self.lisp(_MESSAGES)

        eventually(rests, "the server is not idle")

    def take_code_action(self, command: str, title: str) -> None:
        """Call Emacs's own command, and choose the action whose title begins so."""
        chooses = f'(lambda (_prompt offered &rest _) (car (all-completions "{title}" offered)))'
        self.lisp(
            f"(let ((completing-read-function {chooses}) (last-nonmenu-event ?x))"
            f" (call-interactively #'{command}))"
        )

    def close(self) -> None:
        self.lisp("(let ((kill-emacs-hook nil)) (set-buffer-modified-p nil) (kill-emacs))")
        self.terminal.close()


@pytest.fixture
def start(
    unpacked: Callable[..., Path], home: Path, document: Path
) -> Iterator[Callable[..., Emacs]]:
    started: list[Emacs] = []

    def begin(heading: str = EGLOT, env: dict[str, str] | None = None) -> Emacs:
        program = unpacked("emacs", "trixie", "emacs")
        started.append(Emacs(program, home, document, heading, env or {}))
        return started[-1]

    yield begin
    for emacs in started:
        emacs.close()


@pytest.mark.parametrize("heading", [EGLOT, LSP_MODE])
def test_what_is_spoken_lands_at_the_cursor_and_one_undo_takes_it_back(
    start: Callable[..., Emacs], spoken: Any, microphone: VirtualMicrophone, heading: str
) -> None:
    emacs = start(heading, env=microphone.env)
    emacs.terminal.keys("F9")
    emacs.terminal.wait_for("listening")
    microphone.play(spoken(SENTENCE))
    emacs.terminal.wait_for("listening: ")
    emacs.terminal.keys("F9")
    emacs.wait_for_text(DICTATED)
    assert emacs.lisp("(point)") == str(PLACE + len(WRITTEN)), "the cursor is behind the text"
    emacs.terminal.wait_for_absence("listening")
    emacs.lisp("(undo-boundary)")
    emacs.terminal.keys("C-_")
    emacs.wait_for_text(SOURCE)


def test_what_eglot_has_not_told_yet_does_not_move_the_text(
    start: Callable[..., Emacs], spoken: Any
) -> None:
    emacs = start()
    emacs.lisp("(setq eglot-send-changes-idle-time 1000)")
    emacs.dictate(spoken(SENTENCE))
    emacs.lisp('(save-excursion (goto-char (point-min)) (insert "# typed meanwhile\\n"))')
    emacs.wait_for_text(f"# typed meanwhile\n{DICTATED}")


@pytest.mark.parametrize(
    ("heading", "command"), [(EGLOT, "eglot-code-actions"), (LSP_MODE, "lsp-execute-code-action")]
)
def test_a_code_action_is_the_alternative_and_raw_is_a_key(
    start: Callable[..., Emacs], spoken: Any, heading: str, command: str
) -> None:
    emacs = start(heading)
    emacs.dictate(spoken(SENTENCE))
    emacs.wait_for_text(DICTATED)
    emacs.wait_for_rest()
    emacs.terminal.keys("F8")
    emacs.wait_for_text(DICTATED.replace(WRITTEN, "open the file and save it"))
    emacs.terminal.keys("F8")
    emacs.wait_for_text(DICTATED)

    def is_taken() -> bool:
        # Eglot tells of a change half a second late; until then it is offered to undo the raw text.
        emacs.take_code_action(command, "Dictate: open the file instead")
        time.sleep(0.3)
        return emacs.text == DICTATED.replace("openTheFile and", "open the file and")

    eventually(is_taken, "no alternative was taken")


def test_cancel_writes_nothing(
    start: Callable[..., Emacs], microphone: VirtualMicrophone, spoken: Any
) -> None:
    emacs = start(env=microphone.env)
    emacs.terminal.keys("F9")
    emacs.terminal.wait_for("listening")
    microphone.play(spoken(SENTENCE))
    emacs.terminal.keys("F10")
    emacs.terminal.wait_for_absence("listening")
    assert emacs.text == SOURCE


def test_without_a_microphone_there_is_a_message(
    start: Callable[..., Emacs], unplugged: VirtualMicrophone
) -> None:
    emacs = start(env=unplugged.env)
    emacs.terminal.keys("F9")

    def told() -> bool:
        return "microphone" in emacs.lisp(_MESSAGES)

    eventually(told, "nothing was said")
    assert emacs.text == SOURCE
