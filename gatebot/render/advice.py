"""What to do about a verdict: the command that reproduces it, fixes, who can let it pass, a waiver to fill in."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gatebot.core.finding import Action
from gatebot.core.report import Report, ReportedFinding, ReportedMeasure, State, VerdictName
from gatebot.render.numbers import counted
from gatebot.render.pieces import Sentence, joined, noted, quote, words
from gatebot.render.rows import loss_of, measure_behind

WAIVER_DAYS = 30
MOST_WAIVERS = 3
MOST_SUBJECT = 300  # a longer one would be cut, and a waiver with half a name covers nothing


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next.

    Attributes:
        command: reproduces the verdict on a laptop; may be empty.
        fixes: what helps, each with the ids of the checks that say so.
        steps: who may let it pass, and what more evidence would settle; whole sentences.
        waiver: YAML for gatebot.yml on the base branch; may be empty.
        accept: the comment that lets this very commit pass, to be copied; empty where none would.
    """

    command: str
    fixes: tuple[tuple[tuple[str, ...], Sentence], ...]
    steps: tuple[Sentence, ...]
    waiver: str
    accept: str = ""


def advice_for(report: Report) -> Advice:
    """What the author can do, or nothing at all where nothing is asked for."""
    decisive = report.decisive
    stopping = [each for each in decisive if each.action in (Action.BLOCK, Action.REVIEW)]
    passing = report.verdict is VerdictName.PASS
    return Advice(
        command="" if passing and not decisive else report.reproduce,
        fixes=tuple(_fixes(decisive)),
        steps=() if passing and not report.observed else tuple(_steps(report, stopping)),
        waiver=_waivers(report, [each for each in stopping if _may_be_meant(each)]),
        accept=f"/gatebot accept {report.head.sha}" if report.verdict is VerdictName.REVIEW and report.head.sha else "",
    )


def _fixes(findings: Sequence[ReportedFinding]) -> Iterable[tuple[tuple[str, ...], Sentence]]:
    """Each fix once, and behind it what its findings tell besides."""
    checks: dict[str, dict[str, None]] = defaultdict(dict)  # inner: a set in order
    notes: dict[str, dict[Sentence, None]] = defaultdict(dict)
    for each in findings:
        if each.fix:
            checks[each.fix][each.check] = None
        if each.note:
            notes[each.fix][joined(" ", noted(each), ".")] = None
    return [(tuple(named), joined(fix, *notes[fix])) for fix, named in checks.items()]


def _steps(report: Report, stopping: list[ReportedFinding]) -> Iterable[Sentence]:
    if report.verdict is VerdictName.REVIEW:
        yield words(
            "An approving review of this very commit lets it pass, or the comment below: by somebody whom"
            " `policy.reviewers` names, or by anybody with write access; never by its author. Another push needs"
            " another."
        )
    if report.verdict is VerdictName.ERROR:
        yield words("This is no judgement of the change. Run the job again; if it happens twice, look at its log.")
        if State.NO_BASELINE in report.states:
            yield words("A run on the base branch leaves a baseline.")
    if any(each.undecided for each in stopping):
        yield from _evidence(report)
    if any(_may_be_meant(each) for each in stopping) and report.verdict is not VerdictName.ERROR:
        yield words(
            "If the loss is meant, put a waiver into `gatebot.yml` on the base branch: it has an end and a reason."
        )


def _may_be_meant(finding: ReportedFinding) -> bool:
    """Whether a waiver makes sense: nobody means to merge what does not run, or what is not even proven."""
    return not finding.undecided and not finding.check.startswith("code.")


def _evidence(report: Report) -> Iterable[Sentence]:
    """What would settle undecided measures."""
    for finding in report.decisive:
        measure = measure_behind(report, finding) if finding.undecided else None
        if measure is None:
            continue
        ways = [
            counted(measure.needs_rows, "eval row") if measure.needs_rows else "",
            f"{counted(measure.needs_seeds, 'seed')} on each side" if measure.needs_seeds else "",
        ]
        known = " or ".join(way for way in ways if way)
        if known:
            yield joined(quote(finding.subject), f" would be settled by {known}.")


def _waivers(report: Report, findings: list[ReportedFinding]) -> str:
    until = (report.generated_at + timedelta(days=WAIVER_DAYS)).date()
    lines = []
    for finding in [each for each in findings if len(each.subject) <= MOST_SUBJECT][:MOST_WAIVERS]:
        ceiling = _ceiling(measure_behind(report, finding))
        lines += [
            f"  - check: {yaml_text(finding.check)}",
            f"    subject: {yaml_text(finding.subject)}",
            *([f"    ceiling: {ceiling}"] if ceiling else []),
            f"    until: {until}",
            '    owner: "who answers for it"',
            '    reason: "why this is acceptable"',
        ]
    return "\n".join(["waivers:", *lines]) if lines else ""


def _ceiling(measure: ReportedMeasure | None) -> str:
    """The loss rounded up to two digits, so that the waiver covers it and little more."""
    loss = None if measure is None else loss_of(measure)
    if loss is None or loss <= 0:
        return ""
    step = 10.0 ** (math.floor(math.log10(loss)) - 1)
    return f"{math.ceil(loss / step + 1e-9) * step:.2g}"


def yaml_text(text: str) -> str:
    """The text as a double-quoted YAML scalar, exact, with everything invisible written as an escape."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escape(char) for char in quoted)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
