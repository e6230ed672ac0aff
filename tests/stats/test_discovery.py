from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast, row_variance
from gatebot.stats.discovery import NEARLY, OVERLAP, Search, Slice, discover, half
from gatebot.stats.multiplicity import holm

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
def test_a_planted_slice_is_found_and_nothing_that_merely_holds_part_of_it(levels: tuple[tuple[int, int], ...]) -> None:
    codes, d = planted(1, levels, 0.4, n=12_000)
    searched = half(np.arange(d.size))
    found = discover(codes[searched], d[searched], Search(depth=3, fewest=50, faintest=3.0))
    assert found[0].levels == levels
    assert not any(set(each.levels) & set(levels) for each in found[1:])
    assert proven(found, codes[~searched], d[~searched])[0] < 0.0025


@pytest.mark.whole
@pytest.mark.parametrize("depth", [1, 2, 3])
@given(st.integers(0, 500), st.sampled_from([0.0, 1.0, 2.0, 3.0]))
def test_against_looking_at_every_slice(depth: int, seed: int, faintest: float) -> None:
    codes, d = planted(seed, ((1, 0), (2, 0), (3, 1)) if seed % 2 else ((0, 1),), 0.5, n=400 * (1 + seed % 3))
    codes, d = codes[:, :4], np.where(d < 0, d * (1 + seed % 4), d)
    codes[::7, 1] = -1
    best = discover(codes, d, Search(depth=depth, fewest=20, most=1, faintest=faintest))
    shared = min(d.mean(), 0)
    bad: dict[tuple[tuple[int, int], ...], tuple[float, float, int]] = {}
    for size in range(1, depth + 1):
        for chosen in combinations(range(4), size):
            for levels in np.ndindex(*(4,) * size):
                named = tuple(zip(chosen, levels, strict=True))
                part = d[Slice(named, 0, 0, 0).members(codes)]
                if part.size >= 20 and part.mean() < shared and part.mean() <= 0:
                    spread = (part.var() * part.size + 10 * d.var(ddof=1)) / (part.size + 9)
                    z = (part.mean() - shared) / np.sqrt(spread / part.size)
                    if z <= -faintest:
                        bad[named] = z, part.mean(), part.size
    standing = [
        (z, n)
        for named, (z, mean, n) in bad.items()
        if all(
            mean - bad[wider][1] <= -faintest * (mean - shared) / z
            for size in range(1, len(named))
            for wider in combinations(named, size)
            if wider in bad
        )
    ]
    assert [(each.z, each.n) for each in best] == [pytest.approx(each) for each in sorted(standing)[:1]]
    for each in best:
        assert each.mean == pytest.approx(d[each.members(codes)].mean())


@given(st.integers(0, 500))
def test_slices_are_distinct(seed: int) -> None:
    codes, d = rows(seed, 600, 4, 3)
    codes[:, 3] = codes[:, 0]  # the same feature twice
    found = discover(codes, d, Search(fewest=20))
    for one, other in combinations(found, 2):
        a, b = one.members(codes), other.members(codes)
        assert (a & b).sum() <= OVERLAP * (a | b).sum()
        assert not set(one.levels) < set(other.levels)
    assert len(found) <= 10
    assert [each.z for each in found] == sorted(each.z for each in found)


@given(st.integers(0, 500))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    codes, d = rows(seed, 300)
    order = np.random.default_rng(seed).permutation(300)
    there, back = discover(codes, d), discover(codes[order], d[order])
    assert [each.z for each in there] == pytest.approx([each.z for each in back])


def test_a_loss_that_all_rows_share_is_no_slices_own() -> None:
    codes, d = rows(4, 6000)
    shared = np.where(np.random.default_rng(0).random(d.size) < 0.1, -1.0, d)
    assert discover(codes, shared, Search(faintest=4.0)) == []
    _, more = planted(4, ((2, 1),), 0.3, n=6000)
    both = np.where(np.random.default_rng(0).random(d.size) < 0.1, -1.0, more)
    assert [each.levels for each in discover(codes, both, Search(faintest=4.0))] == [((2, 1),)]


def test_faint_and_small_losses_are_not_worth_a_name() -> None:
    codes, d = planted(5, ((2, 1),), 0.2, n=6000)
    (found,) = discover(codes, d, Search(faintest=4.0))
    assert found.z <= -4.0
    assert discover(codes, d, Search(faintest=-found.z + 0.1)) == []
    assert discover(codes[:, [2]], d, Search(faintest=4.0, smallest=-found.mean - 0.01)) == [found_in(found, 0)]
    assert discover(codes[:, [2]], d, Search(faintest=4.0, smallest=-found.mean + 0.01)) == []


def found_in(one: Slice, feature: int) -> Slice:
    """The same single level as another feature."""
    return replace(one, levels=((feature, one.levels[0][1]),))


def test_what_is_looked_at_anyway_is_left_out_with_what_it_explains() -> None:
    codes, d = planted(6, ((2, 1),), 0.4, n=6000)
    other = np.random.default_rng(1).integers(0, 3, (d.size, 1))
    assert [each.levels for each in discover(codes, d, Search(faintest=3.5), known=other)] == [((2, 1),)]
    assert discover(codes, d, Search(faintest=3.5), known=codes[:, [2]]) == []
    assert discover(np.delete(codes, 2, axis=1), d, Search(faintest=3.5), known=codes[:, [2]]) == []
    nearly = codes[:, 2].copy()
    nearly[np.random.default_rng(2).random(d.size) < (1 - NEARLY) / 3] = -1
    assert discover(codes, d, Search(faintest=3.5), known=nearly[:, None]) == []


def proven(found: list[Slice], codes: Ints, d: Floats) -> Floats:
    """p-values on other rows, adjusted for all that were found."""
    parts = [d[each.members(codes)] for each in found]
    known = [(float(part.mean()), *row_variance(part), part.size) for part in parts if part.size >= 50]
    return holm([Contrast(mean, np.sqrt(v + 4 / n**2), df).p_worse() for mean, v, df, n in known] or [1.0])


def false_alarms(times: int, *, honest: bool) -> float:
    """How often harmless changes are accused at 5 %; not honest: on the rows that were searched."""
    alarms = 0
    for seed in range(times):
        codes, d = rows(seed, 2000)
        searched = half(np.arange(d.size) + 10_000 * seed)
        found = discover(codes[searched], d[searched])
        rest = ~searched if honest else searched
        alarms += bool((proven(found, codes[rest], d[rest]) < 0.05).any())
    return alarms / times


def test_an_honest_split_gives_no_more_false_alarms_than_it_says() -> None:
    assert false_alarms(100, honest=True) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 100)


def test_without_it_nearly_every_harmless_change_is_accused() -> None:
    codes, d = rows(0, 2000)
    worst = min(
        Contrast(float(d[inside].mean()), np.sqrt(row_variance(d[inside])[0])).p_worse()
        for first, second in combinations(range(6), 2)
        for levels in np.ndindex(4, 4)
        if (inside := Slice(((first, levels[0]), (second, levels[1])), 0, 0, 0).members(codes)).sum() >= 50
    )
    assert worst < 0.05 / 2


@pytest.mark.simulation
def test_false_alarms_in_full() -> None:
    assert false_alarms(3000, honest=True) <= 0.06


def power(times: int, n: int = 5000) -> float:
    """How often a slice of a tenth of the rows that loses 15 points is found and proven at the strictest level."""
    hits = 0
    for seed in range(times):
        rng = np.random.default_rng(seed)
        codes, d = rows(seed, n, 15, 6)
        codes[:, 7] = rng.choice(6, n, p=[0.1, 0.3, 0.2, 0.2, 0.1, 0.1])
        d = np.where((codes[:, 7] == 0) & (rng.random(n) < 0.15), -1.0, d)
        searched = half(np.arange(n) + 10_000 * seed)
        found = discover(codes[searched], d[searched], Search(faintest=3.0, smallest=0.01))
        found = [each for each in found if each.members(codes[~searched]).sum() >= 50]
        p = proven(found, codes[~searched], d[~searched])
        hits += any(each.levels == ((7, 0),) and p[k] < 0.00125 for k, each in enumerate(found))
    return hits / times


def test_a_tenth_of_the_rows_that_loses_15_points_is_found() -> None:
    assert power(20) >= 0.85


@pytest.mark.simulation
def test_power_in_full() -> None:
    assert power(500) >= 0.9


def test_nothing_to_find() -> None:
    codes, d = rows(1, 200)
    assert discover(codes, np.zeros(200)) == []
    assert discover(codes, np.abs(d)) == []
    assert discover(codes[:10], d[:10]) == []
    assert discover(codes[:1], d[:1], Search(fewest=1)) == []
    assert discover(np.full((200, 2), -1), d) == []
    assert discover(np.empty((200, 0), int), d) == []


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
        discover(np.zeros((5, 2), int), np.ones(5), Search(depth=4))
