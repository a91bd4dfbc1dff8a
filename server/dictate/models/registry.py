"""The pairs of models that Dictate knows, from `models.toml`.

The packaged file names the pairs that Dictate ships or can download; the user's own `models.toml`
in the configuration folder adds pairs or replaces them by name. Light: reads TOML, touches no
weights and no network.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from dictate.errors import DictateError
from dictate.models import hub
from dictate.models.pins import PinError, read_pins
from dictate.paths import config_dir

PACKAGE_FOLDER: Final = Path(__file__).resolve().parent
"""Paths in the packaged `models.toml` are relative to this folder."""


class ModelError(DictateError):
    """A pair is unknown, or its files are missing or not what they should be."""


# Below this share of common letters two names have nothing to do with each other.
_ALIKE: Final = 0.6
_NAMED: Final = 3

Role = Literal["target", "draft"]
# Below two there is no room behind the mark.
_PromptTokens = Annotated[int, msgspec.Meta(ge=2)]
Revision = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{40})?$")]
_Precision = Literal["float32", "bfloat16", "float16", "int8", "int4"]


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a pair: path relative to the folder of the pair's paths, bytes, hash in hex."""

    path: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class CheckpointEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[checkpoint."org/name"]`: what is known of a checkpoint on the hub.

    Attributes:
        revision: the commit that is downloaded, 40 hex digits; empty: the newest.
        licence: of the weights, as the hub says.
        languages: two-letter codes; empty: whatever the checkpoint says.
        download_mb: size of its weights and JSON files in units of 10^6 bytes; None: unknown.
        encoder_m: parameters of its encoder in millions, which most of the time on a processor
            goes with; None: unknown.
        rank: the higher, the sooner it is recommended where it is fast enough; None: last.
        prompt_tokens: the longest prompt that it stands as a target; see `PairEntry`.
        files: size and hash of its files by their names there; what is not listed is taken from the
            hub at the first download.
    """

    revision: Revision = ""
    licence: str = ""
    languages: list[str] = []
    download_mb: Annotated[int, msgspec.Meta(ge=0)] | None = None
    encoder_m: Annotated[int, msgspec.Meta(ge=0)] | None = None
    rank: int | None = None
    prompt_tokens: _PromptTokens | None = None
    files: list[FileEntry] = []


class _PairTable(msgspec.Struct, forbid_unknown_fields=True):
    """`[pair.NAME]` as it stands in a file."""

    target: str = ""
    draft: str = ""
    target_repo: str = ""
    draft_repo: str = ""
    target_revision: Revision = ""
    draft_revision: Revision = ""
    description: str = ""
    languages: list[str] = []
    licence: str = ""
    heads: str = ""
    short_window: bool = False
    follows_prompts: bool = True
    prompt_tokens: _PromptTokens | None = None
    window_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    memory_mb: dict[_Precision, Annotated[int, msgspec.Meta(ge=0)]] = {}
    files: list[FileEntry] = []


class _ModelsFile(msgspec.Struct, forbid_unknown_fields=True):
    """A whole `models.toml`."""

    pair: dict[str, _PairTable] = {}
    checkpoint: dict[str, CheckpointEntry] = {}


# msgspec 0.22 crashes when two threads are the first to decode a type: it learns this one here.
msgspec.json.Decoder(_ModelsFile)


class PairEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of models.

    Attributes:
        name: by which users ask for it.
        description: one line for people.
        target: folder of the target's checkpoint; of one on the hub, its place in the hub's cache,
            where it lies once it was downloaded.
        draft: the same for the draft, None where the target runs alone.
        target_repo: name of the target on the hub, None for a folder of one's own.
        draft_repo: the same for the draft.
        target_revision: commit of the target on the hub; empty: the newest.
        draft_revision: the same for the draft.
        languages: two-letter codes; empty: whatever the checkpoint says.
        licence: of the weights.
        heads: folder of heads trained on the target; None: those inside the target's own folder, if
            there are any.
        short_window: trained on windows of any length, so that short speech need not be padded.
        follows_prompts: trained with prompts; others get none.
        prompt_tokens: the longest prompt that the target stands, its leading mark included; a
            longer one loses its head. None: as long as its positions allow, which bound it anyway.
        window_s: longest stretch of sound in one piece, None: the checkpoint says.
        memory_mb: what the pair needs once it runs, by precision: float32 on a processor, the
            others on CUDA; in units of 10^6 bytes; empty: unknown.
        download_mb: what the files on the hub weigh, 0 for folders of one's own, None: unknown.
        files: every file with size and hash; empty: not verified beyond existence.
        known_files: the same of checkpoints on the hub, as far as `models.toml` names them.
        encoder_m: parameters of the target's encoder in millions, None: unknown.
        rank: the target's among what is recommended, None: last.
        origin: the `models.toml` that names the pair; None: it was put together by hand.
        packaged: it is shipped with Dictate.
    """

    name: str
    description: str
    target: Path
    draft: Path | None
    target_repo: str | None
    draft_repo: str | None
    target_revision: str
    draft_revision: str
    languages: list[str]
    licence: str
    short_window: bool
    follows_prompts: bool
    window_s: float | None
    memory_mb: dict[str, int]
    download_mb: int | None
    files: list[FileEntry]
    known_files: dict[str, list[FileEntry]]
    encoder_m: int | None
    rank: int | None
    origin: Path | None
    packaged: bool
    heads: Path | None = None
    prompt_tokens: int | None = None

    @property
    def root(self) -> Path:
        """The folder that relative paths of this entry start from."""
        return _root(self.origin, packaged=self.packaged)

    def repo(self, role: Role) -> str | None:
        """Name of one of its models on the hub, None for a folder of one's own."""
        return self.target_repo if role == "target" else self.draft_repo

    @property
    def wanted_as(self) -> str:
        """What `dictate models pull` has to be told to get it."""
        repos = [repo for repo in (self.target_repo, self.draft_repo) if repo is not None]
        return " ".join(repos) if self.origin is None else self.name

    @property
    def options(self) -> str:
        """What `dictate engine start` has to be told to get it."""
        if self.origin is not None:
            return f"--pair {self.name}"
        draft = self.draft_repo or self.draft
        options = f"--target {self.target_repo or self.target}"
        return f"{options} --draft {draft}" if draft else options


class Registry:
    """All pairs by name.

    Attributes:
        notices: one line for each fault that leaves the registry usable.
    """

    def __init__(
        self,
        pairs: dict[str, PairEntry],
        checkpoints: dict[str, CheckpointEntry],
        notices: list[str],
    ) -> None:
        self._pairs = pairs
        self._checkpoints = checkpoints
        self.notices = notices

    @classmethod
    def load(cls) -> Registry:
        """Read the packaged file and the user's.

        An invalid file of the user's costs its own pairs only; `notices` says so.

        Raises:
            ModelError: the packaged file is missing or invalid.
        """
        notices = []
        checkpoints: dict[str, CheckpointEntry] = {}
        try:
            for repo, commit in read_pins().newest.items():
                checkpoints[repo] = CheckpointEntry(revision=commit)
        except PinError as error:
            notices.append(str(error))
        pairs = read_models_file(packaged_models_file(), packaged=True, checkpoints=checkpoints)
        own = config_dir() / "models.toml"
        if own.exists():
            try:
                pairs |= read_models_file(own, packaged=False, checkpoints=checkpoints)
            except ModelError as error:
                notices.append(str(error))
        return cls(pairs, checkpoints, notices)

    @property
    def names(self) -> list[str]:
        """Every pair's name, in the order of the files."""
        return list(self._pairs)

    def pair(self, name: str) -> PairEntry:
        """The pair with this name.

        Raises:
            ModelError: there is none; the message names those that there are.
        """
        entry = self._pairs.get(name)
        if entry is None:
            known = ", ".join(self._pairs) or "none"
            why = f" ({'; '.join(self.notices)})" if self.notices else ""
            near = self.nearest(name)
            guess = f", but {' and '.join(near)}" if near else ""
            raise ModelError(f"there is no pair {name!r}{guess}{why}: choose one of: {known}")
        return entry

    def nearest(self, name: str) -> list[str]:
        """Names of pairs and checkpoints that look like `name`, the most alike first."""
        known = {known.casefold(): known for known in (*self._pairs, *self._checkpoints)}
        known |= {known[repo].rpartition("/")[2].casefold(): known[repo] for repo in list(known)}
        found = difflib.get_close_matches(name.casefold(), known, n=6, cutoff=_ALIKE)
        return list(dict.fromkeys(known[near] for near in found))[:_NAMED]

    def made_of(self, target: str, draft: str = "") -> PairEntry:
        """A pair of any two checkpoints.

        A target that a known pair has, too, is run as it is there: with short windows or not, with
        prompts or not.

        Args:
            target: a folder, or a name on the hub such as `openai/whisper-tiny`.
            draft: the same for the draft; empty: the target runs alone.

        Raises:
            ModelError: there is no such folder, and it is no name either.
        """
        table = _PairTable()
        for role, place in (("target", target), ("draft", draft)):
            if not place:
                continue
            folder = Path(place).expanduser()
            if folder.is_dir():
                setattr(table, role, str(folder.resolve()))
            elif hub.is_name(place):
                setattr(table, f"{role}_repo", place)
            else:
                raise ModelError(
                    f"there is no folder {place}, and it is no name on the hub such as "
                    f"openai/whisper-tiny: choose another {role}"
                )
        name = " + ".join(Path(place).name for place in (target, draft) if place)
        entry = _entry(name, table, None, self._checkpoints, packaged=False)
        for known in self._pairs.values():
            if known.target == entry.target:
                return msgspec.structs.replace(
                    entry,
                    short_window=known.short_window,
                    follows_prompts=known.follows_prompts,
                    prompt_tokens=known.prompt_tokens,
                    languages=known.languages,
                    licence=known.licence,
                )
        return entry


def packaged_models_file() -> Path:
    """`models.toml` of the checkout, or the copy inside the installed package."""
    checkout = PACKAGE_FOLDER.parents[2]
    if (checkout / "pyproject.toml").exists() and (checkout / "models.toml").exists():
        return checkout / "models.toml"
    return PACKAGE_FOLDER / "models.toml"


def read_models_file(
    path: Path, *, packaged: bool, checkpoints: dict[str, CheckpointEntry] | None = None
) -> dict[str, PairEntry]:
    """Read one `models.toml`.

    Args:
        path: the file.
        packaged: it is shipped with Dictate.
        checkpoints: what is known of the hub's already; what the file knows is added.

    Raises:
        ModelError: it cannot be read, is no TOML or does not say what it should.
    """
    remedy = "install Dictate again" if packaged else "correct it"
    try:
        content = msgspec.toml.decode(path.read_bytes(), type=_ModelsFile)
    except OSError as error:
        raise ModelError(f"cannot read {path} ({error.strerror}): {remedy}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{path} is invalid ({reason}): {remedy}") from error
    known = {} if checkpoints is None else checkpoints
    for repo, entry in content.checkpoint.items():
        # Who says more of a checkpoint need not repeat its commit.
        before = known.get(repo, entry).revision
        known[repo] = msgspec.structs.replace(entry, revision=entry.revision or before)
    for name, table in content.pair.items():
        fault = _fault(table)
        if fault is not None:
            raise ModelError(f"{path} is invalid ({fault} in `pair.{name}`): {remedy}")
    return {
        name: _entry(name, table, path, known, packaged=packaged)
        for name, table in content.pair.items()
    }


def _fault(table: _PairTable) -> str | None:
    if bool(table.target) == bool(table.target_repo):
        return "either `target` or `target_repo` is needed"
    if table.draft and table.draft_repo:
        return "`draft` and `draft_repo` exclude each other"
    for repo in (table.target_repo, table.draft_repo):
        if repo and not hub.is_name(repo):
            return f"{repo!r} is no name on the hub"
    return None


def _entry(
    name: str,
    table: _PairTable,
    origin: Path | None,
    checkpoints: dict[str, CheckpointEntry],
    *,
    packaged: bool,
) -> PairEntry:
    root = _root(origin, packaged=packaged)
    repos = [repo for repo in (table.target_repo, table.draft_repo) if repo]
    known = [checkpoints.get(repo, CheckpointEntry()) for repo in repos]

    def revision(repo: str, own: str) -> str:
        return own or checkpoints.get(repo, CheckpointEntry()).revision

    def place(folder: str, repo: str, own_revision: str) -> Path | None:
        if repo:
            return hub.place(repo, revision(repo, own_revision))
        return root / Path(folder).expanduser() if folder else None

    target = place(table.target, table.target_repo, table.target_revision)
    assert target is not None, "either a folder or a name was given"
    licences = dict.fromkeys(entry.licence for entry in known if entry.licence)
    sizes = [entry.download_mb for entry in known]
    return PairEntry(
        name=name,
        description=table.description,
        target=target,
        draft=place(table.draft, table.draft_repo, table.draft_revision),
        target_repo=table.target_repo or None,
        draft_repo=table.draft_repo or None,
        target_revision=revision(table.target_repo, table.target_revision),
        draft_revision=revision(table.draft_repo, table.draft_revision),
        languages=table.languages or (known[0].languages if table.target_repo else []),
        licence=table.licence or " and ".join(licences),
        heads=root / Path(table.heads).expanduser() if table.heads else None,
        short_window=table.short_window,
        follows_prompts=table.follows_prompts,
        prompt_tokens=table.prompt_tokens
        or (known[0].prompt_tokens if table.target_repo else None),
        window_s=table.window_s,
        memory_mb={str(precision): size for precision, size in table.memory_mb.items()},
        download_mb=None if None in sizes else sum(size or 0 for size in sizes),
        files=table.files,
        known_files={
            repo: entry.files for repo, entry in zip(repos, known, strict=True) if entry.files
        },
        encoder_m=known[0].encoder_m if table.target_repo else None,
        rank=known[0].rank if table.target_repo else None,
        origin=origin,
        packaged=packaged,
    )


def _root(origin: Path | None, *, packaged: bool) -> Path:
    if packaged:
        return PACKAGE_FOLDER
    return Path.cwd() if origin is None else origin.parent
