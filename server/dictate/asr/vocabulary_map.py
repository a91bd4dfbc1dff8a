"""Carries tokens between the vocabularies of a draft and a target.

A bad mapping costs acceptance, never correctness: the target verifies every proposal.
"""

from collections.abc import Sequence
from typing import Protocol

from dictate.asr.tokens import Tokens


class VocabularyMap(Protocol):
    """Tokens of a transcript (without its initial ones) from one vocabulary to the other."""

    def to_draft(self, accepted: Sequence[int]) -> list[int]:
        """The draft's spelling of the target's transcript so far."""
        ...

    def to_target(self, accepted: Sequence[int], drafted: Sequence[int]) -> list[int]:
        """The target's spelling of what the draft wrote behind `accepted` (target ids)."""
        ...


def map_vocabularies(draft: Tokens, target: Tokens) -> VocabularyMap:
    """The cheapest exact map there is: by table where both share their byte strings' ids."""
    shared = min(len(draft.byte_strings), len(target.byte_strings))
    text = range(shared)
    if all(
        draft.byte_strings[token] == target.byte_strings[token]
        for token in text
        if token not in draft.special_names and token not in target.special_names
    ) and not any(draft.byte_strings[shared:] + target.byte_strings[shared:]):
        return TableMap(draft, target)
    return BytesMap(draft, target)


class TableMap:
    """For vocabularies that differ in their special tokens alone, which are matched by name."""

    def __init__(self, draft: Tokens, target: Tokens) -> None:
        draft_ids = {name: token for token, name in draft.special_names.items()}
        target_ids = {name: token for token, name in target.special_names.items()}
        self._to_draft = _table(target, draft_ids)
        self._to_target = _table(draft, target_ids)
        self._to_draft[target.end] = draft.end
        self._to_target[draft.end] = target.end

    def to_draft(self, accepted: Sequence[int]) -> list[int]:
        """Ids by table; those without a counterpart are left out."""
        return [self._to_draft[token] for token in accepted if token in self._to_draft]

    def to_target(self, accepted: Sequence[int], drafted: Sequence[int]) -> list[int]:
        """Ids by table, up to the first without a counterpart."""
        mapped: list[int] = []
        for token in drafted:
            if token not in self._to_target:
                break
            mapped.append(self._to_target[token])
        return mapped


class BytesMap:
    """For vocabularies with different merges: through the text that the tokens write.

    All Whispers split text into pre-tokens alike, so encoding is exact pre-token by pre-token; the
    draft's last one may be incomplete and is held back until the draft ends the text.
    """

    def __init__(self, draft: Tokens, target: Tokens) -> None:
        self._draft = draft
        self._target = target

    def to_draft(self, accepted: Sequence[int]) -> list[int]:
        """The draft's encoding of the text so far, as far as it is whole UTF-8."""
        return self._draft.encode(_whole_text(self._target.bytes_of(accepted)))

    def to_target(self, accepted: Sequence[int], drafted: Sequence[int]) -> list[int]:
        """The target's encoding of the drafted text, behind what is accepted."""
        before = _whole_text(self._target.bytes_of(accepted))
        ended = self._draft.end in drafted
        if ended:
            drafted = drafted[: list(drafted).index(self._draft.end)]
        text = before + _whole_text(self._draft.bytes_of(drafted))
        if not ended:
            text = text[: max(len(before), self._target.last_piece(text))]
        tokens = self._target.encode(text)
        if tokens[: len(accepted)] == list(accepted):
            tokens = tokens[len(accepted) :]
        else:
            tokens = self._target.encode(text[len(before) :])
        return [*tokens, self._target.end] if ended else tokens


def _table(source: Tokens, special_ids: dict[str, int]) -> dict[int, int]:
    table = {token: token for token, text in enumerate(source.byte_strings) if text is not None}
    table.update(
        (token, special_ids[name])
        for token, name in source.special_names.items()
        if name in special_ids
    )
    return table


def _whole_text(data: bytes) -> str:
    """`data` as text, without a character that is cut at its end."""
    return data.decode("utf-8", errors="ignore")
