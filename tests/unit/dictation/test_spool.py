import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dictate.dictation.spool import Spool, SpoolError
from dictate.paths import state_dir


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def _sound(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.int16)


def _folders() -> list[Path]:
    return list((state_dir() / "spool").iterdir())


def test_every_sample_is_on_disk_when_append_returns() -> None:
    utterance = Spool().create()
    for start in range(0, 5000, 700):
        utterance.append(_sound(5000)[start : start + 700])
    (folder,) = _folders()
    assert np.array_equal(np.fromfile(folder / "audio.pcm", "<i2"), _sound(5000))
    assert np.array_equal(utterance.samples(), _sound(5000))


@pytest.mark.parametrize("ending", ["inserted", "cancelled"])
def test_what_ended_well_is_deleted(ending: str) -> None:
    utterance = Spool().create()
    utterance.append(_sound(100))
    utterance.end(ending)  # type: ignore[arg-type]
    assert _folders() == []


def test_history_keeps_the_audio_of_inserted_ones_only() -> None:
    spool = Spool(keep_history=True)
    for ending in ("inserted", "cancelled"):
        utterance = spool.create()
        utterance.append(_sound(100))
        utterance.end(ending)  # type: ignore[arg-type]
    assert _folders() == []
    (kept,) = (state_dir() / "history").iterdir()
    assert (kept / "audio.pcm").stat().st_size == 200


def test_a_failed_one_is_kept_until_a_retry_inserts_it() -> None:
    spool = Spool()
    utterance = spool.create()
    utterance.append(_sound(16_000))
    utterance.end("failed", "no engine")
    (kept,) = Spool().kept()
    assert (kept.id, kept.duration_s, kept.maybe_inserted) == (utterance.id, 1.0, False)
    again = Spool().take(kept.id)
    assert again is not None
    assert Spool().take(kept.id) is None, "two owners of one utterance would insert it twice"
    assert Spool().kept() == []
    assert np.array_equal(again.samples(), _sound(16_000))
    again.end("inserted")
    assert Spool().kept() == []
    assert _folders() == []


def test_the_final_state_is_exactly_one() -> None:
    utterance = Spool().create()
    utterance.append(_sound(10))
    utterance.end("failed")
    utterance.end("cancelled")
    assert len(Spool().kept()) == 1


def test_a_living_ones_utterance_is_not_offered() -> None:
    utterance = Spool().create()
    utterance.append(_sound(100))
    assert Spool().kept() == []
    assert Spool().take(utterance.id) is None


def test_what_a_killed_process_left_is_offered_and_names_the_doubt() -> None:
    program = (
        "import numpy as np, os, sys\n"
        "from dictate.dictation.spool import Spool\n"
        "spool = Spool()\n"
        "for sent in (False, True):\n"
        "    utterance = spool.create()\n"
        "    utterance.append(np.ones(8000, dtype=np.int16))\n"
        "    if sent: utterance.note('edit_sent', attempt=1)\n"
        "spool.create()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program], env=os.environ, check=False)
    assert len(_folders()) == 3
    kept = Spool().kept()
    assert sorted(utterance.maybe_inserted for utterance in kept) == [False, True]
    assert all(utterance.duration_s == 0.5 for utterance in kept)
    assert len(_folders()) == 2, "one without any sound is no use"
    assert Spool().discard() == 2
    assert _folders() == []


def test_a_journal_cut_off_by_a_crash_is_read() -> None:
    utterance = Spool().create()
    utterance.append(_sound(16))
    utterance.note("edit_sent", attempt=1)
    utterance.leave()
    (folder,) = _folders()
    with (folder / "journal.jsonl").open("a") as journal:
        journal.write('{"event": "inser')
    (kept,) = Spool().kept()
    assert kept.maybe_inserted


def test_the_journal_ends_in_one_final_state_and_holds_no_names() -> None:
    utterance = Spool().create()
    utterance.append(_sound(16))
    utterance.end("failed", "why")
    (folder,) = _folders()
    events = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["created", "failed"]
    assert stat_mode(folder) == 0o700
    assert stat_mode(folder / "audio.pcm") == 0o600


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_text_that_turns_up_late_leaves_nothing_to_retry() -> None:
    utterance = Spool().create()
    utterance.append(_sound(16))
    utterance.end("failed")
    utterance.found()
    assert Spool().kept() == []
    assert _folders() == []


def test_a_full_disk_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    utterance = Spool().create()

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dictate.dictation.spool.os.write", full)
    with pytest.raises(SpoolError, match=r"No space left on device.*free some space"):
        utterance.append(_sound(16))
