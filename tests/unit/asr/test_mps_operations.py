"""Every operation of the eager path exists for Apple's GPUs, by torch's own table of kernels.

Equality of results is tested on the CPU; no Mac has run this.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from dictate.asr.beam import beam_search
from dictate.asr.checkpoint import Framing
from dictate.asr.confidence import TokenScores
from dictate.asr.features import LogMel
from dictate.asr.integers import quantise_rows
from dictate.asr.linear import Int8LinearAnywhere
from dictate.asr.sampling import sample
from dictate.asr.speculative import decode
from tests.rigs.tiny_models import CPU, random_filter, random_model

_KERNELS = {"MPS", "CompositeImplicitAutograd", "CompositeExplicitAutograd"}
_KERNELS |= {"CompositeExplicitAutogradNonFunctional"}
_NOT_DOUBLE = (torch.float64, torch.complex128)


class Operations(TorchDispatchMode):
    """The operations done, and whether in double precision."""

    def __init__(self):
        super().__init__()
        self.seen = set()
        self.double = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        name = function._schema.name + (f".{o}" if (o := function._schema.overload_name) else "")
        self.seen.add(name)
        for leaf in tree_flatten((args, kwargs, result))[0]:
            if isinstance(leaf, torch.Tensor) and leaf.dtype in _NOT_DOUBLE:
                self.double.add(name)
        return result


def kernels():
    """Of each operation, the kinds of kernels that it has."""
    yaml = pytest.importorskip("yaml")
    torchgen = pytest.importorskip("torchgen")
    path = Path(torchgen.__file__).parent / "packaged/ATen/native/native_functions.yaml"
    if not path.exists():
        pytest.skip("needs torch's table of native functions")
    table = {}
    for entry in yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        keys = {key.strip() for names in entry.get("dispatch", {}) for key in names.split(",")}
        name = entry["func"].split("(")[0]
        table[f"aten::{name}"] = keys or {"CompositeImplicitAutograd"}
        if "structured_delegate" in entry:
            table[f"aten::{name}"] = {"delegate aten::" + entry["structured_delegate"]}
    for name, keys in table.items():
        for key in keys:
            if key.startswith("delegate "):
                table[name] = table[key.removeprefix("delegate ")]
    return table


@torch.inference_mode()
def test_the_eager_path_asks_nothing_that_mps_lacks(rng):
    model = random_model(rng, mel_bins=80, max_source_positions=100, max_target_positions=60)
    end = int(rng.integers(20))
    logit_filter = random_filter(model, rng, end)
    log_mel = LogMel(Framing(16_000, 80, 400, 160, 32_000), CPU)
    samples = torch.from_numpy(rng.standard_normal(20_000).astype(np.float32))
    with Operations() as operations:
        features = log_mel(samples, pad_to_window=True)[None]
        for batch, draw in ((1, decode), (1, sample), (3, beam_search)):
            cache = model.new_cache(batch)
            model.begin(cache, features)
            scores = TokenScores()
            options = {"temperature": 0.7} if draw is sample else {}
            draw(
                model, cache, [1, 2, 3], end, logit_filter,
                scores=scores, max_new_tokens=8, **options,
            )  # fmt: skip
            assert scores.log_probabilities
        cache = model.new_cache(2)
        model.begin(cache, features)
        model.step(torch.tensor([[1, 2], [3, 4]]), [0, 7], cache)
        weight = torch.randn(64, 32)
        Int8LinearAnywhere(*quantise_rows(weight), torch.randn(64))(torch.randn(2, 3, 32))
    assert not operations.double
    # Attention shows as one operation, which torch takes apart on each device in its own way.
    assert "aten::scaled_dot_product_attention" in operations.seen
    table = kernels()
    assert "MPS" in table["aten::_scaled_dot_product_attention_math_for_mps"]
    lacking = {name for name in operations.seen if not _KERNELS & table.get(name, set())}
    assert not lacking
