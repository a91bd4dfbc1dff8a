"""Whisper in plain torch: an encoder, and a decoder with one primitive, `step`.

The weights come straight from a checkpoint; queries, keys and values are projected by one fused
matrix. Reference for the architecture: Radford et al., "Robust Speech Recognition via Large-Scale
Weak Supervision", 2022, and openai/whisper model.py.
"""

from collections.abc import Callable, Sequence

import torch

from dictate.asr.attention_choice import choose_attention
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.cuda_graphs import CudaQueue, Queue, check_compiler
from dictate.asr.decoder import Decoder
from dictate.asr.device_greedy import Written
from dictate.asr.encoder import Encoder
from dictate.asr.graphed_model import SPARE_POSITIONS, GraphedModel
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.precision import Precision
from dictate.asr.state_tap import StateTap
from dictate.asr.weights import Weights


class Whisper:
    """A Whisper for inference; build it with `Whisper.load`.

    Attributes:
        tap: where the decoder's last hidden states go, see `give_states`; None: nowhere.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: torch.device,
        precision: Precision,
        encoder: Encoder | None = None,
        *,
        compiled: bool = False,
    ) -> None:
        weights = Weights(checkpoint, device, precision, has_encoder=encoder is None)
        self.dimensions = checkpoint.dimensions
        head_width = self.dimensions.width // self.dimensions.decoder_heads
        attention = choose_attention(
            device, weights.dtype, head_width, is_rounded=precision in ("int8", "int4")
        )
        self.device = device
        self.precision: Precision = precision
        self.dtype = weights.dtype
        self.attention_name = attention.name
        self.encoder = encoder or Encoder(weights, self.dimensions, attention)
        self.decoder = Decoder(weights, self.dimensions, attention)
        self._wants_ends = attention.wants_ends
        self.tap: StateTap | None = None
        self.graphs: GraphedModel | None = None
        if device.type == "cuda":
            self.use_graphs(CudaQueue(device), compiled=compiled)

    @classmethod
    @torch.inference_mode()
    def load(
        cls,
        checkpoint: Checkpoint,
        device: torch.device,
        precision: Precision = "float32",
        encoder: Encoder | None = None,
        *,
        compiled: bool = False,
    ) -> "Whisper":
        """Build the model of `checkpoint` on `device`.

        Args:
            checkpoint: opened; its weights are read now, one by one.
            device: where it will run.
            precision: of the weights; `precision.choose_precision` finds the best.
            encoder: another model's with the same weights, in place of an own one.
            compiled: let `torch.compile` fuse kernels before graphs are captured; loading takes
                minutes longer. On CUDA alone.

        Raises:
            DictateError: `compiled` is wanted where nothing compiles.
            CheckpointError: tensors are missing, foreign or have the wrong shape.
        """
        if compiled:
            check_compiler(device)
        return cls(checkpoint, device, precision, encoder, compiled=compiled)

    def use_graphs(self, queue: Queue, *, compiled: bool = False) -> None:
        """Run what can be as graphs from now on; caches must be made afterwards.

        Args:
            queue: who captures.
            compiled: see `load`.
        """
        self.graphs = GraphedModel(
            self.encoder,
            self.decoder,
            self.dimensions,
            self.dtype,
            self.device,
            queue,
            wants_ends=self._wants_ends,
            compiled=compiled,
        )
        self.graphs.gives_states = self.tap is not None

    def give_states(self) -> StateTap:
        """Keep the decoder's last hidden states of every step from now on; returns where.

        To be called before the first step: graphs that exist do not give them.
        """
        if self.tap is None:
            self.tap = StateTap()
            if self.graphs is not None:
                self.graphs.gives_states = True
        return self.tap

    @property
    def weight_bytes(self) -> int:
        """Memory of the large matrices; norms, biases and positions are negligible."""
        linears = [*self.encoder.linears, *self.decoder.linears]
        return sum(linear.bytes for linear in linears) + self.decoder.embedding.bytes

    def new_cache(self, batch: int = 1) -> KeyValueCache:
        """An empty cache for `batch` slots of this model."""
        spare = 0 if self.graphs is None else SPARE_POSITIONS
        return KeyValueCache(self.dimensions, batch, self.device, self.dtype, spare)

    def encode(self, features: torch.Tensor) -> torch.Tensor:
        """Features [B, mel_bins, frames] to source states [B, frames / 2, width]."""
        source = None if self.graphs is None else self.graphs.encode(features)
        return self.encoder(features) if source is None else source

    def listen(self, cache: KeyValueCache, source: torch.Tensor) -> None:
        """Make `cache` ready for the first token of source [B or 1, S, width]; forgets tokens."""
        if self.graphs is None or not self.graphs.listen(cache, source):
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
            tokens: int64 [B, W], on the model's device; on the CPU does as well with `graphs`.
            positions: position of each slot's first token, normally `cache.lengths`.
            cache: begun, with B slots.
            logits_from: column of the first token whose logits are wanted; a prefill needs the
                last only, and the vocabulary's projection is its largest product.

        Returns:
            float32 [B, W - logits_from, V].
        """
        if self.graphs is not None:
            logits = self.graphs.step(tokens, positions, cache, logits_from, self.tap)
            if logits is not None:
                return logits
            tokens = tokens.to(self.device)
        return self.decoder.step(tokens, positions, cache, logits_from, self.tap)

    def greedy(
        self,
        cache: KeyValueCache,
        pending: Sequence[int],
        limit_tokens: int,
        end: int,
        bias: torch.Tensor,
        *,
        width: int,
        before_token: Callable[[], None],
    ) -> Written | None:
        """Write greedily on the device alone, without waiting for every token; None: it cannot.

        The same tokens as by `step` in passes of `width`.

        Args:
            cache: begun, one slot; afterwards it holds all tokens but the last one written.
            pending: what it does not hold yet, at least 1 and at most `width` tokens.
            limit_tokens: bound on what is written; the model's positions bound it anyway.
            end: the id that ends a text.
            bias: float32 [2, V], added to the logits of the first token and of all others.
            width: of every pass.
            before_token: called before every token; what it raises ends the loop.
        """
        if self.graphs is None:
            return None
        return self.graphs.greedy(cache, pending, limit_tokens, end, bias, width, before_token)

    def prepare(self, cache: KeyValueCache) -> None:
        """Capture all graphs that `cache`, which has been begun, will need."""
        if self.graphs is not None:
            self.graphs.prepare(cache)
