"""An untrained student goes through the export and comes back out of transformers."""

from pathlib import Path

import pytest
import torch

from dictate.train.architecture import (
    BUNDLED,
    WINDOW_S,
    Student,
    build_config,
    encode,
    greedy,
)
from dictate.train.export import export, suppressed_ids
from dictate.train.model_card import write_card
from dictate.train.targets import Labeller
from dictate.train.tokenizer import Pieces

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def folder(pieces: Pieces, tmp_path_factory) -> Path:
    work = tmp_path_factory.mktemp("target")
    labeller = Labeller(pieces, BUNDLED.layout, WINDOW_S)
    config = build_config(BUNDLED, labeller.special_ids, len(labeller.tokenizer))
    torch.manual_seed(0)
    student = Student(transformers.WhisperForConditionalGeneration(config), 30)
    state = {
        "student": student.state_dict(), "warm": False, "ctc_classes": 30, "elapsed_s": 60.0,
        "seen": 10, "steps": 2, "starts": 3, "development_wer": 1.0, "corpus_clips": 5,
    }  # fmt: skip
    torch.save(state, work / "checkpoint.pt")
    pieces.save(work / "pieces.json")
    export(work / "checkpoint.pt", work / "pieces.json", work / "model")
    return work / "model"


def test_transformers_loads_and_decodes_the_padded_window(folder: Path) -> None:
    processor = transformers.WhisperProcessor.from_pretrained(folder)
    model = transformers.WhisperForConditionalGeneration.from_pretrained(folder)
    features = processor(
        torch.zeros(8_000).numpy(), sampling_rate=16_000, return_tensors="pt"
    ).input_features
    assert features.shape == (1, BUNDLED.mel_bins, 100 * WINDOW_S)
    ids = model.generate(features, max_new_tokens=5)
    assert isinstance(processor.batch_decode(ids, skip_special_tokens=True)[0], str)


def test_the_prompt_follows_the_layout(folder: Path) -> None:
    tokenizer = transformers.WhisperTokenizerFast.from_pretrained(folder)
    expected = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]
    assert tokenizer.convert_ids_to_tokens(tokenizer.prefix_tokens) == expected
    config = transformers.GenerationConfig.from_pretrained(folder)
    assert config.is_multilingual
    assert config.eos_token_id not in config.begin_suppress_tokens
    assert config.eos_token_id not in config.suppress_tokens


def test_our_short_encoder_is_theirs_on_the_full_window(folder: Path) -> None:
    model = transformers.WhisperForConditionalGeneration.from_pretrained(folder)
    model.eval()
    features = torch.randn(1, model.config.num_mel_bins, 100 * WINDOW_S)
    with torch.inference_mode():
        theirs = model.model.encoder(features).last_hidden_state
        torch.testing.assert_close(encode(model, features), theirs, atol=1e-5, rtol=1e-4)
        assert encode(model, features[..., :130]).shape[1] == 65


def test_our_greedy_decoding_is_theirs_on_the_full_window(folder: Path) -> None:
    model = transformers.WhisperForConditionalGeneration.from_pretrained(folder)
    tokenizer = transformers.WhisperTokenizerFast.from_pretrained(folder)
    settings = model.generation_config
    features = torch.randn(1, model.config.num_mel_bins, 100 * WINDOW_S)
    settings.begin_suppress_tokens = None
    theirs = model.generate(features, max_new_tokens=8)[0].tolist()
    (ours,) = greedy(
        model, features, tokenizer.prefix_tokens, settings.eos_token_id,
        suppressed=torch.tensor(settings.suppress_tokens), limit=8,
    )  # fmt: skip
    assert ours == [token for token in theirs if token != settings.eos_token_id][-len(ours) :]


def test_names_may_be_written(pieces: Pieces) -> None:
    labeller = Labeller(pieces, "multilingual", WINDOW_S)
    assert not set(labeller.text_ids("parse_config getUserById")) & set(suppressed_ids(labeller))


def test_special_tokens_are_suppressed(pieces: Pieces) -> None:
    labeller = Labeller(pieces, "multilingual", WINDOW_S)
    ids = suppressed_ids(labeller)
    assert labeller.end not in ids
    assert labeller.special_ids["<|startofprev|>"] in ids


def test_the_card_says_what_the_speech_was(folder: Path) -> None:
    write_card(folder)
    card = (folder / "README.md").read_text()
    assert card.startswith("---\nlicense: apache-2.0")
    assert "synthetic speech" in card
