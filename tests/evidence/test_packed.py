"""Arrays are stored in the smallest type that gives them back bit for bit, as files that numpy reads."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from gatebot.evidence.packed import Array, Kind, npy, of_npy, restored, smallest

ARRAYS = st.sampled_from(Kind).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        hn.arrays(
            kind.value,
            st.integers(0, 20),
            elements={"min_value": -1} if kind is Kind.CODES else None,
        ),
    )
)


@given(ARRAYS)
def test_nothing_is_lost(case: tuple[Kind, Array]) -> None:
    kind, array = case
    found = restored(of_npy(npy(smallest(array, kind))), kind)
    assert found.dtype == array.dtype
    assert found.tobytes() == array.tobytes()


@given(ARRAYS)
def test_numpy_reads_it(case: tuple[Kind, Array]) -> None:
    kind, array = case
    stored = smallest(array, kind)
    found = np.load(io.BytesIO(npy(stored)), allow_pickle=False)
    assert found.dtype == stored.dtype
    assert found.tobytes() == stored.tobytes()


SMALLEST = [
    (Kind.CODES, [-1, 0, 254], "|u1"),
    (Kind.CODES, [-1, 0, 255], "<u2"),
    (Kind.CODES, [2**31 - 1], "<u4"),
    (Kind.HASHES, [0, 4], "|u1"),
    (Kind.HASHES, [2**64 - 1], "<u8"),
    (Kind.FLOATS, [0.5, float("nan"), float("inf"), -0.0], "<f4"),
    (Kind.FLOATS, [0.1], "<f8"),
    (Kind.FLOATS, [1e300], "<f8"),
    (Kind.FLOATS, [], "<f4"),
]


@pytest.mark.parametrize(("kind", "values", "dtype"), SMALLEST)
def test_the_smallest_type_is_taken(kind: Kind, values: list[float], dtype: str) -> None:
    assert smallest(np.array(values, dtype=kind.value), kind).dtype.str == dtype
