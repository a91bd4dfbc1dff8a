"""One VS Code server, one microphone and one warm engine for all tests, a browser per module."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.rigs.microphone import VirtualMicrophone, missing_microphone
from tests.rigs.speech import go_on, missing_speech, speak
from tests.vscode.code_server import DICTATE, ROOT, CodeServer, find_code_server, serving
from tests.vscode.window import LONG_S, Window, browsing

PICTURES = ROOT / ".cache" / "vscode-failures"
SENTENCE = "open the file and return the first value"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The engine starts, and windows load, behind the first test of each module."""
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(300))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep a picture of the window in which a test failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    window = item.funcargs.get("window") if hasattr(item, "funcargs") else None
    if report.when == "call" and report.failed and isinstance(window, Window):
        PICTURES.mkdir(parents=True, exist_ok=True)
        picture = PICTURES / f"{item.path.stem}-{item.name}.png"
        try:
            window.page.screenshot(path=picture)
        except Exception as error:  # noqa: BLE001
            picture = Path(f"none: {error}")
        report.sections.append(("Picture of the window", str(picture)))


@pytest.fixture(scope="session")
def program() -> Path:
    """VS Code's server."""
    program, reason = find_code_server()
    if program is None:
        pytest.skip(reason)
    return program


@pytest.fixture(scope="session")
def microphone() -> Iterator[VirtualMicrophone]:
    """A microphone that hears what is played."""
    if reason := missing_microphone():
        pytest.skip(reason)
    with VirtualMicrophone() as rig:
        yield rig


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a recording of somebody who says a text."""
    if reason := missing_speech():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("spoken")
    made: dict[str, Path] = {}

    def say(text: str) -> Path:
        if text not in made:
            made[text] = speak(text, folder / f"{len(made)}.wav")
        return made[text]

    return say


@pytest.fixture(scope="session")
def sentence(spoken: Callable[[str], Path]) -> Path:
    """Someone says a sentence."""
    return spoken(SENTENCE)


@pytest.fixture(scope="session")
def lasting(
    spoken: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Makes a recording of somebody who says a text and then thinks, longer than a test waits.

    What is to happen while somebody speaks has all the time it needs; `dictate.stop` ends it.
    """
    folder = tmp_path_factory.mktemp("lasting")
    made: dict[str, Path] = {}

    def say(text: str) -> Path:
        if text not in made:
            made[text] = go_on(spoken(text), folder / f"{len(made)}.wav", 2 * LONG_S)
        return made[text]

    return say


@pytest.fixture(scope="session")
def lasting_sentence(lasting: Callable[[str], Path]) -> Path:
    """Someone says a sentence and then thinks."""
    return lasting(SENTENCE)


@pytest.fixture(scope="session")
def code_server(program: Path, microphone: VirtualMicrophone) -> Iterator[CodeServer]:
    """VS Code with the packed extension, which knows where the real server is."""
    with serving(program, microphone.env, {"dictate.server.path": str(DICTATE)}) as server:
        yield server


@pytest.fixture(scope="module")
def browser(code_server: CodeServer) -> Iterator[BrowserContext]:
    """A browser that keeps what it has loaded from one module to the next.

    It lives no longer than a module: Playwright's loop runs as long as it does, and tests elsewhere
    have loops of their own.
    """
    with browsing(code_server) as context:
        yield context


@pytest.fixture(scope="module")
def shared_window(
    code_server: CodeServer, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Window]:
    """The window of a module's tests."""
    name = request.path.stem.removeprefix("test_")
    # What a module before could not insert would come back in this one.
    shutil.rmtree(code_server.home / "state" / "dictate" / "spool", ignore_errors=True)
    window = Window(code_server, browser, code_server.home / name)
    yield window
    window.close()


@pytest.fixture
def window(shared_window: Window) -> Iterator[Window]:
    """A window with nothing open and nothing said."""
    yield shared_window
    shared_window.tidy()


@pytest.fixture(scope="module")
def warm(shared_window: Window, sentence: Path) -> None:
    """The server runs and the models are warm, as from the second dictation on."""
    shared_window.open("warm.txt", "")
    shared_window.dictate(sentence)
    shared_window.tidy()
