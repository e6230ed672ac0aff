"""A view cuts each table once and lays runs side by side."""

import numpy as np

from gatebot.checks.row_views import Views, metric_of
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.own_score import OwnScore
from tests.checks.worlds import SLICES, scored, world

SLICED = world(slices=SLICES, groups=200)


def test_the_parts_of_a_column_are_all_rows_once() -> None:
    views = Views(SLICED.comparison())
    parts = views.of("region")
    assert [view.name for view in parts] == ["region=north", "region=south", "region=east"]
    assert sum(len(view.pairs(Tier.SMOKE).head[0]) for view in parts) == 2000
    ids = np.concatenate([view.pairs(Tier.SMOKE).head[0].ids for view in parts])
    assert len(np.unique(ids)) == 2000


def test_who_asks_again_gets_the_same() -> None:
    views = Views(SLICED.comparison())
    view = views.of("region")[0]
    assert views.of("region")[0] is view
    assert view.pairs(Tier.SMOKE).head[0] is view.pairs(Tier.SMOKE).head[0]
    assert view.pairs(Tier.SMOKE).base[0] is view.pairs(Tier.SMOKE).main[0]
    assert views.whole.pairs(Tier.SMOKE).head[0] is views.comparison.runs()[0].head


def test_runs_stand_side_by_side_and_main_has_them_all() -> None:
    tables = Views(SLICED.comparison()).whole.pairs(Tier.SMOKE)
    assert (len(tables.head), len(tables.base), len(tables.main)) == (2, 2, 5)
    alone = Views(SLICED.comparison()).whole.alone(Tier.SMOKE)
    assert (len(alone.head), len(alone.base), len(alone.main)) == (2, 0, 5)


def test_groups_are_cut_with_their_rows() -> None:
    view = Views(SLICED.comparison()).of("channel")[0]
    assert view.clusters is not None
    assert len(view.clusters) == len(view.pairs(Tier.SMOKE).head[0])


def test_an_unknown_column_has_no_parts() -> None:
    assert Views(SLICED.comparison()).of("colour") == ()


def test_subjects() -> None:
    views = Views(SLICED.comparison())
    assert views.whole.subject("accuracy") == "accuracy"
    assert views.of("region")[1].subject("accuracy") == "accuracy@region=south"


def test_own_metrics_are_cut_by_the_same_rows() -> None:
    rule = {"python": "metrics.py:cost", "direction": "lower"}

    def cost(_side: Side, _tier: Tier, _seed: int) -> OwnScore:
        rows = np.arange(2000, dtype=np.float64)
        return OwnScore(float(rows.mean()), rows)

    what = scored(world(slices=SLICES, metrics=(rule,)), "metrics.py:cost", cost).comparison()
    (declared,) = what.declared
    metric = metric_of(declared)
    parts = Views(what).of("region")
    values = [metric.value(view.pairs(Tier.SMOKE, declared.own).head[0]) for view in parts]
    sizes = [len(view.pairs(Tier.SMOKE).head[0]) for view in parts]
    assert np.dot(values, sizes) / 2000 == np.arange(2000).mean()
