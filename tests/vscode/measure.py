"""Measure VS Code with the packed extension: `python -m tests.vscode.measure OUT.json`.

Real keys in a real window, the real server and a warm engine, a virtual microphone. Times from a
key on are taken in the page, from the key's event to the frame in which the change is seen:

- activation: what the extension takes to activate, by its own clock and by VS Code's;
- key to listening: until the status bar says "listening", which it does after real samples;
- key to text: from the key that ends a dictation until the text stands in the document.
"""

import argparse
import json
import os
import platform
import re
import statistics
import sys
from pathlib import Path
from typing import Any

from tests.rigs.microphone import VirtualMicrophone
from tests.rigs.speech import speak
from tests.vscode.code_server import DICTATE, find_code_server, key_of, serving
from tests.vscode.window import LONG_S, Window, browsing

TOGGLE = key_of("dictate.toggle")
SENTENCE = "open the file and return the first value"

_WATCH = """
() => {
  // From a key's event to the frame in which something is seen.
  window.measured = {};
  let keyAt = 0;
  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey && event.altKey && event.key.length === 1) keyAt = performance.now();
  }, true);
  window.watch = (name, isThere) => {
    delete window.measured[name];
    keyAt = 0;
    const look = () => {
      if (keyAt && isThere()) window.measured[name] = performance.now() - keyAt;
      else requestAnimationFrame(look);
    };
    look();
  };
  const item = () => document.querySelector("[id^='dictate.dictate']");
  const label = () => (item() && item().getAttribute('aria-label') || '').toLowerCase();
  window.watchState = (word) => window.watch(word, () => label().includes(word));
  window.watchText = () => {
    // What decorations draw is not among this text.
    const lines = document.querySelector('.monaco-editor .view-lines');
    const before = lines.textContent;
    window.watch('text', () => lines.textContent !== before);
  };
}
"""


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description="Measure VS Code with the packed extension.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--runs", type=int, default=20, help="of each key")
    parser.add_argument("--reloads", type=int, default=10, help="for activation")
    options = parser.parse_args()
    program, reason = find_code_server()
    if program is None:
        sys.exit(reason)
    with (
        VirtualMicrophone() as microphone,
        serving(program, microphone.env, {"dictate.server.path": str(DICTATE)}) as server,
        browsing(server) as context,
    ):
        window = Window(server, context, server.home / "measured")
        figures = {
            "machine": _machine(window),
            "load_at_start": round(os.getloadavg()[0], 1),
            "activation_ms": _activation(window, options.reloads),
            **_keys(window, microphone, speak(SENTENCE, server.home / "said.wav"), options.runs),
        }
    options.out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _machine(window: Window) -> str:
    cpu = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    cores = len(re.findall("^processor", Path("/proc/cpuinfo").read_text(), re.MULTILINE))
    version = window.run("return vscode.version")
    return f"{cpu}, {cores} cores, {platform.system()} {platform.machine()}, VS Code {version}"


def _activation(window: Window, runs: int) -> dict[str, Any]:
    """By the extension's own clock, and as VS Code lists it."""
    own, listed = [], []
    for _ in range(runs):
        window.load()
        own.append(window.told("activationMs"))
        window.begin("workbench.action.showRuntimeExtensions")
        row = window.page.locator(".runtime-extensions-editor .extension", has_text="Dictate")
        window.wait("the list", lambda row=row: "Activation" in row.first.inner_text())
        listed.append(float(re.findall(r"Activation: (\d+)ms", row.first.inner_text())[0]))
        window.close_editors()
    return {"own": _spread(own), "listed_by_vscode": _spread(listed)}


def _keys(
    window: Window, microphone: VirtualMicrophone, sentence: Path, runs: int
) -> dict[str, Any]:
    window.open("measured.txt", "")
    # The engine and its models are warm from the second dictation on.
    window.dictate(sentence)
    window.page.evaluate(_WATCH)
    shown: dict[str, list[float]] = {"starting": [], "listening": [], "text": []}

    def measured(name: str) -> float:
        return window.wait(
            name, lambda: window.page.evaluate("(name) => window.measured[name]", name), LONG_S
        )

    for _ in range(runs):
        window.focus()
        window.page.evaluate("() => { window.watchState('starting'); }")
        window.keys(TOGGLE)
        # Watched in another press, for "starting" may last no longer than a frame.
        window.wait("listening", lambda: window.state == "listening", LONG_S)
        value = window.page.evaluate("() => window.measured.starting")
        if value is not None:
            shown["starting"].append(value)
        window.keys("Escape")
        window.wait("rest", lambda: window.state == "idle")
    for _ in range(runs):
        window.focus()
        window.wait("the last one to be gone", lambda: "listening" not in window.status.lower())
        window.page.evaluate("() => window.watchState('listening')")
        window.keys(TOGGLE)
        shown["listening"].append(measured("listening"))
        window.keys("Escape")
        window.wait("rest", lambda: window.state == "idle")
    for _ in range(runs):
        # A line that is short enough to be drawn whole.
        window.keys("End", "Enter")
        window.wait("an empty line", lambda: window.text.endswith("\n"))
        window.keys(TOGGLE)
        window.wait("listening", lambda: window.state == "listening", LONG_S)
        microphone.play(sentence)
        end = window.next_final()
        window.page.evaluate("() => window.watchText()")
        window.keys(TOGGLE)
        shown["text"].append(measured("text"))
        end()
    return {
        "key_to_starting_shown_ms": _spread(shown["starting"]),
        "key_to_listening_shown_ms": _spread(shown["listening"]),
        "key_to_text_shown_ms": _spread(shown["text"]),
    }


def _spread(values: list[float]) -> dict[str, float] | None:
    if len(values) < 2:
        return None
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return {
        "count": len(values),
        "p50": round(statistics.median(values), 2),
        "p95": round(cuts[18], 2),
        "min": round(min(values), 2),
        "max": round(max(values), 2),
    }


if __name__ == "__main__":
    main()
