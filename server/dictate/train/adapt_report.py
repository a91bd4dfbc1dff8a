"""What an adaptation changed: word error rates and acceptance, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dictate.train.distil_folder import write_json
from dictate.train.distil_measure import Report, measure
from dictate.train.distil_source import Source
from dictate.train.distil_speech import Spoken


@dataclass(frozen=True, slots=True)
class Change:
    """A pair on one kind of speech, before and after."""

    speech: str
    before: Report
    after: Report


@dataclass(frozen=True, slots=True)
class Changes:
    """An adaptation's results."""

    changes: list[Change]

    def save(self, path: Path) -> None:
        """Write them as JSON."""
        write_json(path, [asdict(change) for change in self.changes])

    def __str__(self) -> str:
        """A table for people."""
        lines = [
            "| speech | utterances | WER before | after | acceptance before | after |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for change in self.changes:
            cells = [_rate(report.word_error_rate) for report in (change.before, change.after)]
            cells += [
                _rate(report.drafts[0].acceptance if report.drafts else None)
                for report in (change.before, change.after)
            ]
            lines.append(f"| {change.speech} | {change.after.utterances} | {' | '.join(cells)} |")
        return "\n".join(lines)


def _rate(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def compare(
    before: tuple[Source, Path | None],
    after: tuple[Source, Path | None],
    speech: dict[str, Sequence[Spoken]],
    device: str,
) -> Changes:
    """Measure both pairs on every kind of speech that there is.

    Args:
        before: target and draft.
        after: the adapted ones.
        speech: by name.
        device: see `Pair.load`.
    """

    def report(pair: tuple[Source, Path | None], spoken: Sequence[Spoken]) -> Report:
        source, draft = pair
        return measure(source, [] if draft is None else [draft], spoken, device=device)

    return Changes(
        [
            Change(name, report(before, spoken), report(after, spoken))
            for name, spoken in speech.items()
            if spoken
        ]
    )
