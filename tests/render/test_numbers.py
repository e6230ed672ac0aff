"""Numbers keep their meaning: different ones look different, and what is not there is a dash."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.render.numbers import age, counted, duration, number, signed, size, together

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (math.nan, "—"),
        (math.inf, "—"),
        (-math.inf, "—"),
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        (True, "yes"),
        (False, "no"),
        (3, "3"),
        (-3, "−3"),
        (12345, "12,345"),
        (2.0, "2"),
        (2.125, "2.125"),
        (0.8614321, "0.8614"),
        (-0.5, "−0.5"),
        (1234.5678, "1,235"),
        (123456789.0, "123,456,789"),
        (1.234e-7, "1.23e−07"),
        (6.02e23, "6.02e+23"),
    ],
)
def test_one_number(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("values", "least", "texts"),
    [
        ([0.861, 0.842], 3, ["0.861", "0.842"]),
        ([0.91, 0.9100001], 3, ["0.9100000", "0.9100001"]),
        ([0.9, None, 0.9], 3, ["0.900", "—", "0.900"]),
        ([0.1 + 0.2, 0.3], 3, ["0.300", "0.300"]),
        ([412.25, 412.3], None, ["412.2", "412.3"]),
        ([1e-9, 2e-9], None, ["1.00e−09", "2.00e−09"]),
        ([0.0, -0.0001], 3, ["0.0000", "−0.0001"]),
        ([], None, []),
        ([None, math.nan], 3, ["—", "—"]),
    ],
)
def test_numbers_side_by_side(values: list[float | None], least: int | None, texts: list[str]) -> None:
    assert together(values, least) == texts


@given(FINITE, FINITE, st.sampled_from([None, 1, 3]))
def test_different_numbers_never_look_equal(one: float, other: float, least: int | None) -> None:
    first, second = together([one, other], least)
    differ = not math.isclose(one, other, rel_tol=1e-8, abs_tol=1e-299)
    if differ:
        assert first != second
    assert "-" not in first + second


@given(st.lists(FINITE | st.none(), max_size=6))
def test_every_number_has_a_text(values: list[float | None]) -> None:
    texts = together(values)
    assert len(texts) == len(values)
    assert [text == "—" for text in texts] == [value is None for value in values]


@pytest.mark.parametrize(("text", "with_sign"), [("1.2", "+1.2"), ("−1.2", "−1.2"), ("0.0", "0.0"), ("—", "—")])
def test_differences_have_a_sign(text: str, with_sign: str) -> None:
    assert signed(text) == with_sign


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "—"),
        (0, "0 ms"),
        (0.045, "45 ms"),
        (2.13, "2.13 s"),
        (59.96, "60 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (36_000, "10 h"),
    ],
)
def test_durations(seconds: float | None, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "—"),
        (0.0, "0 seconds"),
        (61.0, "1 minute"),
        (7200.0, "2 hours"),
        (86_400.0, "1 day"),
        (172_800.0, "2 days"),
    ],
)
def test_ages(seconds: float | None, told: str) -> None:
    assert age(seconds) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(None, "—"), (0, "0 B"), (999, "999 B"), (1_234_567, "1.23 MB"), (812.5e6, "812 MB"), (-5e3, "−5 kB")],
)
def test_sizes(count: float | None, told: str) -> None:
    assert size(count) == told


def test_counts_have_their_noun() -> None:
    assert [counted(1, "row"), counted(2, "row"), counted(2000, "pass", "passes")] == [
        "1 row",
        "2 rows",
        "2,000 passes",
    ]
