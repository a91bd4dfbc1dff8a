"""One utterance, once it is encoded: its language, its decodings, and the guards over them."""

from collections.abc import Callable
from dataclasses import replace

import torch

from dictate.asr.bias import Bias
from dictate.asr.decoding import Attempt, DecodingOptions, UtteranceDecoder
from dictate.asr.drafts import Drafting
from dictate.asr.fallback import Outcome, settle
from dictate.asr.judgement import Judgement, judge
from dictate.asr.tokens import Tokens


class Listener:
    """Decodes one encoded utterance until its text may stand, or is given up."""

    def __init__(
        self,
        decoder: UtteranceDecoder,
        tokens: Tokens,
        source: torch.Tensor,
        options: DecodingOptions,
        cancelled: Callable[[], bool] | None,
        bias: Bias | None = None,
    ) -> None:
        """Begin with the language; it is detected where the options name none.

        Args:
            decoder: its cache listens to `source` already.
            tokens: the target's.
            source: the encoded sound [1, S, width].
            options: how to decode.
            cancelled: asked before every pass.
            bias: of the options' phrases, for the first decoding; what is tried because a guard
                fired at that is the target's alone.
        """
        self._bias = bias
        self._decoder = decoder
        self._tokens = tokens
        self._source = source
        self._cancelled = cancelled
        self._first_logits: torch.Tensor | None = None
        self.language = options.language
        if self.language is None and tokens.multilingual:
            self.language = self._likeliest_language()
        self.options = replace(options, language=self.language)

    def decode(
        self,
        prompt_tokens: list[int],
        sound_s: float,
        drafting: Drafting | None,
        first: Attempt | None = None,
    ) -> tuple[Attempt, Outcome]:
        """Decode, and again where a guard fires.

        Args:
            prompt_tokens: ids of the prompt.
            sound_s: length of the sound in seconds.
            drafting: where the drafts of the first decoding come from.
            first: the first decoding, where it has been done already.

        Returns:
            The first decoding, and what the utterance ends with.

        Raises:
            DecodingCancelledError: `cancelled` said so.
        """
        first = first or self._first(prompt_tokens, drafting, self._bias)
        if self.options.guards is None:
            everything = tuple(range(len(first.decoded.tokens)))
            return first, Outcome(first, everything, steps=first.decoded.target_steps)
        outcome = settle(
            first,
            self._judge,
            lambda temperature: self._decoder.sampled(
                prompt_tokens,
                self.language,
                self.options,
                temperature,
                sound_s,
                cancelled=self._cancelled,
            ),
            self.options.temperatures,
            lambda with_prompt: self._first(prompt_tokens if with_prompt else [], None, None),
        )
        return first, outcome

    @property
    def known_no_speech_probability(self) -> float | None:
        """The no-speech probability where it has been asked for already, else None."""
        return None if self._first_logits is None else self._no_speech_probability()

    def _first(
        self, prompt_tokens: list[int], drafting: Drafting | None, bias: Bias | None
    ) -> Attempt:
        return self._decoder.first(
            self._source,
            prompt_tokens,
            self.language,
            self.options,
            bias=bias,
            drafting=drafting,
            cancelled=self._cancelled,
        )

    def _judge(self, attempt: Attempt) -> Judgement:
        limits = self.options.guards
        assert limits is not None, "settle() is called with guards only"
        return judge(
            attempt.decoded.tokens,
            attempt.scores,
            self._tokens,
            limits,
            truncated=attempt.decoded.truncated,
            prompt=self._tokens.decode(attempt.prompt_tokens),
            language=self.language,
            no_speech=self._no_speech_probability,
        )

    def _likeliest_language(self) -> str:
        """Of the utterance (openai/whisper, `detect_language`)."""
        ids = self._tokens.languages
        logits = self._logits()[list(ids.values())]
        return list(ids)[int(logits.argmax())]

    def _no_speech_probability(self) -> float | None:
        """Of the no-speech token behind the start, before tokens are suppressed.

        As in openai/whisper (`decode`, `no_speech_probs`), but without the prompt, so that it says
        the same of the sound whatever the prompt is.
        """
        token = self._tokens.no_speech
        return None if token is None else float(torch.softmax(self._logits(), -1)[token])

    def _logits(self) -> torch.Tensor:
        if self._first_logits is None:
            self._first_logits = self._decoder.first_logits().clone()
        return self._first_logits
