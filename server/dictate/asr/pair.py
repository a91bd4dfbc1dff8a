"""A target and, where there is one, a draft: sound in, exactly the target's text out."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dictate.asr.batch import decode_batch
from dictate.asr.checkpoint import Checkpoint, CheckpointError
from dictate.asr.confidence import TokenScores
from dictate.asr.decoding import Attempt, DecodingOptions, UtteranceDecoder
from dictate.asr.device import choose_device
from dictate.asr.drafts import Drafting, DraftModel, DraftSource, SingleDraft, SourceState
from dictate.asr.drafts.heads import HEADS_KINDS, Heads, HeadsError, HeadsKind, find_heads
from dictate.asr.fallback import Outcome
from dictate.asr.features import LogMel
from dictate.asr.guards import is_still
from dictate.asr.listener import Listener
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.phrase_book import PhraseBook
from dictate.asr.precision import Precision, choose_precision
from dictate.asr.shared_encoder import shares_encoder
from dictate.asr.sound_check import check_sound
from dictate.asr.speculation import Recall, Speculation, Target
from dictate.asr.speculative import fixed_width_of
from dictate.asr.stage_clock import StageClock
from dictate.asr.tokens import Tokens
from dictate.asr.transcription import Transcription, nothing, transcription
from dictate.asr.vocabulary_map import VocabularyMap, map_vocabularies

_logger = logging.getLogger(__name__)


class Pair:
    """Loaded models, one utterance at a time; not for use from two threads at once.

    Attributes:
        target_name: name of the target.
        tokens: the target's vocabulary.
        notices: one line for each thing that was left out and is not needed.
    """

    def __init__(
        self,
        target: Checkpoint,
        draft: Checkpoint | None,
        device: torch.device,
        *,
        precision: Precision = "float32",
        short_window: bool,
        follows_prompts: bool,
        speculation: bool = True,
        beams: int = 1,
        compiled: bool = False,
        heads: Path | None = None,
        heads_kinds: frozenset[HeadsKind] = HEADS_KINDS,
        prompt_tokens: int | None = None,
    ) -> None:
        self._most_prompt_tokens = prompt_tokens
        self._device = device
        self._short_window = short_window
        self._follows_prompts = follows_prompts
        self._framing = target.framing
        self.target_name = target.name
        self.tokens = Tokens(target)
        self._model = Whisper.load(target, device, precision, compiled=compiled)
        self._cache = self._model.new_cache()
        self._log_mel = LogMel(target.framing, device)
        self._filter = LogitFilter(
            self.tokens.suppressed(),
            self.tokens.suppressed_at_begin(),
            target.dimensions.vocabulary_size,
            device,
        )
        self._phrases = PhraseBook(self.tokens)
        self._draft: DraftModel | None = None
        to_target: VocabularyMap | None = None
        if draft is not None:
            if draft.framing.sample_rate_hz != target.framing.sample_rate_hz:
                raise CheckpointError(
                    f"draft: {draft.folder} wants another sample rate than the target: "
                    "choose another draft",
                    "draft",
                )
            encoder = self._model.encoder if shares_encoder(target, draft) else None
            self._draft = DraftModel(draft, device, precision, encoder)
            to_target = map_vocabularies(self._draft.tokens, self.tokens)
        self.notices: list[str] = []
        loaded: Heads | None = None
        folder = heads or find_heads(target.folder)
        if speculation and folder is not None:
            try:
                loaded = Heads.load(
                    folder, target, self._model, self._filter, self.tokens, heads_kinds
                )
            except HeadsError as error:
                self.notices.append(f"slower, without the heads: {error}")
                _logger.warning("%s", error)
        self._fixed_width = fixed_width_of(device, self._model.precision)
        self._beams = beams
        self._decoder = UtteranceDecoder(
            self._model, self._cache, self.tokens, self._filter, self._fixed_width
        )
        self._speculation = Speculation(
            Target(
                self._model,
                self._cache,
                self._filter,
                self.tokens.start,
                self.tokens.end,
                self._fixed_width,
                position_samples=2 * target.framing.hop_samples,
                heads=loaded,
            ),
            self._draft,
            to_target,
            enabled=speculation,
            short_window=short_window,
        )

    @classmethod
    def load(
        cls,
        target: Path,
        draft: Path | None = None,
        *,
        device: str = "auto",
        dtype: str = "auto",
        speculation: bool = True,
        beams: int = 1,
        short_window: bool = False,
        follows_prompts: bool = True,
        compiled: bool = False,
        heads: Path | None = None,
        heads_kinds: frozenset[HeadsKind] = HEADS_KINDS,
        prompt_tokens: int | None = None,
    ) -> "Pair":
        """Load checkpoint folders.

        Args:
            target: folder of the target.
            draft: folder of the draft; None decodes with the target alone.
            device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
            dtype: of the weights of both: `auto` or one of `precision.PRECISIONS`.
            speculation: False decodes with the target alone, whatever there is to draft with.
            beams: hypotheses kept side by side, where an utterance's options name no number. More
                than one does not speculate.
            short_window: the checkpoints were trained on windows of any length, so utterances are
                not padded. Stock Whispers invent text that way.
            follows_prompts: the target was trained with prompts; otherwise they are left out.
            compiled: see `Whisper.load`; of the target.
            heads: folder of heads that were trained on the target; None: those in the folder
                `heads` inside the target's own, if there are any. Heads that cannot be used are
                left out, and `notices` says why.
            heads_kinds: which of them to load.
            prompt_tokens: the longest prompt that the target stands, its leading mark included;
                None: as long as its positions allow.

        Raises:
            CheckpointError: a folder is not a whole checkpoint; its `role` says which.
            DictateError: the device is not there, or cannot compute in `dtype`, or cannot compile.
        """
        chosen = choose_device(device)
        opened = Checkpoint.open(target, "target")
        return cls(
            opened,
            None if draft is None else Checkpoint.open(draft, "draft"),
            chosen,
            precision=choose_precision(dtype, chosen, opened.dimensions, opened.stored),
            short_window=short_window,
            follows_prompts=follows_prompts,
            speculation=speculation,
            beams=beams,
            compiled=compiled,
            heads=heads,
            heads_kinds=heads_kinds,
            prompt_tokens=prompt_tokens,
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
    def shares_encoder(self) -> bool:
        """The draft hears through the target's encoder, because both have the same."""
        return self._draft is not None and self._draft.shares_encoder

    @property
    def dtype(self) -> str:
        """The precision of the weights."""
        return self._model.precision

    @property
    def transcribes_together(self) -> bool:
        """Several utterances at once give the texts that each alone would, and sooner.

        Not with windows of different lengths, and not where arithmetic rounds by the shape of the
        matrices.
        """
        return not self._short_window and self._fixed_width is None

    @property
    def attention(self) -> str:
        """The kernels that compute attention, for people."""
        return self._model.attention_name

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
        """Room for a prompt, its leading mark included (openai/whisper, decoding.py).

        Less where the checkpoint is known to lose the sound over longer ones.
        """
        room = self._cache.capacity // 2 - 1
        return room if self._most_prompt_tokens is None else min(room, self._most_prompt_tokens)

    def warm_up(self) -> None:
        """Make the first utterance as fast as the next, and find out which drafts pay."""
        self.rehearse()
        self.price_drafts()

    def rehearse(self) -> None:
        """Run the whole path on noise."""
        for _ in range(2):
            self.transcribe(self._noise(), max_new_tokens=24)
        self._model.prepare(self._cache)

    @torch.inference_mode()
    def price_drafts(self) -> None:
        """Time the target's step and the draft model, as they run now.

        What the draft sources had shown before is forgotten. Without it every source is used that
        has something to propose.
        """
        sound = torch.from_numpy(self._noise()).to(self._device)
        features = self._log_mel(sound, pad_to_window=not self._short_window)
        self._hear(features)
        self._speculation.measure(sound, self.tokens.default_language)

    @property
    def draft_sources(self) -> list[SourceState]:
        """The draft sources, the cheapest kind first, and why each is on or off."""
        return self._speculation.states()

    def _noise(self) -> NDArray[np.float32]:
        noise = np.random.default_rng(0).standard_normal(2 * self.sample_rate_hz)
        return 0.01 * noise.astype(np.float32)

    @torch.inference_mode()
    def transcribe(
        self,
        samples: NDArray[np.float32],
        options: DecodingOptions | None = None,
        *,
        prompt: str = "",
        language: str | None = None,
        draft: DraftSource | None = None,
        recall: Recall | None = None,
        speculate: bool = True,
        max_new_tokens: int | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Transcription:
        """Transcribe one utterance.

        Args:
            samples: float32 [n] in [-1, 1] at `sample_rate_hz`, at most `window_samples` long.
            options: how to decode; None: greedily, or with the pair's beams, without guards.
            prompt: in place of the options' own, if it is given.
            language: likewise.
            draft: proposals from elsewhere instead of all that the pair would choose from.
            recall: tokens that may well be said, to choose from besides the draft model's.
            speculate: False decodes with the target alone.
            max_new_tokens: in place of the options' own, if it is given.
            cancelled: asked before every pass of the target.

        Raises:
            DictateError: too many samples, samples that are no numbers, or a language that the
                target does not know.
            DecodingCancelledError: `cancelled` said so.
        """
        check_sound(samples, self.window_samples, self.sample_rate_hz)
        options = self._options(options or DecodingOptions(), prompt, language, max_new_tokens)
        clock = StageClock()
        if samples.size == 0:
            return nothing(clock.stages_ms, options.beams or 1)
        if options.guards is not None and is_still(samples):
            return nothing(clock.stages_ms, options.beams or 1, ("silence",))
        if options.language is not None:
            self.tokens.initial(options.language)  # refuses before any work is done
        sound = self._on_device(samples)
        features = self._log_mel(sound, pad_to_window=not self._short_window)
        clock.end("features")
        source = self._hear(features)
        clock.end("encode")
        listener = Listener(
            self._decoder, self.tokens, source, options, cancelled, self._phrases.bias(options)
        )
        drafting: Drafting | None = None
        sound_s = samples.size / self.sample_rate_hz
        speculate = speculate and listener.options.beams == 1
        if speculate and draft is not None:
            drafting = SingleDraft(draft)
        elif speculate:
            drafting = self._speculation.drafting(
                sound, listener.language, recall or Recall(), sound_s
            )
        first, outcome = listener.decode(self._prompt_tokens(options), sound_s, drafting)
        clock.end("decode")
        return self._transcription(listener, first, outcome, clock.stages_ms)

    @torch.inference_mode()
    def transcribe_together(
        self,
        sounds: Sequence[NDArray[np.float32]],
        options: DecodingOptions | None = None,
        *,
        cancelled: Callable[[], bool] | None = None,
    ) -> list[Transcription]:
        """Transcribe several utterances: what `transcribe` writes, in less time.

        One step writes a token of each, without drafts. Where `transcribes_together` is false they
        are transcribed one after the other.

        Args:
            sounds: as `transcribe` takes them.
            options: how to decode all of them.
            cancelled: asked before every pass of the target.

        Returns:
            In the order of the sounds; stages that were run together are counted in equal parts.

        Raises:
            DictateError: as `transcribe` does.
            DecodingCancelledError: `cancelled` said so.
        """
        options = self._options(options or DecodingOptions(), "", None, None)
        if (
            len(sounds) == 1
            or not self.transcribes_together
            or options.beams != 1
            or any(samples.size == 0 or is_still(samples) for samples in sounds)
        ):
            return [self.transcribe(samples, options, cancelled=cancelled) for samples in sounds]
        for samples in sounds:
            check_sound(samples, self.window_samples, self.sample_rate_hz)
        if options.language is not None:
            self.tokens.initial(options.language)
        clock = StageClock()
        features = torch.stack(
            [self._log_mel(self._on_device(samples), pad_to_window=True) for samples in sounds]
        )
        clock.end("features")
        sources = self._model.encode(features)
        clock.end("encode")
        prompt_tokens = self._prompt_tokens(options)
        bias = self._phrases.bias(options)
        listeners, prefixes = [], []
        for slot in range(len(sounds)):
            source = sources[slot : slot + 1]
            if options.language is None and self.tokens.multilingual:
                self._model.listen(self._cache, source)  # to find out which one is spoken
            listener = Listener(self._decoder, self.tokens, source, options, cancelled, bias)
            listeners.append(listener)
            prefixes.append([*prompt_tokens, *self.tokens.initial(listener.language)])
        cache = self._model.new_cache(len(sounds))
        self._model.listen(cache, sources)
        scores = [TokenScores() for _ in sounds]
        decoded = decode_batch(
            self._model,
            cache,
            prefixes,
            self.tokens.end,
            self._filter,
            bias=bias,
            max_new_tokens=options.max_new_tokens,
            cancelled=cancelled,
            scores=scores,
        )
        firsts = [
            Attempt(written, score, prompt_tokens=prompt_tokens, is_biased=bias is not None)
            for written, score in zip(decoded, scores, strict=True)
        ]
        clock.end("decode")
        stages_ms = {stage: spent / len(sounds) for stage, spent in clock.stages_ms.items()}
        results = []
        for slot, (samples, listener) in enumerate(zip(sounds, listeners, strict=True)):
            # For whatever a guard wants decoded again.
            self._model.listen(self._cache, sources[slot : slot + 1])
            sound_s = samples.size / self.sample_rate_hz
            first, outcome = listener.decode(prompt_tokens, sound_s, None, firsts[slot])
            results.append(self._transcription(listener, first, outcome, dict(stages_ms)))
        return results

    def _on_device(self, samples: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32)).to(self._device)

    def _prompt_tokens(self, options: DecodingOptions) -> list[int]:
        if not self._follows_prompts:
            return []
        return self.tokens.prompt(options.prompt, self.prompt_budget_tokens)

    def _transcription(
        self, listener: Listener, first: Attempt, outcome: Outcome, stages_ms: dict[str, float]
    ) -> Transcription:
        return transcription(
            outcome,
            first.decoded,
            self.tokens,
            listener.language,
            listener.known_no_speech_probability,
            stages_ms,
        )

    def _hear(self, features: torch.Tensor) -> torch.Tensor:
        """Encode float32 [mel_bins, frames] and listen to it; returns the source [1, S, width]."""
        source = self._model.encode(features[None])
        self._model.listen(self._cache, source)
        self._speculation.heard = source
        return source

    def _options(
        self,
        options: DecodingOptions,
        prompt: str,
        language: str | None,
        max_new_tokens: int | None,
    ) -> DecodingOptions:
        """The options with what was given beside them, and with the pair's own beams."""
        return replace(
            options,
            prompt=prompt or options.prompt,
            language=language or options.language or self.tokens.default_language,
            max_new_tokens=options.max_new_tokens if max_new_tokens is None else max_new_tokens,
            beams=options.beams or self._beams,
        )
