"""What head shows without a base: every declared metric with its interval, in each tier, beside the trivial model."""

import pytest

from gatebot.checks.values import Value, values
from gatebot.evidence.need import Tier
from tests.checks.worlds import SLICES, World, world

ALONE = world().without_base()


def shown(what: World) -> dict[tuple[str, str | None, Tier], Value]:
    return {(each.metric, each.slice, each.tier): each for each in values(what.comparison())}


def test_the_tasks_own_metrics_are_shown_where_none_is_declared() -> None:
    found = shown(ALONE)["accuracy", None, Tier.SMOKE]
    assert found.value == pytest.approx(0.85, abs=0.03)
    assert found.low is not None
    assert found.high is not None
    assert 0.005 < found.high - found.low < 0.1
    assert found.low < found.value < found.high
    assert (found.rows, found.seeds) == (2000, 2)


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        (ALONE.ruled(metrics=[{"metric": "accuracy"}]), [("accuracy", None)]),
        (
            world(slices=SLICES).without_base().ruled(metrics=[{"metric": "accuracy", "slice": "region"}]),
            [("accuracy", f"region={name}") for name in SLICES["region"]],
        ),
        (world(scores=False).without_base().ruled(metrics=[{"metric": "log_loss"}]), []),
        (world(task="regression").without_base().ruled(metrics=[{"metric": "mae"}]), [("mae", None)]),
    ],
)
def test_what_is_declared_is_shown_if_it_has_a_value(what: World, wanted: list[tuple[str, str | None]]) -> None:
    assert sorted((metric, part) for metric, part, _ in shown(what)) == sorted(wanted, key=str)


def test_tiers_are_told_apart() -> None:
    found = shown(world(confirm=True).without_base().ruled(metrics=[{"metric": "accuracy"}]))
    assert {tier for *_, tier in found} == set(Tier)


def test_one_seed_has_the_interval_of_its_rows() -> None:
    one = shown(world(seeds=1).without_base())["accuracy", None, Tier.SMOKE]
    assert (one.seeds, one.low is not None) == (1, True)


def test_more_rows_are_surer() -> None:
    widths = []
    for rows in (400, 4000):
        one = shown(world(rows=rows).without_base())["accuracy", None, Tier.SMOKE]
        assert one.low is not None
        assert one.high is not None
        widths.append(one.high - one.low)
    assert widths[0] > 2 * widths[1]
