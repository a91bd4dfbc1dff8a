"""What pairs there are for this machine, which one to run, and which to offer; for any thread."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dictate.lsp.answers import RECOMMENDED, Answers
from dictate.lsp.settings import Settings

if TYPE_CHECKING:
    from dictate.models.registry import PairEntry, Registry

BUNDLED = "bundled"


@dataclass(frozen=True)
class Proposal:
    """A pair that the user should hear of.

    Attributes:
        entry: the pair.
        subject: under which the answer is remembered.
        question: what to ask; empty: nothing.
        is_here: it is on this machine already.
        is_wanted: the user has said so before, and need not be asked.
        line: what to say instead of asking; empty: nothing.
    """

    entry: "PairEntry"
    subject: str
    question: str = ""
    is_here: bool = False
    is_wanted: bool = False
    line: str = ""


def pair_to_run(setting: str | None) -> str:
    """Name of the pair to run; the bundled one where the wanted one is not on this machine.

    Args:
        setting: `engine.pair`.
    """
    from dictate.engine.choice import chosen_pair
    from dictate.models.registry import Registry
    from dictate.models.verify import missing_file

    wanted = setting or chosen_pair()
    if wanted is None or wanted == BUNDLED:
        return BUNDLED
    registry = Registry.load()
    if wanted not in registry.names:
        # A name that does not exist is the engine's to refuse, and of an old choice no word is due.
        return setting or BUNDLED
    entry = registry.pair(wanted)
    # Without its draft a target runs, too; folders of one's own are the engine's to judge.
    is_here = entry.target_repo is None or missing_file(entry.target) is None
    return wanted if is_here else BUNDLED


def propose(settings: Settings, answers: Answers) -> Proposal | None:
    """What to ask or tell the user about models, None: nothing.

    Raises:
        DictateError: the packaged list of models is broken.
    """
    from dictate.models import hub
    from dictate.models.registry import Registry
    from dictate.models.store import is_installed

    registry = Registry.load()
    named = settings.engine.pair
    unfinished = answers.unfinished
    if unfinished in registry.names and named in (None, unfinished) and not hub.is_offline():
        entry = registry.pair(unfinished)
        return Proposal(entry, unfinished, is_here=is_installed(entry), is_wanted=True)
    if named is None:
        if hub.is_offline() or not settings.models.offer or not answers.may_ask(RECOMMENDED):
            return None
        return _recommended(registry, settings.language)
    if named not in registry.names:
        return None
    entry = registry.pair(named)
    if entry.target_repo is None or is_installed(entry):
        return None
    return _missing(entry, settings, answers, is_offline=hub.is_offline())


def listed(language: str | None, running: str | None) -> list[dict[str, Any]]:
    """Every pair as a JSON object, the best for this machine first.

    Args:
        language: that is spoken.
        running: name of the pair that the engine runs.
    """
    from dictate.engine.choice import chosen_pair
    from dictate.models.registry import Registry
    from dictate.models.store import is_installed, recommend, this_machine

    registry = Registry.load()
    running = running or chosen_pair() or BUNDLED
    return [
        {
            "name": found.entry.name,
            "description": found.entry.description,
            "models": models_of(found.entry),
            "downloadMb": found.entry.download_mb,
            "languages": found.entry.languages,
            "licence": found.entry.licence,
            "installed": is_installed(found.entry),
            "running": found.entry.name == running,
            "fits": found.fits,
            "reason": found.reason,
        }
        for found in recommend(registry, this_machine(), language=language)
    ]


def models_of(entry: "PairEntry") -> str:
    """The pair's models for people: "large-v3-turbo + tiny"."""
    places = (
        entry.target_repo or entry.target.name,
        entry.draft_repo or (entry.draft.name if entry.draft is not None else ""),
    )
    return " + ".join(
        place.rpartition("/")[2].removeprefix("whisper-") for place in places if place
    )


def _recommended(registry: "Registry", language: str | None) -> Proposal | None:
    from dictate.engine.choice import chosen_pair
    from dictate.models.store import is_installed, recommend, this_machine

    if chosen_pair() is not None:
        return None
    best = recommend(registry, this_machine(), language=language)[0]
    entry = best.entry
    if entry.name == BUNDLED or not best.fits:
        return None
    is_here = is_installed(entry)
    question = (
        f"use the pair {entry.name} ({models_of(entry)}), which is on this machine"
        if is_here
        else f"download the pair {entry.name} ({models_of(entry)}{_size(entry)})"
    )
    return Proposal(
        entry,
        RECOMMENDED,
        f"{question}? It suits this machine best: {best.reason}. "
        "Until then the bundled pair serves.",
        is_here=is_here,
    )


def _missing(
    entry: "PairEntry", settings: Settings, answers: Answers, *, is_offline: bool
) -> Proposal:
    """The pair that the settings name is not here, or not all of it."""
    meanwhile = (
        f"the pair {entry.name} ({models_of(entry)}) is not on this machine, so the bundled pair "
        "serves"
    )
    if is_offline:
        line = f"{meanwhile}: unset HF_HUB_OFFLINE to download it, or change engine.pair"
        return Proposal(entry, entry.name, line=line)
    if not settings.models.offer or not answers.may_ask(entry.name):
        line = f"{meanwhile}: dictate.models.use (:Dictate models) downloads it"
        return Proposal(entry, entry.name, line=line)
    return Proposal(
        entry,
        entry.name,
        f"download the pair {entry.name} ({models_of(entry)}{_size(entry)}), which the setting "
        "engine.pair names? Until then the bundled pair serves.",
    )


def _size(entry: "PairEntry") -> str:
    if not entry.download_mb:
        return ""
    size = entry.download_mb
    return f", {size / 1000:.1f} GB" if size >= 1000 else f", {size} MB"
