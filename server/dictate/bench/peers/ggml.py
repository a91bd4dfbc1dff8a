"""Writes a checkpoint as the one file that whisper.cpp reads.

The layout is whisper.cpp's `whisper_model_load` (src/whisper.cpp) and, for blocks of 8 bits, ggml's
`block_q8_0` (ggml-common.h): all integers and floats little-endian, dimensions innermost first.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.features import mel_filters
from dictate.asr.integers import as_floats
from dictate.asr.tokens import Tokens
from dictate.bench.peers.openai_whisper import openai_name

# No "f32": whisper.cpp 1.8 aborts on such a file, its convolutions take float16 kernels only.
GgmlPrecision = Literal["f16", "q8_0"]
GGML_PRECISIONS: dict[str, GgmlPrecision] = {"f16": "f16", "q8_0": "q8_0"}
_Stored = Literal["f32", "f16", "q8_0"]

_MAGIC = 0x67676D6C
# The file's type; for quantised files 1000 times the version of the quantisation is added.
_FILE_TYPES = {"f16": 1, "q8_0": 7 + 1000 * 2}
_TENSOR_TYPES = {"f32": 0, "f16": 1, "q8_0": 8}
_BLOCK = 32
_POSITIONS = ("encoder.positional_embedding", "decoder.positional_embedding")


def write_ggml(checkpoint: Checkpoint, path: Path, precision: GgmlPrecision) -> Path:
    """Write `checkpoint` to `path`, unless it is there already.

    Args:
        checkpoint: with one of the published vocabulary sizes.
        path: of the file.
        precision: of the matrices; whisper.cpp wants biases, norms and positions in float32 and,
            beside quantised matrices, convolutions in float16.
    """
    if path.is_file():
        return path
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        _write_header(file, checkpoint, precision)
        _write_filters(file, mel_filters(checkpoint.framing))
        _write_vocabulary(file, Tokens(checkpoint))
        for name, values in _tensors(checkpoint):
            _write_tensor(file, name, values, _tensor_precision(name, values, precision))
    partial.rename(path)
    return path


def _write_header(file: BinaryIO, checkpoint: Checkpoint, precision: GgmlPrecision) -> None:
    shape = checkpoint.dimensions
    file.write(
        struct.pack(
            "<12i",
            _MAGIC,
            shape.vocabulary_size,
            shape.max_source_positions,
            shape.width,
            shape.encoder_heads,
            shape.encoder_layers,
            shape.max_target_positions,
            shape.width,
            shape.decoder_heads,
            shape.decoder_layers,
            shape.mel_bins,
            _FILE_TYPES[precision],
        )
    )


def _write_filters(file: BinaryIO, filters: NDArray[np.float32]) -> None:
    file.write(struct.pack("<2i", *filters.shape))
    file.write(filters.astype("<f4").tobytes())


def _write_vocabulary(file: BinaryIO, tokens: Tokens) -> None:
    """The byte strings of the text tokens; whisper.cpp makes up names for the special ones."""
    strings = tokens.byte_strings[: tokens.end]
    file.write(struct.pack("<i", len(strings)))
    for text in strings:
        file.write(struct.pack("<i", len(text or b"")))
        file.write(text or b"")


def _tensors(checkpoint: Checkpoint) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for name, tensor in checkpoint.weights().items():
        if name == "proj_out.weight":
            continue  # tied to the embedding
        values = as_floats(tensor).float().numpy()
        if name.endswith(("conv1.bias", "conv2.bias")):
            values = values[:, None]
        yield openai_name(name), values


def _tensor_precision(name: str, values: NDArray[np.float32], precision: GgmlPrecision) -> _Stored:
    if values.ndim < 2 or values.shape[1] == 1 or name in _POSITIONS:
        return "f32"
    return "f16" if values.ndim == 3 else precision


def _write_tensor(
    file: BinaryIO, name: str, values: NDArray[np.float32], precision: _Stored
) -> None:
    encoded = name.encode()
    file.write(struct.pack("<3i", values.ndim, len(encoded), _TENSOR_TYPES[precision]))
    file.write(struct.pack(f"<{values.ndim}i", *reversed(values.shape)))
    file.write(encoded)
    if precision == "q8_0":
        file.write(quantised(values))
    else:
        file.write(values.astype("<f4" if precision == "f32" else "<f2").tobytes())


def quantised(values: NDArray[np.float32]) -> bytes:
    """Blocks of 32 along the rows: a float16 scale, then 32 signed bytes.

    Args:
        values: float32 [rows, columns], columns a multiple of 32.
    """
    blocks = values.reshape(-1, _BLOCK)
    scales = np.abs(blocks).max(axis=1) / 127.0
    inverse = np.divide(1.0, scales, out=np.zeros_like(scales), where=scales > 0)
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("values", "i1", _BLOCK)])
    packed["scale"] = scales
    packed["values"] = np.rint(blocks * inverse[:, None])
    return packed.tobytes()
