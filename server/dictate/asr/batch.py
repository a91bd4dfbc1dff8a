"""Several utterances at once: plain greedy decoding, each slot at its own position.

A step reads the weights once for all slots, so four utterances take little longer than one.
"""

from collections.abc import Callable, Sequence

import torch

from dictate.asr.bias import BEGINNING, Bias
from dictate.asr.confidence import TokenScores
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.speculative import Decoded, DecodingCancelledError


def decode_batch(
    model: Whisper,
    cache: KeyValueCache,
    prefixes: Sequence[Sequence[int]],
    end: int,
    logit_filter: LogitFilter,
    *,
    bias: Bias | None = None,
    max_new_tokens: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    scores: Sequence[TokenScores] | None = None,
) -> list[Decoded]:
    """Write the transcripts of the utterances that `cache` was begun with, one a slot.

    Args:
        model: the target.
        cache: begun by `model.begin`, without tokens.
        prefixes: prompt and initial ids of each, equally many.
        end: the id that ends a transcript; it is not part of the results.
        logit_filter: applied at every position on that position's own prefix.
        bias: likewise; None: none.
        max_new_tokens: bound on each transcript; the model's positions bound it anyway.
        cancelled: asked before every pass.
        scores: per slot, gets the logits of what was written, the end included.

    Returns:
        Per slot what `speculative.decode` without a draft would have returned; in 16 bit, where
        rounding depends on the shape of the matrices, but for ties.

    Raises:
        DecodingCancelledError: `cancelled` said so.
    """
    room = cache.capacity - len(prefixes[0])
    limit = room if max_new_tokens is None else min(room, max_new_tokens)
    results = [Decoded(tokens=[], truncated=True) for _ in range(cache.batch)]
    states = [BEGINNING] * cache.batch
    active = list(range(cache.batch)) if limit > 0 else []
    tokens = torch.tensor([list(prefix) for prefix in prefixes], device=cache.device)
    while active:
        if cancelled is not None and cancelled():
            raise DecodingCancelledError
        width = tokens.shape[1]
        logits = model.step(tokens, cache.lengths, cache, logits_from=width - 1)[:, 0]
        # A slot that has ended is fed on at its last position and its answer ignored.
        cache.advance([width if slot in active else 0 for slot in range(cache.batch)])
        for slot in active:
            logit_filter(logits[slot : slot + 1], len(results[slot].tokens))
        if bias is None:
            choices: list[int] = logits.argmax(-1).tolist()
        else:
            verdicts = bias.verdicts_beside(logits, states)
            choices = [verdict.token for verdict in verdicts]
            states = [
                bias.after(state, verdict.token, verdict)
                for state, verdict in zip(states, verdicts, strict=True)
            ]
        for slot in list(active):
            results[slot].target_steps += 1
            if scores is not None:
                scores[slot].add(logits[slot : slot + 1], [choices[slot]])
            if choices[slot] == end:
                results[slot].truncated = False
                active.remove(slot)
                continue
            results[slot].tokens.append(choices[slot])
            if len(results[slot].tokens) == limit:
                active.remove(slot)
        tokens = torch.tensor(choices, device=cache.device)[:, None]
    return results
