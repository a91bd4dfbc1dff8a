"""A device that lags behind, on the CPU: what is queued happens when somebody waits for it.

Stands in for CUDA graphs and streams. Replaying runs the captured Python function again on the same
buffers and checks that it does operation for operation what it did when it was captured, on the
same memory with the same constants: exactly then a real graph would do the same.
"""

from collections.abc import Callable

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

_NOT_IN_A_GRAPH = ("_local_scalar_dense", "nonzero", "masked_select", "lift_fresh", "is_nonzero")


class _Operations(TorchDispatchMode):
    """Writes down each operation, its constants, and which memory from outside it touches."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._inner: dict[int, torch.Tensor] = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = str(function)
        assert not any(word in name for word in _NOT_IN_A_GRAPH), f"{name} cannot be captured"
        self.seen.append(f"{name} {[self._name(leaf) for leaf in tree_flatten((args, kwargs))[0]]}")
        result = function(*args, **(kwargs or {}))
        given = {
            leaf.untyped_storage().data_ptr()
            for leaf in tree_flatten((args, kwargs))[0]
            if isinstance(leaf, torch.Tensor)
        }
        for leaf in tree_flatten(result)[0]:
            if isinstance(leaf, torch.Tensor):
                pointer = leaf.untyped_storage().data_ptr()
                if pointer not in given:
                    self._inner[pointer] = leaf  # kept, so that its address is not used again
        return result

    def _name(self, leaf: object) -> str:
        if not isinstance(leaf, torch.Tensor):
            return repr(leaf)
        pointer = leaf.untyped_storage().data_ptr()
        where = "inner" if pointer in self._inner else hex(pointer)
        return f"{where}+{leaf.storage_offset()}{tuple(leaf.shape)}{leaf.stride()}{leaf.dtype}"


class LateQueue:
    """See `cuda_graphs.Queue`.

    Attributes:
        captured: how many graphs there are.
        lag_hidden: whether anything is still to be done.
    """

    def __init__(self, *, checked: bool = False, fails_at: int | None = None) -> None:
        """Check operations or not; run out of memory at capture number `fails_at`."""
        self.captured = 0
        self.released = False
        self.replays = 0
        self._checked = checked
        self._fails_at = fails_at
        self._waiting: list[Callable[[], None]] = []
        self._done = 0
        self._staged: set[int] = set()

    def capture(self, work):
        self.drain()
        if self.captured == self._fails_at:
            try:
                raise torch.OutOfMemoryError("the rig has no memory")
            finally:
                # What leaving a broken capture does on a real device.
                raise RuntimeError("capture was broken off")
        self.captured += 1
        work()
        work()
        return _LateGraph(self, work, _operations(work) if self._checked else None)

    def staging(self, shape, dtype):
        memory = torch.zeros(shape, dtype=dtype)
        self._staged.add(memory.untyped_storage().data_ptr())
        return memory

    def copy(self, to, source):
        staged = (to, source)
        if not any(one.untyped_storage().data_ptr() in self._staged for one in staged):
            # Between tensors of the device a copy is in order with all else that is done to them.
            source = source.clone()
        self.add(lambda: to.copy_(source))

    def take(self, source):
        self.drain()
        return source.clone()

    def mark(self):
        return _LateMark(self)

    def release(self):
        self.released = True

    def add(self, job):
        self._waiting.append(job)

    @property
    def length(self):
        return self._done + len(self._waiting)

    def drain(self, until=None):
        while self._waiting and (until is None or self._done < until):
            self._done += 1
            with torch.inference_mode():
                self._waiting.pop(0)()


class _LateGraph:
    def __init__(self, queue, work, operations):
        self._queue = queue
        self._work = work
        self._operations = operations

    def replay(self):
        self._queue.replays += 1
        self._queue.add(self._run)

    def _run(self):
        if self._operations is None:
            self._work()
        else:
            assert _operations(self._work) == self._operations


class _LateMark:
    def __init__(self, queue):
        self._queue = queue
        self._place = 0

    def set(self):
        self._place = self._queue.length

    def wait(self):
        self._queue.drain(self._place)


def _operations(work):
    operations = _Operations()
    with operations:
        work()
    return operations.seen
