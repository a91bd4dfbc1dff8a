from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from dictate.models.patience import asked_wait_s


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        (None, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"RateLimit": '"resolvers";r=0;t=55'}, 55.0),
        ({"RateLimit": '"resolvers";r=12;t=55'}, None),
    ],
)
def test_how_long_an_answer_asks_to_wait(headers: object, wait_s: float | None):
    assert asked_wait_s(headers) == wait_s


def test_a_date_to_wait_for():
    at = datetime.now(timezone.utc) + timedelta(seconds=30)
    found = asked_wait_s({"Retry-After": format_datetime(at, usegmt=True)})
    assert found is not None
    assert 25 < found <= 30
