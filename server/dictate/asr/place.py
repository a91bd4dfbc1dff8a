"""Where a step's tokens stand in the cache, when only the device knows their positions."""

from typing import Protocol

import torch
from torch.nn import functional


class Place(Protocol):
    """Where in the cache a step's tokens stand, and what they see.

    Attributes:
        reach: positions up to which keys and values are read.
        mask: added to the scores; None where everything up to `reach` may be seen.
        ends: in place of `mask`, see `Attention.tokens`.
        sound_mask: as `mask`, of the sound; None: all of it is heard.
        sound_ends: as `ends`, of the sound.
    """

    reach: int
    mask: torch.Tensor | None
    ends: torch.Tensor | None
    sound_mask: torch.Tensor | None
    sound_ends: torch.Tensor | None

    def rows(self, table: torch.Tensor) -> torch.Tensor:
        """The rows of table [capacity, width] for every token: [B or 1, W, width]."""
        ...

    def write(self, own: torch.Tensor, new: torch.Tensor) -> None:
        """Put new keys and values [2, B, heads, W, head_width] into a layer's cache."""
        ...


class DevicePlace:
    """A `Place` from positions on the device: its shapes never change, and nothing is waited for.

    All of the cache is read, what lies behind a token masked. Tokens beyond the model's positions
    are padding: they are written to the cache's spare rows, and nobody reads what they give.
    """

    def __init__(
        self,
        positions: torch.Tensor,
        width: int,
        causal: torch.Tensor,
        *,
        wants_ends: bool,
        sound_mask: torch.Tensor | None = None,
        sound_ends: torch.Tensor | None = None,
    ) -> None:
        """Compute, on the device, what all layers need.

        Args:
            positions: int64 [B], of each slot's first token; at most the rows of the cache, spare
                ones included, less `width`.
            width: tokens per slot.
            causal: [rows of the cache, rows of the cache], minus infinity above the diagonal.
            wants_ends: see `Attention`.
            sound_mask: broadcastable to [B, heads, W, S].
            sound_ends: int32 [sounds].
        """
        self.reach = causal.shape[1]
        columns = positions[:, None] + torch.arange(width, device=positions.device)
        self._columns = columns
        self.mask: torch.Tensor | None = None
        self.ends: torch.Tensor | None = None
        if wants_ends:
            self.ends = (positions + width).to(torch.int32)
        else:
            self.mask = functional.embedding(columns, causal)[:, None]
        self.sound_mask = sound_mask
        self.sound_ends = sound_ends

    def rows(self, table: torch.Tensor) -> torch.Tensor:
        """See `Place`."""
        return functional.embedding(self._columns.clamp(max=table.shape[0] - 1), table)

    def write(self, own: torch.Tensor, new: torch.Tensor) -> None:
        """See `Place`."""
        index = self._columns[None, :, None, :, None].expand(new.shape)
        own.scatter_(3, index, new)
