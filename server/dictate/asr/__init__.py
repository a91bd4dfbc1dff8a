"""Speech recognition with a Whisper pair: a library of its own, usable on a NumPy array."""

from dictate.asr.checkpoint import CheckpointError
from dictate.asr.device import choose_device
from dictate.asr.pair import Pair, Transcription
from dictate.asr.speculative import DecodingCancelledError

__all__ = ["CheckpointError", "DecodingCancelledError", "Pair", "Transcription", "choose_device"]
