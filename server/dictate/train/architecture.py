"""The network: an ordinary Whisper, with an encoder that accepts short windows and a CTC head.

transformers' own encoder refuses anything but the full window. The engine runs on exactly the
utterance's frames, so training does too: the positional embeddings are sliced from the start. The
CTC head is an auxiliary loss that aligns the encoder early; it is dropped when the checkpoint is
exported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from dictate.train.tokenizer import Layout

if TYPE_CHECKING:
    from transformers import WhisperConfig, WhisperForConditionalGeneration

WINDOW_S: Final = 10
MAX_TARGET_POSITIONS: Final = 128
PIECES: Final = 1600


@dataclass(frozen=True, slots=True)
class Architecture:
    """The sizes of a model."""

    layout: Layout
    mel_bins: int
    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int


BUNDLED: Final = Architecture(
    "multilingual", mel_bins=128, width=192, heads=6, encoder_layers=4, decoder_layers=4
)
"""The bundled target. Its draft has the same encoder and fewer decoder layers, by `train draft`."""


def build_config(
    architecture: Architecture, special_ids: dict[str, int], vocab_size: int
) -> WhisperConfig:
    """A WhisperConfig for these sizes; `special_ids` maps special tokens to ids."""
    from transformers import WhisperConfig

    end = special_ids["<|endoftext|>"]
    return WhisperConfig(
        vocab_size=vocab_size,
        num_mel_bins=architecture.mel_bins,
        d_model=architecture.width,
        encoder_layers=architecture.encoder_layers,
        decoder_layers=architecture.decoder_layers,
        encoder_attention_heads=architecture.heads,
        decoder_attention_heads=architecture.heads,
        encoder_ffn_dim=4 * architecture.width,
        decoder_ffn_dim=4 * architecture.width,
        max_source_positions=WINDOW_S * 50,
        max_target_positions=MAX_TARGET_POSITIONS,
        dropout=0.0,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=special_ids["<|startoftranscript|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )


def encode(whisper: WhisperForConditionalGeneration, features: Tensor) -> Tensor:
    """Run the encoder on a window of any length up to the full one.

    `features` is float[batch, mel_bins, frames]; the answer is float[batch, ceil(frames / 2),
    width].
    """
    encoder = whisper.model.encoder
    hidden = functional.gelu(encoder.conv1(features))
    hidden = functional.gelu(encoder.conv2(hidden)).permute(0, 2, 1)
    hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
    for layer in encoder.layers:
        hidden = layer(hidden, None)
    normed: Tensor = encoder.layer_norm(hidden)
    return normed


class Student(nn.Module):
    """A Whisper in training: its weights plus the CTC head."""

    def __init__(self, whisper: WhisperForConditionalGeneration, ctc_classes: int) -> None:
        super().__init__()
        # In bfloat16 on a CPU the backward pass of fused attention is slower than plain matrix
        # products.
        whisper.set_attn_implementation("eager")
        self.whisper = whisper
        self.ctc = nn.Linear(whisper.config.d_model, ctc_classes)

    def forward(self, features: Tensor, decoder_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits: decoder float[batch, tokens, vocab], CTC float[batch, positions, classes]."""
        hidden = encode(self.whisper, features)
        decoded = self.whisper.model.decoder(
            input_ids=decoder_ids, encoder_hidden_states=hidden, use_cache=False
        ).last_hidden_state
        return self.whisper.proj_out(decoded), self.ctc(hidden)


@torch.inference_mode()
def greedy(
    whisper: WhisperForConditionalGeneration,
    features: Tensor,
    prompt: list[int],
    end: int,
    *,
    suppressed: Tensor | None = None,
    limit: int = 60,
) -> list[list[int]]:
    """Plain greedy decoding of a batch of equal windows; returns the text tokens of each."""
    hidden = encode(whisper, features)
    ids = torch.tensor([prompt] * features.shape[0])
    ended = torch.zeros(features.shape[0], dtype=torch.bool)
    cache = None
    step = ids
    for _ in range(limit):
        output = whisper.model.decoder(
            input_ids=step, encoder_hidden_states=hidden, past_key_values=cache, use_cache=True
        )
        cache = output.past_key_values
        logits = whisper.proj_out(output.last_hidden_state[:, -1])
        if suppressed is not None:
            logits[:, suppressed] = float("-inf")
        choice = logits.argmax(-1).masked_fill(ended, end)
        ended |= choice == end
        ids = torch.cat([ids, choice[:, None]], dim=1)
        if bool(ended.all()):
            break
        step = choice[:, None]
    return [[token for token in row[len(prompt) :] if token != end] for row in ids.tolist()]
