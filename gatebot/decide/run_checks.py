"""Runs the checks on a Comparison and returns their results; a crash becomes an outcome too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from gatebot.checks.check import Check, Options
from gatebot.comparison.case import Case
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Area, Clean, Crashed, Finding, Found, Measure, Outcome, Skipped, Status
from gatebot.errors import UsageError
from gatebot.evidence.need import Need, Side
from gatebot.evidence.training import Fit, training_of

WORSE = 1.5
"""A finding that base has too is worse if its size exceeds base's by this factor; smaller changes are noise."""


@dataclass(frozen=True, slots=True)
class CheckResults:
    """The results of one check. Until `answered` is called, measures have no answer and the outcome ignores them."""

    check: Check
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    measures: tuple[Measure, ...] = ()


def run_checks(check: Check, comparison: Comparison, case: Case) -> CheckResults:
    """Run one check; if it cannot run, the outcome says why.

    Raises:
        UsageError: The Rules give the check a setting that it does not have.
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
        head_results = list(check.run(comparison, options))
        base = comparison.base_alone()
        known = list(check.run(base, options)) if base is not None and not check.relative else []
    except Exception as error:  # noqa: BLE001  # whatever a check raises, the others run, and nothing passes
        return CheckResults(check, Crashed(f"{type(error).__name__}: {error}"))
    findings = _against_base(head_results, known)
    measures = tuple(each for each in head_results if isinstance(each, Measure))
    return CheckResults(check, Found(findings) if findings else Clean(), findings, measures)


def options_of(check: Check, setting: bool | Mapping[str, Any]) -> Options:
    """Return the check's settings.

    Raises:
        UsageError: The check does not have a setting, or a value is wrong.
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
    """Return why a check cannot run; None if it can.

    Head's evidence is examined first, because a missing base never excuses missing evidence of head. Two gaps are
    excused: optional files, and evidence that is missing because base's own code fails, for which head is not blocked.
    One run of either side is enough where the others fail on both, because only runs that both sides have are compared.
    Trainings that were not run because others had failed are no gap: those that failed are the evidence.
    """
    needs = check.needs(case.facts.effort)
    of_head = [need for need in needs if need.side is Side.HEAD]
    for need in of_head:
        if not case.has(need) and not _is_told_by_others(need, of_head, case):
            return Skipped(case.why_unmet(need), need.optional or _fails_on_both(need, case))
    if check.relative and case.base is None:
        return Skipped("there is no baseline to compare with", excused=True)
    of_base = [need for need in needs if need.side is Side.BASE and not need.optional]
    for kind in dict.fromkeys(need.kind for need in of_base):
        asked = [need for need in of_base if need.kind == kind]
        if not any(case.has(need) for need in asked):
            excused = all(_fails(need, Side.BASE, case) for need in asked)
            return Skipped(f"base: {case.why_unmet(asked[0])}", excused=excused)
    if check.area is Area.MODEL and comparison.truth is None and comparison.rows is not None:
        return Skipped("there are no labels to hold predictions against")
    return None


def _is_told_by_others(need: Need, asked: Sequence[Need], case: Case) -> bool:
    """Whether a check can do without this evidence of head, because it has evidence of other runs."""
    if not any(case.has(each) for each in asked if each.kind == need.kind):
        return False
    return _fails_on_both(need, case) or (isinstance(need, Fit) and case.broken(Side.HEAD))


def _fails_on_both(need: Need, case: Case) -> bool:
    return all(_fails(need, side, case) for side in Side)


def _fails(need: Need, side: Side, case: Case) -> bool:
    """Whether evidence is missing because the code of that side fails, in this run or in all."""
    return case.failed(need, side) or (training_of(need) is not None and case.broken(side))


def _against_base(head_results: list[Finding | Measure], known: list[Finding | Measure]) -> tuple[Finding, ...]:
    """Return head's findings with their status, followed by base's findings that head no longer has.

    A check that compares both sides itself may have said that a finding is worse or inherited.
    """
    head = {each.subject: each for each in head_results if isinstance(each, Finding)}
    base = {each.subject: each for each in known if isinstance(each, Finding)}
    mine = [replace(each, status=_status(each, base[name])) if name in base else each for name, each in head.items()]
    gone = [replace(each, status=Status.FIXED) for name, each in base.items() if name not in head]
    return (*mine, *gone)


def _status(head: Finding, base: Finding) -> Status:
    if head.status is not Status.NEW:
        return head.status
    grown = head.size is not None and base.size is not None and head.size > WORSE * base.size
    return Status.WORSE if grown else Status.INHERITED


def could_not_see(results: CheckResults) -> bool:
    """Whether the check crashed, or lacks evidence that head must provide."""
    match results.outcome:
        case Crashed():
            return True
        case Skipped(excused=excused):
            return not excused
        case _:
            return False
