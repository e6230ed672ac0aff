"""Renders the section of the pull request's comment and the longer job summary as Markdown."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gatebot.core.finding import Bound, Direction, Provenance, Status
from gatebot.core.report import Report, ReportedFinding, ReportedMeasure, VerdictName
from gatebot.render import context
from gatebot.render.advice import Advice, advice_for
from gatebot.render.gfm import MOST_CELL, bullets, code, fence, fold, inline, paragraph, table, within
from gatebot.render.numbers import counted, duration, grouped
from gatebot.render.pieces import capital, joined, listed, quote, said, words
from gatebot.render.rows import WATCHED, Row, by_weight, measure_behind, outcome_of, row_of, tier_of, unsettled
from gatebot.render.sentences import ACTIONS, PROVENANCE, lead, log_of, title_of
from gatebot.render.standing import COLUMNS, TITLE, standings

_RUN = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+/actions/runs/\d+(?:/[a-z]+/\d+)?")


@dataclass(frozen=True, slots=True)
class Room:
    """The largest size of each part in bytes."""

    main: int
    measures: int
    part: int
    log: int
    whole: int


SECTION = Room(main=8_000, measures=8_000, part=2_500, log=4_000, whole=30_000)
SUMMARY = Room(main=14_000, measures=20_000, part=5_000, log=8_000, whole=58_000)


def section(report: Report) -> str:
    """Return this project's section of the pull request's comment: Markdown, at most 30 kB."""
    return _written(report, SECTION, with_provenance=False)


def summary(report: Report) -> str:
    """Return the longer text for the job summary and the check run: Markdown, at most 58 kB."""
    return _written(report, SUMMARY, with_provenance=True)


def _written(report: Report, room: Room, *, with_provenance: bool) -> str:
    parts = [*_head(report, room), *_folds(report, room)]
    if with_provenance:
        parts.append(fold("Where this comes from", _provenance(report)))
    for left in range(len(parts)):
        note = [f"*{counted(left, 'part')} left out here: too long. The HTML report has everything.*"] if left else []
        text = "\n\n".join([*parts[: len(parts) - left], *note, _footer(report)])
        if len(text.encode()) <= room.whole:
            break
    return text


def _head(report: Report, room: Room) -> Iterable[str]:
    yield f"## gatebot: {title_of(report)}"
    for sentence in lead(report):
        yield paragraph(sentence)
    yield _compared(report)
    if report.values:
        yield _standings(report, room.main)
    if report.decisive:
        yield _decisive(report, room.main)
    yield from _advised(report, room)


def _compared(report: Report) -> str:
    parts = [joined(quote(report.project)), context.compared(report), context.evidence(report)]
    return " · ".join(inline(part) for part in parts if part and any(piece.text for piece in part))


def _standings(report: Report, room: int) -> str:
    rows = [
        (
            code(each.subject, MOST_CELL) + " ↓" * each.falls + (f" ({each.doubt})" if each.doubt else ""),
            each.value,
            each.interval,
            each.trivial,
            each.trained,
            grouped(each.rows),
        )
        for each in standings(report)
    ]
    return f"**{_headed(TITLE)}**\n\n{table(('', *map(_headed, COLUMNS)), rows, 'lrrrlr', room)}"


def _headed(column: str) -> str:
    return column[0].upper() + column[1:]


def _decisive(report: Report, room: int) -> str:
    """Return the table of decisive findings; without columns of numbers if none has a measure."""
    pairs = [(finding, measure_behind(report, finding)) for finding in report.decisive]
    rows = [_decisive_row(report, finding, measure) for finding, measure in pairs]
    if any(measure is not None for _, measure in pairs):
        return table(
            ("Priority", "What", "Base", "Head", "Change", "Allowed", "Risk", "Action"), rows, "llrrrrll", room
        )
    short = [(row[0], row[1], row[6], row[7]) for row in rows]
    return table(("Priority", "What", "Risk", "Action"), short, "llll", room)


def _decisive_row(report: Report, finding: ReportedFinding, measure: ReportedMeasure | None) -> tuple[str, ...]:
    risk = f"{finding.impact} × {finding.likelihood}"
    acts = f"{ACTIONS[finding.action]}{', unproven' if finding.undecided else ''}"
    priority = f"**{finding.priority}**"
    if measure is None:
        return priority, _told(finding), "", "", "", "", risk, acts
    row = row_of(measure)
    return priority, _named(report, measure), row.base, row.head, row.change, row.allowed, risk, acts


def _told(finding: ReportedFinding) -> str:
    text = f"{code(finding.check, MOST_CELL)}: {inline(said(finding), MOST_CELL)}"
    if finding.where:
        first = finding.where[0]
        place = first.path if first.line is None else f"{first.path}:{first.line}"
        more = len(finding.where) - 1
        text += f" ({code(place, MOST_CELL)}{f' and {grouped(more)} more' if more else ''})"
    return text


def _advised(report: Report, room: Room) -> Iterable[str]:
    advice = advice_for(report)
    told = [*_reproduced(advice), *_told_to_do(advice, room.part)]
    if not told:
        return
    if report.verdict is VerdictName.PASS:
        yield fold("What to do", "\n\n".join(told))
        return
    yield "**What to do**"
    yield from told
    if advice.accept:
        yield fence([advice.accept])
    if advice.waiver:
        yield fold("A waiver to fill in", fence(advice.waiver.split("\n"), "yaml"))


def _reproduced(advice: Advice) -> Iterable[str]:
    if advice.command:
        yield fence([advice.command], "sh")


def _told_to_do(advice: Advice, room: int) -> Iterable[str]:
    items = [inline(crash) for crash in advice.crashes]
    items += [f"{inline(listed(checks))}: {inline(fix)}" for checks, fix in advice.fixes]
    items += [inline(step) for step in advice.steps]
    if items:
        yield bullets(within(items, room))


def _folds(report: Report, room: Room) -> Iterable[str]:
    """Yield the collapsible parts, the most useful first; the last ones are dropped first if there is no room."""
    if report.crashed:
        items = [f"{code(each.check)}: {code(each.error)}" for each in report.crashed]
        yield fold(f"{counted(len(items), 'check')} of gatebot's failed", bullets(within(items, room.part)))
    yield from _logs(report, room.log)
    if report.measures:
        yield fold(_count_of_measures(report), _measures(report, room.measures))
    yield from _promised(report)
    for title, findings in _quiet(report).items():
        if findings:
            items = [f"{each.priority} {_told(each)}" for each in findings]
            yield fold(f"{title}: {grouped(len(items))}", bullets(within(items, room.part)))
    yield from _settings(report, room.part)


def _promised(report: Report) -> Iterable[str]:
    """Yield the guarantee, or a note that new eval rows are due; other uses are only in the summary and the page."""
    told = [inline(capital(each)) for each in (context.guarantee(report), context.eval_set(report)) if each]
    if report.guarantee is not None:
        yield fold(f"The guarantee {context.answered(report.guarantee)}", bullets(told))
    elif report.eval_uses is not None and context.is_worn(report):
        yield fold(f"Eval set: used {counted(report.eval_uses, 'time')} by main, new ones are due", bullets(told))


def _settings(report: Report, room: int) -> Iterable[str]:
    if report.waived:
        items = [
            f"{code(each.finding.subject)}, by {code(each.owner)} until {each.until}"
            f" ({counted(each.days_left, 'day')} left): {inline(words(each.reason))}"
            for each in report.waived
        ]
        yield fold(f"Waived: {grouped(len(items))}", bullets(within(items, room)))
    if report.environment_changes:
        rows = [
            (code(each.name, MOST_CELL), _value(each.base), _value(each.head)) for each in report.environment_changes
        ]
        yield fold(f"Environment: {counted(len(rows), 'change')}", table(("", "Base", "Head"), rows, "lll", room))
    if report.decisive:
        items = [
            f"{each.priority} {code(each.subject)}: {inline(words(each.why_priority))}" for each in report.decisive
        ]
        yield fold("Why these priorities", bullets(within(items, room)))
    if report.skipped:
        items = [f"{code(each.check)}: {inline(words(each.reason))}" for each in report.skipped]
        yield fold(f"Skipped: {counted(len(items), 'check')}", bullets(within(items, room)))


def _quiet(report: Report) -> dict[str, list[ReportedFinding]]:
    """Return the findings that are not decisive, by title."""
    decisive = set(map(id, report.decisive))
    others = [each for each in report.findings if id(each) not in decisive]
    return {
        "Notes": [each for each in others if each.status in (Status.NEW, Status.WORSE)],
        "On base too": [each for each in others if each.status is Status.INHERITED],
        "Fixed here": [each for each in others if each.status is Status.FIXED],
    }


def _logs(report: Report, room: int) -> Iterable[str]:
    """Yield the last lines of each log."""
    told = [(each, log) for each in report.findings if (log := log_of(report, each))]
    for finding, log in told:
        share = room // len(told)
        lines: list[str] = []
        for text in reversed(log):
            share -= len(text.encode("utf-8", "replace")) + 1
            if share < 0 and lines:
                break
            lines.insert(0, text)
        yield fold(f"{finding.priority} log, last {counted(len(lines), 'line')}", fence(lines, "text"))


def _count_of_measures(report: Report) -> str:
    outcomes = [outcome_of(each) for each in report.measures]
    told = ((len(unsettled(report)), "open"), (outcomes.count(WATCHED), "only watched"))
    return ", ".join(
        [f"All {counted(len(outcomes), 'measure')}", *(f"{count} {word}" for count, word in told if count)]
    )


def _measures(report: Report, room: int) -> str:
    rows = [_measure_row(report, each, row_of(each)) for each in by_weight(report)]
    text = table(("Measure", "Base", "Head", "Change", "Allowed", "Outcome", "Rows"), rows, "lrrrrlr", room)
    return f"{text}\n\n↓ lower is better" if " ↓ " in text else text


def _measure_row(report: Report, measure: ReportedMeasure, row: Row) -> tuple[str, ...]:
    outcome = f"**{row.outcome}**" if row.outcome == "worse" else row.outcome
    if measure.not_enforced:
        outcome += f": {inline(words(measure.not_enforced))}"
    return _named(report, measure), row.base, row.head, row.change, row.allowed, outcome, grouped(measure.n)


def _named(report: Report, measure: ReportedMeasure) -> str:
    """Return the measure's name, an arrow if lower is better, and its provenance if gatebot did not compute it."""
    place = f" at {code(measure.slice, MOST_CELL)}" if measure.slice else ""
    falling = " ↓" if measure.direction is Direction.LOWER and measure.bound is Bound.CHANGE else ""
    doubt = "" if measure.provenance is Provenance.COMPUTED else f" ({PROVENANCE[measure.provenance]})"
    tier = f" ({tier})" if (tier := tier_of(report, measure)) else ""
    return f"{code(measure.metric, MOST_CELL)}{place}{falling}{tier}{doubt}"


def _value(text: str | None) -> str:
    return "absent" if text is None else code(text, MOST_CELL)


def _provenance(report: Report) -> str:
    rows = [(name, inline(value)) for name, value in context.provenance(report)]
    return table(("", ""), [*rows, *context.costs(report)], "ll", SUMMARY.part)


def _footer(report: Report) -> str:
    spent = report.costs.train_s + report.costs.predict_s + report.costs.gate_s
    parts = [
        f"[run]({report.run_url})" if _RUN.fullmatch(report.run_url) else "",
        f"Rules {inline(context.commit(report.rules_sha))}" if report.rules_sha else "",
        f"isolation {code(report.isolation)}" if report.isolation else "",
        f"{counted(report.costs.trainings, 'training')}, {duration(spent)}" if report.costs.trainings else "",
        f"gatebot {code(report.gatebot_version)}",
    ]
    return f"<sub>{' · '.join(part for part in parts if part)}</sub>"
