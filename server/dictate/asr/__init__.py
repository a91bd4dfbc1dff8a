"""Speech recognition with a Whisper pair: a library of its own, usable on a NumPy array."""

from dictate.asr.checkpoint import CheckpointError
from dictate.asr.decoding import DecodingOptions
from dictate.asr.device import choose_device
from dictate.asr.guards import Thresholds
from dictate.asr.pair import Pair
from dictate.asr.speculative import DecodingCancelledError
from dictate.asr.transcription import Transcription

__all__ = [
    "CheckpointError",
    "DecodingCancelledError",
    "DecodingOptions",
    "Pair",
    "Thresholds",
    "Transcription",
    "choose_device",
]
