"""Which language a file is in, by its name, in the words of editors."""

from __future__ import annotations

from pathlib import PurePath

LANGUAGE_IDS = {
    ".bash": "shellscript", ".c": "c", ".cc": "cpp", ".clj": "clojure", ".cpp": "cpp",
    ".cs": "csharp", ".css": "css", ".cxx": "cpp", ".dart": "dart", ".el": "elisp",
    ".erl": "erlang", ".ex": "elixir", ".exs": "elixir", ".fs": "fsharp", ".go": "go",
    ".groovy": "groovy", ".h": "c", ".hh": "cpp", ".hpp": "cpp", ".hs": "haskell", ".htm": "html",
    ".html": "html", ".hxx": "cpp", ".ini": "ini", ".java": "java", ".jl": "julia",
    ".js": "javascript", ".json": "json", ".jsx": "javascriptreact", ".kt": "kotlin",
    ".kts": "kotlin", ".less": "less", ".lua": "lua", ".m": "objective-c", ".md": "markdown",
    ".mjs": "javascript", ".cjs": "javascript", ".ml": "ocaml", ".mli": "ocaml", ".mts":
    "typescript", ".nix": "nix", ".php": "php", ".pl": "perl", ".proto": "proto",
    ".ps1": "powershell", ".py": "python", ".pyi": "python", ".r": "r", ".rb": "ruby",
    ".rs": "rust", ".rst": "rst", ".sass": "sass", ".scala": "scala", ".scss": "scss",
    ".sh": "shellscript", ".sql": "sql", ".svelte": "svelte", ".swift": "swift", ".tex": "latex",
    ".tf": "terraform", ".toml": "toml", ".ts": "typescript", ".tsx": "typescriptreact",
    ".txt": "text", ".v": "verilog", ".vim": "vim", ".vue": "vue", ".xml": "xml", ".yaml": "yaml",
    ".yml": "yaml", ".zig": "zig", ".zsh": "shellscript",
}  # fmt: skip
"""By a name's ending, in lower case."""

_NAMES = {
    "cmakelists.txt": "cmake", "commit_editmsg": "gitcommit", "dockerfile": "dockerfile",
    "gemfile": "ruby", "gnumakefile": "makefile", "makefile": "makefile", "merge_msg": "gitcommit",
    "rakefile": "ruby", "readme": "text", "license": "text",
}  # fmt: skip
_INTERPRETERS = {
    "python": "python", "node": "javascript", "ruby": "ruby", "lua": "lua", "perl": "perl",
    "bash": "shellscript", "zsh": "shellscript", "sh": "shellscript",
}  # fmt: skip


def language_id_of(path: PurePath | str, text: str = "") -> str:
    """The language of a file; "" where nothing tells, which means prose.

    Args:
        path: of the file; only its last part counts.
        text: its content, whose first line may name an interpreter.
    """
    name = PurePath(path).name.lower()
    known = _NAMES.get(name) or LANGUAGE_IDS.get(PurePath(name).suffix)
    if known is not None:
        return known
    first_line = text.partition("\n")[0]
    if not first_line.startswith("#!"):
        return ""
    programs = [PurePath(word).name for word in first_line[2:].split() if word[0] != "-"]
    program = next((program for program in programs if program != "env"), "")
    return _INTERPRETERS.get(program.rstrip("0123456789."), "")
