"""What the engine remembers to draft with: by place in the sound, bounded, gone in time."""

import gc
import weakref

from dictate.asr.drafts import NGramDraft
from dictate.engine.draft_memory import DraftMemory


class Letters:
    """A vocabulary of one token per character."""

    end = 0

    def __init__(self):
        self.encoded = 0

    def encode(self, text):
        self.encoded += 1
        return [ord(character) for character in text]


def heard(memory, owner, origin, *pieces, is_final=False, context=""):
    utterance = memory.utterance(owner, origin, context, is_final=is_final)
    recalled = []
    for start, end, tokens in pieces:
        recalled.append(list(utterance.recall(start, end).hypothesis))
        utterance.hear(start, end, tokens)
    utterance.end()
    return recalled


def test_the_next_decoding_of_the_same_sound_gets_the_hypothesis():
    memory = DraftMemory(Letters())
    assert heard(memory, "a", 0, (0, 100, [1, 2])) == [[]]
    assert heard(memory, "a", 0, (0, 150, [1, 2, 3])) == [[1, 2]]
    assert heard(memory, "b", 0, (0, 150, [9])) == [[]], "another session's sound"
    assert heard(memory, "a", 0, (0, 180, [1]), is_final=True) == [[1, 2, 3]]
    assert heard(memory, "a", 0, (0, 180, [1])) == [[]], "a final ends it"


def test_pieces_are_found_by_their_place():
    memory = DraftMemory(Letters())
    heard(memory, "a", 1_000, (0, 100, [1]), (150, 300, [2]), (400, 500, [3]))
    assert heard(memory, "a", 1_000, (0, 310, [1, 2]), (400, 700, [3, 4])) == [[1, 2], [3]]
    assert heard(memory, "a", 1_400, (0, 300, [3])) == [[3, 4]], "the buffer's front has gone"
    assert heard(memory, "a", 9_000, (0, 300, [3])) == [[]]


def test_cleared_sound_that_is_sent_again_is_recognised_once():
    memory = DraftMemory(Letters())
    heard(memory, "a", 500, (0, 100, [1]))
    memory.move("a", 700)
    assert heard(memory, "a", 700, (0, 90, [5]), is_final=True) == [[1]]
    memory.move("a", 900)
    assert heard(memory, "a", 900, (0, 90, [5])) == [[]]


def test_what_is_given_up_changes_nothing():
    memory = DraftMemory(Letters())
    heard(memory, "a", 0, (0, 100, [1]))
    memory.utterance("a", 0, "", is_final=True).hear(0, 100, [7])
    assert heard(memory, "a", 0, (0, 100, [1])) == [[1]]


def test_owners_are_forgotten_and_never_many():
    class Owner:
        pass

    memory, owner = DraftMemory(Letters()), Owner()
    gone = weakref.ref(owner)
    heard(memory, owner, 0, (0, 100, [1]))
    memory.forget(owner)
    memory.forget(owner)
    del owner
    gc.collect()
    assert gone() is None
    for number in range(1_000):
        heard(memory, number, 0, (0, 100, [number]))
    assert len(memory._heard) == 64
    assert heard(memory, 999, 0, (0, 100, [1])) == [[999]]


def test_finals_and_the_buffer_are_looked_up_the_buffer_first():
    tokens = Letters()
    memory = DraftMemory(tokens)
    heard(memory, "a", 0, (0, 9, [1, 2, 3]), is_final=True)
    recall = memory.utterance("b", 0, "hello", is_final=False).recall(0, 9)
    assert tokens.encoded == 0, "not before somebody looks"
    draft = NGramDraft(recall.indexes())
    assert draft.propose([1, 2], 5) == [3, tokens.end], "said before, to its end"
    assert draft.propose([ord("e"), ord("l")], 5) == [ord("l"), ord("o")]
    for _ in range(5):
        memory.utterance("b", 0, "hello", is_final=False).recall(0, 9).indexes()
    assert tokens.encoded == 1, "the same text is read once"
    for number in range(50):
        memory.indexes(f"text {number}")
    assert len(memory._contexts) <= 8
