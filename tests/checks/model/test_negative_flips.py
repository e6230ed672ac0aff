from dataclasses import replace

import numpy as np
import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.decide.judge import judge
from gatebot.evidence.column import Codes, Names, Numbers
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import Predictions
from tests.checks.worlds import HARMLESS, SLICES, World, edited, facts, run, said, silent, weighed, world

CHECK = "model.negative_flips"


def _swapped(what: World, rows: int) -> World:
    """Head is as good as base, on other rows: some that were right are wrong, and as many the other way round."""
    truth = what.head.truth
    assert truth is not None
    assert isinstance(truth.target, Names)
    labels: Codes = truth.target.codes

    def edit(each: Predictions) -> Predictions:
        was = each.columns["prediction"]
        assert isinstance(was, Names)
        codes = was.codes.copy()
        right = np.flatnonzero(codes == labels)[:rows]
        wrong = np.flatnonzero(codes != labels)[:rows]
        codes[right], codes[wrong] = 1 - labels[right], labels[wrong]
        return replace(each, columns={**each.columns, "prediction": Names(codes, was.names)})

    return replace(what, head=edited(what.head, predictions=edit))


FAULT = _swapped(world(confirm=True, slices=SLICES, rows=4000), 400)


def test_equally_good_models_that_disagree_are_told() -> None:
    planted = _swapped(world(confirm=True), 200)
    found = weighed(CHECK, planted)["flips"]
    assert (found.status, found.priority, found.action) == (Status.NEW, Priority.P1, Action.BLOCK)
    known = facts(CHECK, planted, "flips")
    assert known["rows"] == 2000
    assert known["count"] > 150 > known["churn"]
    assert len(known["ids"]) == 20


def test_flips_of_the_smoke_tier_alone_only_warn_and_want_more_rows() -> None:
    planted = _swapped(world(), 200)
    found = weighed(CHECK, planted)["flips"]
    assert (found.action, found.priority) == (Action.WARN, Priority.P1)
    assert "not confirmed" in found.why_priority
    assert "flips" in {want.measure for want in judge(planted.case()).wants}


def test_slices_are_looked_at_by_themselves() -> None:
    planted = world(loss=0.15, loss_in="region=south", slices=SLICES, confirm=True, rows=4000)
    assert "flips@region=south" in said(CHECK, planted)
    assert "flips@region=north" not in said(CHECK, planted)


@pytest.mark.parametrize("noise", range(20))
def test_seeds_of_models_that_disagree_with_themselves_are_silent(noise: int) -> None:
    assert silent(CHECK, world(noise=noise, churn=(0.1, 0.2, 0.3, 0.5)[noise % 4], skill=0.75, slices=SLICES))


def test_what_any_two_seeds_of_base_flip_is_noise() -> None:
    planted = _swapped(world(confirm=True), 200)
    odd = planted.plus(Side.BASE, {_CONFIRM[4]: planted.head.evidence[_CONFIRM[0]]})
    assert said(CHECK, planted) == {"flips": Status.NEW}
    assert silent(CHECK, odd)


_CONFIRM = Effort().predictions(Side.HEAD, Tier.CONFIRM)


def test_one_run_of_base_says_nothing_of_seeds() -> None:
    planted = _swapped(world(seeds=1), 400)
    alone = planted.minus(Side.BASE, *replace(planted.effort, smoke_seeds=5).predictions(Side.BASE)[1:])
    assert silent(CHECK, alone)


def test_the_margin_is_a_setting() -> None:
    planted = _swapped(world(confirm=True), 200).comparison()
    assert not run(CHECK, planted, margin=0.2)


@pytest.mark.parametrize("task", ["regression", "scores"])
def test_tasks_without_right_and_wrong_have_no_flips(task: str) -> None:
    assert silent(CHECK, world(task=task, loss=0.3))


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


def _weighed(what: World, weights: np.ndarray) -> World:
    """Rows of base stand for so many."""
    truth = what.base.truth if what.base is not None else None
    assert truth is not None
    assert what.base is not None
    return replace(what, base=replace(what.base, truth=replace(truth, weight=Numbers(weights))))


def test_rows_that_stand_for_few_count_for_little() -> None:
    planted = _swapped(world(confirm=True), 200)
    truth = planted.head.truth
    assert truth is not None
    flipped = set(facts(CHECK, planted, "flips")["ids"])
    rows = len(truth.ids)
    light = np.where(np.arange(rows) < rows // 4, 0.05, 1.0)  # the first ones are those that were swapped
    assert flipped
    assert silent(CHECK, _weighed(planted, light))
    assert said(CHECK, _weighed(planted, np.full(rows, 2.5))) == said(CHECK, planted)
