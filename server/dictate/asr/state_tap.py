"""The decoder's last hidden states, for whoever guesses the tokens behind the next one."""

import torch


class StateTap:
    """Holds what the vocabulary's projection was given: of the latest step, and at the last token.

    Attributes:
        rows: float [B, W, width], behind the final layer norm, one for each row of the latest
            step's logits; None before the first.
        last: float [width], at the position whose logits chose the token that was written last;
            None before the utterance's first token.
    """

    def __init__(self) -> None:
        self.rows: torch.Tensor | None = None
        self.last: torch.Tensor | None = None

    def clear(self) -> None:
        """An utterance begins: nothing has been written."""
        self.last = None

    def keep(self, row: int) -> None:
        """The token that was written last was chosen by this row of the latest step's, slot 0."""
        self.last = None if self.rows is None else self.rows[0, row]
