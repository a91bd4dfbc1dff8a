import copy
import random

import pytest

from dictate.vad.segmenter import Segment, Segmenter, SegmenterOptions

FRAME = 512
MS = 16


def segments_of(probabilities, options, total_samples=None):
    segmenter = Segmenter(options)
    return segmenter.feed(probabilities) + segmenter.flush(total_samples)


OPTIONS = SegmenterOptions(min_speech_ms=64, min_silence_ms=320, lead_ms=160, tail_ms=32)


def test_speech_becomes_one_segment_with_sound_in_front_and_a_little_behind():
    assert segments_of([0.0] * 20 + [0.9] * 10 + [0.0] * 20, OPTIONS) == [
        Segment(20 * FRAME - 160 * MS, 30 * FRAME + 32 * MS)
    ]


def test_no_sound_is_invented_in_front_of_the_utterance():
    assert segments_of([0.9] * 10 + [0.0] * 20, OPTIONS)[0].start_sample == 0


@pytest.mark.parametrize("frames", [0, 1])
def test_a_click_is_no_speech(frames):
    assert segments_of([0.0] * 20 + [0.9] * frames + [0.0] * 40, OPTIONS) == []


def test_what_stays_between_the_thresholds_does_not_begin_speech_but_continues_it():
    between = (OPTIONS.speech_threshold + OPTIONS.silence_threshold) / 2
    assert segments_of([between] * 100, OPTIONS) == []
    assert segments_of([0.9] * 5 + [between] * 50 + [0.0] * 20, OPTIONS) == [
        Segment(0, 55 * FRAME + 32 * MS)
    ]


def test_a_short_pause_does_not_end_a_segment_and_a_long_one_does():
    assert len(segments_of([0.9] * 5 + [0.0] * 9 + [0.9] * 5, OPTIONS)) == 1
    assert len(segments_of([0.9] * 5 + [0.0] * 10 + [0.9] * 5, OPTIONS)) == 2


def test_a_segment_is_given_as_soon_as_the_silence_is_long_enough():
    segmenter = Segmenter(OPTIONS)
    assert segmenter.feed([0.9] * 5 + [0.0] * 9) == []
    assert len(segmenter.feed([0.0])) == 1
    assert segmenter.flush() == []


def test_the_state_tells_speech_now_and_where_it_began():
    segmenter = Segmenter(OPTIONS)
    assert not segmenter.in_speech
    segmenter.feed([0.0] * 20 + [0.9])
    assert segmenter.in_speech
    assert segmenter.speech_start_sample == 20 * FRAME - 160 * MS
    segmenter.feed([0.9] * 3 + [0.0] * 6)
    assert not segmenter.in_speech, "a pause of 192 ms: nobody speaks right now"
    assert segmenter.speech_start_sample is not None, "but the segment has not ended"
    segmenter.feed([0.0] * 10)
    assert segmenter.speech_start_sample is None


def test_samples_behind_the_last_whole_frame_stay_with_a_word_that_runs_to_the_end():
    assert segments_of([0.9] * 10, OPTIONS, 10 * FRAME + 300) == [Segment(0, 10 * FRAME + 300)]
    assert segments_of([0.9] * 10 + [0.0] * 5, OPTIONS, 15 * FRAME + 300) == [
        Segment(0, 10 * FRAME + 32 * MS)
    ]


def test_long_speech_is_split_at_its_quietest_place():
    options = SegmenterOptions(max_segment_ms=3_200, lead_ms=0, tail_ms=0)
    probabilities = [0.9] * 300
    for frame, value in ((70, 0.5), (80, 0.45), (60, 0.6), (20, 0.36)):
        probabilities[frame - 2 : frame + 3] = [value] * 5
    first = segments_of(probabilities, options)[0]
    assert first == Segment(0, 80 * FRAME + FRAME // 2)


def test_a_pause_at_the_split_belongs_to_neither_side():
    options = SegmenterOptions(max_segment_ms=3_200, lead_ms=64, tail_ms=32)
    probabilities = [0.9] * 70 + [0.1] * 12 + [0.9] * 60
    assert segments_of(probabilities, options)[:2] == [
        Segment(0, 70 * FRAME + 32 * MS),
        Segment(82 * FRAME - 64 * MS, 142 * FRAME),
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"speech_threshold": 0.3},
        {"silence_threshold": 0.0},
        {"speech_threshold": 1.5},
        {"lead_ms": -1},
        {"tail_ms": 900},
        {"max_segment_ms": 500},
    ],
)
def test_options_that_contradict_each_other_are_refused_by_name(options):
    with pytest.raises(ValueError, match="|".join(options)):
        SegmenterOptions(**options)


def random_options(generator):
    silence = generator.uniform(0.1, 0.6)
    lead, tail = generator.choice([0, 150, 200, 500]), generator.choice([0, 20, 80])
    return SegmenterOptions(
        speech_threshold=generator.uniform(silence, 0.9),
        silence_threshold=silence,
        min_speech_ms=generator.choice([0, 32, 64, 100, 250]),
        min_silence_ms=generator.choice([100, 320, 700]),
        lead_ms=lead,
        tail_ms=tail,
        max_segment_ms=2 * (lead + tail) + generator.choice([320, 1_000, 5_000, 28_000]),
    )


def random_probabilities(generator):
    """Stretches of speech, silence, wavering and noise, as well as pure chance."""
    values: list[float] = []
    while len(values) < generator.randrange(1, 900):
        low, high = generator.choice([(0.0, 0.1), (0.9, 1.0), (0.3, 0.6), (0.0, 1.0), (1.0, 1.0)])
        values += [generator.uniform(low, high) for _ in range(generator.randrange(1, 120))]
    return values


def speech_runs(probabilities, options):
    """Runs of voiced frames, bridged over short silences, as the definition says it."""
    min_silence_frames = max(1, -(-options.min_silence_ms * MS // FRAME))
    runs, start, last, loud = [], None, 0, 0
    for frame, probability in enumerate([*probabilities, *[0.0] * 1_000]):
        if start is None:
            if probability >= options.speech_threshold:
                start, last, loud = frame, frame, 1
            continue
        if probability >= options.silence_threshold:
            last = frame
            loud += probability >= options.speech_threshold
        elif frame - last >= min_silence_frames:
            runs.append((start, last, loud))
            start = None
    return [run[:2] for run in runs if run[2] * FRAME >= options.min_speech_ms * MS]


@pytest.mark.parametrize("round_number", range(40))
def test_segments_are_ordered_apart_bounded_and_hold_all_speech(round_number):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    options = random_options(generator)
    probabilities = random_probabilities(generator)
    total = len(probabilities) * FRAME + generator.randrange(FRAME)
    segments = segments_of(probabilities, options, total)

    end = 0
    for segment in segments:
        assert end <= segment.start_sample < segment.end_sample <= total
        assert segment.end_sample - segment.start_sample <= options.max_segment_ms * MS
        end = segment.end_sample

    held = [False] * (len(probabilities) * 2)  # halves of frames: a split is in a frame's middle
    for segment in segments:
        first = -(-segment.start_sample // (FRAME // 2))
        held[first : segment.end_sample // (FRAME // 2)] = [True] * (
            min(segment.end_sample // (FRAME // 2), len(held)) - first
        )
    for start, last in speech_runs(probabilities, options):
        for frame in range(start, last + 1):
            if probabilities[frame] >= options.silence_threshold:
                assert held[2 * frame], (options, frame)
                assert held[2 * frame + 1], (options, frame)
    if max(probabilities) < options.speech_threshold:
        assert segments == []


@pytest.mark.parametrize("round_number", range(20))
def test_feeding_in_pieces_gives_the_same_as_feeding_at_once(round_number):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    options = random_options(generator)
    probabilities = random_probabilities(generator)
    segmenter, pieces, fed = Segmenter(options), [], 0
    while fed < len(probabilities):
        count = generator.randrange(0, 40)
        pieces += segmenter.feed(probabilities[fed : fed + count])
        fed += count
    assert pieces + segmenter.flush() == segments_of(probabilities, options)


def test_the_growing_segment_is_what_an_end_now_would_give_and_final_once_it_is_quiet():
    seed = random.randrange(2**32)
    generator = random.Random(seed)
    for _ in range(60):
        options, values = random_options(generator), random_probabilities(generator)
        segmenter = Segmenter(options)
        was, was_quiet = None, False
        for frame, value in enumerate(values):
            ended = segmenter.feed([value])
            now = segmenter.growing
            would = copy.deepcopy(segmenter).flush((frame + 1) * FRAME)
            assert would == ([] if now is None else [now]), seed
            if was is not None and now is not None and now.start_sample == was.start_sample:
                assert now.end_sample >= was.end_sample, seed
            if was_quiet and was is not None and value < options.silence_threshold:
                assert now == was or ended == [was], seed
            was, was_quiet = now, segmenter.is_quiet
