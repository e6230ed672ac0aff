from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gatebot.core.finding import Action, Status
from gatebot.decide.judge import judge
from gatebot.evidence.column import Names
from gatebot.evidence.profile import DataProfile
from gatebot.evidence.truth import Truth
from tests.checks.worlds import HARMLESS, World, facts, run, said, silent, weighed, world

CHECK = "data.eval_identity"


def _relabelled(rows: int) -> Callable[[Truth], Truth]:
    def edit(truth: Truth) -> Truth:
        assert isinstance(truth.target, Names)
        codes = truth.target.codes.copy()
        codes[:rows] = 1 - codes[:rows]
        return replace(truth, target=Names(codes, truth.target.names))

    return edit


def _edited(rows: int) -> Callable[[DataProfile], DataProfile]:
    def edit(profile: DataProfile) -> DataProfile:
        contents = profile.eval_rows.contents.copy()
        contents[:rows] += np.uint64(1)
        return replace(profile, eval_rows=replace(profile.eval_rows, contents=contents))

    return edit


def _removed(rows: int) -> Callable[[DataProfile], DataProfile]:
    def edit(profile: DataProfile) -> DataProfile:
        was = profile.eval_rows
        slices = {name: names.take(np.arange(rows, len(was))) for name, names in was.slices.items()}
        kept = replace(was, ids=was.ids[rows:], contents=was.contents[rows:], folds=was.folds[rows:], slices=slices)
        return replace(profile, eval_rows=kept)

    return edit


FAULT = HARMLESS["a data set that grows"].head_with(
    truth=_relabelled(30), profile=lambda profile: _removed(10)(_edited(20)(profile))
)


@pytest.mark.parametrize(
    ("rows", "action"), [(1, Action.WARN), (20, Action.WARN), (21, Action.REVIEW), (2000, Action.REVIEW)]
)
@pytest.mark.parametrize("kind", ["relabelled", "edited", "removed"])
def test_each_kind_is_told_and_never_blocks(kind: str, rows: int, action: Action) -> None:
    planted = {
        "relabelled": world().head_with(truth=_relabelled(rows)),
        "edited": world().head_with(profile=_edited(rows)),
        "removed": world().head_with(profile=_removed(rows)),
    }[kind]
    assert said(CHECK, planted) == {kind: Status.NEW}
    assert weighed(CHECK, planted)[kind].action is action
    known = facts(CHECK, planted, kind)
    assert (known["rows"], known["all"], len(known["ids"])) == (rows, 2000, min(rows, 20))


def test_each_kind_is_told_by_itself() -> None:
    assert {subject: found.facts["rows"] for subject, found in weighed(CHECK, FAULT).items()} == {
        "relabelled": 20,
        "edited": 10,
        "removed": 10,
        "added": 40,
    }


def test_kinds_are_added_up() -> None:
    planted = world().head_with(truth=_relabelled(11), profile=_edited(11))
    assert {each.action for each in weighed(CHECK, planted).values()} == {Action.REVIEW}


def test_the_share_is_a_setting() -> None:
    planted = world().head_with(truth=_relabelled(21)).comparison()
    (found,) = run(CHECK, planted, review_share=0.5)
    assert getattr(found, "action", None) is Action.WARN


def test_labels_are_bases() -> None:
    def better(truth: Truth) -> Truth:
        return _relabelled(300)(truth)

    planted = world(loss=0.1).head_with(truth=better)
    assert planted.comparison().truth is planted.base.truth  # type: ignore[union-attr]


def test_another_exam_is_never_a_silent_pass() -> None:
    far = np.uint64(10**6)

    def other(profile: DataProfile) -> DataProfile:
        return replace(profile, eval_rows=replace(profile.eval_rows, ids=profile.eval_rows.ids + far))

    planted = world().head_with(
        profile=other,
        predictions=lambda each: replace(each, ids=each.ids + far),
        truth=lambda truth: replace(truth, ids=truth.ids + far),
    )
    assert judge(planted.case()).verdict == "review"


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


def test_new_rows_are_a_note() -> None:
    grown: World = HARMLESS["a data set that grows"]
    assert weighed(CHECK, grown)["added"].action is Action.NOTE
    assert facts(CHECK, grown, "added")["rows"] == 40
