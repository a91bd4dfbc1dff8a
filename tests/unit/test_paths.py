"""Folders are the user's own and closed to others."""

import os
import stat

import pytest

from dictate import paths
from dictate.errors import DictateError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX")


@pytest.fixture
def base(tmp_path, monkeypatch):
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "XDG_RUNTIME_DIR").mkdir(mode=0o700)
    return tmp_path


def test_folders_are_created_private(base):
    for folder in (paths.runtime_dir(), paths.state_dir(), paths.log_dir()):
        assert folder.is_relative_to(base)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_others_could_enter_is_closed(base):
    folder = paths.runtime_dir()
    folder.chmod(0o755)
    assert stat.S_IMODE(paths.runtime_dir().stat().st_mode) == 0o700


def test_a_link_in_the_folders_place_is_refused(base):
    folder = paths.runtime_dir()
    folder.rmdir()
    (base / "elsewhere").mkdir()
    folder.symlink_to(base / "elsewhere")
    with pytest.raises(DictateError, match="move it away"):
        paths.runtime_dir()


def test_a_file_in_the_folders_place_is_one_clear_line(base):
    folder = paths.runtime_dir()
    folder.rmdir()
    folder.write_text("")
    with pytest.raises(DictateError) as raised:
        paths.runtime_dir()
    assert "\n" not in str(raised.value)
    assert str(folder) in str(raised.value)


def test_the_configuration_folder_is_not_created(base):
    assert not paths.config_dir().exists()
