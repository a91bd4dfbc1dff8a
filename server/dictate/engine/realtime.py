"""One client's Realtime transcription session, from the engine's side."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Final

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.engine import events
from dictate.engine.host import PairHost, Request
from dictate.engine.input_buffer import InputBuffer
from dictate.engine.protocol import Hypothesis, Transcript
from dictate.engine.session_settings import SessionSettings
from dictate.engine.turns import SpeechStarted, Turn, TurnDetector
from dictate.errors import DictateError

MAX_HELD_S: Final = 30 * 60
"""Most sound that one session may have in the engine, uncommitted and waiting, in seconds."""

_logger = logging.getLogger(__name__)


class RequestError(DictateError):
    """A client's event that cannot be served; the session goes on."""

    def __init__(self, message: str, *, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class RealtimeSession:
    """Answers a client's events; `send` is called with encoded events, in order, on the loop."""

    def __init__(self, host: PairHost, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Prepare a session of `host`; `run_writer` must be running for anything to be sent."""
        self._host = host
        self._send_now = send
        self._loop = asyncio.get_running_loop()
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._id = f"sess_{secrets.token_hex(12)}"
        self._event_numbers = itertools.count()
        self._settings = SessionSettings()
        self._buffer = InputBuffer()
        self._turns: TurnDetector | None = None
        self._announced_item: str | None = None
        self._last_item: str | None = None
        self._held_samples = 0

    async def run_writer(self) -> None:
        """Send what the session says until `finish`; cancelled when the client has gone."""
        while (message := await self._outgoing.get()) is not None:
            await self._send_now(message)

    def greet(self) -> None:
        """Say the first event of a connection."""
        shown = self._settings.shown(self._id, self._host.model_name)
        self._say(events.SessionCreated(event_id=self._event_id(), session=shown))

    def refuse(self, reason: str) -> None:
        """Say that the engine cannot serve at all, and nothing after that."""
        self._say_error(reason, kind="server_error", code=events.CODE_ENGINE_FAILED)
        self._outgoing.put_nowait(None)

    def close(self) -> None:
        """The client has gone: drop its work."""
        self._host.forget(self)

    async def on_message(self, message: bytes | str) -> None:
        """Serve one event; whatever is wrong with it becomes an `error` event."""
        event_id: str | None = None
        try:
            try:
                event = events.decode_client_event(message)
                event_id = event.event_id
            except (msgspec.DecodeError, UnicodeDecodeError):
                with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                    event_id = events.decode_event_head(message).event_id
                raise
            await self._on_event(event)
        except RequestError as error:
            self._say_error(str(error), code=error.code, param=error.param, event_id=event_id)
        except DictateError as error:
            self._say_error(str(error), code="invalid_value", event_id=event_id)
        except msgspec.ValidationError as error:
            reason, _, path = str(error).partition(" - at `$.")
            param = path.rstrip("`") or None
            self._say_error(reason, code="invalid_value", param=param, event_id=event_id)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._say_error(f"the event is no JSON: {error}", code="invalid_json")
        except Exception as error:  # noqa: BLE001 - one bad event must not end the session
            _logger.error("an event could not be served: %s", type(error).__name__)  # noqa: TRY400
            self._say_error(
                f"the engine could not serve the event ({type(error).__name__})",
                kind="server_error",
                code="internal_error",
                event_id=event_id,
            )

    async def _on_event(self, event: events.AnyClientEvent) -> None:
        if isinstance(event, events.AudioAppend):
            await self._append(event.audio)
        elif isinstance(event, events.AudioCommit):
            self._commit_all()
        elif isinstance(event, events.AudioClear):
            self._clear()
        elif isinstance(event, events.Hypothesize):
            self._hypothesize(event.event_id, as_final=event.as_final)
        else:
            self._update(event.session)

    def _update(self, update: events.SessionConfig) -> None:
        before = self._settings
        self._settings = before.updated(update)
        if self._settings.turn_detection != before.turn_detection:
            self._turns = None
        shown = self._settings.shown(self._id, self._host.model_name)
        self._say(events.SessionUpdated(event_id=self._event_id(), session=shown))

    async def _append(self, data: bytes) -> None:
        if len(data) > events.MAX_APPEND_BYTES:
            raise RequestError(
                f"one append holds {len(data)} bytes: send at most {events.MAX_APPEND_BYTES}",
                code="audio_too_long",
                param="audio",
            )
        # Counted before anything is computed; 16 kHz is the densest that is kept.
        if self._held_samples + self._buffer.size_samples + len(data) // 2 > (
            MAX_HELD_S * SAMPLE_RATE_HZ
        ):
            raise RequestError(
                f"more than {MAX_HELD_S} s of sound wait in this session: "
                "commit less at once or wait for the transcripts",
                code="input_audio_buffer_full",
                param="audio",
            )
        samples = self._buffer.decode(data, self._settings.rate_hz)
        self._host.drop_preview(self)
        self._buffer.add(samples)
        if self._settings.turn_detection is None:
            return
        if self._turns is None:
            self._turns = TurnDetector(
                self._settings.turn_detection,
                self._host.window_s,
                self._buffer.end_sample - samples.size,
            )
        # Off the loop: a long append means seconds of work, and others are being served.
        self._on_turns(await asyncio.to_thread(self._turns.feed, samples))
        self._buffer.drop_before(min(self._turns.needed_from_sample, self._buffer.end_sample))

    def _on_turns(self, turns: list[Turn]) -> None:
        for turn in turns:
            if isinstance(turn, SpeechStarted):
                self._announced_item = _item_id()
                self._say(
                    events.SpeechStarted(
                        event_id=self._event_id(),
                        item_id=self._announced_item,
                        audio_start_ms=_ms(turn.sample),
                    )
                )
            else:
                item_id, self._announced_item = self._announced_item or _item_id(), None
                self._say(
                    events.SpeechStopped(
                        event_id=self._event_id(),
                        item_id=item_id,
                        audio_end_ms=_ms(turn.end_sample),
                    )
                )
                samples = self._buffer.take(turn.start_sample, turn.end_sample)
                # It has been searched for silence already.
                request = msgspec.structs.replace(self._settings.request, speech_only=True)
                self._commit(item_id, samples, request, turn.start_sample)

    def _commit_all(self) -> None:
        """The client's own commit: everything there is becomes one item."""
        self._buffer.add(self._buffer.tail())
        if self._buffer.size_samples == 0:
            raise RequestError(
                "Error committing input audio buffer: the buffer is empty: append sound first",
                code=events.CODE_EMPTY_COMMIT,
            )
        item_id, self._announced_item = self._announced_item or _item_id(), None
        # The detector's stream ends where the buffer does.
        self._turns = None
        start_sample = self._buffer.start_sample
        samples = self._buffer.take(start_sample, self._buffer.end_sample)
        self._commit(item_id, samples, self._settings.request, start_sample)

    def _commit(
        self, item_id: str, samples: NDArray[np.int16], request: Request, start_sample: int
    ) -> None:
        previous, self._last_item = self._last_item, item_id
        item = events.Item(id=item_id, content=[events.ItemContent()])
        self._say(
            events.AudioCommitted(
                event_id=self._event_id(), item_id=item_id, previous_item_id=previous
            )
        )
        for event_type in (events.ItemAdded, events.ItemDone):
            self._say(event_type(event_id=self._event_id(), item=item, previous_item_id=previous))
        self._host.drop_hypothesis(self)
        if self._settings.transcription is None:
            return
        self._held_samples += samples.size
        future = self._host.transcribe(
            self,
            samples,
            request,
            on_text=lambda text: self._from_worker(self._say_delta, item_id, text),
            origin_sample=start_sample,
        )
        with_logprobs = self._settings.with_logprobs
        future.add_done_callback(
            lambda done: self._from_worker(
                self._end_item, item_id, samples.size, with_logprobs, done
            )
        )

    def _say_delta(self, item_id: str, text: str) -> None:
        self._say(events.TranscriptionDelta(event_id=self._event_id(), item_id=item_id, delta=text))

    def _end_item(
        self,
        item_id: str,
        size_samples: int,
        with_logprobs: bool,
        done: Future[Transcript | None],
    ) -> None:
        self._held_samples -= size_samples
        error = done.exception()
        if error is not None:
            self._say(
                events.TranscriptionFailed(
                    event_id=self._event_id(),
                    item_id=item_id,
                    error=events.ErrorDetails(
                        type="server_error", code="transcription_failed", message=str(error)
                    ),
                )
            )
            return
        transcript = done.result()
        if transcript is None:
            return  # the session is being closed
        self._say(
            events.TranscriptionCompleted(
                event_id=self._event_id(),
                item_id=item_id,
                transcript=transcript.text,
                usage=events.Usage(seconds=size_samples / SAMPLE_RATE_HZ),
                logprobs=transcript.token_log_probabilities if with_logprobs else UNSET,
                dictate=events.ItemFigures.of(transcript),
            )
        )

    def _clear(self) -> None:
        self._buffer.clear()
        self._turns = None
        self._announced_item = None
        self._host.clear(self, self._buffer.start_sample)
        self._say(events.AudioCleared(event_id=self._event_id()))

    def _hypothesize(self, request_id: str | None, *, as_final: bool) -> None:
        if self._buffer.size_samples == 0:
            self._say_hypothesis(request_id, Hypothesis())
            return
        ask = self._host.preview if as_final else self._host.hypothesize
        future = ask(
            self, self._buffer.content(), self._settings.request, self._buffer.start_sample
        )
        future.add_done_callback(
            lambda done: self._from_worker(self._end_hypothesis, request_id, done)
        )

    def _end_hypothesis(self, request_id: str | None, done: Future[Hypothesis | None]) -> None:
        # A guess that failed is no guess; the commit will say what is wrong.
        guess = None if done.exception() else done.result()
        self._say_hypothesis(request_id, guess or Hypothesis())

    def _say_hypothesis(self, request_id: str | None, guess: Hypothesis) -> None:
        self._say(
            events.Hypothesis(
                event_id=self._event_id(),
                request_id=request_id,
                text=guess.text,
                committed=guess.committed,
                likely=guess.likely,
            )
        )

    def _say_error(
        self,
        message: str,
        *,
        code: str,
        kind: str = "invalid_request_error",
        param: str | None = None,
        event_id: str | None = None,
    ) -> None:
        details = events.ErrorDetails(
            type=kind, code=code, message=message, param=param, event_id=event_id
        )
        self._say(events.ErrorEvent(event_id=self._event_id(), error=details))

    def _say(self, event: events.ServerEvent) -> None:
        self._outgoing.put_nowait(events.encode(event))

    def _from_worker(self, function: Callable[..., None], *arguments: object) -> None:
        """Call `function` on the loop; calls keep their order. The loop may have ended."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def _event_id(self) -> str:
        return f"event_{self._id[5:]}_{next(self._event_numbers)}"


def _item_id() -> str:
    return f"item_{secrets.token_hex(10)}"


def _ms(samples: int) -> int:
    return round(1e3 * samples / SAMPLE_RATE_HZ)
