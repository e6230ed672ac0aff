"""A margin that is as wide as what the eval rows can see: never narrower than the default, never widened by head."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action
from gatebot.core.report import Report
from gatebot.decide.judge import judge
from gatebot.evidence.column import Numbers
from gatebot.evidence.predictions import Predictions
from tests.checks.worlds import World, rows_of, world

BOTH = ({"metric": "accuracy", "margin": 0.02}, {"metric": "log_loss", "margin": "auto"})


def margin(of: World, name: str = "log_loss") -> tuple[float, bool]:
    compared: Comparison = of.comparison()
    found = next(each for each in compared.declared if each.name == name)
    return found.margin.size, found.margin.relative


def measured(report: Report, metric: str) -> Any:
    return next(each for each in report.measures if each.metric == metric and each.declared)


def sharpened(power: float) -> Callable[[Predictions], Predictions]:
    """The same labels, with probabilities raised to a power."""

    def edit(answers: Predictions) -> Predictions:
        scores = {name: column for name, column in answers.columns.items() if name.startswith("score_")}
        raised = {n: np.power(c.values, power) for n, c in scores.items() if isinstance(c, Numbers)}
        total = np.sum(list(raised.values()), axis=0)
        return replace(answers, columns={**answers.columns, **{n: Numbers(v / total) for n, v in raised.items()}})

    return edit


def test_it_is_the_default_where_the_rows_see_that_much() -> None:
    assert margin(world(rows=20_000, metrics=BOTH)) == (0.05, True)


def test_it_grows_as_rows_get_fewer() -> None:
    sizes = [margin(world(rows=rows, metrics=BOTH))[0] for rows in (150, 600, 20_000)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 2 * sizes[-1]


def test_the_headline_keeps_its_own() -> None:
    assert margin(world(rows=150, metrics=BOTH), "accuracy") == (0.02, False)


def test_head_does_not_move_it() -> None:
    plain = world(rows=400, metrics=BOTH)
    wild = plain.head_with(predictions=sharpened(4.0))
    assert margin(wild) == margin(plain)
    assert margin(plain.without_base()) != (0.0, True)


def test_head_does_not_move_it_by_leaving_out_rows() -> None:
    plain = world(rows=400, metrics=BOTH)
    few = plain.head_with(predictions=rows_of(lambda ids: np.arange(len(ids) * 6 // 10)))
    assert len(few.comparison().units) < len(plain.comparison().units)
    assert margin(few) == margin(plain)


def test_a_harmless_change_is_held() -> None:
    outcomes = [measured(judge(world(rows=400, noise=n, metrics=BOTH).case()), "log_loss").outcome for n in range(20)]
    assert outcomes.count("held") >= 18


def test_it_sees_what_the_headline_cannot() -> None:
    report = judge(world(confirm=True, metrics=BOTH).head_with(predictions=sharpened(0.3)).case())
    assert measured(report, "accuracy").outcome == "held"
    assert measured(report, "log_loss").outcome == "worse"
    assert report.verdict == "blocked"


@pytest.mark.parametrize("confirm", [False, True])
def test_a_model_that_gives_labels_only_lacks_nothing_that_it_had(confirm: bool) -> None:
    report = judge(world(scores=False, confirm=confirm, metrics=BOTH).case())
    assert report.verdict == "pass"
    assert not [each for each in report.findings if each.action is not Action.NOTE]


def test_probabilities_that_are_lost_are_found() -> None:
    with_scores, without = world(metrics=BOTH), world(scores=False, metrics=BOTH)
    report = judge(replace(with_scores, head=without.head).case())
    assert "log_loss" in {each.subject for each in report.findings if each.check == "model.vanished_metric"}


def test_artifacts_have_rows_only() -> None:
    assert margin(world(trains=False, rows=300, metrics=BOTH))[0] >= 0.05


def test_an_average_precision_of_few_positives() -> None:
    few = world(shares=(0.98, 0.02), metrics=({"metric": "average_precision", "of": "yes", "margin": "auto"},))
    assert margin(few, "average_precision(yes)")[0] > 0.02
