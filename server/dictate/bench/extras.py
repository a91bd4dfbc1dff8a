"""Libraries that only benchmarks need, imported when they are asked for."""

import importlib
from typing import Any

from dictate.errors import DictateError


def need(module: str) -> Any:
    """Import `module`.

    Raises:
        DictateError: it is not installed, or cannot be loaded here.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DictateError(
            f"this benchmark needs {module.partition('.')[0]}, which cannot be loaded ({error}): "
            "pip install 'dictate-ls[bench]'"
        ) from error
