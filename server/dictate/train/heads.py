"""Training extra decoding heads on a frozen target: Medusa heads, a CTC head, or both in one run.

The target is never changed; what is learned is what it writes itself. Medusa's loss is the
cross-entropy of each head, a head's weight falling with its distance (Cai et al., 2024, arXiv
2401.10774, where it is 0.8 to the power of k); the CTC head's is that of Graves et al. (2006).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.drafts.heads import (
    JSON_NAME,
    TENSORS_NAME,
    CtcSizes,
    HeadsDescription,
    HeadsError,
    HeadsKind,
    MedusaSizes,
    ctc_network_of,
    describe,
    heads_tensors,
    medusa_network_of,
    read_heads,
    weights_sha256,
)
from dictate.asr.drafts.heads_ctc import BLANK, CtcNetwork, collapse
from dictate.asr.drafts.heads_medusa import MedusaNetwork
from dictate.train.corpus import Corpus
from dictate.train.distil_lessons import Size, batches_from
from dictate.train.distil_source import Source
from dictate.train.heads_lessons import FrozenTarget, Lesson, used_again
from dictate.train.ranks import Rank, TrainingError
from dictate.train.scoring import score
from dictate.train.targets import IGNORED
from dictate.train.training_loop import (
    Budget,
    Done,
    Loop,
    run_to_end,
    take_over,
    write_whole,
)

TRAINING: Final = "training"
_DISTANCE_WEIGHT: Final = 0.8
_MATRIX_RATE: Final = 3e-3
# AdamW's at width 1.
_RATE_BY_WIDTH: Final = 0.4
_LARGEST_RATE: Final = 3e-3
_SIZE: Final = Size(52.0, 20)


@dataclass(frozen=True, slots=True)
class Plan:
    """One training of heads.

    Attributes:
        target: whose heads.
        corpus: folder of shards; see `corpus.Corpus`.
        out: folder of the heads; checkpoint and log lie in its `training`.
        budget: how long.
        medusa: sizes of the Medusa heads, None: none.
        ctc: of the CTC head, likewise.
        language: of the speech; None: the target's default.
        device: see `choose_device`.
        ranks: processes on a CPU.
        seed: of everything drawn.
        rate: times the usual learning rate.
        size: of a rank's batch.
        resume: go on from the checkpoint.
    """

    target: Source
    corpus: Path
    out: Path
    budget: Budget
    medusa: MedusaSizes | None = None
    ctc: CtcSizes | None = None
    language: str | None = None
    device: str = "auto"
    ranks: int = 1
    seed: int = 1
    rate: float = 1.0
    size: Size = _SIZE
    resume: bool = False

    @property
    def folder(self) -> Path:
        """Of the checkpoint and the log."""
        return self.out / TRAINING

    @property
    def kinds(self) -> list[HeadsKind]:
        """What is trained."""
        kinds: list[HeadsKind] = []
        if self.medusa is not None:
            kinds.append("medusa")
        if self.ctc is not None:
            kinds.append("ctc")
        return kinds


@dataclass
class Networks:
    """What is trained."""

    medusa: MedusaNetwork | None
    ctc: CtcNetwork | None

    def parameters(self) -> dict[str, Tensor]:
        """All weights by name, the kind in front."""
        named: dict[str, Tensor] = {}
        if self.medusa is not None:
            named |= {f"medusa.{name}": value for name, value in self.medusa.named_parameters()}
        if self.ctc is not None:
            named |= {f"ctc.{name}": value for name, value in self.ctc.named_parameters()}
        return named


def networks_of(plan: Plan, width: int) -> Networks:
    """The networks before their first step; drawn from torch's own generator."""
    return Networks(
        None if plan.medusa is None else medusa_network_of(plan.medusa, width),
        None if plan.ctc is None else ctc_network_of(plan.ctc, width),
    )


def optimizers_of(
    parameters: dict[str, Tensor], width: int, rate: float
) -> list[torch.optim.Optimizer]:
    """Muon for the inner matrices, AdamW for all else.

    Args:
        parameters: of `Networks`.
        width: of the target.
        rate: times the usual learning rate.
    """
    inner = [value for name, value in parameters.items() if _is_inner(name, value)]
    others = [value for name, value in parameters.items() if not _is_inner(name, value)]
    return [
        torch.optim.Muon(
            inner, lr=rate * _MATRIX_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
        ),
        torch.optim.AdamW(
            others,
            lr=rate * min(_LARGEST_RATE, _RATE_BY_WIDTH / width),
            betas=(0.9, 0.98),
            weight_decay=0.0,
        ),
    ]


def _is_inner(name: str, value: Tensor) -> bool:
    return value.ndim == 2 and name.endswith(("down.weight", "up.weight", "gather.weight"))


class HeadsTrainer:
    """One rank of a training: the target, the heads and their losses."""

    def __init__(self, plan: Plan, rank: Rank) -> None:
        self._plan, self._rank = plan, rank
        device = choose_device(plan.device)
        self._target = FrozenTarget(plan.target, plan.language, device)
        torch.manual_seed(plan.seed)
        width = self._target.dimensions.width
        self.networks = networks_of(plan, width)
        for network in (self.networks.medusa, self.networks.ctc):
            if network is not None:
                network.to(device).train()
        self._projection = self._target.projection()
        self._corpus = Corpus(plan.corpus)
        self.optimizers = optimizers_of(self.networks.parameters(), width, plan.rate)

    def lessons(self, step: int) -> Iterator[Lesson]:
        """Lessons from a step on; of a run that goes on, not those it would have had."""
        plan = self._plan
        batches = batches_from(
            step, self._corpus, self._rank, plan.seed, plan.target.window_s, plan.size
        )
        following = 0 if plan.medusa is None else plan.medusa.heads
        return used_again(
            batches, lambda batch: self._target.lesson(batch, following), plan.seed + step
        )

    def loss_of(self, lesson: Lesson) -> tuple[Tensor, int, dict[str, float]]:
        """The losses' sum, how many utterances they are of, and figures for the log."""
        total = torch.zeros((), device=lesson.source.device)
        figures: dict[str, float] = {}
        if self.networks.medusa is not None:
            loss, agreed = medusa_loss(self.networks.medusa, self._projection, lesson)
            total = total + loss
            if agreed is not None:
                figures |= {"medusa_loss": float(loss.detach()), "agreed": agreed}
        if self.networks.ctc is not None:
            loss, agreed = ctc_loss(self.networks.ctc, self._target.tokens.bytes_of, lesson)
            total = total + loss
            if agreed is not None:
                figures |= {"ctc_loss": float(loss.detach()), "agreed": agreed}
        return total, len(lesson.texts), figures


def medusa_loss(
    network: MedusaNetwork, projection: Tensor, lesson: Lesson
) -> tuple[Tensor, float | None]:
    """The weighted cross-entropy of the heads, and how often the first head is right.

    Args:
        network: with as many heads as the lesson tells tokens.
        projection: float32 [V, width], the target's.
        lesson: of any length; without a token the loss is 0 and nothing is known.
    """
    wanted = lesson.following
    if not bool((wanted != IGNORED).any()):
        return sum((value.sum() * 0.0 for value in network.parameters()), torch.zeros(())), None
    guessed = functional.linear(network(lesson.states, lesson.embedded), projection)
    weights = _DISTANCE_WEIGHT ** torch.arange(wanted.shape[1], device=wanted.device)
    losses = functional.cross_entropy(
        guessed.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED, reduction="none"
    ).view_as(wanted)
    known = (wanted != IGNORED).sum().clamp(min=1)
    right = guessed[:, 0].argmax(-1) == wanted[:, 0]
    return (losses * weights).sum() / known, float(right.float().mean())


def ctc_loss(
    network: CtcNetwork, bytes_of: Callable[[Sequence[int]], bytes], lesson: Lesson
) -> tuple[Tensor, float | None]:
    """The CTC loss by byte, and the share of words that greedy collapse gets right.

    Args:
        network: the head.
        bytes_of: the bytes that tokens write.
        lesson: texts that never ended are not learned from.
    """
    kept = [row for row, text in enumerate(lesson.texts) if text is not None]
    if not kept:
        return sum((value.sum() * 0.0 for value in network.parameters()), torch.zeros(())), None
    logits = network(lesson.source[kept])
    texts = [bytes_of(lesson.texts[row] or []) for row in kept]
    lengths = torch.tensor([len(text) for text in texts])
    losses = functional.ctc_loss(
        logits.log_softmax(-1).transpose(0, 1),
        torch.tensor(
            [byte + 1 for text in texts for byte in text], dtype=torch.long, device=logits.device
        ),
        torch.full((len(kept),), logits.shape[1]),
        lengths,
        blank=BLANK,
        reduction="none",
        zero_infinity=True,
    )
    heard: list[list[int]] = logits.detach().argmax(-1).tolist()
    wrong = score(
        (text.decode("utf-8", errors="replace"), collapse(path).decode("utf-8", errors="replace"))
        for text, path in zip(texts, heard, strict=True)
    )
    agreed = max(0.0, 1.0 - wrong.rate) if wrong.words else None
    return losses.sum() / max(1, int(lengths.sum())), agreed


def settings_of(plan: Plan) -> dict[str, Any]:
    """What a run that goes on must share with the one that stopped."""
    return {
        "target": weights_sha256(Checkpoint.open(plan.target.folder)),
        "medusa": None if plan.medusa is None else msgspec.to_builtins(plan.medusa),
        "ctc": None if plan.ctc is None else msgspec.to_builtins(plan.ctc),
        "language": plan.language,
        "ranks": plan.ranks,
        "seed": plan.seed,
        "rate": plan.rate,
        "batch": list(asdict(plan.size).values()),
    }


def train_rank(rank: Rank, plan: Plan) -> None:
    """One rank's part of a run."""
    trainer = HeadsTrainer(plan, rank)
    loop: Loop[Lesson] = Loop(
        plan.folder,
        rank,
        plan.budget,
        trainer.networks.parameters(),
        trainer.optimizers,
        settings_of(plan),
    )
    if plan.resume:
        loop.resume()
    loop.run(trainer.lessons, trainer.loss_of)


def train_heads(plan: Plan) -> Done:
    """Run a plan to its end and write its folder.

    Heads of another kind that the folder holds already, of the same target, stay.

    Raises:
        TrainingError: another run's checkpoint is in the way, or a rank failed.
        CheckpointError: the target is no whole Whisper.
    """
    if not plan.kinds:
        raise TrainingError("no kind of heads to train: name --kind medusa, ctc or both")
    if not Corpus(plan.corpus).clips:
        raise TrainingError(f"{plan.corpus} holds no speech: synthesise some, or name recordings")
    return _write(plan, run_to_end(train_rank, plan, settings_of(plan)))


def _write(plan: Plan, state: dict[str, Any]) -> Done:
    """The run's last checkpoint becomes a folder of heads."""
    checkpoint = Checkpoint.open(plan.target.folder)
    networks = networks_of(plan, checkpoint.dimensions.width)
    take_over(networks.parameters(), state)
    tensors: dict[str, Tensor] = {}
    if networks.medusa is not None:
        tensors |= heads_tensors("medusa", networks.medusa)
    if networks.ctc is not None:
        tensors |= heads_tensors("ctc", networks.ctc)
    write_heads(plan.out, describe(checkpoint, plan.medusa, plan.ctc), tensors)
    return Done(**state["done"])


def write_heads(
    folder: Path, description: HeadsDescription, tensors: dict[str, Tensor]
) -> HeadsDescription:
    """Write heads beside those of another kind that `folder` holds for the same target.

    Returns:
        What the folder then holds.
    """
    try:
        before, stored = read_heads(folder)
    except HeadsError:
        before, stored = None, {}
    if before is not None and before.target_sha256 == description.target_sha256:
        description = msgspec.structs.replace(
            description,
            medusa=description.medusa or before.medusa,
            ctc=description.ctc or before.ctc,
        )
        written = {name.split(".")[0] for name in tensors}
        tensors = tensors | {
            name: value for name, value in stored.items() if name.split(".")[0] not in written
        }
    content = msgspec.json.format(msgspec.json.encode(description)) + b"\n"
    # Cut between the two, the folder is refused: tensors and sizes do not fit each other.
    write_whole(folder / TENSORS_NAME, lambda partial: save_file(tensors, partial))
    (folder / TENSORS_NAME).chmod(0o644)
    write_whole(folder / JSON_NAME, lambda partial: partial.write_bytes(content))
    return description
