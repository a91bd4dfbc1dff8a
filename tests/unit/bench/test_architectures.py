"""Random weights in published shapes: real enough for every library to load and to time."""

import numpy as np
import pytest
import torch
import transformers
import whisper
from safetensors.torch import load_file

from dictate.asr import Pair
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.tokens import Tokens
from dictate.bench.architectures import (
    ARCHITECTURES,
    architecture,
    random_checkpoint,
    special_tokens,
)
from dictate.errors import DictateError

# Of the published checkpoints, in millions (openai/whisper, model-card.md; Gandhi et al., 2023).
PUBLISHED_MILLIONS = {
    "tiny": 39,
    "tiny.en": 39,
    "base": 74,
    "base.en": 74,
    "small": 244,
    "small.en": 244,
    "medium": 769,
    "large-v2": 1550,
    "large-v3": 1550,
    "large-v3-turbo": 809,
    "distil-small.en": 166,
    "distil-large-v2": 756,
    "distil-large-v3": 756,
}


@pytest.mark.parametrize("name", PUBLISHED_MILLIONS)
def test_architectures_have_the_published_number_of_parameters(name):
    millions = architecture(name).parameters / 1e6
    assert abs(millions - PUBLISHED_MILLIONS[name]) <= max(1.5, 0.01 * PUBLISHED_MILLIONS[name])
    assert set(PUBLISHED_MILLIONS) == set(ARCHITECTURES)


@pytest.mark.parametrize(("name", "languages"), [("tiny.en", 99), ("tiny", 99), ("large-v3", 100)])
def test_special_tokens_lie_where_openai_whisper_has_them(name, languages):
    ours = special_tokens(architecture(name))
    theirs = whisper.tokenizer.get_tokenizer(
        not name.endswith(".en"), num_languages=languages
    ).special_tokens
    assert len(ours) == len(theirs)
    assert sorted(ours.values()) == sorted(theirs.values())
    common = set(ours) & set(theirs)
    assert {name: ours[name] for name in common} == {name: theirs[name] for name in common}
    assert {"<|endoftext|>", "<|startofprev|>", "<|notimestamps|>", "<|30.00|>"} <= common


@pytest.mark.parametrize("name", ["tiny.en", "large-v3-turbo"])
def test_transformers_loads_the_checkpoint_without_a_missing_or_foreign_tensor(name, shrunk):
    _, info = transformers.WhisperForConditionalGeneration.from_pretrained(
        shrunk(name), output_loading_info=True
    )
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert not info["mismatched_keys"]


@pytest.mark.parametrize("name", ["tiny.en", "tiny", "large-v3-turbo"])
def test_random_weights_write_text_tokens_only_until_the_bound_and_hear_the_sound(name, shrunk):
    folder = shrunk(name, window_s=10)
    pair = Pair.load(folder, device="cpu", dtype="float32")
    text_tokens = Tokens(Checkpoint.open(folder)).end
    heard = set()
    for seed in range(6):
        noise = np.random.default_rng(seed).standard_normal(80_000).astype(np.float32)
        tokens = pair.transcribe((0.05 + 0.05 * seed) * noise, max_new_tokens=40).tokens
        assert len(tokens) == 40
        assert max(tokens) < text_tokens
        assert len(set(tokens)) > 10, "it repeats itself"
        heard.add(tuple(tokens))
    assert len(heard) > 1, "it does not hear"


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path):
    shape = architecture("tiny.en").shrunk(32, 1, 1, 5)
    folders = [
        random_checkpoint(shape, tmp_path / str(index), seed=seed)
        for index, seed in enumerate((1, 1, 2))
    ]
    one, same, other = (load_file(folder / "model.safetensors") for folder in folders)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["model.encoder.conv1.weight"], other["model.encoder.conv1.weight"])


def test_an_unknown_architecture_is_one_line_that_names_the_known_ones():
    with pytest.raises(DictateError, match=r"unknown architecture 'huge': use one of tiny, "):
        architecture("huge")
