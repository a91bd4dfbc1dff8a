"""How one utterance is written: mode, names and writer, made while the microphone opens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dictate.lsp.live_names import LiveNames, NameSources, path_of
from dictate.lsp.planner import Style
from dictate.paths import config_dir
from dictate.text.modes import EffectiveMode, ModeChoice, WritingMode, choose_mode

if TYPE_CHECKING:
    from dictate.dictation.recognition import Recognised
    from dictate.lsp.document import Document
    from dictate.lsp.settings import Settings
    from dictate.text.heard import Heard
    from dictate.text.names.name import Name
    from dictate.text.place import Kind
    from dictate.text.spoken_forms.table import SpokenForms
    from dictate.text.vocabulary.files import Vocabularies
    from dictate.text.vocabulary.vocabulary import Vocabulary
    from dictate.text.writing import Writer
    from dictate.text.written import Written

PROMPT_CHARACTERS: Final = 1_200
"""More than any model's prompt holds; the engine cuts it to tokens and keeps the end."""
_BIASED_NAMES: Final = 100
_BIASED_NAMES_OF_VOCABULARY: Final = 25
_SNAPPED_NAMES: Final = 3_000
_LINE_CHARACTERS: Final = 1_000
"""Of the line in front of the place: minified files have lines of megabytes."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """What is known when an utterance begins.

    Attributes:
        writer: by which it is written.
        choice: its mode, and why.
        style: how its text is fitted to its place.
        prompt: names for the model, the most important last.
        phrases: that may be said, as they would be written, the likeliest first.
        names: all that may be meant, the likeliest first.
        problems: with the user's own files, a line each.
    """

    writer: Writer
    choice: ModeChoice
    style: Style
    prompt: str = ""
    phrases: tuple[str, ...] = ()
    names: tuple[Name, ...] = field(default=(), repr=False)
    problems: tuple[str, ...] = ()


class Writing:
    """One utterance's way from what is heard to what is written."""

    def __init__(self, prepared: asyncio.Future[Prepared]) -> None:
        """Take what is being prepared on an executor's thread.

        Attributes:
            prompt: for the model; "" where names cannot be read.
            phrases: that may be said.
        """
        self._prepared = prepared
        self.prompt: asyncio.Future[str] = asyncio.ensure_future(self._prompt())
        self.phrases: asyncio.Future[Sequence[str]] = asyncio.ensure_future(self._phrases())

    @property
    def style(self) -> Style:
        """How the text is fitted; the place's own way while that is not known."""
        prepared = self._ready()
        return "place" if prepared is None else prepared.style

    def partial(self, text: str) -> str:
        """What a text that may go on is written as; as it was heard where nothing is known yet."""
        prepared = self._ready()
        if prepared is None:
            return text
        from dictate.text.heard import heard

        return self._write(prepared, heard(text), is_whole=False).text

    async def final(self, recognised: Recognised) -> tuple[Heard, Written]:
        """What the whole utterance is written as."""
        from dictate.text.heard import heard
        from dictate.text.writing import as_heard

        what = heard(recognised.text, [confidence for _, confidence in recognised.words])
        prepared = await self.prepared()
        return what, as_heard(what) if prepared is None else self._write(prepared, what)

    async def prepared(self) -> Prepared | None:
        """What is known; None where a document breaks what reads it: that costs no dictation."""
        try:
            return await asyncio.shield(self._prepared)
        except Exception:  # noqa: BLE001
            return None

    async def _prompt(self) -> str:
        prepared = await self.prepared()
        return "" if prepared is None else prepared.prompt

    async def _phrases(self) -> Sequence[str]:
        prepared = await self.prepared()
        return () if prepared is None else prepared.phrases

    def _ready(self) -> Prepared | None:
        done = self._prepared.done() and not self._prepared.cancelled()
        return self._prepared.result() if done and self._prepared.exception() is None else None

    def _write(self, prepared: Prepared, what: Heard, *, is_whole: bool = True) -> Written:
        from dictate.text.writing import as_heard

        try:
            return prepared.writer.write(what, is_whole=is_whole)
        except Exception as error:  # noqa: BLE001 - what was said is never lost to a rule
            # Its message could hold what was said.
            _log.error("%s while writing", type(error).__name__)
            return as_heard(what)


class Writings:
    """Makes them, with the settings, names and vocabularies of the moment."""

    def __init__(self, executor: Executor, settings: Settings, tell: Callable[[str], None]) -> None:
        """Prepare; `settings`, `chosen` and `learned` may be replaced at any time.

        `learned` is waited for before a vocabulary is read: what was taught a moment ago is known.

        Args:
            executor: threads for what takes milliseconds.
            settings: of the editor.
            tell: shows the user a line, on the event loop; each line once.
        """
        self.settings = settings
        self.chosen: WritingMode | None = None
        self.names = NameSources(executor)
        self.learned: Callable[[], Awaitable[None]] = _nothing_to_learn
        self._executor = executor
        self._tell = tell
        self._told: set[str] = set()
        self._vocabularies: Vocabularies | None = None
        self._forms: tuple[tuple[int, int] | None, SpokenForms] | None = None

    @property
    def vocabulary_path(self) -> Path:
        """The user's own words."""
        return config_dir() / "vocabulary.toml"

    @property
    def forms_path(self) -> Path:
        """The user's own spoken forms."""
        return config_dir() / "spoken_forms.toml"

    def begin(self, document: Document, offset: int, preset: EffectiveMode | None) -> Writing:
        """The writing of an utterance at a place.

        Args:
            document: where its text will stand.
            offset: of the place.
            preset: a mode that goes before all others.
        """
        live = self.names.of(document)
        language_id, path = document.language_id, path_of(document.uri)
        before = document.text[max(0, offset - _LINE_CHARACTERS) : offset]
        line_before = before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]

        async def prepare() -> Prepared:
            await self.learned()
            return await asyncio.get_running_loop().run_in_executor(
                self._executor, self._prepare, live, offset, line_before, language_id, path, preset
            )

        preparing = asyncio.ensure_future(prepare())
        preparing.add_done_callback(self._tell_problems)
        return Writing(preparing)

    async def choice(self, document: Document, offset: int) -> ModeChoice:
        """The mode at a place, and why."""
        live, path = self.names.of(document), path_of(document.uri)
        language_id = document.language_id

        def look() -> ModeChoice:
            return self._choose(
                language_id, live.kind_at(offset), self._vocabulary(path), preset=None
            )

        return await asyncio.get_running_loop().run_in_executor(self._executor, look)

    def project_vocabulary_path(self, document: Document) -> Path | None:
        """The vocabulary of a document's project; None where it has none. On any thread."""
        from dictate.text.vocabulary.files import project_file

        return project_file(path_of(document.uri), self.names.roots)

    def _prepare(
        self,
        live: LiveNames,
        offset: int,
        line_before: str,
        language_id: str,
        path: Path | None,
        preset: EffectiveMode | None,
    ) -> Prepared:
        from dictate.text.names.merge import merged
        from dictate.text.prompt import initial_prompt
        from dictate.text.snapping.spoken_key import spoken_variants
        from dictate.text.writing import make_writer

        vocabulary = self._vocabulary(path)
        kind = live.kind_at(offset)
        choice = self._choose(language_id, kind, vocabulary, preset)
        near, everything = live.ranked(offset)
        elsewhere = (live.editor_names, live.project_names)
        # The user's words come first, but leave most of the room to the names of the place.
        taught = vocabulary.names[:_BIASED_NAMES_OF_VOCABULARY]
        worth = [*taught, *merged(near, *elsewhere, limit=_BIASED_NAMES - len(taught))]
        phrases: list[str] = []
        if self.settings.names.bias and choice.mode != "raw":
            for name in worth:
                said = (name.spoken,) if name.spoken else spoken_variants(name.text)
                phrases += (name.text, *said)
        forms = self._spoken_forms()
        # One spelling may be said in several ways: none of the vocabulary's sayings is merged away.
        meant = [*vocabulary.names, *merged(everything, *elsewhere, limit=_SNAPPED_NAMES)]
        writer = make_writer(
            choice.mode,
            forms.for_language(language_id),
            meant,
            vocabulary.replacements,
            line_before,
        )
        prompt = ""
        if self.settings.prompt.enabled:
            spellings = dict.fromkeys((*(name.text for name in worth), *vocabulary.prompt))
            prompt = initial_prompt(list(spellings), PROMPT_CHARACTERS)
        return Prepared(
            writer,
            choice,
            _style(choice.mode, kind),
            prompt,
            tuple(dict.fromkeys(phrases)),
            tuple(meant),
            (*vocabulary.problems, *forms.problems),
        )

    def _choose(
        self, language_id: str, kind: Kind, vocabulary: Vocabulary, preset: EffectiveMode | None
    ) -> ModeChoice:
        settings = self.settings.writing
        chosen: WritingMode = preset or self.chosen or "auto"
        if chosen == "auto":
            chosen = vocabulary.mode or settings.mode
        modes = {**settings.modes, **vocabulary.modes}
        return choose_mode(chosen, modes, language_id, kind)

    def _vocabulary(self, path: Path | None) -> Vocabulary:
        from dictate.text.vocabulary.files import Vocabularies

        if self._vocabularies is None:
            self._vocabularies = Vocabularies(self.vocabulary_path)
        return self._vocabularies.for_document(path, self.names.roots)

    def _spoken_forms(self) -> SpokenForms:
        from dictate.text.spoken_forms.table import SpokenForms

        try:
            status = self.forms_path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
        except OSError:
            stamp = None
        if self._forms is None or self._forms[0] != stamp:
            self._forms = (stamp, SpokenForms(self.forms_path if stamp else None))
        return self._forms[1]

    def _tell_problems(self, preparing: asyncio.Future[Prepared]) -> None:
        if preparing.cancelled():
            return
        if (error := preparing.exception()) is not None:
            # Its message could hold what stands in the document.
            _log.error("%s: nothing is known of the names here", type(error).__name__)
            return
        for problem in preparing.result().problems:
            if problem not in self._told:
                self._told.add(problem)
                self._tell(problem)


async def _nothing_to_learn() -> None:
    """Nobody teaches anything."""


def _style(mode: EffectiveMode, kind: Kind) -> Style:
    if mode in ("code", "raw"):
        return "code"
    return "prose" if mode == "vibe" or kind == "code" else "place"


async def prepared_at(
    document: Document, offset: int, settings: Settings, roots: Sequence[Path] = ()
) -> Prepared | None:
    """What the server would know at a place of a document that it has just been given.

    Names of the project included, which a server reads in the background.

    Returns:
        None where a document breaks what reads it.
    """
    with ThreadPoolExecutor(1) as executor:
        writings = Writings(executor, settings, lambda _line: None)
        writings.names.roots = list(roots)
        writings.names.reads_project = settings.names.project
        live = writings.names.of(document)
        if live.reading is not None:
            await asyncio.wait({asyncio.wrap_future(live.reading)})
        prepared = await writings.begin(document, offset, None).prepared()
        writings.names.forget(document)
        writings.names.close()
    return prepared
