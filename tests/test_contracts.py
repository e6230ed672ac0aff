"""What every check keeps to. A new check is held to all of this without a line here.

What a check says is held against the contract in the world `FAULT` that its own test module offers.
"""

import ast
import builtins
import io
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from importlib import import_module
from inspect import getsourcefile
from pathlib import Path
from types import ModuleType

import pytest

from gatebot import checks
from gatebot.checks.check import Check, Options
from gatebot.checks.registry import all_checks, check_named
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level, Measure, Status
from gatebot.decide.policy.risk import MATRIX
from gatebot.decide.run_checks import options_of
from gatebot.errors import UsageError
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.registry import all_kinds
from gatebot.evidence.snapshot import Snapshot
from gatebot.tasks.registry import TASKS, task_named
from tests.checks.worlds import HARMLESS, World, about, claiming, ended, silent, weighed, world
from tests.evidence.evidence import same

H, M, L = Level.HIGH, Level.MEDIUM, Level.LOW

CATALOGUE = {
    "code.smoke_train": (H, H),
    "code.output_shape": (H, M),
    "code.output_range": (H, M),
    "code.environment": (M, L),
    "code.gate_tamper": (H, M),
    "code.copied_predictions": (H, M),
    "code.row_order": (H, M),
    "code.determinism": (M, M),
    "data.schema": (H, H),
    "data.eval_identity": (H, M),
    "data.leakage_rows": (H, M),
    "model.regression": (H, H),
    "model.suspicious_gain": (H, M),
    "model.floor": (H, M),
    "model.vanished_metric": (H, M),
    "model.heuristic": (M, L),
    "model.negative_flips": (H, M),
    "model.calibration": (M, M),
    "model.slices": (H, M),
    "model.slice_discovery": (M, M),
    "model.constant_slice": (H, M),
    "model.train_fit": (M, M),
    "model.guarantee": (H, M),
    "model.overfit": (M, M),
    "infra.train_cost": (M, M),
    "infra.artifact_size": (M, M),
}
"""Impact and likelihood as the catalogue promises them."""

CHECKS = list(all_checks().values())
EFFORTS = [
    Effort(),
    Effort(smoke_seeds=1, confirm_seeds=0, trains=False),
    Effort(smoke_seeds=3, folds=5, own=("metrics.py:cost",)),
]

each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


def _empty(task: str) -> Comparison:
    return Comparison(task=task_named(task), head=Snapshot(about(task=task)), base=None)


def _hollow() -> Comparison:
    return Comparison(task=task_named("classification"), head=Snapshot(about()), base=Snapshot(about()))


def _planted() -> dict[str, Comparison]:
    """Evidence with faults that many checks see, beside the fault of each check."""
    faulty = world(loss=0.3, confirm=True, scores=False, slices={"region": ("north", "south")})
    worlds = {
        "loss": faulty,
        "crash": world().head_with(trainings=ended(Ending.CRASHED), predictions=ended(Ending.TIMEOUT)),
        "claims": claiming(world(), Side.HEAD, accuracy=0.1),
        "lost": world(metrics=({"metric": "log_loss"}, {"metric": "accuracy", "slice": "no"})).head_with(
            predictions=_labels_only
        ),
        "alone": faulty.without_base(),
        **{f"promised {mode} {steps}": _promised(mode, steps) for mode in ("fp-free", "ternary") for steps in (1, 999)},
        **{name: HARMLESS[name] for name in ("out of fold", "regression", "scores", "brought predictions")},
    }
    return {name: each.comparison() for name, each in worlds.items()}


def _promised(mode: str, steps: int) -> World:
    """A guarantee that is broken, or for which there are too few rows."""
    given = {"condition": "n - o > 0 +/- 0.1", "reliability": 0.5, "steps": steps, "mode": mode}
    return world(loss=0.2, trains=False).ruled(guarantee=given)


def _labels_only(each: Predictions) -> Predictions:
    return replace(each, columns={"prediction": each.columns["prediction"]})


COMPARISONS = {
    **{f"empty {task}": _empty(task) for task in TASKS},
    "hollow": _hollow(),
    **_planted(),
}
ITS_FAULT = "its own fault"

each_comparison = pytest.mark.parametrize("name", [*COMPARISONS, ITS_FAULT])


def fault_of(check_id: str) -> World:
    """The world with the fault that a check is there for, of the module with its tests."""
    area, _, name = check_id.partition(".")
    module = f"tests.checks.{area}.test_{name}"
    try:
        found = getattr(import_module(module), "FAULT", None)
    except ModuleNotFoundError as missing:
        if missing.name != module:
            raise
        found = None
    needed = (
        f"write `FAULT = world(...)`, a world in which {check_id} finds something, in {module.replace('.', '/')}.py"
    )
    assert isinstance(found, World), needed
    return found


def _asked(check: Check, name: str) -> tuple[Comparison, Options]:
    """A Comparison, and the check's options there; a new one each time if it is of the check's own fault."""
    if name != ITS_FAULT:
        return COMPARISONS[name], check.options()
    what = fault_of(check.id)
    return what.comparison(), options_of(check, what.rules.checks.get(check.id, {}))


def _said(check: Check, comparison: Comparison, options: Options | None = None) -> list[Finding | Measure]:
    return list(check.run(comparison, options or check.options()))


def _places(*texts: str) -> set[str]:
    """The names in braces."""
    return set(re.findall(r"\{(\w+)\}", " ".join(texts)))


def test_the_catalogue_is_kept() -> None:
    levels = {name: (check.impact, check.likelihood) for name, check in all_checks().items()}
    assert {name: levels.get(name) for name in CATALOGUE} == CATALOGUE


def test_unknown_checks_are_named_by_their_nearest() -> None:
    with pytest.raises(UsageError, match=r"no check 'model.regresion'") as caught:
        check_named("model.regresion")
    assert caught.value.hint == "did you mean model.regression?"


@each_check
def test_the_id_is_the_path(check: Check) -> None:
    area, _, name = check.id.partition(".")
    file = Path(str(getsourcefile(check.run)))
    assert file == Path(str(checks.__file__)).parent / area / f"{name}.py"
    assert check.area == area
    assert (check.impact, check.likelihood) in MATRIX


@each_check
def test_the_docstring_is_a_title_a_reason_and_a_cure(check: Check) -> None:
    title, blank, *rest = check.doc.strip().splitlines()
    assert 10 < len(title) <= 100
    assert title.endswith(".")
    assert check.title == title.rstrip(".")
    assert not blank
    assert rest
    for section in ("Why", "Fix"):
        assert 20 < len(check.section(section)) <= 240, section


@each_check
def test_every_option_is_described_and_has_a_default(check: Check) -> None:
    check.options()
    for name, field in check.options.model_fields.items():
        assert field.description, f"{check.id}.{name}"
        assert not field.is_required(), f"{check.id}.{name}"
    with pytest.raises(ValueError, match="nobody_has_this"):
        check.options.model_validate({"nobody_has_this": 1})


@each_check
@pytest.mark.parametrize("effort", EFFORTS, ids=["default", "brought", "folds"])
def test_needs_are_values_of_one_side(check: Check, effort: Effort) -> None:
    for need in (*check.needs(effort), *check.wishes(effort)):
        assert isinstance(need, all_kinds()[need.kind].need)
        assert need.side in Side
        assert len({need, need}) == 1
    assert not set(check.needs(effort)) & set(check.wishes(effort))
    assert check.needs(effort) == check.needs(effort)


@each_check
def test_a_relative_check_needs_base_and_no_other_does(check: Check) -> None:
    needs_base = any(need.side is Side.BASE for need in check.needs(Effort()))
    assert needs_base == check.relative


@each_check
@each_comparison
def test_no_evidence_makes_it_raise_and_the_same_says_the_same(check: Check, name: str) -> None:
    comparison, options = _asked(check, name)
    first, again = _said(check, comparison, options), _said(check, *_asked(check, name))
    assert [each.subject for each in first] == [each.subject for each in again]
    assert repr(first) == repr(again)
    alone = comparison.base_alone()
    assert alone is None or isinstance(_said(check, alone, options), list)


@each_check
@pytest.mark.parametrize("name", ["hollow", *(f"empty {task}" for task in TASKS)])
def test_without_evidence_there_is_nothing_to_say(check: Check, name: str) -> None:
    assert not _said(check, COMPARISONS[name])


@each_check
@each_comparison
def test_what_is_said_has_all_its_facts(check: Check, name: str) -> None:
    for each in _said(check, *_asked(check, name)):
        assert each.subject
        if isinstance(each, Finding):
            assert each.says[:1].islower() or each.says.startswith(("{", "`"))
            assert _places(each.says, each.note) <= set(each.facts)
            assert all(isinstance(fact, str | int | float | bool | tuple | None) for fact in each.facts.values())
        else:
            assert each.units >= 0


@each_check
def test_it_finds_its_fault_and_says_it_whole(check: Check) -> None:
    found = weighed(check.id, fault_of(check.id)).values()
    assert {each.status for each in found} & {Status.NEW, Status.WORSE}, f"{check.id} says nothing of its FAULT"
    for each in found:
        assert _places(each.says, each.note) <= set(each.facts), each.subject


@each_check
def test_it_is_silent_in_a_harmless_world(check: Check) -> None:
    assert any(silent(check.id, harmless) for harmless in HARMLESS.values())


def test_a_check_without_a_fault_is_told_where_to_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = r"write `FAULT = .* data\.nothing finds something, in tests/checks/data/test_nothing\.py"
    with pytest.raises(AssertionError, match=told):
        fault_of("data.nothing")
    monkeypatch.setitem(sys.modules, "tests.checks.data.test_nothing", ModuleType("tests.checks.data.test_nothing"))
    with pytest.raises(AssertionError, match=told):
        fault_of("data.nothing")


def _templates(check: Check) -> Iterator[str]:
    """Every `says` that stands in the check's own file."""
    tree = ast.parse(Path(str(getsourcefile(check.run))).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\{\w+\}", node.value):
            yield node.value


@each_check
def test_templates_are_one_plain_sentence(check: Check) -> None:
    for template in _templates(check):
        assert "\n" not in template
        assert not template.endswith(".")


@each_check
def test_it_touches_nothing_outside(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_args: object, **_more: object) -> None:
        raise AssertionError("a check touches the world")

    _said(check, *_asked(check, ITS_FAULT))  # what is imported late is imported now
    fresh = _asked(check, ITS_FAULT)
    outside = ((builtins, "open"), (io, "open"), (os, "open"), (socket, "socket"), (time, "time"), (time, "monotonic"))
    for owner, name in outside:
        monkeypatch.setattr(owner, name, forbidden)
    _said(check, *fresh)


@each_check
def test_it_changes_nothing_that_it_sees(check: Check) -> None:
    what = fault_of(check.id)
    before = deepcopy((what.head, what.base, what.anchor))
    _said(check, *_asked(check, ITS_FAULT))
    assert same(before, (what.head, what.base, what.anchor))


def test_no_two_checks_have_one_title() -> None:
    titles = [check.title for check in CHECKS]
    assert len(set(titles)) == len(titles)


def test_needs_of_all_checks_have_keys_of_their_own() -> None:
    needs: set[Need] = {need for check in CHECKS for need in (*check.needs(Effort()), *check.wishes(Effort()))}
    assert len({(need.side, need.key) for need in needs}) == len(needs)
