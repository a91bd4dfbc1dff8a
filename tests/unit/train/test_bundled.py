"""What ships: the pair as it lies in the package."""

from pathlib import Path

import pytest
import soundfile

from dictate.train.cli import bundled_folder
from dictate.train.evaluate import Recogniser

tomllib = pytest.importorskip("tomllib")

LIMITS_BYTES = {"target": 25_000_000, "draft": 15_000_000}


@pytest.mark.parametrize("role", ["target", "draft"])
def test_the_folders_stay_small_and_are_labelled(role: str) -> None:
    folder = bundled_folder() / role
    assert sum(file.stat().st_size for file in folder.iterdir()) <= LIMITS_BYTES[role]
    card = (folder / "README.md").read_text()
    assert "license: apache-2.0" in card
    assert "synthetic speech" in card.replace("\n", " ")


def test_the_target_spells_its_demo_recordings() -> None:
    folder: Path = bundled_folder() / "recordings"
    listing = tomllib.loads((folder / "recordings.toml").read_text())
    recogniser = Recogniser(bundled_folder() / "target")
    assert len(listing["recording"]) == 4
    for entry in listing["recording"]:
        audio, rate = soundfile.read(folder / entry["file"], dtype="float32")
        assert rate == 16_000
        assert recogniser.short(audio) == entry["text"]
