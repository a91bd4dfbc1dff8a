"""A smaller Whisper that hears the same sound: right more often than any lookup, and dear."""

from collections.abc import Sequence

import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.drafts.hypothesis import common_prefix
from dictate.asr.encoder import Encoder
from dictate.asr.features import LogMel
from dictate.asr.graphed_model import STEP_WIDTHS
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.precision import Precision
from dictate.asr.tokens import Tokens
from dictate.asr.vocabulary_map import VocabularyMap

DRAFT_MODEL = "draft model"


class DraftModel:
    """A loaded draft checkpoint: its weights, features, tokens and map to the target's tokens."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: torch.device,
        precision: Precision = "float32",
        encoder: Encoder | None = None,
    ) -> None:
        """Load `checkpoint`.

        Args:
            checkpoint: opened.
            device: where it will run.
            precision: of its weights.
            encoder: the target's, where it is the same as this checkpoint's own.

        Raises:
            CheckpointError: it is not whole.
        """
        self.name = checkpoint.name
        self.shares_encoder = encoder is not None
        self.model = Whisper.load(checkpoint, device, precision, encoder)
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
        return self.listen_to(self.model.encode(features[None]), language, to)

    def listen_to(
        self, source: torch.Tensor, language: str | None, to: VocabularyMap
    ) -> "ModelDraft":
        """The same for sound that this draft's encoder, or one like it, has encoded.

        Args:
            source: float [1, S, width].
            language: as the target uses.
            to: the map to the target's vocabulary.
        """
        self.model.listen(self.cache, source)
        known = language if language in self.tokens.languages else None
        if self.tokens.multilingual and not (known or self.tokens.default_language):
            known = next(iter(self.tokens.languages))
        return ModelDraft(self, self.tokens.initial(known), to)


class ModelDraft:
    """Greedy guesses of a draft model about one utterance.

    It is never given the target's prompt: small models lose the sound over it.
    """

    name = DRAFT_MODEL

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
        kept = common_prefix(self._cached, context[:-1])
        draft.cache.rollback(kept)
        del self._cached[kept:]
        pending = context[kept:]
        alone = self._alone(pending, len(written), limit_tokens)
        drafted: list[int] = alone or []
        device = draft.cache.device
        while alone is None and (
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

    def _alone(
        self, pending: list[int], written_tokens: int, limit_tokens: int
    ) -> list[int] | None:
        """What a device that decodes alone drafts behind `pending`; None: it cannot."""
        draft = self._draft
        if draft.model.graphs is None:
            return None
        bias = draft.filter.bias
        written = draft.model.greedy(
            draft.cache,
            pending,
            limit_tokens,
            draft.tokens.end,
            bias[1:].expand(2, -1) if written_tokens else bias,
            width=next((one for one in STEP_WIDTHS if one >= len(pending)), STEP_WIDTHS[-1]),
            before_token=lambda: None,
        )
        if written is None:
            return None
        self._cached += pending + written.tokens[:-1]
        return written.tokens
