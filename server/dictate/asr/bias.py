"""Contextual biasing: listed phrases win where the target hardly prefers something else.

Shallow fusion with a trie of phrases (Zhao et al., "Shallow-Fusion End-to-End Contextual Biasing",
2019, for phrases that begin at word starts; Sun et al., "Tree-Constrained Pointer Generator",
2021-2023, "Can Contextual Biasing Remain Effective with Whisper and GPT-2?", for tries over
Whisper's tokens), made greedy and guarded. A boost of b nats changes what is written exactly where
a listed token is less than b nats behind the best; so this asks for the closeness itself and never
touches the logits, whose probabilities stay the target's own.

What is written at a position is a function of the tokens before it and of the sound alone: where in
which phrases the prefix stands follows from its tokens, and how much of the bounds it has used
from the unbiased logits at its own positions. A draft cannot change either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import torch

from dictate.asr.bias_lookup import Answer, Question, look_up
from dictate.asr.phrase_trie import Node, PhraseTrie


@dataclass(frozen=True)
class BiasLimits:
    """How far a listed phrase may go against the target.

    Distances are differences of logits in nats, which are those of log-probabilities. The values
    were set with the bundled pair; see docs/decoding.md.

    Attributes:
        begin_nats: a phrase's first token is written where it is less than this behind the best.
        continue_nats: the same for its further tokens: that it was begun speaks for the rest.
        phrase_nats: all that one phrase may be behind the best, its tokens together.
        most_overturns: as many tokens in a row may be written against the target; the next is its
            own choice.
    """

    begin_nats: float = 1.5
    continue_nats: float = 5.0
    phrase_nats: float = 10.0
    most_overturns: int = 4


DEFAULT_LIMITS: Final = BiasLimits()


class BiasState(NamedTuple):
    """What a prefix of a transcript means for the next token.

    Attributes:
        paths: the phrases that it ends in the middle of, each with what it has used of its bound.
        overturns: how many tokens at its end were written against the target.
        is_empty: nothing is written yet.
    """

    paths: tuple[tuple[Node, float], ...] = ()
    overturns: int = 0
    is_empty: bool = True


class Verdict(NamedTuple):
    """What is written at a position.

    Attributes:
        token: the choice.
        gap_nats: how far it is behind the target's own; 0.0: it is that.
    """

    token: int
    gap_nats: float = 0.0


BEGINNING: Final = BiasState()
"""The state in front of a transcript."""


class Bias:
    """Phrases of one vocabulary with the limits of their influence."""

    def __init__(self, trie: PhraseTrie, limits: BiasLimits = DEFAULT_LIMITS) -> None:
        """Prepare for the phrases of `trie`."""
        self._trie = trie
        self._limits = limits
        self._begins_word = trie.begins_word

    def verdicts(
        self, logits: torch.Tensor, state: BiasState, proposal: Sequence[int]
    ) -> list[Verdict]:
        """Choose at positions in a row, up to the first where the proposal is not chosen.

        Args:
            logits: float32 [n + 1, V], filtered; minus infinity is never chosen. Left as they are.
            state: of the first position.
            proposal: the n tokens that stand before the second position, and so on.

        Returns:
            1 to n + 1 of them, each of the position's own prefix.
        """
        bests: list[int] = logits.argmax(-1).tolist()
        # What the values decide is not known yet; with nothing used the most is asked for.
        states = [state]
        for best, proposed in zip(bests, proposal, strict=False):
            if proposed != best and not self._is_listed(states[-1], best, proposed):
                break
            states.append(self.after(states[-1], proposed, Verdict(proposed)))
        questions = [self._question(one, best) for one, best in zip(states, bests, strict=False)]
        answers = look_up(logits, bests, questions, self._trie)
        verdicts: list[Verdict] = []
        for index, answer in enumerate(answers):
            verdict = self._verdict(state, bests[index], answer)
            verdicts.append(verdict)
            if index == len(proposal) or verdict.token != proposal[index]:
                break
            state = self.after(state, verdict.token, verdict)
        return verdicts

    def verdicts_beside(self, logits: torch.Tensor, states: Sequence[BiasState]) -> list[Verdict]:
        """Choose for texts side by side.

        Args:
            logits: float32 [n, V], filtered, or log-probabilities; left as they are.
            states: of the n texts.
        """
        bests: list[int] = logits.argmax(-1).tolist()
        questions = [self._question(one, best) for one, best in zip(states, bests, strict=True)]
        answers = look_up(logits, bests, questions, self._trie)
        return [
            self._verdict(state, best, answer)
            for state, best, answer in zip(states, bests, answers, strict=True)
        ]

    def after(self, state: BiasState, token: int, verdict: Verdict) -> BiasState:
        """The state behind one more token.

        Args:
            state: before it.
            token: what was written.
            verdict: of its position; counts where it is what was written.
        """
        gap = verdict.gap_nats if token == verdict.token else 0.0
        paths = [(child, used + gap) for node, used in state.paths if (child := node.get(token))]
        if state.is_empty or self._begins_word[token]:
            child = self._trie.root.get(token)
            if child:
                paths.append((child, gap))
        return BiasState(tuple(paths), state.overturns + 1 if gap > 0.0 else 0, is_empty=False)

    def _question(self, state: BiasState, best: int) -> Question | None:
        """What to look at beside the target's choice; None: that stands whatever else there is."""
        if best == self._trie.end:
            return None  # a name that nobody said would follow
        # A word is not cut short for a phrase, nor is a mark left out: only another beginning of a
        # word makes room for one.
        new_word = state.is_empty or self._begins_word[best]
        followers = [self._trie.followers(node, new_word=new_word) for node, _ in state.paths]
        begins = new_word and self._trie.beginnings[state.is_empty].size > 0
        return Question(begins, state.is_empty, followers) if begins or any(followers) else None

    def _is_listed(self, state: BiasState, best: int, token: int) -> bool:
        """The token could be chosen in place of the best, as far as the state's paths say."""
        question = self._question(state, best)
        if question is None:
            return False
        begins = question.begins and (question.in_front or self._begins_word[token])
        return (begins and token in self._trie.root) or any(
            token in node for node, _ in state.paths
        )

    def _verdict(self, state: BiasState, best: int, answer: Answer | None) -> Verdict:
        """The likeliest token of those that are near enough, or the target's own choice."""
        limits = self._limits
        if answer is None or state.overturns >= limits.most_overturns:
            return Verdict(best)
        nearest, least_gap = best, math.inf
        rivals = [(answer.beginning, min(limits.begin_nats, limits.phrase_nats))]
        rivals += [
            (found, min(limits.continue_nats, limits.phrase_nats - used))
            for found, (_, used) in zip(answer.followers, state.paths, strict=True)
        ]
        for found, allowed_nats in rivals:
            if found is not None:
                token, value = found
                gap = answer.best - value
                if gap < min(allowed_nats, least_gap):
                    nearest, least_gap = token, gap
        return Verdict(best) if nearest == best else Verdict(nearest, least_gap)


class Chooser:
    """Chooses the tokens of one transcript, pass by pass; without a bias those of the target."""

    def __init__(self, bias: Bias | None) -> None:
        """Begin in front of the transcript."""
        self._bias = bias
        self._state = BEGINNING
        self._verdicts: list[Verdict] = []

    def choices(self, logits: torch.Tensor, proposal: Sequence[int]) -> list[int]:
        """The choice behind what is kept, and behind each proposed token as far as they are chosen.

        Args:
            logits: float32 [len(proposal) + 1, V], filtered; left as they are.
            proposal: of the pass.
        """
        if self._bias is None:
            choices: list[int] = logits.argmax(-1).tolist()
            return choices
        self._verdicts = self._bias.verdicts(logits, self._state, proposal)
        return [verdict.token for verdict in self._verdicts]

    def keep(self, written: Sequence[int]) -> None:
        """Take over the pass' first choices, which are part of the transcript now."""
        if self._bias is not None:
            for token, verdict in zip(written, self._verdicts, strict=False):
                self._state = self._bias.after(self._state, token, verdict)
