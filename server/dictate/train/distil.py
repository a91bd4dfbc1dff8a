"""Distilling a draft, or a smaller target, from a Whisper.

The student is cut from the target (see `prune`) and learns to write what the target writes. A
draft's encoder is the target's own and stays as it is, bit by bit: the engine then encodes a sound
once for both, and training runs the encoder without gradients, once for target and student.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import torch
from torch import Tensor

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.drafts.heads import weights_sha256
from dictate.asr.tokens import Tokens
from dictate.train.architecture import encode
from dictate.train.corpus import Corpus
from dictate.train.dataset import Batch
from dictate.train.distil_folder import load_whisper, write_folder
from dictate.train.distil_lessons import USUAL_SIZE, Size, batches_from, language_of
from dictate.train.distil_loss import distillation_loss
from dictate.train.distil_teacher import Labels, Manner, Teacher, logits_at
from dictate.train.prune import pruned, pruned_generation, taken_layers
from dictate.train.ranks import Rank, TrainingError
from dictate.train.training_loop import Budget, Done, Loop, run_to_end, take_over

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration

Speech = Literal["recordings", "synthetic speech", "recordings and synthetic speech"]

TRAINING: Final = "training"
# Peak learning rates of Muon and of AdamW by the model's width: found at the least width, and at
# 1280 about those that published drafts were trained at.
_MATRIX_RATE_BY_WIDTH: Final = 0.58
_RATE_BY_WIDTH: Final = 0.3
_LEAST_WIDTH: Final = 192


@dataclass(frozen=True, slots=True)
class Plan:
    """One distillation.

    Attributes:
        target: a Whisper folder.
        corpus: folder of shards; see `corpus.Corpus`.
        out: the new Whisper folder; checkpoint and log lie in its `training`.
        layers: of the student's decoder.
        ffn_width: of its feed-forward networks, None: the target's.
        budget: how long.
        labels: whether the target's own text or the corpus's is learned.
        trains_encoder: the student gets an encoder of its own: a smaller target, no draft.
        start_from: a folder distilled before, to go on from; its sizes are taken.
        short_window: the target runs on windows of any length.
        follows_prompts: the target was trained with prompts, so it gets some; a draft does not.
        language: of the speech; None: the target's default, or English.
        device: see `choose_device`.
        ranks: processes on a CPU.
        seed: of everything drawn.
        rate: times the usual learning rate.
        size: of a rank's batch.
        resume: go on from the checkpoint.
        speech: what the corpus holds, for the model card.
    """

    target: Path
    corpus: Path
    out: Path
    budget: Budget
    layers: int = 1
    ffn_width: int | None = None
    labels: Labels = "target"
    trains_encoder: bool = False
    start_from: Path | None = None
    short_window: bool = False
    follows_prompts: bool = False
    language: str | None = None
    device: str = "auto"
    ranks: int = 1
    seed: int = 1
    rate: float = 1.0
    size: Size = USUAL_SIZE
    resume: bool = False
    speech: Speech = "recordings"

    @property
    def folder(self) -> Path:
        """Of the checkpoint, the log and the plot."""
        return self.out / TRAINING


class Distiller:
    """One rank of a distillation: the target, the student and the loss between them."""

    def __init__(self, plan: Plan, rank: Rank) -> None:
        self._plan, self._rank = plan, rank
        self._device = choose_device(plan.device)
        target = load_whisper(plan.target)
        self.student = student_of(plan, target)
        target.to(self._device)
        self.student.to(self._device)
        manner = Manner(plan.short_window, plan.follows_prompts, plan.language)
        self._teacher = Teacher(target, Checkpoint.open(plan.target), manner, self._device)
        self._corpus = Corpus(plan.corpus)
        # What is drawn for a step depends on its number: a run that goes on hears the same.
        self._step = 0

    def lessons(self, step: int) -> Iterator[Batch]:
        """The batches from a step on."""
        self._step = step
        plan, window_s = self._plan, self._teacher.window_s
        return batches_from(step, self._corpus, self._rank, plan.seed, window_s, plan.size)

    def loss_of(self, batch: Batch) -> tuple[Tensor, int, dict[str, float]]:
        """The loss of a batch, how many utterances it has, and figures for the log."""
        rng = np.random.default_rng((self._plan.seed, self._rank.index, self._step))
        self._step += 1
        teacher = self._teacher
        features = teacher.features(batch, rng)
        with torch.autocast(self._device.type, dtype=torch.bfloat16):
            with torch.no_grad():
                heard = encode(teacher.whisper, features)
                readings = teacher.read(batch, heard, self._plan.labels)
                expected, labels = logits_at(teacher.whisper, heard, readings.prompted)
            if self._plan.trains_encoder:
                written, _ = logits_at(
                    self.student, encode(self.student, features), readings.prompted
                )
            else:
                # The engine prompts its target alone: a draft reads what was written without.
                written, _ = logits_at(self.student, heard, readings.plain)
        if not len(labels):
            return written.float().sum(), 0, {}
        loss, figures = distillation_loss(written, expected, labels)
        return loss, len(batch.texts), figures


def student_of(
    plan: Plan, target: WhisperForConditionalGeneration
) -> WhisperForConditionalGeneration:
    """The student before its first step; what is trained of it wants gradients."""
    if plan.start_from is None:
        student = pruned(target, plan.layers, plan.ffn_width)
    else:
        student = load_whisper(plan.start_from)
        if student.config.vocab_size != target.config.vocab_size or (
            student.config.d_model != target.config.d_model
        ):
            raise TrainingError(
                f"{plan.start_from} was not distilled from {plan.target}: choose another, or begin "
                "from the target"
            )
        student.model.encoder = target.model.encoder
    student.set_attn_implementation("eager")
    student.eval()
    if plan.trains_encoder:
        student.model.encoder = copy.deepcopy(target.model.encoder)
    student.model.encoder.requires_grad_(requires_grad=plan.trains_encoder)
    student.model.decoder.requires_grad_(requires_grad=True)
    # Sinusoids: the architecture's, not learned.
    student.model.encoder.embed_positions.requires_grad_(requires_grad=False)
    return student


def trained_parameters(student: WhisperForConditionalGeneration) -> dict[str, Tensor]:
    """What of a student is trained, by name."""
    return {name: value for name, value in student.named_parameters() if value.requires_grad}


def optimizers_of(
    parameters: dict[str, Tensor], width: int, rate: float
) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for all else."""
    width = max(width, _LEAST_WIDTH)
    matrices = [
        value for name, value in parameters.items() if value.ndim == 2 and ".layers." in name
    ]
    others = [
        value for name, value in parameters.items() if not (value.ndim == 2 and ".layers." in name)
    ]
    return [
        torch.optim.Muon(
            matrices,
            lr=rate * _MATRIX_RATE_BY_WIDTH / width,
            weight_decay=0.0,
            adjust_lr_fn="match_rms_adamw",
        ),
        torch.optim.AdamW(
            others, lr=rate * _RATE_BY_WIDTH / width, betas=(0.9, 0.98), weight_decay=0.0
        ),
    ]


def settings_of(plan: Plan) -> dict[str, Any]:
    """What a run that goes on must share with the one that stopped."""
    return {
        "target": weights_sha256(Checkpoint.open(plan.target)),
        "layers": plan.layers,
        "ffn_width": plan.ffn_width,
        "labels": plan.labels,
        "trains_encoder": plan.trains_encoder,
        "start_from": None
        if plan.start_from is None
        else weights_sha256(Checkpoint.open(plan.start_from, "draft")),
        "ranks": plan.ranks,
        "seed": plan.seed,
        "rate": plan.rate,
        "batch": list(asdict(plan.size).values()),
    }


def train_rank(rank: Rank, plan: Plan) -> None:
    """One rank's part of a run."""
    torch.manual_seed(plan.seed)
    distiller = Distiller(plan, rank)
    parameters = trained_parameters(distiller.student)
    optimizers = optimizers_of(parameters, distiller.student.config.d_model, plan.rate)
    loop: Loop[Batch] = Loop(
        plan.folder, rank, plan.budget, parameters, optimizers, settings_of(plan)
    )
    if plan.resume:
        loop.resume()
    loop.run(distiller.lessons, distiller.loss_of)


def distil(plan: Plan) -> Done:
    """Run a plan to its end and write its folder.

    Raises:
        TrainingError: another run's checkpoint is in the way, or a rank failed.
        CheckpointError: the target is no whole Whisper.
        PruningError: it cannot be cut so.
    """
    checkpoint = Checkpoint.open(plan.target)
    if plan.start_from is None:
        taken_layers(checkpoint.dimensions.decoder_layers, plan.layers)
    else:
        Checkpoint.open(plan.start_from, "draft")
    language_of(Tokens(checkpoint), plan.language)
    if not Corpus(plan.corpus).clips:
        raise TrainingError(f"{plan.corpus} holds no speech: synthesise some, or name recordings")
    return _write(plan, checkpoint, run_to_end(train_rank, plan, settings_of(plan)))


def _write(plan: Plan, checkpoint: Checkpoint, state: dict[str, Any]) -> Done:
    """The run's last checkpoint becomes a Whisper folder."""
    student = student_of(plan, load_whisper(plan.target))
    take_over(trained_parameters(student), state)
    generation = dict(checkpoint.generation)
    if plan.start_from is None:
        taken = taken_layers(checkpoint.dimensions.decoder_layers, plan.layers)
        heads = checkpoint.dimensions.decoder_heads
        generation = pruned_generation(generation, taken, heads)
    else:
        generation = dict(Checkpoint.open(plan.start_from, "draft").generation)
    write_folder(student, checkpoint, generation, plan.out)
    return Done(**state["done"])
