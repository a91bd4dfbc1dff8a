"""Sound that lies in memory already, as a source: for utterances that are tried again."""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dictate.audio.source import OnBlock, OnEnd

_BLOCK_SAMPLES = 960


class KeptSource:
    """Delivers samples as fast as they are taken; an `AudioSource`."""

    def __init__(self, samples: "NDArray[np.int16]", description: str) -> None:
        """Take int16 samples at 16 kHz."""
        self._samples = samples
        self._description = description
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def description(self) -> str:
        """What is shown as the device."""
        return self._description

    def start(self, on_block: "OnBlock", on_end: "OnEnd") -> None:
        """Begin to deliver, from a thread of its own."""
        self._thread = threading.Thread(
            target=self._deliver, args=(on_block, on_end), name="dictate-kept", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Deliver nothing more; idempotent."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _deliver(self, on_block: "OnBlock", on_end: "OnEnd") -> None:
        for start in range(0, len(self._samples), _BLOCK_SAMPLES):
            if self._stopped.is_set():
                return
            on_block(self._samples[start : start + _BLOCK_SAMPLES])
        if not self._stopped.is_set():
            on_end(None)
