"""Describes what to do about a verdict: the command to reproduce it, fixes, who can accept it, and a waiver."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gatebot.core.finding import Action
from gatebot.core.report import Report, ReportedFinding, ReportedMeasure, State, VerdictName
from gatebot.core.tracebacks import OwnFrame, own_frame
from gatebot.render.numbers import counted
from gatebot.render.pieces import Sentence, joined, noted, quote, words
from gatebot.render.rows import loss_of, measure_behind

WAIVER_DAYS = 30
MOST_WAIVERS = 3
MOST_SUBJECT = 300  # a longer one would be cut off, and its waiver would match nothing


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next.

    Attributes:
        command: command that reproduces the verdict locally; may be empty.
        crashes: where in the user's own code it has failed, a sentence for each place.
        fixes: fixes, each with the ids of the checks that suggest it.
        steps: sentences about who may accept the commit, and which evidence would decide undecided measures.
        waiver: YAML for gatebot.yml on the base branch; may be empty.
        accept: text of the comment that accepts this commit; empty if none would.
    """

    command: str
    fixes: tuple[tuple[tuple[str, ...], Sentence], ...]
    steps: tuple[Sentence, ...]
    waiver: str
    accept: str = ""
    crashes: tuple[Sentence, ...] = ()

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Everything in sentences: what has failed, fixes and steps."""
        return (*self.crashes, *(fix for _, fix in self.fixes), *self.steps)


def advice_for(report: Report) -> Advice:
    """Return what the author can do; empty if nothing is required."""
    decisive = report.decisive
    stopping = [each for each in decisive if each.action in (Action.BLOCK, Action.REVIEW)]
    passing = report.verdict is VerdictName.PASS
    return Advice(
        command="" if passing and not decisive else report.reproduce,
        fixes=tuple(_fixes(decisive)),
        steps=(*_next(report), *(() if passing and not report.observed else _steps(report, stopping))),
        waiver=_waivers(report, [each for each in stopping if _may_be_meant(each)]),
        accept=f"/gatebot accept {report.head.sha}" if report.verdict is VerdictName.REVIEW and report.head.sha else "",
        crashes=_crashes(report.findings if State.NOTHING_TRAINS in report.states else decisive),
    )


def _crashes(findings: Sequence[ReportedFinding]) -> tuple[Sentence, ...]:
    """Return where the user's own code has failed, each place once; the logs that are shown tell it."""
    frames = (own_frame(each.log) for each in findings)
    return tuple(dict.fromkeys(_failed(frame) for frame in frames if frame is not None))


def _failed(frame: OwnFrame) -> Sentence:
    told = joined("It fails at ", quote(f"{frame.path}:{frame.line}"))
    told = joined(told, " in ", quote(frame.name)) if frame.name else told
    told = joined(told, ", on the line ", quote(frame.source)) if frame.source else told
    told = joined(told, ", with ", quote(frame.error)) if frame.error else told
    inside = f", {counted(frame.libraries, 'frame')} deep in libraries" if frame.libraries else ""
    return joined(told, f"{inside}.")


def _fixes(findings: Sequence[ReportedFinding]) -> Iterable[tuple[tuple[str, ...], Sentence]]:
    """Return each fix once, with the checks that suggest it and followed by the notes of its findings."""
    checks: dict[str, dict[str, None]] = defaultdict(dict)  # the inner dict is an ordered set
    notes: dict[str, dict[Sentence, None]] = defaultdict(dict)
    for each in findings:
        if each.fix:
            checks[each.fix][each.check] = None
        if each.note:
            notes[each.fix][joined(" ", noted(each), ".")] = None
    return [(tuple(named), joined(fix, *notes[fix])) for fix, named in checks.items()]


def _next(report: Report) -> Iterable[Sentence]:
    """Yield what follows a baseline that was just made."""
    if State.BASELINE in report.states and report.verdict is VerdictName.PASS:
        yield words(
            "From now on, `gatebot run` on a branch compares with this. `gatebot power` says which losses these rows"
            " and seeds can see, and proposes margins."
        )


def _steps(report: Report, stopping: list[ReportedFinding]) -> Iterable[Sentence]:
    if report.verdict is VerdictName.REVIEW:
        yield words(
            "An approving review of this very commit lets it pass, or the comment below: by somebody whom"
            " `policy.reviewers` names, or by anybody with write access; never by its author. Another push needs"
            " another."
        )
    if State.NOTHING_TRAINS in report.states:
        yield from _repair(report)
    elif report.verdict is VerdictName.ERROR:
        yield words("This is no judgement of the change. Run the job again; if it happens twice, look at its log.")
        if State.NO_BASELINE in report.states:
            yield words("A run on the base branch leaves a baseline.")
    if any(each.undecided for each in stopping):
        yield from _evidence(report)
    if any(_may_be_meant(each) for each in stopping) and report.verdict is not VerdictName.ERROR:
        yield words(
            "If the loss is meant, put a waiver into `gatebot.yml` on the base branch: it has an end and a reason."
        )


def _repair(report: Report) -> Iterable[Sentence]:
    yield words("A change that works repairs base: it is judged by absolute checks, and can pass.")
    if any("module" in each.facts for each in report.findings):
        yield words(
            "If the missing module is a package, install it in `smoke.setup`; on your machine it is enough to activate"
            " the environment that has it."
        )
    lacking = (each for each in report.findings if "missing" in each.facts and each.note)
    yield from dict.fromkeys(joined(noted(each), ".") for each in lacking)
    if report.verdict is VerdictName.ERROR:
        yield words("The owner of the base branch can let such changes pass unjudged: `policy.broken_base: warn`.")


def _may_be_meant(finding: ReportedFinding) -> bool:
    """Return whether a waiver makes sense: not for code that does not run, and not for undecided findings."""
    return not finding.undecided and not finding.check.startswith("code.")


def _evidence(report: Report) -> Iterable[Sentence]:
    """Yield the evidence that would decide each undecided measure."""
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
    """Return the loss rounded up to two significant digits, so that the waiver covers it and little more."""
    loss = None if measure is None else loss_of(measure)
    if loss is None or loss <= 0:
        return ""
    step = 10.0 ** (math.floor(math.log10(loss)) - 1)
    return f"{math.ceil(loss / step + 1e-9) * step:.2g}"


def yaml_text(text: str) -> str:
    """Return the exact text as a double-quoted YAML scalar, with unprintable characters escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escape(char) for char in quoted)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
