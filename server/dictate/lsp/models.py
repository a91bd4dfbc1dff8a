"""The pair of models that this editor dictates with: chosen, downloaded, changed while it runs.

Which pair runs, the first that applies: what was chosen in this session; the setting `engine.pair`;
what was chosen last on this machine; the bundled pair. A pair that is not on this machine is
downloaded when the user wants it, and the bundled one serves until it is there.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from dictate.dictation.engine_link import EngineLink
from dictate.engine.protocol import EngineLost, EngineOptions, EngineStatus
from dictate.errors import DictateError
from dictate.file_lock import FileLock
from dictate.lsp.answers import (
    RECOMMENDED,
    Answers,
    download_lock_path,
    question_lock_path,
)
from dictate.lsp.download import Download, DownloadCancelled
from dictate.lsp.editor import Editor
from dictate.lsp.model_list import BUNDLED, Proposal, listed, pair_to_run, propose
from dictate.lsp.settings import Settings

if TYPE_CHECKING:
    from dictate.models.registry import PairEntry

HOW = "dictate.models.use (:Dictate models)"
"""How users get and change pairs, in every editor and in ours."""

_DOWNLOAD, _USE, _LATER, _NEVER = "Download", "Use it", "Not now", "Never"
_IDLE_POLL_S = 0.25

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Models:
    """Everything about models that an editor's user sees. Lives on the event loop.

    Attributes:
        settings: may be replaced at any time.
    """

    def __init__(
        self,
        link: EngineLink,
        executor: Executor,
        editor: Editor,
        is_idle: Callable[[], bool],
        on_changed: Callable[[EngineStatus], None],
    ) -> None:
        """Take what it works with.

        Args:
            link: to the engine.
            executor: for what would block.
            editor: whom to ask and tell.
            is_idle: nobody dictates, so that a question does not interrupt.
            on_changed: told when the engine runs another pair because of us.
        """
        self.settings = Settings()
        self._link = link
        self._executor = executor
        self._editor = editor
        self._is_idle = is_idle
        self._on_changed = on_changed
        self._answers = Answers()
        self._chosen: str | None = None
        self._expected: str | None = None
        self._download: Download | None = None
        self._considering: asyncio.Task[Any] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def downloading(self) -> dict[str, Any] | None:
        """What is on its way to this machine, for editors; None: nothing."""
        download = self._download
        if download is None:
            return None
        return {
            "pair": download.pair,
            "percentage": download.percentage,
            "message": download.message,
        }

    async def options(self) -> EngineOptions:
        """The engine that is wanted now."""
        engine = self.settings.engine
        pair = self._chosen
        if pair is None:
            pair = await self._in_thread(lambda: pair_to_run(engine.pair))
        self._expected = pair
        return EngineOptions(
            pair=pair,
            device=engine.device,
            dtype=engine.dtype,
            speculation=engine.speculation,
            beams=engine.beams,
            keep_warm_s=60 * engine.keep_warm_minutes,
        )

    def forget_choice(self) -> None:
        """The settings changed: they count again."""
        self._chosen = None

    def saw(self, status: EngineStatus) -> None:
        """Take what the engine runs; of a pair that was chosen elsewhere the user is told once."""
        if status.changing_to is not None or status.wanted.target:
            return
        if self._expected in (None, status.pair):
            return
        if any(f"{status.pair!r} instead of" in notice for notice in status.notices):
            return  # others are using the engine, as the notice says; ours is started after that
        self._chosen = self._expected = status.pair
        self._tell(
            "info",
            f"the engine now runs the pair {status.pair}, which was chosen elsewhere: {HOW} "
            "changes it",
        )

    def fall_back(self) -> bool:
        """The pair cannot run; True where it was no setting's: the bundled one is taken instead."""
        is_ours = self.settings.engine.pair is None and self._expected not in (None, BUNDLED)
        if is_ours:
            self._chosen = BUNDLED
            self._tell("warning", f"the pair {BUNDLED} serves instead: {HOW} changes it")
        return is_ours

    def consider(self) -> None:
        """Ask the user to get a better pair, or go on getting one, where there is a reason to."""
        if self._considering is None or self._considering.done():
            self._considering = self._begin(self._consider())

    async def list(self) -> list[dict[str, Any]]:
        """Every pair, the best for this machine first, as JSON objects."""
        language, running = self.settings.language, self._expected
        try:
            return await self._in_thread(lambda: listed(language, running))
        except DictateError as error:
            self._tell("error", str(error))
            return []

    async def pull(self, name: str) -> dict[str, Any]:
        """Begin to get a pair."""
        entry, is_here = await self._find(name)
        if entry is None:
            return _result(name, "none")
        if is_here:
            self._tell("info", f"the pair {name} is on this machine: {HOW} changes to it")
            return _result(name, "none")
        self._begin(self._get(entry))
        return _result(name, "download")

    async def use(self, name: str) -> dict[str, Any]:
        """Begin to change to a pair, getting it first where it is not on this machine."""
        entry, is_here = await self._find(name)
        if entry is None:
            return _result(name, "none")
        self._begin(self._use(entry, is_here=is_here))
        return _result(name, "use" if is_here else "download")

    def cancel(self) -> dict[str, Any]:
        """Give up the download."""
        if self._download is None:
            self._tell("info", "nothing is being downloaded")
            return _result(None, "none")
        self._download.cancel()
        return _result(self._download.pair, "cancel")

    async def leave(self) -> None:
        """The server goes away: what was downloaded is kept for the next one."""
        for task in list(self._tasks):
            task.cancel()
        if self._download is not None:
            await self._download.leave()

    # -- at work --

    async def _consider(self) -> None:
        settings = self.settings
        try:
            proposal = await self._in_thread(lambda: propose(settings, self._answers))
        except DictateError as error:
            _log.warning("no pair is proposed: %s", error)
            return
        if proposal is None:
            return
        if proposal.line:
            self._tell("info", proposal.line)
        elif proposal.is_wanted or await self._wants(proposal):
            await self._use(proposal.entry, is_here=proposal.is_here)

    async def _wants(self, proposal: Proposal) -> bool:
        """Ask, unless another editor is asking or has been answered meanwhile."""
        while not self._is_idle():
            await asyncio.sleep(_IDLE_POLL_S)
        lock = FileLock(question_lock_path())
        if not lock.try_acquire():
            return False
        try:
            if not self._answers.may_ask(proposal.subject) or self._answers.unfinished:
                return False
            yes = _USE if proposal.is_here else _DOWNLOAD
            answer = await self._editor.ask(f"Dictate: {proposal.question}", [yes, _LATER, _NEVER])
            if answer == yes:
                self._answers.unfinished = proposal.entry.name
                return True
            self._answers.keep(proposal.subject, "never" if answer == _NEVER else "later")
            return False
        finally:
            lock.release()

    async def _use(self, entry: "PairEntry", *, is_here: bool) -> None:
        if is_here or await self._get(entry, to_use=True):
            await self._change(entry.name)

    async def _get(self, entry: "PairEntry", *, to_use: bool = False) -> bool:
        """Download a pair; True when it is on this machine, otherwise the user was told why."""
        if self._download is not None:
            self._tell(
                "info",
                f"{self._download.pair} is being downloaded: dictate.models.cancel ends that",
            )
            return False
        lock = FileLock(download_lock_path())
        if not lock.try_acquire():
            self._tell("info", "another editor is downloading a pair: retry when it is done")
            return False
        if to_use:
            # Until it is done: whoever starts next goes on.
            self._answers.unfinished = entry.name
        download = self._download = Download(entry, self._editor.progress())
        if not self._editor.shows_progress:
            self._tell("info", f"downloading {entry.name}; dictation works meanwhile")
        try:
            await download.run()
        except DownloadCancelled:
            if to_use:
                self._answers.unfinished = None
            for subject in (RECOMMENDED, entry.name):
                self._answers.keep(subject, "later")
            self._tell("info", f"{entry.name} is not downloaded; what came is kept: {HOW} goes on")
            return False
        except DictateError as error:
            self._tell("error", f"{error} ({HOW} goes on where it ended)")
            return False
        except Exception as error:  # noqa: BLE001 - the user waits for a word, whatever it is
            _log.exception("downloading %s", entry.name)
            self._tell(
                "error",
                f"downloading {entry.name} failed inside ({type(error).__name__}): see the log, "
                f"then retry with {HOW}",
            )
            return False
        finally:
            self._download = None
            lock.release()
        if not to_use:
            self._tell("info", f"the pair {entry.name} is on this machine: {HOW} changes to it")
        return True

    async def _change(self, pair: str) -> None:
        progress = self._editor.progress()
        try:
            await progress.begin(f"Dictate: loading {pair}")
            options = msgspec.structs.replace(await self.options(), pair=pair)
            status = await self._run(options)
            await self._in_thread(lambda: _remember(pair))
        except DictateError as error:
            self._tell("error", str(error))
            return
        finally:
            progress.end()
            # Here or not to be had: trying again at every start would help nobody.
            if self._answers.unfinished == pair:
                self._answers.unfinished = None
        self._chosen = self._expected = pair
        named = self.settings.engine.pair
        until = "" if named in (None, pair) else f" until the next start: engine.pair names {named}"
        self._tell("info", f"dictation uses the pair {pair} from now on{until}")
        for notice in status.notices:
            self._tell("warning", notice)
        self._on_changed(status)

    async def _run(self, options: EngineOptions) -> EngineStatus:
        try:
            return await (await self._link.engine()).use(options)
        except EngineLost:
            # It left while nobody dictated: the next connection starts it.
            self._link.reset()
            return await (await self._link.engine()).use(options)

    async def _find(self, name: str) -> "tuple[PairEntry | None, bool]":
        def find() -> "tuple[PairEntry, bool]":
            from dictate.models.registry import Registry
            from dictate.models.store import is_installed

            entry = Registry.load().pair(name)
            return entry, is_installed(entry) or entry.target_repo is None

        try:
            return await self._in_thread(find)
        except DictateError as error:
            self._tell("error", str(error))
            return None, False

    def _tell(self, severity: Any, line: str) -> None:  # noqa: ANN401 - a `Severity`
        self._editor.tell(severity, f"Dictate: {line}")

    def _begin(self, work: Coroutine[Any, Any, object]) -> "asyncio.Task[Any]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("models: %s", type(error).__name__, exc_info=error)

    def _in_thread(self, call: Callable[[], _T]) -> "asyncio.Future[_T]":
        return asyncio.get_running_loop().run_in_executor(self._executor, call)


def _remember(pair: str) -> None:
    from dictate.engine.choice import remember

    remember(pair)


def _result(pair: str | None, action: str) -> dict[str, Any]:
    return {"pair": pair, "action": action}
