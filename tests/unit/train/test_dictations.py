"""What recordings are learned from, and which are left out."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.models.registry import PACKAGE_FOLDER
from dictate.train.corpus import Corpus
from dictate.train.dictations import RecordingsError, gather, history_folder

SPEECH = sorted((PACKAGE_FOLDER / "bundled" / "recordings").glob("*.wav"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good recordings, one of them with a text, and one of every kind of bad ones."""
    place = tmp_path / "recordings"
    (place / "deeper").mkdir(parents=True)
    speech, rate = soundfile.read(SPEECH[0], dtype="int16")
    soundfile.write(place / "good.wav", speech, rate)
    (place / "good.txt").write_text("what  was\nsaid\n")
    soundfile.write(place / "deeper" / "other.flac", np.stack([speech, speech], 1), rate)
    (place / "empty.wav").write_bytes(b"")
    (place / "damaged.wav").write_bytes(b"RIFF and nothing more")
    soundfile.write(place / "short.wav", speech[:100], rate)
    soundfile.write(place / "still.wav", np.zeros(32_000, dtype=np.int16), rate)
    noise = np.random.default_rng(0).standard_normal(32_000) * 300
    soundfile.write(place / "room.wav", noise.astype(np.int16), rate)
    soundfile.write(place / "long.wav", np.tile(speech, 1 + 160_000 // speech.size), rate)
    (place / "notes.md").write_text("no recording")
    return place


def test_what_cannot_be_learned_from_is_counted_and_left_out(folder: Path, tmp_path: Path) -> None:
    gathered = gather([folder], tmp_path / "corpus", 10.0)
    assert gathered.kept == 2
    assert gathered.left_out == {
        "unreadable or empty": 2, "empty": 1, "silent": 2, "longer than 10 s": 1,
    }  # fmt: skip
    assert str(gathered).startswith("2 recordings, ")
    assert "\n" not in str(gathered)
    corpus = Corpus(tmp_path / "corpus")
    assert [clip.text for clip in corpus.clips] == ["", ""]
    assert 0.85 < float(np.abs(corpus.samples(corpus.clips[0])).max()) < 0.95


def test_texts_lie_beside_the_sounds_or_in_a_list(folder: Path, tmp_path: Path) -> None:
    listing = [
        {"audio": "deeper/other.flac", "text": "in a list"}, {"text": "of nothing"}, ["no object"],
    ]  # fmt: skip
    (folder / "texts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in listing) + "{")
    gather([folder], tmp_path / "corpus", 10.0, has_text=True)
    texts = {clip.text for clip in Corpus(tmp_path / "corpus").clips}
    assert texts == {"what was said", "in a list"}


def test_without_a_text_nothing_is_learned_from_transcripts(folder: Path, tmp_path: Path) -> None:
    gathered = gather([folder], tmp_path / "corpus", 10.0, has_text=True)
    assert (gathered.kept, gathered.left_out["without a text"]) == (1, 1)


def test_kept_dictations_are_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    kept = history_folder() / "20260101-120000-abcd"
    kept.mkdir(parents=True)
    speech, _ = soundfile.read(SPEECH[0], dtype="int16")
    (kept / "audio.pcm").write_bytes(speech.astype("<i2").tobytes() + b"\0")
    (kept / "journal.jsonl").write_text('{"event": "inserted"}\n')
    gathered = gather([history_folder()], tmp_path / "corpus", 10.0)
    assert gathered.kept == 1
    assert Corpus(tmp_path / "corpus").clips[0].samples == speech.size


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_nothing_to_learn_from_is_one_line(place: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingsError) as caught:
        gather([tmp_path / place], tmp_path / "corpus", 10.0)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "corpus").exists()
