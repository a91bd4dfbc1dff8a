"""Trained heads change the time, never the text; their states are the decoder's own."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from dictate.asr import Pair
from dictate.asr.drafts import (
    Board,
    HypothesisDraft,
    NGramDraft,
    NGramIndex,
    Offer,
    RecycledTail,
    SingleDraft,
    SourcePrice,
    StepPrices,
)
from dictate.asr.drafts.heads import HeadsError, find_heads, read_heads
from dictate.asr.drafts.heads_ctc import CTC_HEAD, CtcDraft, CtcHead, CtcNetwork, collapse
from dictate.asr.drafts.heads_medusa import (
    MEDUSA_HEADS,
    MedusaDraft,
    MedusaHeads,
    MedusaNetwork,
)
from dictate.asr.drafts.pricing import Acceptance, best_bargain
from dictate.asr.speculation import Recall
from dictate.asr.speculative import decode
from tests.rigs.checkpoints import Architecture
from tests.rigs.heads import make_heads, shaken
from tests.rigs.late_queue import LateQueue
from tests.rigs.tiny_models import random_features, random_filter, random_model

NANO = Architecture("nano", 80, False, 99, 1, 2, width=32, heads=2)
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


class Case:
    """A random utterance of a random model, with random heads."""

    def __init__(self, rng, *, graphs=False, fixed_width=None, **changes):
        self.rng = rng
        self.model = model = random_model(rng, **changes)
        self.width = fixed_width
        size = model.dimensions.vocabulary_size
        self.end = int(rng.integers(size))
        self.filter = random_filter(model, rng, self.end)
        if graphs:
            self.width = 16
            model.use_graphs(LateQueue())
        heads = int(rng.integers(1, 7))
        network = MedusaNetwork(model.dimensions.width, heads, int(rng.integers(1, 9)))
        self.medusa = MedusaHeads(shaken(network, rng), model, self.filter)
        network = CtcNetwork(
            model.dimensions.width, hidden=int(rng.integers(1, 9)),
            blocks=int(rng.integers(1, 3)), kernel=2 * int(rng.integers(0, 3)) + 1,
            stride=int(rng.integers(1, 4)),
        )  # fmt: skip
        self.ctc = CtcHead(shaken(network, rng), lambda text: [ord(one) % size for one in text])
        features = random_features(model, rng, whole=bool(rng.integers(2)))
        self.source = model.encode(features)
        capacity = model.dimensions.max_target_positions
        length = int(rng.integers(1, capacity - 8))
        self.prefix = [int(one) for one in rng.integers(0, size, length)]
        self.limit = None if rng.integers(2) else int(rng.integers(1, 60))

    def decode(self, **options):
        cache = self.model.new_cache()
        self.model.listen(cache, self.source)
        return decode(
            self.model, cache, self.prefix, self.end, self.filter, fixed_width=self.width,
            max_new_tokens=self.limit, **options,
        )  # fmt: skip

    def drafts(self, truth):
        """Ways to draft with the heads, alone and against everything else."""
        rng, end = self.rng, self.end
        index = NGramIndex(64)
        index.add([*truth, end])
        mangled = [token for token in truth if rng.random() < 0.9]
        prices = {
            MEDUSA_HEADS: SourcePrice(call_ms=0.01, longest_tokens=self.medusa.tokens),
            CTC_HEAD: SourcePrice(open_ms=0.1, call_ms=0.01),
        }
        steps = StepPrices.of({1: 1.0, 24: 1.2})
        board = Board(prices, steps if rng.integers(2) else None)
        offers = [
            Offer(MEDUSA_HEADS, lambda: MedusaDraft(self.medusa)),
            Offer(CTC_HEAD, lambda: self.ctc.listen(self.source, end)),
            Offer("previous hypothesis", lambda: HypothesisDraft(mangled, end)),
            Offer("recycled tail", lambda: RecycledTail(mangled, end)),
            Offer("n-grams", lambda: NGramDraft([index])),
        ]
        rng.shuffle(offers)
        return [
            SingleDraft(MedusaDraft(self.medusa)),
            SingleDraft(self.ctc.listen(self.source, end)),
            SingleDraft(CtcDraft(mangled, end)),
            board.utterance(offers[: int(rng.integers(1, 6))], float(rng.uniform(0, 10))),
        ]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="float32"),
        pytest.param({"fixed_width": 8}, id="float32, fixed width"),
        pytest.param({"graphs": True}, id="float32, graphs"),
        pytest.param(
            {"fixed_width": 8, "precision": "int8", "width": 64, "vocabulary_size": 9000,
             "decoder_heads": 2, "encoder_heads": 2},
            id="int8",
        ),
    ],
)  # fmt: skip
@torch.inference_mode()
def test_whatever_heads_guess_the_tokens_are_the_targets_own(options, rng):
    proposed, accepted = {}, 0
    for _ in range(20 if "precision" in options else 60):
        case = Case(rng, **options)
        alone = case.decode()
        for drafting in case.drafts(alone.tokens):
            result = case.decode(drafting=drafting)
            assert result.tokens == alone.tokens
            assert result.truncated == alone.truncated
            assert result.target_steps <= alone.target_steps
            accepted += result.accepted_tokens
            for name, figures in result.sources.items():
                proposed[name] = proposed.get(name, 0) + figures.proposed_tokens
    assert proposed[MEDUSA_HEADS] > 0
    assert proposed[CTC_HEAD] > 0
    assert accepted > 0


class Spy:
    """Compares the tapped state with the one that a fresh pass over everything gives."""

    name = "spy"

    def __init__(self, case):
        self.case, self.checked = case, 0
        self.cache = case.model.new_cache()
        case.model.listen(self.cache, case.source)

    def propose(self, accepted, limit_tokens):
        model, rng = self.case.model, self.case.rng
        state = model.tap.last
        if not accepted:
            assert state is None
        else:
            state, kept = state.clone(), (model.tap.rows, model.tap.last)
            tokens = torch.tensor([[*self.case.prefix, *accepted][:-1]])
            model.decoder.step(tokens, [0], self.cache, tokens.shape[1] - 1, model.tap)
            torch.testing.assert_close(state, model.tap.rows[0, -1], **CLOSE)
            model.tap.rows, model.tap.last = kept
            self.checked += 1
        size = model.dimensions.vocabulary_size
        guess = self.case.truth[len(accepted) :][: int(rng.integers(0, 9))]
        return [one if rng.integers(4) else int(rng.integers(size)) for one in guess]


@pytest.mark.parametrize(
    "options",
    [{}, {"fixed_width": 8}, {"graphs": True}],
    ids=["any width", "fixed width", "graphs"],
)
@torch.inference_mode()
def test_the_state_is_the_one_that_chose_the_last_token(options, rng):
    checked = 0
    for _ in range(40):
        case = Case(rng, **options)
        case.truth = case.decode().tokens
        spy = Spy(case)
        assert case.decode(drafting=SingleDraft(spy, 12)).tokens == case.truth
        checked += spy.checked
    assert checked > 100


@torch.inference_mode()
def test_graphs_without_heads_give_no_states(rng):
    model = random_model(rng)
    model.use_graphs(LateQueue())
    cache = model.new_cache()
    model.begin(cache, random_features(model, rng))
    model.step(torch.tensor([[1]]), [0], cache)
    assert model.tap is None
    assert not model.graphs.gives_states


def test_a_path_collapses_to_what_it_writes():
    assert collapse([]) == b""
    assert collapse([0, 0]) == b""
    assert collapse([98, 98, 0, 98, 99, 99, 0, 256]) == b"aab\xff"


@torch.inference_mode()
def test_a_ctc_head_hears_text_of_any_length_of_sound(rng):
    for _ in range(50):
        stride = int(rng.integers(1, 5))
        network = CtcNetwork(8, hidden=6, blocks=2, kernel=5, stride=stride)
        positions = int(rng.integers(1, 40))
        source = torch.randn(2, positions, 8)
        assert network(source).shape == (2, -(-positions // stride), 257)
        # Whatever bytes those are, they are read as text.
        assert isinstance(CtcHead(shaken(network, rng), str.split).hypothesis(source[:1]), list)


def test_heads_are_not_asked_for_more_than_they_have():
    steps = StepPrices.of({1: 1.0, 24: 1.0})
    certain = Acceptance(0.99)
    price = SourcePrice(longest_tokens=3)
    bargain = best_bargain(steps, certain, price, pending_tokens=1, limit_tokens=20)
    assert bargain.length_tokens == 3


@pytest.fixture
def target(checkpoint, tmp_path):
    """A small target in a folder of its own."""
    return shutil.copytree(checkpoint(NANO, 0), tmp_path / "target")


def sound(rng):
    return (0.1 * rng.standard_normal(int(rng.integers(8_000, 60_000)))).astype(np.float32)


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_heads_in_the_targets_folder_are_used_and_leave_the_text_alone(target, rng, dtype):
    make_heads(target / "heads", target, rng)
    assert find_heads(target) == target / "heads"
    pair = Pair.load(target, device="cpu", dtype=dtype)
    assert pair.notices == []
    used = set()
    for turn in range(4):
        if turn == 2:
            pair.price_drafts()
        samples = sound(rng)
        alone = pair.transcribe(samples, speculate=False, max_new_tokens=16)
        recall = Recall(alone.tokens[::2]) if turn % 2 else None
        result = pair.transcribe(samples, recall=recall, max_new_tokens=16)
        assert result.tokens == alone.tokens
        used |= set(result.sources)
    assert used >= {MEDUSA_HEADS, CTC_HEAD}
    states = {state.name: state for state in pair.draft_sources}
    assert states[MEDUSA_HEADS].reason.startswith(("on: costs", "off: costs"))
    assert states[CTC_HEAD].reason.startswith(("on: costs", "off: costs"))


def test_beams_and_several_utterances_at_once_do_without(target, rng):
    sounds = [sound(rng) for _ in range(2)]
    plain = Pair.load(target, device="cpu", dtype="float32")
    make_heads(target / "heads", target, rng)
    pair = Pair.load(target, device="cpu", dtype="float32")
    from dictate.asr import DecodingOptions

    options = DecodingOptions(max_new_tokens=8)
    together = [one.tokens for one in pair.transcribe_together(sounds, options)]
    assert together == [one.tokens for one in plain.transcribe_together(sounds, options)]
    options = DecodingOptions(max_new_tokens=8, beams=3)
    beams = pair.transcribe(sounds[0], options)
    assert beams.tokens == plain.transcribe(sounds[0], options).tokens
    assert beams.sources == {}


def test_without_speculation_no_heads_are_loaded(target, rng):
    (make_heads(target / "heads", target, rng) / "heads.json").write_text("{")
    pair = Pair.load(target, device="cpu", dtype="float32", speculation=False)
    assert pair.notices == []


def test_one_kind_alone_can_be_loaded(target, rng, tmp_path):
    folder = make_heads(tmp_path / "somewhere", target, rng)
    pair = Pair.load(
        target, device="cpu", dtype="float32", heads=folder, heads_kinds=frozenset({"ctc"})
    )
    names = [state.name for state in pair.draft_sources]
    assert CTC_HEAD in names
    assert MEDUSA_HEADS not in names
    assert find_heads(target) is None


def test_heads_of_another_target_are_refused_and_left_out(target, checkpoint, rng, tmp_path):
    folder = make_heads(tmp_path / "heads", checkpoint(NANO, 1), rng)
    pair = Pair.load(target, device="cpu", dtype="float32", heads=folder)
    (notice,) = pair.notices
    assert "were trained on" in notice
    assert "\n" not in notice
    names = [state.name for state in pair.draft_sources]
    assert not {MEDUSA_HEADS, CTC_HEAD} & set(names)
    assert pair.transcribe(sound(rng), max_new_tokens=4).truncated in (True, False)


def _without_a_tensor(folder):
    tensors = load_file(folder / "heads.safetensors")
    tensors.pop("medusa.up")
    save_file(tensors, folder / "heads.safetensors")


def _misshapen(folder):
    tensors = load_file(folder / "heads.safetensors")
    tensors["ctc.out.weight"] = tensors["ctc.out.weight"][1:].contiguous()
    save_file(tensors, folder / "heads.safetensors")


def _no_numbers(folder):
    tensors = load_file(folder / "heads.safetensors")
    tensors["medusa.up"][0] = float("nan")
    save_file(tensors, folder / "heads.safetensors")


def _other(folder, **changes):
    path = folder / "heads.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


FAULTS = {
    "no JSON": lambda folder: (folder / "heads.json").write_text("{"),
    "no tensors": lambda folder: (folder / "heads.safetensors").unlink(),
    "cut tensors": lambda folder: (folder / "heads.safetensors").write_bytes(b"\0" * 20),
    "another format": lambda folder: _other(folder, format=99),
    "impossible sizes": lambda folder: _other(folder, medusa={"heads": -1, "rank": 3}),
    "foreign key": lambda folder: _other(folder, extra=1),
    "other sizes": lambda folder: _other(folder, medusa={"heads": 9, "rank": 3}),
    "a tensor is missing": _without_a_tensor,
    "misshapen": _misshapen,
    "no numbers": _no_numbers,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_damaged_heads_are_named_in_one_line_and_left_out(target, rng, fault):
    folder = make_heads(target / "heads", target, rng)
    fault(folder)
    pair = Pair.load(target, device="cpu", dtype="float32")
    (notice,) = pair.notices
    assert notice.startswith("slower, without the heads: ")
    assert notice.endswith("train them anew with `dictate train heads`")
    assert "\n" not in notice


def test_a_folder_that_is_named_must_be_there(target, tmp_path):
    pair = Pair.load(target, device="cpu", dtype="float32", heads=tmp_path / "nowhere")
    assert "nowhere" in pair.notices[0]
    with pytest.raises(HeadsError, match="nowhere"):
        read_heads(tmp_path / "nowhere")
