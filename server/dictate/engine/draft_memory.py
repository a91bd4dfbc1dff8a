"""What the engine has heard and been told lately, as tokens to draft with; in memory only.

Every session keeps the hypotheses of the sound that it has not committed yet, piece by piece, for
the next decoding of the same sound. What was dictated before, by whichever session, and the text
around the cursor are there to be looked up in. Nothing of it is ever logged or written, and all of
it goes with the engine.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dictate.asr.drafts.hypothesis import common_prefix
from dictate.asr.drafts.ngrams import NGramIndex
from dictate.asr.speculation import Recall

if TYPE_CHECKING:
    from dictate.asr.tokens import Tokens

_MAX_OWNERS: Final = 64
_MAX_CONTEXTS: Final = 8


@dataclass(frozen=True)
class Heard:
    """The tokens of a stretch of a session's sound, in samples of its stream."""

    start_sample: int
    end_sample: int
    tokens: Sequence[int]


class DraftMemory:
    """For the decoding thread; `forget` and `move` may be called from others."""

    def __init__(self, tokens: Tokens) -> None:
        """Begin with nothing.

        Args:
            tokens: the target's.
        """
        self._tokens = tokens
        self._dictations = NGramIndex()
        self._heard: OrderedDict[Hashable, list[Heard]] = OrderedDict()
        self._contexts: OrderedDict[str, NGramIndex] = OrderedDict()

    def utterance(
        self,
        owner: Hashable,
        origin_sample: int,
        context: str,
        *,
        is_final: bool,
        is_preview: bool = False,
    ) -> Utterance:
        """Begin to decode sound of `owner`.

        Args:
            owner: a session.
            origin_sample: where in its stream the sound begins.
            context: text that the sound may be about to repeat.
            is_final: it is decoded as committed sound is; otherwise this is a hypothesis.
            is_preview: of a final: it is not committed yet, and speech may go on.
        """
        return Utterance(
            self, owner, origin_sample, context, is_final=is_final, is_preview=is_preview
        )

    def forget(self, owner: Hashable) -> None:
        """The owner has gone, or its sound is committed."""
        self._heard.pop(owner, None)

    def move(self, owner: Hashable, start_sample: int) -> None:
        """The owner has cleared its sound; new sound will begin at `start_sample` of its stream.

        Clients clear what they send again, cut more closely, so what was heard is worth a try:
        once, because the next decoding replaces it.
        """
        heard = self._heard.get(owner)
        if heard:
            shift = start_sample - heard[0].start_sample
            self._heard[owner] = [
                Heard(each.start_sample + shift, each.end_sample + shift, each.tokens)
                for each in heard
            ]

    def heard(self, owner: Hashable) -> list[Heard]:
        """The latest hypothesis of the owner's uncommitted sound."""
        return self._heard.get(owner, [])

    def keep(self, owner: Hashable, heard: list[Heard]) -> None:
        """Replace the owner's hypothesis; of very many owners the oldest is forgotten."""
        self._heard[owner] = heard
        self._heard.move_to_end(owner)
        while len(self._heard) > _MAX_OWNERS:
            self._heard.popitem(last=False)

    def accept(self, owner: Hashable) -> None:
        """The owner's sound is committed just as it was heard last."""
        for heard in self._heard.pop(owner, []):
            self.remember(heard.tokens)

    def remember(self, tokens: Sequence[int]) -> None:
        """Somebody has dictated this."""
        self._dictations.add([*tokens, self._tokens.end])

    def indexes(self, context: str) -> list[NGramIndex]:
        """Where to look for continuations; reads `context` when it is new."""
        indexes = [self._dictations]
        if context:
            index = self._contexts.get(context)
            if index is None:
                index = NGramIndex()
                index.add(self._tokens.encode(context))
                self._contexts[context] = index
                if len(self._contexts) > _MAX_CONTEXTS:
                    self._contexts.popitem(last=False)
            indexes.insert(0, index)
        return indexes


class Utterance:
    """One decoding of a session's sound, piece by piece."""

    def __init__(
        self,
        memory: DraftMemory,
        owner: Hashable,
        origin_sample: int,
        context: str,
        *,
        is_final: bool,
        is_preview: bool,
    ) -> None:
        self._memory = memory
        self._owner = owner
        self._origin_sample = origin_sample
        self._context = context
        self._is_final = is_final
        self._is_committed = is_final and not is_preview
        self._before = memory.heard(owner)
        self._heard: list[Heard] = []

    @property
    def is_final(self) -> bool:
        """It is decoded as committed sound is; otherwise this is a hypothesis."""
        return self._is_final

    def recall(self, start_sample: int, end_sample: int) -> Recall:
        """What is known of a piece that is about to be decoded.

        Args:
            start_sample: where it begins, counted from the beginning of the sound.
            end_sample: where it ends.
        """
        start = self._origin_sample + start_sample
        end = self._origin_sample + end_sample
        hypothesis: list[int] = []
        for heard in self._before:
            if start <= (heard.start_sample + heard.end_sample) / 2 < end:
                hypothesis += heard.tokens
        return Recall(hypothesis, lambda: self._memory.indexes(self._context))

    def hear(self, start_sample: int, end_sample: int, tokens: Sequence[int]) -> int:
        """A piece was decoded; arguments as for `recall`.

        Returns:
            How many of the tokens the latest hypothesis of sound with the same beginning has, too.
        """
        start, end = self._origin_sample + start_sample, self._origin_sample + end_sample
        self._heard.append(Heard(start, end, tokens))
        before = (heard.tokens for heard in self._before if heard.start_sample == start)
        return common_prefix(next(before, []), tokens)

    def end(self) -> None:
        """All pieces were decoded."""
        self._memory.keep(self._owner, self._heard)
        if self._is_committed:
            self._memory.accept(self._owner)
