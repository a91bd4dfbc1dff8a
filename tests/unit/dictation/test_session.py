import asyncio
import gc
import math
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dictate.audio.source import AudioError
from dictate.dictation import capture
from dictate.dictation.engine_link import EngineLink
from dictate.dictation.kept_source import KeptSource
from dictate.dictation.recognition import RecognitionOptions, steadied
from dictate.dictation.session import Listener, Outcome, Session, SessionOptions
from dictate.dictation.spool import Spool, SpooledUtterance, SpoolError
from dictate.engine.protocol import Engine, EngineError, Hypothesis
from dictate.vad.segmenter import SegmenterOptions
from tests.unit.dictation.fakes import (
    LoudnessProbability,
    ScriptedEngine,
    ScriptedSource,
    silence,
    speech,
)

GUESSES = ("hypothesis", "preview")


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


class Bench:
    """A session on scripted sound and a scripted engine, with everything it tells."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.engine = ScriptedEngine()
        self.source: Any = ScriptedSource()
        self.executor = executor
        self.spooled: SpooledUtterance | None = Spool().create()
        self.phases: list[str] = []
        self.partials: list[Hypothesis] = []
        self.troubles: list[str] = []
        self.levels: list[tuple[float, bool]] = []
        self.options: dict[str, Any] = {"segmenter": SegmenterOptions(max_segment_ms=5000)}

    def session(self) -> Session:
        async def connect() -> Engine:
            return self.engine

        return Session(
            self.source,
            self.spooled,
            EngineLink(connect),
            SessionOptions(**self.options),
            Listener(
                self.phases.append,
                lambda dbfs, speech: self.levels.append((dbfs, speech)),
                self.partials.append,
                self.troubles.append,
            ),
            self.executor,
        )

    async def run(self, play: Callable[[Session], Any]) -> Outcome:
        session = self.session()
        capturing = asyncio.ensure_future(session.capture())
        try:
            await play(session)
            await capturing
            return await session.recognise()
        finally:
            capturing.cancel()
            session.close()


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("dictate.vad.speech_probability.SpeechProbability", LoudnessProbability)
    with ThreadPoolExecutor(4) as executor:
        yield Bench(executor)


async def test_what_was_said_becomes_text_in_order(bench: Bench) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(silence(), speech(1), silence(), speech(2), silence(), speech(3))
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1 w2 w3"
    assert bench.phases == ["listening", "finishing"]
    assert outcome.lost is None
    timings_ms = outcome.timings_ms()
    assert {"capture", "queue", "recognition", "engine_decode"} <= set(timings_ms)
    assert all(value >= 0 for value in timings_ms.values())


@pytest.mark.parametrize(
    ("withholds", "text", "withheld"),
    [
        ({"w2": ["repetition", "entropy"]}, "w1 w3", ["repetition", "entropy"]),
        ({"w1": ["entropy"], "w2": ["entropy"], "w3": ["entropy"]}, "", ["entropy"]),
        ({"w1": ["boilerplate"], "w2": ["silence"], "w3": ["no_speech"]}, "", []),
        ({}, "w1 w2 w3", []),
    ],
)  # fmt: skip
async def test_what_the_engine_withholds_is_told_unless_nobody_spoke(
    bench: Bench, withholds: dict[str, list[str]], text: str, withheld: list[str]
) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(silence(), speech(1), silence(), speech(2), silence(), speech(3))
        session.release()

    bench.engine.withholds = withholds
    outcome = await bench.run(play)
    assert outcome.text == text
    assert outcome.withheld == withheld
    assert outcome.heard


async def test_segments_are_decoded_while_speech_goes_on(bench: Bench) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence())
        while not bench.engine.committed:
            await asyncio.sleep(0.01)
        assert session.phase == "listening"
        await bench.source.play(speech(2))
        session.release()

    assert (await bench.run(play)).text == "w1 w2"


async def test_every_sample_is_in_the_spool_before_the_engine_gets_it(bench: Bench) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(silence(), speech(1))
        session.release()

    bench.source = ScriptedSource(tail=speech(2, 0.05))
    outcome = await bench.run(play)
    assert bench.spooled is not None
    everything = np.concatenate((silence(), speech(1), speech(2, 0.05)))
    assert np.array_equal(bench.spooled.samples(), everything)
    assert outcome.text == "w1 w2", "the tail that the source delivers at stop belongs to it"


async def test_silence_gives_no_text_and_wakes_no_engine(bench: Bench) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(silence(2))
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == ""
    assert not outcome.heard
    assert bench.engine.committed == []


async def test_silence_does_not_wait_for_an_engine_that_loads(bench: Bench) -> None:
    async def never() -> Engine:
        await asyncio.Event().wait()
        raise AssertionError

    async def play(session: Session) -> None:
        session._recognition._link._connect = never
        await bench.source.play(silence())
        session.release()

    assert (await asyncio.wait_for(bench.run(play), 30)).text == ""


async def test_a_release_in_the_middle_of_a_word_hears_its_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dictate.dictation.capture.TAIL_MS", math.inf)  # the word's end is enough

    async def play(session: Session) -> None:
        await bench.source.play(speech(1))
        session.release()
        await asyncio.sleep(0.05)
        await bench.source.play(speech(2, 0.1), silence(0.2))

    assert (await bench.run(play)).text == "w1 w2"


async def test_a_release_in_a_pause_ends_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dictate.dictation.capture.TAIL_MS", math.inf)  # nobody waits for that

    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(0.3))
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1"


async def test_speech_that_goes_on_is_cut_250_ms_after_the_release(bench: Bench) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(speech(1))
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1"
    assert outcome.timings_ms()["capture"] >= capture.TAIL_MS


async def test_a_killed_engine_gets_only_what_was_not_decoded_yet(bench: Bench) -> None:
    bench.engine.dies_at_commit = [2, 3]

    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(), speech(2), silence(), speech(3), silence(0.3))
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1 w2 w3"
    assert bench.engine.committed == ["w1", "w2", "w3"]
    assert bench.engine.sessions == 3


async def test_an_engine_lost_in_every_segment_costs_nothing(bench: Bench) -> None:
    bench.engine.dies_at_commit = [1, 3, 5, 7, 9, 11]

    async def play(session: Session) -> None:
        for number in range(1, 7):
            await bench.source.play(speech(number), silence())
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1 w2 w3 w4 w5 w6"
    assert bench.engine.sessions == 7


async def test_an_engine_that_dies_again_and_again_is_given_up(bench: Bench) -> None:
    bench.engine.dies_at_commit = list(range(1, 50))

    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(0.3))
        session.release()

    with pytest.raises(EngineError, match="killed"):
        await bench.run(play)
    assert bench.spooled is not None
    assert len(bench.spooled.samples()) > 0


async def test_an_engine_that_cannot_start_ends_the_listening(bench: Bench) -> None:
    listening = asyncio.Event()

    async def refuse() -> Engine:
        await listening.wait()
        raise EngineError("no weights: reinstall")

    async def play(session: Session) -> None:
        session._recognition._link._connect = refuse
        await bench.source.play(speech(1))
        listening.set()

    with pytest.raises(EngineError, match="no weights"):
        await asyncio.wait_for(bench.run(play), 30)
    assert bench.source.stops > 0


async def test_a_lost_microphone_leaves_what_it_captured(bench: Bench) -> None:
    async def play(_session: Session) -> None:
        await bench.source.play(speech(1))
        bench.source.lose("the microphone is gone: plug it in again")

    outcome = await bench.run(play)
    assert outcome.text == "w1"
    assert "plug it in" in str(outcome.lost)


async def test_a_microphone_that_cannot_be_opened_is_the_error(bench: Bench) -> None:
    bench.source = ScriptedSource(fails="no microphone: connect one")

    async def play(_session: Session) -> None:
        pass

    with pytest.raises(AudioError, match="connect one"):
        await asyncio.wait_for(bench.run(play), 30)
    assert bench.phases == ["finishing"], "it never listened"


async def test_a_release_before_the_microphone_opened_captures_nothing(bench: Bench) -> None:
    session = bench.session()
    session.release()
    await asyncio.wait_for(session.capture(), 30)
    outcome = await session.recognise()
    session.close()
    assert outcome.text == ""
    assert not bench.source.started.is_set()


async def test_a_cancelled_capture_closes_the_microphone(bench: Bench) -> None:
    session = bench.session()
    capturing = asyncio.ensure_future(session.capture())
    await bench.source.play(speech(1))
    capturing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await capturing
    session.close()
    assert bench.source.stops == 1
    assert bench.spooled is not None
    assert len(bench.spooled.samples()) == 16_000, "and keeps the sound"


async def test_a_microphone_that_still_opens_when_it_is_cancelled_is_closed(bench: Bench) -> None:
    may_open, log = threading.Event(), []

    class SlowSource(ScriptedSource):
        def start(self, on_block: Any, on_end: Any) -> None:
            log.append("opening")
            may_open.wait(30)
            log.append("open")

        def stop(self) -> None:
            log.append("closed")

    bench.source = SlowSource()
    session = bench.session()
    capturing = asyncio.ensure_future(session.capture())
    await until(lambda: log == ["opening"])
    capturing.cancel()
    session.close()
    await asyncio.sleep(0.1)
    may_open.set()
    await until(lambda: log[-1] == "closed")
    assert log == ["opening", "open", "closed"]


async def test_what_is_cancelled_leaves_no_pending_task(bench: Bench) -> None:
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    before = asyncio.all_tasks()
    for _ in range(5):
        session = bench.session()
        capturing = asyncio.ensure_future(session.capture())
        await bench.source.play(speech(1))
        capturing.cancel()
        session.close()
        del session, capturing
    await until(lambda: asyncio.all_tasks() == before)
    gc.collect()
    assert complaints == []


async def test_three_minutes_in_one_go_arrive_whole(bench: Bench) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(*(speech(number, 3.0) for number in range(1, 61)))
        session.release()

    outcome = await bench.run(play)
    said = outcome.text.split()
    assert list(dict.fromkeys(said)) == [f"w{number}" for number in range(1, 61)]
    assert outcome.audio_ms == 180_000
    assert outcome.recognised.segments > 180 / 5 - 1


async def test_a_dictation_ends_at_its_longest_length(bench: Bench) -> None:
    bench.options["max_minutes"] = 2 / 60

    async def play(_session: Session) -> None:
        await bench.source.play(speech(1), speech(2), speech(3))

    outcome = await asyncio.wait_for(bench.run(play), 30)
    assert outcome.too_long
    assert outcome.audio_ms == 2000
    assert outcome.text == "w1 w2"


async def test_partials_grow_and_are_never_asked_for_after_the_release(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dictate.dictation.recognition._LONGEST_REST_S", 0.0)
    bench.options["partials"] = True

    async def shown(text: str) -> None:
        await until(lambda: text in [partial.text for partial in bench.partials])

    async def play(session: Session) -> None:
        await bench.source.play(speech(1, 0.6))
        await bench.source.play(speech(2, 0.6))
        await shown("w1")
        await bench.source.play(speech(3, 0.6))
        await shown("w1 w2")
        await bench.source.play(silence(0.3))
        await shown("w1 w2 w3")
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1 w2 w3"
    texts = [partial.text for partial in bench.partials]
    assert list(dict.fromkeys(texts)) == ["w1", "w1 w2", "w1 w2 w3"], "the last by its preview"
    last_commit = max(i for i, line in enumerate(bench.engine.log) if line.startswith("commit"))
    assert not any(line.startswith(GUESSES) for line in bench.engine.log[last_commit:])


async def test_a_pause_is_decoded_as_the_final_that_it_may_be(bench: Bench) -> None:
    bench.options["partials"] = True

    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(0.3))
        await until(lambda: Hypothesis(text="w1", committed="w1") in bench.partials)
        await bench.source.play(speech(2), silence(0.3))
        await until(lambda: "preview w1 w2" in bench.engine.log)
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1 w2"
    previews = [line for line in bench.engine.log if line.startswith("preview")]
    assert previews == ["preview w1", "preview w1 w2"]
    # Nothing is sent between the last preview and its commit: the engine has decoded just this.
    end = bench.engine.log.index("preview w1 w2")
    assert bench.engine.log[end + 1 :] == ["commit w1 w2", "close"]


async def test_a_hypothesis_that_comes_behind_its_final_is_not_shown(bench: Bench) -> None:
    bench.options["partials"] = True
    bench.engine.answers = asyncio.Event()

    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(0.3))
        await until(lambda: "preview w1" in bench.engine.log)
        await bench.source.play(silence(1.0))
        await until(lambda: bench.engine.committed == ["w1"])
        bench.engine.answers.set()
        await asyncio.sleep(0.05)
        await bench.source.play(speech(2), silence(0.3))
        await until(lambda: any("w2" in partial.text for partial in bench.partials))
        session.release()

    assert (await bench.run(play)).text == "w1 w2"
    assert {partial.text for partial in bench.partials} == {"w1", "w1 w2"}


async def test_a_pause_is_decoded_where_no_partials_are_shown(bench: Bench) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(0.3))
        await until(lambda: "preview w1" in bench.engine.log)
        session.release()

    assert (await bench.run(play)).text == "w1"
    assert bench.partials == []
    assert not any(line.startswith("hypothesis") for line in bench.engine.log)


async def test_a_slow_hypothesis_holds_up_no_final(bench: Bench) -> None:
    bench.options["partials"] = True
    bench.engine.hypothesis_s = 600.0

    async def play(session: Session) -> None:
        await bench.source.play(speech(1))
        await until(lambda: "hypothesis w1" in bench.engine.log)
        await bench.source.play(speech(2), silence(0.3))
        session.release()

    outcome = await asyncio.wait_for(bench.run(play), 30)
    assert outcome.text == "w1 w2"
    asked = [line for line in bench.engine.log if line.startswith("hypothesis")]
    assert len(asked) == 1, "hypotheses are coalesced"


async def test_what_a_hypothesis_heard_behind_the_segment_is_not_decoded(bench: Bench) -> None:
    bench.options["partials"] = True

    async def play(session: Session) -> None:
        await bench.source.play(speech(1))
        await until(lambda: "hypothesis w1" in bench.engine.log)
        await bench.source.play(silence(0.5))
        await until(lambda: "preview w1" in bench.engine.log)
        await bench.source.play(silence(0.5), speech(2), silence(0.3))
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1 w2"
    assert outcome.recognised.audio_ms < 2700, "silence between the segments is not sent"


async def test_the_prompt_goes_to_engines_that_follow_prompts(bench: Bench) -> None:
    for follows in (True, False):
        bench.engine = ScriptedEngine(follows_prompts=follows)
        bench.source = ScriptedSource()
        prompt: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        prompt.set_result("getUser, URLParser")
        bench.options["recognition"] = RecognitionOptions(prompt=prompt, language="en")

        async def play(session: Session) -> None:
            await bench.source.play(speech(1), silence(0.3))
            session.release()

        await bench.run(play)
        assert bench.engine.prompts == [("getUser, URLParser" if follows else "", "en")]


async def test_a_prompt_that_fails_costs_no_dictation(bench: Bench) -> None:
    prompt: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    prompt.set_exception(RecursionError())
    bench.options["recognition"] = RecognitionOptions(prompt=prompt)

    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(0.3))
        session.release()

    assert (await bench.run(play)).text == "w1"


async def test_a_full_disk_costs_no_text_and_is_told_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: object, _samples: object) -> None:
        raise SpoolError("cannot keep the audio on disk: free some space")

    monkeypatch.setattr(SpooledUtterance, "append", full)

    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(0.3))
        session.release()

    assert (await bench.run(play)).text == "w1"
    assert bench.troubles == ["cannot keep the audio on disk: free some space"]


async def test_kept_sound_is_decoded_without_being_kept_twice(bench: Bench) -> None:
    assert bench.spooled is not None
    sound = np.concatenate((speech(1), silence(), speech(2)))
    bench.spooled.append(sound)
    bench.source = KeptSource(bench.spooled.samples(), "kept")
    spooled, bench.spooled = bench.spooled, None

    async def play(_session: Session) -> None:
        pass

    assert (await bench.run(play)).text == "w1 w2"
    assert len(spooled.samples()) == len(sound)


async def test_levels_tell_speech_from_silence(bench: Bench) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(silence(0.2), speech(1, 0.2))
        session.release()

    await bench.run(play)
    assert bench.levels[0] == (-96.0, False)
    assert bench.levels[-1][1]
    assert bench.levels[-1][0] > -40


async def test_ten_who_ask_at_once_open_one_connection() -> None:
    opened = 0

    async def connect() -> Engine:
        nonlocal opened
        opened += 1
        await asyncio.sleep(0.01)
        return ScriptedEngine()

    link = EngineLink(connect)
    engines = await asyncio.gather(*(link.engine() for _ in range(10)))
    assert opened == 1
    assert len({id(engine) for engine in engines}) == 1


async def test_a_connection_that_failed_is_tried_again() -> None:
    attempts = 0

    async def connect() -> Engine:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise EngineError("not now")
        return ScriptedEngine()

    link = EngineLink(connect)
    with pytest.raises(EngineError):
        await link.engine()
    assert await link.engine() is not None


@pytest.mark.parametrize(
    ("text", "committed", "likely", "shown"),
    [
        ("get user", "", "get user", "get"),
        ("get user", "get", "get user", "get"),
        ("get user by", "get user by", "get user by", "get user by"),
        ("get", "", "get", ""),
        ("get", "get", "get", "get"),
        ("", "", "", ""),
        ("get user by id", "get", "get user", "get user"),
        ("get user by id", "get user by", "get user", "get user by"),
        ("get user by id", "", "", ""),
    ],
)
def test_neither_a_doubtful_word_is_shown_nor_a_last_one_that_nothing_confirms(
    text: str, committed: str, likely: str, shown: str
):
    hypothesis = Hypothesis(text=text, committed=committed, likely=likely)
    assert steadied(hypothesis) == Hypothesis(text=shown, committed=committed)
