from itertools import islice

import numpy as np

from dictate.train.corpus import Corpus
from dictate.train.dataset import Batches


def _batches(corpus: Corpus, *, easy: bool = False) -> Batches:
    batches = Batches(corpus, seed=0, window_s=10, batch_s=30, batch_clips=8)
    batches.easy = easy
    return batches


def test_windows_are_whole_encoder_positions_and_fit_the_models_window(corpus: Corpus) -> None:
    for batch in islice(_batches(corpus), 30):
        clips, samples = batch.audio.shape
        assert samples % 320 == 0
        assert samples <= 160_000
        assert clips == len(batch.texts) == len(batch.prompts) <= 8


def test_silence_in_front_and_behind_varies(corpus: Corpus) -> None:
    front: list[int] = []
    behind: list[int] = []
    for batch in islice(_batches(corpus, easy=True), 30):
        for window in batch.audio.numpy():
            loud = np.flatnonzero(np.abs(window) > 1e-4)
            front.append(int(loud[0]))
            behind.append(window.size - int(loud[-1]))
    assert min(front) < 800 < 8_000 < max(front)
    assert min(behind) < 800 < 8_000 < max(behind)


def test_a_seed_names_the_batches(corpus: Corpus) -> None:
    first, again = (list(islice(_batches(corpus), 3)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.texts == other.texts
        assert one.audio.equal(other.audio)


def test_whole_batches_carry_prompts_and_most_carry_none(corpus: Corpus) -> None:
    carried = [
        [prompt is not None for prompt in batch.prompts]
        for batch in islice(_batches(corpus, easy=True), 150)
    ]
    assert all(all(batch) or not any(batch) for batch in carried)
    assert 50 < sum(map(any, carried)) < 100


def test_in_some_windows_nobody_speaks(corpus: Corpus) -> None:
    batches = list(islice(_batches(corpus), 150))
    spoken = [text for batch in batches for text in batch.spoken]
    texts = [text for batch in batches for text in batch.texts]
    assert 0.01 < spoken.count("") / len(spoken) < 0.12
    assert all((text == "") == (said == "") for text, said in zip(texts, spoken, strict=True))
