"""Where in the sound somebody speaks."""

from dictate.vad.segmenter import Segment, Segmenter, SegmenterOptions, split_speech

__all__ = ["Segment", "Segmenter", "SegmenterOptions", "split_speech"]
