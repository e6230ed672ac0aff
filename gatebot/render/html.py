"""Renders the whole Report as one HTML page, without scripts or network access, with light, dark and print styles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatebot.core.finding import Action, Bound, Direction, Provenance, Status
from gatebot.core.report import Report, ReportedFinding, ReportedMeasure, VerdictName
from gatebot.render import context
from gatebot.render.advice import advice_for
from gatebot.render.escape import MOST_PROSE, line, plain
from gatebot.render.forest import pictures
from gatebot.render.numbers import counted, duration, grouped, number
from gatebot.render.pieces import Sentence, capital, noted, said, words
from gatebot.render.rows import Row, by_weight, measure_behind, outcome_of, row_of, tier_of
from gatebot.render.sentences import ACTIONS, PROVENANCE, STATUSES, lead, title_of
from gatebot.render.standing import TITLE, standings

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATE = "report.html.j2"
MOST_MEASURES = 2_000

TONES: Mapping[VerdictName, str] = {
    VerdictName.BLOCKED: "bad",
    VerdictName.ERROR: "bad",
    VerdictName.INCONCLUSIVE: "warn",
    VerdictName.REVIEW: "warn",
    VerdictName.PASS: "good",
}
_ACTION_TONES = {Action.BLOCK: "bad", Action.REVIEW: "warn", Action.WARN: "warn", Action.NOTE: "mute"}


@dataclass(frozen=True, slots=True)
class Card:
    """A finding with its measure and row, if it has one."""

    finding: ReportedFinding
    row: Row | None
    measure: ReportedMeasure | None
    tone: str

    @property
    def acts(self) -> str:
        """The action that follows from the finding."""
        return f"{ACTIONS[self.finding.action]}{', unproven' if self.finding.undecided else ''}"


def page(report: Report) -> str:
    """Return the Report as HTML. All text is escaped, and the page loads nothing."""
    rows = [(measure, row_of(measure)) for measure in by_weight(report)]
    decisive = set(map(id, report.decisive))
    others = [each for each in report.findings if id(each) not in decisive]
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            report=report,
            title=title_of(report),
            tone=TONES[report.verdict],
            lead=lead(report),
            compared=context.compared(report),
            evidence=context.evidence(report),
            cards=[_card(report, each) for each in report.decisive],
            advice=advice_for(report),
            pictures=pictures(report),
            standings=standings(report)[:MOST_MEASURES],
            standings_title=TITLE,
            rows=rows[:MOST_MEASURES],
            rows_left=max(0, len(rows) - MOST_MEASURES),
            quiet={
                "Notes": [_card(report, each) for each in others if each.status in (Status.NEW, Status.WORSE)],
                "On base too": [_card(report, each) for each in others if each.status is Status.INHERITED],
                "Fixed here": [_card(report, each) for each in others if each.status is Status.FIXED],
            },
            provenance=context.provenance(report),
            costs=context.costs(report),
            tally=_tally(report),
        )
    )


def _card(report: Report, finding: ReportedFinding) -> Card:
    measure = measure_behind(report, finding)
    row = None if measure is None else row_of(measure)
    return Card(finding, row, measure, _ACTION_TONES[finding.action])


def _tally(report: Report) -> list[tuple[str, str, str]]:
    """Return the counts at the top: number, noun, tone."""
    outcomes = [outcome_of(each) for each in report.measures]
    acts = [each.action for each in report.decisive]
    counts = [
        (acts.count(Action.BLOCK), "blocking", "blocking", "bad"),
        (acts.count(Action.REVIEW), "to review", "to review", "warn"),
        (acts.count(Action.WARN), "warning", "warnings", "warn"),
        (outcomes.count("held"), "held", "held", "good"),
        (outcomes.count("undecided"), "undecided", "undecided", "warn"),
        (len(report.skipped), "check skipped", "checks skipped", "mute"),
    ]
    return [(grouped(count), one if count == 1 else many, tone) for count, one, many, tone in counts if count]


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("gatebot", "render")
    env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    filters: dict[str, Any] = {
        "say": _say,
        "told": said,
        "noted": noted,
        "words": words,
        "capital": capital,
        "plain": plain,
        "line": line,
        "counted": counted,
        "grouped": grouped,
        "number": number,
        "duration": duration,
        "status": STATUSES.__getitem__,
        "provenance": _doubt,
        "falling": _falling,
        "tier": tier_of,
    }
    env.filters.update(filters)
    return env


def _say(sentence: Sentence) -> "Markup":
    """Return a sentence with its quoted pieces as code; everything is escaped."""
    from markupsafe import Markup

    told = Markup("")
    for piece in sentence:
        if piece.quoted:
            told += Markup("<code>{}</code>").format(plain(piece.text))
        else:
            lead_space = " " if piece.text[:1].isspace() else ""
            tail_space = " " if piece.text[-1:].isspace() else ""
            parts = plain(piece.text, MOST_PROSE).split("`")
            odd = len(parts) % 2 == 0  # an unpaired backtick is literal
            body = Markup("").join(
                Markup("<code>{}</code>").format(part) if at % 2 and not odd else part for at, part in enumerate(parts)
            )
            told += Markup("{}{}{}").format(lead_space, body, tail_space if body else "")
    return told


def _doubt(measure: ReportedMeasure) -> str:
    return "" if measure.provenance is Provenance.COMPUTED else PROVENANCE[measure.provenance]


def _falling(measure: ReportedMeasure) -> bool:
    return measure.direction is Direction.LOWER and measure.bound is Bound.CHANGE
