"""Faults of the system and of libraries as the one line that a user gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dictate.errors import DictateError


@contextmanager
def as_one_line() -> Iterator[None]:
    """Turn what users can mend into a `DictateError`.

    Raises:
        DictateError: a file cannot be read or written, memory ran out, or a library is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise DictateError(
            f"{error.name} is missing: install it with pip, then try again"
        ) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise DictateError(
            f"{where}{error.strerror or error}: mend that, then go on with --resume"
        ) from error
    except (RuntimeError, MemoryError) as error:
        text = str(error).strip().splitlines()
        raise DictateError(
            f"training stopped ({text[0] if text else type(error).__name__}): go on with --resume, "
            "or with a smaller --batch from the beginning"
        ) from error
