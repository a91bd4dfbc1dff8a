"""What lies beside trained heads: their record, their losses as a picture, and their card."""

from __future__ import annotations

from typing import Any

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.drafts.heads import TENSORS_NAME, HeadsDescription, read_heads
from dictate.train.distil_folder import write_json
from dictate.train.heads import Plan, settings_of
from dictate.train.loss_plot import plot_log
from dictate.train.training_loop import LOG, Done, read_checkpoint, read_log, write_whole


def finish(plan: Plan) -> None:
    """Write `training.json`, `losses.png` and `README.md` into the folder of a finished run."""
    state = read_checkpoint(plan.folder)
    assert state is not None, "a finished run has a checkpoint"
    done = Done(**state["done"])
    entries = read_log(plan.folder / LOG)
    last = entries[-1] if entries else {}
    record: dict[str, Any] = {
        **settings_of(plan),
        "steps": done.steps,
        "utterances_seen": done.seen,
        "minutes": round(done.elapsed_s / 60, 1),
        "starts": done.starts,
        **{name: last[name] for name in ("medusa_loss", "ctc_loss", "agreed") if name in last},
    }
    write_json(plan.out / "training.json", record)
    plot_log(plan.folder / LOG, plan.out / "losses.png", f"{plan.out.name}: heads")
    description, _ = read_heads(plan.out)
    card = _card(plan, description, record)
    write_whole(plan.out / "README.md", lambda partial: partial.write_text(card, encoding="utf-8"))


def _card(plan: Plan, description: HeadsDescription, record: dict[str, Any]) -> str:
    target = Checkpoint.open(plan.target.folder)
    size_mb = (plan.out / TENSORS_NAME).stat().st_size / 1e6
    kinds = []
    if description.medusa is not None:
        kinds.append(
            f"- {description.medusa.heads} Medusa heads of rank {description.medusa.rank}: each "
            "guesses one of the next tokens, from the\n  decoder's last state and the token that "
            "it has just chosen."
        )
    if description.ctc is not None:
        kinds.append(
            f"- A CTC head of width {description.ctc.hidden} with {description.ctc.blocks} blocks: "
            "it hears the whole utterance in the\n  encoder's states, before the target writes."
        )
    listed = "\n".join(kinds)
    return f"""# Decoding heads of {target.name}

They propose tokens that the target verifies: the text is the target's own whatever they guess.
They belong to weights with the SHA-256 `{description.target_sha256}`; of others they are
refused. The licence is that of the target. {size_mb:.1f} MB, float16.

{listed}

## Training

The last run trained {" and ".join(plan.kinds)}: {record["utterances_seen"]:,} utterances in
{record["steps"]:,} steps and {record["minutes"]} minutes, seed {plan.seed}; each was heard once and
used about three times. The target was frozen, its own greedy tokens were learned.

`training.json` holds the settings, `losses.png` the losses, `training/` what `--resume` needs (it
can be deleted).

    dictate train measure-heads FOLDER --target TARGET

says how often they are right, and what they cost and save.
"""
