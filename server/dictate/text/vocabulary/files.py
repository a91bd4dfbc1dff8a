"""Where vocabularies lie, and what is read of them again only when they have changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dictate.text.vocabulary.reading import UnreadableError, one_line, parse, read_content
from dictate.text.vocabulary.vocabulary import PROJECT_SCORE, USER_SCORE, Vocabulary, merged

PROJECT_FILE: Final = ".dictate.toml"
USER_FILE: Final = "vocabulary.toml"
_MAX_CACHED: Final = 64

_Stamp = tuple[int, int, int]


class Vocabularies:
    """The user's vocabulary and those of the projects, as they are now.

    May be used by several threads: the worst that happens is that a file is read twice.
    """

    def __init__(self, user_path: Path) -> None:
        """Nothing is read yet.

        Args:
            user_path: of the user's own file, which need not be there.
        """
        self._user_path = user_path
        self._cached: dict[Path, tuple[_Stamp, Vocabulary]] = {}

    def for_document(self, path: Path | None, roots: Sequence[Path]) -> Vocabulary:
        """What counts in a document: the user's vocabulary and its project's, together.

        Args:
            path: of the document; None where it has no file.
            roots: the editor's workspace folders.
        """
        user = self._load(self._user_path, USER_SCORE)
        project = project_file(path, roots)
        if project is None or project == self._user_path:
            return merged(user, Vocabulary())
        return merged(user, self._load(project, PROJECT_SCORE))

    def _load(self, path: Path, score: float) -> Vocabulary:
        known = self._cached.get(path)
        try:
            stamp = _stamp(path)
            if known is not None and known[0] == stamp:
                return known[1]
            vocabulary = parse(read_content(path), str(path), score)
        except FileNotFoundError:
            self._cached.pop(path, None)
            return Vocabulary()
        except UnreadableError as error:
            # Not cached: it may be readable again without having changed.
            last = known[1] if known is not None else Vocabulary()
            return merged(last, Vocabulary(problems=[one_line(f"{path}: {error}")]))
        while len(self._cached) >= _MAX_CACHED:
            self._cached.pop(next(iter(self._cached)), None)
        self._cached[path] = (stamp, vocabulary)
        return vocabulary


def project_file(path: Path | None, roots: Sequence[Path]) -> Path | None:
    """The nearest `.dictate.toml` above a document, no farther up than its project reaches.

    A project reaches to the workspace folder or the folder with `.git` that holds the document,
    whichever lies higher; without either, nobody's file but that of the document's own folder
    counts. A document without a file belongs to the workspace folders.

    Args:
        path: of the document.
        roots: the editor's workspace folders.
    """
    if path is None:
        return next((found for root in roots if _is_file(found := root / PROJECT_FILE)), None)
    folders = list(path.absolute().parents)
    ends = [folders.index(root) for root in map(Path.absolute, roots) if root in folders]
    ends += [at for at, folder in enumerate(folders) if _exists(folder / ".git")][:1]
    for folder in folders[: max(ends, default=0) + 1]:
        if _is_file(folder / PROJECT_FILE):
            return folder / PROJECT_FILE
    return None


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except (OSError, ValueError) as error:
        raise UnreadableError("cannot be looked at: make it readable") from error
    return status.st_mtime_ns, status.st_size, status.st_ino


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
