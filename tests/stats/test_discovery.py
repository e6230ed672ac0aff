from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatebot.stats.arrays import StatError
from gatebot.stats.discovery import Slice, discover, half, prove

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def rows(seed: int, n: int = 3000, features: int = 6, levels: int = 4) -> tuple[Ints, Floats]:
    """Harmless changes: 10 % of rows are decided otherwise, as often better as worse."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, levels, (n, features))
    return codes, rng.choice([-1.0, 0.0, 1.0], n, p=[0.05, 0.9, 0.05])


def planted(seed: int, levels: tuple[tuple[int, int], ...], loss: float = 0.3, n: int = 3000) -> tuple[Ints, Floats]:
    codes, d = rows(seed, n)
    inside = Slice(levels, 0, 0.0, 0.0).members(codes)
    hurt = np.random.default_rng(seed + 1).random(d.size) < loss
    return codes, np.where(inside & hurt, -1.0, d)


@pytest.mark.parametrize("levels", [((2, 1),), ((0, 3), (4, 2)), ((1, 0), (2, 0), (5, 3))])
def test_a_planted_slice_is_found_and_proven(levels: tuple[tuple[int, int], ...]) -> None:
    codes, d = planted(1, levels, 0.4, n=12_000)
    searched = half(np.arange(d.size))
    found = discover(codes[searched], d[searched], depth=3, fewest=50)
    assert found[0].levels == levels
    proofs = prove(found, codes[~searched], d[~searched], step=1)
    assert proofs[0].found.levels == levels
    assert proofs[0].p < 0.0025


@given(st.integers(0, 500), st.integers(1, 2))
def test_against_looking_at_every_slice(seed: int, depth: int) -> None:
    codes, d = rows(seed, 400, 4, 3)
    codes[::7, 1] = -1
    best = discover(codes, d, depth=depth, fewest=20, most=1)
    everything: list[tuple[float, int]] = []
    for size in range(1, depth + 1):
        for chosen in combinations(range(4), size):
            for levels in np.ndindex(*(3,) * size):
                inside = Slice(tuple(zip(chosen, levels, strict=True)), 0, 0, 0).members(codes)
                if inside.sum() >= 20 and d[inside].mean() < 0:
                    n = int(inside.sum())
                    spread = (d[inside].var() * n + 10 * d.var(ddof=1)) / (n + 9)
                    everything.append((d[inside].mean() / np.sqrt(spread / n), n))
    if not everything:
        assert best == []
        return
    assert (best[0].z, best[0].n) == pytest.approx(min(everything))
    assert best[0].mean == pytest.approx(d[best[0].members(codes)].mean())


@given(st.integers(0, 500))
def test_slices_are_distinct(seed: int) -> None:
    codes, d = rows(seed, 600, 4, 3)
    codes[:, 3] = codes[:, 0]  # the same feature twice
    found = discover(codes, d, depth=2, fewest=20)
    for one, other in combinations(found, 2):
        a, b = one.members(codes), other.members(codes)
        assert (a & b).sum() <= 0.5 * (a | b).sum()
        assert not set(one.levels) < set(other.levels)
    assert len(found) <= 10
    assert [each.z for each in found] == sorted(each.z for each in found)


@given(st.integers(0, 500))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    codes, d = rows(seed, 300)
    order = np.random.default_rng(seed).permutation(300)
    there, back = discover(codes, d), discover(codes[order], d[order])
    assert [each.z for each in there] == pytest.approx([each.z for each in back])


def false_alarms(times: int, *, honest: bool) -> float:
    alarms = 0
    for seed in range(times):
        codes, d = rows(seed, 2000)
        searched = half(np.arange(d.size) + 10_000 * seed)
        found = discover(codes[searched], d[searched])
        rest = ~searched if honest else searched
        proofs = prove(found, codes[rest], d[rest], step=1)
        alarms += any((proof.p if honest else proof.contrast.p_worse()) < 0.05 for proof in proofs)
    return alarms / times


def test_an_honest_split_gives_no_more_false_alarms_than_it_says() -> None:
    assert false_alarms(100, honest=True) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 100)
    assert false_alarms(20, honest=False) > 0.5


@pytest.mark.simulation
def test_false_alarms_in_full() -> None:
    assert false_alarms(3000, honest=True) <= 0.06


def test_clusters_make_the_proof_harder() -> None:
    codes, d = planted(2, ((2, 1),))
    found = discover(codes, d)
    repeated, copies = np.repeat(codes, 4, axis=0), np.repeat(d, 4)
    naive = prove(found, repeated, copies)[0]
    honest = prove(found, repeated, copies, clusters=np.repeat(np.arange(d.size), 4))[0]
    assert naive.contrast.se == pytest.approx(honest.contrast.se / 2, rel=0.01)


def test_slices_too_small_to_prove_drop_out() -> None:
    codes, d = planted(3, ((0, 0),))
    found = discover(codes, d)
    assert prove(found, codes[:60], d[:60]) == []
    assert prove([], codes, d) == []
    assert prove(found, codes, d, clusters=np.arange(d.size) % 19) == []


def test_nothing_to_find() -> None:
    codes, d = rows(1, 200)
    assert discover(codes, np.zeros(200)) == []
    assert discover(codes, np.abs(d)) == []
    assert discover(codes[:10], d[:10]) == []
    assert discover(np.full((200, 2), -1), d) == []


def test_halves_are_fair_and_keep_equal_hashes_together() -> None:
    ids = np.arange(10_000, dtype=np.uint64)
    assert half(ids).mean() == pytest.approx(0.5, abs=0.02)
    assert half(ids << np.uint64(32)).mean() == pytest.approx(0.5, abs=0.02)
    assert (half(ids) == half(ids.copy())).all()


@pytest.mark.parametrize(
    ("codes", "d"),
    [
        (np.zeros((5, 2), int), np.zeros(4)),
        (np.zeros(5, int), np.zeros(5)),
        (np.zeros((5, 2)), np.zeros(5)),
        (np.zeros((5, 2), int), np.full(5, np.nan)),
    ],
)
def test_shapes_that_do_not_match_are_refused(codes: Ints, d: Floats) -> None:
    with pytest.raises(StatError):
        discover(codes, d)
    with pytest.raises(StatError):
        discover(np.zeros((5, 2), int), np.ones(5), depth=4)
