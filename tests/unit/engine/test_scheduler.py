import threading
import time
from collections.abc import Callable, Iterator

import pytest

from dictate.engine.scheduler import Cancelled, Scheduler


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    made = Scheduler(lambda: None)
    yield made
    made.close(5.0)


class Gate:
    """Work that says when it runs and ends when it is let go or cancelled."""

    def __init__(self) -> None:
        self.running = threading.Event()
        self.go = threading.Event()

    def __call__(self, cancelled: Cancelled) -> str:
        self.running.set()
        while not self.go.wait(0.001):
            if cancelled():
                raise InterruptedError
        return "gate"


def noting(order: list[str], name: str) -> Callable[[Cancelled], str]:
    def work(_: Cancelled) -> str:
        order.append(name)
        return name

    return work


def test_finals_keep_their_order_and_pass_hypotheses(scheduler: Scheduler):
    order: list[str] = []
    gate = Gate()
    scheduler.final("a", gate)
    gate.running.wait(30)
    guess = scheduler.hypothesis("a", noting(order, "guess"))
    finals = [scheduler.final(owner, noting(order, owner)) for owner in "bcd"]
    gate.go.set()
    assert guess.result(30) == "guess"
    assert [final.result(30) for final in finals] == ["b", "c", "d"]
    assert order == ["b", "c", "d", "guess"]


def test_a_final_interrupts_a_running_hypothesis(scheduler: Scheduler):
    gate = Gate()
    guess = scheduler.hypothesis("a", gate)
    gate.running.wait(30)
    assert scheduler.final("b", lambda _: 1).result(30) == 1
    assert guess.result(30) is None


def test_a_newer_hypothesis_replaces_the_waiting_one_of_its_owner_only(scheduler: Scheduler):
    gate = Gate()
    scheduler.final("x", gate)
    gate.running.wait(30)
    old = scheduler.hypothesis("a", lambda _: "old")
    other = scheduler.hypothesis("b", lambda _: "other")
    new = scheduler.hypothesis("a", lambda _: "new")
    assert old.result(30) is None
    gate.go.set()
    assert (new.result(30), other.result(30)) == ("new", "other")


def test_forgetting_an_owner_drops_and_interrupts_its_work_only(scheduler: Scheduler):
    gate = Gate()
    running = scheduler.final("a", gate)
    gate.running.wait(30)
    waiting = scheduler.final("a", lambda _: "never")
    guess = scheduler.hypothesis("a", lambda _: "never")
    other = scheduler.final("b", lambda _: "b")
    scheduler.forget("a")
    assert [future.result(30) for future in (running, waiting, guess)] == [None] * 3
    assert other.result(30) == "b"


def test_faults_reach_whoever_waits_and_the_thread_lives_on(scheduler: Scheduler):
    def fail(_: Cancelled) -> None:
        raise KeyError("x")

    failed = scheduler.final("a", fail)
    with pytest.raises(KeyError):
        failed.result(30)
    assert scheduler.final("a", lambda _: 2).result(30) == 2


def test_work_waits_for_the_preparation():
    prepared = threading.Event()
    scheduler = Scheduler(lambda: prepared.wait(30) and None)
    final = scheduler.final("a", lambda _: 1)
    time.sleep(0.05)
    assert not final.done()
    prepared.set()
    assert final.result(30) == 1
    scheduler.close(5.0)


def test_closing_ends_everything_at_once():
    scheduler = Scheduler(lambda: None)
    gate = Gate()
    running = scheduler.final("a", gate)
    gate.running.wait(30)
    waiting = scheduler.hypothesis("a", lambda _: 1)
    start = time.monotonic()
    scheduler.close(60.0)
    assert time.monotonic() - start < 30.0
    assert (running.result(30), waiting.result(30)) == (None, None)


def test_a_preview_takes_its_turn_among_finals_and_a_newer_one_replaces_it(scheduler: Scheduler):
    order: list[str] = []
    gate = Gate()
    scheduler.final("a", gate)
    gate.running.wait(30)
    first = scheduler.preview("b", noting(order, "old"))
    scheduler.final("c", noting(order, "final"))
    second = scheduler.preview("b", noting(order, "new"))
    gate.go.set()
    assert (first.result(30), second.result(30)) == (None, "new")
    assert order == ["final", "new"]


def test_a_preview_interrupts_hypotheses_and_is_dropped_while_it_runs(scheduler: Scheduler):
    guessing, previewing = Gate(), Gate()
    guess = scheduler.hypothesis("a", guessing)
    guessing.running.wait(30)
    preview = scheduler.preview("b", previewing)
    assert guess.result(30) is None
    previewing.running.wait(30)
    scheduler.drop_hypothesis("b")
    final = scheduler.final("a", lambda _: 1)
    assert not preview.done(), "a final of another waits for it, as for a final"
    scheduler.drop_preview("b")
    assert (preview.result(30), final.result(30)) == (None, 1)
