"""The soak benchmark: its recording, its account of the sentences, what processes held."""

import argparse
import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from dictate.bench import arguments
from dictate.bench.machine import describe_machine
from dictate.bench.process_usage import Usage, usage
from dictate.bench.results import publish
from dictate.bench.scripted_editor import Dictated
from dictate.bench.soak_account import Account, Heard, account, is_joined_of, sentences_of
from dictate.bench.soak_live import Sample, Soak
from dictate.bench.soak_outcome import soak_outcome
from dictate.bench.soak_places import places
from dictate.bench.soak_recording import Sentence, SoakRecording, write_soak_recording
from dictate.bench.soak_report import (
    ProcessFigures,
    SoakReport,
    Texts,
    document_is_finals,
    outcomes,
    process_figures,
    texts,
)
from dictate.bench.streaming_spans import Span
from dictate.bench.streaming_speech import Clip
from dictate.errors import DictateError

SENTENCES = [Span(1.0, 3.0), Span(5.0, 8.0)]


def heard(begin_s, end_s, text="text"):
    return Heard(Span(begin_s, end_s), text, is_inserted=bool(text))


def judged(*utterances):
    return account(SENTENCES, [heard(*each) for each in utterances])


def test_each_sentence_heard_once_and_whole_is_neither_lost_nor_doubled():
    assert judged((0.0, 3.4), (3.4, 4.0, ""), (4.0, 8.4)) == Account(2, 0, 0, 0, 0, 0)


def test_a_sentence_that_nobody_heard_or_whose_text_never_came_is_lost():
    assert judged((0.0, 3.4)).lost == 1
    assert judged((0.0, 3.4), (3.4, 8.4, "")).lost == 1
    assert judged().lost == 2


def test_a_sentence_is_lost_when_a_part_of_it_is():
    assert judged((0.0, 3.4), (4.0, 6.0), (6.5, 8.4)).lost == 1
    assert judged((0.0, 3.4), (4.0, 6.0), (6.0, 8.4, "")).lost == 1


def test_a_sentence_in_two_pieces_is_cut_but_not_lost():
    both = judged((0.0, 3.4), (3.4, 6.5), (6.5, 8.4))
    assert (both.lost, both.doubled, both.cut) == (0, 0, 1)


def test_an_utterance_without_a_text_cuts_as_well():
    assert judged((0.0, 3.4), (3.4, 5.5, ""), (5.5, 8.4)).cut == 1


def test_a_sentence_that_two_utterances_heard_is_doubled():
    assert judged((0.0, 3.4), (2.0, 8.4)).doubled == 1
    assert judged((0.0, 9.0), (0.0, 9.0)).doubled == 2
    assert judged((0.0, 3.4), (2.95, 8.4)).doubled == 0, "edges are not known that exactly"


def test_sentences_of_one_utterance_are_joined():
    assert judged((0.0, 9.0)) == Account(2, 0, 0, 0, 1, 0)


def test_a_text_where_nobody_spoke_is_counted():
    found = judged((0.0, 3.4), (3.4, 4.5), (4.5, 8.4), (8.4, 12.0))
    assert (found.texts_without_speech, found.lost) == (2, 0)


def test_every_sentence_belongs_to_the_utterance_that_heard_most_of_it():
    assert sentences_of(SENTENCES, [heard(0, 3.4), heard(3.4, 5.5), heard(5.5, 9)]) == [
        [0],
        [],
        [1],
    ]
    assert sentences_of(SENTENCES, []) == []


def test_a_document_is_its_texts_in_order_and_nothing_else():
    assert is_joined_of("one two\nthree ", ["one two", "three"])
    assert is_joined_of("", [])
    assert not is_joined_of("one two two", ["one", "two"])
    assert not is_joined_of("two one", ["one", "two"])
    assert not is_joined_of("one", ["one", "two"])


def clips(count=4):
    random = np.random.default_rng(0)
    return [
        Clip(
            random.integers(-9_000, 9_000, 16_000 + 100 * number).astype(np.int16),
            [Span(0.1, 0.9)],
            text=f"sentence number {number}",
        )
        for number in range(count)
    ]


def test_a_recording_is_as_long_as_asked_and_says_what_is_where(tmp_path):
    spoken = clips()
    recording = write_soak_recording(tmp_path / "soak.wav", spoken, 5.0, 3)
    info = soundfile.info(recording.path)
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
    assert info.frames == recording.samples
    assert 300 <= recording.length_s < 310
    by_text = {clip.text: clip.samples for clip in spoken}
    for each in recording.sentences:
        begin = round((each.span.begin_s - 0.1) * 16_000)
        played = recording.sound(begin, begin + 16_000).astype(int)
        assert np.abs(played - by_text[each.text][:16_000]).max() < 60, "but for the room's noise"
    assert recording.non_speech
    assert recording.long_silences


def test_all_sentences_are_spoken_before_any_comes_again(tmp_path):
    recording = write_soak_recording(tmp_path / "soak.wav", clips(), 1.0, 0)
    assert len({each.text for each in recording.sentences[:4]}) == 4


def test_the_same_seed_makes_the_same_recording(tmp_path):
    written = [
        write_soak_recording(tmp_path / f"{index}.wav", clips(), 0.5, seed).path.read_bytes()
        for index, seed in enumerate((1, 1, 2))
    ]
    assert written[0] == written[1] != written[2]


def dictated(name="", outcome="inserted", audio_ms=0.0, text="text", message=""):
    return Dictated(outcome, text, message, {}, audio_ms, name, [], None, None, 0.0)


@pytest.fixture
def recording(tmp_path):
    sound = np.random.default_rng(0).integers(-99, 99, 160_000).astype(np.int16)
    soundfile.write(tmp_path / "played.wav", sound, 16_000, subtype="PCM_16")
    return SoakRecording(tmp_path / "played.wav", samples=sound.size)


def placed(recording, *utterances):
    """Utterances as (name, begin, end) in samples; those named "" were not kept."""
    ended = [
        dictated(name, "inserted" if name else "cancelled", round((end - begin) / 16, 1))
        for name, begin, end in utterances
    ]
    kept = {name: recording.sound(begin, end) for name, begin, end in utterances if name}
    return places(recording, ended, kept.get)


def test_utterances_that_follow_one_another_leave_nothing_out(recording):
    found = placed(recording, ("a", 0, 50_000), ("", 50_000, 70_001), ("b", 70_001, 160_000))
    assert (found.left_out_ms, found.repeated_ms) == (0, 0)
    assert [each.is_inserted for each in found.heard] == [True, False, True]
    assert found.heard[2].span == Span(70_001 / 16_000, 10.0)


def test_sound_between_two_utterances_or_behind_the_last_is_left_out(recording):
    assert placed(recording, ("a", 0, 50_000), ("b", 50_016, 160_000)).left_out_ms == 1.0
    assert placed(recording, ("a", 0, 50_000), ("b", 140_000, 160_000)).left_out_ms == 5_625.0
    assert placed(recording, ("a", 0, 159_840)).left_out_ms == 10.0


def test_sound_of_two_utterances_is_repeated(recording):
    found = placed(recording, ("a", 0, 50_000), ("b", 49_840, 160_000))
    assert (found.left_out_ms, found.repeated_ms) == (0, 10.0)


def test_sound_that_was_never_played_is_a_fault(recording):
    with pytest.raises(DictateError, match="no stretch"):
        places(recording, [dictated("a")], lambda _: np.full(100, 7, np.int16))


def test_words_are_compared_utterance_by_utterance(recording):
    recording.sentences[:] = [
        Sentence(SENTENCES[0], "open the file"),
        Sentence(SENTENCES[1], "close it"),
    ]
    one, other = heard(0.0, 3.4, "Open a file."), heard(3.4, 8.4, "close it")
    assert texts(recording, [one, other]) == Texts(5, 1)
    assert texts(recording, [one]) == Texts(5, 3), "what nobody heard is wrong, too"
    assert texts(recording, [one, other, heard(8.4, 9.0, "thanks")]) == Texts(5, 2)
    recording.sentences[0] = Sentence(SENTENCES[0], "")
    assert texts(recording, [one, other]) == Texts(0, 0)


def held(resident_mb, threads=5, descriptors=7):
    return Usage(resident_mb, threads, descriptors)


def soaked(samples=(), **seen):
    usual = {
        "utterances": [dictated(text="One"), dictated(outcome="cancelled"), dictated(text="two")],
        "samples": [Sample(minutes, {"server": used}) for minutes, used in samples],
        "before": {"server": held(80.0)},
        "after": {"server": held(100.0)},
        "files_left": [],
        "state": "idle",
        "document": "One two ",
    }
    return Soak(**{**usual, **seen})


def test_memory_is_judged_behind_the_first_minutes():
    rising = [(minutes, held(50.0 if minutes < 5 else 100 + minutes)) for minutes in range(21)]
    figures = process_figures(soaked(rising), "server")
    assert figures.mb_per_hour == pytest.approx(60.0)
    assert figures.grown_mb == pytest.approx(15.0)
    assert figures.first_minute == held(50.0)
    assert figures.most == held(120.0)


def test_a_short_recording_says_nothing_of_memory():
    for length_minutes in (0, 2, 9):
        samples = [(minutes, held(100.0)) for minutes in range(length_minutes)]
        figures = process_figures(soaked(samples), "server")
        assert (figures.mb_per_hour, figures.grown_mb) == (None, None)


def test_what_is_left_is_what_is_more_than_before():
    figures = ProcessFigures(held(1, 4, 7), held(1, 5, 9), held(1), held(1, 8, 8), None, None)
    assert (figures.threads_left, figures.descriptors_left) == (3, 1)
    fewer = ProcessFigures(held(1), held(1), held(1), held(1, 1, 1), None, None)
    assert (fewer.threads_left, fewer.descriptors_left) == (0, 0)
    unknown = process_figures(
        soaked(before={"server": held(1, 4, None)}, after={"server": held(1, 4, None)}), "server"
    )
    assert unknown.descriptors_left is None


def test_the_document_is_compared_with_what_was_told():
    assert document_is_finals(soaked())
    assert not document_is_finals(soaked(document="One two two"))


def test_outcomes_and_messages_are_counted():
    ended = [dictated(), dictated(outcome="failed", message="no"), dictated(message="no")]
    assert outcomes(soaked(utterances=ended)) == ({"inserted": 2, "failed": 1}, {"no": 2})


def report(**figures):
    process = ProcessFigures(held(80), held(90), held(120), held(100), 5.0, 3.0)
    usual = {
        "machine": describe_machine("cpu"), "pair": "bundled", "target": "target", "draft": None,
        "device": "cpu", "dtype": "float32", "speech": "somebody", "realtime": False,
        "pause_ms": 320, "seed": 0, "minutes": 60.0, "long_silences": 3, "non_speech": {"noise": 9},
        "sentences": Account(500, 0, 0, 1, 2, 0), "outcomes": {"inserted": 500}, "messages": {},
        "left_out_ms": 0.0, "repeated_ms": 0.0, "words": 5000, "word_errors": 100,
        "document_is_finals": True, "state": "idle", "files_left": [],
        "processes": {"server": process},
        "samples": [Sample(1.0, {"server": held(90)}), Sample(2.0, {"server": held(91)})],
    }  # fmt: skip
    return SoakReport(**{**usual, **figures})


def missed(**figures):
    return {goal.measure for goal in soak_outcome(report(**figures)).goals if goal.met is False}


def test_all_goals_are_met_when_all_is_well():
    assert {goal.met for goal in soak_outcome(report()).goals} == {True}


@pytest.mark.parametrize(
    ("figures", "measure"),
    [
        ({"sentences": Account(500, 1, 0, 0, 0, 0)}, "sentences lost"),
        ({"sentences": Account(500, 0, 1, 0, 0, 0)}, "sentences doubled"),
        ({"sentences": Account(500, 0, 0, 11, 0, 0)}, "sentences cut"),
        ({"sentences": Account(500, 0, 0, 0, 0, 1)}, "texts without speech"),
        ({"repeated_ms": 60.0}, "sound in no utterance, or in two"),
        ({"document_is_finals": False}, "the document is the finals, in order"),
        ({"files_left": ["spool/one"]}, "files left behind"),
        ({"state": "listening"}, "the server at the end"),
    ],
)  # fmt: skip
def test_what_went_wrong_misses_its_goal(figures, measure):
    assert missed(**figures) == {measure}


def test_a_process_that_grows_misses_its_goals():
    grown = ProcessFigures(held(80), held(90), held(400), held(400, 90, 70), 300.0, 290.0)
    assert missed(processes={"engine": grown}) == {
        "memory of the engine", "threads left in the engine", "descriptors left in the engine"
    }  # fmt: skip


def test_what_was_not_measured_is_no_goal_missed():
    short = ProcessFigures(*[held(80, 5, None)] * 4, None, None)
    goals = {goal.measure: goal.met for goal in soak_outcome(report(processes={"a": short})).goals}
    assert goals["memory of the a"] is None
    assert goals["descriptors left in the a"] is None


def test_figures_and_picture_are_written(tmp_path):
    drawn = publish(soak_outcome(report()), tmp_path)
    assert [path.name for path in drawn] == ["soak.png"]
    with Image.open(drawn[0]) as image:
        image.verify()
    assert json.loads((tmp_path / "soak.json").read_text())["sentences"]["sentences"] == 500


def test_a_process_that_is_gone_is_a_fault():
    with pytest.raises(DictateError, match="ended"):
        usage(1 << 30)


def parsed(*words):
    parser = argparse.ArgumentParser()
    arguments.add_arguments(parser)
    return parser.parse_args(["soak", *words])


def test_options_have_usable_defaults():
    assert (parsed().minutes, parsed().realtime) == (60.0, False)
    for wrong in ("0", "-1", "nan", "10000"):
        with pytest.raises(SystemExit):
            parsed("--minutes", wrong)


@pytest.mark.timeout(600)
def test_minutes_of_bundled_recordings_are_heard_once_and_leave_nothing(tmp_path):
    figures = tmp_path / "soak.json"
    options = parsed("--minutes", "2", "--speech", "bundled", "--json", str(figures))
    assert arguments.run(options) == 0
    soak = json.loads(figures.read_text())
    sentences = soak["sentences"]
    assert sentences["sentences"] > 10
    assert [sentences[name] for name in ("lost", "doubled", "texts_without_speech")] == [0, 0, 0]
    assert (soak["left_out_ms"], soak["repeated_ms"]) == (0, 0)
    assert soak["document_is_finals"]
    assert (soak["state"], soak["files_left"]) == ("idle", [])
    for process in soak["processes"].values():
        assert process["after"]["descriptors"] <= process["before"]["descriptors"]
    server = soak["processes"]["server"]
    assert server["after"]["resident_mb"] - server["before"]["resident_mb"] < 45, (
        "what an utterance took is given back: a detector for each would be 3 MB"
    )
    assert server["most"]["threads"] < server["before"]["threads"] + 8, "no teams of threads"
