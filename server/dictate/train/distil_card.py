"""What lies beside a distilled model: its record, its losses as a picture, and its model card."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from dictate.asr.checkpoint import Checkpoint
from dictate.train.distil import Plan, settings_of
from dictate.train.distil_folder import write_json
from dictate.train.distil_loss import DISTANCE_WEIGHT, LABEL_WEIGHT, TEMPERATURE
from dictate.train.loss_plot import plot_log
from dictate.train.prune import taken_layers
from dictate.train.training_loop import LOG, Done, read_checkpoint, read_log, write_whole

_WIDTH: Final = 100
_FRONT_MATTER: Final = """\
---
library_name: transformers
pipeline_tag: automatic-speech-recognition
tags: [whisper, distillation, dictation]
{licence}---
"""
_HOW_GOOD: Final = """
`dictate train measure FOLDER --target TARGET` says how often it is right, and what it costs and
saves.
"""


def finish(plan: Plan) -> None:
    """Write `training.json`, `losses.png` and `README.md` into the folder of a finished run."""
    state = read_checkpoint(plan.folder)
    assert state is not None, "a finished run has a checkpoint"
    done = Done(**state["done"])
    entries = read_log(plan.folder / LOG)
    record = {
        **settings_of(plan),
        "steps": done.steps,
        "utterances_seen": done.seen,
        "minutes": round(done.elapsed_s / 60, 1),
        "starts": done.starts,
        "agreed": entries[-1].get("agreed") if entries else None,
    }
    write_json(plan.out / "training.json", record)
    plot_log(plan.folder / LOG, plan.out / "losses.png", f"{plan.out.name}: distillation")
    card = _card(plan, record)
    write_whole(plan.out / "README.md", lambda partial: partial.write_text(card, encoding="utf-8"))


def _card(plan: Plan, record: dict[str, Any]) -> str:
    target, made = Checkpoint.open(plan.target), Checkpoint.open(plan.out)
    before, after = target.dimensions, made.dimensions
    kind = "target" if plan.trains_encoder else "draft"
    if plan.start_from is None:
        taken = taken_layers(before.decoder_layers, plan.layers)
        layers = ("layer " if plan.layers == 1 else "layers ") + ", ".join(map(str, taken))
        start = f"{layers} of the target's {before.decoder_layers}"
    else:
        start = f"the weights of {plan.start_from.name}"
    encoder = (
        "Its encoder began as the target's and was trained, too."
        if plan.trains_encoder
        else "Its encoder is the target's, bit by bit: Dictate runs it once for both."
    )
    labels = (
        "the target's own greedy text" if plan.labels == "target" else "the transcript of each clip"
    )
    what = (
        f"Decoder layers: {after.decoder_layers}, with feed-forward networks of width "
        f"{after.decoder_ffn}, begun from {start}. {encoder} The licence is that of the target."
    )
    training = (
        f"{record['utterances_seen']:,} augmented utterances in {record['steps']:,} steps, "
        f"{record['minutes']} minutes, seed {plan.seed}, from {plan.speech}. The loss is "
        f"{LABEL_WEIGHT:g} times the cross-entropy with {labels}, plus "
        f"{DISTANCE_WEIGHT:g} times the divergence from the target's distribution at temperature "
        f"{TEMPERATURE:g} (Gandhi, von Platen and Rush, "
        '"Distil-Whisper", 2023). On training speech both chose the same token in '
        f"{100 * (record['agreed'] or 0):.1f} % of the places, at the end."
    )
    files = (
        "`training.json` holds the settings, `losses.png` the losses, `training/` what `--resume` "
        "needs; it can be deleted."
    )
    return f"""{_FRONT_MATTER.format(licence=_licence(plan.target))}
# {plan.out.name}: a {kind} distilled from {target.name}

{fill(what, _WIDTH)}

## Training

{fill(training, _WIDTH)}

{fill(files, _WIDTH)}
{_HOW_GOOD if kind == "draft" else ""}"""


def _licence(target: Path) -> str:
    """The line of the target's own card that names its licence; empty: it names none."""
    try:
        card = (target / "README.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    found = re.search(r"\A---\n(?:.*\n)*?(license: .+\n)", card)
    return found.group(1) if found else ""
