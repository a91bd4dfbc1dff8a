"""A model whose encoder and steps are graphs; what does not fit one runs as ever.

The layers' code is the decoder's own. A graph's shape is fixed, so tokens are padded to the next of
a few widths and stand wherever positions on the device say. Plain decoding and verification of the
same width go through the same graph: in 16 bit they round alike.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import torch

from dictate.asr.cache_graphs import CacheGraphs
from dictate.asr.cuda_graphs import out_of_memory
from dictate.asr.device_greedy import DeviceGreedy, Written

if TYPE_CHECKING:
    from dictate.asr.checkpoint import Dimensions
    from dictate.asr.cuda_graphs import Graph, Queue
    from dictate.asr.decoder import Decoder
    from dictate.asr.encoder import Encoder
    from dictate.asr.kv_cache import KeyValueCache
    from dictate.asr.state_tap import StateTap

STEP_WIDTHS: Final = (1, 16)
"""Widths of the graphs that give logits; 16 rows are a tile of tensor cores, one is for beams."""
FILL_WIDTH: Final = 64
"""Width of the graph that only fills the cache, as a prompt does."""
SPARE_POSITIONS: Final = FILL_WIDTH
"""Rows that padding may need behind the last position."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pass:
    """Tokens `start .. stop` of a step, fed to a graph of `width`."""

    start: int
    stop: int
    width: int
    has_logits: bool


def plan_passes(width: int, logits_from: int) -> list[Pass]:
    """Cut a step of `width` tokens into passes of the graphs' widths, in order.

    Every token is fed once; all from `logits_from` on by passes that give logits.
    """
    widest = STEP_WIDTHS[-1]
    tail = max(0, min(logits_from, width - widest))
    passes = [
        Pass(start, min(start + FILL_WIDTH, tail), FILL_WIDTH, has_logits=False)
        for start in range(0, tail, FILL_WIDTH)
    ]
    for start in range(tail, width, widest):
        stop = min(start + widest, width)
        narrowest = next(one for one in STEP_WIDTHS if one >= stop - start)
        passes.append(Pass(start, stop, narrowest, has_logits=True))
    return passes


class GraphedModel:
    """The graphs of one model: of its encoder, and of each cache's steps.

    They are captured when they are first needed, or by `prepare`. When the device has no memory
    left for them, all go, and every method says from then on that it cannot: the caller runs the
    same work without graphs.

    Attributes:
        gives_states: steps with logits leave the decoder's last hidden states, too; set before
            anything is captured.
    """

    def __init__(
        self,
        encoder: Encoder,
        decoder: Decoder,
        dimensions: Dimensions,
        dtype: torch.dtype,
        device: torch.device,
        queue: Queue,
        *,
        wants_ends: bool,
        compiled: bool = False,
    ) -> None:
        """Prepare; nothing is captured yet.

        Args:
            encoder: whose full window becomes a graph.
            decoder: whose steps become graphs.
            dimensions: of the model.
            dtype: of activations.
            device: where the model runs.
            queue: who captures.
            wants_ends: see `Attention`.
            compiled: let `torch.compile` fuse what it can before a capture.
        """
        self.decoder = decoder
        self.dimensions = dimensions
        self.dtype = dtype
        self.device = device
        self.queue = queue
        self.wants_ends = wants_ends
        self.gives_states = False
        self._encoder = encoder
        self._compiled = compiled
        self._off = False
        self._caches: WeakKeyDictionary[KeyValueCache, CacheGraphs] = WeakKeyDictionary()
        self._greedy: WeakKeyDictionary[KeyValueCache, DeviceGreedy] = WeakKeyDictionary()
        self._encode: Graph | None = None
        rows = dimensions.max_target_positions + SPARE_POSITIONS
        with torch.inference_mode(mode=False):
            self.causal = torch.full((rows, rows), -torch.inf, device=device, dtype=dtype).triu_(1)
            # A stride-2 convolution halves the frames.
            frames = 2 * dimensions.max_source_positions
            self._features = torch.zeros(1, dimensions.mel_bins, frames, device=device)
            self._source = torch.zeros(
                (1, dimensions.max_source_positions, dimensions.width), device=device, dtype=dtype
            )

    def encode(self, features: torch.Tensor) -> torch.Tensor | None:
        """See `Whisper.encode`; None: not by a graph."""
        if features.shape != self._features.shape:
            return None
        if self._encode is None:
            # Work holds what it uses, and no graph: both would live on until a collection.
            encoder, given, result = self._encoder, self._features, self._source

            def work() -> None:
                result.copy_(encoder(given))

            self._encode = self.capture(work)
            if self._encode is None:
                return None
        self.queue.copy(self._features, features)
        self._encode.replay()
        return self.queue.take(self._source)

    def listen(self, cache: KeyValueCache, source: torch.Tensor) -> bool:
        """See `Whisper.listen`; False: not by a graph."""
        sounds, positions, _ = source.shape
        if self._off or positions != self.dimensions.max_source_positions:
            return False
        cache.begin(sounds, positions)
        return self._graphs(cache).listen(source)

    def step(
        self,
        tokens: torch.Tensor,
        positions: Sequence[int],
        cache: KeyValueCache,
        logits_from: int,
        tap: StateTap | None = None,
    ) -> torch.Tensor | None:
        """See `Whisper.step`; None: not by graphs.

        `tap` gets the states that the logits are made of; there must have been one when the graphs
        were captured.

        Raises:
            ValueError: the tokens do not fit the cache; the device would write beyond it.
        """
        if self._off:
            return None
        width = tokens.shape[1]
        if min(positions) < 0 or max(positions) + width > cache.capacity:
            raise ValueError(
                f"{width} tokens at {list(positions)} do not fit {cache.capacity} positions"
            )
        graphs = self._graphs(cache)
        taken: list[torch.Tensor] = []
        states: list[torch.Tensor] = []
        for one in plan_passes(width, logits_from):
            logits = graphs.step(
                tokens[:, one.start : one.stop],
                [position + one.start for position in positions],
                one.width,
                has_logits=one.has_logits,
                heard=cache.cross[0].shape[3],
            )
            if logits is None:
                return None
            if one.has_logits:
                wanted = slice(max(0, logits_from - one.start), one.stop - one.start)
                taken.append(self.queue.take(logits[:, wanted]))
                if tap is not None:
                    states.append(self.queue.take(graphs.states(one.width)[:, wanted]))
        if tap is not None:
            tap.rows = states[0] if len(states) == 1 else torch.cat(states, dim=1)
        return taken[0] if len(taken) == 1 else torch.cat(taken, dim=1)

    def greedy(
        self,
        cache: KeyValueCache,
        pending: Sequence[int],
        limit_tokens: int,
        end: int,
        bias: torch.Tensor,
        width: int,
        before_token: Callable[[], None],
    ) -> Written | None:
        """See `Whisper.greedy`; None: not on the device."""
        fits = cache.batch == 1 and width in STEP_WIDTHS and 0 < len(pending) <= width
        room = cache.capacity - cache.lengths[0] - len(pending) + 1
        limit_tokens = min(limit_tokens, room)
        if self._off or not fits or limit_tokens < 1:
            return None
        graphs = self._graphs(cache)
        written = self._alone(cache, graphs).write(
            pending,
            cache.lengths[0],
            limit_tokens,
            end,
            bias,
            width,
            cache.cross[0].shape[3],
            before_token,
        )
        if written is not None:
            cache.advance(len(pending) + len(written.tokens) - 1)
        return written

    def prepare(self, cache: KeyValueCache) -> None:
        """Capture all that decoding needs with `cache`, which must have been begun."""
        if self._off:
            return
        graphs = self._graphs(cache)
        heard = cache.cross[0].shape[3]
        for width in STEP_WIDTHS:
            graphs.capture_step(width, has_logits=True, heard=heard)
        graphs.capture_step(FILL_WIDTH, has_logits=False, heard=heard)
        if cache.batch == 1:
            self._alone(cache, graphs).capture_choice(STEP_WIDTHS[-1])

    def capture(self, work: Callable[[], None]) -> Graph | None:
        """A graph of `work`; None where the device has no room for it."""
        if self._off:
            return None
        if self._compiled:
            work = torch.compile(work, dynamic=False)
        try:
            with torch.inference_mode():
                return self.queue.capture(work)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
        self._off = True
        self._encode = None
        self._caches.clear()
        self._greedy.clear()
        self.queue.release()
        _log.warning(
            "%s has no memory left for CUDA graphs: decoding goes on without them, slower; "
            "a smaller pair or dtype int8 leaves room",
            self.device,
        )
        return None

    def _graphs(self, cache: KeyValueCache) -> CacheGraphs:
        graphs = self._caches.get(cache)
        if graphs is None or not graphs.fit(cache):
            graphs = self._caches[cache] = CacheGraphs(self, cache)
        return graphs

    def _alone(self, cache: KeyValueCache, graphs: CacheGraphs) -> DeviceGreedy:
        greedy = self._greedy.get(cache)
        if greedy is None or greedy.graphs is not graphs:
            greedy = self._greedy[cache] = DeviceGreedy(self, graphs, cache.capacity)
        return greedy
