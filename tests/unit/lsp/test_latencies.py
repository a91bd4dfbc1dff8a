import pytest

from dictate.lsp.latencies import Latencies, percentile


def test_percentiles_are_values_that_were_measured():
    assert percentile([5.0], 95) == 5.0
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 50), percentile(values, 95)) == (50.0, 95.0)
    assert percentile([3.0, 1.0], 50) == 1.0


def test_nothing_is_claimed_before_the_first():
    latencies = Latencies()
    assert latencies.summary() is None
    assert latencies.stats() == {
        "count": 0, "lastMs": None, "p50Ms": None, "p95Ms": None, "maxMs": None, "stages": {},
    }  # fmt: skip


def test_the_whole_and_its_stages():
    latencies = Latencies()
    for total in (30.0, 50.0, 40.04):
        latencies.add({"total": total, "edit": total / 10})
    assert latencies.summary() == {"count": 3, "lastMs": 40.0, "p50Ms": 40.0, "p95Ms": 50.0}
    stats = latencies.stats()
    assert stats["maxMs"] == 50.0
    assert stats["stages"] == {"edit": {"p50Ms": 4.0, "p95Ms": 5.0}}
    for _ in range(1000):
        latencies.add({"total": 1.0})
    assert latencies.summary()["count"] == 500, "the latest"
    assert latencies.stats()["maxMs"] == pytest.approx(1.0)
