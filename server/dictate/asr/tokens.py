"""A checkpoint's vocabulary: text and bytes to ids and back, and the special ids."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from tokenizers import Tokenizer

from dictate.asr.checkpoint import Checkpoint, CheckpointError

_TASK = "transcribe"
_ENGLISH = "en"
_NO_SPEECH_NAMES = ("<|nospeech|>", "<|nocaptions|>")
"""The one token's two names: in large-v3 and in openai/whisper, and in older files of the Hub."""
_REMEMBERED_WORDS: Final = 20_000
_ASCII_PIECE: Final = re.compile(" ?[A-Za-z]+| ?[0-9]+| ?[^A-Za-z0-9 ]+")
_CUT_OTHERWISE: Final = frozenset("'|")
"""Contractions are pre-tokens, and special tokens have bars."""
_SPACE: Final = "\u0120"
"""How byte-level BPE writes a space; see `byte_characters`."""


def byte_characters() -> dict[str, int]:
    """The byte behind each printable stand-in of byte-level BPE (openai/gpt-2, encoder.py)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    characters = {chr(byte): byte for byte in printable}
    characters.update({chr(256 + index): byte for index, byte in enumerate(others)})
    return characters


class Tokens:
    """The tokenizer of one checkpoint with its special ids, all from the checkpoint's own files."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        generation = checkpoint.generation
        try:
            self._tokenizer = Tokenizer.from_file(str(checkpoint.tokenizer_path))
        except Exception as error:  # tokenizers raises nothing narrower
            raise CheckpointError(
                f"{checkpoint.role}: {checkpoint.tokenizer_path} cannot be read ({error}): "
                "install the pair again",
                checkpoint.role,
            ) from error
        self._checkpoint = checkpoint
        self._word_ids: dict[str, list[int]] = {}
        self.end: int = self._special(generation.get("eos_token_id"), "<|endoftext|>")
        self.start: int = self._special(
            generation.get("decoder_start_token_id"), "<|startoftranscript|>"
        )
        self.no_timestamps: int = self._special(
            generation.get("no_timestamps_token_id"), "<|notimestamps|>"
        )
        self.previous: int = self._special(generation.get("prev_sot_token_id"), "<|startofprev|>")
        self.no_speech: int | None = next(
            (
                token
                for name in _NO_SPEECH_NAMES
                if (token := self._tokenizer.token_to_id(name)) is not None
            ),
            None,
        )
        self.multilingual = bool(generation.get("is_multilingual", False))
        languages: dict[str, int] = generation.get("lang_to_id") or {}
        self.languages = {name.strip("<|>"): token for name, token in languages.items()}
        self.default_language = self._language_code(generation.get("language"))
        self._tasks: dict[str, int] = generation.get("task_to_id") or {}
        if self.multilingual and not (self.languages and _TASK in self._tasks):
            raise CheckpointError(
                f"{checkpoint.role}: generation_config.json of {checkpoint.folder} is multilingual "
                "but lists no languages or tasks: install the pair again",
                checkpoint.role,
            )

    @cached_property
    def byte_strings(self) -> list[bytes | None]:
        """For each id, the bytes that it writes; None for special ids and holes."""
        characters = byte_characters()
        special = set(self._tokenizer.get_added_tokens_decoder())
        strings: list[bytes | None] = [None] * self._checkpoint.dimensions.vocabulary_size
        for text, token in self._tokenizer.get_vocab(with_added_tokens=False).items():
            if token not in special and token < len(strings):
                strings[token] = bytes(characters[character] for character in text)
        return strings

    @cached_property
    def special_names(self) -> dict[int, str]:
        """The text of each special id, such as `<|nospeech|>`."""
        added: dict[int, Any] = self._tokenizer.get_added_tokens_decoder()
        return {token: entry.content for token, entry in added.items()}

    def encode(self, text: str) -> list[int]:
        """Ids of plain text; a special token's name in it is read as text's own content."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        special = self.special_names
        return [token for token in ids if token not in special]

    @cached_property
    def begins_word(self) -> list[bool]:
        """For each id, whether what it writes begins with white space."""
        return [data is not None and data[:1].isspace() for data in self.byte_strings]

    def encode_words(self, words: Sequence[str]) -> dict[str, list[int]]:
        """The ids of each word as `encode` has them, all at once; what is met again is remembered.

        Args:
            words: without white space but for what may stand in front.
        """
        known = self._word_ids
        if len(known) > _REMEMBERED_WORDS:
            known.clear()
        for word in words:
            if word not in known:
                is_plain = word.isascii() and word.isprintable() and not _CUT_OTHERWISE & {*word}
                is_known = is_plain and self._cuts_as_whisper
                known[word] = self._encode_ascii(word) if is_known else self.encode(word)
        return {word: known[word] for word in words}

    def _encode_ascii(self, word: str) -> list[int]:
        """Ids of a printable ASCII word without `_CUT_OTHERWISE`, four times as fast as `encode`.

        Where such words are cut before merges are looked for is easily said: between letters,
        digits and marks (openai/gpt-2, encoder.py).
        """
        model = self._tokenizer.model
        return [
            token.id
            for piece in _ASCII_PIECE.findall(word)
            for token in model.tokenize(piece.replace(" ", _SPACE))
        ]

    @cached_property
    def _cuts_as_whisper(self) -> bool:
        """The pre-tokenisation is the one that `_encode_ascii` knows."""
        return self._encode_ascii(" get_User42.x") == self.encode(" get_User42.x")

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of `tokens`, special ones left out, broken UTF-8 replaced."""
        return self.bytes_of(tokens).decode("utf-8", errors="replace")

    def bytes_of(self, tokens: Sequence[int]) -> bytes:
        """The bytes that `tokens` write, special ones left out."""
        strings = self.byte_strings
        return b"".join(strings[token] or b"" for token in tokens)

    def last_piece(self, text: str) -> int:
        """Where the last pre-token of `text` begins; more text could still change it."""
        pre_tokenizer = self._tokenizer.pre_tokenizer
        pieces = pre_tokenizer.pre_tokenize_str(text) if pre_tokenizer else []
        return int(pieces[-1][1][0]) if pieces else 0

    def initial(self, language: str | None) -> list[int]:
        """The ids that every transcript without timestamps begins with.

        Args:
            language: a code such as `en`; needed by multilingual checkpoints only.

        Raises:
            CheckpointError: the checkpoint does not know the language.
        """
        if not self.multilingual:
            if self._language_code(language) not in {None, _ENGLISH}:
                raise CheckpointError(
                    f"{self._checkpoint.name} knows English only, not {language!r}: "
                    "choose a multilingual pair",
                    self._checkpoint.role,
                )
            return [self.start, self.no_timestamps]
        code = self._language_code(language or self.default_language)
        if code not in self.languages:
            raise CheckpointError(
                f"{self._checkpoint.name} does not know the language {language!r}: "
                f"use one of {', '.join(sorted(self.languages))}",
                self._checkpoint.role,
            )
        return [self.start, self.languages[code], self._tasks[_TASK], self.no_timestamps]

    def prompt(self, text: str, budget_tokens: int) -> list[int]:
        """Ids that condition the transcript on `text`: its tail, cut where a name begins.

        The end of a prompt weighs most, so what does not fit is dropped from the front, and the
        name that the cut went through goes too.
        """
        text = text.strip()
        if not text or budget_tokens < 2:
            return []
        room = budget_tokens - 1
        ids = self.encode(f" {text}")
        if len(ids) > room:
            dropped, whole = self.decode(ids[:-room]), self.decode(ids[-room:])
            if not (dropped.endswith((",", " ")) or whole.startswith(" ")):
                whole = whole.partition(", ")[2] or whole.partition(" ")[2]
            ids = self.encode(f" {whole.lstrip(', ')}")[-room:] if whole else []
        return [self.previous, *ids] if ids else []

    def suppressed(self) -> list[int]:
        """Ids that are never written: the checkpoint's own list, and all special ones but the end.

        The lists of published checkpoints leave timestamps out, because they are for transcripts
        with timestamps, too.
        """
        listed = self._checkpoint.generation.get("suppress_tokens") or []
        return sorted({*listed, *self.special_names} - {self.end})

    def suppressed_at_begin(self) -> list[int]:
        """Ids that the checkpoint does not want written first."""
        return list(self._checkpoint.generation.get("begin_suppress_tokens") or [])

    def _special(self, configured: object, name: str) -> int:
        if isinstance(configured, list):
            configured = configured[0] if configured else None
        token = configured if isinstance(configured, int) else self._tokenizer.token_to_id(name)
        if token is None:
            raise CheckpointError(
                f"{self._checkpoint.role}: {self._checkpoint.folder} names no token {name}: "
                "install the pair again",
                self._checkpoint.role,
            )
        return int(token)

    def _language_code(self, language: object) -> str | None:
        return language.strip("<|>").lower() if isinstance(language, str) else None
