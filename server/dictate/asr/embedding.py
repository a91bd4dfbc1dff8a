"""The vocabulary's matrix: rows of it are the tokens' inputs, products with it their logits."""

import torch
from torch.nn import functional

from dictate.asr.checkpoint import Dimensions
from dictate.asr.integers import to_int8
from dictate.asr.linear import DenseLinear
from dictate.asr.weights import Weights


class TokenEmbedding:
    """Token ids to vectors and back; one matrix for both, unless the checkpoint has two.

    Quantised logits need their matrix packed for the product, so the rows are kept a second time,
    as 8-bit integers with a scale each.
    """

    def __init__(self, weights: Weights, dimensions: Dimensions) -> None:
        self._scale = dimensions.width**0.5 if dimensions.scale_embedding else 1.0
        rows = weights.raw("decoder.embed_tokens.weight")
        output = weights.raw("proj_out.weight") if dimensions.separate_output else rows
        self._output = weights.pack("decoder", output, None)
        self._row_scales: torch.Tensor | None = None
        if isinstance(self._output, DenseLinear):
            tied = not dimensions.separate_output
            self._rows = self._output.weight if tied else rows.to(weights.device, weights.dtype)
        else:
            quantised = to_int8(rows, weights.device)
            self._rows = quantised.integers
            self._row_scales = quantised.scales.to(weights.dtype)

    @property
    def bytes(self) -> int:
        """Memory that the weights take."""
        if self._row_scales is None:
            tied = isinstance(self._output, DenseLinear) and self._output.weight is self._rows
            return self._rows.nbytes + (0 if tied else self._output.bytes)
        return self._output.bytes + self._rows.nbytes + self._row_scales.nbytes

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Int64 [...] -> [..., width]."""
        x = functional.embedding(tokens, self._rows)
        if self._row_scales is not None:
            x = x * functional.embedding(tokens, self._row_scales)
        return x if self._scale == 1.0 else x * self._scale

    def logits(self, x: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
        """[..., width] -> float32 [..., vocabulary], in `out` where that is given."""
        products = self._output(x)
        return products.float() if out is None else out.copy_(products)
