"""A process of its own that loads one pair, dictates, and says what that took.

`python -m dictate.bench.probe REQUEST` prints one JSON object. Peak memory and cold starts can only
be seen in a process that has done nothing else.
"""

import subprocess
import sys
import time
from pathlib import Path

import msgspec

from dictate.errors import DictateError

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
_TIMEOUT_S = 1800.0


class Request(msgspec.Struct):
    """What to load and do.

    Attributes:
        utterances: how many to transcribe; at least one.
        warm_up: warm up first, as the engine does.
        threads: 0 leaves torch's own choice.
    """

    target: str
    draft: str
    device: str
    dtype: str
    short_window: bool
    utterances: int
    warm_up: bool
    max_new_tokens: int | None
    threads: int = 0


class Answer(msgspec.Struct):
    """What it took.

    Attributes:
        precision: that was chosen.
        load_ms: opening the checkpoints and reading the weights.
        warm_up_ms: 0 without.
        times_ms: of each utterance.
        before_bytes: resident memory once all was imported; on CUDA what was allocated.
        loaded_bytes: the same when loaded.
        peak_bytes: the most that there was.
        reserved_peak_bytes: on CUDA, with what the allocator held in reserve.
    """

    precision: str
    load_ms: float
    warm_up_ms: float
    times_ms: list[float]
    before_bytes: int
    loaded_bytes: int
    peak_bytes: int
    reserved_peak_bytes: int


def ask(request: Request) -> Answer:
    """Run `request` in a fresh process.

    Raises:
        DictateError: the process failed; its last line says why.
    """
    done = subprocess.run(
        [sys.executable, "-m", "dictate.bench.probe", msgspec.json.encode(request).decode()],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines()
        raise DictateError(said[-1] if said else f"the probe ended with status {done.returncode}")
    return msgspec.json.decode(lines[-1], type=Answer)


def _run(request: Request) -> Answer:
    import torch

    from dictate.asr import Pair
    from dictate.asr.device import choose_device
    from dictate.bench.cases import speech
    from dictate.bench.timing import synchronise

    if request.threads:
        torch.set_num_threads(request.threads)
    device = choose_device(request.device)
    sound = speech()
    if device.type == "cuda":
        torch.zeros(1, device=device)  # the context is not the pair's
        torch.cuda.reset_peak_memory_stats(device)
    before_bytes = _memory_bytes(device)
    _reset_peak()
    begun = time.perf_counter()
    pair = Pair.load(
        Path(request.target),
        Path(request.draft) if request.draft else None,
        device=request.device,
        dtype=request.dtype,
        short_window=request.short_window,
    )
    synchronise(pair.device)
    load_ms = 1e3 * (time.perf_counter() - begun)
    loaded_bytes = _memory_bytes(device)
    begun = time.perf_counter()
    if request.warm_up:
        pair.warm_up()
        synchronise(pair.device)
    warm_up_ms = 1e3 * (time.perf_counter() - begun)
    times_ms = []
    for _ in range(request.utterances):
        begun = time.perf_counter()
        pair.transcribe(sound, max_new_tokens=request.max_new_tokens)
        synchronise(pair.device)
        times_ms.append(1e3 * (time.perf_counter() - begun))
    on_cuda = device.type == "cuda"
    return Answer(
        precision=pair.dtype,
        load_ms=load_ms,
        warm_up_ms=warm_up_ms,
        times_ms=times_ms,
        before_bytes=before_bytes,
        loaded_bytes=loaded_bytes,
        peak_bytes=torch.cuda.max_memory_allocated(device) if on_cuda else _peak_bytes(),
        reserved_peak_bytes=torch.cuda.max_memory_reserved(device) if on_cuda else 0,
    )


def _memory_bytes(device: object) -> int:
    import torch

    if isinstance(device, torch.device) and device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    return _status_bytes("VmRSS")


def _peak_bytes() -> int:
    return _status_bytes("VmHWM")


def _reset_peak() -> None:
    """Let the peak count from here on; where that is not allowed it includes the imports' own."""
    try:
        _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        return


def _status_bytes(field: str) -> int:
    """A figure of this process's from Linux; elsewhere the peak that POSIX knows."""
    if _STATUS.is_file():
        for line in _STATUS.read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{field}:"):
                return 1024 * int(line.split()[1])
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


if __name__ == "__main__":
    try:
        answer = _run(msgspec.json.decode(sys.argv[1], type=Request))
    except DictateError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(msgspec.json.encode(answer).decode())
