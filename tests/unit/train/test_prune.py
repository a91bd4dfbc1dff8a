import itertools
from pathlib import Path

import pytest
import torch

from dictate.train.distil_folder import load_whisper
from dictate.train.prune import PruningError, pruned, pruned_generation, taken_layers
from tests.rigs.tiny_training import tiny_target


@pytest.fixture(scope="module")
def target(tmp_path_factory) -> Path:
    return tiny_target(tmp_path_factory.mktemp("prune") / "target")


def test_layers_are_taken_at_maximal_spacing_with_the_last_among_them() -> None:
    assert taken_layers(32, 4) == [0, 10, 20, 31]
    assert taken_layers(32, 2) == [0, 31]
    assert taken_layers(4, 1) == [3]
    for there in range(1, 33):
        assert taken_layers(there, there) == list(range(there))
        for wanted in range(2, there + 1):
            taken = taken_layers(there, wanted)
            assert (taken[0], taken[-1]) == (0, there - 1)
            gaps = {later - earlier for earlier, later in itertools.pairwise(taken)}
            assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("wanted", [0, 5, -1])
def test_layers_that_are_not_there_are_refused_in_one_line(wanted: int) -> None:
    with pytest.raises(PruningError) as caught:
        taken_layers(4, wanted)
    assert "choose 1 to 4" in str(caught.value)


def test_what_is_left_are_the_targets_own_layers_and_its_very_encoder(target: Path) -> None:
    whisper = load_whisper(target)
    small = pruned(whisper, 2)
    assert small.model.encoder is whisper.model.encoder
    assert small.config.decoder_layers == 2
    assert small.config.encoder_layers == whisper.config.encoder_layers
    assert small.proj_out.weight is small.model.decoder.embed_tokens.weight
    for ours, theirs in ((0, 0), (1, 2)):
        kept = small.model.decoder.layers[ours].state_dict()
        source = whisper.model.decoder.layers[theirs].state_dict()
        assert all(torch.equal(kept[name], source[name]) for name in source)


def test_nothing_taken_away_is_the_same_model(target: Path) -> None:
    whisper = load_whisper(target)
    same = pruned(whisper, 3, whisper.config.decoder_ffn_dim)
    hidden = torch.randn(1, 12, 32, generator=torch.Generator().manual_seed(1))
    ids = torch.arange(9)[None]
    with torch.inference_mode():
        outputs = [
            model.proj_out(
                model.model.decoder(input_ids=ids, encoder_hidden_states=hidden).last_hidden_state
            )
            for model in (whisper, same)
        ]
    assert torch.equal(*outputs)


def test_the_units_that_write_most_are_kept_in_their_order(target: Path) -> None:
    whisper = load_whisper(target)
    layer = whisper.model.decoder.layers[2]
    with torch.no_grad():
        layer.fc2.weight[:, ::2] *= 100
    small = pruned(whisper, 1, whisper.config.decoder_ffn_dim // 2)
    assert small.config.decoder_ffn_dim == 64
    kept = small.model.decoder.layers[0]
    assert torch.equal(kept.fc1.weight, layer.fc1.weight[::2])
    assert torch.equal(kept.fc1.bias, layer.fc1.bias[::2])
    assert torch.equal(kept.fc2.weight, layer.fc2.weight[:, ::2])


def test_alignment_heads_follow_their_layers() -> None:
    generation = {"alignment_heads": [[0, 1], [2, 0], [3, 5]], "eos_token_id": 7}
    assert pruned_generation(generation, [0, 3], 6) == {
        "alignment_heads": [[0, 1], [1, 5]], "eos_token_id": 7,
    }  # fmt: skip
    assert pruned_generation(generation, [1], 2)["alignment_heads"] == [[0, 0], [0, 1]]
    assert "alignment_heads" not in pruned_generation({}, [1], 2)
