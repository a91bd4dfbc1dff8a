"""The decoding loop: draft, verify in one pass, accept; with nothing drafted it is plain greedy.

The scheme is greedy speculative decoding (Leviathan et al., "Fast Inference from Transformers via
Speculative Decoding", 2023, the case of temperature 0): the target's own choice is kept at every
position, so the tokens are exactly those that it would have written alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from dictate.asr.drafts import DraftSource
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper

_FIRST_DRAFT_TOKENS = 8
_LONGEST_DRAFT_TOKENS = 24


class DecodingCancelledError(Exception):
    """Somebody does not want this text any more."""


@dataclass
class Decoded:
    """What the loop wrote, and what it took."""

    tokens: list[int]
    truncated: bool = False
    target_steps: int = 0
    proposed_tokens: int = 0
    accepted_tokens: int = 0


def decode(
    model: Whisper,
    cache: KeyValueCache,
    prefix: Sequence[int],
    end: int,
    logit_filter: LogitFilter,
    *,
    draft: DraftSource | None = None,
    max_new_tokens: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Decoded:
    """Write the transcript of the utterance that `cache` was begun with.

    Args:
        model: the target.
        cache: begun by `model.begin`, one slot, without tokens.
        prefix: prompt and initial ids.
        end: the id that ends a transcript; it is not part of the result.
        logit_filter: applied at every position on that position's own prefix.
        draft: where proposals come from; None decodes greedily.
        max_new_tokens: bound on the transcript; the model's positions bound it anyway.
        cancelled: asked before every pass of the target.

    Raises:
        DecodingCancelledError: `cancelled` said so.
    """
    room = cache.capacity - len(prefix)
    limit = room if max_new_tokens is None else min(room, max_new_tokens)
    result = Decoded(tokens=[])
    device = cache.device
    pending = list(prefix)
    draft_tokens = _FIRST_DRAFT_TOKENS
    while len(result.tokens) < limit:
        if cancelled is not None and cancelled():
            raise DecodingCancelledError
        left = limit - len(result.tokens) - 1
        proposal: list[int] = []
        if draft is not None and left > 0:
            proposal = draft.propose(result.tokens, min(draft_tokens, left))
        logits = model.step(
            torch.tensor([pending + proposal], device=device),
            cache.lengths,
            cache,
            logits_from=len(pending) - 1,
        )[0]
        choices: list[int] = logit_filter(logits, len(result.tokens)).argmax(-1).tolist()
        accepted = _agreeing(proposal, choices)
        result.target_steps += 1
        result.proposed_tokens += len(proposal)
        result.accepted_tokens += accepted
        cache.advance(len(pending) + accepted)
        written = choices[: accepted + 1]
        if end in written:
            result.tokens += written[: written.index(end)]
            return result
        result.tokens += written
        pending = written[-1:]
        if proposal:
            draft_tokens = _next_length(draft_tokens, accepted, len(proposal))
    result.truncated = True
    return result


def _agreeing(proposal: Sequence[int], choices: Sequence[int]) -> int:
    """How many leading proposals are what the target chose itself."""
    for index, (proposed, chosen) in enumerate(zip(proposal, choices, strict=False)):
        if proposed != chosen:
            return index
    return len(proposal)


def _next_length(length: int, accepted: int, proposed: int) -> int:
    """Longer while everything is accepted, else about what was: wrong guesses cost a draft step."""
    if accepted == proposed:
        return min(_LONGEST_DRAFT_TOKENS, length + 4)
    return max(2, accepted + 1)
