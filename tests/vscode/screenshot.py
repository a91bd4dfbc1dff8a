"""Take the picture of VS Code: `python -m tests.vscode.screenshot`.

A real window with the packed extension, the real server and engine, and a virtual microphone into
which a line of code is spoken. It is taken while somebody speaks, and written to docs/vscode.png
and into the extension.
"""

import argparse
import sys
from pathlib import Path

from tests.rigs.microphone import VirtualMicrophone
from tests.rigs.speech import speak
from tests.vscode.code_server import (
    DICTATE,
    EXTENSION,
    ROOT,
    find_code_server,
    key_of,
    serving,
)
from tests.vscode.window import LONG_S, Window, browsing

PICTURES = (ROOT / "docs" / "vscode.png", EXTENSION / "media" / "screenshot.png")
SAID = "return store dot get user by i d open paren user i d close paren"
SEEN = "return store.get_user"
DOCUMENT = '''\
"""Users, and where they are kept."""

from database import Session


class UserStore:
    def __init__(self, db_session: Session, max_retries: int = 3):
        self.db_session = db_session
        self.max_retries = max_retries

    def get_user_by_id(self, user_id: int):
        return self.db_session.query(user_id)


def load(store: UserStore, user_id: int):
    \n\n
def save(store: UserStore, user):
    with store.db_session.begin() as transaction:
        transaction.add(user)
'''
SETTINGS = {
    "editor.fontSize": 16,
    "editor.lineHeight": 24,
    "editor.fontFamily": "'DejaVu Sans Mono'",
    "editor.stickyScroll.enabled": False,
    "editor.renderLineHighlight": "line",
    "editor.guides.indentation": False,
    "breadcrumbs.enabled": False,
    "workbench.sideBar.location": "left",
    "dictate.server.path": str(DICTATE),
}

_HAS_TAIL = """
() => [...document.querySelectorAll('.monaco-editor .view-line span')].some((span) => {
  const style = getComputedStyle(span, '::after');
  return style.content !== 'none' && style.fontStyle === 'italic';
})
"""


def main() -> None:
    """Take the picture and write it to where it is shown."""
    parser = argparse.ArgumentParser(description="Take the picture of VS Code.")
    parser.add_argument("pictures", type=Path, nargs="*", default=PICTURES)
    pictures = parser.parse_args().pictures
    program, reason = find_code_server()
    if program is None:
        sys.exit(reason)
    with (
        VirtualMicrophone() as microphone,
        serving(program, microphone.env, SETTINGS) as server,
        browsing(server, width=1100, height=640, scale=2) as context,
    ):
        window = Window(server, context, server.home / "shop")
        spoken = speak(SAID, server.home / "said.wav")
        picture = _picture_while_speaking(window, microphone, spoken)
    for path in pictures:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)


def _picture_while_speaking(window: Window, microphone: VirtualMicrophone, spoken: Path) -> bytes:
    for name in ("database.py", "orders.py", "test_users.py"):
        (window.folder / name).write_text("")
    window.open("users.py", DOCUMENT)
    row = DOCUMENT.split("\n").index("    ")
    window.place((row, 4))
    # Warm, as it is from the second dictation on; and the status bar then shows a latency.
    window.dictate(spoken)
    window.keys("Control+z")
    window.wait("the text to be gone", lambda: window.text == DOCUMENT)
    window.place((row, 4))
    window.clear_notices()
    window.focus()
    window.keys(key_of("dictate.toggle"))
    window.wait("the microphone", lambda: window.state == "listening", LONG_S)
    player = microphone.play(spoken, wait=False)
    # A user hides these with a click; they have nothing to do with what is shown.
    window.page.evaluate(
        """
        () => {
          for (const item of document.querySelectorAll('.statusbar-item')) {
            const isPorts = item.querySelector('.codicon-radio-tower') !== null;
            if (isPorts || item.innerText.includes('Layout')) item.style.display = 'none';
          }
        }
        """
    )
    # Words that have not settled are drawn in italics: they show best that nothing is written yet.
    while not (_words(window.drawn).startswith(SEEN) and window.page.evaluate(_HAS_TAIL)):
        if player.poll() is not None:
            sys.exit("the words settled before a picture was taken: run it again")
    picture = window.page.screenshot()
    player.wait()
    window.keys("Escape")
    return picture


def _words(drawn: list[str]) -> str:
    """What is drawn behind the icon."""
    return "".join(drawn[1:]).replace("\xa0", " ").strip()


if __name__ == "__main__":
    main()
