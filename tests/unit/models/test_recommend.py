from pathlib import Path

import pytest

from dictate.models import recommend as recommending
from dictate.models.recommend import fits_memory, recommend, utterance_s
from dictate.models.registry import Registry
from dictate.models.store import Machine, Recommendation


def machine(device: str = "cpu", **facts: object) -> Machine:
    values = {
        "device_name": "a device",
        "memory_mb": 32_000,
        "free_memory_mb": 30_000,
        "free_disk_mb": 100_000,
        "cores": 8,
    } | facts
    return Machine(device=device, **values)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def nothing_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


def best(on: Machine, language: str | None = None) -> Recommendation:
    return recommend(Registry.load(), on, language=language)[0]


@pytest.mark.parametrize(
    ("on", "language", "name"),
    [
        (machine("cuda"), None, "turbo"),
        (machine("cuda"), "de", "turbo"),
        (machine("cuda", free_memory_mb=1800), "de", "small"),
        (machine("cuda", free_memory_mb=1900), "en", "turbo-alone"),
        (machine("mps", free_memory_mb=900), "en", "small-en"),
        (machine(cores=2), "en", "base-en"),
        (machine(cores=2), "de", "base"),
        (machine(cores=2, has_fast_int8=True), "en", "base-en"),
        (machine(cores=1), "en", "tiny-en"),
        (machine(cores=16), "en", "small-en"),
        (machine(free_memory_mb=115), None, "bundled"),
        (machine("cuda", free_disk_mb=200), None, "bundled"),
        (machine(cores=16, free_disk_mb=600), "en", "base-en"),
    ],
)
def test_the_best_pair_for_a_machine(on: Machine, language: str | None, name: str):
    found = best(on, language)
    assert (found.entry.name, found.fits) == (name, True)


def test_every_pair_is_judged_in_one_line_with_a_reason():
    registry = Registry.load()
    found = recommend(registry, machine("cuda", free_memory_mb=2000, free_disk_mb=2000))
    assert {each.entry.name for each in found} == set(registry.names)
    reasons = {each.entry.name: each.reason for each in found}
    assert all(reason and "\n" not in reason for reason in reasons.values())
    assert "needs about 3.6 GB of memory, 2.0 GB are free" in reasons["large-v3-tiny"]
    assert "needs 3.2 GB of disk, 2.0 GB are free" in reasons["large-v3-tiny"]
    assert "fits a device" in reasons["turbo"]
    # What fits goes before what does not.
    assert [each.fits for each in found] == sorted((each.fits for each in found), reverse=True)


def test_a_language_that_is_not_spoken_is_said_and_goes_last():
    found = recommend(Registry.load(), machine("cuda"), language="de")
    speaks = ["does not know 'de', only en" not in each.reason for each in found]
    assert speaks == sorted(speaks, reverse=True)
    assert not speaks[-1]


def test_what_one_waits_for_goes_behind_and_is_said():
    found = recommend(Registry.load(), machine(cores=2))
    slow = ["slow here" in each.reason for each in found]
    assert slow == sorted(slow)
    assert any(slow)
    assert found[0].reason.startswith("about 1.2 s for an utterance on 2 cores")


def test_unknown_memory_is_said():
    registry = Registry.load()
    unknown = machine("cuda", memory_mb=0, free_memory_mb=0)
    assert fits_memory(registry.pair("turbo"), unknown) is None
    assert "nobody knows" in best(unknown).reason


def test_what_is_here_needs_no_disk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recommending, "missing_file", lambda _: None)
    assert best(machine("cuda", free_disk_mb=10)).entry.name == "turbo"


def test_the_time_of_an_utterance_is_near_what_was_measured():
    # docs/benchmarks: base.en's shape, two cores, int8: 0.79 s.
    base = Registry.load().pair("base-en")
    found = utterance_s(base, machine(cores=2, has_fast_int8=True))
    assert found == pytest.approx(0.79, rel=0.1)
    assert utterance_s(base, machine("cuda")) is None
