"""Whisper checkpoints with random weights and the real vocabulary layouts of the published models.

No published weights are needed: what is tested is that our modules and transformers' agree.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
import whisper
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

from dictate.asr.tokens import byte_characters


@dataclass(frozen=True)
class Architecture:
    """What distinguishes a published Whisper, its width shrunk to what a test can run."""

    name: str
    mel_bins: int
    multilingual: bool
    languages: int
    encoder_layers: int
    decoder_layers: int
    width: int = 64
    heads: int = 2


TINY = Architecture("tiny", 80, True, 99, 4, 4)
TINY_EN = Architecture("tiny.en", 80, False, 99, 4, 4)
BASE = Architecture("base", 80, True, 99, 6, 6, width=96, heads=3)
TURBO = Architecture("large-v3-turbo", 128, True, 100, 6, 4, width=128, heads=4)


def tiktoken_tokenizer(path: Path) -> Tokenizer:
    """openai-whisper's own vocabulary file as a byte-level BPE of the tokenizers library."""
    import base64

    ranks = {}
    for line in path.read_text().splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    characters = {byte: character for character, byte in byte_characters().items()}

    def printable(token: bytes) -> str:
        return "".join(characters[byte] for byte in token)

    merges = []
    for token, rank in ranks.items():
        if len(token) > 1:
            splits = [
                (token[:cut], token[cut:])
                for cut in range(1, len(token))
                if ranks.get(token[:cut], rank) < rank and ranks.get(token[cut:], rank) < rank
            ]
            # The merge that BPE itself makes last is the one whose parts have the lowest ranks.
            merges += [
                (rank, *(printable(part) for part in split))
                for split in sorted(splits, key=lambda split: max(ranks[part] for part in split))
            ]
    merges.sort(key=lambda merge: merge[0])
    tokenizer = Tokenizer(
        models.BPE(
            {printable(token): rank for token, rank in ranks.items()},
            [(left, right) for _, left, right in merges],
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def make_tokenizer(architecture: Architecture) -> tuple[Tokenizer, dict[str, int]]:
    """The architecture's tokenizer and the ids of its special tokens by name."""
    kind = "multilingual" if architecture.multilingual else "gpt2"
    assets = Path(whisper.__file__).parent / "assets"
    tokenizer = tiktoken_tokenizer(assets / f"{kind}.tiktoken")
    reference = whisper.tokenizer.get_tokenizer(
        architecture.multilingual, num_languages=architecture.languages
    )
    special = dict(sorted(reference.special_tokens.items(), key=lambda entry: entry[1]))
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in special])
    for name, token in special.items():
        assert tokenizer.token_to_id(name) == token, name
    return tokenizer, special


def make_checkpoint(folder: Path, architecture: Architecture, seed: int) -> Path:
    """Write a checkpoint folder with random weights; the same seed gives the same weights."""
    tokenizer, special = make_tokenizer(architecture)
    vocabulary_size = max(special.values()) + 1
    torch.manual_seed(seed)
    reference = whisper.tokenizer.get_tokenizer(
        architecture.multilingual, num_languages=architecture.languages
    )
    config = WhisperConfig(
        vocab_size=vocabulary_size,
        num_mel_bins=architecture.mel_bins,
        d_model=architecture.width,
        encoder_layers=architecture.encoder_layers,
        decoder_layers=architecture.decoder_layers,
        encoder_attention_heads=architecture.heads,
        decoder_attention_heads=architecture.heads,
        encoder_ffn_dim=4 * architecture.width,
        decoder_ffn_dim=4 * architecture.width,
        init_std=0.12,
        bos_token_id=special["<|endoftext|>"],
        eos_token_id=special["<|endoftext|>"],
        pad_token_id=special["<|endoftext|>"],
        decoder_start_token_id=special["<|startoftranscript|>"],
    )
    model = WhisperForConditionalGeneration(config).eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.Linear | torch.nn.Conv1d) and module.bias is not None:
                module.bias.normal_(std=0.1)
    generation = {
        "bos_token_id": special["<|endoftext|>"],
        "eos_token_id": special["<|endoftext|>"],
        "pad_token_id": special["<|endoftext|>"],
        "decoder_start_token_id": special["<|startoftranscript|>"],
        "no_timestamps_token_id": special["<|notimestamps|>"],
        "prev_sot_token_id": special["<|startofprev|>"],
        "is_multilingual": architecture.multilingual,
        "max_length": config.max_target_positions,
        "max_initial_timestamp_index": 50,
        "return_timestamps": False,
        "suppress_tokens": sorted(
            {*reference.non_speech_tokens, special["<|translate|>"], special["<|transcribe|>"]}
            | {special[name] for name in ("<|startoflm|>", "<|startofprev|>", "<|nospeech|>")}
            | {special["<|startoftranscript|>"]}
        ),
        "begin_suppress_tokens": [*reference.encode(" "), special["<|endoftext|>"]],
    }
    if architecture.multilingual:
        codes = reference.all_language_codes
        generation["lang_to_id"] = {f"<|{code}|>": special[f"<|{code}|>"] for code in codes}
        generation["task_to_id"] = {
            task: special[f"<|{task}|>"] for task in ("transcribe", "translate")
        }
    model.generation_config = GenerationConfig(**generation)
    model.save_pretrained(folder)
    transformers.WhisperFeatureExtractor(feature_size=architecture.mel_bins).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
