"""Draw the README's picture: `python -m tests.rigs.screenshot docs/neovim.svg`.

A real Neovim in tmux, the real plugin, server and engine, and a virtual microphone into which a
line of code is spoken. The screen is taken while somebody speaks and when the text stands.
"""

import io
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.neovim.editor import PLUGIN, find_neovim, isolated
from tests.rigs.microphone import VirtualMicrophone
from tests.rigs.speech import speak

COLUMNS, LINES = 78, 9
SAID = "return store dot get user by i d open paren user i d close paren"
TIMEOUT_S = 40.0
DOCUMENT = """class UserStore:
    def get_user_by_id(self, user_id, max_retries=3):
        return self.db_session.query(user_id)


def load(store, user_id):
    pass
"""


def main() -> None:
    """Take both screens and write them as one SVG."""
    neovim, reason = find_neovim("sid", "0.12")
    if neovim is None:
        sys.exit(reason)
    with tempfile.TemporaryDirectory(prefix="dn") as folder, VirtualMicrophone() as microphone:
        home = Path(folder)
        (home / "users.py").write_text(DOCUMENT)
        spoken = speak(SAID, home / "said.wav")
        command = ", ".join(f"[[{word}]]" for word in (sys.executable, "-m", "dictate.lsp"))
        (home / "init.lua").write_text(
            f"""
            vim.opt.rtp:prepend([[{PLUGIN}]])
            vim.g.dictate = {{ cmd = {{ {command} }} }}
            vim.o.termguicolors = true
            vim.o.number = true
            vim.api.nvim_set_hl(0, "Normal", {{ fg = "#e0e2ea" }})
            vim.o.laststatus = 2
            vim.o.statusline = " %t%=%{{v:lua.require'dictate'.statusline()}} %l:%c "
            vim.keymap.set({{ 'n', 'i' }}, '<F9>', '<Plug>(dictate-toggle)')
            """
        )
        tmux = ["tmux", "-S", str(home / "tmux"), "-f", "/dev/null"]
        environment = isolated(home) | microphone.env
        environment |= {"LC_ALL": "C.UTF-8", "COLORTERM": "truecolor"}

        def run(*arguments: str) -> str:
            done = subprocess.run(
                [*tmux, *arguments], env=environment, check=True, capture_output=True, text=True
            )
            return done.stdout

        def screen_with(text: str) -> str:
            deadline = time.monotonic() + TIMEOUT_S
            while text not in (screen := run("capture-pane", "-p")):
                if time.monotonic() > deadline:
                    sys.exit(f"no {text!r} on the screen:\n{screen}")
                time.sleep(0.05)
            return run("capture-pane", "-p", "-e")

        editor = shlex.join([str(neovim), "-n", "-u", f"{home}/init.lua", f"{home}/users.py"])
        size = ("-x", str(COLUMNS), "-y", str(LINES))
        run("-u", "new-session", "-d", *size, editor)
        run("set", "-s", "escape-time", "0")
        dictate = [sys.executable, "-m", "dictate.cli"]
        try:
            # Warm, as it is from the second dictation on.
            subprocess.run([*dictate, "engine", "start"], env=environment, check=True)
            screen_with("def load")
            run("send-keys", "G", "S", "F9")
            screen_with("●")
            player = microphone.play(spoken, wait=False)
            speaking = screen_with("return store.get_user_by_id")
            player.wait()
            run("send-keys", "F9")
            written = screen_with(" ms")
        finally:
            subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)
            stop = [*dictate, "engine", "stop"]
            subprocess.run(stop, env=environment, check=False, capture_output=True)
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
    for title, screen in (("while you speak", speaking), ("when you stop", written)):
        console.print(Text(f" {title} ".center(COLUMNS, "─"), style="dim"))
        console.print(Text.from_ansi(screen.rstrip("\n")))
    # The reader's own monospace font will do: nothing is fetched from elsewhere.
    picture = re.sub(
        r"@font-face \{.*?\}\s*", "", console.export_svg(title="Neovim"), flags=re.DOTALL
    )
    picture = picture.replace("<text ", '<text xml:space="preserve" ')
    Path(sys.argv[1]).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
