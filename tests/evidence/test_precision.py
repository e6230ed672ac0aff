"""Precision is lost only where nobody can see it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.precision import rounded
from tests.evidence.evidence import same


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_rounding_a_probability_keeps_its_logarithm(values: list[float]) -> None:
    known = np.array(values)
    column = rounded({"score_yes": Numbers(known)})["score_yes"]
    assert isinstance(column, Numbers)
    assert ((column.values >= 0) & (column.values <= 1)).all()
    assert ((column.values > 0) == (known > 0)).all()
    seen = known >= np.finfo(np.float32).tiny
    np.testing.assert_allclose(np.log(column.values[seen]), np.log(known[seen]), rtol=0, atol=6e-8)


@pytest.mark.parametrize(
    "columns",
    [
        {"prediction": Numbers(np.array([0.1, 1 / 3, 1e300]))},
        {"score_yes": Numbers(np.array([0.1, 1.0000001, 0.5]))},
        {"score_yes": Numbers(np.array([0.1, -1e-9, 0.5]))},
        {"score_yes": Numbers(np.array([0.1, np.inf, np.nan]))},
        {"score_yes": Names(np.array([0, 1], dtype=np.int32), ("no", "yes"))},
    ],
)
def test_what_is_no_probability_is_not_rounded(columns: dict[str, Column]) -> None:
    assert same(rounded(columns), columns)


def test_rounding_twice_is_rounding_once() -> None:
    once = rounded({"score_yes": Numbers(np.array([1 / 3, 1e-50, np.nan]))})
    assert same(rounded(once), once)
