"""Adapting one Whisper to a domain: low-rank adapters, trained on its words, merged back.

Every second batch is a rehearsal: general speech, on which the adapted model is to write what it
wrote before (the loss of `distil_loss` against itself without adapters). So it learns the domain's
words and forgets nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.drafts.heads import weights_sha256
from dictate.train import lora
from dictate.train.architecture import encode
from dictate.train.corpus import Corpus
from dictate.train.dataset import Batch
from dictate.train.distil import TRAINING
from dictate.train.distil_folder import load_whisper, write_folder
from dictate.train.distil_lessons import USUAL_SIZE, Size, batches_from
from dictate.train.distil_loss import distillation_loss
from dictate.train.distil_teacher import Manner, Teacher, logits_at
from dictate.train.ranks import Rank, TrainingError
from dictate.train.training_loop import Budget, Done, Loop, run_to_end, take_over

Kind = Literal["domain", "general"]

DOMAIN_SHARDS: Final = "shard-0"
GENERAL_SHARDS: Final = "shard-1"
_RATE: Final = 2e-3
_LABEL_SMOOTHING: Final = 0.03


@dataclass(frozen=True, slots=True)
class Plan:
    """One model to adapt.

    Attributes:
        source: its Whisper folder.
        corpus: domain shards with texts, and general ones; see `DOMAIN_SHARDS`.
        out: the adapted folder; checkpoint and log lie in its `training`.
        budget: how long.
        manner: how the model is run.
        domain_prompts: the domain's sentences are prompted, too, with names of theirs.
        size: of the adapters.
        parts: of the model that get adapters.
        device: see `choose_device`.
        ranks: processes on a CPU.
        seed: of everything drawn.
        rate: times the usual learning rate.
        batch: of one rank.
        resume: go on from the checkpoint.
    """

    source: Path
    corpus: Path
    out: Path
    budget: Budget
    manner: Manner
    domain_prompts: bool = False
    size: lora.Rank = field(default_factory=lora.Rank)
    parts: Literal["all", "decoder"] = "all"
    device: str = "auto"
    ranks: int = 1
    seed: int = 1
    rate: float = 1.0
    batch: Size = USUAL_SIZE
    resume: bool = False

    @property
    def folder(self) -> Path:
        """Of the checkpoint and the log."""
        return self.out / TRAINING


@dataclass(frozen=True, slots=True)
class Lesson:
    """A batch and what it is for; `step` is its number, from which its noise is drawn."""

    kind: Kind
    batch: Batch
    step: int


class Adapter:
    """One rank of an adaptation."""

    def __init__(self, plan: Plan, rank: Rank) -> None:
        self._plan, self._rank = plan, rank
        self._device = choose_device(plan.device)
        checkpoint = Checkpoint.open(plan.source)
        whisper = load_whisper(plan.source)
        self.parameters = adapters_of(whisper, plan)
        whisper.to(self._device)
        self._whisper = whisper
        self._teacher = Teacher(whisper, checkpoint, plan.manner, self._device)
        plain = Manner(plan.manner.short_window, plan.domain_prompts, plan.manner.language)
        self._reader = Teacher(whisper, checkpoint, plain, self._device)

    def lessons(self, step: int) -> Iterator[Lesson]:
        """Domain and rehearsal in turn, from a step on."""
        plan, window_s = self._plan, self._teacher.window_s
        domain, general = (
            batches_from(turn, corpus, self._rank, plan.seed, window_s, plan.batch)
            for turn, corpus in (
                ((step + 1) // 2, part_of(plan.corpus, "domain")),
                (step // 2, part_of(plan.corpus, "general")),
            )
        )
        while True:
            yield (
                Lesson("general", next(general), step)
                if step % 2
                else Lesson("domain", next(domain), step)
            )
            step += 1

    def loss_of(self, lesson: Lesson) -> tuple[Tensor, int, dict[str, float]]:
        """The loss of a lesson, how many utterances it has, and figures for the log."""
        rng = np.random.default_rng((self._plan.seed, self._rank.index, lesson.step))
        batch = lesson.batch
        features = self._teacher.features(batch, rng)
        with torch.autocast(self._device.type, dtype=torch.bfloat16):
            if lesson.kind == "domain":
                return self._domain_loss(batch, features)
            return self._rehearsal_loss(batch, features)

    def _domain_loss(self, batch: Batch, features: Tensor) -> tuple[Tensor, int, dict[str, float]]:
        heard = encode(self._whisper, features)
        lesson = self._reader.read(batch, heard, "transcript").prompted
        written, labels = logits_at(self._whisper, heard, lesson)
        if not len(labels):
            return written.float().sum(), 0, {}
        loss = functional.cross_entropy(written.float(), labels, label_smoothing=_LABEL_SMOOTHING)
        return loss, len(batch.texts), {"domain_loss": float(loss.detach())}

    def _rehearsal_loss(
        self, batch: Batch, features: Tensor
    ) -> tuple[Tensor, int, dict[str, float]]:
        with torch.no_grad(), lora.without_adapters(self._whisper):
            before = encode(self._whisper, features)
            lesson = self._teacher.read(batch, before, "target").prompted
            expected, labels = logits_at(self._whisper, before, lesson)
        written, _ = logits_at(self._whisper, encode(self._whisper, features), lesson)
        if not len(labels):
            return written.float().sum(), 0, {}
        loss, figures = distillation_loss(written, expected, labels)
        return loss, len(batch.texts), {
            "rehearsal_loss": figures["loss"], "agreed": figures["agreed"],
        }  # fmt: skip


def adapters_of(whisper: Any, plan: Plan) -> dict[str, Tensor]:  # noqa: ANN401 - no types
    """Put the plan's adapters on a model; returns what is trained, by name."""
    if plan.parts == "all":
        return lora.adapt(whisper, plan.size, plan.seed)
    whisper.requires_grad_(requires_grad=False)
    return lora.adapt(whisper.model.decoder, plan.size, plan.seed)


def part_of(folder: Path, kind: Kind) -> Corpus:
    """The domain's or the general clips of a corpus."""
    corpus = Corpus(folder)
    prefix = DOMAIN_SHARDS if kind == "domain" else GENERAL_SHARDS
    corpus.clips = [clip for clip in corpus.clips if clip.shard.startswith(prefix)]
    return corpus


def settings_of(plan: Plan) -> dict[str, Any]:
    """What a run that goes on must share with the one that stopped."""
    return {
        "target": weights_sha256(Checkpoint.open(plan.source)),
        "rank": plan.size.rank,
        "alpha": plan.size.alpha,
        "parts": plan.parts,
        "ranks": plan.ranks,
        "seed": plan.seed,
        "rate": plan.rate,
        "batch": list(asdict(plan.batch).values()),
    }


def adapt_rank(rank: Rank, plan: Plan) -> None:
    """One rank's part of a run."""
    torch.manual_seed(plan.seed)
    adapter = Adapter(plan, rank)
    optimizer = torch.optim.AdamW(
        adapter.parameters.values(), lr=_RATE * plan.rate, betas=(0.9, 0.98), weight_decay=0.0
    )
    loop: Loop[Lesson] = Loop(
        plan.folder, rank, plan.budget, adapter.parameters, [optimizer], settings_of(plan)
    )
    if plan.resume:
        loop.resume()
    loop.run(adapter.lessons, adapter.loss_of)


def adapt(plan: Plan) -> Done:
    """Run a plan to its end and write its folder, an ordinary Whisper.

    Raises:
        TrainingError: there is no domain to learn, another run is in the way, or a rank failed.
        CheckpointError: the source is no whole Whisper.
    """
    checkpoint = Checkpoint.open(plan.source)
    needed: dict[Kind, str] = {"domain": "speech of the domain", "general": "general speech"}
    for kind, what in needed.items():
        if not part_of(plan.corpus, kind).clips:
            raise TrainingError(f"there is no {what} to learn from: name more code or recordings")
    state = run_to_end(adapt_rank, plan, settings_of(plan))
    whisper = load_whisper(plan.source)
    take_over(adapters_of(whisper, plan), state)
    lora.merge(whisper)
    write_folder(whisper, checkpoint, checkpoint.generation, plan.out)
    return Done(**state["done"])
