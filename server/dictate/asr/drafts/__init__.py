"""Sources of drafts, cheapest first, and the board that prices them.

The previous hypothesis of the same utterance, what is left of it behind a mismatch, n-grams of the
buffer and of earlier dictations, trained heads (see `heads`), a draft model.
"""

from dictate.asr.drafts.board import Board, BoardDraft
from dictate.asr.drafts.hypothesis import HypothesisDraft, RecycledTail
from dictate.asr.drafts.ledger import SourceState
from dictate.asr.drafts.model_draft import DraftModel, ModelDraft
from dictate.asr.drafts.ngrams import NGramDraft, NGramIndex
from dictate.asr.drafts.pricing import SourcePrice, StepPrices
from dictate.asr.drafts.single import SingleDraft
from dictate.asr.drafts.source import Drafting, DraftSource, Offer, SourceFigures

__all__ = [
    "Board",
    "BoardDraft",
    "DraftModel",
    "DraftSource",
    "Drafting",
    "HypothesisDraft",
    "ModelDraft",
    "NGramDraft",
    "NGramIndex",
    "Offer",
    "RecycledTail",
    "SingleDraft",
    "SourceFigures",
    "SourcePrice",
    "SourceState",
    "StepPrices",
]
