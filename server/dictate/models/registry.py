"""The pairs of models that Dictate knows, from `models.toml`.

The packaged file names the pairs that Dictate ships; the user's own `models.toml` in the
configuration folder adds pairs or replaces them by name. Light: reads TOML, touches no weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec

from dictate.errors import DictateError
from dictate.paths import config_dir

PACKAGE_FOLDER: Final = Path(__file__).resolve().parent
"""Paths in the packaged `models.toml` are relative to this folder."""


class ModelError(DictateError):
    """A pair is unknown, or its files are missing or not what they should be."""


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a pair: path relative to the folder of the pair's paths, bytes, hash in hex."""

    path: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class _PairTable(msgspec.Struct, forbid_unknown_fields=True):
    """`[pair.NAME]` as it stands in a file."""

    target: Annotated[str, msgspec.Meta(min_length=1)]
    draft: str = ""
    description: str = ""
    languages: list[str] = []
    licence: str = ""
    short_window: bool = False
    follows_prompts: bool = True
    window_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    memory_mb: Annotated[int, msgspec.Meta(ge=0)] | None = None
    files: list[FileEntry] = []


class _ModelsFile(msgspec.Struct, forbid_unknown_fields=True):
    """A whole `models.toml`."""

    pair: dict[str, _PairTable] = {}


class PairEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of models.

    Attributes:
        name: by which users ask for it.
        description: one line for people.
        target: folder of the target's checkpoint.
        draft: folder of the draft's checkpoint, None where the target runs alone.
        languages: two-letter codes; empty: whatever the checkpoint says.
        licence: of the weights.
        short_window: trained on windows of any length, so that short speech need not be padded.
        follows_prompts: trained with prompts; others get none.
        window_s: longest stretch of sound in one piece, None: the checkpoint says.
        memory_mb: what the pair needs once loaded in float32, None: unknown.
        files: every file with size and hash; empty: not verified beyond existence.
        origin: the `models.toml` that names the pair.
        packaged: it is shipped with Dictate.
    """

    name: str
    description: str
    target: Path
    draft: Path | None
    languages: list[str]
    licence: str
    short_window: bool
    follows_prompts: bool
    window_s: float | None
    memory_mb: int | None
    files: list[FileEntry]
    origin: Path
    packaged: bool

    @property
    def root(self) -> Path:
        """The folder that relative paths of this entry start from."""
        return PACKAGE_FOLDER if self.packaged else self.origin.parent


class Registry:
    """All pairs by name.

    Attributes:
        notices: one line for each fault that leaves the registry usable.
    """

    def __init__(self, pairs: dict[str, PairEntry], notices: list[str]) -> None:
        self._pairs = pairs
        self.notices = notices

    @classmethod
    def load(cls) -> Registry:
        """Read the packaged file and the user's.

        An invalid file of the user's costs its own pairs only; `notices` says so.

        Raises:
            ModelError: the packaged file is missing or invalid.
        """
        pairs = read_models_file(packaged_models_file(), packaged=True)
        notices = []
        own = config_dir() / "models.toml"
        if own.exists():
            try:
                pairs |= read_models_file(own, packaged=False)
            except ModelError as error:
                notices.append(str(error))
        return cls(pairs, notices)

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
            raise ModelError(f"there is no pair {name!r}{why}: choose one of: {known}")
        return entry


def packaged_models_file() -> Path:
    """`models.toml` of the checkout, or the copy inside the installed package."""
    checkout = PACKAGE_FOLDER.parents[2]
    if (checkout / "pyproject.toml").exists() and (checkout / "models.toml").exists():
        return checkout / "models.toml"
    return PACKAGE_FOLDER / "models.toml"


def read_models_file(path: Path, *, packaged: bool) -> dict[str, PairEntry]:
    """Read one `models.toml`.

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
    root = PACKAGE_FOLDER if packaged else path.parent
    return {
        name: PairEntry(
            name=name,
            description=table.description,
            target=_folder(root, table.target),
            draft=_folder(root, table.draft) if table.draft else None,
            languages=table.languages,
            licence=table.licence,
            short_window=table.short_window,
            follows_prompts=table.follows_prompts,
            window_s=table.window_s,
            memory_mb=table.memory_mb,
            files=table.files,
            origin=path,
            packaged=packaged,
        )
        for name, table in content.pair.items()
    }


def _folder(root: Path, text: str) -> Path:
    return root / Path(text).expanduser()
