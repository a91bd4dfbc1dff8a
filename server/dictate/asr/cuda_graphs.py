"""Work that a device repeats by itself: captured once, then started with a single call.

A step of a decoder is several hundred small kernels, and telling a GPU about each takes longer than
running it. A captured graph costs one call. What is captured reads and writes fixed buffers alone:
nothing that the host knows at capture is looked at again.

Reference: "CUDA Graphs" in torch's notes (notes/cuda.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final, Protocol

import torch

from dictate.errors import DictateError

_WARM_UPS: Final = 2
_FAULTY_CUDNN: Final = (91300, 91500)
"""From the first to before the second, cuDNN's attention to more than 1024 keys reads memory that
is not its own when it is part of a graph (TransformerEngine, pull request 2344)."""


class Graph(Protocol):
    """Captured work."""

    def replay(self) -> None:
        """Queue the work once more; does not wait."""
        ...


class Mark(Protocol):
    """A place in a device's queue."""

    def set(self) -> None:
        """Put the mark behind all that has been queued."""
        ...

    def wait(self) -> None:
        """Wait until the device has come to where the mark was last put."""
        ...


class Queue(Protocol):
    """A device that does what it is told in order, while the host goes on."""

    def capture(self, work: Callable[[], None]) -> Graph:
        """Run `work` a few times, then make a graph of it.

        Args:
            work: reads and writes tensors that stay where they are, and neither waits for the
                device nor takes anything from the host.

        Raises:
            torch.OutOfMemoryError: there is no room for what it needs.
        """
        ...

    def staging(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        """Memory of the host that the device copies from and to by itself."""
        ...

    def copy(self, to: torch.Tensor, source: torch.Tensor) -> None:
        """Queue a copy; neither may be touched before a mark behind it has been waited for."""
        ...

    def take(self, source: torch.Tensor) -> torch.Tensor:
        """A copy of what the device's tensor `source` holds after all that has been queued."""
        ...

    def mark(self) -> Mark:
        """A new mark, at the beginning of the queue."""
        ...

    def release(self) -> None:
        """Nothing will be captured any more: keep no memory for it."""
        ...


class CudaQueue:
    """The current stream of a CUDA device; its graphs share one pool of memory.

    Sharing is safe in any order of replay because nothing is handed over in that memory: every
    graph's results are copied to buffers outside of it.
    """

    def __init__(self, device: torch.device) -> None:
        """Nothing is allocated yet."""
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._anchor: Graph | None = None

    def capture(self, work: Callable[[], None]) -> Graph:
        """See `Queue`."""
        if self._anchor is None:
            # torch takes no graph into a pool whose last graph is gone: one always stays.
            value = torch.zeros(1, device=self._device)

            def nothing_much() -> None:
                value.zero_()

            self._anchor = self._capture(nothing_much)
        return self._capture(work)

    def _capture(self, work: Callable[[], None]) -> Graph:
        with torch.cuda.device(self._device), _capturable_kernels():
            # Libraries set themselves up when first called, which a capture does not allow.
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                for _ in range(_WARM_UPS):
                    work()
            torch.cuda.current_stream().wait_stream(self._stream)
            graph = torch.cuda.CUDAGraph()
            # Other threads may use CUDA meanwhile.
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ):
                work()
        return _Held(graph, work)

    def staging(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        """See `Queue`."""
        return torch.zeros(shape, dtype=dtype, pin_memory=True)

    def copy(self, to: torch.Tensor, source: torch.Tensor) -> None:
        """See `Queue`."""
        to.copy_(source, non_blocking=True)

    def take(self, source: torch.Tensor) -> torch.Tensor:
        """See `Queue`."""
        return source.clone()

    def mark(self) -> Mark:
        """See `Queue`."""
        return _CudaMark(self._device)

    def release(self) -> None:
        """See `Queue`."""
        self._anchor = None


class _Held:
    """A graph, and the work that it is of: the buffers it uses live as long as it does."""

    def __init__(self, graph: torch.cuda.CUDAGraph, work: Callable[[], None]) -> None:
        self._graph = graph
        self._work = work

    def replay(self) -> None:
        self._graph.replay()


class _CudaMark:
    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]

    def set(self) -> None:
        # The model's device need not be the current one.
        self._event.record(torch.cuda.current_stream(self._device))

    def wait(self) -> None:
        self._event.synchronize()


@contextmanager
def _capturable_kernels() -> Iterator[None]:
    """Keep torch from choosing kernels that do not survive a capture."""
    version = torch.backends.cudnn.version() or 0  # type: ignore[no-untyped-call]
    faulty = _FAULTY_CUDNN[0] <= version < _FAULTY_CUDNN[1]
    was_on = torch.backends.cuda.cudnn_sdp_enabled()  # type: ignore[no-untyped-call]
    if faulty:
        torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        if faulty:
            torch.backends.cuda.enable_cudnn_sdp(was_on)


def check_compiler(device: torch.device) -> None:
    """Check that `torch.compile` can make kernels for `device`.

    Raises:
        DictateError: it cannot; says why.
    """
    if device.type != "cuda":
        raise DictateError(f"compiling is for CUDA devices, not for {device}: leave it out")
    if find_spec("triton") is None:
        raise DictateError("compiling needs Triton, which is not installed: leave it out")


def out_of_memory(error: BaseException | None) -> bool:
    """Whether the device's memory ran out, be it that leaving a capture failed because of it."""
    while error is not None:
        if isinstance(error, torch.OutOfMemoryError):
            return True
        error = error.__context__
    return False
