import pytest

from gatebot.collect.reported_metrics import read
from gatebot.evidence.metrics_file import ReportedMetrics


def test_numbers_are_named_by_their_path() -> None:
    others = b'"ok": true, "note": "x", "list": [1, 2], "nan": NaN, "big": 1e999'
    assert read(b'{"accuracy": 0.9, "by": {"class": {"a": 1}}, ' + others + b"}") == ReportedMetrics(
        {"accuracy": 0.9, "by.class.a": 1.0}
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"3", "no number"),
        (b'{"a": "b"}', "no number"),
        (b"{" + b",".join(b'"%d": 1' % n for n in range(1001)) + b"}", "1001 numbers"),
    ],
)
def test_what_claims_nothing_says_why(data: bytes, why: str) -> None:
    found = read(data)
    assert isinstance(found, str)
    assert why in found
