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


@pytest.mark.parametrize(
    ("size", "priority", "action"),
    [
        (1_600_000, Priority.P3, Action.NOTE),
        (2_900_000, Priority.P3, Action.NOTE),
        (3_000_000, Priority.P2, Action.WARN),
        (10_900_000, Priority.P2, Action.WARN),  # ten times as large, and less than 10 MB more
        (11_000_000, Priority.P1, Action.BLOCK),
        (50_000_000, Priority.P1, Action.BLOCK),
    ],
)
def test_a_larger_model_is_noted_then_warns_then_blocks(size: int, priority: Priority, action: Action) -> None:
    planted = world().head_with(trainings=_large(size))
    found = weighed(CHECK, planted)["size"]
    assert (found.status, found.priority, found.action) == (Status.NEW, priority, action)
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


def test_what_blocks_is_a_setting() -> None:
    planted = world().head_with(trainings=_large(5_000_000))
    stricter = planted.ruled(checks={CHECK: {"block_ratio": 4, "block_mb": 3}})
    assert weighed(CHECK, planted)["size"].action is Action.WARN
    assert weighed(CHECK, stricter)["size"].action is Action.BLOCK
    assert weighed(CHECK, planted.ruled(checks={CHECK: {"warn_ratio": 6}}))["size"].action is Action.NOTE


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
