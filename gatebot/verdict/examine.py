"""Runs each check once over a Comparison and says what came of it. Pure: a crash becomes an Outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from gatebot.case import Case
from gatebot.checks.check import Check, Options
from gatebot.comparison import Comparison
from gatebot.errors import UsageError
from gatebot.finding import Clean, Crashed, Finding, Found, Measure, Outcome, Skipped, Status
from gatebot.needs import Side


@dataclass(frozen=True, slots=True)
class Examined:
    """One check, what came of it, and the measures it yielded (still unanswered)."""

    check: Check
    outcome: Outcome
    measures: tuple[Measure, ...] = ()


def examine(check: Check, comparison: Comparison, case: Case) -> Examined:
    """Run one check, or say why it does not run."""
    setting = case.facts.rules.checks.get(check.id, {})
    if setting is False:
        return Examined(check, Skipped("switched off in gatebot.yml", excused=True))
    if check.relative and comparison.base is None:
        return Examined(check, Skipped("there is no baseline to compare with", excused=True))
    for need in check.needs(case.facts.effort):
        if not case.has(need):
            return Examined(check, Skipped(case.why_unmet(need), excused=need.side is Side.BASE))
    options = options_of(check, setting)
    try:
        said = list(check.run(comparison, options))
        base = comparison.base_alone()
        known = list(check.run(base, options)) if base is not None and not check.relative else []
    except Exception as error:  # noqa: BLE001  # whatever a check raises, the others still run and nothing passes
        return Examined(check, Crashed(f"{type(error).__name__}: {error}"))
    findings = _against_base(said, known)
    measures = tuple(each for each in said if isinstance(each, Measure))
    return Examined(check, Found(findings) if findings else Clean(), measures)


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


def _against_base(said: list[Finding | Measure], known: list[Finding | Measure]) -> tuple[Finding, ...]:
    """Head's findings with their status, then those of base that head has no more."""
    head = {each.subject: each for each in said if isinstance(each, Finding)}
    base = {each.subject: each for each in known if isinstance(each, Finding)}
    mine = [replace(each, status=Status.INHERITED) if name in base else each for name, each in head.items()]
    gone = [replace(each, status=Status.FIXED) for name, each in base.items() if name not in head]
    return (*mine, *gone)


def could_not_see(examined: Examined) -> bool:
    """Whether this check failed, or lacks evidence that head owes."""
    match examined.outcome:
        case Crashed():
            return True
        case Skipped(excused=excused):
            return not excused
        case _:
            return False
