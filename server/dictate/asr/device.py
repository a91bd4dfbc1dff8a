"""Which device the models run on."""

import torch

from dictate.errors import DictateError


def choose_device(wanted: str = "auto") -> torch.device:
    """The device named, or with `auto` the best there is: CUDA, then Apple's MPS, then the CPU.

    Raises:
        DictateError: the name is unknown or the device is not there.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise DictateError(
            f"unknown device {wanted!r}: use auto, cpu, cuda, cuda:N or mps"
        ) from None
    if device.type == "cuda" and not (
        torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()
    ):
        raise DictateError(f"no CUDA device {wanted!r} here: use device auto or cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DictateError("no MPS device here: use device auto or cpu")
    if device.type not in {"cpu", "cuda", "mps"}:
        raise DictateError(f"unsupported device {wanted!r}: use auto, cpu, cuda or mps")
    return device
