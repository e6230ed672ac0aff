from dataclasses import replace
from typing import Any

import pytest

from gatebot.core.finding import Level, Location, Priority, Status
from gatebot.decide.judge import judge
from gatebot.evidence.effects import Ending
from gatebot.evidence.missing_path import Absence, MissingPath
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.training import Fit, Training
from gatebot.render.advice import advice_for
from gatebot.render.markdown import section
from gatebot.render.pieces import Piece, flat, noted
from tests.checks.worlds import HARMLESS, World, ended, facts, said, silent, weighed, world

CHECK = "code.smoke_train"
NO_PANDAS = ("Trace", "ModuleNotFoundError: No module named 'pandas'")
FAULT = world(confirm=True).head_with(trainings=ended(Ending.CRASHED, exit_code=1, log_tail=NO_PANDAS))


@pytest.mark.parametrize("ending", [ending for ending in Ending if ending is not Ending.OK])
@pytest.mark.parametrize("stage", ["trainings", "predictions"])
def test_every_way_of_failing_is_found(stage: str, ending: Ending) -> None:
    planted = world().head_with(**{stage: ended(ending, exit_code=1, log_tail=("Traceback", "KeyError: 'x'"))})
    found = weighed(CHECK, planted)["smoke runs"]
    assert (found.status, found.priority, found.log) == (Status.NEW, Priority.P0, ("Traceback", "KeyError: 'x'"))
    assert found.facts["stage"] == {"trainings": "training", "predictions": "predicting"}[stage]
    assert (found.facts["runs"], found.facts["all_runs"], found.facts["ending"]) == (2, 2, ending.value)


def test_a_limit_says_how_much_was_taken() -> None:
    planted = world().head_with(trainings=ended(Ending.MEMORY, peak_rss_bytes=4_000_000_000, seconds=61.26))
    assert {"peak_mb": 4000, "seconds": 61.3}.items() <= facts(CHECK, planted, "smoke runs").items()


def _fails(what: World, side: Side, tier: Tier, ending: Ending, seeds: int = 1) -> World:
    for seed in range(seeds):
        fit = Fit(side, tier, seed)
        snapshot = what.head if side is Side.HEAD else what.base
        assert snapshot is not None
        evidence: Any = snapshot.get(fit, Training)
        what = what.plus(side, {fit: ended(ending)(evidence)})
    return what


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("ModuleNotFoundError: No module named 'pandas'", "pandas"),
        ("ModuleNotFoundError: No module named 'google.cloud'", "google.cloud"),
        ("ModuleNotFoundError: No module named '](https://evil.example)'", None),
        ("KeyError: 'pandas'", None),
    ],
)
def test_a_module_that_is_not_there_comes_with_advice(line: str, module: str | None) -> None:
    found = weighed(CHECK, world().head_with(trainings=ended(Ending.CRASHED, exit_code=1, log_tail=("Trace", line))))
    told = found["smoke runs"]
    assert told.facts.get("module") == module
    assert ("smoke.setup" in flat(noted(told))) is (module is not None)


IN_OWN_CODE = (
    "Traceback (most recent call last):",
    '  File "src/train.py", line 7, in fit',
    "    model.fit(rows)",
    "  [4 frames of sklearn]",
    "ValueError: Input X contains NaN.",
)


@pytest.mark.parametrize(
    ("log", "places"),
    [
        (IN_OWN_CODE, (Location("src/train.py", 7),)),
        (tuple(line.replace("src/", "../src/") for line in IN_OWN_CODE), ()),
        (("Segmentation fault",), ()),
    ],
)
def test_a_crash_points_to_the_users_own_last_frame(log: tuple[str, ...], places: tuple[Location, ...]) -> None:
    planted = world().head_with(trainings=ended(Ending.CRASHED, exit_code=1, log_tail=log))
    assert weighed(CHECK, planted)["smoke runs"].where == places


def test_of_a_strangers_log_not_even_the_place_is_quoted() -> None:
    planted = world().head_with(trainings=ended(Ending.CRASHED, exit_code=1, log_tail=IN_OWN_CODE))
    case = planted.case()
    strange = replace(case, facts=case.facts.model_copy(update={"is_fork": True}))
    [found] = [each for each in judge(strange).findings if each.check == CHECK]
    assert (found.where, found.log, advice_for(judge(strange)).crashes) == ((), (), ())
    assert len(advice_for(judge(case)).crashes) == 1


def _lacking(why: Absence) -> World:
    missing = MissingPath("models/`x`", why, "models")
    return world().head_with(trainings=ended(Ending.CRASHED, exit_code=1, log_tail=IN_OWN_CODE, missing=missing))


@pytest.mark.parametrize("why", Absence)
def test_a_path_that_was_not_there_comes_with_advice_and_is_quoted_as_code(why: Absence) -> None:
    report = judge(_lacking(why).case())
    [found] = [each for each in report.findings if each.check == CHECK]
    told = noted(found)
    assert Piece("models" if why is Absence.FOLDER else "models/`x`", quoted=True) in told
    assert "{" not in flat(told)
    assert "models" in section(report).partition("What to do")[2]


def test_of_a_strangers_log_no_missing_path_is_quoted() -> None:
    case = _lacking(Absence.IGNORED).case()
    strange = replace(case, facts=case.facts.model_copy(update={"is_first": True}))
    [found] = [each for each in judge(strange).findings if each.check == CHECK]
    assert (found.note, "missing" in found.facts) == ("", False)


def test_where_nothing_works_the_missing_path_is_told_too() -> None:
    missing = MissingPath("raw/x.csv", Absence.IGNORED)
    failed = ended(Ending.CRASHED, exit_code=1, log_tail=IN_OWN_CODE, missing=missing)
    broken = world().both_with(trainings=failed, predictions=failed)
    assert "git ignores raw/x.csv" in " ".join(flat(step) for step in advice_for(judge(broken.case())).steps)


def test_both_tiers_on_the_same_rows_fail_once() -> None:
    assert set(said(CHECK, FAULT)) == {"smoke runs", "confirm runs"}
    once = FAULT.head_with(profile=lambda profile: replace(profile, one_tier=True))
    assert set(said(CHECK, once)) == {"smoke runs"}
    later = _fails(world(confirm=True).both_with(profile=lambda profile: replace(profile, one_tier=True)),
                   Side.HEAD, Tier.CONFIRM, Ending.CRASHED, 3)  # fmt: skip
    assert set(said(CHECK, later)) == {"confirm runs"}


def test_one_seed_of_two_is_enough() -> None:
    planted = _fails(world(), Side.HEAD, Tier.SMOKE, Ending.CRASHED)
    assert facts(CHECK, planted, "smoke runs")["runs"] == 1
    assert said(CHECK, planted) == {"smoke runs": Status.NEW}


@pytest.mark.parametrize(
    ("base", "head", "status"),
    [
        ((Ending.CRASHED, 2), (Ending.CRASHED, 2), Status.INHERITED),
        ((Ending.TIMEOUT, 2), (Ending.MEMORY, 2), Status.INHERITED),
        ((Ending.CRASHED, 1), (Ending.CRASHED, 2), Status.WORSE),
        ((Ending.CRASHED, 2), (Ending.CRASHED, 0), Status.FIXED),
    ],
)
def test_what_base_does_too_is_inherited(base: tuple[Ending, int], head: tuple[Ending, int], status: Status) -> None:
    planted = _fails(world(), Side.BASE, Tier.SMOKE, *base)
    assert said(CHECK, _fails(planted, Side.HEAD, Tier.SMOKE, *head)) == {"smoke runs": status}


def test_tiers_are_told_apart() -> None:
    planted = _fails(world(confirm=True), Side.HEAD, Tier.CONFIRM, Ending.TIMEOUT, 5)
    assert said(CHECK, planted) == {"confirm runs": Status.NEW}
    both = _fails(planted, Side.BASE, Tier.CONFIRM, Ending.TIMEOUT, 5)
    assert said(CHECK, both) == {"confirm runs": Status.INHERITED}
    masked = _fails(
        _fails(world(confirm=True), Side.HEAD, Tier.SMOKE, Ending.TIMEOUT), Side.BASE, Tier.CONFIRM, Ending.TIMEOUT
    )
    assert said(CHECK, masked) == {"smoke runs": Status.NEW, "confirm runs": Status.FIXED}


def test_a_limit_blocks_where_base_is_known_to_keep_it() -> None:
    planted = _fails(world(confirm=True), Side.HEAD, Tier.CONFIRM, Ending.TIMEOUT, 5)
    assert weighed(CHECK, planted)["confirm runs"].priority is Priority.P0
    unknown = planted.minus(Side.BASE, *planted.effort.fits(Side.BASE, Tier.CONFIRM))
    assert weighed(CHECK, unknown)["confirm runs"].likelihood is Level.LOW
    crash = _fails(world(confirm=True), Side.HEAD, Tier.CONFIRM, Ending.CRASHED, 5)
    crash = crash.minus(Side.BASE, *crash.effort.fits(Side.BASE, Tier.CONFIRM))
    assert weighed(CHECK, crash)["confirm runs"].priority is Priority.P0


def test_brought_predictions_are_not_trained_and_that_is_no_gap() -> None:
    brought = world(trains=False)
    assert silent(CHECK, brought)
    assert CHECK in judge(brought.case()).clean
    crashed = brought.head_with(predictions=ended(Ending.CRASHED))
    assert said(CHECK, crashed) == {"smoke runs": Status.NEW}


def test_without_a_base_a_crash_is_new() -> None:
    assert said(CHECK, world().without_base().head_with(trainings=ended(Ending.CRASHED))) == {"smoke runs": Status.NEW}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
