"""What a draft is worth to its target: acceptance, milliseconds, and the whole with and without it.

Acceptance is the share of the places of the target's own text (its end included) where the draft,
given that text so far, would have written the target's next token. It depends neither on how many
tokens are drafted at once nor on this machine.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import torch

from dictate.asr import Pair
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.drafts import DraftModel, SingleDraft
from dictate.asr.shared_encoder import shares_encoder
from dictate.asr.vocabulary_map import map_vocabularies
from dictate.errors import DictateError
from dictate.train.augment import Samples
from dictate.train.distil_folder import write_json
from dictate.train.distil_lessons import language_of
from dictate.train.distil_rig import Heard, Rig
from dictate.train.distil_source import Source
from dictate.train.distil_speech import Spoken, only_words
from dictate.train.scoring import score


class MeasuringError(DictateError):
    """There is nothing to measure with."""


@dataclass(frozen=True, slots=True)
class DraftFigures:
    """What one draft did; milliseconds are medians.

    Attributes:
        acceptance: share of the places of the target's text where it wrote the same.
        shares_encoder: it hears through the target's encoder.
        parameters: of its own, without a shared encoder.
        token_ms: one step of it.
        opening_ms: its features and encoder, before the first token.
        decoder_ms: all behind the target's encoder, per utterance, this draft always asked.
        proposed_tokens: meanwhile, by so many at once as adapts to what is accepted.
        accepted_tokens: of those proposed.
        speedup: the target alone by `decoder_ms`, median of the utterances' own ratios.
        engine_speedup: the whole utterance as the engine decides, without by with the draft.
        same_tokens: the text was the target's own every time.
    """

    draft: str
    acceptance: float
    shares_encoder: bool
    parameters: int
    token_ms: float
    opening_ms: float
    decoder_ms: float
    proposed_tokens: int
    accepted_tokens: int
    speedup: float
    engine_speedup: float
    same_tokens: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A target with its drafts; milliseconds are medians.

    Attributes:
        token_ms: one step of the target.
        encode_ms: its encoder, per utterance.
        decoder_ms: all behind it, without a draft.
        word_error_rate: of the target, the same with any draft; None: nobody wrote the texts.
    """

    target: str
    device: str
    precision: str
    utterances: int
    tokens: int
    token_ms: float
    encode_ms: float
    decoder_ms: float
    word_error_rate: float | None
    drafts: list[DraftFigures]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, asdict(self))

    def __str__(self) -> str:
        """A table for people."""
        rate = "" if self.word_error_rate is None else f", WER {self.word_error_rate:.1%}"
        lines = [
            f"target {self.target} ({self.precision} on {self.device}): {self.utterances} "
            f"utterances, {self.tokens} tokens{rate}; encoder {self.encode_ms:.2f} ms, step "
            f"{self.token_ms:.2f} ms, decoder alone {self.decoder_ms:.2f} ms an utterance",
        ]
        if self.drafts:
            lines += [
                "",
                "| draft | acceptance | ms per token | target's by that | opening ms | decoder ms "
                "| speed-up | in the engine | tokens |",
                "|---|---:|---:|---:|---:|---:|---:|---:|---|",
            ]
        lines += [
            f"| {one.draft} | {one.acceptance:.1%} | {one.token_ms:.2f} "
            f"| {self.token_ms / one.token_ms:.1f} | {one.opening_ms:.2f} | {one.decoder_ms:.2f} "
            f"| {one.speedup:.2f} | {one.engine_speedup:.2f} "
            f"| {'same' if one.same_tokens else 'DIFFER'} |"
            for one in self.drafts
        ]
        return "\n".join(lines)


@torch.inference_mode()
def measure(
    source: Source,
    drafts: Sequence[Path],
    spoken: Sequence[Spoken],
    *,
    device: str = "auto",
    dtype: str = "auto",
) -> Report:
    """Measure a target with each of some drafts.

    Args:
        source: the target.
        drafts: their folders.
        spoken: what is decoded.
        device: see `Pair.load`.
        dtype: see `Pair.load`.

    Raises:
        CheckpointError: a folder is no whole Whisper.
        MeasuringError: there is no speech.
    """
    if not spoken:
        raise MeasuringError("nothing to measure with: ask for one utterance or more")
    opened = [Checkpoint.open(folder, "draft") for folder in drafts]
    rig = Rig(source, device, dtype)
    rig.write(rig.hear(spoken[0].sound))  # warms up
    heard = [rig.hear(one.sound) for one in spoken]
    alone = [rig.write(one) for one in heard]
    pairs = [
        (only_words(one.text), only_words(rig.tokens.decode(decoded.tokens)))
        for one, (decoded, _) in zip(spoken, alone, strict=True)
        if one.text is not None
    ]
    token_ms = rig.step_ms(rig.model, rig.cache)
    sounds = [one.sound for one in spoken]
    plain_ms = _engine_ms(source, None, sounds, device, dtype) if drafts else []
    figures = []
    for checkpoint in opened:
        with_ms = _engine_ms(source, checkpoint.folder, sounds, device, dtype)
        ratio = median(plain / one for plain, one in zip(plain_ms, with_ms, strict=True))
        figures.append(_figures(rig, checkpoint, heard, ratio))
    return Report(
        target=rig.checkpoint.name,
        device=str(rig.device),
        precision=rig.precision,
        utterances=len(spoken),
        tokens=sum(len(decoded.tokens) for decoded, _ in alone),
        token_ms=token_ms,
        encode_ms=median(one.encode_ms for one in heard),
        decoder_ms=median(spent_ms for _, spent_ms in alone),
        word_error_rate=score(pairs).rate if pairs else None,
        drafts=figures,
    )


def _figures(
    rig: Rig, checkpoint: Checkpoint, heard: Sequence[Heard], engine_speedup: float
) -> DraftFigures:
    shared = shares_encoder(rig.checkpoint, checkpoint)
    encoder = rig.model.encoder if shared else None
    draft = DraftModel(checkpoint, rig.device, rig.precision, encoder)
    to_target = map_vocabularies(draft.tokens, rig.tokens)
    language = rig.language
    right = places = proposed = accepted = 0
    opening_ms, with_ms, ratios = [], [], []
    same = True
    for one in heard:
        alone, plain_ms = rig.write(one)
        begun = rig.now_ms()
        if shared:
            source = draft.listen_to(one.states, language, to_target)
        else:
            features = draft.log_mel(one.sound, pad_to_window=not rig.short_window)
            source = draft.listen(features, language, to_target)
        opening_ms.append(rig.now_ms() - begun)
        drafted, spent_ms = rig.write(one, SingleDraft(source))
        with_ms.append(opening_ms[-1] + spent_ms)
        ratios.append(plain_ms / with_ms[-1])
        same = same and drafted.tokens == alone.tokens
        proposed += drafted.proposed_tokens
        accepted += drafted.accepted_tokens
        wanted = [*alone.tokens, rig.tokens.end]
        places += len(wanted)
        right += sum(
            source.propose(wanted[:index], 1) == [token] for index, token in enumerate(wanted)
        )
    own = (name for name in checkpoint.layout if not (shared and "model.encoder." in name))
    return DraftFigures(
        draft=checkpoint.name,
        acceptance=right / places,
        shares_encoder=shared,
        parameters=sum(checkpoint.layout[name].elements for name in own),
        token_ms=rig.step_ms(draft.model, draft.cache),
        opening_ms=median(opening_ms),
        decoder_ms=median(with_ms),
        proposed_tokens=proposed,
        accepted_tokens=accepted,
        speedup=median(ratios),
        engine_speedup=engine_speedup,
        same_tokens=same,
    )


def _engine_ms(
    source: Source, draft: Path | None, sounds: Sequence[Samples], device: str, dtype: str
) -> list[float]:
    """Milliseconds of each whole utterance, as the engine prices its drafts."""
    pair = Pair.load(
        source.folder,
        draft,
        device=device,
        dtype=dtype,
        short_window=source.short_window,
        follows_prompts=source.follows_prompts,
    )
    pair.warm_up()
    language = language_of(pair.tokens)
    spent_ms = []
    for sound in sounds:
        begun = time.perf_counter()
        pair.transcribe(sound, language=language)
        spent_ms.append(1e3 * (time.perf_counter() - begun))
    return spent_ms
