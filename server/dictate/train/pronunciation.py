"""How a transcript is respelled for a speech synthesiser.

The transcript says `import numpy as n p`; a synthesiser left to itself reads `n` and `p` well but
`numpy`, `a` (the letter) and `asyncio` badly. Only the text handed to the synthesiser changes,
never the transcript.
"""

from __future__ import annotations

from typing import Final

# A letter that is meant as a letter is written with this mark by the grammar; the transcript drops
# it.
LETTER_MARK: Final = "~"

_LETTERS: Final = {
    "a": "eigh", "b": "bee", "c": "see", "d": "dee", "e": "ee", "f": "eff", "g": "jee",
    "h": "aitch", "i": "eye", "j": "jay", "k": "kay", "l": "ell", "m": "em", "n": "en", "o": "oh",
    "p": "pee", "q": "cue", "r": "are", "s": "ess", "t": "tee", "u": "you", "v": "vee",
    "w": "double you", "x": "ex", "y": "why", "z": "zee",
}  # fmt: skip

_WORDS: Final = {
    "numpy": "num pie", "asyncio": "a sink i o", "async": "a sink", "json": "jason",
    "yaml": "yammel", "sqlite": "sequel light", "nginx": "engine x", "regex": "rej ex",
    "postgres": "post gress", "github": "git hub", "neovim": "neo vim", "pathlib": "path lib",
    "pytest": "pie test", "itertools": "itter tools", "datetime": "date time",
    "url": "you are ell", "http": "aitch tee tee pee", "html": "aitch tee em ell",
    "css": "see ess ess", "xml": "ex em ell", "sql": "sequel", "api": "eigh pee eye",
    "id": "eye dee", "db": "dee bee", "enum": "ee num", "elif": "el if", "typedef": "type def",
    "impl": "imp ell", "middleware": "middle ware", "mutex": "mew tex", "struct": "struckt",
    "backtick": "back tick", "init": "in it", "uninstall": "un install", "webpack": "web pack",
    "kubernetes": "koober net ease", "lambda": "lamda", "javascript": "java script",
    "typescript": "type script", "env": "envv", "callback": "call back",
    "checksum": "check sum", "timeout": "time out", "metadata": "metta data",
    "timestamp": "time stamp", "paren": "puh ren", "kwarg": "kay warg", "django": "jango",
    "ok": "okay", "const": "const", "impls": "imp ells", "namespace": "name space",
}  # fmt: skip


_CONTRACTIONS: Final = {
    "dont": "don't", "doesnt": "doesn't", "isnt": "isn't", "wont": "won't", "cant": "can't",
    "lets": "let's",
}  # fmt: skip


def transcript(marked: str) -> str:
    """What the model should write: the sentence without its letter marks."""
    words = marked.replace(LETTER_MARK, "").split()
    return " ".join(_CONTRACTIONS.get(word, word) for word in words)


def spoken(marked: str, *, british: bool = False) -> str:
    """What the synthesiser is given. `british` says z as zed."""
    words: list[str] = []
    for word in marked.split():
        if word.startswith(LETTER_MARK):
            letter = word[len(LETTER_MARK) :]
            words.append("zed" if british and letter == "z" else _LETTERS[letter])
        else:
            words.append(_WORDS.get(word) or _CONTRACTIONS.get(word, word))
    return " ".join(words)
