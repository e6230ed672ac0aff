"""Overconfidence that base lacks is found; learners' own noise, and what makes probabilities better, is not."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from gatebot.core.finding import Action, Priority, Skipped, Status
from gatebot.decide.judge import judge
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit
from gatebot.evidence.truth import Truth
from tests.checks.worlds import HARMLESS, OK, World, column, examined, facts, rows_of, run, said, silent, weighed, world
from tests.stats.learners import LEARNERS, Codes, Floats, Learner, rows

CHECK = "model.calibration"
CALIBRATED, UNDERCONFIDENT = LEARNERS[0], replace(LEARNERS[0], sharp=0.6)
SHARPER = {"logit x 1.5": 1.5, "temperature 0.6": 1 / 0.6}


def drawn(
    base: Learner,
    head: Learner,
    *,
    n: int = 2000,
    classes: int = 2,
    seeds: int = 2,
    runs: int = 5,
    noise: int = 0,
    rare: float = 0.0,
    confirm: bool = False,
) -> World:
    """Predictions of two learners; base has as many `runs` in the smoke tier, and five in the confirm tier."""
    rng = np.random.default_rng([noise, 77])
    names = tuple("abcdefgh"[:classes])
    truth, logits = rows(n, classes, rng, rare=rare)
    empty = world(rows=n, classes=names, seeds=seeds, confirm=confirm, noise=noise)
    ids = empty.head.truth.ids if empty.head.truth is not None else None
    assert ids is not None
    labels = Truth(ids, Names(truth.astype(np.int32), names))
    found = empty.both_with(truth=lambda _was: labels)
    left = [Predict(Fit(Side.BASE, Tier.SMOKE, seed)) for seed in range(max(runs, seeds), 5)]
    for side, learner in ((Side.BASE, base), (Side.HEAD, head)):
        smoke = 5 if side is Side.BASE else seeds
        fits = [Fit(side, Tier.SMOKE, seed) for seed in range(smoke)]
        fits += [Fit(side, Tier.CONFIRM, seed) for seed in range(5 if confirm else 0)]
        found = found.plus(side, {Predict(fit): told(ids, learner.probabilities(logits, rng), names) for fit in fits})
    return found.minus(Side.BASE, *left)


def told(ids: np.ndarray[tuple[int], np.dtype[np.uint64]], p: Floats, names: Sequence[str]) -> Predictions:
    return Predictions(OK, ids, {f"score_{name}": Numbers(p[:, code].copy()) for code, name in enumerate(names)})


def sharper(learner: Learner, factor: float) -> Learner:
    return replace(learner, sharp=learner.sharp * factor)


def rounded(each: Predictions) -> Predictions:
    """1 for the most probable class and 0 for the others."""
    scores = np.stack([was.values for was in each.columns.values() if isinstance(was, Numbers)])
    certain = scores == scores.max(axis=0)
    return replace(each, columns={name: Numbers(certain[at] * 1.0) for at, name in enumerate(each.columns)})


FAULT = drawn(CALIBRATED, replace(sharper(CALIBRATED, 1.5), bias=0.9), n=5000, confirm=True)


def test_both_faults_at_once_are_told_by_themselves() -> None:
    assert set(said(CHECK, FAULT)) == {"overconfidence", "shift"}


@pytest.mark.parametrize("factor", SHARPER.values(), ids=SHARPER)
@pytest.mark.parametrize("classes", [2, 4])
def test_sharpened_probabilities_are_found(factor: float, classes: int) -> None:
    planted = drawn(CALIBRATED, sharper(CALIBRATED, factor), n=5000, classes=classes, confirm=True)
    found = weighed(CHECK, planted)["overconfidence"]
    assert (found.status, found.priority, found.action) == (Status.NEW, Priority.P2, Action.WARN)
    known = facts(CHECK, planted, "overconfidence")
    assert known["base"] == pytest.approx(0.97, abs=0.06)
    assert known["head"] == pytest.approx(known["base"] / factor, rel=0.05)
    assert known["head_low"] < known["head"] < known["head_high"] < 1
    assert known["difference_low"] < known["head"] - known["base"] < known["difference_high"] < 0
    assert known["base_error"] < known["base_error_upper"] < known["head_error"]
    assert known["base_error_upper"] < known["head_error_upper"]
    assert (known["rows"], known["seeds"], known["of"]) == (5000, 5, "b" if classes == 2 else None)


@pytest.mark.parametrize(("bias", "what"), [(0.7, "too much"), (-0.7, "too little")])
def test_a_class_that_is_told_too_often_or_too_rarely_is_found(bias: float, what: str) -> None:
    planted = drawn(CALIBRATED, replace(CALIBRATED, bias=bias), n=5000, rare=2.0, confirm=True)
    assert said(CHECK, planted) == {"shift": Status.NEW}
    known = facts(CHECK, planted, "shift")
    assert known["what"] == what
    assert known["head"] == pytest.approx(-bias, abs=0.15)
    assert known["base_told"] == pytest.approx(known["base_true"], abs=0.03)
    assert (known["head_told"] > known["head_true"] + 0.05) is (bias > 0)


def test_smoke_evidence_warns_and_asks_for_the_confirm_tier() -> None:
    planted = drawn(CALIBRATED, sharper(CALIBRATED, 2.0), n=5000)
    found = weighed(CHECK, planted)["overconfidence"]
    assert found.action is Action.WARN
    assert "overconfidence" in {want.measure for want in judge(planted.case()).wants}


def test_the_confirm_tier_decides_where_it_is_there() -> None:
    planted = drawn(CALIBRATED, sharper(CALIBRATED, 2.0), n=5000, confirm=True)
    calm = drawn(CALIBRATED, CALIBRATED, n=5000, confirm=True)
    smoke = {Predict(Fit(Side.HEAD, Tier.SMOKE, seed)) for seed in range(2)}
    mixed = calm.plus(Side.HEAD, {need: planted.head.evidence[need] for need in smoke})
    assert silent(CHECK, mixed)


SILENT = {
    "well calibrated on both sides": (CALIBRATED, CALIBRATED),
    "overconfident on both sides": (LEARNERS[3], LEARNERS[3]),
    "underconfident, then calibrated": (UNDERCONFIDENT, CALIBRATED),
    "underconfident, then less so": (UNDERCONFIDENT, replace(UNDERCONFIDENT, sharp=0.8)),
    "overconfident, then calibrated": (LEARNERS[3], CALIBRATED),
    "calibrated, then underconfident": (CALIBRATED, UNDERCONFIDENT),
    "too much, then a little too little": (replace(CALIBRATED, bias=0.8), replace(CALIBRATED, bias=-0.3)),
    "too much, then right": (replace(CALIBRATED, bias=0.8), CALIBRATED),
}


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", SILENT)
def test_what_is_no_worse_than_base_is_silent(name: str, classes: int) -> None:
    base, head = SILENT[name]
    for noise in range(3):
        assert silent(CHECK, drawn(base, head, n=5000, classes=classes, seeds=3, noise=noise))


def test_margins_are_settings() -> None:
    sharp = drawn(CALIBRATED, sharper(CALIBRATED, 1.5), n=5000, confirm=True).comparison()
    assert not run(CHECK, sharp, margin=0.5)
    biased = drawn(CALIBRATED, replace(CALIBRATED, bias=0.7), n=5000, confirm=True).comparison()
    assert not run(CHECK, biased, shift=1.0)


def test_rows_of_unequal_weight_have_no_calibration_error_but_a_slope() -> None:
    planted = drawn(CALIBRATED, sharper(CALIBRATED, 2.0), n=5000, confirm=True)
    weights = Numbers(np.random.default_rng(1).uniform(0.5, 2.0, 5000))
    weighted = planted.both_with(truth=lambda was: replace(was, weight=weights))
    (found,) = (each for each in run(CHECK, weighted.comparison()) if each.subject == "overconfidence")
    assert "head_error" not in found.facts
    assert not getattr(found, "note", "")


def _unlabelled(was: Truth) -> Truth:
    assert isinstance(was.target, Names)
    codes: Codes = np.where(np.arange(len(was.ids)) < 150, was.target.codes, -1)
    return replace(was, target=Names(codes.astype(np.int32), was.target.names))


EXCUSES = {
    "labels without probabilities": (world(scores=False), "labels without probabilities"),
    "numbers": (world(task="regression"), "no classes"),
    "scores": (world(task="scores"), "no classes"),
    "few rows": (drawn(CALIBRATED, CALIBRATED, n=199), "199 labelled rows"),
    "few labels": (drawn(CALIBRATED, CALIBRATED).both_with(truth=_unlabelled), "150 labelled rows"),
    "few positives": (drawn(CALIBRATED, CALIBRATED, n=400, rare=6.0), "an outcome has"),
    "a constant": (
        world().head_with(predictions=column("score_yes", lambda was: np.full_like(was, 0.5))),
        "constant",
    ),
    "not numbers": (
        world().head_with(predictions=column("score_yes", lambda was: np.full_like(was, np.nan))),
        "not finite",
    ),
    "few groups": (world(groups=5), "clusters"),
}


def test_probabilities_that_head_lost_are_a_finding() -> None:
    what = world().head_with(predictions=lambda was: replace(was, columns={"prediction": was.columns["prediction"]}))
    assert said(CHECK, what) == {"probabilities": Status.NEW}


@pytest.mark.parametrize("name", EXCUSES)
def test_what_cannot_be_examined_is_excused(name: str) -> None:
    what, why = EXCUSES[name]
    outcome = examined(CHECK, what).outcome
    assert isinstance(outcome, Skipped)
    assert outcome.excused
    assert why in outcome.reason


def test_the_order_of_rows_does_not_matter_and_the_same_says_the_same() -> None:
    planted = drawn(CALIBRATED, sharper(CALIBRATED, 2.0), n=3000, confirm=True)
    turned = planted.head_with(predictions=rows_of(lambda ids: np.arange(len(ids))[::-1]))
    again = drawn(CALIBRATED, sharper(CALIBRATED, 2.0), n=3000, confirm=True)
    assert run(CHECK, planted.comparison()) == run(CHECK, again.comparison()) == run(CHECK, turned.comparison())


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


def harmless(noise: int) -> World:
    """One of many draws of the same learner on both sides."""
    rng = np.random.default_rng([noise, 5])
    learner = LEARNERS[noise % len(LEARNERS)]
    n, seeds = int(rng.choice([500, 1000, 2000, 5000])), int(rng.integers(2, 6))
    classes, runs = int(rng.choice([2, 4])), int(rng.choice([seeds, 5]))
    rare = float(rng.choice([0.0, 1.5]))
    return drawn(learner, learner, n=n, classes=classes, seeds=seeds, runs=runs, noise=noise, rare=rare)


def caught(
    factor: float, classes: int, times: int, *, n: int = 1000, seeds: int = 2, base: Learner = CALIBRATED
) -> float:
    worlds = (
        drawn(base, sharper(base, factor), n=n, classes=classes, seeds=seeds, noise=noise) for noise in range(times)
    )
    return float(np.mean(["overconfidence" in said(CHECK, each) for each in worlds]))


def test_no_harmless_draw_is_found() -> None:
    assert not [noise for noise in range(30) if said(CHECK, harmless(noise))]


def test_one_thousand_rows_show_sharpened_probabilities() -> None:
    assert caught(1.5, 2, 20) >= 0.8


@pytest.mark.simulation
def test_harmless_draws_are_found_in_one_percent_at_most() -> None:
    """300 draws without a finding would bound the rate at 1 % with 95 % confidence."""
    assert sum(bool(said(CHECK, harmless(noise))) for noise in range(300)) == 0


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("classes", "seeds", "least"),
    [(2, 2, 0.8), (2, 3, 0.8), (2, 5, 0.9), (4, 5, 0.9)],
)
@pytest.mark.parametrize("factor", SHARPER.values(), ids=SHARPER)
def test_one_thousand_rows_show_sharpened_probabilities_in_full(
    factor: float, classes: int, seeds: int, least: float
) -> None:
    assert caught(factor, classes, 100, seeds=seeds) >= least


@pytest.mark.simulation
@pytest.mark.parametrize("factor", SHARPER.values(), ids=SHARPER)
def test_the_smoke_tier_shows_four_sharpened_classes_on_its_usual_rows(factor: float) -> None:
    assert caught(factor, 4, 50, n=5000) >= 0.8


@pytest.mark.parametrize("classes", [2, 4])
def test_labels_for_probabilities_block_without_statistics(classes: int) -> None:
    what = drawn(CALIBRATED, CALIBRATED, classes=classes, n=200)
    found = weighed(CHECK, what.head_with(predictions=rounded))
    assert set(found) == {"probabilities"}
    assert (found["probabilities"].priority, found["probabilities"].action) == (Priority.P1, Action.BLOCK)
    assert found["probabilities"].facts["base_share"] < 0.1


def test_labels_that_base_answers_too_are_no_news() -> None:
    what = drawn(CALIBRATED, CALIBRATED).both_with(predictions=rounded)
    assert "probabilities" not in said(CHECK, what)
