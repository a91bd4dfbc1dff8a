"""faster-whisper: its features, and CTranslate2's encoder and decoder."""

import shutil
from pathlib import Path

import numpy as np

from dictate.bench.extras import need
from dictate.bench.peers.setting import CannotRunError, Run, Samples, Setting


def open_faster_whisper(setting: Setting, precision: str, *, short: bool = False) -> Run:
    """faster-whisper on weights that CTranslate2's own converter wrote.

    `WhisperModel.transcribe` pads to 30 s whatever the checkpoint says and spends time on segments
    and text; its parts are driven directly, which is the fastest that it can be.

    Args:
        setting: what to run.
        precision: CTranslate2's compute type, such as `float32`, `int8` or `float16`.
        short: take the sound as long as it is, instead of padding it to the whole window.

    Raises:
        CannotRunError: CTranslate2 does not support the precision here, or cannot load.
    """
    faster_whisper = need("faster_whisper")
    ctranslate2 = need("ctranslate2")
    converted = _converted(setting)
    device = setting.device.partition(":")[0]
    try:
        model = ctranslate2.models.Whisper(
            str(converted),
            device=device,
            compute_type=precision,
            intra_threads=setting.threads,
            inter_threads=1,
        )
    except (RuntimeError, ValueError) as error:
        raise CannotRunError(f"CTranslate2 cannot run {precision} on {device}: {error}") from error
    framing = setting.checkpoint.framing
    extractor = faster_whisper.feature_extractor.FeatureExtractor(
        feature_size=framing.mel_bins,
        sampling_rate=framing.sample_rate_hz,
        hop_length=framing.hop_samples,
        n_fft=framing.fft_samples,
    )
    initial = setting.tokens.initial(setting.language)
    # CTranslate2 takes the smaller of half this number and of what is left behind the prompt.
    max_length = max(2 * setting.max_new_tokens, setting.max_new_tokens + len(initial))

    def run(samples: Samples) -> list[int]:
        frames = 2 * setting.positions(samples, short=short)
        padded = np.pad(samples, (0, max(0, frames * framing.hop_samples - samples.size)))
        features = extractor(padded, padding=0)[:, :frames]
        features = ctranslate2.StorageView.from_array(
            np.ascontiguousarray(features[None], dtype=np.float32)
        )
        result = model.generate(
            features,
            [initial],
            beam_size=1,
            max_length=max_length,
            suppress_blank=False,
            suppress_tokens=[],
        )[0]
        return setting.until_end(list(result.sequences_ids[0]))

    return run


def _converted(setting: Setting) -> Path:
    """The checkpoint in CTranslate2's format, float32; quantised as it is loaded."""
    folder = setting.work_folder / f"ctranslate2-{setting.folder.name}"
    complete = folder / "model.bin"
    if not complete.is_file():
        transformers = need("transformers")
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        partial = folder.with_name(f"{folder.name}.partial")
        converter = need("ctranslate2.converters").TransformersConverter(
            str(setting.folder), copy_files=["preprocessor_config.json", "tokenizer.json"]
        )
        converter.convert(str(partial), force=True)
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    return folder
