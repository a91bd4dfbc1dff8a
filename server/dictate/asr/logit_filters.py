"""What may not be written: the checkpoint's suppressed tokens, position by position."""

from collections.abc import Iterable

import torch


class LogitFilter:
    """Sets the checkpoint's suppressed tokens to minus infinity.

    A pure function of a position's own prefix, as speculation demands: whether a position is the
    transcript's first is all that it looks at.
    """

    def __init__(
        self,
        suppressed: Iterable[int],
        suppressed_at_begin: Iterable[int],
        vocabulary_size: int,
        device: torch.device,
    ) -> None:
        self._always = _ids(suppressed, vocabulary_size, device)
        self._at_begin = _ids(suppressed_at_begin, vocabulary_size, device)
        self._shape = (2, vocabulary_size)
        self._bias: torch.Tensor | None = None

    @property
    def bias(self) -> torch.Tensor:
        """The filter as what it adds: float32 [2, V], to the first position and to all others."""
        if self._bias is None:
            bias = torch.zeros(self._shape, device=self._always.device)
            bias[:, self._always] = -torch.inf
            bias[0, self._at_begin] = -torch.inf
            self._bias = bias
        return self._bias

    def __call__(self, logits: torch.Tensor, written_tokens: int) -> torch.Tensor:
        """Filter, in place, the logits [W, V] of W positions in a row.

        Args:
            logits: of the positions behind `written_tokens`, `written_tokens + 1`, …
            written_tokens: how many tokens of the transcript stand before the first position.
        """
        logits[:, self._always] = -torch.inf
        if written_tokens == 0:
            logits[0, self._at_begin] = -torch.inf
        return logits


def _ids(tokens: Iterable[int], vocabulary_size: int, device: torch.device) -> torch.Tensor:
    valid = sorted({token for token in tokens if 0 <= token < vocabulary_size})
    return torch.tensor(valid, dtype=torch.long, device=device)
