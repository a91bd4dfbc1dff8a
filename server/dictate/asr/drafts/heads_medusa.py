"""Extra decoding heads on the target's last hidden state: they guess the tokens behind the next.

The scheme is Medusa's (Cai et al., 2024, arXiv 2401.10774): head k sees the state that the target
has just chosen a token from, and names the token k places behind that one. What it adds to the
state goes through the target's own projection onto the vocabulary, so a head is small. As in Hydra
(Ankner et al., 2024, arXiv 2402.05109) it is told which token was chosen. One chain is proposed,
the best guess of each head, and verified like any other draft.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.state_tap import StateTap

MEDUSA_HEADS: Final = "medusa heads"


class MedusaNetwork(nn.Module):
    """All heads as one: a residual block of rank `rank` each, in front of the target's projection.

    Head k gives `kept_k * state + up_k @ silu(down_k @ [state, embedding of the token])`.
    """

    def __init__(self, width: int, heads: int, rank: int) -> None:
        """Begin as the target's own state: nothing is added yet.

        Args:
            width: of the target.
            heads: how many tokens are guessed.
            rank: of each block.
        """
        super().__init__()
        self.heads, self.rank = heads, rank
        self.down = nn.Linear(2 * width, heads * rank)
        self.up = nn.Parameter(torch.zeros(heads, rank, width))
        self.kept = nn.Parameter(torch.ones(heads, width))

    def forward(self, states: Tensor, embedded: Tensor) -> Tensor:
        """States for the target's projection.

        Args:
            states: [..., width], the target's, behind its final layer norm.
            embedded: [..., width], the embedding of the token that each state chose.

        Returns:
            [..., heads, width].
        """
        inner = functional.silu(self.down(torch.cat((states, embedded), -1)))
        inner = inner.reshape(*inner.shape[:-1], self.heads, self.rank)
        added = torch.einsum("...hr,hrw->...hw", inner, self.up)
        return states.unsqueeze(-2) * self.kept + added


class MedusaHeads:
    """Loaded heads of a target."""

    def __init__(self, network: MedusaNetwork, model: Whisper, logit_filter: LogitFilter) -> None:
        """Take over `network`, on the model's device; from now on the model gives its states."""
        self.tokens = network.heads
        self._network = network
        self._decoder = model.decoder
        self._filter = logit_filter
        self._device = model.device
        self.tap = model.give_states()

    def guess(self, state: Tensor, token: int) -> list[int]:
        """The tokens behind `token`, one a head.

        Args:
            state: float [width], which chose `token`.
            token: id.
        """
        chosen = torch.tensor([token], device=self._device)
        embedding = self._decoder.embedding
        logits = embedding.logits(self._network(state, embedding(chosen)[0]))
        guesses: list[int] = self._filter(logits, 1).argmax(-1).tolist()
        return guesses


class MedusaDraft:
    """The heads' guesses behind the token that was written last."""

    name = MEDUSA_HEADS

    def __init__(self, heads: MedusaHeads) -> None:
        """Listen to the tap of `heads`, which the decoding loop moves on."""
        self._heads = heads
        self._tap: StateTap = heads.tap

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """See `DraftSource`; nothing before the first token."""
        state = self._tap.last
        if state is None or not accepted:
            return []
        return self._heads.guess(state, accepted[-1])[:limit_tokens]
