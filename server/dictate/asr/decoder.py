"""The half that writes: tokens to logits, through a cache."""

from collections.abc import Iterator, Sequence

import torch
from torch.nn import functional

from dictate.asr.attention import Attention
from dictate.asr.checkpoint import Dimensions
from dictate.asr.embedding import TokenEmbedding
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.linear import Linear, gelu_
from dictate.asr.place import Place
from dictate.asr.precision import Side, rounds_by_shape
from dictate.asr.state_tap import StateTap
from dictate.asr.weights import Weights


class _Layer:
    """Cached self-attention, cross-attention, perceptron."""

    def __init__(self, weights: Weights, index: int) -> None:
        name = f"decoder.layers.{index}"

        def linear(*parts: str, side: Side = "decoder") -> Linear:
            return weights.linear(side, *(f"{name}.{part}" for part in parts))

        self.query_key_value = linear(*(f"self_attn.{part}_proj" for part in "qkv"))
        self.out = linear("self_attn.out_proj")
        self.attention_norm = weights.norm(f"{name}.self_attn_layer_norm")
        self.cross_query = linear("encoder_attn.q_proj")
        # Its input is the sound, hundreds of rows: it counts with the encoder.
        self.cross_key_value = linear(
            *(f"encoder_attn.{part}_proj" for part in "kv"), side="encoder"
        )
        self.cross_out = linear("encoder_attn.out_proj")
        self.cross_norm = weights.norm(f"{name}.encoder_attn_layer_norm")
        self.up = linear("fc1")
        self.down = linear("fc2")
        self.ffn_norm = weights.norm(f"{name}.final_layer_norm")

    @property
    def linears(self) -> list[Linear]:
        """All products."""
        return [
            self.query_key_value,
            self.out,
            self.cross_query,
            self.cross_key_value,
            self.cross_out,
            self.up,
            self.down,
        ]


class Decoder:
    """Embedding, layers, and the projection onto the vocabulary."""

    def __init__(self, weights: Weights, dimensions: Dimensions, attention: Attention) -> None:
        width = dimensions.width
        self._attention = attention
        self._heads = dimensions.decoder_heads
        self._norm_shape = (width,)
        self.embedding = TokenEmbedding(weights, dimensions)
        self._positions = weights.float("decoder.embed_positions.weight")
        self.layers = [_Layer(weights, index) for index in range(dimensions.decoder_layers)]
        self._norm = weights.norm("decoder.layer_norm")
        self._reads_whole_cache = rounds_by_shape(weights.precision, weights.device)
        capacity = dimensions.max_target_positions
        self._causal = torch.full(
            (capacity, capacity), -torch.inf, device=weights.device, dtype=weights.dtype
        ).triu_(1)

    @property
    def linears(self) -> list[Linear]:
        """All products but the vocabulary's."""
        return [part for layer in self.layers for part in layer.linears]

    def project_source(self, source: torch.Tensor) -> Iterator[torch.Tensor]:
        """Per layer the cross-attention keys and values of source [B, S, width].

        Yields:
            float [2, B, heads, S, head_width], as `KeyValueCache.listen` takes them.
        """
        batch, length, _ = source.shape
        for layer in self.layers:
            projected = layer.cross_key_value(source).view(batch, length, 2, self._heads, -1)
            yield projected.permute(2, 0, 3, 1, 4)

    def step(
        self,
        tokens: torch.Tensor,
        positions: Sequence[int],
        cache: KeyValueCache,
        logits_from: int,
        tap: StateTap | None = None,
    ) -> torch.Tensor:
        """See `Whisper.step`; `tap` gets the states that the logits are made of."""
        place = _Place(
            positions, tokens.shape[1], self._causal, reads_whole_cache=self._reads_whole_cache
        )
        states = self.states(tokens, place, cache.own, cache.cross)[:, logits_from:]
        normed = self.normed(states)
        if tap is not None:
            tap.rows = normed
        return self.embedding.logits(normed)

    def states(
        self,
        tokens: torch.Tensor,
        place: Place,
        owns: Sequence[torch.Tensor],
        crosses: Sequence[torch.Tensor],
    ) -> torch.Tensor:
        """What the layers make of tokens [B, W]: [B, W, width], for `normed`.

        Args:
            tokens: int64 [B, W].
            place: where they stand.
            owns: the cache's buffers of each layer, written and read.
            crosses: the sound's keys and values of each layer.
        """
        batch, width = tokens.shape
        x = self.embedding(tokens) + place.rows(self._positions)
        for layer, own, cross in zip(self.layers, owns, crosses, strict=True):
            normed = functional.layer_norm(x, self._norm_shape, *layer.attention_norm)
            projected = layer.query_key_value(normed).view(batch, width, 3, self._heads, -1)
            projected = projected.permute(2, 0, 3, 1, 4)
            place.write(own, projected[1:])
            keys, values = own[:, :, :, : place.reach]
            mixed = self._attention.tokens(projected[0], keys, values, place.mask, place.ends)
            x = x + layer.out(mixed.transpose(1, 2).reshape(batch, width, -1))
            normed = functional.layer_norm(x, self._norm_shape, *layer.cross_norm)
            queries = layer.cross_query(normed).view(batch, width, self._heads, -1).transpose(1, 2)
            mixed = self._attention.cross(
                queries, cross[0], cross[1], place.sound_mask, place.sound_ends
            )
            x = x + layer.cross_out(mixed.transpose(1, 2).reshape(batch, width, -1))
            normed = functional.layer_norm(x, self._norm_shape, *layer.ffn_norm)
            x = x + layer.down(gelu_(layer.up(normed)))
        return x

    def normed(self, states: torch.Tensor) -> torch.Tensor:
        """[B, W, width] -> the same behind the final layer norm, for `embedding.logits`."""
        return functional.layer_norm(states, self._norm_shape, *self._norm)


class _Place:
    """A `Place` from positions that the host knows: only what has been written is read.

    Unless `reads_whole_cache`, which keeps the shapes, and with them the rounding, the same
    wherever a token stands.
    """

    ends: torch.Tensor | None = None
    sound_mask: torch.Tensor | None = None
    sound_ends: torch.Tensor | None = None

    def __init__(
        self,
        positions: Sequence[int],
        width: int,
        causal: torch.Tensor,
        *,
        reads_whole_cache: bool,
    ) -> None:
        self._positions = list(positions)
        self._width = width
        self._together = len(set(self._positions)) == 1
        self.reach = causal.shape[1] if reads_whole_cache else max(self._positions) + width
        self.mask: torch.Tensor | None = None
        if not self._together:
            rows = [causal[first : first + width, : self.reach] for first in self._positions]
            self.mask = torch.stack(rows)[:, None]
        elif width > 1 or reads_whole_cache:
            first = self._positions[0]
            self.mask = causal[first : first + width, : self.reach]

    def rows(self, table: torch.Tensor) -> torch.Tensor:
        """The rows of table [capacity, width] for every token: [B or 1, W, width]."""
        if self._together:
            first = self._positions[0]
            return table[first : first + self._width]
        return torch.stack([table[first : first + self._width] for first in self._positions])

    def write(self, own: torch.Tensor, new: torch.Tensor) -> None:
        """Put new keys and values [2, B, heads, W, head_width] into a layer's cache."""
        if self._together:
            first = self._positions[0]
            own[:, :, :, first : first + self._width] = new
            return
        for slot, first in enumerate(self._positions):
            own[:, slot, :, first : first + self._width] = new[:, slot]
