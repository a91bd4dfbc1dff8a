"""A Whisper of width 32 with random weights, and tones to train it on: trainings of seconds."""

import itertools
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from dictate.train.corpus import Clip
from dictate.train.tokenizer import build_tokenizer, special_tokens, train_pieces

WINDOW_S = 10
MEL_BINS = 16
_VERBS = ("open", "close", "rename", "parse", "return", "check")
_NOUNS = ("file", "user", "token", "config", "value", "request")
_ENDS = ("now", "again", "first", "by id", "to the list", "before saving")
TEXTS = tuple(" ".join(words) for words in itertools.product(_VERBS, _NOUNS, _ENDS))


def tiny_target(
    folder: Path, *, seed: int = 0, decoder_layers: int = 3, window_s: int = WINDOW_S
) -> Path:
    """Write a whole checkpoint folder in Whisper's multilingual layout."""
    pieces = train_pieces(TEXTS, 300)
    tokenizer = build_tokenizer(pieces, "multilingual", window_s)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in special_tokens("multilingual")}
    end = ids["<|endoftext|>"]
    torch.manual_seed(seed)
    config = WhisperConfig(
        vocab_size=len(tokenizer), num_mel_bins=MEL_BINS, d_model=32, encoder_layers=1,
        decoder_layers=decoder_layers, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=128, decoder_ffn_dim=128, max_source_positions=50 * window_s,
        max_target_positions=96, dropout=0.0, pad_token_id=end, bos_token_id=end, eos_token_id=end,
        decoder_start_token_id=ids["<|startoftranscript|>"], suppress_tokens=None,
        begin_suppress_tokens=None, init_std=0.12,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        alignment_heads=[[layer, 1] for layer in range(decoder_layers)],
        begin_suppress_tokens=[tokenizer.convert_tokens_to_ids("Ġ"), end],
        bos_token_id=end, eos_token_id=end, pad_token_id=end,
        decoder_start_token_id=ids["<|startoftranscript|>"], is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"]}, language="en", task="transcribe",
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"], max_length=96,
        prev_sot_token_id=ids["<|startofprev|>"], return_timestamps=False,
        suppress_tokens=sorted(set(ids.values()) - {end}),
    )  # fmt: skip
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=MEL_BINS, chunk_length=window_s).save_pretrained(folder)
    return folder


def tiny_corpus(folder: Path, *, shards: tuple[str, ...] = ("shard-00000",)) -> Path:
    """Write forty tones of 0.4 to 2.4 s a shard, each with a text."""
    folder.mkdir(parents=True)
    for seed, shard in enumerate(shards):
        rng = np.random.default_rng(seed)
        clips: list[Clip] = []
        tones: list[np.ndarray] = []
        start = 0
        for text in TEXTS[seed : seed + 40]:
            count = int(rng.integers(6_400, 38_400))
            tone = np.sin(np.arange(count) * rng.uniform(0.05, 0.5)) * 0.9 * 32767
            tones.append(tone.astype(np.int16))
            clips.append(Clip(text, "tone", shard, start, count))
            start += count
        np.save(folder / f"{shard}.npy", np.concatenate(tones))
        lines = (json.dumps(asdict(clip)) + "\n" for clip in clips)
        (folder / f"{shard}.jsonl").write_text("".join(lines))
    return folder
