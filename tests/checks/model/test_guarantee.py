"""The guarantee: verdicts without numbers, doubts by mode, never a silent pass where there is nothing to rest on."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatebot.checks.guarantee import values
from gatebot.core.finding import Action, Priority, Skipped, Status
from gatebot.errors import UsageError
from gatebot.evidence.column import Names
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.stats.condition import Variable
from tests.checks.worlds import HARMLESS, World, examined, facts, rows_of, said, silent, weighed, world

CHECK = "model.guarantee"
LARGE = "n - o > -0.1 +/- 0.05 and d < 0.3 +/- 0.05"
MODES = ("fp-free", "fn-free", "ternary")


def promising(what: World, **keys: Any) -> World:
    known = {"condition": LARGE, "reliability": 0.9, "steps": 4}
    return what.ruled(guarantee={**known, **keys})


def brought(**knobs: Any) -> World:
    return world(trains=False, rows=6000, **knobs)


FAULT = promising(brought(loss=0.2))


def used(what: World, times: int | None) -> World:
    return what.base_with(about=lambda about: about.model_copy(update={"eval_uses": times}))


def test_without_one_there_is_nothing_to_say() -> None:
    assert examined(CHECK, brought()).outcome == Skipped("gatebot.yml gives no guarantee", excused=True)


@pytest.mark.parametrize("mode", MODES)
def test_a_good_model_keeps_it(mode: str) -> None:
    assert said(CHECK, promising(brought(), mode=mode)) == {}


@pytest.mark.parametrize(
    ("mode", "loss", "acts"),
    [
        ("fp-free", 0.2, Action.BLOCK),
        ("fp-free", 0.1, Action.BLOCK),
        ("fn-free", 0.2, Action.BLOCK),
        ("fn-free", 0.1, None),
        ("ternary", 0.2, Action.BLOCK),
        ("ternary", 0.1, Action.WARN),
    ],
)
def test_what_is_broken_blocks_and_a_doubt_follows_the_mode(mode: str, loss: float, acts: Action | None) -> None:
    found = weighed(CHECK, promising(brought(loss=loss), mode=mode))
    assert [each.action for each in found.values()] == ([] if acts is None else [acts])
    for each in found.values():
        assert (each.subject, each.status, each.priority) == ("guarantee", Status.NEW, Priority.P1)
        assert each.undecided is (acts is Action.WARN)


def test_a_doubt_blocks_where_the_policy_says_so() -> None:
    doubtful = promising(brought(loss=0.1)).ruled(policy={"undecided": "block"})
    found = weighed(CHECK, promising(doubtful))["guarantee"]
    assert (found.action, found.undecided) == (Action.BLOCK, True)


def test_fp_free_tells_a_doubt_and_a_fault_in_the_same_words_so_that_there_are_two_verdicts() -> None:
    doubt, fault = (weighed(CHECK, promising(brought(loss=loss), mode="fp-free"))["guarantee"] for loss in (0.1, 0.2))
    assert doubt == fault


@pytest.mark.parametrize("adaptivity", ["none", "first-change", "full"])
@pytest.mark.parametrize("loss", [0.1, 0.2])
def test_no_estimate_is_told(adaptivity: str, loss: float) -> None:
    """Other draws with the same verdict say the same, to the letter."""
    one, other = (promising(brought(loss=loss, noise=noise), adaptivity=adaptivity) for noise in (1, 2))
    assert weighed(CHECK, one) == weighed(CHECK, other) != {}


@pytest.mark.parametrize(
    ("mode", "acts"), [("fp-free", Action.REVIEW), ("fn-free", Action.WARN), ("ternary", Action.WARN)]
)
@pytest.mark.parametrize(("loss", "steps"), [(0.0, 400), (0.2, 400)])
def test_too_few_rows_are_said_and_never_pass_in_silence(mode: str, acts: Action, loss: float, steps: int) -> None:
    found = weighed(CHECK, promising(brought(loss=loss), mode=mode, steps=steps))
    assert {subject: each.action for subject, each in found.items()} == {"rows": acts}
    assert found["rows"].facts["rows"] == 6000
    assert found["rows"].facts["needed"] > 6000


@pytest.mark.parametrize(
    ("uses", "keys", "spent"),
    [
        (None, {}, False),
        (3, {}, False),
        (4, {}, True),
        (40, {}, True),
        (0, {"adaptivity": "first-change"}, False),
        (1, {"adaptivity": "first-change"}, True),
    ],
)
def test_eval_rows_that_have_served_are_spent(uses: int | None, keys: dict[str, str], spent: bool) -> None:
    found = said(CHECK, used(promising(brought(), **keys), uses))
    assert found == ({"uses": Status.NEW} if spent else {})


def test_who_leaves_rows_out_gets_no_guarantee() -> None:
    """The 100 rows that head has wrong are not answered."""

    def chosen(ids: Any) -> Any:
        return np.arange(len(ids))[100:]

    found = weighed(CHECK, promising(brought()).head_with(predictions=rows_of(chosen)))
    assert found["answers"].facts["missing"] == 100


def test_rows_without_a_label_do_not_count() -> None:
    def unlabelled(truth: Truth) -> Truth:
        assert isinstance(truth.target, Names)
        codes = truth.target.codes.copy()
        codes[:3000] = -1
        return replace(truth, target=Names(codes, truth.target.names))

    few = promising(brought(), steps=400).both_with(truth=unlabelled)
    assert facts(CHECK, few, "rows")["rows"] == 3000
    assert said(CHECK, promising(brought(), reliability=0.5, steps=1).both_with(truth=unlabelled)) == {}


def test_the_three_numbers() -> None:
    pair = brought(loss=0.1).comparison().runs()[0]
    assert pair.base is not None
    found = values(pair.head, pair.base)
    right = [np.mean(world_right(table)) for table in (pair.head, pair.base)]
    assert [found[Variable.NEW], found[Variable.OLD]] == pytest.approx(right)
    assert found[Variable.DIFFERENCE] == pytest.approx(np.mean(labels(pair.head) != labels(pair.base)))


def test_classes_are_compared_by_name_however_each_side_numbers_them() -> None:
    def renumbered(each: Predictions) -> Predictions:
        was = each.columns["prediction"]
        assert isinstance(was, Names)
        codes, names = (len(was.names) - was.codes).astype(np.int32), ("other", *was.names[::-1])
        return replace(each, columns={"prediction": Names(codes, names)})

    same = brought(scores=False)
    assert same.base is not None
    pair = replace(same, head=same.base).head_with(predictions=renumbered).comparison().runs()[0]
    assert pair.base is not None
    assert values(pair.head, pair.base)[Variable.DIFFERENCE] == 0.0


def labels(table: Any) -> Any:
    column = table.payload["prediction"]
    return np.array(column.names, dtype=object)[column.codes]


def world_right(table: Any) -> Any:
    truth = table.truth["target"]
    return labels(table) == np.array(truth.names, dtype=object)[truth.codes]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (world(), "fixed models only"),
        (brought().ruled(data={"group": "customer"}), "independent rows"),
        (brought().ruled(data={"split": {"folds": 5}}), "with folds"),
        (world(task="regression", trains=False), "`task: regression` has not"),
    ],
)
def test_where_it_can_mean_nothing_it_is_refused(what: World, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        promising(what).comparison()
    assert caught.value.hint


def test_a_base_that_was_trained_is_no_fixed_model_either() -> None:
    trained = brought().base_with(about=lambda about: about.model_copy(update={"estimand": "recipe"}))
    with pytest.raises(UsageError, match="fixed models only"):
        promising(trained).comparison()


def test_without_a_base_there_is_nothing_to_compare() -> None:
    assert silent(CHECK, promising(brought()).without_base())
    assert said(CHECK, promising(brought()).minus(Side.BASE, *brought().effort.predictions(Side.BASE))) == {}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    what = HARMLESS[name]
    fixed = what.head.about.estimand == "artifact" and what.rules.task == "classification"
    assert silent(CHECK, promising(what) if fixed else what)
