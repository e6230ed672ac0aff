import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.collect.reported_metrics import read
from gatebot.evidence.metrics_file import ReportedMetrics


def test_numbers_are_named_by_their_path() -> None:
    others = b'"ok": true, "note": "x", "list": [1, 2], "nan": NaN, "big": 1e999'
    assert read(b'{"accuracy": 0.9, "by": {"class": {"a": 1}}, ' + others + b"}") == ReportedMetrics(
        {"accuracy": 0.9, "by.class.a": 1.0}, {"accuracy": 0.1}, ("note",)
    )


@pytest.mark.parametrize(
    ("text", "value", "digit"),
    [
        ("0.93", 0.93, 0.01),
        ("0.930", 0.93, 0.001),
        ('"0.930"', 0.93, 0.001),
        ("0.8566666666666667", 0.8566666666666667, 1e-16),
        ("9.3e-1", 0.93, 0.01),
        ("1.25E2", 125.0, None),
        ("12.5", 12.5, 0.1),
        ("-0.5", -0.5, 0.1),
        ("1.0", 1.0, None),
        ("0", 0.0, None),
        ("2e-7", 2e-7, 1e-7),
    ],
)
def test_the_printed_precision_is_kept(text: str, value: float, digit: float | None) -> None:
    """A whole number may have lost its digits: 0.996 is 1.0 after it was rounded to two."""
    found = read(f'{{"a": {text}}}'.encode())
    assert isinstance(found, ReportedMetrics)
    assert found.values == {"a": value}
    assert found.digits == ({} if digit is None else {"a": pytest.approx(digit)})
    assert not list(found.flaws())


@given(st.floats(0.001, 1e6), st.integers(1, 12))
def test_what_was_rounded_lies_within_half_a_digit(value: float, digits: int) -> None:
    found = read(f'{{"a": {value:.{digits}f}}}'.encode())
    assert isinstance(found, ReportedMetrics)
    digit = found.digits.get("a", 1.0)
    assert abs(found.values["a"] - value) <= digit / 2 * (1 + 1e-6) + 1e-9


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_a_word(text: str) -> None:
    found = read(json.dumps({"a": text, "b": 1}).encode())
    assert isinstance(found, ReportedMetrics)
    assert ("a" in found.values) is (found.words == ()) or math.isinf(float(text))
    assert not list(found.flaws())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"3", "no number"),
        (b'{"a": null}', "no number"),
        (b'{"eval": {"accuracy": "ninety"}}', "a word, and no number, under eval.accuracy"),
        (b'{"%s": "ninety"}' % (b"a" * 500), "a" * 79 + "\u2026"),
        (b"{" + b",".join(b'"%d": 1' % n for n in range(1001)) + b"}", "1001 numbers"),
    ],
)
def test_what_claims_nothing_says_why(data: bytes, why: str) -> None:
    found = read(data)
    assert isinstance(found, str)
    assert why in found
