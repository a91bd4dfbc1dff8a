"""transformers' `generate`, plain and with an assistant."""

from pathlib import Path
from typing import Any

import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.bench.extras import need
from dictate.bench.peers.setting import CannotRunError, Run, Samples, Setting


def open_transformers(setting: Setting, precision: str, draft: Path | None = None) -> Run:
    """The library at the checkpoint's whole window.

    Args:
        setting: what to run.
        precision: `float32`, `bfloat16` or `float16`.
        draft: checkpoint of the assistant; None generates without one.

    Raises:
        CannotRunError: the assistant cannot take the target's features.
    """
    if draft is not None:
        target_bins = setting.checkpoint.dimensions.mel_bins
        draft_bins = Checkpoint.open(draft).dimensions.mel_bins
        if target_bins != draft_bins:
            raise CannotRunError(
                f"transformers feeds the assistant the target's {target_bins} mel bins, but this "
                f"draft takes {draft_bins}"
            )
    transformers = need("transformers")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    dtype = getattr(torch, precision)

    def load(folder: Path) -> Any:
        model = transformers.WhisperForConditionalGeneration.from_pretrained(folder, dtype=dtype)
        return model.eval().to(setting.device)

    model = load(setting.folder)
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(setting.folder)
    options: dict[str, Any] = {
        "max_new_tokens": setting.max_new_tokens,
        "do_sample": False,
        "num_beams": 1,
    }
    if model.generation_config.is_multilingual:
        options |= {"language": setting.language, "task": "transcribe"}
    if draft is not None:
        options["assistant_model"] = load(draft)
    no_timestamps = model.generation_config.no_timestamps_token_id

    def run(samples: Samples) -> list[int]:
        features = extractor(samples, sampling_rate=extractor.sampling_rate, return_tensors="pt")
        with torch.inference_mode():
            tokens: list[int] = model.generate(
                features.input_features.to(setting.device, dtype), **options
            )[0].tolist()
        if no_timestamps in tokens:
            tokens = tokens[tokens.index(no_timestamps) + 1 :]
        return setting.until_end(tokens)

    return run
