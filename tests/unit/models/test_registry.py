import subprocess
import sys
from pathlib import Path

import pytest

from dictate.models.registry import ModelError, Registry, read_models_file


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "dictate" / "models.toml"
    path.parent.mkdir()
    return path


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    return text


def test_bundled_pair_is_known_with_absolute_folders():
    entry = Registry.load().pair("bundled")
    assert entry.packaged
    assert entry.short_window
    assert entry.target.is_absolute()
    assert entry.target.parts[-2:] == ("bundled", "target")
    assert entry.draft is not None
    assert entry.draft.parts[-2:] == ("bundled", "draft")


def test_users_pairs_join_the_packaged_ones(own_file: Path):
    own_file.write_text('[pair.mine]\ntarget = "big"\n[pair.far]\ntarget = "/far/away"\n')
    registry = Registry.load()
    assert registry.names == ["bundled", "mine", "far"]
    assert registry.pair("mine").target == own_file.parent / "big"
    assert registry.pair("mine").draft is None
    assert not registry.pair("mine").packaged
    assert registry.pair("far").target == Path("/far/away")


def test_users_pair_replaces_a_packaged_one(own_file: Path):
    own_file.write_text('[pair.bundled]\ntarget = "big"\n')
    entry = Registry.load().pair("bundled")
    assert (entry.packaged, entry.draft) == (False, None)


def test_home_is_expanded(own_file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    own_file.write_text('[pair.mine]\ntarget = "~/whisper"\n')
    assert Registry.load().pair("mine").target == Path("/home/somebody/whisper")


def test_unknown_pair_names_the_known_ones(own_file: Path):
    own_file.write_text('[pair.mine]\ntarget = "big"\n')
    with pytest.raises(ModelError, match=r"'turbo'.*bundled, mine") as caught:
        Registry.load().pair("turbo")
    one_line(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[pair.mine", "invalid"),
        ("[pair.mine]\n", "target"),
        ("[pair.mine]\ntarget = 3\n", "target"),
        ('[pair.mine]\ntarget = "x"\nshort_windw = true\n', "short_windw"),
        ('pair.mine.target = "x"\n[[pair.mine.files]]\npath="x"\nsize=-1\nsha256=""', "size"),
        ("\udcff", "invalid"),
    ],
)
def test_invalid_own_file_is_one_notice_and_costs_only_its_pairs(
    own_file: Path, content: str, said: str
):
    own_file.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match=said) as caught:
        read_models_file(own_file, packaged=False)
    assert str(own_file) in one_line(caught.value)
    registry = Registry.load()
    assert registry.notices == [str(caught.value)]
    assert registry.pair("bundled").packaged
    with pytest.raises(ModelError, match=r"models\.toml is invalid") as unknown:
        registry.pair("mine")
    one_line(unknown.value)


def test_registry_is_light():
    code = (
        "import sys, dictate.models.registry, dictate.models.verify;"
        "from dictate.models.registry import Registry; Registry.load();"
        "print({'torch', 'numpy', 'transformers'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
