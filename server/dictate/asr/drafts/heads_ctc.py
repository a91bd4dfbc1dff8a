"""A small head on the target's encoder that hears the whole utterance at once.

Connectionist temporal classification (Graves et al., 2006) over the bytes of the target's text:
every encoder position names a byte or nothing, repetitions collapse, and what remains, cut into the
target's own pieces, is a hypothesis of the whole utterance before the target has written a token.
It is offered as the hypothesis of an earlier decoding is: its rest while the two agree, its tail
behind a mismatch. Bytes sound alike wherever they stand, while a piece depends on the letters that
follow it: the head is small, learns soon, and knows every word.
"""

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from dictate.asr.drafts.hypothesis import HypothesisDraft, RecycledTail

CTC_HEAD: Final = "ctc head"
BLANK: Final = 0
"""The class that names nothing; class n + 1 is the byte n."""
_CLASSES: Final = 257


class _Block(nn.Module):
    """A depthwise convolution over neighbouring positions, then a perceptron; residual."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.taps = nn.Parameter(torch.randn(kernel, width) / kernel**0.5)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, S, width] -> the same shape."""
        # On a processor torch's convolution of so few positions takes several times as long.
        length, kernel = x.shape[1], self.taps.shape[0]
        padded = functional.pad(x, (0, 0, kernel // 2, kernel - 1 - kernel // 2))
        mixed = padded[:, :length] * self.taps[0]
        for place in range(1, kernel):
            mixed = torch.addcmul(mixed, padded[:, place : place + length], self.taps[place])
        added: Tensor = self.down(functional.gelu(self.up(self.norm(mixed))))
        return x + added


class CtcNetwork(nn.Module):
    """Encoder states to a class for every `stride` positions."""

    def __init__(self, width: int, *, hidden: int, blocks: int, kernel: int, stride: int) -> None:
        """Begin at random.

        Args:
            width: of the target.
            hidden: width of the head.
            blocks: how many.
            kernel: positions, of `stride` encoder positions each, that a block looks at.
            stride: encoder positions that are looked at as one.
        """
        super().__init__()
        self.stride = stride
        self.gather = nn.Linear(stride * width, hidden)
        self.blocks = nn.ModuleList(_Block(hidden, kernel) for _ in range(blocks))
        self.norm = nn.LayerNorm(hidden)
        self.out = nn.Linear(hidden, _CLASSES)

    def forward(self, source: Tensor) -> Tensor:
        """Source [B, S, width], S at least 1, to logits [B, ceil(S / stride), 257]."""
        missing = -source.shape[1] % self.stride
        if missing:
            source = functional.pad(source, (0, 0, 0, missing))
        batch, positions, width = source.shape
        x = self.gather(source.reshape(batch, positions // self.stride, self.stride * width))
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.out(self.norm(x))
        return logits


def collapse(best: Sequence[int]) -> bytes:
    """The bytes that a path of classes writes: repetitions once, blanks not at all."""
    return bytes(
        one - 1
        for index, one in enumerate(best)
        if one != BLANK and (index == 0 or best[index - 1] != one)
    )


class CtcHead:
    """A loaded head of a target."""

    def __init__(self, network: CtcNetwork, encode: Callable[[str], list[int]]) -> None:
        """Take over `network`, on the model's device; `encode` gives the target's ids of a text."""
        self._network = network
        self._encode = encode

    def hypothesis(self, source: Tensor) -> list[int]:
        """The target's ids that the head hears in source [1, S, width]."""
        best: list[int] = self._network(source)[0].argmax(-1).tolist()
        return self._encode(collapse(best).decode("utf-8", errors="ignore"))

    def listen(self, source: Tensor, end: int) -> "CtcDraft":
        """A source for the utterance of source [1, S, width], which ends with the id `end`."""
        return CtcDraft(self.hypothesis(source), end)


class CtcDraft:
    """What the head heard, as far as it has not been written."""

    name = CTC_HEAD

    def __init__(self, hypothesis: Sequence[int], end: int) -> None:
        """Use `hypothesis`, target ids without the initial ones and without `end`."""
        self._rest = HypothesisDraft(hypothesis, end)
        self._tail = RecycledTail(hypothesis, end)

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """See `DraftSource`."""
        return self._rest.propose(accepted, limit_tokens) or self._tail.propose(
            accepted, limit_tokens
        )
