"""Memory is estimated from headers alone, and the estimate is near what is taken."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dictate.asr import free_memory
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.free_memory import is_out_of_memory
from dictate.asr.memory import need_of, pair_bytes
from dictate.asr.model import Whisper
from dictate.asr.precision import PRECISIONS
from dictate.bench.architectures import architecture, random_checkpoint
from dictate.models.registry import Registry
from tests.rigs.checkpoints import BASE, TINY, TURBO
from tests.rigs.shapes import header_of

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
PLACES = {"float32": CPU, "float16": CUDA, "int8": CUDA}


def header(repo: str | None, folder: Path | None) -> Checkpoint | None:
    if repo is not None:
        return header_of(repo.partition("/")[2].removeprefix("whisper-"))
    return None if folder is None else Checkpoint.open(folder)


def estimate(target, draft, precision, device):
    need = None if draft is None else need_of(draft, precision, device)
    return pair_bytes(need_of(target, precision, device), need, device)


@pytest.mark.parametrize(("precision", "limit_gb"), [("float16", 2.0), ("int8", 1.2)])
def test_turbo_with_tiny_fits_a_small_gpu(precision, limit_gb):
    bytes_ = estimate(header_of("large-v3-turbo"), header_of("tiny"), precision, CUDA)
    assert 0.8 * limit_gb * 1e9 < bytes_ <= limit_gb * 1e9


@pytest.mark.parametrize("name", Registry.load().names)
def test_models_toml_says_what_the_pair_is_estimated_to_need(name):
    entry = Registry.load().pair(name)
    target = header(entry.target_repo, entry.target)
    draft = header(entry.draft_repo, entry.draft)
    for precision, device in PLACES.items():
        expected = estimate(target, draft, precision, device) / 1e6
        assert entry.memory_mb[precision] == pytest.approx(expected, rel=0.03), precision


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("architecture", [TINY, BASE, TURBO], ids=lambda shape: shape.name)
def test_the_weights_are_estimated_exactly(architecture, precision, checkpoint):
    opened = Checkpoint.open(checkpoint(architecture, 0))
    model = Whisper.load(opened, CPU, precision)
    estimated = need_of(opened, precision, CPU).weights
    # Norms, biases and positions are no matrices, and small.
    assert 0 <= estimated - model.weight_bytes < 0.1 * estimated


def test_a_shared_encoder_is_counted_once():
    for precision in PRECISIONS:
        whole = need_of(header_of("distil-large-v3"), precision, CPU)
        decoder = need_of(header_of("distil-large-v3"), precision, CPU, has_encoder=False)
        assert decoder.weights < 0.35 * whole.weights
        assert decoder.caches == whole.caches


def test_slots_take_room_for_their_tokens_alone():
    one, five = (need_of(header_of("base"), "float32", CPU, slots=n) for n in (1, 5))
    assert five.caches - one.caches == 4 * 2 * 6 * 448 * 512 * 4
    assert five.weights == one.weights


_MEASURE = """
import sys, threading, time
import psutil, torch
from pathlib import Path
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.features import LogMel
from dictate.asr.memory import need_of, pair_bytes
from dictate.asr.model import Whisper

torch.set_num_threads(1)
cpu, process = torch.device("cpu"), psutil.Process()
torch.stft(torch.zeros(16000), 400, 160, window=torch.hann_window(400), return_complex=True)
opened = Checkpoint.open(Path(sys.argv[1]))

def own_bytes():  # pages of the weights' file, which are mapped, are not ours
    memory = process.memory_info()
    return memory.rss - memory.shared

before = peak = own_bytes()
done = threading.Event()

def watch():
    global peak
    while not done.wait(0.002):
        peak = max(peak, own_bytes())

watcher = threading.Thread(target=watch)
watcher.start()
with torch.inference_mode():
    model = Whisper.load(opened, cpu, sys.argv[2])
    cache, log_mel = model.new_cache(), LogMel(opened.framing, cpu)
    model.begin(cache, log_mel(torch.randn(16000), pad_to_window=True)[None])
    for _ in range(4):
        model.step(torch.tensor([[50] * 4]), cache.lengths, cache)
        cache.advance(4)
done.set()
watcher.join()
print((peak - before) / pair_bytes(need_of(opened, sys.argv[2], cpu), None, cpu))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="tells mapped from own pages on Linux only")
@pytest.mark.parametrize("precision", ["float32", "int8", "bfloat16"])
def test_the_estimate_is_near_what_base_takes(precision, tmp_path_factory):
    root = tmp_path_factory.getbasetemp() / "estimated"
    folder = random_checkpoint(architecture("base.en"), root, dtype=torch.float16)
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, folder, precision],
        capture_output=True,
        text=True,
        check=True,
    )
    share = float(run.stdout)
    print(f"{precision}: {share:.2f} of the estimate taken")
    assert 0.7 < share < 1.1


def test_what_is_free_is_bounded_by_the_group(monkeypatch):
    assert free_memory.free_bytes(CPU) > 10**8
    monkeypatch.setattr(free_memory, "cgroup_bytes", lambda: iter([123]))
    assert free_memory.free_bytes(CPU) == 123


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (MemoryError(), True),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate "
                "memory: you tried to allocate 4000000000000 bytes. Error code 12"
            ),
            True,
        ),
        (RuntimeError("MPS backend out of memory (MPS allocated: 5.00 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_every_way_of_running_out_of_memory_is_known(error, expected):
    assert is_out_of_memory(error) is expected


def test_torchs_own_words_are_known():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**50)
    assert is_out_of_memory(raised.value)


def test_where_integers_become_floats_the_vocabulary_s_matrix_does_too(
    tmp_path_factory, monkeypatch
):
    root = tmp_path_factory.getbasetemp() / "estimated"
    folder = random_checkpoint(architecture("base.en"), root, dtype=torch.float16)
    opened, cpu = Checkpoint.open(folder), torch.device("cpu")
    needs = []
    for is_fast in (True, False):
        monkeypatch.setattr("dictate.asr.memory.int8_is_fast", lambda is_fast=is_fast: is_fast)
        needs.append(need_of(opened, "int8", cpu).workspace)
    dimensions = opened.dimensions
    assert needs[1] == 4 * dimensions.vocabulary_size * dimensions.width > needs[0]
