"""openai-whisper, the reference implementation, with the checkpoint's weights under its names."""

import re

import torch

from dictate.asr.integers import as_floats
from dictate.bench.extras import need
from dictate.bench.peers.setting import CannotRunError, Run, Samples, Setting

VOCABULARY_SIZES = (51_864, 51_865, 51_866)
"""The only vocabularies whose special ids openai-whisper and whisper.cpp know."""

# Transformers' names on the left, openai-whisper's on the right, applied in this order.
_RENAMED = (
    (r"^model\.", ""),
    (r"\.layers\.", ".blocks."),
    (r"encoder\.embed_positions\.weight", "encoder.positional_embedding"),
    (r"decoder\.embed_positions\.weight", "decoder.positional_embedding"),
    (r"embed_tokens\.", "token_embedding."),
    (r"^encoder\.layer_norm\.", "encoder.ln_post."),
    (r"^decoder\.layer_norm\.", "decoder.ln."),
    (r"self_attn_layer_norm\.", "attn_ln."),
    (r"encoder_attn_layer_norm\.", "cross_attn_ln."),
    (r"final_layer_norm\.", "mlp_ln."),
    (r"self_attn\.", "attn."),
    (r"encoder_attn\.", "cross_attn."),
    (r"q_proj\.", "query."),
    (r"k_proj\.", "key."),
    (r"v_proj\.", "value."),
    (r"out_proj\.", "out."),
    (r"fc1\.", "mlp.0."),
    (r"fc2\.", "mlp.2."),
)


def openai_name(name: str) -> str:
    """What openai-whisper and whisper.cpp call a tensor that transformers calls `name`."""
    for pattern, replacement in _RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def check_vocabulary(setting: Setting, library: str) -> None:
    """Refuse a checkpoint whose special ids the library would guess wrongly.

    Raises:
        CannotRunError: the vocabulary has none of the published sizes.
    """
    size = setting.checkpoint.dimensions.vocabulary_size
    if size not in VOCABULARY_SIZES:
        raise CannotRunError(
            f"{library} derives its special ids from the published vocabulary sizes; "
            f"this checkpoint has {size} tokens"
        )


def open_openai_whisper(setting: Setting, precision: str) -> Run:
    """openai-whisper with the checkpoint's whole window.

    Args:
        setting: what to run.
        precision: `float32` or `float16`.

    Raises:
        CannotRunError: it does not know the checkpoint's vocabulary.
    """
    check_vocabulary(setting, "openai-whisper")
    checkpoint = setting.checkpoint
    whisper = need("whisper")
    shape = checkpoint.dimensions
    model = whisper.model.Whisper(
        whisper.model.ModelDimensions(
            n_mels=shape.mel_bins,
            n_audio_ctx=shape.max_source_positions,
            n_audio_state=shape.width,
            n_audio_head=shape.encoder_heads,
            n_audio_layer=shape.encoder_layers,
            n_vocab=shape.vocabulary_size,
            n_text_ctx=shape.max_target_positions,
            n_text_state=shape.width,
            n_text_head=shape.decoder_heads,
            n_text_layer=shape.decoder_layers,
        )
    )
    weights = {
        openai_name(name): as_floats(tensor).float()
        for name, tensor in checkpoint.weights().items()
        if name != "proj_out.weight"
    }
    model.load_state_dict(weights)
    half = precision == "float16"
    model = model.eval().to(setting.device)
    if half:
        model = model.half()
    options = whisper.DecodingOptions(
        language=setting.language,
        without_timestamps=True,
        suppress_tokens=[],
        suppress_blank=False,
        sample_len=setting.max_new_tokens,
        fp16=half,
    )
    window_samples = checkpoint.framing.window_samples

    def run(samples: Samples) -> list[int]:
        sound = whisper.pad_or_trim(torch.from_numpy(samples), window_samples)
        features = whisper.log_mel_spectrogram(sound, shape.mel_bins, device=setting.device)
        result = whisper.decode(model, features, options)
        tokens: list[int] = list(result.tokens)
        return setting.until_end(tokens)

    return run
