"""A target and, where there is one, a draft: sound in, exactly the target's text out."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dictate.asr.checkpoint import Checkpoint, CheckpointError
from dictate.asr.device import choose_device
from dictate.asr.drafts import DraftModel, DraftSource
from dictate.asr.features import LogMel
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.speculative import Decoded, decode
from dictate.asr.tokens import Tokens
from dictate.asr.vocabulary_map import VocabularyMap, map_vocabularies
from dictate.errors import DictateError


@dataclass(frozen=True)
class Transcription:
    """The text of one window of sound, and how it came about."""

    text: str
    tokens: list[int]
    prompt_tokens: int
    proposed_tokens: int
    accepted_tokens: int
    target_steps: int
    truncated: bool
    timings_ms: dict[str, float] = field(default_factory=dict)


class Pair:
    """Loaded models, one utterance at a time; not for use from two threads at once."""

    def __init__(
        self,
        target: Checkpoint,
        draft: Checkpoint | None,
        device: torch.device,
        *,
        short_window: bool,
        follows_prompts: bool,
    ) -> None:
        self._device = device
        self._short_window = short_window
        self._follows_prompts = follows_prompts
        self._framing = target.framing
        self.target_name = target.name
        self.tokens = Tokens(target)
        self._model = Whisper.load(target, device)
        self._cache = self._model.new_cache()
        self._log_mel = LogMel(target.framing, device)
        self._filter = LogitFilter(
            self.tokens.suppressed(),
            self.tokens.suppressed_at_begin(),
            target.dimensions.vocabulary_size,
            device,
        )
        self._draft: DraftModel | None = None
        self._map: VocabularyMap | None = None
        if draft is not None:
            if draft.framing.sample_rate_hz != target.framing.sample_rate_hz:
                raise CheckpointError(
                    f"draft: {draft.folder} wants another sample rate than the target: "
                    "choose another draft",
                    "draft",
                )
            self._draft = DraftModel(draft, device)
            self._map = map_vocabularies(self._draft.tokens, self.tokens)

    @classmethod
    def load(
        cls,
        target: Path,
        draft: Path | None = None,
        *,
        device: str = "auto",
        short_window: bool = False,
        follows_prompts: bool = True,
    ) -> "Pair":
        """Load checkpoint folders.

        Args:
            target: folder of the target.
            draft: folder of the draft; None decodes with the target alone.
            device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
            short_window: the checkpoints were trained on windows of any length, so utterances are
                not padded. Stock Whispers invent text that way.
            follows_prompts: the target was trained with prompts; otherwise they are left out.

        Raises:
            CheckpointError: a folder is not a whole checkpoint; its `role` says which.
            DictateError: the device is not there.
        """
        return cls(
            Checkpoint.open(target, "target"),
            None if draft is None else Checkpoint.open(draft, "draft"),
            choose_device(device),
            short_window=short_window,
            follows_prompts=follows_prompts,
        )

    @property
    def draft_name(self) -> str | None:
        """The draft's name, if there is one."""
        return None if self._draft is None else self._draft.name

    @property
    def device(self) -> str:
        """Where it runs, as torch names it."""
        return str(self._device)

    @property
    def dtype(self) -> str:
        """The precision of the weights."""
        return self._model.precision

    @property
    def window_samples(self) -> int:
        """The longest sound that one call takes."""
        return self._framing.window_samples

    @property
    def sample_rate_hz(self) -> int:
        """The rate that the sound must have."""
        return self._framing.sample_rate_hz

    @property
    def prompt_budget_tokens(self) -> int:
        """Room for a prompt, its leading mark included (openai/whisper, decoding.py)."""
        return self._cache.capacity // 2 - 1

    def warm_up(self) -> None:
        """Run the whole path on noise, so that the first utterance is as fast as the next."""
        noise = np.random.default_rng(0).standard_normal(2 * self.sample_rate_hz)
        for _ in range(2):
            self.transcribe(0.01 * noise.astype(np.float32), max_new_tokens=24)

    @torch.inference_mode()
    def transcribe(
        self,
        samples: NDArray[np.float32],
        *,
        prompt: str = "",
        language: str | None = None,
        draft: DraftSource | None = None,
        speculate: bool = True,
        max_new_tokens: int | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Transcription:
        """Transcribe one utterance.

        Args:
            samples: float32 [n] in [-1, 1] at `sample_rate_hz`, at most `window_samples` long.
            prompt: names and words to expect, the most important last.
            language: a code such as `en`; None takes the checkpoint's default or detects it.
            draft: proposals from elsewhere instead of the pair's draft model.
            speculate: False decodes with the target alone.
            max_new_tokens: bound on the text's length.
            cancelled: asked before every pass of the target.

        Raises:
            DictateError: too many samples, or samples that are no numbers.
            DecodingCancelledError: `cancelled` said so.
        """
        if samples.size > self.window_samples:
            raise DictateError(
                f"{samples.size / self.sample_rate_hz:.1f} s of sound do not fit the model's "
                f"window of {self.window_samples / self.sample_rate_hz:.0f} s: split it first"
            )
        if not math.isfinite(float(np.sum(samples, dtype=np.float64))):
            raise DictateError("the sound holds values that are no numbers: record it again")
        clock = _StageClock()
        sound = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32)).to(self._device)
        features = self._log_mel(sound, pad_to_window=not self._short_window)
        clock.end("features")
        self._model.begin(self._cache, features[None])
        clock.end("encode")
        language = language or self.tokens.default_language or self._detect_language()
        if draft is None and speculate:
            draft = self._draft_source(sound, language)
            clock.end("draft_encode")
        prompt_tokens: list[int] = []
        if self._follows_prompts:
            prompt_tokens = self.tokens.prompt(prompt, self.prompt_budget_tokens)
        decoded = decode(
            self._model,
            self._cache,
            prompt_tokens + self.tokens.initial(language),
            self.tokens.end,
            self._filter,
            draft=draft,
            max_new_tokens=max_new_tokens,
            cancelled=cancelled,
        )
        clock.end("decode")
        return self._transcription(decoded, len(prompt_tokens), clock)

    def _draft_source(self, sound: torch.Tensor, language: str | None) -> DraftSource | None:
        if self._draft is None or self._map is None:
            return None
        features = self._draft.log_mel(sound, pad_to_window=not self._short_window)
        return self._draft.listen(features, language, self._map)

    def _detect_language(self) -> str | None:
        """The likeliest language of the utterance that was just encoded (Whisper's own way)."""
        if not self.tokens.multilingual:
            return None
        logits = self._model.step(
            torch.tensor([[self.tokens.start]], device=self._device),
            self._cache.lengths,
            self._cache,
        )[0, -1]
        return max(
            self.tokens.languages, key=lambda code: float(logits[self.tokens.languages[code]])
        )

    def _transcription(
        self, decoded: Decoded, prompt_tokens: int, clock: "_StageClock"
    ) -> Transcription:
        return Transcription(
            text=self.tokens.decode(decoded.tokens).strip(),
            tokens=decoded.tokens,
            prompt_tokens=prompt_tokens,
            proposed_tokens=decoded.proposed_tokens,
            accepted_tokens=decoded.accepted_tokens,
            target_steps=decoded.target_steps,
            truncated=decoded.truncated,
            timings_ms=clock.stages_ms,
        )


class _StageClock:
    """Wall time per stage, in milliseconds."""

    def __init__(self) -> None:
        self.stages_ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def end(self, stage: str) -> None:
        now = time.perf_counter()
        self.stages_ms[stage] = 1e3 * (now - self._last)
        self._last = now
