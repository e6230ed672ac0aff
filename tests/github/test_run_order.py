"""Which of two runs is newer, told from what they left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.github.run_order import RunOrder, home_of

HOME = "https://github.com/octo/model/actions/runs/"
RUNS = st.builds(RunOrder, *[st.integers(0, 10**15), st.integers(1, 10**5)] * 2)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("7.1", "8.1"),
        ("7.1", "7.2"),
        ("7.9", "7.10"),
        ("99.1", "100.1"),
        ("7.2", "8.1"),
        ("7.1", "7.1.9.1"),
        ("7.1.9.1", "7.2"),
        ("7.1.9.1", "8.1"),
        ("7.1.9.1", "7.1.10.1"),
        ("7.1.9.1", "7.1.9.2"),
        ("7.1.12.1", "8.1.11.1"),
    ],
)
def test_the_order_of_runs(older: str, newer: str) -> None:
    one, other = RunOrder.of_text(older), RunOrder.of_text(newer)
    assert one is not None
    assert other is not None
    assert one < other


@given(RUNS)
def test_what_a_run_leaves_tells_its_order(order: RunOrder) -> None:
    url = order.url(f"{HOME}{order.judge_id}/attempts/{order.judge_attempt}")
    assert RunOrder.of_text(order.text) == order
    assert RunOrder.of_url(url, url) == order
    assert home_of(url) == HOME


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (f"{HOME}7", "7.1"),
        (f"{HOME}7/attempts/3", "7.3"),
        (f"{HOME}9/attempts/1#evidence-7.2", "7.2.9.1"),
        (f"{HOME}9/attempts/1#evidence-7", None),
        (f"{HOME}9/attempts/1\n", None),
        (f"{HOME}9/attempts/1?x=1", None),
        (f"{HOME}{'9' * 19}", None),
        (HOME.replace("octo", "other") + "9", None),
        (HOME.replace("github.com", "github.example") + "9", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_addresses(url: str, text: str | None) -> None:
    found = RunOrder.of_url(url, f"{HOME}1/attempts/1")
    assert (found.text if found else None) == text


@pytest.mark.parametrize("text", ["", "7", "7.1.9", "7.1.9.1.1", "a.b", "7.1\n", "-7.1", "7.1e3"])
def test_texts_that_say_nothing(text: str) -> None:
    assert RunOrder.of_text(text) is None
