"""A real headless Neovim, driven over its msgpack RPC."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pynvim

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "editor" / "neovim"
TIMEOUT_S = 30.0
_TOOL = [sys.executable, "-m", "dictate.cli"]

# What the plugin says is kept for the test; nothing waits for a key.
_PRELUDE = """
_G.notices = {}
vim.notify = function(message, level)
  table.insert(_G.notices, { message = message, level = level })
end
"""


def find_neovim(release: str, version: str) -> tuple[Path | None, str]:
    """A Neovim of this version: Debian's `release` unpacked beside the system, else the PATH's.

    Returns:
        Its path, or None and the reason why there is none.
    """
    folder = ROOT / ".cache" / "neovim" / release
    rig = ROOT / "tests" / "rigs" / "get_neovim.sh"
    result = subprocess.run(
        ["sh", str(rig), release, str(folder)], capture_output=True, text=True, check=False
    )
    if result.returncode == 0:
        return folder / "nvim", ""
    on_path = shutil.which("nvim")
    if on_path:
        shown = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=True)
        if f"v{version}." in shown.stdout:
            return Path(on_path), ""
    reason = (result.stderr.strip().splitlines() or ["get_neovim.sh failed"])[-1]
    return None, f"no Neovim {version}: {reason}, and none on the PATH"


def isolated(home: Path) -> dict[str, str]:
    """An environment whose every personal folder lies in `home`."""
    folders = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_RUNTIME_DIR": home / "run",
    }
    for folder in folders.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Resolved: a link to another home's runtime folder would not be accepted as one.
    personal = {name: str(folder.resolve()) for name, folder in folders.items()}
    # Nobody is asked whether to download anything, except where that is what is tested.
    return dict(os.environ) | {"HF_HUB_OFFLINE": "1"} | personal


def engine_status(home: Path) -> dict[str, Any] | None:
    """What the engine of a home says of itself; None while none runs."""
    shown = subprocess.run(
        [*_TOOL, "engine", "status", "--json"],
        env=isolated(home),
        check=False,
        capture_output=True,
        text=True,
    )
    return json.loads(shown.stdout) if shown.returncode == 0 else None


def stop_engine(home: Path) -> None:
    """End the engine of a home, if one runs."""
    subprocess.run([*_TOOL, "engine", "stop"], env=isolated(home), check=False, timeout=60)


class Editor:
    """One Neovim with the plugin on its 'runtimepath' and nothing else."""

    def __init__(
        self,
        program: Path,
        home: Path,
        options: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(isolated(home) | dict(env or {}))
        try:
            arguments = ["--embed", "--headless", "--clean", "--cmd", f"set rtp^={PLUGIN}"]
            self.nvim = pynvim.attach("child", argv=[str(program), *arguments])
        finally:
            os.environ.clear()
            os.environ.update(before)
        self.lua(_PRELUDE)
        if options is not None:
            self.lua("vim.g.dictate = ...", dict(options))

    def lua(self, code: str, *arguments: Any) -> Any:
        """Run Lua in the editor."""
        return self.nvim.exec_lua(code, *arguments)

    def command(self, text: str) -> None:
        """Run an Ex command."""
        self.nvim.command(text)

    def wait(self, what: str, condition: Callable[[], Any], timeout_s: float = TIMEOUT_S) -> Any:
        """Poll until `condition` holds; returns its value."""
        deadline = time.monotonic() + timeout_s
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, (
                f"waited in vain for {what}; mode {self.mode}, said {self.notices}"
            )
            time.sleep(0.005)

    @property
    def mode(self) -> str:
        """The mode's short name; `i` while inserting."""
        return self.nvim.api.get_mode()["mode"]

    def keys(self, keys: str, mode: str = "n") -> None:
        """Type keys as a user does, and wait until they are worked off and `mode` is reached."""
        self.lua("_G.typed = false")
        self.nvim.input(keys)
        # A key of the test's own goes behind them: what it does is done when they are.
        self.nvim.input("<Cmd>lua _G.typed = true<CR>")
        self.wait(f"{keys} to be typed", lambda: self.lua("return _G.typed"))
        assert self.mode == mode

    @property
    def lines(self) -> list[str]:
        """The current buffer's text."""
        return self.nvim.api.buf_get_lines(0, 0, -1, True)

    @lines.setter
    def lines(self, lines: list[str]) -> None:
        """Replace the text as if it had just been read: nothing to undo."""
        self.lua(
            """
            local levels = vim.bo.undolevels
            vim.bo.undolevels = -1
            vim.api.nvim_buf_set_lines(0, 0, -1, true, ...)
            vim.bo.undolevels = levels
            vim.bo.modified = false
            """,
            lines,
        )

    @property
    def cursor(self) -> tuple[int, int]:
        """Row from 1, column from 0 in bytes."""
        row, column = self.nvim.api.win_get_cursor(0)
        return row, column

    @cursor.setter
    def cursor(self, cursor: tuple[int, int]) -> None:
        self.nvim.api.win_set_cursor(0, list(cursor))

    @property
    def notices(self) -> list[str]:
        """What the plugin said so far."""
        return self.lua(
            "return vim.tbl_map(function(notice) return notice.message end, _G.notices)"
        )

    @property
    def drawing(self) -> list[Any]:
        """All marks in the current buffer, in order, with what is drawn there and how."""
        return self.lua(
            """
            local namespace = vim.api.nvim_create_namespace('dictate')
            return vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })
            """
        )

    @property
    def marks(self) -> list[list[int]]:
        """Row and column of all marks in the current buffer, both from 0."""
        return [mark[1:3] for mark in self.drawing]

    @property
    def drawn(self) -> list[str]:
        """The virtual texts in the current buffer, in order."""
        texts = ["".join(part[0] for part in mark[3].get("virt_text", [])) for mark in self.drawing]
        return [text for text in texts if text]

    @property
    def below(self) -> list[str]:
        """The virtual lines in the current buffer, in order."""
        return [
            "".join(part[0] for part in line)
            for mark in self.drawing
            for line in mark[3].get("virt_lines", [])
        ]

    @property
    def screen(self) -> list[str]:
        """The rows that are seen, without the blanks at their ends."""
        return self.lua(
            """
            vim.cmd.redraw()
            local rows = {}
            for row = 1, vim.o.lines do
              local cells = {}
              for column = 1, vim.o.columns do
                table.insert(cells, vim.fn.screenstring(row, column))
              end
              table.insert(rows, (table.concat(cells):gsub('%s+$', '')))
            end
            return rows
            """
        )

    def look_of(self, text: str) -> int:
        """How the text is drawn on the screen, as a number; all of it alike."""
        screen = self.screen
        ((row, line),) = [(row, line) for row, line in enumerate(screen, 1) if text in line]
        before = self.lua("return vim.fn.strwidth(...)", line[: line.index(text)])
        width = self.lua("return vim.fn.strwidth(...)", text)
        looks = {
            self.nvim.funcs.screenattr(row, before + 1 + offset)
            for offset in range(width)
            if self.nvim.funcs.screenstring(row, before + 1 + offset).strip()
        }
        assert len(looks) == 1, f"{text!r} is not drawn alike"
        return looks.pop()

    @property
    def doubtful(self) -> list[str]:
        """The words in the current buffer that are marked as doubtful, in order."""
        return self.lua(
            """
            local namespace = vim.api.nvim_create_namespace('dictate_doubtful')
            local words = {}
            for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(
              0, namespace, 0, -1, { details = true }
            )) do
              local row, column, details = mark[2], mark[3], mark[4]
              if details.hl_group == 'DictateDoubtful' then
                table.insert(words, table.concat(vim.api.nvim_buf_get_text(
                  0, row, column, details.end_row, details.end_col, {}
                ), '\\n'))
              end
            end
            return words
            """
        )

    @property
    def statusline(self) -> str:
        """What the plugin gives to the statusline."""
        return self.lua("return require('dictate').statusline()")

    @property
    def left_behind(self) -> list[str]:
        """What of the plugin's is in the editor, apart from its command, its keys and its text."""
        return self.lua(
            """
            local namespaces = {
              vim.api.nvim_create_namespace('dictate'),
              vim.api.nvim_create_namespace('dictate_doubtful'),
            }
            local found = {}
            for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
              for _, namespace in ipairs(namespaces) do
                for _ in ipairs(vim.api.nvim_buf_get_extmarks(buffer, namespace, 0, -1, {})) do
                  table.insert(found, 'a mark in buffer ' .. buffer)
                end
              end
              for _, mode in ipairs({ 'n', 'i', 'x', 'o' }) do
                for _, map in ipairs(vim.api.nvim_buf_get_keymap(buffer, mode)) do
                  if (map.desc or ''):find('dictation') then
                    table.insert(found, 'a mapping of ' .. map.lhs)
                  end
                end
              end
            end
            local always = { dictate_client = true, dictate_highlights = true }
            for _, autocommand in ipairs(vim.api.nvim_get_autocmds({})) do
              local group = autocommand.group_name or ''
              if group:find('^dictate') and not always[group] then
                table.insert(found, 'an autocommand for ' .. autocommand.event)
              end
            end
            return found
            """
        )

    @property
    def state(self) -> str:
        """The plugin's own word for what it does."""
        return self.lua("return require('dictate').state()")

    def close(self) -> None:
        """Leave without saving."""
        try:
            self.nvim.command("qall!", async_=True)
            self.nvim.close()
        except OSError:
            pass
