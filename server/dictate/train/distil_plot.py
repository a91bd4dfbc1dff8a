"""The losses of a distillation as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dictate.train.distil_loop import read_log

_SIZE_INCHES: Final = (8.0, 6.0)
_DOTS_PER_INCH: Final = 110
# Figures of the log that are no losses.
_OTHERS: Final = ("step", "seen", "elapsed_s", "agreed")


def plot_log(log: Path, picture: Path, title: str) -> bool:
    """Draw every loss of a JSON-lines log over the utterances seen, and how often both agree.

    Returns:
        False where matplotlib is not installed (training does not need it) or nothing was logged.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return False
    entries = read_log(log)
    if not entries:
        return False
    # No pyplot: its global state and its search for a display are of no use here.
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    losses, agreement = figure.subplots(2, 1, sharex=True)
    losses.set_title(title, fontsize="medium")
    for name in dict.fromkeys(key for entry in entries for key in entry if key not in _OTHERS):
        points = [(entry["seen"], entry[name]) for entry in entries if name in entry]
        losses.plot(*zip(*points, strict=True), label=name.replace("_", " "))
    losses.set_yscale("log")
    losses.set_ylabel("nats per token")
    losses.legend(fontsize="small")
    points = [(entry["seen"], 100 * entry["agreed"]) for entry in entries if "agreed" in entry]
    if points:
        agreement.plot(*zip(*points, strict=True))
    agreement.set_ylabel("same choice as the target's (%)")
    agreement.set_xlabel("utterances heard")
    for axes in (losses, agreement):
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(picture, dpi=_DOTS_PER_INCH, format="png")
    return True
