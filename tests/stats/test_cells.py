import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gatebot.stats.cells import Cells


@given(st.integers(0, 10_000), st.integers(0, 40), st.sampled_from([(0,), (2, 1), (0, 1, 2)]), st.booleans())
def test_counts_and_sums_against_the_definition(seed: int, n: int, features: tuple[int, ...], gaps: bool) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.integers(-1 if gaps else 0, 3, (3, n))
    d = rng.choice([-1.0, 0.0, 0.5], n)
    cells = Cells.of(columns, d)
    counts, sums, squares = cells.counted(features)
    for cell, (count, total, squared) in enumerate(zip(counts, sums, squares, strict=True)):
        levels = cells.levels(features, cell)
        assert tuple(f for f, _ in levels) == features
        inside = np.all([columns[f] == level for f, level in levels], axis=0)
        assert (count, total, squared) == (inside.sum(), d[inside].sum(), np.square(d[inside]).sum())
    assert counts.sum() == (columns[list(features)] >= 0).all(axis=0).sum()
    assert cells.cell(columns, features).min(initial=0) >= -1
