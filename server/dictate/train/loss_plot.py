"""The losses of a run as a picture."""

from __future__ import annotations

import json
from pathlib import Path


def plot_losses(log: Path, picture: Path) -> None:
    """Draw every loss and rate of a JSON-lines log over the utterances heard.

    Nothing is drawn where matplotlib is not installed: training does not need it.
    """
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        return
    mpl.use("Agg")
    from matplotlib import pyplot

    entries = [json.loads(line) for line in log.read_text().splitlines()]
    figure, (losses, rates) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 6))
    for name in ("decoder_loss", "ctc_loss"):
        points = [(entry["seen"], entry[name]) for entry in entries if entry.get(name)]
        losses.plot(
            [seen for seen, _ in points], [loss for _, loss in points], label=name.replace("_", " ")
        )
    judged = [entry for entry in entries if "development_wer" in entry]
    rates.plot(
        [entry["seen"] for entry in judged],
        [100 * entry["development_wer"] for entry in judged],
        marker=".",
    )
    losses.set_ylabel("cross-entropy, CTC per text (nats)")
    losses.set_yscale("log")
    losses.legend()
    rates.set_ylabel("development WER (%)")
    rates.set_ylim(bottom=0)
    rates.set_xlabel("utterances heard")
    for axes in (losses, rates):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)
