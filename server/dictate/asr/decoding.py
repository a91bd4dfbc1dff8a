"""How an utterance is decoded: what may be asked for, and one attempt at it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from dictate.asr.beam import MOST_BEAMS, beam_search
from dictate.asr.bias import DEFAULT_LIMITS, Bias, BiasLimits
from dictate.asr.confidence import TokenScores
from dictate.asr.drafts import Drafting
from dictate.asr.guards import Thresholds
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.sampling import sample
from dictate.asr.speculative import Decoded, decode
from dictate.asr.tokens import Tokens
from dictate.errors import DictateError

# Nobody speaks faster: an auctioneer's 400 words a minute in a language of three tokens a word.
_MOST_TOKENS_PER_S = 20.0
_LEAST_ROOM_TOKENS = 16


@dataclass(frozen=True)
class DecodingOptions:
    """How an utterance is to be decoded.

    Attributes:
        prompt: names and words to expect, the most important last.
        phrases: names and words that may be said, in any of their forms, the likeliest first; see
            `bias.Bias`. Unlike a prompt they need a model that was trained for nothing.
        bias: how far they may go against the target.
        language: a code such as `en`; None takes the checkpoint's default or detects it.
        max_new_tokens: bound on the text's length; None: the model's positions alone.
        beams: hypotheses kept side by side; 1 is greedy, None the pair's own number. More than one
            does not speculate.
        length_penalty: of beam search, see `beam.beam_search`.
        guards: where the guards against invented text fire; None switches them off, and the text is
            what the target writes.
        temperatures: what is tried in turn once a guard has fired, each above 0; without any, what
            a guard fires at is withheld at once (openai/whisper's scheme and values).
    """

    prompt: str = ""
    phrases: tuple[str, ...] = ()
    bias: BiasLimits = DEFAULT_LIMITS
    language: str | None = None
    max_new_tokens: int | None = None
    beams: int | None = None
    length_penalty: float = 1.0
    guards: Thresholds | None = None
    temperatures: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8, 1.0)

    def __post_init__(self) -> None:
        """Check the figures.

        Raises:
            DictateError: one is out of range.
        """
        if self.beams is not None and not 1 <= self.beams <= MOST_BEAMS:
            raise DictateError(f"{self.beams} beams cannot be searched: use 1 to {MOST_BEAMS}")
        if not all(0.0 < value < math.inf for value in self.temperatures):
            raise DictateError("a temperature is not above 0: leave it out, greedy comes first")
        if self.max_new_tokens is not None and self.max_new_tokens < 0:
            raise DictateError(f"{self.max_new_tokens} new tokens: use 0 or more")
        if not math.isfinite(self.length_penalty):
            raise DictateError("the length penalty is no number: use 1.0")


@dataclass(frozen=True)
class Attempt:
    """One decoding of an utterance.

    Attributes:
        decoded: the tokens, and what they took.
        scores: a figure for each token, the end included.
        temperature: 0.0 is greedy or beam search.
        beams: how many hypotheses were kept.
        prompt_tokens: the prompt as it was given, its leading mark included.
        is_biased: phrases could win over the target's own choices.
    """

    decoded: Decoded
    scores: TokenScores
    temperature: float = 0.0
    beams: int = 1
    prompt_tokens: Sequence[int] = field(default_factory=list)
    is_biased: bool = False


class UtteranceDecoder:
    """A target with its caches, which decodes the utterance that it listens to again and again."""

    def __init__(
        self,
        model: Whisper,
        cache: KeyValueCache,
        tokens: Tokens,
        logit_filter: LogitFilter,
        fixed_width: int | None,
    ) -> None:
        """Take over `cache`, one slot, which others may use between utterances."""
        self._model = model
        self._cache = cache
        self._tokens = tokens
        self._filter = logit_filter
        self._fixed_width = fixed_width
        self._beam_cache: KeyValueCache | None = None

    def first(
        self,
        source: torch.Tensor,
        prompt_tokens: Sequence[int],
        language: str | None,
        options: DecodingOptions,
        *,
        bias: Bias | None = None,
        drafting: Drafting | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Attempt:
        """Decode greedily, or with as many beams as the options say.

        Args:
            source: the encoded sound [1, S, width], which the cache listens to already.
            prompt_tokens: ids of the prompt; none: no prompt.
            language: a code such as `en`.
            options: bounds and beams.
            bias: of the options' phrases; None: the target's own choices.
            drafting: where drafts come from; beams do without.
            cancelled: asked before every pass.

        Raises:
            DecodingCancelledError: `cancelled` said so.
        """
        prefix = [*prompt_tokens, *self._tokens.initial(language)]
        scores = TokenScores()
        beams = options.beams or 1
        if beams > 1:
            cache = self._beams(beams)
            self._model.listen(cache, source)
            decoded = beam_search(
                self._model,
                cache,
                prefix,
                self._tokens.end,
                self._filter,
                bias=bias,
                length_penalty=options.length_penalty,
                max_new_tokens=options.max_new_tokens,
                cancelled=cancelled,
                scores=scores,
            )
        else:
            self._cache.rollback(0)
            decoded = decode(
                self._model,
                self._cache,
                prefix,
                self._tokens.end,
                self._filter,
                bias=bias,
                drafting=drafting,
                scores=scores,
                fixed_width=self._fixed_width,
                max_new_tokens=options.max_new_tokens,
                cancelled=cancelled,
            )
        return Attempt(
            decoded, scores, beams=beams, prompt_tokens=prompt_tokens, is_biased=bias is not None
        )

    def sampled(
        self,
        prompt_tokens: Sequence[int],
        language: str | None,
        options: DecodingOptions,
        temperature: float,
        sound_s: float,
        *,
        cancelled: Callable[[], bool] | None = None,
    ) -> Attempt:
        """Decode at a temperature; no longer than `sound_s` seconds of speech can be.

        Raises:
            DecodingCancelledError: `cancelled` said so.
        """
        room = _LEAST_ROOM_TOKENS + math.ceil(_MOST_TOKENS_PER_S * sound_s)
        limit = room if options.max_new_tokens is None else min(room, options.max_new_tokens)
        scores = TokenScores()
        self._cache.rollback(0)
        decoded = sample(
            self._model,
            self._cache,
            [*prompt_tokens, *self._tokens.initial(language)],
            self._tokens.end,
            self._filter,
            temperature=temperature,
            fixed_width=self._fixed_width,
            max_new_tokens=limit,
            cancelled=cancelled,
            scores=scores,
        )
        return Attempt(decoded, scores, temperature, prompt_tokens=prompt_tokens)

    def first_logits(self) -> torch.Tensor:
        """Unfiltered logits float32 [V] behind the start of a transcript without a prompt.

        They say which language is spoken, and whether any is.
        """
        self._cache.rollback(0)
        start = torch.tensor([[self._tokens.start]], device=self._model.device)
        return self._model.step(start, self._cache.lengths, self._cache)[0, -1]

    def _beams(self, beams: int) -> KeyValueCache:
        if self._beam_cache is None or self._beam_cache.batch != beams:
            self._beam_cache = self._model.new_cache(beams)
        return self._beam_cache
