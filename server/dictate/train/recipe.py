"""The training loop: a wall-clock budget, single-threaded ranks, resumable, logged as JSON lines.

Each rank makes its own batches and holds a whole model; after every step the gradients are averaged
through gloo. On small models that uses two cores better than two threads in one process. The
learning rate follows the elapsed share of the budget, so that a run ends annealed whatever else the
machine was doing.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, distributed
from torch.nn import functional

from dictate.train.architecture import (
    BUNDLED,
    PIECES,
    WINDOW_S,
    Student,
    build_config,
)
from dictate.train.corpus import Corpus, corpus_texts
from dictate.train.dataset import Batch, Batches
from dictate.train.development import development_set, development_wer
from dictate.train.features import LogMel
from dictate.train.loss_plot import plot_log
from dictate.train.open_words import real_names
from dictate.train.phonemes import Phonemes
from dictate.train.prompts import STYLES
from dictate.train.ranks import Rank, run_ranks
from dictate.train.targets import IGNORED, Labeller, Targets
from dictate.train.tokenizer import Pieces, train_pieces
from dictate.train.training_loop import CHECKPOINT, LOG, write_whole
from dictate.train.warm_start import start_from

_CTC_WEIGHT: Final = 0.5
# For so long only the shorter clips are heard, without noise and rooms: the alignment is found
# sooner.
_EASY_SHARE: Final = 0.08
_LABEL_SMOOTHING: Final = 0.03
_MUON_RATE: Final = 3e-3
_ADAM_RATE: Final = 1.5e-3
# Trained weights are moved more gently.
_WARM_RATE: Final = 0.6
_WARMUP_SHARE: Final = 0.015
_HOLD_SHARE: Final = 0.30
_LOG_EVERY_STEPS: Final = 25
_CHECKPOINT_EVERY_S: Final = 120.0
# Judging takes as long as twenty steps, while the other ranks wait.
_JUDGE_EVERY_S: Final = 420.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One training run."""

    corpus: Path
    out: Path
    minutes: float
    ranks: int = 2
    seed: int = 1
    batch_s: float = 52.0
    batch_clips: int = 20
    resume: bool = False
    # An exported folder whose weights a new run begins with; from nothing without.
    start: Path | None = None


def learning_rate_share(progress: float) -> float:
    """Warm up, hold, then fall linearly to zero; `progress` is the elapsed share of the budget."""
    if progress < _WARMUP_SHARE:
        return progress / _WARMUP_SHARE
    if progress < _HOLD_SHARE:
        return 1.0
    return max(0.0, (1.0 - progress) / (1.0 - _HOLD_SHARE))


class Trainer:
    """One rank of a run."""

    def __init__(self, plan: Plan, rank: Rank) -> None:
        self.plan, self.rank = plan, rank
        self.corpus = corpus = Corpus(plan.corpus)
        pieces, self.phonemes = _shared_symbols(plan, rank)
        self.labeller = Labeller(pieces, BUNDLED.layout, WINDOW_S)
        from transformers import WhisperForConditionalGeneration

        torch.manual_seed(plan.seed)
        config = build_config(BUNDLED, self.labeller.special_ids, len(self.labeller.tokenizer))
        whisper = WhisperForConditionalGeneration(config)
        if plan.start is not None:
            start_from(plan.start, whisper, self.labeller.tokenizer)
        self.student = Student(whisper, self.phonemes.classes)
        self.parameters = [
            parameter for parameter in self.student.parameters() if parameter.requires_grad
        ]
        self.hidden, others = _parameter_groups(self.student)
        # Muon's arithmetic costs a tenth of a step, so each rank does its share of the matrices.
        self.muon: torch.optim.Optimizer = torch.optim.Muon(
            self.hidden[rank.index :: rank.count], lr=_MUON_RATE, weight_decay=0.05,
            adjust_lr_fn="match_rms_adamw",
        )  # fmt: skip
        self.adam = torch.optim.AdamW(others, lr=_ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.0)
        self.log_mel = LogMel(BUNDLED.mel_bins)
        self.warm = plan.start is not None
        self.speakers = np.random.default_rng(plan.seed + 104_729 * (rank.index + 1))
        self.elapsed_s, self.seen, self.steps, self.starts = 0.0, 0, 0, 0
        self.wer = 1.0
        if plan.resume:
            self._restore()
        self.starts += 1
        self.batches = Batches(
            corpus, plan.seed + 7919 * self.starts + rank.index, window_s=WINDOW_S,
            batch_s=plan.batch_s, batch_clips=plan.batch_clips,
        )  # fmt: skip
        self.development = development_set(plan.corpus.parent / "dev") if rank.leads else []

    def run(self) -> None:
        """Train until the budget is spent; rank 0 logs, judges and saves."""
        budget_s = self.plan.minutes * 60
        clock = time.monotonic() - self.elapsed_s
        saved_at = judged_at = self.elapsed_s
        losses: list[tuple[float, float]] = []
        progress = self.elapsed_s / budget_s
        for batch in self.batches:
            self._set_rates(learning_rate_share(progress) * (_WARM_RATE if self.warm else 1.0))
            self.batches.easy = not self.warm and progress < _EASY_SHARE
            decoder_loss, ctc_loss = self._backward(batch)
            self.elapsed_s = time.monotonic() - clock
            # Every rank must agree when to stop, so the clocks are averaged along with the
            # gradients.
            clips, elapsed_s = self.rank.average(
                self.parameters, float(len(batch.texts)), self.elapsed_s
            )
            mean_elapsed_s = elapsed_s / self.rank.count
            progress = mean_elapsed_s / budget_s
            torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
            self.muon.step()
            self._share_matrices()
            self.adam.step()
            self.seen += round(clips)
            self.steps += 1
            losses.append((decoder_loss, ctc_loss))
            if self.steps % _LOG_EVERY_STEPS == 0:
                self._log(losses)
                losses = []
            if progress >= 1.0:
                break
            if mean_elapsed_s - saved_at > _CHECKPOINT_EVERY_S:
                saved_at = mean_elapsed_s
                judge = mean_elapsed_s - judged_at > _JUDGE_EVERY_S
                if judge:
                    judged_at = mean_elapsed_s
                self._save(judge=judge)
        self._save(judge=True)

    def _backward(self, batch: Batch) -> tuple[float, float]:
        """Gradients of one batch; returns the decoder's and the CTC loss."""
        features = self.log_mel(batch.audio, None if self.batches.easy else self.speakers)
        targets: Targets = self.labeller.targets(
            batch.texts, batch.prompts, self.phonemes, batch.spoken
        )
        self.student.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, ctc_logits = self.student(features, targets.inputs)
        decoder_loss = functional.cross_entropy(
            logits.float().flatten(0, 1), targets.labels.flatten(),
            ignore_index=IGNORED, label_smoothing=_LABEL_SMOOTHING,
        )  # fmt: skip
        ctc_loss = functional.ctc_loss(
            ctc_logits.float().log_softmax(-1).transpose(0, 1), targets.phonemes,
            torch.full((len(batch.texts),), ctc_logits.shape[1]), targets.phoneme_counts,
            blank=0, zero_infinity=True,
        )  # fmt: skip
        torch.autograd.backward(decoder_loss + _CTC_WEIGHT * ctc_loss)
        return float(decoder_loss.detach()), float(ctc_loss.detach())

    def _share_matrices(self) -> None:
        """Give every rank the matrices that the others have updated."""
        count = self.rank.count
        for owner in range(count if count > 1 else 0):
            matrices = [matrix.data for matrix in self.hidden[owner::count]]
            flat = torch.cat([matrix.flatten() for matrix in matrices])
            distributed.broadcast(flat, owner)
            if owner != self.rank.index:
                offset = 0
                for matrix in matrices:
                    matrix.copy_(flat[offset : offset + matrix.numel()].view_as(matrix))
                    offset += matrix.numel()

    def _set_rates(self, share: float) -> None:
        for optimizer, rate in ((self.muon, _MUON_RATE), (self.adam, _ADAM_RATE)):
            for group in optimizer.param_groups:
                group["lr"] = rate * share

    def _log(self, losses: list[tuple[float, float]], **more: float) -> None:
        if not self.rank.leads:
            return
        entry = {"step": self.steps, "seen": self.seen, "elapsed_s": round(self.elapsed_s, 1)}
        if losses:
            decoder, ctc = (sum(column) / len(losses) for column in zip(*losses, strict=True))
            entry |= {"decoder_loss": round(decoder, 4), "ctc_loss": round(ctc, 4)}
        line = json.dumps(entry | more)
        with (self.plan.out / LOG).open("a") as log:
            log.write(line + "\n")
        print(line, flush=True)

    def _save(self, *, judge: bool) -> None:
        """Write a checkpoint, atomically; before, on demand, judge on the development set."""
        if not self.rank.leads:
            return
        if judge:
            self.wer = development_wer(
                self.student.whisper, self.labeller, self.log_mel, self.development
            )
            self._log([], development_wer=round(self.wer, 4))
        state = {
            "student": self.student.state_dict(),
            "adam": self.adam.state_dict(),
            "elapsed_s": self.elapsed_s,
            "seen": self.seen,
            "steps": self.steps,
            "starts": self.starts,
            "minutes": self.plan.minutes,
            "development_wer": self.wer,
            "corpus_clips": len(self.corpus.clips),
            "ctc_classes": self.phonemes.classes,
            "warm": self.warm,
        }
        plot_log(
            self.plan.out / LOG, self.plan.out / "losses.png", "the bundled target",
            "development_wer", "development WER (%)",
        )  # fmt: skip
        write_whole(self.plan.out / CHECKPOINT, lambda partial: torch.save(state, partial))

    def _restore(self) -> None:
        state = torch.load(self.plan.out / CHECKPOINT, weights_only=True)
        self.student.load_state_dict(state["student"])
        # Muon's momentum is spread over the ranks and not kept: twenty steps bring it back.
        self.adam.load_state_dict(state["adam"])
        self.elapsed_s, self.seen = state["elapsed_s"], state["seen"]
        self.steps, self.starts = state["steps"], state["starts"]
        self.wer, self.warm = state["development_wer"], state["warm"]


def _parameter_groups(student: Student) -> tuple[list[Tensor], list[Tensor]]:
    """The hidden matrices, which are Muon's, and everything else, which is AdamW's."""
    hidden: list[Tensor] = []
    others: list[Tensor] = []
    for name, parameter in student.named_parameters():
        if parameter.requires_grad:
            matrix = parameter.ndim == 2 and ".layers." in name
            (hidden if matrix else others).append(parameter)
    return hidden, others


def _shared_symbols(plan: Plan, rank: Rank) -> tuple[Pieces, Phonemes]:
    """The pair's one BPE and its phonemes, learned from the corpus's texts by whoever is first."""
    pieces, phonemes = plan.corpus.parent / "pieces.json", plan.corpus.parent / "phonemes.json"
    if rank.leads and not phonemes.exists():
        texts = corpus_texts(plan.corpus)
        if not pieces.exists():
            train_pieces([*texts, *_written_names()], PIECES).save(pieces)
        Phonemes.learn(texts).save(phonemes)
    if rank.count > 1:
        distributed.barrier()
    return Pieces.load(pieces), Phonemes.load(phonemes)


def _written_names() -> list[str]:
    """Names as code writes them, a third as many as there are sentences: they are rarer."""
    rng = np.random.default_rng(0)
    names = real_names()
    return [
        STYLES[int(rng.integers(len(STYLES)))](names[int(rng.integers(len(names)))].split())
        for _ in range(15_000)
    ]


def _work(rank: Rank, plan: Plan) -> None:
    torch.set_num_threads(1)
    Trainer(plan, rank).run()


def train(plan: Plan) -> Path:
    """Run a plan to its end; returns the checkpoint."""
    plan.out.mkdir(parents=True, exist_ok=True)
    run_ranks(_work, plan, plan.ranks, plan.out / "rendezvous")
    return plan.out / CHECKPOINT
