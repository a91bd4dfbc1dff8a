from pathlib import Path

import pytest
import torch

from dictate.train.architecture import WINDOW_S, Architecture, build_config, encode
from dictate.train.targets import Labeller
from dictate.train.tokenizer import Pieces, train_pieces
from dictate.train.warm_start import start_from

transformers = pytest.importorskip("transformers")


def build(pieces: Pieces, decoder_layers: int, seed: int, width: int = 32):
    labeller = Labeller(pieces, "multilingual", WINDOW_S)
    shape = Architecture("multilingual", 80, width, 2, 2, decoder_layers)
    torch.manual_seed(seed)
    config = build_config(shape, labeller.special_ids, len(labeller.tokenizer))
    return transformers.WhisperForConditionalGeneration(config).eval(), labeller


@pytest.fixture
def old(pieces: Pieces, tmp_path: Path):
    whisper, labeller = build(pieces, 2, seed=1)
    whisper.save_pretrained(tmp_path)
    labeller.tokenizer.save_pretrained(tmp_path)
    return whisper, labeller, tmp_path


@torch.inference_mode()
def test_deeper_decoders_begin_as_the_old_one(old, pieces: Pieces) -> None:
    whisper, labeller, folder = old
    deeper, _ = build(pieces, 5, seed=2)
    start_from(folder, deeper, labeller.tokenizer)
    features = torch.randn(1, 80, 120)
    ids = torch.tensor([[*labeller.prompt, *labeller.text_ids("return the list")]])
    logits = [
        model.proj_out(
            model.model.decoder(
                input_ids=ids, encoder_hidden_states=encode(model, features)
            ).last_hidden_state
        )
        for model in (whisper, deeper)
    ]
    torch.testing.assert_close(logits[0], logits[1], atol=1e-5, rtol=1e-4)


def test_new_pieces_begin_as_the_mean_of_the_old_ones(old, texts: list[str]) -> None:
    whisper, labeller, folder = old
    more = train_pieces(texts, 500)
    larger, new = build(more, 2, seed=3)
    start_from(folder, larger, new.tokenizer)
    rows = larger.model.decoder.embed_tokens.weight
    old_rows = whisper.model.decoder.embed_tokens.weight
    piece = next(piece for piece in more.vocab if piece not in labeller.tokenizer.get_vocab())
    text = new.tokenizer.convert_tokens_to_string([piece])
    ids = labeller.tokenizer.encode(text, add_special_tokens=False)
    torch.testing.assert_close(rows[more.vocab[piece]], old_rows[ids].mean(0))
    torch.testing.assert_close(rows[new.end], old_rows[labeller.end])


def test_another_width_is_refused(old, pieces: Pieces) -> None:
    _, labeller, folder = old
    wider, _ = build(pieces, 2, seed=4, width=64)
    with pytest.raises(RuntimeError):
        start_from(folder, wider, labeller.tokenizer)
