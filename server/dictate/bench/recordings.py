"""The recordings that ship with the bundled pair."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from dictate.models.registry import PACKAGE_FOLDER

_FOLDER = PACKAGE_FOLDER / "bundled" / "recordings"


class _Entry(msgspec.Struct):
    file: str
    text: str
    voice: str = ""


class _Listing(msgspec.Struct):
    recording: list[_Entry]


@dataclass(frozen=True)
class Recording:
    """A recording, what is spoken in it, and by which voice."""

    path: Path
    text: str
    voice: str


def recordings() -> list[Recording]:
    """The bundled recordings, in the order of their listing."""
    listing = msgspec.toml.decode((_FOLDER / "recordings.toml").read_bytes(), type=_Listing)
    return [Recording(_FOLDER / entry.file, entry.text, entry.voice) for entry in listing.recording]
