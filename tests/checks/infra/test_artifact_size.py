from collections.abc import Callable
from dataclasses import replace

import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.evidence.training import Training
from tests.checks.worlds import HARMLESS, facts, run, silent, weighed, world

CHECK = "infra.artifact_size"


def _large(size: int | None) -> Callable[[Training], Training]:
    return lambda each: replace(each, artifact_bytes=size)


FAULT = world().head_with(trainings=_large(1_600_000))


@pytest.mark.parametrize("size", [1_600_000, 50_000_000])
def test_a_larger_model_is_told_and_warns(size: int) -> None:
    planted = world().head_with(trainings=_large(size))
    found = weighed(CHECK, planted)["size"]
    assert (found.status, found.priority, found.action) == (Status.NEW, Priority.P2, Action.WARN)
    assert facts(CHECK, planted, "size") == {"base_mb": 1.0, "head_mb": size / 1e6, "ratio": size / 1e6}


@pytest.mark.parametrize("size", [0, 500_000, 1_400_000, None])
def test_other_models_are_not(size: int | None) -> None:
    assert silent(CHECK, world().head_with(trainings=_large(size)))


def test_small_differences_are_not_told() -> None:
    assert silent(CHECK, world().base_with(trainings=_large(1_000)).head_with(trainings=_large(90_000)))


def test_a_base_without_a_size_is_nothing_to_compare_with() -> None:
    assert silent(CHECK, world().base_with(trainings=_large(None)))
    assert silent(CHECK, world().base_with(trainings=_large(0)))


def test_the_ratio_is_a_setting() -> None:
    assert run(CHECK, FAULT.comparison())
    assert not run(CHECK, FAULT.comparison(), ratio=2.0)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
