"""What transformers says of the same checkpoint and the same sound."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()


@lru_cache(maxsize=4)
def _load(folder: Path) -> tuple[WhisperForConditionalGeneration, WhisperFeatureExtractor]:
    model = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    # Transformers' own default would let random weights write timestamps and languages.
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    special = set(tokenizer.get_added_tokens_decoder()) - {model.config.eos_token_id}
    generation = model.generation_config
    generation.suppress_tokens = sorted({*(generation.suppress_tokens or []), *special})
    return model.eval(), WhisperFeatureExtractor.from_pretrained(folder)


def reference_features(folder: Path, samples: np.ndarray, *, pad: bool) -> np.ndarray:
    """float32 [mel_bins, frames] of transformers' extractor, padded to the window or not at all."""
    extractor = _load(folder)[1]
    return extractor(
        samples,
        sampling_rate=extractor.sampling_rate,
        return_tensors="np",
        padding="max_length" if pad else False,
    ).input_features[0]


def reference_tokens(
    folder: Path,
    samples: np.ndarray,
    *,
    language: str | None = None,
    prompt_ids: list[int] | None = None,
    max_new_tokens: int = 40,
) -> list[int]:
    """Greedy ids of transformers' `generate`, without initial, prompt and end ids."""
    model, _ = _load(folder)
    features = torch.from_numpy(reference_features(folder, samples, pad=True))[None]
    options = {}
    if model.generation_config.is_multilingual:
        options = {"language": language, "task": "transcribe"}
    if prompt_ids:
        options["prompt_ids"] = torch.tensor(prompt_ids)
    with torch.inference_mode():
        tokens = model.generate(
            features, max_new_tokens=max_new_tokens, do_sample=False, num_beams=1, **options
        )[0].tolist()
    start, end = model.config.decoder_start_token_id, model.config.eos_token_id
    if tokens[:1] == [start]:
        tokens = tokens[tokens.index(model.generation_config.no_timestamps_token_id) + 1 :]
    return tokens[: tokens.index(end)] if end in tokens else tokens
