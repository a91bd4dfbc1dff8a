"""The loss of a distillation: the label's cross-entropy and the distance to the target's choice.

Gandhi, von Platen and Rush, "Distil-Whisper", 2023, section 3, with the weights of their code
(huggingface/distil-whisper, run_distillation.py): 0.8 times the cross-entropy with the target's own
text plus the Kullback-Leibler divergence from the target's distribution, both softened by a
temperature of 2 (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015).
"""

from __future__ import annotations

from typing import Final

from torch import Tensor
from torch.nn import functional

LABEL_WEIGHT: Final = 0.8
DISTANCE_WEIGHT: Final = 1.0
TEMPERATURE: Final = 2.0


def distillation_loss(
    student: Tensor, target: Tensor, labels: Tensor, temperature: float = TEMPERATURE
) -> tuple[Tensor, dict[str, float]]:
    """The loss, and its parts for the log.

    Args:
        student: logits, float[n, vocabulary].
        target: the target's at the same places, float[n, vocabulary].
        labels: int64[n].
        temperature: at which both distributions are compared.
    """
    student, target = student.float(), target.float()
    label_loss = functional.cross_entropy(student, labels)
    distance = functional.kl_div(
        functional.log_softmax(student / temperature, dim=-1),
        functional.log_softmax(target / temperature, dim=-1),
        reduction="batchmean",
        log_target=True,
    )
    # Softened gradients are smaller by the temperature's square.
    loss = LABEL_WEIGHT * label_loss + DISTANCE_WEIGHT * temperature**2 * distance
    agreed = (student.argmax(-1) == target.argmax(-1)).float().mean()
    return loss, {
        "loss": float(loss.detach()),
        "label_loss": float(label_loss.detach()),
        "distance": float(distance.detach()),
        "agreed": float(agreed),
    }
