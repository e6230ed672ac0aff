"""Quantities as people write them."""

import pytest

from gatebot.config.quantity import Margin, Share, parse_bytes, parse_duration, parse_margin, parse_rate, parse_rows


@pytest.mark.parametrize(("text", "seconds"), [("10m", 600), ("1.5h", 5400), ("50ms", 0.05), (3, 3), ("30d", 2592000)])
def test_duration(text: object, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(("text", "size"), [("4GiB", 2**32), ("500MB", 5 * 10**8), (12, 12), ("1.5kb", 1500)])
def test_bytes(text: object, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(("text", "rows"), [(2000, 2000), ("10%", Share(0.1)), ("100%", Share(1.0))])
def test_rows(text: object, rows: int | Share) -> None:
    assert parse_rows(text) == rows


@pytest.mark.parametrize(("text", "margin"), [(0.02, Margin(0.02)), ("5%", Margin(0.05, relative=True))])
def test_margin(text: object, margin: Margin) -> None:
    assert parse_margin(text) == margin


@pytest.mark.parametrize(("text", "rate"), [("1200/min", 20), ("3/s", 3), (5, 5)])
def test_rate(text: object, rate: float) -> None:
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("parse", [parse_duration, parse_bytes, parse_rows, parse_margin, parse_rate])
@pytest.mark.parametrize("text", ["", "x", "-1", "1 2", "nan", "inf", "1e400", True, None, [], {}, "5 parsecs"])
def test_what_is_no_quantity_is_refused(parse: object, text: object) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match=r"is not|is neither"):
        parse(text)
