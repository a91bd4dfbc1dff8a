"""How sure the target was: a figure for each token, and for each word.

The log-probability of a token and the entropy of its distribution are those *behind* the filter
(suppressed tokens have no probability), as in openai/whisper's `avg_logprob` (decoding.py), and
without the bias towards listed phrases, which has no part in how sure the target was.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from dictate.asr.tokens import Tokens

# Logits wait for each other, so that a token costs one copy and its share of a few wide operations
# instead of ten small ones; few enough to stay in a cache (8 rows of 51,866 are 1.7 MB).
_BLOCK_TOKENS = 8

_LANGUAGES_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km", "bo"})
"""As in openai/whisper's `split_to_word_tokens` (tokenizer.py), with Khmer and Tibetan."""


class TokenScores:
    """Log-probability and entropy of each token of one transcript, in the order written.

    Nothing waits for the device before a figure is read.
    """

    def __init__(self) -> None:
        self._rows: torch.Tensor | None = None
        self._tokens: list[int] = []
        self._scored: list[torch.Tensor] = []
        self._log_probabilities: list[float] = []
        self._entropies_nats: list[float] = []

    def add(self, logits: torch.Tensor, tokens: Sequence[int]) -> None:
        """Score the tokens that were chosen at n positions in a row.

        Args:
            logits: float32 [n, V], filtered; minus infinity is a token that may not be written. It
                is copied, so that the caller may overwrite it.
            tokens: the n ids chosen, the end of the text included.

        Raises:
            ValueError: the two differ in length.
        """
        if logits.shape[0] != len(tokens):
            raise ValueError(f"{logits.shape[0]} rows of logits for {len(tokens)} tokens")
        if self._rows is None:
            self._rows = logits.new_empty((_BLOCK_TOKENS, logits.shape[1]), dtype=torch.float32)
        done = 0
        while done < len(tokens):
            filled = len(self._tokens)
            count = min(len(tokens) - done, _BLOCK_TOKENS - filled)
            self._rows[filled : filled + count].copy_(logits[done : done + count])
            self._tokens += tokens[done : done + count]
            done += count
            if len(self._tokens) == _BLOCK_TOKENS:
                self._score()

    def extend(self, log_probabilities: Sequence[float], entropies_nats: Sequence[float]) -> None:
        """Take figures that were computed elsewhere, of the tokens that come next."""
        self._fetch()
        self._log_probabilities += log_probabilities
        self._entropies_nats += entropies_nats

    @property
    def log_probabilities(self) -> list[float]:
        """Natural logarithm of each token's probability."""
        self._fetch()
        return self._log_probabilities

    @property
    def entropies_nats(self) -> list[float]:
        """Entropy of the distribution that each token was chosen from."""
        self._fetch()
        return self._entropies_nats

    @property
    def average_log_probability(self) -> float:
        """Mean over all tokens, the end of the text included; 0.0 where there is none."""
        return mean(self.log_probabilities)

    def _score(self) -> None:
        """Score the waiting rows and forget them."""
        if self._rows is None or not self._tokens:
            return
        logits = self._rows[: len(self._tokens)]
        self._scored.append(score(logits, self._tokens))
        self._tokens = []

    def _fetch(self) -> None:
        self._score()
        if self._scored:
            log_probabilities, entropies = torch.cat(self._scored, dim=1).tolist()
            self._scored = []
            self._log_probabilities += log_probabilities
            self._entropies_nats += entropies


def mean(values: Sequence[float]) -> float:
    """The mean; 0.0 of nothing."""
    return math.fsum(values) / len(values) if values else 0.0


def score(logits: torch.Tensor, tokens: Sequence[int]) -> torch.Tensor:
    """Log-probabilities and entropies of `tokens` under `logits`.

    Args:
        logits: float32 [n, V]; minus infinity allowed.
        tokens: n ids.

    Returns:
        float32 [2, n] on the device of `logits`: log-probabilities, entropies in nats.
    """
    chosen = torch.tensor(tokens, dtype=torch.long, device=logits.device)[:, None]
    log_totals, entropies = spread(logits)
    return torch.stack((logits.gather(1, chosen)[:, 0] - log_totals, entropies))


def spread(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """How the probability of each row is spread.

    Args:
        logits: float32 [n, V]; minus infinity allowed.

    Returns:
        float32 [n] each: log sum exp(x), and the entropy in nats,
        H = log sum exp(x) - sum exp(x) x / sum exp(x).
    """
    # Relative to the maximum so that little cancels; one exponential for both, and a finite floor
    # in the product, because 0 times minus infinity is no number.
    highest = logits.amax(-1, keepdim=True)
    shifted = logits - highest
    weights = shifted.exp()
    totals = weights.sum(-1)
    shifted.clamp_(min=torch.finfo(torch.float32).min)
    log_totals = totals.log()
    entropies = (log_totals - weights.mul_(shifted).sum(-1) / totals).clamp_(min=0.0)
    return highest[:, 0] + log_totals, entropies


@dataclass(frozen=True)
class Word:
    """A word of a transcript and the tokens `start_token .. end_token` that write it.

    `confidence` in [0, 1] is the geometric mean of its tokens' probabilities, exp(mean log p), as
    in whisper-timestamped: a word of many tokens is not less sure for being long, yet one token
    that was a guess is felt.
    """

    text: str
    confidence: float
    start_token: int
    end_token: int


def group_words(
    tokens: Sequence[int],
    log_probabilities: Sequence[float],
    vocabulary: Tokens,
    language: str | None = None,
) -> list[Word]:
    """Group a transcript's tokens into words.

    A word is what stands between white space, its punctuation included; in languages that are
    written without spaces, every token is one, or the tokens that write a character together.

    Args:
        tokens: the n ids of the transcript.
        log_probabilities: of each; more than n (the end of the text) are not looked at.
        vocabulary: whose ids they are.
        language: a code such as `en`; None is a language with spaces.

    Returns:
        The words in order. Their texts joined by single spaces (without, where the language has
        none) are the text with its white space normalised. A token that writes the end of one word
        and the beginning of the next belongs to both.
    """
    pieces = [vocabulary.bytes_of([token]) for token in tokens]
    owners = [index for index, piece in enumerate(pieces) for _ in piece]
    spaced = language not in _LANGUAGES_WITHOUT_SPACES
    words: list[Word] = []
    for start, end in _spans(b"".join(pieces), owners, spaced=spaced):
        first, last = owners[start], owners[end - 1] + 1
        share = log_probabilities[first:last]
        words.append(
            Word(
                text=b"".join(pieces)[start:end].decode("utf-8", errors="replace"),
                confidence=math.exp(mean(share)) if share else 0.0,
                start_token=first,
                end_token=last,
            )
        )
    return words


def _spans(data: bytes, owners: Sequence[int], *, spaced: bool) -> list[tuple[int, int]]:
    """Byte ranges of the words in `data`, whose byte i token `owners[i]` wrote."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    position = 0
    # Broken bytes become lone surrogates of one byte each here: part of the word that they stand
    # in, so that decoding word by word and decoding the whole replace them alike.
    for character in data.decode("utf-8", errors="surrogateescape"):
        end = position + len(character.encode("utf-8", errors="surrogateescape"))
        broken = "\udc80" <= character <= "\udcff"
        new_token = position > 0 and owners[position - 1] != owners[position] and not broken
        if start is not None and (character.isspace() or (not spaced and new_token)):
            spans.append((start, position))
            start = None
        if start is None and not character.isspace():
            start = position
        position = end
    if start is not None:
        spans.append((start, position))
    return spans
