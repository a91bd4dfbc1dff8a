"""Whisper in plain torch: an encoder, and a decoder with one primitive, `step`.

The weights come straight from a checkpoint; queries, keys and values are projected by one fused
matrix. Reference for the architecture: Radford et al., "Robust Speech Recognition via Large-Scale
Weak Supervision", 2022, and openai/whisper model.py.
"""

import torch
from torch import nn
from torch.nn import functional

from dictate.asr.checkpoint import Checkpoint, CheckpointError, Dimensions
from dictate.asr.kv_cache import KeyValueCache


class Attention(nn.Module):
    """Multi-head attention whose projections are fused as far as they read the same input."""

    def __init__(self, width: int, heads: int, *, cross: bool) -> None:
        super().__init__()
        self.heads = heads
        if cross:
            self.query = nn.Linear(width, width)
            self.key_value = nn.Linear(width, 2 * width)
        else:
            self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def project(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Queries, keys and values of x [B, T, width], each [B, heads, T, head_width]."""
        return tuple(self._split(part) for part in self.query_key_value(x).chunk(3, dim=-1))

    def project_source(self, source: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cross-attention keys and values of source [B, S, width]."""
        keys, values = self.key_value(source).chunk(2, dim=-1)
        return self._split(keys).contiguous(), self._split(values).contiguous()

    def attend(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Attend and project out: [B, heads, T, head_width] -> [B, T, width]."""
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        out: torch.Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out

    def attend_source(
        self, x: torch.Tensor, source: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        """Cross-attention of x [B, T, width] to projected source keys and values."""
        return self.attend(self._split(self.query(x)), *source)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)


class FeedForward(nn.Module):
    """The two-layer perceptron of a block."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[..., width] -> [..., width]."""
        out: torch.Tensor = self.down(functional.gelu(self.up(x)))
        return out


class EncoderLayer(nn.Module):
    """Self-attention over the sound, then a perceptron, both behind a layer norm."""

    def __init__(self, dimensions: Dimensions) -> None:
        super().__init__()
        width = dimensions.width
        self.attention = Attention(width, dimensions.encoder_heads, cross=False)
        self.attention_norm = nn.LayerNorm(width)
        self.ffn = FeedForward(width, dimensions.encoder_ffn)
        self.ffn_norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B, S, width] -> [B, S, width]."""
        x = x + self.attention.attend(*self.attention.project(self.attention_norm(x)))
        out: torch.Tensor = x + self.ffn(self.ffn_norm(x))
        return out


class DecoderLayer(nn.Module):
    """Cached self-attention, cross-attention, perceptron."""

    def __init__(self, dimensions: Dimensions) -> None:
        super().__init__()
        width = dimensions.width
        self.attention = Attention(width, dimensions.decoder_heads, cross=False)
        self.attention_norm = nn.LayerNorm(width)
        self.cross = Attention(width, dimensions.decoder_heads, cross=True)
        self.cross_norm = nn.LayerNorm(width)
        self.ffn = FeedForward(width, dimensions.decoder_ffn)
        self.ffn_norm = nn.LayerNorm(width)


class Encoder(nn.Module):
    """Log-mel features to source states."""

    def __init__(self, dimensions: Dimensions) -> None:
        super().__init__()
        width = dimensions.width
        self.conv1 = nn.Conv1d(dimensions.mel_bins, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.positions = nn.Parameter(torch.empty(dimensions.max_source_positions, width))
        self.layers = nn.ModuleList(
            EncoderLayer(dimensions) for _ in range(dimensions.encoder_layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Encode [B, mel_bins, frames] into [B, frames / 2, width].

        Fewer frames than the window take the first positions, which only a checkpoint trained on
        short windows understands.
        """
        x = functional.gelu(self.conv1(features))
        x = functional.gelu(self.conv2(x)).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        out: torch.Tensor = self.norm(x)
        return out


class Decoder(nn.Module):
    """Tokens to logits, through a cache."""

    def __init__(self, dimensions: Dimensions) -> None:
        super().__init__()
        width = dimensions.width
        # Given a weight, it skips a random initialisation that imports torch's whole compiler.
        self.tokens = nn.Embedding(
            dimensions.vocabulary_size,
            width,
            _weight=torch.empty(dimensions.vocabulary_size, width),
        )
        self.positions = nn.Parameter(torch.empty(dimensions.max_target_positions, width))
        self.layers = nn.ModuleList(
            DecoderLayer(dimensions) for _ in range(dimensions.decoder_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.project_out = nn.Linear(width, dimensions.vocabulary_size, bias=False)
        self.embedding_scale = width**0.5 if dimensions.scale_embedding else 1.0


class Whisper(nn.Module):
    """A Whisper for inference; build it with `Whisper.load`."""

    def __init__(self, dimensions: Dimensions) -> None:
        super().__init__()
        self.dimensions = dimensions
        self.encoder = Encoder(dimensions)
        self.decoder = Decoder(dimensions)

    @classmethod
    def load(
        cls, checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype = torch.float32
    ) -> "Whisper":
        """Build the model of `checkpoint` on `device`.

        Raises:
            CheckpointError: tensors are missing or have the wrong shape.
        """
        with torch.device("meta"):
            model = cls(checkpoint.dimensions)
        try:
            weights = fused_weights(checkpoint.weights(), checkpoint.dimensions)
            weights = {name: tensor.to(device, dtype) for name, tensor in weights.items()}
            model.load_state_dict(weights, assign=True)
            if not checkpoint.dimensions.separate_output:
                model.decoder.project_out.weight = model.decoder.tokens.weight
        except KeyError as error:
            raise CheckpointError(
                f"{checkpoint.role}: {checkpoint.folder} lacks the tensor {error}: "
                "install the pair again",
                checkpoint.role,
            ) from error
        except RuntimeError as error:
            raise CheckpointError(
                f"{checkpoint.role}: the weights in {checkpoint.folder} do not fit its "
                "config.json: install the pair again",
                checkpoint.role,
            ) from error
        return model.eval().requires_grad_(requires_grad=False)

    def new_cache(self, batch: int = 1) -> KeyValueCache:
        """An empty cache for `batch` utterances of this model."""
        weight = self.decoder.tokens.weight
        return KeyValueCache(self.dimensions, batch, weight.device, weight.dtype)

    def begin(self, cache: KeyValueCache, features: torch.Tensor) -> None:
        """Encode features [B, mel_bins, frames] and make `cache` ready for their first token."""
        source = self.encoder(features.to(self.encoder.conv1.weight.dtype))
        cache.reset([layer.cross.project_source(source) for layer in self._decoder_layers()])

    def step(
        self,
        tokens: torch.Tensor,
        positions: torch.Tensor,
        cache: KeyValueCache,
        *,
        logits_from: int = 0,
    ) -> torch.Tensor:
        """Feed W tokens per slot at the slot's own position; the one primitive of decoding.

        Serves prompt prefill, greedy decoding (W = 1), verification (W = k + 1) and batches.
        Writes keys and values at `positions .. positions + W`; the caller advances the cache by
        what it keeps.

        Args:
            tokens: int64 [B, W].
            positions: int64 [B], position of each slot's first token.
            cache: begun with the same B.
            logits_from: column of the first token whose logits are wanted; a prefill needs the
                last only, and the vocabulary's projection is its largest product.

        Returns:
            float [B, W - logits_from, V].
        """
        decoder = self.decoder
        batch, width = tokens.shape
        columns = positions[:, None] + torch.arange(width, device=tokens.device)
        reach = int(positions.max()) + width
        mask = None
        if width > 1 or batch > 1:
            mask = torch.arange(reach, device=tokens.device) <= columns[:, None, :, None]
        slots = torch.arange(batch, device=tokens.device)[:, None]
        x = decoder.tokens(tokens) * decoder.embedding_scale + decoder.positions[columns]
        for index, layer in enumerate(self._decoder_layers()):
            queries, keys, values = layer.attention.project(layer.attention_norm(x))
            cache.keys[index][slots, :, columns] = keys.transpose(1, 2)
            cache.values[index][slots, :, columns] = values.transpose(1, 2)
            x = x + layer.attention.attend(
                queries, cache.keys[index][:, :, :reach], cache.values[index][:, :, :reach], mask
            )
            x = x + layer.cross.attend_source(layer.cross_norm(x), cache.cross[index])
            x = x + layer.ffn(layer.ffn_norm(x))
        logits: torch.Tensor = decoder.project_out(decoder.norm(x[:, logits_from:]))
        return logits

    def _decoder_layers(self) -> list[DecoderLayer]:
        return [layer for layer in self.decoder.layers if isinstance(layer, DecoderLayer)]


def fused_weights(
    weights: dict[str, torch.Tensor], dimensions: Dimensions
) -> dict[str, torch.Tensor]:
    """Rename transformers' tensors to ours and fuse the projections; keys have no bias, so zeros.

    Raises:
        KeyError: a tensor is missing.
    """
    if not any(name.startswith("model.") for name in weights):
        weights = {f"model.{name}": tensor for name, tensor in weights.items()}
    embedding = weights["model.decoder.embed_tokens.weight"]
    fused = {
        "encoder.positions": weights["model.encoder.embed_positions.weight"],
        "decoder.positions": weights["model.decoder.embed_positions.weight"],
        "decoder.tokens.weight": embedding,
        "decoder.project_out.weight": (
            weights["proj_out.weight"] if dimensions.separate_output else embedding
        ),
    }

    def copy(ours: str, theirs: str) -> None:
        for part in ("weight", "bias"):
            fused[f"{ours}.{part}"] = weights[f"model.{theirs}.{part}"]

    def fuse(ours: str, theirs: str, parts: str) -> None:
        fused[f"{ours}.weight"] = torch.cat(
            [weights[f"model.{theirs}.{part}_proj.weight"] for part in parts]
        )
        fused[f"{ours}.bias"] = torch.cat(
            [
                torch.zeros_like(weights[f"model.{theirs}.q_proj.bias"])
                if part == "k"
                else weights[f"model.{theirs}.{part}_proj.bias"]
                for part in parts
            ]
        )

    def block(ours: str, theirs: str) -> None:
        fuse(f"{ours}.attention.query_key_value", f"{theirs}.self_attn", "qkv")
        copy(f"{ours}.attention.out", f"{theirs}.self_attn.out_proj")
        copy(f"{ours}.attention_norm", f"{theirs}.self_attn_layer_norm")
        copy(f"{ours}.ffn.up", f"{theirs}.fc1")
        copy(f"{ours}.ffn.down", f"{theirs}.fc2")
        copy(f"{ours}.ffn_norm", f"{theirs}.final_layer_norm")

    for name in ("conv1", "conv2"):
        copy(f"encoder.{name}", f"encoder.{name}")
    for side, layers in (
        ("encoder", dimensions.encoder_layers),
        ("decoder", dimensions.decoder_layers),
    ):
        copy(f"{side}.norm", f"{side}.layer_norm")
        for index in range(layers):
            ours = theirs = f"{side}.layers.{index}"
            block(ours, theirs)
            if side == "decoder":
                copy(f"{ours}.cross.query", f"{theirs}.encoder_attn.q_proj")
                fuse(f"{ours}.cross.key_value", f"{theirs}.encoder_attn", "kv")
                copy(f"{ours}.cross.out", f"{theirs}.encoder_attn.out_proj")
                copy(f"{ours}.cross_norm", f"{theirs}.encoder_attn_layer_norm")
    return fused
