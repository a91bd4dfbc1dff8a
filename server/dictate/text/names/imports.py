"""What a document imports, as its text says it: patterns for each language, nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_MAX_IMPORTS = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where an imported file may be.

    Attributes:
        paths: relative paths to try, the likeliest first; one that names a directory means the
            files in it.
        is_relative: to the document's own directory; else to any directory above it, and to the
            usual homes of sources within these.
    """

    paths: tuple[str, ...]
    is_relative: bool = field(default=False)


def imports(text: str, language_id: str) -> list[Wanted]:
    """List the files that a document wants, in the order of its text."""
    find = _FINDERS.get(language_id.lower().split(".")[0])
    if find is None:
        return []
    found: dict[Wanted, None] = {}
    for wanted in find(text):
        if all(_is_plain(path) for path in wanted.paths):
            found[wanted] = None
        if len(found) >= _MAX_IMPORTS:
            break
    return list(found)


def _is_plain(path: str) -> bool:
    return bool(path) and not path.startswith("/") and "\0" not in path and len(path) < 300


_PYTHON = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.{0,20})((?:\w[\w.]*)?)[ \t]*import[ \t]+(\([^()]{0,5000}\)|[^\n#]*)"
    r"|import[ \t]+([\w. \t,]+))",
    re.MULTILINE,
)


def _python(text: str) -> Iterator[Wanted]:
    for dots, module, names, modules in _PYTHON.findall(text):
        if modules:
            for part in modules.split(","):
                words = part.split()
                if words:
                    yield _python_module(words[0].split("."), 0)
            continue
        parts = [part for part in module.split(".") if part]
        yield _python_module(parts, len(dots))
        for name in re.findall(r"(\w+)(?:[ \t]+as[ \t]+\w+)?", names.strip("()")):
            yield _python_module([*parts, name], len(dots), packages=False)


def _python_module(parts: list[str], dots: int, *, packages: bool = True) -> Wanted:
    stem = "/".join([*[".."] * (dots - 1), *parts])
    candidates = [f"{stem}.py", f"{stem}.pyi"] if parts else []
    if packages or parts:
        candidates.append(f"{stem}/__init__.py" if stem else "__init__.py")
    return Wanted(tuple(candidates), dots > 0)


_SCRIPT = re.compile(
    r"(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*[\"'`](\.{1,2}/[^\"'`\n]+)[\"'`]"
)
_ALIASED = re.compile(r"\bfrom\s*[\"'](?:@|~)/([^\"'\n]+)[\"']")
_SCRIPT_ENDS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".vue", ".svelte")


def _script(text: str) -> Iterator[Wanted]:
    for path in _SCRIPT.findall(text):
        yield Wanted(_script_paths(path), is_relative=True)
    for path in _ALIASED.findall(text):  # as most bundlers' templates set it up
        yield Wanted(_script_paths(path))


def _script_paths(path: str) -> tuple[str, ...]:
    path = str(PurePosixPath(path))
    stem = re.sub(r"\.(?:[cm]?js|jsx)$", "", path)  # TypeScript imports `./a.js` and means `a.ts`
    ends = [f"{stem}{end}" for end in _SCRIPT_ENDS]
    return (path, *ends, *(f"{path}/index{end}" for end in _SCRIPT_ENDS[:4]))


_GO = re.compile(
    r"^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?\"([\w./~-]+)\"[ \t]*(?://.*)?$", re.MULTILINE
)


def _go(text: str) -> Iterator[Wanted]:
    yield Wanted((".",), is_relative=True)  # the files of the package know one another
    for path in _GO.findall(text):
        parts = path.split("/")
        # Up to where it becomes a path within the module is not known without `go.mod`.
        yield Wanted(tuple("/".join(parts[start:]) for start in range(len(parts))))


_RUST = re.compile(
    r"\b(?:use|mod)[ \t]+((?:crate|super|self)?(?:::)?[\w:]*)(?:\{([^{}]{0,5000})\})?"
)


def _rust(text: str) -> Iterator[Wanted]:
    for path, names in _RUST.findall(text):
        parts = [part for part in path.split("::") if part]
        heads = [parts, *([*parts, name] for name in re.findall(r"\w+", names))]
        for head in heads:
            is_crate = bool(head) and head[0] == "crate"
            stem = [
                ".." if part == "super" else part for part in head if part not in ("crate", "self")
            ]
            for length in range(len(stem), 0, -1):
                base = "/".join(stem[:length])
                yield Wanted((f"{base}.rs", f"{base}/mod.rs"), is_relative=not is_crate)


_INCLUDE = re.compile(
    r"^[ \t]*#[ \t]*(?:include|import)[ \t]*([\"<])([^\">\n]+)[\">]", re.MULTILINE
)


def _include(text: str) -> Iterator[Wanted]:
    for mark, path in _INCLUDE.findall(text):
        if mark == '"':
            yield Wanted((path,), is_relative=True)
        yield Wanted((path, f"include/{path}"))


_JAVA = re.compile(r"^[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]+?)(?:\.\*)?[ \t]*;", re.MULTILINE)


def _java(text: str) -> Iterator[Wanted]:
    yield Wanted((".",), is_relative=True)
    for name in _JAVA.findall(text):
        parts = name.split(".")
        stems = ["/".join(parts[:length]) for length in (len(parts), len(parts) - 1) if length]
        yield Wanted(tuple(f"{stem}{end}" for stem in stems for end in (".java", ".kt")))


_USING = re.compile(
    r"^[ \t]*(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?([\w.]+)[ \t]*;", re.MULTILINE
)


def _csharp(text: str) -> Iterator[Wanted]:
    yield Wanted((".",), is_relative=True)
    for name in _USING.findall(text):
        parts = name.split(".")
        yield Wanted(tuple("/".join(parts[start:]) for start in range(len(parts))))


_RUBY = re.compile(r"\brequire(_relative)?[ \t(]+[\"']([^\"'\n]+)[\"']")


def _ruby(text: str) -> Iterator[Wanted]:
    for relative, path in _RUBY.findall(text):
        yield Wanted((path if path.endswith(".rb") else f"{path}.rb",), bool(relative))


_LUA = re.compile(r"\brequire[ \t(]*[\"']([\w./-]+)[\"']")


def _lua(text: str) -> Iterator[Wanted]:
    for module in _LUA.findall(text):
        stem = module.replace(".", "/")
        yield Wanted((f"{stem}.lua", f"{stem}/init.lua", f"lua/{stem}.lua", f"lua/{stem}/init.lua"))


_SOURCED = re.compile(
    r"^[ \t]*(?:source|\.)[ \t]+[\"']?(?:\$\{?\w+\}?/|\$\([^)\n]*\)/)?([\w./-]+)", re.MULTILINE
)


def _shell(text: str) -> Iterator[Wanted]:
    for path in _SOURCED.findall(text):
        yield Wanted((path,), is_relative=True)
        yield Wanted((path,))


_GROUPS: tuple[tuple[str, Callable[[str], Iterator[Wanted]]], ...] = (
    ("python starlark bzl", _python),
    ("javascript javascriptreact typescript typescriptreact jsx tsx vue svelte", _script),
    ("go", _go),
    ("rust", _rust),
    ("c cpp cuda arduino objective-c objective-cpp objc objcpp", _include),
    ("java kotlin groovy scala", _java),
    ("csharp cs", _csharp),
    ("ruby", _ruby),
    ("lua luau", _lua),
    ("shellscript sh bash zsh ksh", _shell),
)
_FINDERS = {name: find for names, find in _GROUPS for name in names.split()}
