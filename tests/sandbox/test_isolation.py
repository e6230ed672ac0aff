"""Levels are ordered, found out honestly, and never silently lowered."""

import itertools
import subprocess
import sys

import pytest

from gatebot.errors import ExitCode, GateError
from gatebot.sandbox import Isolation, Reach, probe, reachable, require
from tests.sandbox.conftest import IS_ROOT, NOBODY, PACKAGE, PYTHON, REACH

ORDER = [Isolation.NONE, Isolation.PARTIAL, Isolation.FULL]


@pytest.mark.parametrize(("low", "high"), [*itertools.combinations(ORDER, 2)])
def test_levels_are_ordered(low: Isolation, high: Isolation) -> None:
    assert low < high
    assert high > low
    assert low <= high
    assert high >= low
    assert not low >= high
    assert max(low, high) is high


def test_a_level_is_its_name() -> None:
    assert [Isolation(name) for name in ("none", "partial", "full")] == ORDER


@pytest.mark.parametrize(("least", "level"), [*itertools.product(ORDER, ORDER)])
def test_a_lower_level_than_asked_for_is_refused_with_the_reason(least: Isolation, level: Isolation) -> None:
    reach = Reach(level, 0, ("not root: cannot change uid",))
    if level >= least:
        require(least, reach)
        return
    with pytest.raises(GateError, match="cannot change uid") as caught:
        require(least, reach)
    assert caught.value.exit_code is ExitCode.COULD_NOT_JUDGE
    assert f"smoke.isolation: {level}" in caught.value.hint


def test_root_on_linux_reaches_full() -> None:
    if not IS_ROOT:
        pytest.skip("not root")
    assert reachable() is Isolation.FULL
    assert probe() == REACH


def test_a_reach_can_be_used_at_a_lower_level() -> None:
    reach = Reach(Isolation.FULL, 7)
    assert reach.at(Isolation.PARTIAL) == Reach(Isolation.PARTIAL, 7)
    assert reach.at(Isolation.NONE) == Reach(Isolation.NONE, 0)


@pytest.mark.skipif(not IS_ROOT, reason="drops rights first")
@pytest.mark.parametrize(
    ("drop", "expected"),
    [
        (f"os.setgid({NOBODY}); os.setuid({NOBODY})", "partial ('not root: cannot change uid',"),
        (
            "[libc.prctl(24, capability, 0, 0, 0) for capability in (6, 7)]",
            "partial ('root without CAP_SETGID, CAP_SETUID",
        ),
    ],
)
def test_why_not_more(drop: str, expected: str) -> None:
    """The bounding set is changed (prctl 24) before the exec at which it counts."""
    ask = "from gatebot.sandbox import probe; reach = probe(); print(reach.level, reach.reasons)"
    code = f"import ctypes, os, sys; libc = ctypes.CDLL(None); {drop}; os.execv(sys.executable, sys.argv[1:])"
    done = subprocess.run(
        [PYTHON, "-c", code, PYTHON, "-B", "-c", ask],
        env={"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(expected), done


def test_other_systems_reach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert probe().level is Isolation.NONE
    assert "not Linux" in probe().reasons[0]
