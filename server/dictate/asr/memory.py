"""How much memory a model will need, from its checkpoint's header alone, before it is loaded.

`weights`: every matrix as `linear` keeps it in the wanted precision; norms, biases and positions in
the activations' type. `caches`: per decoder layer the keys and values of all slots' tokens and of
the sound. `workspace`: the most that is alive at a time while the encoder runs, which is more than
the decoder ever needs. `loading`: what the largest matrix takes besides, while it is packed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch

from dictate.asr.checkpoint import Checkpoint, Dimensions
from dictate.asr.layout import OUTPUT
from dictate.asr.precision import (
    Precision,
    Side,
    activation_dtype,
    int8_is_fast,
    is_quantised,
)

MB: Final = 10**6

# In units of a state, [source positions, width]. The widest place is a perceptron: its input and
# its norm, then 4 states each of product and activation, and 4 of a temporary.
_STATES: Final = 2 + 3 * 4
# Quantised on CUDA, in units of 4 bytes: input, norm and integers, which are small, and 4 states
# each of 32-bit sums and of two scaled copies. On a CPU it is less.
_QUANTISED_STATES: Final = 2 + 3 * 4

# cuBLAS and cuBLASLt hold up to 32 MiB each, on Hopper (pytorch.org, notes/cuda: CUBLAS_WORKSPACE_
# CONFIG, CUBLASLT_WORKSPACE_SIZE). The context is not counted: `free_memory` is asked behind it.
_CUDA_RUNTIME_BYTES: Final = 64 * 2**20
# What torch's CPU kernels allocate once and keep: threads' buffers, primitives. Measured.
_CPU_RUNTIME_BYTES: Final = 64 * 2**20

# As torch's 4-bit kernels want them; see `linear`.
_INT4_GROUP: Final = 32
_INT4_CUDA_INPUTS: Final = 1024
# A value as an integer of 4, of 8 and of 32 bits; floats are there a part at a time.
_INT4_LOADING_BYTES: Final = 6
_INT4_GROUP_BYTES: Final = 4  # scale and offset in bfloat16


@dataclass(frozen=True)
class Need:
    """Memory of one model, in bytes."""

    weights: int
    caches: int
    workspace: int
    loading: int


def need_of(
    checkpoint: Checkpoint,
    precision: Precision,
    device: torch.device,
    *,
    slots: int = 1,
    has_encoder: bool = True,
) -> Need:
    """Estimate what a model will take.

    Args:
        checkpoint: opened; its weights are not read.
        precision: of the weights.
        device: where it will run.
        slots: utterances or beams at a time.
        has_encoder: False: it hears through another model's encoder.
    """
    dimensions = checkpoint.dimensions
    value_bytes = activation_dtype(precision, device).itemsize
    matrices = [matrix for matrix in _matrices(dimensions) if has_encoder or not matrix.is_encoders]
    weights = sum(
        matrix_bytes(precision, matrix.side, matrix.outputs, matrix.inputs, device)
        for matrix in matrices
    )
    weights += _embedding_bytes(dimensions, precision, device)
    rest = sum(
        tensor.elements
        for name, tensor in checkpoint.layout.items()
        if (len(tensor.shape) == 1 or "embed_positions" in name)
        and name != OUTPUT
        and (has_encoder or not name.startswith("model.encoder."))
    )
    width = dimensions.width
    source_values = dimensions.max_source_positions * width
    tokens_values = slots * dimensions.max_target_positions * width
    caches = 2 * dimensions.decoder_layers * (source_values + tokens_values) * value_bytes
    quantised = precision in ("int8", "int4")
    # Integer products are summed in 32 bits.
    workspace = source_values * (_QUANTISED_STATES * 4 if quantised else _STATES * value_bytes)
    vocabulary = dimensions.vocabulary_size, width
    if _multiplies_as_floats(precision, device) and is_quantised(
        precision, "decoder", *vocabulary, device
    ):
        # The vocabulary's matrix is the largest by far.
        workspace = max(workspace, dimensions.vocabulary_size * width * value_bytes)
    largest = max(matrix.outputs * matrix.inputs for matrix in matrices)
    # Integers that do not suit become floats, all of a matrix at a time.
    loading = 0 if checkpoint.stored is None else largest * torch.float32.itemsize
    if precision == "int4":
        loading = max(largest, dimensions.vocabulary_size * width) * _INT4_LOADING_BYTES
    return Need(weights + rest * value_bytes, caches, workspace, loading)


def pair_bytes(target: Need, draft: Need | None, device: torch.device) -> int:
    """What a pair takes beside what its process and the device's runtime hold already.

    Its models work one after the other and share what they work in, but for CUDA, where the graphs
    of each keep their own.
    """
    models = [target] if draft is None else [target, draft]
    runtime = _CUDA_RUNTIME_BYTES if device.type == "cuda" else _CPU_RUNTIME_BYTES
    held = sum(model.weights + model.caches for model in models)
    shares = max if device.type != "cuda" else sum
    return held + shares(max(model.workspace, model.loading) for model in models) + runtime


def matrix_bytes(
    precision: Precision, side: Side, outputs: int, inputs: int, device: torch.device
) -> int:
    """What `linear.make_linear` keeps of a matrix [outputs, inputs], without its bias."""
    if not is_quantised(precision, side, outputs, inputs, device):
        return outputs * inputs * activation_dtype(precision, device).itemsize
    block = _INT4_CUDA_INPUTS if device.type == "cuda" else _INT4_GROUP
    if precision == "int4" and inputs % block == 0:
        padded = outputs + -outputs % 64
        return padded * (inputs // 2 + inputs // _INT4_GROUP * _INT4_GROUP_BYTES)
    return outputs * (inputs + 4)


@dataclass(frozen=True)
class _Matrix:
    side: Side  # whose rule for quantising holds
    outputs: int
    inputs: int
    is_encoders: bool


def _matrices(dimensions: Dimensions) -> Iterator[_Matrix]:
    """The fused matrices of `encoder` and `decoder`, without the vocabulary's."""
    width = dimensions.width
    yield _Matrix("encoder", width, 3 * dimensions.mel_bins, is_encoders=True)
    yield _Matrix("encoder", width, 3 * width, is_encoders=True)
    ffn = dimensions.encoder_ffn
    for _ in range(dimensions.encoder_layers):
        for outputs, inputs in ((3 * width, width), (width, width), (ffn, width), (width, ffn)):
            yield _Matrix("encoder", outputs, inputs, is_encoders=True)
    ffn = dimensions.decoder_ffn
    for _ in range(dimensions.decoder_layers):
        yield _Matrix("encoder", 2 * width, width, is_encoders=False)
        yield _Matrix("decoder", 3 * width, width, is_encoders=False)
        for _ in range(3):
            yield _Matrix("decoder", width, width, is_encoders=False)
        yield _Matrix("decoder", ffn, width, is_encoders=False)
        yield _Matrix("decoder", width, ffn, is_encoders=False)


def _multiplies_as_floats(precision: Precision, device: torch.device) -> bool:
    """Whether 8-bit matrices become floats for each product (`linear.Int8LinearAnywhere`)."""
    if precision != "int8":
        return False
    return device.type == "mps" or (device.type == "cpu" and not int8_is_fast())


def _embedding_bytes(dimensions: Dimensions, precision: Precision, device: torch.device) -> int:
    """The rows that tokens are looked up in and the matrix of the logits, as `embedding` has it."""
    outputs, inputs = dimensions.vocabulary_size, dimensions.width
    logits = matrix_bytes(precision, "decoder", outputs, inputs, device)
    value_bytes = activation_dtype(precision, device).itemsize
    if is_quantised(precision, "decoder", outputs, inputs, device):
        return logits + outputs * (inputs + value_bytes)
    return logits + (outputs * inputs * value_bytes if dimensions.separate_output else 0)
