"""From a stretch of sound of any length to its text: finds the speech, cuts it to the window."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray

from dictate.asr.decoding import DecodingOptions
from dictate.asr.guards import Thresholds
from dictate.audio.format import SAMPLE_RATE_HZ, samples_of_ms
from dictate.engine.joining import Joiner
from dictate.engine.protocol import Transcript
from dictate.vad import Segment, Segmenter, SegmenterOptions
from dictate.vad.speech_probability import SpeechProbability

if TYPE_CHECKING:
    from dictate.asr import Pair, Transcription
    from dictate.engine.draft_memory import Utterance
    from dictate.engine.idle_cores import IdleCores

# Silence in front protects the first word when speech begins with the recording's first sample.
_FRONT_SILENCE_SAMPLES: Final = samples_of_ms(150)
# Windows decoded at a time: more would make a listener wait longer for the first of them.
_TOGETHER_PIECES: Final = 4
_BLOCK_SAMPLES: Final = samples_of_ms(2_000)

_logger = logging.getLogger(__name__)


class Transcriber:
    """A pair with the rules of how sound is cut for it; for one thread."""

    def __init__(
        self, pair: Pair, *, short_window: bool, idle_cores: IdleCores | None = None
    ) -> None:
        """Use `pair`.

        Args:
            pair: loaded models.
            short_window: sound is not padded to the window. Pauses are then the natural places to
                cut at; otherwise every piece costs a whole window, and pieces share windows.
            idle_cores: says how many threads to use; None: as many as torch was told.
        """
        self._idle_cores = idle_cores
        self.pair = pair
        self._packs = not short_window
        self._probability = SpeechProbability()
        self._max_piece_samples = pair.window_samples - _FRONT_SILENCE_SAMPLES

    @property
    def window_s(self) -> float:
        """Longest sound in one piece."""
        return self.pair.window_samples / SAMPLE_RATE_HZ

    def transcribe(
        self,
        samples: NDArray[np.int16],
        *,
        prompt: str = "",
        phrases: tuple[str, ...] = (),
        language: str | None = None,
        speech_only: bool = False,
        cancelled: Callable[[], bool] | None = None,
        on_text: Callable[[str], None] | None = None,
        memory: Utterance | None = None,
    ) -> Transcript:
        """Transcribe int16[n] at 16 kHz, n of any size.

        Args:
            samples: the sound.
            prompt: names to be spelled so, the most important last.
            phrases: names and words that may be said, the likeliest first.
            language: of the speech; None: the checkpoint's choice.
            speech_only: the caller has cut the sound to speech; it is not searched for silence
                unless it is longer than the window.
            cancelled: asked now and then; True ends it.
            on_text: gets the text of each piece as it is ready; the pieces joined are the text.
            memory: what is known of this sound already, to draft with; learns what is heard.

        Raises:
            DecodingCancelledError: `cancelled` said so.
            DictateError: the pair refused the sound.
        """
        start_s = time.perf_counter()
        if self._idle_cores is not None and self.pair.device == "cpu":
            torch.set_num_threads(self._idle_cores.count())
        pieces = self._pieces(samples, speech_only, cancelled)
        timings_ms = {"vad": 1e3 * (time.perf_counter() - start_s)}
        # Guards always; a hypothesis is not worth a second decoding, nor beams.
        options = DecodingOptions(
            prompt=prompt, phrases=phrases, language=language, guards=Thresholds()
        )
        if memory is not None and not memory.is_final:
            options = replace(options, temperatures=(), beams=1)
        joiner = Joiner(self.pair.tokens)
        for piece, result in self._decoded(samples, pieces, options, memory, cancelled):
            agreed = 0
            if memory is not None:
                agreed = memory.hear(piece.start_sample, piece.end_sample, result.tokens)
            if result.guards:
                _logger.info(
                    "guards: %s; withheld: %s",
                    ", ".join(result.guards),
                    ", ".join(result.rejected) or f"nothing, temperature {result.temperature}",
                )
            new = joiner.add(result, agreed)
            if new and on_text is not None:
                on_text(new)
        if memory is not None:
            memory.end()
        audio_ms = 1e3 * samples.size / SAMPLE_RATE_HZ
        transcript = joiner.transcript(audio_ms, timings_ms)
        transcript.timings_ms["engine"] = 1e3 * (time.perf_counter() - start_s)
        return transcript

    def _decoded(
        self,
        samples: NDArray[np.int16],
        pieces: Sequence[Segment],
        options: DecodingOptions,
        memory: Utterance | None,
        cancelled: Callable[[], bool] | None,
    ) -> Iterator[tuple[Segment, Transcription]]:
        """The pieces' transcriptions in order; of those that nothing is known of, some at once."""
        waiting: list[Segment] = []

        def together() -> Iterator[tuple[Segment, Transcription]]:
            sounds = [_floats(samples[one.start_sample : one.end_sample]) for one in waiting]
            results = self.pair.transcribe_together(sounds, options, cancelled=cancelled)
            yield from zip(waiting, results, strict=True)
            waiting.clear()

        for piece in pieces:
            recall = None
            if memory is not None:
                recall = memory.recall(piece.start_sample, piece.end_sample)
            unknown = recall is None or not recall.hypothesis
            if unknown and len(pieces) > 1 and self.pair.transcribes_together:
                waiting.append(piece)
                if len(waiting) == _TOGETHER_PIECES:
                    yield from together()
                continue
            if waiting:
                yield from together()
            sound = _floats(samples[piece.start_sample : piece.end_sample])
            yield (
                piece,
                self.pair.transcribe(sound, options, recall=recall, cancelled=cancelled),
            )
        if waiting:
            yield from together()

    def _pieces(
        self, samples: NDArray[np.int16], speech_only: bool, cancelled: Callable[[], bool] | None
    ) -> Sequence[Segment]:
        """What to decode: stretches of speech, none longer than a window."""
        if samples.size == 0:
            return []
        if speech_only and samples.size <= self._max_piece_samples:
            return [Segment(0, samples.size)]
        segmenter = Segmenter(
            SegmenterOptions(max_segment_ms=1e3 * self._max_piece_samples / SAMPLE_RATE_HZ)
        )
        self._probability.reset()
        segments: list[Segment] = []
        # In blocks, because the search of minutes takes long enough to be no longer wanted.
        for start in range(0, samples.size, _BLOCK_SAMPLES):
            if cancelled is not None and cancelled():
                raise _cancelled()
            block = samples[start : start + _BLOCK_SAMPLES]
            segments += segmenter.feed(self._probability.feed(block))
        segments += segmenter.flush(samples.size)
        return self._packed(segments) if self._packs else segments

    def _packed(self, segments: Sequence[Segment]) -> list[Segment]:
        """Join neighbours, pauses included, as long as they fit one window."""
        packed: list[Segment] = []
        for segment in segments:
            if packed and segment.end_sample - packed[-1].start_sample <= self._max_piece_samples:
                packed[-1] = Segment(packed[-1].start_sample, segment.end_sample)
            else:
                packed.append(segment)
        return packed


def _cancelled() -> Exception:
    from dictate.asr import DecodingCancelledError

    return DecodingCancelledError()


def _floats(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """int16[n] -> float32[n + front silence] in [-1, 1]."""
    floats = np.zeros(_FRONT_SILENCE_SAMPLES + samples.size, np.float32)
    floats[_FRONT_SILENCE_SAMPLES:] = samples
    floats /= 32768.0
    return floats
