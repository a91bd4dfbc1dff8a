"""A merged model computes what the adapted one did."""

import random
from pathlib import Path

import torch

from dictate.train import lora
from dictate.train.distil_folder import load_whisper
from tests.rigs.tiny_training import tiny_target


def _logits(whisper: torch.nn.Module, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(2, 16, 100, generator=generator)
    ids = torch.randint(0, 300, (2, 7), generator=generator)
    with torch.inference_mode():
        answer: torch.Tensor = whisper(features, decoder_input_ids=ids).logits
    return answer


def test_merging_changes_no_bit_whatever_was_learned(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**31)
    print(f"seed {seed}")
    rng = random.Random(seed)
    folder = tiny_target(tmp_path / "target", window_s=1)
    for _ in range(6):
        whisper = load_whisper(folder)
        before = _logits(whisper, seed)
        names = rng.sample(lora.PROJECTIONS, rng.randint(1, len(lora.PROJECTIONS)))
        size = lora.Rank(rng.randint(1, 40), rng.uniform(0.5, 64))
        trained = lora.adapt(whisper, size, rng.randrange(1000), names)
        assert torch.equal(_logits(whisper, seed), before), "B begins as zeros"
        generator = torch.Generator().manual_seed(rng.randrange(2**31))
        with torch.no_grad():
            for value in trained.values():
                value += 0.05 * torch.randn(value.shape, generator=generator)
        adapted = _logits(whisper, seed)
        assert not torch.equal(adapted, before)
        with lora.without_adapters(whisper):
            assert torch.equal(_logits(whisper, seed), before)
        lora.merge(whisper)
        assert torch.equal(_logits(whisper, seed), adapted)
        assert set(whisper.state_dict()) == set(load_whisper(folder).state_dict())


def test_only_the_adapters_learn(tmp_path: Path) -> None:
    whisper = load_whisper(tiny_target(tmp_path / "target", window_s=1))
    trained = lora.adapt(whisper, lora.Rank(2, 4.0), 0)
    assert all(name.endswith((".up", ".down")) for name in trained)
    assert sum(value.numel() for value in trained.values()) < 0.4 * sum(
        value.numel() for value in whisper.parameters()
    )
    frozen = {name: value for name, value in whisper.named_parameters() if name not in trained}
    assert frozen
    assert not any(value.requires_grad for value in frozen.values())
