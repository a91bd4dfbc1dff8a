import io

import pytest

from dictate.models.store import PullProgress
from dictate.models_cli.display import DownloadDisplay, duration, line, size


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(done: int, message: str = "downloading org/x", rate: float = 2e6) -> PullProgress:
    return PullProgress("turbo", done, 100_000_000, rate, message)


def test_a_line_says_how_much_how_fast_and_how_long_still():
    assert line(progress(40_000_000)) == (
        "turbo, 40 % of 100 MB, 2 MB/s, 30 s left, downloading org/x"
    )
    assert line(PullProgress("turbo", 0, 0, 0.0, "asking")) == "turbo, asking"
    assert line(progress(100_000_000, rate=0.0)) == "turbo, 100 % of 100 MB, downloading org/x"


@pytest.mark.parametrize(
    ("of_bytes", "text"), [(999, "1 kB"), (34_500_000, "34 MB"), (1_623_000_000, "1.6 GB")]
)
def test_sizes(of_bytes: int, text: str):
    assert size(of_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (65, "1 min 05 s"), (7800, "2 h 10 min")]
)
def test_durations(seconds: float, text: str):
    assert duration(seconds) == text


def test_a_terminal_shows_one_line_that_is_ended():
    stream = Terminal()
    with DownloadDisplay(stream) as display:
        display(progress(1))
        display(progress(2))
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().startswith("\r")


def test_a_log_gets_a_line_when_something_else_is_done():
    stream = io.StringIO()
    with DownloadDisplay(stream) as display:
        for done in range(5):
            display(progress(done, "checking what is here"))
        for done in range(5):
            display(progress(done))
        display(progress(6, "waiting"))
    assert [text.rpartition(", ")[2] for text in stream.getvalue().splitlines()] == [
        "downloading org/x",
        "waiting",
    ]
