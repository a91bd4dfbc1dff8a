"""Pulling in this process, from a hub on loopback that works."""

import json
import threading
from pathlib import Path

import pytest

from dictate.models import hub, store
from dictate.models.pins import pins_file, read_pins
from dictate.models.registry import ModelError, Registry
from dictate.models.store import HubError, PullCancelled, PullProgress
from dictate.models.verify import verify
from tests.rigs.hub import FakeHub, Trouble, oid, serving
from tests.unit.models.conftest import Made, checkpoint, here, sha256


def pull(entry, **arguments) -> list[PullProgress]:
    reports: list[PullProgress] = []
    store.pull(entry, report=reports.append, **arguments)
    return reports


def test_a_pair_arrives_whole_in_the_hubs_own_layout(fake_hub: FakeHub, cache: Path, made: Made):
    entry = made("org/big", "org/small")
    assert not store.is_installed(entry)
    reports = pull(entry)
    assert store.is_installed(entry)
    for repo, seed, size in (("org/big", 1, 300_000), ("org/small", 2, 40_000)):
        commit = fake_hub.commit(repo)
        folder = cache / f"models--{repo.replace('/', '--')}"
        files = checkpoint(seed, size)
        assert here(folder / "snapshots" / commit) == files
        for name, data in files.items():
            link = (folder / "snapshots" / commit / name).readlink()
            assert link == Path("..") / ".." / "blobs" / oid(name, data)
        assert (folder / "refs" / "main").read_text() == commit
        assert not list(folder.glob("**/*incomplete*"))
    assert (cache / "CACHEDIR.TAG").is_file()
    total = sum(map(len, (checkpoint(1) | {}).values())) + sum(
        map(len, checkpoint(2, 40_000).values())
    )
    assert {report.total_bytes for report in reports} <= {0, total}
    assert all(0 <= report.done_bytes <= total for report in reports)
    assert fake_hub.sent_bytes == total
    fresh = made("org/big", "org/small")
    verify(fresh, "target")
    verify(fresh, "draft")


def test_the_hubs_own_client_finds_what_was_pulled(fake_hub: FakeHub, cache: Path, made: Made):
    from huggingface_hub import snapshot_download

    pull(made())
    fake_hub.forget()
    folder = snapshot_download(
        "org/big", revision=fake_hub.commit("org/big"), cache_dir=cache, local_files_only=True
    )
    assert Path(folder) == hub.place("org/big", fake_hub.commit("org/big"))
    assert not fake_hub.asked


def test_what_the_hubs_own_client_brought_is_taken_over(fake_hub: FakeHub, cache: Path, made: Made):
    from huggingface_hub import snapshot_download

    snapshot_download("org/big", cache_dir=cache, allow_patterns=["*.json", "model.safetensors"])
    fake_hub.forget()
    pull(made())
    assert fake_hub.sent_bytes == 0
    commit = fake_hub.commit("org/big")
    assert {file.path for file in read_pins().files("org/big", commit)} == set(checkpoint(1))


def test_a_cache_that_is_here_is_verified_and_locked_without_any_hub(
    fake_hub: FakeHub, cache: Path, made: Made, monkeypatch: pytest.MonkeyPatch
):
    from huggingface_hub import constants, snapshot_download

    snapshot_download("org/big", cache_dir=cache, allow_patterns=["*.json", "model.safetensors"])
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    entry = made()
    assert store.is_installed(entry)
    verify(entry, "target")
    pull(entry)
    pins_file().unlink()
    weights = hub.place("org/big", fake_hub.commit("org/big")) / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[7] ^= 1
    weights.resolve().write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors has been changed or damaged"):
        verify(entry, "target")


def test_all_is_locked_at_the_first_pull(fake_hub: FakeHub, made: Made):
    pull(made())
    commit = fake_hub.commit("org/big")
    pins = read_pins()
    assert pins.newest == {"org/big": commit}
    locked = {file.path: file for file in pins.files("org/big", commit)}
    for path, data in checkpoint(1).items():
        assert (locked[path].size, locked[path].sha256) == (len(data), sha256(data))
    assert json.loads(pins_file().read_bytes())["checkpoints"].keys() == {f"org/big@{commit}"}


def test_a_locked_pair_is_not_asked_for_again(fake_hub: FakeHub, made: Made):
    pull(made())
    fake_hub.forget()
    pull(made())
    assert fake_hub.asked == []


def test_a_newer_commit_is_taken_only_after_removal(fake_hub: FakeHub, made: Made):
    pull(made())
    first = fake_hub.commit("org/big")
    fake_hub.repositories["org/big"] = checkpoint(3)
    fake_hub.revisions["org/big"] = "a" * 40
    entry = made()
    assert entry.target_revision == first
    pull(entry)
    assert here(entry.target) == checkpoint(1)
    store.remove(Registry.load(), entry)
    entry = made()
    assert not store.is_installed(entry)
    pull(entry)
    assert here(made().target) == checkpoint(3)


def test_a_damaged_file_is_refused_then_fetched_again(fake_hub: FakeHub, made: Made):
    pull(made())
    entry = made()
    (entry.target / "tokenizer.json").resolve().write_bytes(b"{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json has 2 bytes .*models pull org/big"):
        verify(entry, "target")
    assert not store.is_installed(entry)
    fake_hub.forget()
    pull(entry)
    assert fake_hub.taken() == {"tokenizer.json"}
    verify(entry, "target")
    weights = (entry.target / "model.safetensors").resolve()
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors has been changed or damaged"):
        verify(entry, "target")
    pull(entry)
    verify(entry, "target")
    assert here(entry.target) == checkpoint(1)


def test_a_hub_that_serves_another_file_than_was_locked_is_refused(fake_hub: FakeHub, made: Made):
    pull(made())
    entry = made()
    (entry.target / "model.safetensors").resolve().unlink()
    fake_hub.repositories["org/big"]["model.safetensors"] = b"x" * 300_000
    with pytest.raises(HubError, match=r"wrong model\.safetensors .*twice: refused"):
        pull(entry)
    assert not (entry.target / "model.safetensors").exists()


def test_hashes_of_models_toml_go_before_the_hubs(fake_hub: FakeHub, cache: Path, tmp_path: Path):
    own = tmp_path / "xdg" / "config" / "dictate" / "models.toml"
    own.parent.mkdir(parents=True)
    commit = fake_hub.commit("org/big")
    weights = checkpoint(1)["model.safetensors"]
    text = (
        f'[pair.mine]\ntarget_repo = "org/big"\n[checkpoint."org/big"]\nrevision = "{commit}"\n'
        '[[checkpoint."org/big".files]]\npath = "model.safetensors"\nsize = 300000\nsha256 = '
    )
    own.write_text(f'{text}"{"0" * 64}"\n')
    with pytest.raises(HubError, match=r"is not the one that models\.toml names: refused"):
        pull(Registry.load().pair("mine"))
    assert fake_hub.sent_bytes == 0
    own.write_text(f'{text}"{sha256(weights)}"\n')
    pull(Registry.load().pair("mine"))
    verify(Registry.load().pair("mine"), "target")


def test_a_mirror_without_hashes_is_asked_for_each_file(fake_hub: FakeHub, made: Made):
    fake_hub.tells_hashes = False
    pull(made())
    assert here(made().target) == checkpoint(1)
    verify(made(), "target")


def test_sharded_weights_are_taken_and_others_are_not(fake_hub: FakeHub, made: Made):
    files = checkpoint(4)
    weights = files.pop("model.safetensors")
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    files[shards[0]], files[shards[1]] = weights[:1000], weights[1000:]
    index = {"weight_map": {"a": shards[0], "b": shards[1]}}
    files["model.safetensors.index.json"] = json.dumps(index).encode()
    fake_hub.repositories["org/sharded"] = files | {"model.safetensors": weights}
    pull(made("org/sharded"))
    assert here(made("org/sharded").target) == files


def test_no_file_of_a_repository_leaves_its_folder(fake_hub: FakeHub, cache: Path, made: Made):
    fake_hub.repositories["org/big"] |= {"../../evil.json": b"{}", "/tmp/evil.json": b"{}"}
    pull(made())
    assert here(made().target) == checkpoint(1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"config.json": b'{"model_type": "bert"}'}, "is a bert model and no Whisper"),
        ({"config.json": b"{}"}, "is a nameless model"),
        ({"config.json": b"no JSON"}, "no readable config"),
        ({"tokenizer.json": None}, "has no tokenizer.json"),
        ({"model.safetensors": None}, "has no model.safetensors"),
        ({"config.json": None}, "has no config.json"),
    ],
)
def test_what_is_no_whisper_is_named_before_its_weights_come(
    fake_hub: FakeHub, made: Made, change: dict[str, bytes | None], said: str
):
    for name, data in change.items():
        if data is None:
            del fake_hub.repositories["org/big"][name]
        else:
            fake_hub.repositories["org/big"][name] = data
    with pytest.raises(HubError, match=said) as caught:
        pull(made())
    assert "org/big" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "model.safetensors" not in fake_hub.taken()
    assert not store.is_installed(made())


def test_another_commit_than_was_asked_for_is_refused(fake_hub: FakeHub, cache: Path):
    fake_hub.about["org/big"] = {"sha": "b" * 40}
    entry = Registry.load().made_of("org/big")
    pinned = type(entry)(
        **{name: getattr(entry, name) for name in entry.__struct_fields__}
        | {"target_revision": fake_hub.commit("org/big")}
    )
    with pytest.raises(HubError, match="instead of"):
        pull(pinned)


def test_cancelling_keeps_what_came_and_the_next_pull_goes_on(fake_hub: FakeHub, made: Made):
    fake_hub.trouble = lambda asked: (
        Trouble(hold_after=120_000) if asked.verb == "storage" else None
    )
    cancelled = threading.Event()
    others = sum(len(data) for path, data in checkpoint(1).items() if path.endswith(".json"))

    def report(progress: PullProgress) -> None:
        if progress.done_bytes == others + 120_000:
            cancelled.set()

    with pytest.raises(PullCancelled):
        store.pull(made(), report=report, cancelled=cancelled)
    assert not store.is_installed(made())
    fake_hub.forget()
    fake_hub.trouble = lambda _: None
    pull(made())
    assert here(made().target) == checkpoint(1)
    assert [asked.start for asked in fake_hub.requests if asked.verb == "storage"] == [120_000]


def test_cancelling_does_not_wait_for_a_silent_hub(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 60)
    fake_hub.trouble = lambda asked: (
        Trouble(cut_after=1000, stall_s=90) if asked.verb == "storage" else None
    )
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()
    with pytest.raises(PullCancelled):
        pull(made(), cancelled=cancelled)


def test_folders_of_ones_own_are_left_alone(fake_hub: FakeHub, entry, cache: Path):
    pull(entry)
    assert store.is_installed(entry)
    assert fake_hub.asked == []


def test_two_at_once_in_one_process_download_once(fake_hub: FakeHub, made: Made):
    fake_hub.trouble = lambda asked: (
        Trouble(hold_after=100_000) if asked.verb == "storage" else None
    )
    errors: list[BaseException] = []

    def report(progress: PullProgress) -> None:
        if progress.message.startswith("waiting"):
            fake_hub.released.set()

    def run() -> None:
        try:
            store.pull(made(), report=report)
        except (HubError, PullCancelled) as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert fake_hub.released.is_set()
    assert fake_hub.sent_bytes == sum(map(len, checkpoint(1).values()))
    verify(made(), "target")


def test_the_hub_is_told_who_asks_and_its_storage_is_not(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hub, "_HUB", fake_hub.endpoint)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with serving() as storage:
        storage.repositories = fake_hub.repositories
        fake_hub.storage = storage.endpoint
        pull(made())
        assert storage.taken() == {"model.safetensors"}
        assert set(storage.tokens) == {None}
    assert set(fake_hub.tokens) == {"Bearer hf_secret"}


def test_where_links_cannot_be_made_files_lie_in_the_folder_itself(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    pull(made())
    entry = made()
    assert not any(path.is_symlink() for path in entry.target.iterdir())
    assert here(entry.target) == checkpoint(1)
    fake_hub.forget()
    pull(entry)
    pins_file().unlink()
    verify(entry, "target")
    assert fake_hub.asked == []
