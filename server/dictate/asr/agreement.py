"""Which beginning of a text that still grows will stay: local agreement, and the model's own doubt.

Two hypotheses of one utterance, the later with more sound, agree on a prefix: that much is
committed, the rest is provisional. This is local agreement with n = 2 of Liu, Spanakis and Niehues,
"Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis
Selection" (2020), as Macháček, Dabre and Bojar use it with Whisper ("Turning Whisper into Real-Time
Transcription System", 2023). What a later hypothesis contradicts is committed no longer.

Behind that, words of which the model itself is in doubt are those that change: mostly the one that
is being spoken, of which half is heard.
"""

from collections.abc import Sequence

from dictate.asr.confidence import Word

EVEN_ODDS = 0.5


def committed_tokens(words: Sequence[Word], agreed: int) -> int:
    """The tokens of the words that are agreed on whole.

    Args:
        words: of the later hypothesis, in order.
        agreed: how many of its tokens the earlier one begins with, too.
    """
    return max((word.end_token for word in words if word.end_token <= agreed), default=0)


def likely_tokens(words: Sequence[Word]) -> int:
    """The tokens before the first word that is more likely wrong than right.

    Args:
        words: of a hypothesis, in order.
    """
    likely = 0
    for word in words:
        if word.confidence < EVEN_ODDS:
            break
        likely = word.end_token
    return likely
