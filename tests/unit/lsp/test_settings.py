import pytest

from dictate.lsp.settings import Settings, parse


def test_nothing_given_means_the_defaults_without_a_word() -> None:
    for given in (None, {}, {"dictate": {}}, {"dictate": None}):
        parsed = parse(given)
        assert parsed.settings == Settings()
        assert parsed.problems == []


def test_given_settings_are_taken() -> None:
    parsed = parse(
        {
            "dictate": {
                "microphone": {"device": "USB", "keepOpenS": 2},
                "vad": {"minSilenceMs": 400},
                "language": "de",
                "history": {"enabled": True},
            }
        }
    )
    assert parsed.problems == []
    settings = parsed.settings
    assert settings.microphone.device == "USB"
    assert settings.microphone.keep_open_s == 2.0
    assert settings.vad.min_silence_ms == 400
    assert settings.vad.threshold == Settings().vad.threshold
    assert settings.language == "de"
    assert settings.history.enabled


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"vad": {"threshold": 3}}, "dictate.vad.threshold"),
        ({"vad": {"threshold": "high"}}, "dictate.vad.threshold"),
        ({"vad": 3}, "dictate.vad"),
        ({"engine": {"device": "gpu"}}, "dictate.engine.device"),
        ({"language": "English"}, "dictate.language"),
        ({"logLevel": "loud"}, "dictate.logLevel"),
        ({"microphone": {"device": 7}}, "dictate.microphone.device"),
        ({"nonsense": 1}, "dictate.nonsense"),
        ({"engine": {"pare": "x"}}, "dictate.engine.pare"),
        ("everything", "dictate"),
    ],
)
def test_an_invalid_setting_is_named_in_one_line_and_falls_back(given: object, path: str) -> None:
    parsed = parse(given)
    assert parsed.settings == Settings()
    (problem,) = parsed.problems
    assert problem.startswith(f"{path}: ")
    assert "\n" not in problem


def test_one_invalid_setting_costs_no_other() -> None:
    parsed = parse({"vad": {"threshold": 9, "minSilenceMs": 300}, "language": "en", "x": 1})
    assert parsed.settings.vad.min_silence_ms == 300
    assert parsed.settings.language == "en"
    assert len(parsed.problems) == 2


def test_null_means_not_set() -> None:
    parsed = parse({"engine": {"pair": None}, "logLevel": None, "language": None})
    assert parsed.problems == []
    assert parsed.settings == Settings()
