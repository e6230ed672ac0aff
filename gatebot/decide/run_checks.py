"""Runs each check once over a Comparison and says what came of it. Pure: a crash becomes an Outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from gatebot.checks.check import Check, Options
from gatebot.comparison.case import Case
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Area, Clean, Crashed, Finding, Found, Measure, Outcome, Skipped, Status
from gatebot.core.needs import File, Fit, Predict, Profile, Side
from gatebot.errors import UsageError

WORSE = 1.5
"""What base has too is worse from half as much again on; below that it is the same on slightly other data."""


@dataclass(frozen=True, slots=True)
class CheckResults:
    """One check, what came of it, and what it yielded. Its measures are unanswered, and its outcome is without them."""

    check: Check
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    measures: tuple[Measure, ...] = ()


def run_checks(check: Check, comparison: Comparison, case: Case) -> CheckResults:
    """Run one check, or say why it does not run.

    Raises:
        UsageError: the Rules give the check a setting that it does not have.
    """
    setting = case.facts.rules.checks.get(check.id, {})
    options = options_of(check, setting)
    if setting is False:
        return CheckResults(check, Skipped("switched off in gatebot.yml", excused=True))
    skipped = _why_not(check, comparison, case)
    if skipped is not None:
        return CheckResults(check, skipped)
    try:
        if excuse := check.excuse(comparison):
            return CheckResults(check, Skipped(excuse, excused=True))
        said = list(check.run(comparison, options))
        base = comparison.base_alone()
        known = list(check.run(base, options)) if base is not None and not check.relative else []
    except Exception as error:  # noqa: BLE001  # whatever a check raises, the others still run and nothing passes
        return CheckResults(check, Crashed(f"{type(error).__name__}: {error}"))
    findings = _against_base(said, known)
    measures = tuple(each for each in said if isinstance(each, Measure))
    return CheckResults(check, Found(findings) if findings else Clean(), findings, measures)


def options_of(check: Check, setting: bool | Mapping[str, Any]) -> Options:
    """The check's settings.

    Raises:
        UsageError: a setting that the check does not have, or a wrong value.
    """
    try:
        return check.options.model_validate({} if isinstance(setting, bool) else setting)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"gatebot.yml: checks.{check.id}.{place}: {first['msg']}", f"`gatebot checks {check.id}` lists its settings"
        ) from error


def _why_not(check: Check, comparison: Comparison, case: Case) -> Skipped | None:
    """Why a check cannot run; what head owes first, for that is never excused by the lack of a base.

    Excused are files that nobody has to write, and gaps where base's own code fails: it is the base branch that is
    broken then, and head is not blocked for it. Of base's runs one is enough: those that both sides have are compared.
    """
    needs = check.needs(case.facts.effort)
    for need in needs:
        if need.side is Side.HEAD and not case.has(need):
            excused = isinstance(need, File) or all(case.failed(need, side) for side in Side)
            return Skipped(case.why_unmet(need), excused)
    if check.relative and case.base is None:
        return Skipped("there is no baseline to compare with", excused=True)
    for kind in (Profile, Fit, Predict):
        asked = [need for need in needs if need.side is Side.BASE and isinstance(need, kind)]
        if asked and not any(case.has(need) for need in asked):
            excused = all(case.failed(need, Side.BASE) for need in asked)
            return Skipped(f"base: {case.why_unmet(asked[0])}", excused=excused)
    if check.area is Area.MODEL and comparison.truth is None and comparison.rows is not None:
        return Skipped("there are no labels to hold predictions against")
    return None


def _against_base(said: list[Finding | Measure], known: list[Finding | Measure]) -> tuple[Finding, ...]:
    """Head's findings with their status, then those of base that head has no more."""
    head = {each.subject: each for each in said if isinstance(each, Finding)}
    base = {each.subject: each for each in known if isinstance(each, Finding)}
    mine = [replace(each, status=_status(each, base[name])) if name in base else each for name, each in head.items()]
    gone = [replace(each, status=Status.FIXED) for name, each in base.items() if name not in head]
    return (*mine, *gone)


def _status(head: Finding, base: Finding) -> Status:
    grown = head.size is not None and base.size is not None and head.size > WORSE * base.size
    return Status.WORSE if grown else Status.INHERITED


def could_not_see(results: CheckResults) -> bool:
    """Whether this check failed, or lacks evidence that head owes."""
    match results.outcome:
        case Crashed():
            return True
        case Skipped(excused=excused):
            return not excused
        case _:
            return False
