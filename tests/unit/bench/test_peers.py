"""The peers get the same weights: in full precision they write the same tokens as Dictate."""

import numpy as np
import pytest
import torch

from dictate.asr import Pair
from dictate.bench.architectures import architecture, random_checkpoint
from dictate.bench.cases import varied_speech
from dictate.bench.peers.faster_whisper import open_faster_whisper
from dictate.bench.peers.ggml import quantised
from dictate.bench.peers.hugging_face import open_transformers
from dictate.bench.peers.openai_whisper import open_openai_whisper
from dictate.bench.peers.setting import CannotRunError, Setting
from dictate.bench.peers.whisper_cpp import open_whisper_cpp
from dictate.models.registry import Registry

TOKENS = 20
SOUNDS = varied_speech(4)


def setting_of(folder, work_folder, max_new_tokens=TOKENS):
    return Setting(folder, "en", max_new_tokens, "cpu", 1, work_folder)


def written(folder, *, short=False, max_new_tokens=TOKENS, sounds=SOUNDS):
    pair = Pair.load(folder, device="cpu", dtype="float32", short_window=short)
    return [
        pair.transcribe(sound, speculate=False, max_new_tokens=max_new_tokens).tokens
        for sound in sounds
    ]


@pytest.mark.parametrize("name", ["tiny.en", "large-v3-turbo"])
@pytest.mark.parametrize("open_peer", [open_transformers, open_openai_whisper, open_faster_whisper])
def test_a_peer_in_float32_writes_the_tokens_that_dictate_writes(
    open_peer, name, shrunk, work_folder
):
    folder = shrunk(name)
    run = open_peer(setting_of(folder, work_folder), "float32")
    assert [run(sound) for sound in SOUNDS] == written(folder)


def test_whisper_cpp_reads_our_files_and_parts_from_full_precision_by_rounding_alone(work_folder):
    folder = random_checkpoint(
        architecture("tiny.en").shrunk(64, 2, 4, 30), work_folder, dtype=torch.float16
    )
    for precision in ("f16", "q8_0"):
        run = open_whisper_cpp(setting_of(folder, work_folder), precision)
        agreeing = []
        for sound, expected in zip(SOUNDS, written(folder), strict=True):
            tokens = run(sound)
            assert len(tokens) == TOKENS
            agreeing.append(
                next(
                    (i for i, (a, b) in enumerate(zip(tokens, expected, strict=True)) if a != b),
                    TOKENS,
                )
            )
        # By chance not one of 50,000 tokens would agree; it rounds activations to 16 or 8 bits.
        assert max(agreeing) >= (4 if precision == "f16" else 1), agreeing


def test_whisper_cpp_refuses_float32_before_it_aborts_the_process(shrunk, work_folder):
    with pytest.raises(CannotRunError, match="convolutions take float16 kernels only"):
        open_whisper_cpp(setting_of(shrunk("tiny.en"), work_folder), "f32")


def test_faster_whisper_at_a_short_window_writes_what_dictate_writes_there(shrunk, work_folder):
    folder = shrunk("tiny.en")
    run = open_faster_whisper(setting_of(folder, work_folder), "float32", short=True)
    assert [run(sound) for sound in SOUNDS] == written(folder, short=True)


def test_the_bundled_target_writes_the_same_text_in_transformers_and_faster_whisper(work_folder):
    target = Registry.load().pair("bundled").target
    setting = setting_of(target, work_folder, max_new_tokens=60)
    reference = written(target, max_new_tokens=60)
    for open_peer in (open_transformers, open_faster_whisper):
        run = open_peer(setting, "float32")
        assert [run(sound) for sound in SOUNDS] == reference


def test_assisted_generation_writes_the_same_and_refuses_a_draft_with_other_mel_bins(
    shrunk, work_folder
):
    target = shrunk("base.en")
    setting = setting_of(target, work_folder)
    run = open_transformers(setting, "float32", draft=shrunk("tiny.en"))
    assert run(SOUNDS[0]) == written(target, sounds=SOUNDS[:1])[0]
    with pytest.raises(CannotRunError, match="128 mel bins, but this draft takes 80"):
        open_transformers(
            setting_of(shrunk("large-v3-turbo"), work_folder), "float32", draft=shrunk("tiny")
        )


def test_libraries_that_guess_special_ids_refuse_other_vocabularies(work_folder):
    setting = setting_of(Registry.load().pair("bundled").target, work_folder)
    with pytest.raises(CannotRunError, match="published vocabulary sizes"):
        open_openai_whisper(setting, "float32")
    with pytest.raises(CannotRunError, match="published vocabulary sizes"):
        open_whisper_cpp(setting, "f16")


def test_whisper_cpp_refuses_another_window_than_its_own(shrunk, work_folder):
    with pytest.raises(CannotRunError, match="always takes 30 s, this checkpoint 10 s"):
        open_whisper_cpp(setting_of(shrunk("tiny.en", window_s=10), work_folder), "f16")


def test_quantised_blocks_hold_the_values_within_half_a_step():
    for seed in range(50):
        random = np.random.default_rng(seed)
        rows, columns = random.integers(1, 9), 32 * random.integers(1, 5)
        values = random.standard_normal((rows, columns)).astype(np.float32)
        values *= 10 ** random.uniform(-3, 3)
        values[0, :32] = 0.0
        blocks = np.frombuffer(quantised(values), dtype=[("scale", "<f2"), ("values", "i1", 32)])
        scales = blocks["scale"].astype(np.float32)[:, None]
        restored = (scales * blocks["values"]).reshape(values.shape)
        largest = np.abs(values.reshape(-1, 32)).max(axis=1, keepdims=True)
        # Half a step of rounding, and the scale's own rounding to 16 bits.
        allowed = np.repeat(largest * (0.5 / 127 + 1e-3) + 1e-7 * 127, 32, axis=1)
        assert np.all(np.abs(restored - values) <= allowed.reshape(values.shape)), seed
