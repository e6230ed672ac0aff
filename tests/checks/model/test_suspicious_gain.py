from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatebot.checks.gain.asked_rows import EXCHANGED, NEAR, SHUFFLED, columns, suspects, without
from gatebot.core.finding import Action, Priority, Status
from gatebot.decide.judge import judge
from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.effects import Ending
from gatebot.evidence.leakage import Aggregate, ColumnModel, Leakage, LeakageTraces
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.evidence.profile import ColumnProfile, DataProfile
from gatebot.evidence.snapshot import SeedNoise, SnapshotProvenance
from gatebot.evidence.training import Fit
from tests.checks.worlds import HARMLESS, World, asked_again, ended, facts, said, silent, weighed, world

CHECK = "model.suspicious_gain"
Edit = Callable[[Predictions], Predictions]


def leap(**knobs: Any) -> World:
    """Base is right in 70 % of rows, head in 99 %; head's data has a new column."""
    return world(**{"skill": 0.7, "loss": -0.29, **knobs}).head_with(profile=_with_refund)


def _with_refund(profile: DataProfile) -> DataProfile:
    return replace(profile, columns=(*profile.columns, ColumnProfile("refund", "number", profile.rows, 0, 900)))


def traces(what: World, wrong: float = 0.0, column: str = "refund", **more: Any) -> LeakageTraces:
    """What the search finds: a column that is wrong in a share of rows."""
    truth = what.head.truth
    assert truth is not None
    away = np.random.default_rng(0).random(len(truth.ids)) < wrong
    told: Column
    match truth.target:
        case Names():
            told = Names(
                np.where(away, 1 - truth.target.codes, truth.target.codes).astype(np.int32), truth.target.names
            )
        case Numbers():
            told = Numbers(truth.target.values + np.where(away, 1.0, 1e-4))
    return LeakageTraces(truth.ids, (ColumnModel(column, 1 - wrong, told),), searched=4, **more)


def searched(what: World, found: LeakageTraces, base: LeakageTraces | None = None) -> World:
    """With the search of both sides' data."""
    what = what.plus(Side.HEAD, {Leakage(Side.HEAD, columns(what.comparison())): found})
    return what if base is None else what.plus(Side.BASE, {Leakage(Side.BASE): base})


def nothing_told(what: World) -> World:
    return searched(what, traces(what, wrong=0.4), traces(what, wrong=0.4))


def moved(each: Predictions) -> Predictions:
    """Answers that go with features: each id gets those of the row whose features it got."""
    sources = EXCHANGED.sources(len(each.ids))
    return replace(each, columns={name: column.take(sources) for name, column in each.columns.items()})


def as_base(what: World) -> Edit:
    """Answers as good as base's."""
    assert what.base is not None
    plain = what.base.get(Predict(Fit(Side.BASE)), Predictions)
    assert plain is not None
    return lambda _each: plain


def same(each: Predictions) -> Predictions:
    return each


def probed(what: World, head: dict[AnyRows, Edit], base: dict[AnyRows, Edit] | None = None) -> World:
    """With answers to other rows, of honest models unless edited."""
    honest: dict[AnyRows, Edit] = {EXCHANGED: moved, NEAR: same, SHUFFLED: same}
    for side, edits in ((Side.HEAD, honest | head), (Side.BASE, honest | (base or {}))):
        for rows, edit in edits.items():
            what = asked_again(what, rows, edit, sides=(side,))
    return what


FAULT = searched(leap(), traces(leap()))


def test_a_column_that_gives_the_target_away_blocks_and_is_named() -> None:
    assert said(CHECK, FAULT) == {"column refund": Status.NEW}
    found = weighed(CHECK, FAULT)["column refund"]
    assert (found.priority, found.action) == (Priority.P1, Action.BLOCK)
    known = facts(CHECK, FAULT, "column refund")
    assert (known["column"], known["told"], known["rows"]) == ("refund", 2000, 2000)
    assert known["base"] == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize("knobs", [{"folds": 5, "seeds": 3}, {"groups": 400}, {"task": "regression", "skill": 0.5}])
def test_every_kind_of_evidence_shows_it(knobs: dict[str, Any]) -> None:
    what = leap(**{"loss": -0.5 if "task" in knobs else -0.29, **knobs})
    assert said(CHECK, searched(what, traces(what))) == {"column refund": Status.NEW}


def test_a_leap_warns_and_asks_to_be_probed() -> None:
    found = weighed(CHECK, leap())["accuracy"]
    assert found.action is Action.WARN
    assert "more than 50 %" in found.facts["why"]
    wants = [want for want in judge(leap().case()).wants if want.check]
    assert [(want.check, want.measure) for want in wants] == [(CHECK, "accuracy")]


@pytest.mark.parametrize("wrong", [0.02, 0.05, 0.1])
def test_a_strong_column_warns_and_is_named(wrong: float) -> None:
    what = probed(searched(leap(), traces(leap(), wrong)), {without("refund"): as_base(leap())})
    found = weighed(CHECK, what)["accuracy"]
    assert (found.action, found.facts["column"], found.facts["carrier"]) == (Action.WARN, "refund", "refund")
    assert found.facts["told"] == pytest.approx(1 - wrong, abs=0.02)
    assert found.facts["kept"] == pytest.approx(0.0, abs=0.05)
    assert "eval rows with exchanged ids" in found.facts["probed"]
    assert not any(want.check == CHECK for want in judge(what.case()).wants)


def test_an_old_column_blocks_only_if_head_answers_what_it_tells() -> None:
    plain = world(skill=0.7, loss=-0.29)
    assert said(CHECK, searched(plain, traces(plain, column="amount"))) == {"column amount": Status.NEW}
    half = world(skill=0.6, loss=-0.25)
    assert said(CHECK, searched(half, traces(half, column="amount"))) == {"accuracy": Status.NEW}


def test_a_new_column_that_base_does_not_need_blocks_nothing() -> None:
    what = leap(skill=0.985, loss=-0.014)
    assert "column refund" not in said(CHECK, searched(what, traces(what)))


def test_few_rows_prove_nothing() -> None:
    what = leap(rows=80)
    assert said(CHECK, searched(what, traces(what))) == {"accuracy": Status.NEW}


def test_the_owner_may_ask_for_a_review() -> None:
    what = nothing_told(leap()).ruled(checks={CHECK: {"unexplained": "review"}})
    assert weighed(CHECK, what)["accuracy"].action is Action.REVIEW
    assert weighed(CHECK, leap().ruled(checks={CHECK: {"unexplained": "review"}}))["accuracy"].action is Action.REVIEW


def test_a_mean_with_eval_labels_blocks() -> None:
    found = Aggregate("refund", "channel", "yes", 500, 490)
    what = searched(leap(), traces(leap(), 0.1, aggregates=(found,)))
    assert said(CHECK, what) == {"column refund": Status.NEW}
    old = replace(found, column="amount")
    assert said(CHECK, searched(leap(), traces(leap(), 0.1, aggregates=(old,)))) == {"accuracy": Status.NEW}


def test_answers_that_go_with_the_id_block() -> None:
    what = probed(nothing_told(leap()), {EXCHANGED: same})
    assert said(CHECK, what) == {"ids": Status.NEW}
    assert weighed(CHECK, what)["ids"].action is Action.BLOCK
    assert facts(CHECK, what, "ids")["told"] > 1950


def test_answers_that_go_with_the_id_of_both_sides_are_another_matter() -> None:
    what = probed(nothing_told(leap()), {EXCHANGED: same}, {EXCHANGED: same})
    assert said(CHECK, what) == {"accuracy": Status.NEW}


def test_features_that_are_kept_by_id_only_warn() -> None:
    """A model of images, say, that are found by the id of a row: good, but not as good as answers."""
    what = nothing_told(leap(skill=0.6, loss=-0.3))
    found = weighed(CHECK, probed(what, {EXCHANGED: same}))["accuracy"]
    assert found.action is Action.WARN
    assert "{kept_exchanged}" in found.note
    assert found.facts["kept_exchanged"] < 0.0


def test_answers_that_go_with_the_place_block() -> None:
    what = probed(nothing_told(leap()), {EXCHANGED: same, SHUFFLED: as_base(leap())})
    assert said(CHECK, what) == {"order": Status.NEW}


def test_answers_by_content_block() -> None:
    what = probed(nothing_told(leap()), {NEAR: as_base(leap())})
    assert said(CHECK, what) == {"content": Status.NEW}
    assert facts(CHECK, what, "content")["kept"] == pytest.approx(0.0, abs=0.01)


def test_a_change_that_base_notices_too_proves_nothing() -> None:
    worse = world(skill=0.55, noise=5).base
    assert worse is not None
    answers = worse.get(Predict(Fit(Side.BASE)), Predictions)
    assert answers is not None
    what = nothing_told(leap())
    plain = what.head.get(Predict(Fit(Side.HEAD)), Predictions)
    assert plain is not None
    low = replace(
        plain, columns={name: column.take(np.roll(np.arange(2000), 1)) for name, column in plain.columns.items()}
    )
    assert said(CHECK, probed(what, {NEAR: lambda _each: low}, {NEAR: lambda _each: low})) == {"accuracy": Status.NEW}


def test_without_bases_answers_near_copies_prove_nothing() -> None:
    what = probed(nothing_told(leap()), {NEAR: as_base(leap())}).minus(Side.BASE, Predict(Fit(Side.BASE), NEAR))
    found = weighed(CHECK, what)["accuracy"]
    assert found.action is Action.WARN
    assert found.facts["kept_near"] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("rows", [EXCHANGED, NEAR])
@pytest.mark.parametrize("ending", [Ending.CRASHED, Ending.TIMEOUT, Ending.NO_OUTPUT])
def test_a_head_that_crashes_when_it_is_probed_keeps_the_warning(rows: AnyRows, ending: Ending) -> None:
    found = weighed(CHECK, probed(nothing_told(leap()), {rows: ended(ending)}))["accuracy"]
    assert found.action is Action.WARN
    assert found.facts["failed"] == rows.text


@pytest.mark.parametrize("noise", range(5))
def test_a_head_that_answers_anything_when_it_is_probed_gets_no_better_verdict(noise: int) -> None:
    order = np.random.default_rng(noise).permutation(2000)

    def anything(each: Predictions) -> Predictions:
        return replace(each, columns={name: column.take(order) for name, column in each.columns.items()})

    assert said(CHECK, probed(nothing_told(leap()), {NEAR: anything})) == {"content": Status.NEW}
    assert weighed(CHECK, probed(nothing_told(leap()), {EXCHANGED: anything})).keys() == {"accuracy"}


def test_odd_answers_to_a_probe_are_none() -> None:
    def nan(each: Predictions) -> Predictions:
        return replace(each, columns={name: Numbers(np.full(len(each.ids), np.nan)) for name in each.columns})

    def other_rows(each: Predictions) -> Predictions:
        return replace(each, ids=each.ids + np.uint64(7))

    for edit in (nan, other_rows, lambda each: replace(each, ids=each.ids[:0], columns={})):
        for rows in (EXCHANGED, NEAR, without("refund")):
            assert set(said(CHECK, probed(nothing_told(leap()), {rows: edit}))) <= {"accuracy", "content"}


def test_near_copies_in_train_block_where_the_gain_is_on_their_rows() -> None:
    plain = world(skill=0.7, loss=0.0)
    assert plain.head.truth is not None
    ids = plain.head.truth.ids
    copied = ids[: len(ids) * 3 // 4]
    right = plain.head.truth.target
    assert isinstance(right, Names)

    def learnt(each: Predictions) -> Predictions:
        names = each.columns["prediction"]
        assert isinstance(names, Names)
        codes = np.where(np.isin(each.ids, copied), right.codes, names.codes).astype(np.int32)
        return replace(each, columns={"prediction": Names(codes, names.names)})

    what = plain.head_with(predictions=learnt).base_with(
        predictions=lambda each: replace(each, columns={"prediction": each.columns["prediction"]})
    )
    before, after = traces(what, 0.4, near_copies=ids[:0]), traces(what, 0.4, near_copies=copied)
    assert said(CHECK, searched(what, after, before)) == {"train rows": Status.NEW}
    assert said(CHECK, searched(what, after)) == {"train rows": Status.NEW}
    assert said(CHECK, searched(what, after, after)) == {"accuracy": Status.NEW}
    everywhere = world(skill=0.7, loss=-0.29)
    assert said(CHECK, searched(everywhere, traces(everywhere, 0.4, near_copies=copied), before)) == {
        "accuracy": Status.NEW
    }


@pytest.mark.parametrize(
    ("knobs", "why"),
    [
        ({"skill": 0.7, "loss": -0.05}, "a fair gain"),
        ({"skill": 0.7, "loss": 0.1}, "a loss"),
        ({"skill": 0.97, "loss": -0.01}, "less than half of what was left"),
        ({"skill": 0.988, "loss": -0.01, "rows": 300}, "too few rows to be sure"),
    ],
)
def test_what_is_no_leap_is_not_told(knobs: dict[str, Any], why: str) -> None:
    assert not said(CHECK, world(**knobs)), why


@pytest.mark.parametrize("metric", ["log_loss", "brier", "mcc", "roc_auc"])
def test_losses_and_other_rates_leap_too(metric: str) -> None:
    assert said(CHECK, world(skill=0.7, loss=-0.29, metrics=({"metric": metric},))) == {metric: Status.NEW}
    assert not said(CHECK, world(skill=0.7, loss=-0.03, metrics=({"metric": metric},)))


def _after(steps: tuple[float, ...]) -> Callable[[SnapshotProvenance], SnapshotProvenance]:
    noise = {f"{Tier.SMOKE}:accuracy": SeedNoise(steps=steps)}
    return lambda about: about.model_copy(update={"noise": noise})


@pytest.mark.parametrize(
    ("steps", "found"),
    [((0.004, -0.006) * 5, True), ((0.004, -0.006) * 4, False), ((0.004, -0.2) * 5, False), ((), False)],
)
def test_a_gain_beyond_all_that_main_has_shown_is_a_leap(steps: tuple[float, ...], found: bool) -> None:
    what = world(skill=0.6, loss=-0.12).base_with(about=_after(steps))
    assert bool(said(CHECK, what)) == found
    if found:
        assert "last 10 changes of main" in facts(CHECK, what, "accuracy")["why"]


def test_changed_columns_count_as_new_ones() -> None:
    def other(profile: DataProfile) -> DataProfile:
        first, *rest = profile.columns
        return replace(profile, columns=(replace(first, distinct=11), *rest))

    assert columns(world().head_with(profile=other).comparison())[0] == "text"
    assert suspects(leap().comparison()) == ("refund",)
    assert columns(world().without_base().comparison()) == ("text", "amount", "channel", "target")


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
    assert not said(CHECK, HARMLESS[name])
