"""The losses of a run as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dictate.train.training_loop import read_log

_SIZE_INCHES: Final = (8.0, 6.0)
_DOTS_PER_INCH: Final = 110
# Figures of the log that are no losses.
_OTHERS: Final = ("step", "seen", "elapsed_s")


AGREED: Final = "agreed"
"""The share of a distillation's tokens that are the target's."""


def plot_log(
    log: Path,
    picture: Path,
    title: str,
    share: str = AGREED,
    share_label: str = "same choice as the target's (%)",
) -> bool:
    """Draw every loss of a JSON-lines log over the utterances seen, and one share below them.

    Args:
        log: an object per line; `seen` counts utterances.
        picture: PNG to write.
        title: above it.
        share: name of the entry that is a fraction and no loss.
        share_label: what it is, in percent.

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
    losses, shares = figure.subplots(2, 1, sharex=True)
    losses.set_title(title, fontsize="medium")
    for name in dict.fromkeys(
        key for entry in entries for key in entry if key not in (*_OTHERS, share)
    ):
        points = [(entry["seen"], entry[name]) for entry in entries if name in entry]
        losses.plot(*zip(*points, strict=True), label=name.replace("_", " "))
    if losses.lines:
        losses.set_yscale("log")
        losses.legend(fontsize="small")
    losses.set_ylabel("nats")
    points = [(entry["seen"], 100 * entry[share]) for entry in entries if share in entry]
    if points:
        shares.plot(*zip(*points, strict=True))
    shares.set_ylabel(share_label)
    shares.set_xlabel("utterances heard")
    for axes in (losses, shares):
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(picture, dpi=_DOTS_PER_INCH, format="png")
    return True
