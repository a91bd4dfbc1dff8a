"""The pair that ships: ordinary checkpoints, exact in our hands, small enough to ship."""

import numpy as np
import pytest
from transformers import AutoTokenizer, WhisperForConditionalGeneration

from dictate.asr import Pair
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.shared_encoder import shares_encoder
from dictate.asr.speculation import Recall
from dictate.audio.file import read_audio
from dictate.bench.recordings import recordings
from tests.rigs.reference import reference_tokens

LIMIT_BYTES = {"target": 25_000_000, "draft": 15_000_000}
RECORDINGS = recordings()


def sound_of(recording):
    return read_audio(recording.path).astype(np.float32) / 32_768


@pytest.fixture(scope="module")
def pair(bundled):
    return Pair.load(bundled / "target", bundled / "draft", device="cpu", short_window=True)


@pytest.mark.parametrize("role", ["target", "draft"])
def test_weights_are_small_enough_to_ship(role, bundled):
    assert (bundled / role / "model.safetensors").stat().st_size <= LIMIT_BYTES[role]


@pytest.mark.parametrize("role", ["target", "draft"])
def test_transformers_loads_and_reads_the_folder(role, bundled):
    model = WhisperForConditionalGeneration.from_pretrained(bundled / role)
    tokenizer = AutoTokenizer.from_pretrained(bundled / role)
    assert model.config.vocab_size >= len(tokenizer)
    text = " return the first item"
    assert tokenizer.decode(tokenizer.encode(text), skip_special_tokens=True) == text


def test_the_draft_is_a_piece_of_the_target_behind_its_own_encoder(bundled):
    target, draft = (Checkpoint.open(bundled / role) for role in ("target", "draft"))
    assert shares_encoder(target, draft)
    assert draft.dimensions.decoder_layers < target.dimensions.decoder_layers


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda r: r.path.stem)
@pytest.mark.parametrize("role", ["target", "draft"])
def test_whole_windows_decode_as_transformers_does(role, recording, bundled):
    pair = Pair.load(bundled / role, device="cpu", short_window=False)
    samples = sound_of(recording)
    assert pair.transcribe(samples).tokens == reference_tokens(
        bundled / role, samples, language="en", max_new_tokens=100
    )


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda r: r.path.stem)
def test_the_draft_leaves_every_token_alone(recording, pair, rng):
    samples = sound_of(recording)
    for _ in range(6):
        noisy = samples + rng.uniform(0, 0.1) * rng.standard_normal(samples.size).astype(np.float32)
        cut = noisy[: int(rng.integers(8_000, noisy.size))]
        alone, together = pair.transcribe(cut, speculate=False), pair.transcribe(cut)
        assert together.tokens == alone.tokens
    assert pair.transcribe(samples).accepted_tokens > 0


def test_the_last_partial_makes_the_final_nearly_free(bundled):
    pair = Pair.load(bundled / "target", bundled / "draft", device="cpu", short_window=True)
    pair.warm_up()
    for recording in RECORDINGS:
        samples = sound_of(recording)
        alone = pair.transcribe(samples, speculate=False)
        partial = pair.transcribe(samples[:-3_200], speculate=False)
        final = pair.transcribe(samples, recall=Recall(partial.tokens))
        assert final.tokens == alone.tokens
        assert final.target_steps <= alone.target_steps / 3
    states = {state.name: state for state in pair.draft_sources}
    # Whether the draft model pays is this machine's to say; that it is priced is not.
    assert states["draft model"].reason.startswith(("off: costs ", "on: costs "))
    hypothesis = states["previous hypothesis"]
    assert hypothesis.enabled
    assert hypothesis.acceptance > 0.9
    assert hypothesis.figures.saved_ms > 10 * hypothesis.figures.spent_ms


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda r: r.path.stem)
def test_the_recordings_are_heard_right(recording, pair):
    assert pair.transcribe(sound_of(recording)).text == recording.text
