"""Decoding at a temperature: tokens drawn at random, the same ones whenever the seed is.

openai/whisper's way out of a loop (transcribe.py, `decode_with_fallback`). It is not greedy, so a
text that came about in this way must say so.
"""

from collections.abc import Callable, Sequence

import torch

from dictate.asr.confidence import TokenScores
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.speculative import Decoded, DecodingCancelledError, Passes

_SEED = 20_230_517
"""Any number does; a fixed one, so that the same sound gives the same text."""


def sample(
    model: Whisper,
    cache: KeyValueCache,
    prefix: Sequence[int],
    end: int,
    logit_filter: LogitFilter,
    *,
    temperature: float,
    fixed_width: int | None = None,
    max_new_tokens: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    scores: TokenScores | None = None,
) -> Decoded:
    """Draw a transcript of the utterance that `cache` was begun with.

    Args:
        model: the target.
        cache: begun by `model.begin`, one slot, without tokens.
        prefix: prompt and initial ids.
        end: the id that ends a transcript; it is not part of the result.
        logit_filter: applied at every position on that position's own prefix.
        temperature: above 0; logits are divided by it before a token is drawn.
        fixed_width: see `speculative.fixed_width_of`.
        max_new_tokens: bound on the transcript; the model's positions bound it anyway.
        cancelled: asked before every pass.
        scores: gets every token's figures, at temperature 1 as in openai/whisper.

    Raises:
        DecodingCancelledError: `cancelled` said so.
        ValueError: the temperature is not above 0.
    """
    if not temperature > 0.0:
        raise ValueError(f"temperature {temperature} draws nothing")
    generator = torch.Generator(device=model.device).manual_seed(_SEED)
    result = Decoded(tokens=[], truncated=True)
    room = cache.capacity - len(prefix)
    limit = room if max_new_tokens is None else min(room, max_new_tokens)
    if limit <= 0:
        return result
    passes = Passes(model, cache, prefix, end, fixed_width)
    while len(result.tokens) < limit:
        if cancelled is not None and cancelled():
            raise DecodingCancelledError
        logits = logit_filter(passes.verify([]), len(result.tokens))
        probabilities = torch.softmax(logits[0] / temperature, -1)
        token = int(torch.multinomial(probabilities, 1, generator=generator))
        result.target_steps += 1
        if scores is not None:
            scores.add(logits, [token])
        if token == end:
            result.truncated = False
            break
        result.tokens.append(token)
        passes.keep([token])
    return result
