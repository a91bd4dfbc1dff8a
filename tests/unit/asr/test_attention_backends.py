"""Every attention gives what torch's gives; flash-attn, which is not here, by a fake of it."""

import types

import numpy as np
import pytest
import torch
from torch.nn import functional

from dictate.asr import flash_attention
from dictate.asr.attention import TorchAttention
from dictate.asr.attention_choice import choose_attention
from dictate.asr.flash_attention import FlashAttention
from dictate.asr.graphed_model import SPARE_POSITIONS
from dictate.asr.place import DevicePlace
from dictate.asr.split_attention import KEY_BLOCKS, SplitAttention, split_attention
from tests.rigs.late_queue import LateQueue
from tests.rigs.tiny_models import random_features, random_filter, random_model, random_tokens

CUDA = torch.device("cuda:0")


def random_tensor(rng, *shape, dtype=torch.float64):
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def test_split_keys_give_the_whole_softmax(rng):
    for _ in range(500):
        batch, heads, width = (int(n) for n in rng.integers(1, 5, 3))
        keys, head_width = int(rng.integers(1, 130)), int(rng.integers(1, 12))
        blocks = int(rng.integers(1, 20))
        q = 10.0 ** float(rng.uniform(-2, 2)) * random_tensor(rng, batch, heads, width, head_width)
        k, v = (random_tensor(rng, batch, heads, keys, head_width) for _ in range(2))
        mask = None
        if rng.integers(2):
            seen = torch.from_numpy(rng.integers(0, 2, (1, 1, width, keys)) == 1)
            seen[..., int(rng.integers(keys))] = True
            if rng.integers(2):
                seen[..., : int(rng.integers(1, keys + 1))] = True
                seen[..., int(rng.integers(1, keys + 1)) :] = False
                seen[..., 0] = True
            mask = torch.zeros(seen.shape, dtype=q.dtype).masked_fill_(~seen, -torch.inf)
        expected = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        actual = split_attention(q, k, v, blocks, mask)
        torch.testing.assert_close(actual, expected, rtol=1e-9, atol=1e-11)


def test_split_keys_need_keys_and_blocks():
    q = torch.zeros(1, 1, 1, 4)
    with pytest.raises(ValueError, match="split"):
        split_attention(q, q, q, 0)
    with pytest.raises(ValueError, match="split"):
        split_attention(q, q[:, :, :0], q[:, :, :0], 2)


def test_a_window_is_split_without_rest():
    assert 1500 % KEY_BLOCKS == 0


def test_split_attention_equals_torchs_for_beams_and_few_and_many_tokens(rng):
    for _ in range(100):
        batch, heads, head_width = (int(n) for n in rng.integers(1, 5, 3))
        sounds = batch if rng.integers(2) else 1
        width, keys = int(rng.integers(1, 80)), int(rng.integers(1, 60))
        q = random_tensor(rng, batch, heads, width, head_width)
        k, v = (random_tensor(rng, sounds, heads, keys, head_width) for _ in range(2))
        expected = functional.scaled_dot_product_attention(q, k, v)
        for attention in (SplitAttention(), TorchAttention()):
            torch.testing.assert_close(attention.cross(q, k, v), expected)


class FakeFlash(types.ModuleType):
    """A fake of flash-attn 2.8: checks what its kernels demand, and computes by torch.

    What they demand: flash-attention, csrc/flash_attn/flash_api.cpp and flash_attn_interface.py.
    """

    __version__ = "2.8.3"

    def __init__(self, dtypes=(torch.float16, torch.bfloat16)):
        super().__init__("flash_attn")
        self._dtypes = dtypes
        self.calls = []

    def flash_attn_func(self, q, k, v, dropout_p=0.0, softmax_scale=None, causal=False):
        self._check(q, k, v)
        self.calls.append("sound")
        out = functional.scaled_dot_product_attention(
            *(x.transpose(1, 2) for x in (q, k, v)), is_causal=causal
        )
        return out.transpose(1, 2).contiguous()

    def flash_attn_with_kvcache(
        self,
        q,
        k_cache,
        v_cache,
        k=None,
        v=None,
        rotary_cos=None,
        rotary_sin=None,
        cache_seqlens=None,
        softmax_scale=None,
        causal=False,
        num_splits=0,
    ):
        self._check(q, k_cache, v_cache)
        assert k is None
        assert v is None
        assert q.shape[0] == k_cache.shape[0]
        self.calls.append("tokens" if causal else "cross")
        batch, width, rows = q.shape[0], q.shape[1], k_cache.shape[1]
        if cache_seqlens is None:
            cache_seqlens = torch.full((batch,), rows, dtype=torch.int32)
        assert cache_seqlens.dtype == torch.int32
        assert cache_seqlens.shape == (batch,)
        assert cache_seqlens.is_contiguous()
        assert int(cache_seqlens.max()) <= rows
        seen = torch.arange(rows) < cache_seqlens[:, None, None]
        seen = seen.expand(batch, width, rows)
        if causal:  # aligned to the last key
            last = cache_seqlens[:, None] - width + torch.arange(width)
            seen = seen & (torch.arange(rows) <= last[..., None])
        out = functional.scaled_dot_product_attention(
            *(x.transpose(1, 2) for x in (q, k_cache, v_cache)), attn_mask=seen[:, None]
        )
        return out.transpose(1, 2).contiguous()

    def _check(self, q, k, v):
        assert q.dtype in self._dtypes
        assert q.dtype == k.dtype == v.dtype
        assert k.shape == v.shape
        assert q.shape[2:] == k.shape[2:]
        assert q.shape[3] % 8 == 0
        assert q.shape[3] <= 256
        for tensor in (q, k, v):
            assert tensor.stride(-1) == 1


def test_flash_attention_is_called_as_it_wants_in_16_bit(rng):
    fake = FakeFlash()
    attention = FlashAttention(fake)
    for dtype in (torch.float16, torch.bfloat16):
        close = {"rtol": 2e-2, "atol": 2e-2}
        for _ in range(20):
            batch, heads = (int(n) for n in rng.integers(1, 4, 2))
            fused = random_tensor(rng, batch, 12, 3, heads, 16, dtype=dtype)
            q, k, v = fused.permute(2, 0, 3, 1, 4).unbind(0)
            expected = functional.scaled_dot_product_attention(q, k, v)
            torch.testing.assert_close(attention.sound(q, k, v), expected, **close)
            # Beams share a sound of batch 1.
            heard = attention.cross(q, k[:1], v[:1])
            expected = TorchAttention().cross(q, k[:1], v[:1])
            torch.testing.assert_close(heard, expected, **close)
    assert set(fake.calls) == {"sound", "cross"}


@torch.inference_mode()
def test_a_model_decodes_the_same_with_flash_attention(rng, monkeypatch):
    # The fake takes float32, so that nothing but the convention can differ.
    fake = FakeFlash(dtypes=(torch.float32,))
    for _ in range(25):
        reference = random_model(rng)
        batch = int(rng.integers(1, 4))
        features = random_features(reference, rng, 1, whole=bool(rng.integers(2)))
        plain = reference.new_cache(batch)
        reference.begin(plain, features)
        flash = FlashAttention(fake)
        reference.decoder._attention = reference.encoder._attention = flash
        reference._wants_ends = flash.wants_ends
        reference.use_graphs(LateQueue())
        cache = reference.new_cache(batch)
        assert cache.own[0].shape[3] == cache.capacity + SPARE_POSITIONS
        reference.begin(cache, features)
        for _ in range(4):
            width = int(rng.integers(1, 20))
            if max(plain.lengths) + width > plain.capacity:
                break
            tokens = random_tokens(reference, rng, batch, width)
            positions = plain.lengths
            reference.decoder._attention = TorchAttention()
            eager = reference.decoder.step(tokens, positions, plain, 0)
            reference.decoder._attention = flash
            captured = reference.step(tokens, positions, cache)
            torch.testing.assert_close(captured, eager, rtol=1e-4, atol=1e-4)
            kept = [int(n) for n in rng.integers(0, width + 1, batch)]
            plain.advance(kept)
            cache.advance(kept)
    assert set(fake.calls) == {"sound", "cross", "tokens"}


@pytest.fixture
def hopper(monkeypatch):
    """A device that says it is of Hopper, and flash-attn installed on it."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (9, 0))
    monkeypatch.setattr(flash_attention.importlib, "import_module", lambda name: FakeFlash())


def test_flash_attention_is_chosen_where_it_has_kernels(hopper):
    assert choose_attention(CUDA, torch.float16, 64).name == "flash-attn 2.8.3"
    assert choose_attention(CUDA, torch.bfloat16, 128).name == "flash-attn 2.8.3"
    for device, dtype, head_width in (
        (CUDA, torch.float32, 64),
        (CUDA, torch.float16, 60),
        (CUDA, torch.float16, 264),
        (torch.device("cpu"), torch.bfloat16, 64),
    ):
        assert "flash-attn" not in choose_attention(device, dtype, head_width).name


@pytest.mark.parametrize("version", ["1.0.9", "3.0.0b1", None])
def test_other_versions_of_flash_attention_are_left_alone(hopper, monkeypatch, version):
    package = FakeFlash()
    package.__version__ = version
    monkeypatch.setattr(flash_attention.importlib, "import_module", lambda name: package)
    assert choose_attention(CUDA, torch.float16, 64).name == "torch (flash, cuDNN)"


@pytest.mark.parametrize("fault", [ImportError("none"), OSError("undefined symbol")])
def test_without_flash_attention_torchs_own_kernels_are_chosen(hopper, monkeypatch, fault):
    def fail(name):
        raise fault

    monkeypatch.setattr(flash_attention.importlib, "import_module", fail)
    assert choose_attention(CUDA, torch.float16, 64).name == "torch (flash, cuDNN)"
    assert "6 blocks of keys" in choose_attention(CUDA, torch.float32, 64).name


def test_before_ampere_the_keys_are_split_by_hand(hopper, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (7, 5))
    assert "6 blocks of keys" in choose_attention(CUDA, torch.float16, 64).name


@pytest.mark.parametrize("kind", ["cpu", "mps"])
def test_other_devices_use_torchs(kind):
    assert isinstance(choose_attention(torch.device(kind), torch.float32, 64), TorchAttention)


@torch.inference_mode()
def test_a_model_with_split_keys_decodes_the_same(rng):
    for _ in range(15):
        model = random_model(rng)
        features = random_features(model, rng, whole=bool(rng.integers(2)))
        caches = []
        for attention in (TorchAttention(), SplitAttention()):
            model.decoder._attention = attention
            if isinstance(attention, SplitAttention):
                model.use_graphs(LateQueue())
            cache = model.new_cache()
            model.begin(cache, features)
            end = 0
            bias = random_filter(model, np.random.default_rng(1), end).bias
            tokens = random_tokens(model, np.random.default_rng(2), 1, 20)
            caches.append(model.step(tokens, [0], cache)[0] + bias[1])
        torch.testing.assert_close(caches[0], caches[1], rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
class TestCuda:
    """Kernels of the device, in the shapes of a turbo."""

    HEADS, HEAD_WIDTH, ROWS = 20, 64, 512

    def tensors(self, rng, dtype, queries, keys, batch=1):
        shapes = [(batch, self.HEADS, count, self.HEAD_WIDTH) for count in (queries, keys, keys)]
        return [random_tensor(rng, *shape).to(CUDA, dtype) for shape in shapes]

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
    def test_every_backend_hears_the_same(self, rng, dtype):
        chosen = choose_attention(CUDA, dtype, self.HEAD_WIDTH)
        print(chosen.name)
        loose = 1e-3 if dtype == torch.float32 else 3e-2
        for queries in (1, 16, 64, 1500):
            q, k, v = self.tensors(rng, dtype, queries, 1500)
            expected = functional.scaled_dot_product_attention(q.double(), k.double(), v.double())
            for attention in (chosen, SplitAttention()):
                heard = attention.cross(q, k, v).double()
                torch.testing.assert_close(heard, expected, rtol=loose, atol=loose)
            if queries == 1500:
                heard = chosen.sound(q, k, v).double()
                torch.testing.assert_close(heard, expected, rtol=loose, atol=loose)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_a_token_is_rounded_alike_wherever_its_pass_begins(self, rng, dtype):
        attention = choose_attention(CUDA, dtype, self.HEAD_WIDTH)
        causal = torch.full((self.ROWS, self.ROWS), -torch.inf, device=CUDA, dtype=dtype).triu_(1)
        queries, k, v = self.tensors(rng, dtype, self.ROWS, self.ROWS)
        for _ in range(50):
            token = int(rng.integers(16, 440))
            seen = []
            for row in range(16):
                start = token - row
                positions = torch.tensor([start], device=CUDA)
                place = DevicePlace(positions, 16, causal, wants_ends=attention.wants_ends)
                q = queries[:, :, start : start + 16]
                seen.append(attention.tokens(q, k, v, place.mask, place.ends)[:, :, row])
            assert all(torch.equal(one, seen[0]) for one in seen)
            scores = queries[:, :, token : token + 1].double()
            whole = functional.scaled_dot_product_attention(
                scores, k[:, :, : token + 1].double(), v[:, :, : token + 1].double()
            )
            torch.testing.assert_close(seen[0].double(), whole[:, :, 0], rtol=3e-2, atol=3e-2)
