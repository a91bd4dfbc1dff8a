"""Beam search: the likeliest text among several that are kept alive side by side.

Token for token what transformers' `generate(num_beams=n)` writes (generation/utils.py,
`_beam_search`, version 5) with its default `early_stopping=False`:

- A hypothesis scores the sum of its tokens' log-probabilities, taken *before* tokens are
  suppressed, divided by (number of tokens, the end included) ** length_penalty.
- Of the 2n best continuations, those among the first n that end the text (or fill the token budget)
  become finished hypotheses, of which the n best are kept; the n best others live on.
- It stops when n are finished and the best living beam, scored as if it ended now, would not
  beat the worst of them; or when the budget is full.

All beams are slots of one cache, so that a position costs one pass; they share the
cross-attention of one sound. Beam search does not speculate: a draft guesses what one hypothesis
writes next, and here every position has n of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dictate.asr.bias import BEGINNING, Bias, BiasState, Verdict
from dictate.asr.confidence import TokenScores, spread
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.speculative import Decoded, DecodingCancelledError

MOST_BEAMS = 8
"""Every beam costs a cache and a row of each product; quality stops improving long before."""

_NOWHERE = -1e9
"""The score of a beam that is none yet (transformers' own figure)."""

_AHEAD_NATS = 1e-3
"""A biased token ranks this much before the one that it takes the place of."""


@dataclass(frozen=True)
class _Beam:
    """A hypothesis: its tokens, the sum of their log-probabilities, and their figures.

    The sum is what beams are ranked by, so that it has what the bias adds; the figures do not.
    """

    tokens: tuple[int, ...]
    sum_log_probability: float
    log_probabilities: tuple[float, ...] = ()
    entropies_nats: tuple[float, ...] = ()
    state: BiasState = BEGINNING


@dataclass(frozen=True)
class _Finished:
    beam: _Beam
    score: float


@torch.inference_mode()
def beam_search(
    model: Whisper,
    cache: KeyValueCache,
    prefix: Sequence[int],
    end: int,
    logit_filter: LogitFilter,
    *,
    bias: Bias | None = None,
    length_penalty: float = 1.0,
    max_new_tokens: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    scores: TokenScores | None = None,
) -> Decoded:
    """Write the transcript of the utterance that `cache` was begun with.

    Args:
        model: the target.
        cache: as many slots as beams, begun with one sound, without tokens.
        prefix: prompt and initial ids.
        end: the id that ends a transcript; it is not part of the result.
        logit_filter: applied to every beam at every position on that beam's own prefix.
        bias: likewise; a token that it chooses ranks as the beam's likeliest. None: none.
        length_penalty: 0 adds log-probabilities up, which favours short texts; 1 takes their mean;
            more favours long texts.
        max_new_tokens: bound on the transcript, its end included; the model's positions bound it
            anyway.
        cancelled: asked before every pass.
        scores: gets the figures of the best hypothesis' tokens, its end included.

    Raises:
        DecodingCancelledError: `cancelled` said so.
    """
    beams = cache.batch
    room = cache.capacity - len(prefix)
    limit = room if max_new_tokens is None else min(room, max_new_tokens)
    result = Decoded(tokens=[])
    living = [_Beam((), 0.0 if slot == 0 else _NOWHERE) for slot in range(beams)]
    finished: list[_Finished] = []
    pending = [list(prefix) for _ in living]
    while limit > 0:
        if cancelled is not None and cancelled():
            raise DecodingCancelledError
        logits = model.step(
            torch.tensor(pending, device=model.device),
            cache.lengths,
            cache,
            logits_from=len(pending[0]) - 1,
        )[:, -1]
        result.target_steps += 1
        cache.advance(len(pending[0]))
        candidates = _continuations(logits, living, logit_filter, bias)
        written = len(living[0].tokens) + 1
        full = written == limit
        ended = [full or beam.tokens[-1] == end for _, beam in candidates]
        finished += [
            _Finished(beam, _score(beam, length_penalty))
            for (_, beam), is_ended in zip(candidates[:beams], ended[:beams], strict=True)
            if is_ended
        ]
        finished = sorted(finished, key=lambda one: -one.score)[:beams]
        survivors = [
            candidate for candidate, is_ended in zip(candidates, ended, strict=True) if not is_ended
        ][:beams]
        if full or not _can_improve(survivors[0][1], finished, beams, length_penalty):
            break
        cache.select([slot for slot, _ in survivors])
        living = [beam for _, beam in survivors]
        pending = [[beam.tokens[-1]] for beam in living]
    best = finished[0].beam if finished else _Beam((), 0.0)
    result.truncated = best.tokens[-1:] != (end,)
    result.tokens = list(best.tokens if result.truncated else best.tokens[:-1])
    if scores is not None:
        scores.extend(best.log_probabilities, best.entropies_nats)
    return result


def _continuations(
    logits: torch.Tensor, living: Sequence[_Beam], logit_filter: LogitFilter, bias: Bias | None
) -> list[tuple[int, _Beam]]:
    """The 2n best continuations, best first, each with the slot that it continues.

    Args:
        logits: float32 [n, V], unfiltered.
        living: the n beams.
        logit_filter: see `beam_search`.
        bias: see `beam_search`.
    """
    written = len(living[0].tokens)
    log_probabilities = torch.log_softmax(logits, -1)
    for slot in range(len(living)):
        logit_filter(log_probabilities[slot : slot + 1], written)
    log_totals, entropies = spread(log_probabilities)
    sums = torch.tensor(
        [beam.sum_log_probability for beam in living], dtype=torch.float32, device=logits.device
    )
    totals = log_probabilities + sums[:, None]
    verdicts: list[Verdict] = []
    if bias is not None:
        verdicts = bias.verdicts_beside(log_probabilities, [beam.state for beam in living])
        for slot, verdict in enumerate(verdicts):
            if verdict.gap_nats > 0.0:
                totals[slot, verdict.token] += verdict.gap_nats + _AHEAD_NATS
    totals = totals.flatten()
    best_sums, places = totals.topk(2 * len(living))
    places_list: list[int] = places.tolist()
    # One transfer for all figures.
    figures = torch.cat((best_sums, log_probabilities.flatten()[places], log_totals, entropies))
    values: list[float] = figures.tolist()
    count, vocabulary_size = len(places_list), logits.shape[-1]
    totals_list = values[2 * count : 2 * count + len(living)]
    entropies_list = values[2 * count + len(living) :]
    found = []
    for index, place in enumerate(places_list):
        slot, token = divmod(place, vocabulary_size)
        parent = living[slot]
        beam = _Beam(
            (*parent.tokens, token),
            values[index],
            (*parent.log_probabilities, values[count + index] - totals_list[slot]),
            (*parent.entropies_nats, entropies_list[slot]),
            BEGINNING if bias is None else bias.after(parent.state, token, verdicts[slot]),
        )
        found.append((slot, beam))
    return found


def _score(beam: _Beam, length_penalty: float) -> float:
    """In single precision, as transformers divides, so that near ties fall alike."""
    penalty = np.float32(len(beam.tokens) ** length_penalty)
    return float(np.float32(beam.sum_log_probability) / penalty)


def _can_improve(
    best: _Beam, finished: Sequence[_Finished], beams: int, length_penalty: float
) -> bool:
    """Whether the best living beam, if it ended now, would beat the worst finished one."""
    return len(finished) < beams or _score(best, length_penalty) > finished[-1].score
