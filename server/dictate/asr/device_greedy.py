"""Greedy decoding that the device does by itself, the host reading along a few tokens behind.

Each pass replays the step's graph, then a small one that chooses the token and tells the step's
inputs about it. The host queues passes ahead and reads tokens when they are there; those it queued
behind the end of the text were for nothing, and are overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch

from dictate.asr.confidence import spread

if TYPE_CHECKING:
    from dictate.asr.cache_graphs import CacheGraphs, StepInputs
    from dictate.asr.cuda_graphs import Graph
    from dictate.asr.graphed_model import GraphedModel

_AHEAD_PASSES: Final = 2
"""Passes queued beyond the token that is waited for: the device never waits for the host."""


@dataclass(frozen=True)
class Written:
    """What greedy decoding wrote.

    Attributes:
        tokens: the end of the text included, where it was reached.
        log_probabilities: of each token.
        entropies_nats: of the distribution that each token was chosen from.
    """

    tokens: list[int]
    log_probabilities: list[float]
    entropies_nats: list[float]


class DeviceGreedy:
    """The loop over one cache of one slot."""

    def __init__(self, model: GraphedModel, graphs: CacheGraphs, capacity: int) -> None:
        """Allocate; nothing is captured yet."""
        self._model = model
        self._queue = model.queue
        self.graphs = graphs
        self._choose: dict[int, Graph] = {}
        device = model.device
        with torch.inference_mode(mode=False):
            # The row of the last token that is known, how many are chosen, which bias applies.
            self._state = torch.zeros(3, dtype=torch.int64, device=device)
            self._bias = torch.zeros(2, model.dimensions.vocabulary_size, device=device)
            self._tokens = torch.zeros(capacity, dtype=torch.int64, device=device)
            self._figures = torch.zeros(capacity, 2, device=device)
            self._state_staging = self._queue.staging((3,), torch.int64)
            self._tokens_staging = self._queue.staging((capacity,), torch.int64)
            self._figures_staging = self._queue.staging((capacity, 2), torch.float32)
        self._given_bias: torch.Tensor | None = None
        self._begun = self._queue.mark()
        self._marks = [self._queue.mark() for _ in range(_AHEAD_PASSES + 1)]

    def write(
        self,
        pending: Sequence[int],
        position: int,
        limit_tokens: int,
        end: int,
        bias: torch.Tensor,
        width: int,
        heard: int,
        before_token: Callable[[], None],
    ) -> Written | None:
        """Write until the end of the text or `limit_tokens`; None: there is no room for the graphs.

        Args:
            pending: 1 to `width` tokens that the cache does not hold yet.
            position: of the first of them.
            limit_tokens: at least 1; all must fit the cache.
            end: the id that ends a text.
            bias: float32 [2, V], added to the logits of the first token and of all others.
            width: of the step.
            heard: positions of the sound.
            before_token: called before each token is waited for; what it raises ends the loop.
        """
        step = self.graphs.capture_step(width, has_logits=True, heard=heard)
        choose = None if step is None else self.capture_choice(width)
        if step is None or choose is None:
            return None
        self._begin(pending, position, bias, width)
        tokens: list[int] = []
        queued = 0
        arrived = self._tokens_staging.numpy()
        while len(tokens) < limit_tokens:
            while queued < min(limit_tokens, len(tokens) + 1 + _AHEAD_PASSES):
                step.replay()
                choose.replay()
                one = slice(queued, queued + 1)
                self._queue.copy(self._tokens_staging[one], self._tokens[one])
                self._queue.copy(self._figures_staging[one], self._figures[one])
                self._marks[queued % len(self._marks)].set()
                queued += 1
            before_token()
            self._marks[len(tokens) % len(self._marks)].wait()
            tokens.append(int(arrived[len(tokens)]))
            if tokens[-1] == end:
                break
        log_probabilities, entropies = self._figures_staging[: len(tokens)].T.tolist()
        return Written(tokens, log_probabilities, entropies)

    def _begin(self, pending: Sequence[int], position: int, bias: torch.Tensor, width: int) -> None:
        if bias is not self._given_bias:
            self._queue.copy(self._bias, bias)
            self._given_bias = bias
        self._begun.wait()
        self._state_staging.numpy()[:] = (len(pending) - 1, 0, 0)
        self._queue.copy(self._state, self._state_staging)
        self._begun.set()
        self.graphs.inputs(width).load(torch.tensor([list(pending)]), [position])

    def capture_choice(self, width: int) -> Graph | None:
        """The graph that follows a step of `width`; None: there is no room for it."""
        if width not in self._choose:
            inputs, logits = self.graphs.inputs(width), self.graphs.logits(width)
            # What a capture's trial runs leave behind, `_begin` overwrites.
            self._queue.copy(self._state, torch.zeros_like(self._state))
            state, bias, tokens, figures = self._state, self._bias, self._tokens, self._figures

            def work() -> None:
                _choose_token(inputs, logits, state, bias, tokens, figures)

            graph = self._model.capture(work)
            if graph is None:
                return None
            self._choose[width] = graph
        return self._choose[width]


def _choose_token(
    inputs: StepInputs,
    logits: torch.Tensor,
    state: torch.Tensor,
    bias: torch.Tensor,
    tokens: torch.Tensor,
    figures: torch.Tensor,
) -> None:
    """Choose the next token from the last known one's logits, and feed it to the next step.

    All on the device; see `DeviceGreedy` for the shapes.
    """
    row, count, which = state[0:1], state[1:2], state[2:3]
    scores = logits[0].index_select(0, row) + bias.index_select(0, which)
    choice = scores.argmax(-1)
    log_totals, entropies = spread(scores)
    chosen = scores.gather(1, choice[:, None])[:, 0]
    tokens.index_copy_(0, count, choice)
    figures.index_copy_(0, count, torch.stack((chosen - log_totals, entropies), 1))
    inputs.positions.add_(row).add_(1)
    inputs.tokens[0, :1].copy_(choice)
    row.zero_()
    count.add_(1)
    which.fill_(1)
