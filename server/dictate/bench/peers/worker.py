"""A library in a process of its own, so that no other's threads spin on the cores it wants."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

import torch

from dictate.bench.peers.setting import CannotRunError, Run, Samples
from dictate.bench.timing import synchronise

_CLOSE_TIMEOUT_S = 10.0


class Worker:
    """Transcribes the sounds that it was started with, by their number."""

    def __init__(
        self,
        open_library: Callable[[], Run],
        sounds: Sequence[Samples],
        device: str,
        threads: int,
        environment: dict[str, str],
    ) -> None:
        """Start the process, and wait until it has transcribed the first sound.

        Args:
            open_library: of a module, so that the process can import it.
            sounds: utterances.
            device: waited for behind every run.
            threads: for torch.
            environment: of the process, beside this one's.

        Raises:
            CannotRunError: the library cannot run this.
            RuntimeError: it failed; one line.
        """
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, open_library, sounds, device, threads), daemon=True
        )
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            self._process.start()
        finally:
            os.environ.clear()
            os.environ.update(before)
        theirs.close()
        self(0)

    def __call__(self, sound: int) -> list[int]:
        """The tokens of a sound.

        Raises:
            CannotRunError: see the constructor.
            RuntimeError: likewise, or the process has ended.
        """
        try:
            self._pipe.send(sound)
            outcome: list[int] | Exception = self._pipe.recv()
        except (EOFError, OSError):
            raise RuntimeError("its process ended") from None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(_CLOSE_TIMEOUT_S)
        if self._process.is_alive():
            self._process.kill()


def _serve(
    pipe: Connection,
    open_library: Callable[[], Run],
    sounds: Sequence[Samples],
    device: str,
    threads: int,
) -> None:
    torch.set_num_threads(threads)
    run: Run | None = None
    while True:
        try:
            sound: int = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            run = run or open_library()
            tokens = run(sounds[sound])
            synchronise(device)
            pipe.send(list(tokens))
        except CannotRunError as error:
            pipe.send(CannotRunError(str(error)))
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the others go on
            lines = str(error).strip().splitlines() or [type(error).__name__]
            pipe.send(RuntimeError(lines[0]))
