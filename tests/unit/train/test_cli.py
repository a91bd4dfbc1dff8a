import argparse

import pytest

from dictate.train.cli import add_arguments, run


def _parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_a_missing_synthesiser_is_one_line_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
) -> None:
    monkeypatch.setenv("PATH", "")
    assert run(_parse("synthesize", "--out", str(tmp_path))) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "apt-get install espeak-ng flite" in error


def test_a_missing_checkpoint_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    assert run(_parse("export", "--work", str(tmp_path))) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "checkpoint.pt" in error or "pieces.json" in error
