"""Whatever comes in, out comes a finite result or a StatError: never another exception, a warning, or NaN."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatebot.stats import (
    binomial,
    bootstrap,
    calibration,
    contrast,
    discovery,
    eprocess,
    influence,
    levels,
    multiplicity,
    noise,
    power,
    quantile,
    ranked,
    stability,
)
from gatebot.stats.arrays import StatError

Floats = NDArray[np.float64]

numbers = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e-300, 5e-324, 1e99, -1e99, 1e200, math.nan, math.inf, -math.inf]),
    st.floats(-10, 10),
)
lengths = st.sampled_from([0, 1, 2, 3, 25])


@st.composite
def vectors(draw: st.DrawFn, n: int | None = None) -> Floats:
    n = draw(lengths) if n is None else n
    if draw(st.booleans()):
        return np.full(n, draw(numbers))
    return np.array(draw(st.lists(numbers, min_size=n, max_size=n)), dtype=np.float64)


@st.composite
def tables(draw: st.DrawFn) -> Floats:
    runs, n = draw(st.sampled_from([0, 1, 2, 3])), draw(lengths)
    return np.array([draw(vectors(n)) for _ in range(runs)]).reshape(runs, n)


def _number(value: object) -> bool:
    """No NaN; infinity is allowed."""
    return not math.isnan(value) if isinstance(value, float) else finite(value)


def finite(result: object) -> bool:
    """No NaN anywhere, and infinity only as degrees of freedom."""
    match result:
        case contrast.Contrast():
            return math.isfinite(result.delta) and math.isfinite(result.se) and result.df > 0
        case noise.Ledger() | noise.Pairing() | stability.Instability():
            return all(_number(getattr(result, field.name)) for field in fields(result))
        case tuple() | list():
            return all(finite(each) for each in result)
        case np.ndarray():
            return bool(np.isfinite(result).all())
        case float() | int():
            return math.isfinite(result)
    return result is None or is_dataclass(result)


def weighted_mean(values: Floats) -> Callable[[Floats], float]:
    def statistic(weights: Floats) -> float:
        with np.errstate(all="ignore"):
            return float(weights @ values / weights.sum())

    return statistic


@pytest.mark.whole
@given(data=st.data())
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("estimand", list(contrast.Estimand))
def test_contrasts(data: st.DataObject, relative: bool, estimand: contrast.Estimand) -> None:
    base, head = data.draw(tables()), data.draw(tables())
    clusters = data.draw(st.none() | vectors())
    ledger = data.draw(st.none() | vectors())
    base_values, head_values = (data.draw(vectors(table.shape[0])) for table in (base, head))
    with suppress(StatError):
        found = contrast.pair(
            base_values,
            head_values,
            base,
            head,
            clusters=clusters,
            ledger=ledger,
            relative=relative,
            estimand=estimand,
            step=1.0,
        )
        assert finite([found, found.lower(0.01), found.upper(0.01), found.p_worse(), found.p_held(0.1)])
    with suppress(StatError):
        assert finite(contrast.single(head_values, head, 0.5, clusters=clusters, ledger=ledger, estimand=estimand))


class Drawn(NamedTuple):
    """Three vectors of one length."""

    x: Floats
    y: Floats
    z: Floats


CALLS: dict[str, Callable[[Drawn], object]] = {
    "auc": lambda d: ranked.auc(d.x > 0, d.y, least=1),
    "weighted auc": lambda d: ranked.auc(d.x > 0, d.y, d.z, least=1),
    "average precision": lambda d: ranked.average_precision(d.x > 0, d.y, d.z, least=1),
    "auc interval": lambda d: ranked.auc_interval(np.tile(d.x, 10) > 0, np.tile(d.y, 10)),
    "mean": lambda d: influence.mean(d.x, d.y),
    "ratio": lambda d: influence.ratio(d.x, d.y, d.z),
    "smooth": lambda d: influence.smooth(np.stack([d.x, d.y]), lambda m: math.sqrt(m[0]) / m[1]),
    "ledger": lambda d: noise.Ledger.of(d.x),
    "row variance": lambda d: noise.row_variance(d.x, d.y),
    "instability": lambda d: stability.instability(d.x, noise.Ledger(float(np.abs(d.y).sum()), 3)),
    "bins": lambda d: calibration.calibration_error(calibration.bins(d.x > 0, d.y, 3), times=5),
    "recalibration": lambda d: calibration.recalibration(d.x > 0, d.y),
    "resample": lambda d: bootstrap.resample(weighted_mean(d.x), d.x.size, strata=d.y, times=3),
    "counts": lambda d: bootstrap.resample_counts(d.x, lambda c: c[:, 0], times=3),
    "percentile": lambda d: bootstrap.percentile(d.x),
    "bca": lambda d: bootstrap.bca(d.x, 0.5, d.y),
    "upper quantile": lambda d: quantile.upper(d.x, 0.5),
    "slowdown": lambda d: quantile.slowdown(np.tile(d.x, (10, 1)), np.tile(d.y, (10, 1)), 0.9, times=3),
    "wealth": lambda d: eprocess.log_wealth(d.x, 0.0),
    "anytime bound": lambda d: eprocess.lower(d.x, 0.05),
    "holm": lambda d: multiplicity.holm(d.x, d.y),
    "bh": lambda d: multiplicity.benjamini_hochberg(d.x),
    "by": lambda d: multiplicity.benjamini_yekutieli(d.x),
    "e-bh": lambda d: multiplicity.e_benjamini_hochberg(d.x, 0.1),
    "discover": lambda d: discovery.discover(
        (np.stack([d.x, d.y], 1) > 0).astype(int), d.z, discovery.Search(depth=3, fewest=1)
    ),
    "levels": lambda d: levels.binned(d.x, d.y),
    "proportion": lambda d: binomial.wilson(int(np.count_nonzero(d.x)), d.y.size),
    "tango": lambda d: binomial.tango(int(np.count_nonzero(d.x)), int(np.count_nonzero(d.y)), d.z.size),
    "settle": lambda d: (
        power.settle(contrast.Spread(float(d.x[0]), abs(float(d.y[0])), 9.0, 10), 0.02) if d.x.size else None
    ),
}


@pytest.mark.whole
@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
def test_everything_else(name: str, data: st.DataObject) -> None:
    n = data.draw(lengths)
    drawn = Drawn(*(data.draw(vectors(n)) for _ in range(3)))
    with suppress(StatError):
        assert finite(CALLS[name](drawn))
