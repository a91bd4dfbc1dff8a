"""Looking up what followed the same words before: in the buffer and in earlier dictations.

The idea is prompt lookup decoding (github.com/apoorvumang/prompt-lookup-decoding), over texts that
somebody who dictates is likely to repeat. Everything stays in memory.
"""

from collections.abc import Iterable, Sequence

N_GRAMS = "n-grams"

_KEY_TOKENS = 2
"""Fewer equal tokens than this are no reason to expect the same continuation."""
_LONGEST_MATCH_TOKENS = 8
_PLACES_PER_KEY = 8
_BOUNDARY = -1


class NGramIndex:
    """Token sequences, findable by any two tokens in a row; bounded, oldest forgotten first."""

    def __init__(self, capacity_tokens: int = 16_384) -> None:
        """Prepare an empty index.

        Args:
            capacity_tokens: the most that is kept; beyond it the older half goes.
        """
        self._capacity_tokens = capacity_tokens
        self._tokens: list[int] = []
        # For each pair of tokens the places behind it, oldest first.
        self._places: dict[tuple[int, int], list[int]] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def add(self, tokens: Sequence[int]) -> None:
        """Remember a sequence; the costs grow with its length alone (amortised)."""
        tokens = list(tokens[-(self._capacity_tokens // 2) :])
        if len(tokens) <= _KEY_TOKENS:
            return
        if len(self._tokens) + len(tokens) + 1 > self._capacity_tokens:
            kept = self._tokens[-(self._capacity_tokens // 2 - 1) :]
            if len(kept) + len(tokens) + 1 > self._capacity_tokens:
                kept = []
            self._tokens, self._places = [], {}
            self._append(kept)
        self._append([_BOUNDARY, *tokens])

    def continuation(self, context: Sequence[int]) -> tuple[int, int] | None:
        """The most promising place that continues `context`.

        The longest match at the end of `context` counts; of equally long ones the continuation that
        occurs most often, then the most recent.

        Returns:
            The number of tokens that match and the place for `tokens_from`; None: no match.
        """
        if len(context) < _KEY_TOKENS:
            return None
        places = self._places.get((context[-2], context[-1]))
        if places is None:
            return None
        longest: list[int] = []
        longest_match = 0
        for place in places:
            match = self._match(context, place)
            if match > longest_match:
                longest, longest_match = [place], match
            elif match == longest_match:
                longest.append(place)
        following = [self._tokens[place] for place in longest]
        best = max(
            range(len(longest)), key=lambda index: (following.count(following[index]), index)
        )
        return longest_match, longest[best]

    def tokens_from(self, place: int, limit_tokens: int) -> list[int]:
        """Up to `limit_tokens` tokens from `place` on, within its sequence."""
        tokens = self._tokens[place : place + limit_tokens]
        return tokens[: tokens.index(_BOUNDARY)] if _BOUNDARY in tokens else tokens

    def _match(self, context: Sequence[int], place: int) -> int:
        match = _KEY_TOKENS
        reach = min(_LONGEST_MATCH_TOKENS, len(context), place)
        while match < reach and self._tokens[place - 1 - match] == context[-1 - match]:
            match += 1
        return match

    def _append(self, tokens: Iterable[int]) -> None:
        for token in tokens:
            if len(self._tokens) >= _KEY_TOKENS and token != _BOUNDARY:
                first, second = self._tokens[-2:]
                if _BOUNDARY not in (first, second):
                    places = self._places.setdefault((first, second), [])
                    places.append(len(self._tokens))
                    if len(places) > _PLACES_PER_KEY:
                        del places[0]
            self._tokens.append(token)


class NGramDraft:
    """Proposes what followed the last accepted tokens in one of several indexes."""

    name = N_GRAMS

    def __init__(self, indexes: Sequence[NGramIndex]) -> None:
        """Look into `indexes`; of equally long matches the first index's counts."""
        self._indexes = indexes

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """See `DraftSource`; nothing where the last two tokens are new."""
        best: tuple[int, int, NGramIndex] | None = None
        for index in self._indexes:
            found = index.continuation(accepted)
            if found is not None and (best is None or found[0] > best[0]):
                best = (*found, index)
        return [] if best is None else best[2].tokens_from(best[1], limit_tokens)
