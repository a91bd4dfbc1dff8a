"""Sources of proposals: cheap guesses at what the target will write next."""

from collections.abc import Sequence
from typing import Protocol

import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.features import LogMel
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.tokens import Tokens
from dictate.asr.vocabulary_map import VocabularyMap


class DraftSource(Protocol):
    """Proposes a continuation; whatever it says changes the time, never the text."""

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """Up to `limit_tokens` target ids that may follow `accepted`.

        Args:
            accepted: target ids of the transcript so far, without the initial ones.
            limit_tokens: how many the target will look at.
        """
        ...


class DraftModel:
    """A loaded draft checkpoint: its weights, features, tokens and map to the target's tokens."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self.name = checkpoint.name
        self.model = Whisper.load(checkpoint, device)
        self.tokens = Tokens(checkpoint)
        self.log_mel = LogMel(checkpoint.framing, device)
        self.filter = LogitFilter(
            self.tokens.suppressed(),
            self.tokens.suppressed_at_begin(),
            checkpoint.dimensions.vocabulary_size,
            device,
        )
        self.cache = self.model.new_cache()

    def listen(
        self, features: torch.Tensor, language: str | None, to: VocabularyMap
    ) -> "ModelDraft":
        """A source for one utterance.

        Args:
            features: float32 [mel_bins, frames], this draft's own.
            language: as the target uses; a draft that does not know it takes its default.
            to: the map to the target's vocabulary.
        """
        self.model.begin(self.cache, features[None])
        known = language if language in self.tokens.languages else None
        if self.tokens.multilingual and not (known or self.tokens.default_language):
            known = next(iter(self.tokens.languages))
        return ModelDraft(self, self.tokens.initial(known), to)


class ModelDraft:
    """Greedy guesses of a draft model about one utterance.

    It is never given the target's prompt: small models lose the sound over it.
    """

    def __init__(self, draft: DraftModel, initial: list[int], to: VocabularyMap) -> None:
        self._draft = draft
        self._initial = initial
        self._map = to
        self._cached: list[int] = []

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """The draft's own greedy continuation of `accepted`, in the target's ids."""
        draft = self._draft
        written = self._map.to_draft(accepted)
        context = self._initial + written
        # What the cache holds is right up to where the target decided otherwise; one token at
        # least is fed again, for its logits.
        kept = _common_prefix(self._cached, context[:-1])
        draft.cache.rollback(kept)
        del self._cached[kept:]
        pending = context[kept:]
        drafted: list[int] = []
        device = draft.cache.device
        while (
            len(drafted) < limit_tokens and len(self._cached) + len(pending) <= draft.cache.capacity
        ):
            logits = draft.model.step(
                torch.tensor([pending], device=device),
                draft.cache.lengths,
                draft.cache,
                logits_from=len(pending) - 1,
            )
            draft.cache.advance(len(pending))
            self._cached += pending
            token = int(draft.filter(logits[0], len(written) + len(drafted)).argmax())
            drafted.append(token)
            if token == draft.tokens.end:
                break
            pending = [token]
        return self._map.to_target(accepted, drafted)[:limit_tokens]


def _common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length
