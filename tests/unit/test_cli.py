"""The command line, as a user calls it: a process of its own, its output, its status."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile


@pytest.fixture
def dictate(tmp_path):
    environment = {
        **os.environ,
        "HF_HOME": str(tmp_path / "hf"),
        **{name: str(tmp_path / name) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")},
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    tmp_path.chmod(0o700)

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "dictate.cli", *map(str, arguments)],
            env={**environment, **{k: v for k, v in os.environ.items() if k == "HF_HUB_OFFLINE"}},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def one_line(text):
    assert text.count("\n") == 1, text
    return text.strip()


def test_help_names_every_command(dictate):
    done = dictate("--help")
    assert done.returncode == 0
    for command in (
        "lsp",
        "transcribe",
        "devices",
        "doctor",
        "engine",
        "models",
        "demo",
        "bench",
        "train",
    ):
        assert f"    {command}" in done.stdout


@pytest.mark.parametrize("arguments", [[], ["sing"], ["transcribe"], ["engine", "explode"]])
def test_a_wrong_call_is_one_line_and_status_2(arguments, dictate):
    done = dictate(*arguments)
    assert done.returncode == 2
    assert "--help" in one_line(done.stderr)


def test_transcribe_writes_what_is_spoken_and_fails_file_by_file(dictate, tmp_path):
    from dictate.bench.recordings import recordings

    recording = recordings()[0]
    done = dictate("transcribe", recording.path, tmp_path / "missing.wav", "--json")
    assert done.returncode == 1
    heard, missing = map(json.loads, done.stdout.splitlines())
    assert heard["text"] == recording.text
    assert heard["timings_ms"]["decode"] > 0
    assert str(tmp_path / "missing.wav") in missing["error"]
    assert done.stderr == ""


def test_transcribe_says_nothing_of_silence(dictate, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(48_000), 16_000)
    done = dictate("transcribe", tmp_path / "silence.wav")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_an_unknown_pair_is_one_line_that_names_the_known_ones(dictate):
    from dictate.bench.recordings import recordings

    done = dictate("transcribe", recordings()[0].path, "--pair", "enormous")
    assert (done.returncode, done.stdout) == (1, "")
    assert "bundled" in one_line(done.stderr)


def test_any_local_folders_make_a_pair(dictate, tmp_path):
    from dictate.bench.recordings import recordings
    from dictate.models.registry import PACKAGE_FOLDER

    recording = recordings()[0]
    bundled = PACKAGE_FOLDER / "bundled"
    done = dictate(
        "transcribe", recording.path, "--target", bundled / "target", "--draft", bundled / "draft"
    )
    assert (done.stdout.strip(), done.stderr) == (recording.text, "")
    for options in (["--dtype", "float32"], ["--no-speculation"], ["--beams", 2]):
        done = dictate("transcribe", recording.path, "--target", bundled / "target", *options)
        assert (done.stdout.strip(), done.stderr) == (recording.text, ""), options


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--target", "nowhere"], 1, "no folder nowhere"),
        (["--draft", "nowhere"], 1, "--draft goes with --target"),
        (["--target", "org/name", "--pair", "bundled"], 2, "not allowed with"),
        (["--dtype", "int3"], 1, "unknown dtype 'int3'"),
        (["--beams", "9"], 2, "9"),
        (["--target", "org/name"], 1, "unset HF_HUB_OFFLINE"),
    ],
)
def test_models_that_cannot_be_are_one_line(options, status, said, dictate, monkeypatch):
    from dictate.bench.recordings import recordings

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = dictate("transcribe", recordings()[0].path, *options)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in one_line(done.stderr)


def test_doctor_says_whether_a_pair_fits(dictate):
    assert (
        "pair bundled in float32 on cpu: needs about"
        in dictate("doctor", "--dtype", "float32", "--device", "cpu").stdout
    )
    assert (
        "models pull turbo` to download it (1778 MB)" in dictate("doctor", "--pair", "turbo").stdout
    )


@pytest.mark.parametrize("device", ["toaster", "cuda:9"])
def test_a_device_that_is_not_there_costs_one_line_and_no_text(device, dictate):
    from dictate.bench.recordings import recordings

    recording = recordings()[0]
    done = dictate("transcribe", recording.path, "--device", device)
    assert (done.returncode, done.stdout.strip()) == (0, recording.text)
    assert device in one_line(done.stderr)


def test_the_engine_starts_answers_and_stops(dictate):
    assert one_line(dictate("engine", "status").stdout) == "no engine runs"
    started = dictate("engine", "start")
    assert started.returncode == 0, started.stderr
    assert one_line(started.stdout).startswith("engine ready: pair bundled")
    try:
        status = json.loads(dictate("engine", "status", "--json").stdout)
        assert (status["state"], status["sessions"]) == ("ready", 0)
        sources = {source["name"]: source for source in status["draft_sources"]}
        assert sources["draft model"]["reason"].startswith(("on: costs ", "off: costs "))
        first, *lines = dictate("engine", "status").stdout.splitlines()
        assert first.startswith("engine ready")
        for name in ("draft model", "previous hypothesis"):
            assert any(line.startswith((f"  {name} off: ", f"  {name} on: ")) for line in lines)
    finally:
        stopped = dictate("engine", "stop")
    assert one_line(stopped.stdout) == "engine stopped"
    assert one_line(dictate("engine", "status").stdout) == "no engine runs"


def test_doctor_names_every_part_and_what_to_do(dictate):
    done = dictate("doctor")
    verdicts = {line.split()[0] for line in done.stdout.splitlines()[1:-1]}
    assert verdicts <= {"ok", "note", "fail"}
    assert done.returncode == int("fail" in verdicts)
    for part in ("torch", "pair bundled", "voice activity", "engine", "private and writable"):
        assert part in done.stdout
    assert done.stderr == ""
