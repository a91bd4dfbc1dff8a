from pathlib import Path

import pytest

from dictate.train.tokenizer import Pieces, build_tokenizer, prompt_tokens, special_tokens

pytest.importorskip("transformers")


@pytest.mark.parametrize("layout", ["multilingual", "english"])
def test_any_text_survives_the_round_trip(pieces: Pieces, layout: str) -> None:
    tokenizer = build_tokenizer(pieces, layout, 10)
    for text in (" rename this variable", " Größe 字 🎤", " x"):
        ids = tokenizer.encode(text, add_special_tokens=False)
        assert tokenizer.decode(ids) == text
        assert max(ids) < len(pieces.vocab)


def test_the_layouts_share_pieces_and_differ_by_the_language_token(pieces: Pieces) -> None:
    target = build_tokenizer(pieces, "multilingual", 10)
    draft = build_tokenizer(pieces, "english", 10)
    assert target.encode(" a list", add_special_tokens=False) == draft.encode(
        " a list", add_special_tokens=False
    )
    assert target.convert_tokens_to_ids("<|notimestamps|>") == 1 + draft.convert_tokens_to_ids(
        "<|notimestamps|>"
    )
    assert "<|en|>" not in special_tokens("english")


@pytest.mark.parametrize("layout", ["multilingual", "english"])
def test_ids_follow_whispers_order(pieces: Pieces, layout: str) -> None:
    tokenizer = build_tokenizer(pieces, layout, 10)
    ids = tokenizer.convert_tokens_to_ids(list(special_tokens(layout)))
    assert ids == list(range(len(pieces.vocab), len(pieces.vocab) + len(ids)))
    assert tokenizer.convert_tokens_to_ids("<|0.00|>") == ids[-1] + 1
    assert tokenizer.convert_tokens_to_ids("<|10.00|>") == len(tokenizer) - 1
    assert tokenizer.convert_ids_to_tokens(tokenizer.prefix_tokens) == list(prompt_tokens(layout))


def test_pieces_survive_the_disk(pieces: Pieces, tmp_path: Path) -> None:
    pieces.save(tmp_path / "pieces.json")
    assert Pieces.load(tmp_path / "pieces.json") == pieces
