"""The prompt of a session reaches the target of a pair that follows prompts, and no other."""

import numpy as np
import pytest

from dictate.asr import Pair
from dictate.audio.file import read_audio
from dictate.bench.recordings import recordings
from dictate.engine.in_process import InProcessEngine
from dictate.engine.loading import load_pair
from dictate.engine.protocol import EngineOptions
from dictate.engine.transcriber import Transcriber
from dictate.models.registry import Registry

PROMPT = ", ".join(f"getUserNumber{index}ById" for index in range(12))


@pytest.mark.parametrize("follows", [True, False])
async def test_a_prompt_goes_to_pairs_that_follow_prompts(follows, tmp_path, monkeypatch):
    bundled = Registry.load().pair("bundled")
    (tmp_path / "dictate").mkdir()
    (tmp_path / "dictate" / "models.toml").write_text(
        f'[pair.other]\ntarget = "{bundled.target}"\nshort_window = true\n'
        f"follows_prompts = {str(follows).lower()}\n"
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    samples = np.concatenate([read_audio(recording.path)[:40_000] for recording in recordings()])
    samples = samples[:150_000]
    pair = Pair.load(bundled.target, device="cpu", short_window=True, follows_prompts=True)
    expected = Transcriber(pair, short_window=True)
    with_prompt = expected.transcribe(samples, prompt=PROMPT, speech_only=True).text
    without = expected.transcribe(samples, speech_only=True).text
    assert with_prompt != without, "this prompt must tell the two apart"

    engine = InProcessEngine(EngineOptions(pair="other", device="cpu"))
    try:
        session = await engine.session(speech_only=True)
        await session.configure(prompt=PROMPT, language=None)
        await session.append(samples)
        assert (await session.commit()).text == (with_prompt if follows else without)
    finally:
        await engine.close()


@pytest.mark.parametrize("limit", [8, 36, 10_000])
async def test_a_pairs_prompt_is_cut_to_what_its_target_stands(limit, tmp_path, monkeypatch):
    bundled = Registry.load().pair("bundled")
    (tmp_path / "dictate").mkdir()
    (tmp_path / "dictate" / "models.toml").write_text(
        f'[pair.other]\ntarget = "{bundled.target}"\nshort_window = true\nprompt_tokens = {limit}\n'
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    loaded = load_pair(
        Registry.load().pair("other"), EngineOptions(pair="other", device="cpu"), Registry.load()
    )
    room = loaded.transcriber.pair.prompt_budget_tokens
    assert room == limit if limit < 100 else room < limit


def test_a_checkpoint_that_stands_short_prompts_only_says_so_to_whoever_runs_it():
    registry = Registry.load()
    small = "distil-whisper/distil-small.en"
    assert registry.made_of(small).prompt_tokens == 36
    assert registry.made_of("openai/whisper-small.en", small).prompt_tokens is None
    assert registry.pair("small-en-distil").prompt_tokens is None, "a draft gets no prompt"


@pytest.mark.parametrize("wrong", ["1", "-5", '"many"', "2.5"])
def test_a_prompt_length_that_is_none_costs_the_users_own_pairs_only(wrong, tmp_path, monkeypatch):
    (tmp_path / "dictate").mkdir()
    (tmp_path / "dictate" / "models.toml").write_text(
        f'[pair.other]\ntarget = "somewhere"\nprompt_tokens = {wrong}\n'
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    registry = Registry.load()
    assert "bundled" in registry.names
    assert "other" not in registry.names
    assert any("prompt_tokens" in notice for notice in registry.notices)
