"""A short window is the same model over fewer positions, as transformers computes it."""

import numpy as np
import torch
from transformers import WhisperForConditionalGeneration

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.model import Whisper
from tests.rigs.checkpoints import TURBO


@torch.inference_mode()
def test_encoder_over_fewer_frames_equals_transformers_with_fewer_positions(checkpoint, rng):
    folder = checkpoint(TURBO, 0)
    ours = Whisper.load(Checkpoint.open(folder), torch.device("cpu"))
    theirs = WhisperForConditionalGeneration.from_pretrained(folder).eval().model.encoder
    positions = int(rng.integers(10, 700))
    features = torch.from_numpy(rng.standard_normal((1, 128, 2 * positions)).astype(np.float32))
    theirs.embed_positions = torch.nn.Embedding.from_pretrained(
        theirs.embed_positions.weight[:positions]
    )
    theirs.config.max_source_positions = positions
    expected = theirs(features).last_hidden_state
    torch.testing.assert_close(ours.encoder(features), expected, rtol=1e-4, atol=1e-4)
