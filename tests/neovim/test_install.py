"""The ways to install the plugin that the help tells, each in a Neovim that knows nothing of it.

vim.pack and packages are Neovim's own and are driven for real. lazy.nvim, mini.deps and packer.nvim
cannot be had from a package registry: what they do with our lines is done here by hand.
"""

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.neovim.conftest import find_once
from tests.neovim.editor import PLUGIN, isolated

LOOK = """
  assert(vim.fn.exists(':Dictate') == 2, 'no command')
  assert(vim.fn.maparg('<Plug>(dictate-toggle)', 'n') ~= '', 'no mapping')
  assert(not package.loaded['dictate.client'], 'more was loaded than needed')
  require('dictate.client')
  if vim.fn.has('nvim-0.11') == 1 then
    assert(vim.lsp.config.dictate, 'no lsp/dictate.lua')
  end
  vim.cmd('silent helptags ALL')
  vim.cmd.help('dictate-install')
  assert(vim.api.nvim_buf_get_name(0):find('doc/dictate.txt', 1, true), 'no help')
  io.write('all there')
"""


def help_code(tag: str, url: str) -> str:
    """The example behind a tag of the help, for a repository at `url`."""
    text = (PLUGIN / "doc" / "dictate.txt").read_text()
    found = re.search(rf"\*dictate-{re.escape(tag)}\*\n.*?: >\w+\n(.*?)\n<", text, re.DOTALL)
    assert found
    return textwrap.dedent(found.group(1)).replace("URL", url).replace("PATH", url)


def start(neovim: Path, home: Path, init: str, *options: str) -> str:
    """Start Neovim with this init.lua, and look whether all of the plugin is there."""
    environment = isolated(home)
    folder = home / "config" / "nvim"
    folder.mkdir(exist_ok=True)
    (folder / "init.lua").write_text(init)
    (home / "look.lua").write_text(LOOK)
    look = ["-c", f"luafile {home / 'look.lua'}", "-c", "qall!"]
    result = subprocess.run(
        [neovim, "--headless", *options, *look],
        env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return result.stdout + result.stderr


@pytest.fixture
def repository(home: Path) -> Path:
    """A Git repository with the plugin where it lies in ours."""
    folder = home / "origin"
    shutil.copytree(
        PLUGIN,
        folder / "editor" / "neovim",
        ignore=shutil.ignore_patterns("node_modules", "tags"),
    )
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "All"]):
        subprocess.run([*git, *command], check=True, env=isolated(home))
    return folder


def packed(home: Path, kind: str, plugin: Path) -> None:
    """Put a folder into a package of the user's."""
    folder = home / "data" / "nvim" / "site" / "pack" / "any" / kind
    folder.mkdir(parents=True)
    (folder / "dictate").symlink_to(plugin)


def test_as_a_plain_package(neovim: Path, home: Path, repository: Path) -> None:
    site = home / "data" / "nvim" / "site"
    script = help_code("packages", str(repository)).replace("~/.local/share/nvim/site", str(site))
    site.mkdir(parents=True)
    subprocess.run(["sh", "-eu", "-c", script], check=True)
    assert start(neovim, home, "") == "all there"


def test_vim_pack(home: Path, repository: Path) -> None:
    program, reason = find_once("sid", "0.12")
    if program is None:
        pytest.skip(reason)
    code = help_code("vim.pack", str(repository))
    # Nobody is there to confirm it.
    init = code.replace("load = function", "confirm = false,\n  load = function")
    said = start(program, home, init)
    assert said.startswith("all there"), said
    assert (home / "data/nvim/site/pack/core/opt/dictate/editor/neovim").is_dir()
    assert start(program, home, init) == "all there", "the second time, installed already"


def test_lazy_nvim(neovim: Path, home: Path, repository: Path) -> None:
    """It sets the folder of each plugin, then calls `config`."""
    spec = help_code("lazy.nvim", str(repository)).split("\n\n")[0]
    init = f"local spec = {spec}\nspec.dir = {str(repository)!r}\nspec.config(spec)"
    assert start(neovim, home, init) == "all there"


def test_mini_deps(neovim: Path, home: Path, repository: Path) -> None:
    """It clones into an optional package, and adds that."""
    packed(home, "opt", repository)
    minimal = """
      _G.MiniDeps = {
        now = function(callback) callback() end,
        add = function(spec) vim.cmd.packadd(spec.name) end,
      }
    """
    init = minimal + help_code("mini.deps", str(repository))
    assert start(neovim, home, init) == "all there"


def test_packer_nvim(neovim: Path, home: Path, repository: Path) -> None:
    """It puts `rtp` of a plugin on the 'runtimepath' of a package that is started."""
    minimal = """
      local function use(spec)
        vim.opt.rtp:append(PACKAGE .. '/' .. spec.rtp)
      end
    """.replace("PACKAGE", repr(str(repository)))
    assert start(neovim, home, minimal + help_code("packer.nvim", str(repository))) == "all there"


def test_without_a_configuration_the_package_is_enough(
    neovim: Path, home: Path, repository: Path
) -> None:
    (home / "own" / "pack" / "x" / "start").mkdir(parents=True)
    package = home / "own" / "pack" / "x" / "start" / "dictate"
    package.symlink_to(repository / "editor" / "neovim")
    options = ("--clean", "--cmd", f"set packpath^={home}/own")
    assert start(neovim, home, "", *options) == "all there"
