"""Cores are counted as idle by what other processes used of them."""

import pytest

from dictate.engine.idle_cores import IdleCores


class Machine:
    def __init__(self):
        self.now_s = 100.0
        self.others_s = 5_000.0

    def run(self, seconds, busy):
        self.now_s += seconds
        self.others_s += busy * seconds


@pytest.fixture
def machine():
    return Machine()


def watch(machine, cores):
    return IdleCores(cores, clock=lambda: machine.now_s, others_s=lambda: machine.others_s)


@pytest.mark.parametrize(
    ("cores", "busy", "idle"),
    [(2, 0.0, 2), (2, 0.3, 2), (2, 1.0, 1), (2, 2.0, 1), (8, 2.4, 6), (8, 20.0, 1), (1, 0.0, 1)],
)
def test_what_others_use_is_not_idle(machine, cores, busy, idle):
    watched = watch(machine, cores)
    machine.run(3.0, busy)
    assert watched.count() == idle


def test_a_stretch_too_short_to_tell_keeps_the_last_answer(machine):
    watched = watch(machine, 2)
    machine.run(1.0, 2.0)
    assert watched.count() == 1
    machine.run(0.01, 0.0)
    assert watched.count() == 1
    machine.run(1.0, 0.0)
    assert watched.count() == 2


def test_the_real_machine_answers_within_its_cores():
    assert 1 <= IdleCores(4).count() <= 4
