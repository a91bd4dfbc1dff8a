"""The target's own text of a batch of sounds: the labels where nobody has written any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration

_TOKENS_PER_S: Final = 20.0
_LEAST_TOKENS: Final = 16


@torch.no_grad()
def greedy_texts(
    whisper: WhisperForConditionalGeneration,
    hidden: Tensor,
    head: Sequence[int],
    end: int,
    suppressed: Tensor,
    suppressed_first: Tensor,
    sound_s: float,
) -> list[list[int] | None]:
    """Decode greedily, all sounds of a batch at once.

    Args:
        whisper: the target.
        hidden: float[batch, positions, width], what its encoder heard.
        head: prompt and initial ids, the same for all.
        end: the id that ends a text.
        suppressed: int64 ids that are never written.
        suppressed_first: int64 ids that are not written first.
        sound_s: length of the sounds; nobody says more than 20 tokens a second.

    Returns:
        For each the ids without the end; None where no end came: most likely a text that goes round
        in circles, and nothing to learn from.
    """
    room = whisper.config.max_target_positions - len(head)
    limit = min(room, _LEAST_TOKENS + int(_TOKENS_PER_S * sound_s))
    step = torch.tensor([list(head)] * len(hidden), device=hidden.device)
    ended = torch.zeros(len(hidden), dtype=torch.bool, device=hidden.device)
    written: list[Tensor] = []
    cache = None
    for index in range(limit):
        output = whisper.model.decoder(
            input_ids=step, encoder_hidden_states=hidden, past_key_values=cache, use_cache=True
        )
        cache = output.past_key_values
        logits = whisper.proj_out(output.last_hidden_state[:, -1])
        logits[:, suppressed] = float("-inf")
        if index == 0:
            logits[:, suppressed_first] = float("-inf")
        choice = logits.argmax(-1).masked_fill(ended, end)
        ended |= choice == end
        written.append(choice)
        if bool(ended.all()):
            break
        step = choice[:, None]
    rows = torch.stack(written, dim=1).tolist() if written else [[] for _ in hidden]
    return [row[: row.index(end)] if end in row else None for row in rows]
