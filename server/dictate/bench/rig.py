"""A target and a draft taken apart into stages, so that each can be timed and steered by itself."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.drafts import DraftModel, DraftSource, SingleDraft
from dictate.asr.features import LogMel
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.precision import choose_precision
from dictate.asr.speculative import Decoded, decode, fixed_width_of
from dictate.asr.tokens import Tokens
from dictate.bench.peers.setting import Samples
from dictate.bench.timing import synchronise

MakeDraft = Callable[["Rig", torch.Tensor], DraftSource]
"""Makes a source for an utterance from its sound on the device; what it does is timed."""


def ready_made(source: DraftSource) -> MakeDraft:
    """A source that needs no sound."""

    def make(rig: "Rig", sound: torch.Tensor) -> DraftSource:
        del rig, sound
        return source

    return make


@dataclass(frozen=True)
class Heard:
    """An utterance that the target has encoded.

    Attributes:
        sound: float32 [n], on the device.
        source: the encoder's output.
    """

    sound: torch.Tensor
    source: torch.Tensor
    features_ms: float
    encoder_ms: float

    @property
    def encode_ms(self) -> float:
        """Time from sound in memory to the encoder's output."""
        return self.features_ms + self.encoder_ms


@dataclass(frozen=True)
class Run:
    """An utterance decoded.

    Attributes:
        draft_ms: making the draft's source ready; for a model this is its features and encoder.
        loop_ms: the decoding loop, the draft's steps included.
    """

    decoded: Decoded
    draft_ms: float
    loop_ms: float

    @property
    def decoder_ms(self) -> float:
        """All that happens once the target has encoded the sound."""
        return self.draft_ms + self.loop_ms


class Rig:
    """Loaded models of one pair; one utterance at a time."""

    def __init__(
        self,
        target: Path,
        draft: Path | None,
        device: str,
        dtype: str,
        *,
        short_window: bool = False,
    ) -> None:
        """Load checkpoint folders; see `Pair.load`."""
        self.torch_device = choose_device(device)
        self.device = str(self.torch_device)
        opened = Checkpoint.open(target)
        precision = choose_precision(dtype, self.torch_device, opened.dimensions, opened.stored)
        self.precision = precision
        self.tokens = Tokens(opened)
        self.model = Whisper.load(opened, self.torch_device, precision)
        self.cache = self.model.new_cache()
        self._short_window = short_window
        self._log_mel = LogMel(opened.framing, self.torch_device)
        self._filter = LogitFilter(
            self.tokens.suppressed(),
            self.tokens.suppressed_at_begin(),
            opened.dimensions.vocabulary_size,
            self.torch_device,
        )
        self.fixed_width = fixed_width_of(self.torch_device, precision)
        self.draft: DraftModel | None = None
        if draft is not None:
            self.draft = DraftModel(Checkpoint.open(draft, "draft"), self.torch_device, precision)

    @torch.inference_mode()
    def hear(self, samples: Samples) -> Heard:
        """Features and encoder."""
        synchronise(self.device)
        begun = time.perf_counter()
        sound = torch.from_numpy(samples).to(self.torch_device)
        features = self._log_mel(sound, pad_to_window=not self._short_window)
        synchronise(self.device)
        framed = time.perf_counter()
        source = self.model.encode(features[None])
        synchronise(self.device)
        encoded = time.perf_counter()
        # A copy: the model may keep its output in a buffer that the next utterance overwrites.
        return Heard(sound, source.clone(), 1e3 * (framed - begun), 1e3 * (encoded - framed))

    @torch.inference_mode()
    def write(
        self,
        heard: Heard,
        make_draft: MakeDraft | None = None,
        *,
        length_tokens: int | None = None,
        max_new_tokens: int | None = None,
    ) -> Run:
        """Decode what was heard.

        Args:
            heard: by this rig.
            make_draft: the source of proposals; None decodes plainly.
            length_tokens: how many tokens to propose each time; None: as `SingleDraft` adapts it.
            max_new_tokens: bound on the transcript.
        """
        self.model.listen(self.cache, heard.source)
        synchronise(self.device)
        begun = time.perf_counter()
        drafting = None
        if make_draft is not None:
            drafting = SingleDraft(make_draft(self, heard.sound), length_tokens)
            synchronise(self.device)
        ready = time.perf_counter()
        decoded = decode(
            self.model,
            self.cache,
            self.tokens.initial(self.tokens.default_language),
            self.tokens.end,
            self._filter,
            drafting=drafting,
            fixed_width=self.fixed_width,
            max_new_tokens=max_new_tokens,
        )
        synchronise(self.device)
        ended = time.perf_counter()
        return Run(decoded, 1e3 * (ready - begun), 1e3 * (ended - ready))

    def draft_features(self, sound: torch.Tensor) -> torch.Tensor:
        """The draft's own features of a sound on the device.

        Raises:
            ValueError: there is no draft.
        """
        if self.draft is None:
            raise ValueError("this rig has no draft")
        return self.draft.log_mel(sound, pad_to_window=not self._short_window)
