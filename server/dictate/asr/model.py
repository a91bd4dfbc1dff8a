"""Whisper in plain torch: an encoder, and a decoder with one primitive, `step`.

The weights come straight from a checkpoint; queries, keys and values are projected by one fused
matrix. Reference for the architecture: Radford et al., "Robust Speech Recognition via Large-Scale
Weak Supervision", 2022, and openai/whisper model.py.
"""

from collections.abc import Sequence

import torch

from dictate.asr.attention import TorchAttention
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.decoder import Decoder
from dictate.asr.encoder import Encoder
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.precision import Precision
from dictate.asr.weights import Weights


class Whisper:
    """A Whisper for inference; build it with `Whisper.load`."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device, precision: Precision) -> None:
        weights = Weights(checkpoint, device, precision)
        attention = TorchAttention()
        self.dimensions = checkpoint.dimensions
        self.device = device
        self.precision: Precision = precision
        self.dtype = weights.dtype
        self.attention_name = attention.name
        self.encoder = Encoder(weights, self.dimensions, attention)
        self.decoder = Decoder(weights, self.dimensions, attention)
        weights.end()

    @classmethod
    @torch.inference_mode()
    def load(
        cls, checkpoint: Checkpoint, device: torch.device, precision: Precision = "float32"
    ) -> "Whisper":
        """Build the model of `checkpoint` on `device`.

        Args:
            checkpoint: opened; its weights are read now, one by one.
            device: where it will run.
            precision: of the weights; `precision.choose_precision` finds the best.

        Raises:
            CheckpointError: tensors are missing, foreign or have the wrong shape.
        """
        return cls(checkpoint, device, precision)

    @property
    def weight_bytes(self) -> int:
        """Memory of the large matrices; norms, biases and positions are negligible."""
        linears = [*self.encoder.linears, *self.decoder.linears]
        return sum(linear.bytes for linear in linears) + self.decoder.embedding.bytes

    def new_cache(self, batch: int = 1) -> KeyValueCache:
        """An empty cache for `batch` slots of this model."""
        return KeyValueCache(self.dimensions, batch, self.device, self.dtype)

    def encode(self, features: torch.Tensor) -> torch.Tensor:
        """Features [B, mel_bins, frames] to source states [B, frames / 2, width]."""
        return self.encoder(features)

    def listen(self, cache: KeyValueCache, source: torch.Tensor) -> None:
        """Make `cache` ready for the first token of source [B or 1, S, width]; forgets tokens."""
        cache.listen(self.decoder.project_source(source))

    def begin(self, cache: KeyValueCache, features: torch.Tensor) -> None:
        """Encode features [B or 1, mel_bins, frames] and listen to them."""
        self.listen(cache, self.encode(features))

    def step(
        self,
        tokens: torch.Tensor,
        positions: Sequence[int],
        cache: KeyValueCache,
        *,
        logits_from: int = 0,
    ) -> torch.Tensor:
        """Feed W tokens per slot at the slot's own position; the one primitive of decoding.

        Serves prompt prefill, greedy decoding (W = 1), verification (W = k + 1), beams and batches.
        Writes keys and values at `positions .. positions + W`; the caller advances the cache by
        what it keeps.

        Args:
            tokens: int64 [B, W].
            positions: position of each slot's first token, normally `cache.lengths`.
            cache: begun, with B slots.
            logits_from: column of the first token whose logits are wanted; a prefill needs the
                last only, and the vocabulary's projection is its largest product.

        Returns:
            float32 [B, W - logits_from, V].
        """
        return self.decoder.step(tokens, positions, cache, logits_from)
