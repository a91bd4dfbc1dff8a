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
    assert registry.names[0] == "bundled"
    assert registry.names[-2:] == ["mine", "far"]
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
    with pytest.raises(ModelError, match=r"'enormous'.*: bundled, .*, mine$") as caught:
        Registry.load().pair("enormous")
    one_line(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[pair.mine", "invalid"),
        ("[pair.mine]\n", "target"),
        ('[pair.mine]\ntarget = "x"\ntarget_repo = "org/x"\n', "either `target` or"),
        ('[pair.mine]\ntarget_repo = "x"\n', "'x' is no name"),
        ('[pair.mine]\ntarget_repo = "../etc/passwd"\n', "is no name"),
        ('[pair.mine]\ntarget = "x"\ndraft = "y"\ndraft_repo = "org/y"\n', "exclude each other"),
        ('[pair.mine]\ntarget_repo = "org/x"\ntarget_revision = "main"\n', "target_revision"),
        ('[pair.mine]\ntarget = "x"\nmemory_mb = {float8 = 1}\n', "float8"),
        ('[checkpoint."org/x"]\nsha = "1"\n', "sha"),
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


def test_a_pair_on_the_hub_lies_where_the_hubs_client_keeps_it(own_file: Path):
    commit = "0123456789abcdef0123456789abcdef01234567"
    own_file.write_text(
        f'[pair.mine]\ntarget_repo = "org/x"\ntarget_revision = "{commit}"\n'
        'draft_repo = "org/y"\n[checkpoint."org/y"]\nlicence = "MIT"\ndownload_mb = 3\n'
    )
    entry = Registry.load().pair("mine")
    assert entry.target.parts[-3:] == ("models--org--x", "snapshots", commit)
    assert (entry.target_repo, entry.draft_repo, entry.licence) == ("org/x", "org/y", "MIT")
    assert entry.download_mb is None  # nothing is known of the target
    assert entry.options == "--pair mine"


def test_packaged_pairs_on_the_hub_are_pinned_and_say_what_they_cost():
    registry = Registry.load()
    for entry in map(registry.pair, registry.names):
        assert entry.description
        assert entry.licence
        assert {"float32", "float16", "int8"} <= entry.memory_mb.keys()
        if entry.target_repo is None:
            continue
        assert (entry.download_mb or 0) > 100
        assert len(entry.target_revision) == 40
        assert entry.draft_repo is None or len(entry.draft_revision) == 40


def test_any_two_checkpoints_make_a_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "big").mkdir()
    registry = Registry.load()
    entry = registry.made_of("big", "openai/whisper-tiny")
    assert (entry.name, entry.target) == ("big + whisper-tiny", tmp_path / "big")
    assert entry.draft_revision == registry.pair("turbo").draft_revision
    assert entry.options == f"--target {tmp_path / 'big'} --draft openai/whisper-tiny"
    assert registry.made_of("big").draft is None


def test_a_folder_goes_before_a_name_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org" / "name").mkdir(parents=True)
    assert Registry.load().made_of("org/name").target_repo is None


def test_a_known_target_is_run_as_its_pair_says():
    registry = Registry.load()
    bundled = registry.pair("bundled")
    entry = registry.made_of(str(bundled.target))
    assert (entry.short_window, entry.follows_prompts) == (True, True)
    assert entry.draft is None


@pytest.mark.parametrize("place", ["nowhere", "/no/such/folder", "a/b/c", "org/..", "-x/y"])
def test_what_is_neither_a_folder_nor_a_name_is_one_line(place: str):
    with pytest.raises(ModelError, match="choose another target") as caught:
        Registry.load().made_of(place)
    assert place in one_line(caught.value)


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
