"""A baseline's Snapshot in, the detectable effect of every declared metric out, on real evidence."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.world import BASE, draw
from gatebot.config.document import Rules
from gatebot.errors import UsageError
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Need, Tier
from gatebot.evidence.predictions import Predict
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, training_of
from gatebot.power.analysis import DetectableEffect, NotDetectable, analyse, chosen
from tests.checks.worlds import ended

METRICS: list[dict[str, object]] = [{"metric": "accuracy", "margin": "0.02"}, {"metric": "log_loss", "margin": "5%"}]


def baseline(rows: int = 400) -> Snapshot:
    case = draw(np.random.default_rng(rows), rows, None, replace(BASE, drift=0.05)).case(
        *Tier, metrics=("accuracy", "log_loss")
    )
    assert case.base is not None
    return case.base


def rules(*metrics: dict[str, object], **more: object) -> Rules:
    return Rules.model_validate({"metrics": list(metrics) or METRICS, "data": {"slices": ["channel"]}, **more})


def effects(snapshot: Snapshot, *metrics: dict[str, object], **more: object) -> dict[str, DetectableEffect]:
    return {
        each.subject: each for each in analyse(snapshot, rules(*metrics, **more)) if isinstance(each, DetectableEffect)
    }


def test_every_declared_metric_is_looked_at() -> None:
    found = effects(baseline(), *METRICS, {"metric": "recall", "of": "c", "slice": "channel", "margin": "0.05"})
    assert list(found) == ["accuracy", "log_loss", *(f"recall(c)@channel={each}" for each in ("web", "mail", "phone"))]
    assert found["log_loss"].relative
    assert found["recall(c)@channel=phone"].smoke.n < found["recall(c)@channel=web"].smoke.n < 400


def test_of_a_broken_main_there_is_nothing_to_look_at() -> None:
    whole = baseline()
    log = ("Traceback", "ModuleNotFoundError: No module named 'pandas'\x1b[31m")
    crashed = ended(Ending.CRASHED, exit_code=1, log_tail=log)
    evidence = {need: crashed(each) if isinstance(need, Fit) else each for need, each in whole.evidence.items()}
    left = {need: each for need, each in evidence.items() if not isinstance(need, Predict)}
    with pytest.raises(UsageError, match=r"nothing to look at.*No module named 'pandas'") as raised:
        list(analyse(replace(whole, evidence=left), rules()))
    assert "\x1b" not in str(raised.value)
    assert "make main train" in raised.value.hint.lower()


def test_more_eval_rows_see_smaller_losses() -> None:
    few, many = (effects(baseline(rows))["accuracy"] for rows in (300, 3000))
    assert not few.guards
    assert many.now.held < 0.5 * few.now.held
    assert few.rows_needed is not None
    assert 500 < few.rows_needed < 10_000


def test_a_grid_holds_all_seeds_and_four_times_the_rows() -> None:
    effect = effects(baseline())["accuracy"]
    grid = effect.grid()
    assert [[each.rows for each in line] for line in grid] == [[400] * 5, [800] * 5, [1600] * 5]
    assert [each.seeds for each in grid[0]] == [1, 2, 3, 5, 10]
    assert grid[0][4].smoke_s == pytest.approx(20.0)  # ten trainings of a second, and as long to predict
    assert grid[2][0].smoke_s == pytest.approx(5.0)


def test_the_level_of_worse_is_shared_out() -> None:
    one, both = effects(baseline(), METRICS[0])["accuracy"], effects(baseline())["accuracy"]
    assert one.demand.worse == pytest.approx(0.002 / 2)  # the other half is for what nobody declared
    assert both.demand.worse == pytest.approx(0.002 / 4)


@pytest.mark.parametrize(("seeds", "expected"), [("auto", 2), (4, 4)])
def test_seeds_are_those_of_a_pull_request(seeds: object, expected: int) -> None:
    assert effects(baseline(), smoke={"seeds": seeds})["accuracy"].seeds == expected


def test_without_a_ledger_there_are_three_seeds() -> None:
    snapshot = baseline()
    few = {need: found for need, found in snapshot.evidence.items() if _seed(need) < 3}
    assert effects(replace(snapshot, evidence=few))["accuracy"].seeds == 3


def test_an_artifact_has_one_column() -> None:
    snapshot = baseline()
    about = snapshot.about.model_copy(update={"estimand": "artifact"})
    effect = effects(replace(snapshot, about=about))["accuracy"]
    assert (effect.columns, effect.seeds, effect.demand.held) == ((1,), 1, 0.05)


def test_what_cannot_be_said_is_said() -> None:
    snapshot = baseline()
    one = {need: found for need, found in snapshot.evidence.items() if _seed(need) == 0}
    found = list(analyse(replace(snapshot, evidence=one), rules()))
    assert all(isinstance(each, NotDetectable) and "one seed" in each.why for each in found)
    with pytest.raises(UsageError, match="no predictions"):
        list(analyse(replace(snapshot, evidence={}), rules()))


def test_a_metric_can_be_chosen() -> None:
    recall: dict[str, object] = {"metric": "recall", "of": "c", "slice": "channel"}
    everything = list(analyse(baseline(), rules(*METRICS, recall)))
    assert [each.subject for each in chosen(everything).detailed] == ["accuracy", "log_loss"]
    assert chosen(everything).left_out == 3
    assert len(chosen(everything, "recall(c)").detailed) == 3
    with pytest.raises(UsageError, match="no declared metric is called 'f1'"):
        chosen(everything, "f1")


def _seed(need: Need) -> int:
    fit = training_of(need)
    return 0 if fit is None else fit.seed
