"""Which target a training starts from, and which speech it hears."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dictate.asr.checkpoint import Checkpoint
from dictate.models.registry import PairEntry, Registry
from dictate.models.verify import missing_file
from dictate.train.corpus import Corpus
from dictate.train.dictations import gather, history_folder
from dictate.train.ranks import TrainingError


@dataclass(frozen=True, slots=True)
class Source:
    """A target on this machine and how it is run.

    Attributes:
        folder: a whole Whisper folder.
        short_window: it runs on windows of any length.
        follows_prompts: it was trained with prompts.
    """

    folder: Path
    short_window: bool
    follows_prompts: bool

    @property
    def window_s(self) -> float:
        """The longest sound that it takes."""
        framing = Checkpoint.open(self.folder).framing
        return framing.window_samples / framing.sample_rate_hz


def find_pair(name: str) -> PairEntry:
    """A known pair, or one of a folder or a name on the hub alone.

    Raises:
        ModelError: it is none of them.
    """
    registry = Registry.load()
    return registry.pair(name) if name in registry.names else registry.made_of(name)


def find_target(
    name: str, *, short_window: bool | None = None, follows_prompts: bool | None = None
) -> Source:
    """The target that a user named.

    Args:
        name: a pair, a folder, or a name on the hub that is on this machine.
        short_window: how it runs; None: as the pair says that has it.
        follows_prompts: likewise.

    Raises:
        TrainingError: its files are not here.
        ModelError: there is nothing of that name.
        CheckpointError: it is no whole Whisper.
    """
    entry = find_pair(name)
    require_here(entry.target, name)
    Checkpoint.open(entry.target)
    return Source(
        entry.target,
        entry.short_window if short_window is None else short_window,
        entry.follows_prompts if follows_prompts is None else follows_prompts,
    )


def require_here(folder: Path, name: str) -> None:
    """See that a model from the hub has been downloaded.

    Raises:
        TrainingError: it has not.
    """
    if not folder.is_dir() and missing_file(folder) is not None:
        raise TrainingError(
            f"{name} is not on this machine: get it with `dictate models pull {name}`"
        )


def speech_corpus(work: Path) -> Path:
    """The corpus in a work folder of `dictate train synthesize`.

    Raises:
        TrainingError: there is none.
    """
    folder = work / "corpus"
    if not folder.is_dir() or not Corpus(folder).clips:
        raise TrainingError(
            f"{folder} holds no speech: make some with `dictate train synthesize --out {work}`"
        )
    return folder


def recorded_corpus(
    places: list[Path], folder: Path, window_s: float, *, history: bool, has_text: bool
) -> Path:
    """A corpus of recordings and kept dictations, written to `folder`; says in one line what it is.

    Args:
        places: folders of sound files.
        folder: where it goes; it is a copy, to be removed behind the training.
        window_s: the longest recording that fits.
        history: the dictations that Dictate has kept, too.
        has_text: only what has a transcript.

    Raises:
        RecordingsError: nothing can be learned from.
    """
    wanted = [*places, *([history_folder()] if history else [])]
    print(f"learning from {gather(wanted, folder, window_s, has_text=has_text)}", flush=True)
    return folder
