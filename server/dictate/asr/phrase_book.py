"""The biases of a vocabulary, built once for each list of phrases and limits."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from dictate.asr.bias import Bias
from dictate.asr.phrase_trie import PhraseTrie

if TYPE_CHECKING:
    from dictate.asr.bias import BiasLimits
    from dictate.asr.decoding import DecodingOptions
    from dictate.asr.tokens import Tokens

_REMEMBERED: Final = 8
"""Lists: some editors, each at its own cursor."""


class PhraseBook:
    """Biases by what they were asked for; the least used go."""

    def __init__(self, tokens: Tokens) -> None:
        """Begin with none; `tokens` is the vocabulary."""
        self._tokens = tokens
        self._biases: OrderedDict[tuple[tuple[str, ...], BiasLimits], Bias] = OrderedDict()

    def bias(self, options: DecodingOptions) -> Bias | None:
        """The bias that the options ask for; None: none."""
        if not options.phrases:
            return None
        key = (options.phrases, options.bias)
        bias = self._biases.get(key)
        if bias is None:
            trie = PhraseTrie.of_phrases(options.phrases, self._tokens)
            bias = self._biases[key] = Bias(trie, options.bias)
        self._biases.move_to_end(key)
        while len(self._biases) > _REMEMBERED:
            self._biases.popitem(last=False)
        return bias
