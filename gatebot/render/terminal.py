"""Renders the verdict for a terminal of any width, with or without colour."""

import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from gatebot.core.finding import Action, Bound, Direction
from gatebot.core.report import Report, ReportedFinding, ReportedMeasure, State, VerdictName
from gatebot.render import context
from gatebot.render.advice import advice_for
from gatebot.render.escape import MOST_NAME, line, plain
from gatebot.render.numbers import counted, duration, grouped
from gatebot.render.pieces import flat, joined, quote, said
from gatebot.render.rows import WATCHED, Row, by_weight, measure_behind, outcome_of, row_of, subject_of, tier_of
from gatebot.render.sentences import ACTIONS, lead, log_of, title_of
from gatebot.render.standing import COLUMNS, TITLE, standings

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

WIDE = 100
MOST_ROWS = 20
MOST_LOG = 15
MOST_TOLD = 300

_VERDICTS = {
    VerdictName.BLOCKED: "bold white on red",
    VerdictName.ERROR: "bold white on red",
    VerdictName.INCONCLUSIVE: "bold black on yellow",
    VerdictName.REVIEW: "bold black on yellow",
    VerdictName.PASS: "bold black on green",
}
_ACTIONS = {Action.BLOCK: "bold red", Action.REVIEW: "bold yellow", Action.WARN: "yellow", Action.NOTE: "dim"}
_OUTCOMES = {
    "held": ("✓", "green"),
    "worse": ("✗", "bold red"),
    "undecided": ("?", "yellow"),
    "not enforced": ("·", "dim"),
    WATCHED: ("·", "dim"),
}
_COMMAND = re.compile(r"(?m)^((?:\s|\x1b\[[0-9;]*m)*)(?=::)")
_ASCII = str.maketrans({"−": "-", "—": "-", "–": "-", "→": ">", "×": "x", "…": ".", "≥": ">", "≤": "<", "✓": "+",
                        "✗": "x", "·": ".", "│": "|", "↓": "v", "─": "-"})  # fmt: skip


def print_report(report: Report, console: "Console | None" = None, files: Sequence[str] = ()) -> None:
    """Write the verdict to the console, in its width; in colour only on a terminal and if NO_COLOR is not set.

    Args:
        report: the report to print.
        console: console to write to; None for standard output.
        files: paths of the report files that were written, to list them.
    """
    if console is None:
        from rich.console import Console

        console = Console()
    told = text(report, console.width, colour=console.is_terminal and not console.no_color, files=files)
    encoding = (console.encoding or "utf-8").lower()
    if not encoding.startswith("utf"):
        told = told.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    console.file.write(told)


def text(report: Report, width: int = 80, *, colour: bool = False, files: Sequence[str] = ()) -> str:
    """Return the verdict as text. It contains no commands for GitHub's runner, and no untrusted control sequences."""
    from rich.console import Console

    stream = StringIO()
    console = Console(
        file=stream,
        width=max(width, 40),
        height=100,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    for part in _parts(report, wide=width >= WIDE, files=files):
        console.print(part)
    lines = (each.rstrip() for each in stream.getvalue().split("\n"))
    return _COMMAND.sub(r"\1· ", "\n".join(lines).replace("##[", "## ["))


def _parts(report: Report, *, wide: bool, files: Sequence[str]) -> Iterable["RenderableType"]:
    yield _banner(report)
    for sentence in lead(report):
        yield _indented(flat(sentence))
    yield ""
    yield from _compared(report)
    if report.decisive:
        yield from _section("what did not hold", _wide_findings(report) if wide else _narrow_findings(report))
    if report.values:
        yield from _section(TITLE, _standings(report, wide=wide))
    if report.measures:
        yield from _section("measures", _measures(report, wide=wide))
    yield from _logs(report)
    yield from _advised(report)
    yield from _closing(report, files)


def _banner(report: Report) -> "Text":
    from rich.text import Text

    return Text.assemble((f" gatebot: {title_of(report)} ", _VERDICTS[report.verdict]))


def _compared(report: Report) -> Iterable["RenderableType"]:
    uses = context.eval_set(report) if context.is_worn(report) else ()
    for sentence in (context.compared(report), context.evidence(report), context.guarantee(report), uses):
        told = flat(sentence)
        if told:
            yield _indented(told, "dim")


def _section(title: str, body: "RenderableType") -> Iterable["RenderableType"]:
    from rich.text import Text

    yield ""
    yield Text(title, "bold")
    yield body


def _wide_findings(report: Report) -> "RenderableType":
    from rich.text import Text

    pairs = [(finding, measure_behind(report, finding)) for finding in report.decisive]
    measured = any(measure is not None for _, measure in pairs)
    numbers = (("base", "right"), ("head", "right"), ("change", "right"), ("allowed", "right")) if measured else ()
    table = _table("", "", "what", *numbers, headed=measured)
    for finding, measure in pairs:
        acts = Text(_acts(finding), _ACTIONS[finding.action])
        if measure is None:
            table.add_row(finding.priority, acts, Text(_told(finding)))
        else:
            row = row_of(measure)
            table.add_row(
                finding.priority, acts, Text(_named(report, measure)), row.base, row.head, row.change, row.allowed
            )
    return table


def _narrow_findings(report: Report) -> "RenderableType":
    from rich.text import Text

    table = _table("", "what", headed=False)
    for finding in report.decisive:
        measure = measure_behind(report, finding)
        what = Text(_told(finding) if measure is None else _named(report, measure))
        what.append(f"  {_acts(finding)}", _ACTIONS[finding.action])
        if measure is not None:
            row = row_of(measure)
            what.append(f"\n{row.base} → {row.head}  {row.change}\nallowed {row.allowed}", "dim")
        table.add_row(finding.priority, what)
    return table


def _measures(report: Report, *, wide: bool) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    told = [measure for measure in by_weight(report) if outcome_of(measure) != WATCHED]
    shown = (told or by_weight(report))[:MOST_ROWS]
    sides = (("base", "right"), ("head", "right"))
    table = _table("", "", *sides, ("change", "right"), ("allowed", "right")) if wide else _table("", "", *sides)
    for measure in shown:
        row = row_of(measure)
        sign, style = _OUTCOMES.get(row.outcome, ("?", "yellow"))
        numbers = (row.base, row.head, row.change, row.allowed) if wide else (row.base, row.head)
        table.add_row(Text(sign, style), Text(_with_doubt(report, measure, row)), *numbers)
    left = len(report.measures) - len(shown)
    return Group(table, Text(f"  {grouped(left)} more are in the other reports", "dim")) if left else table


def _standings(report: Report, *, wide: bool) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    shown = standings(report)
    numbers = [(name, "right") for name in (COLUMNS if wide else COLUMNS[:3])]
    table = _table("", *numbers)
    for each in shown[:MOST_ROWS]:
        cells = (each.value, each.interval, each.trivial, each.trained, grouped(each.rows))
        doubt = f" ({each.doubt})" if each.doubt else ""
        table.add_row(Text(plain(each.subject, MOST_NAME) + " ↓" * each.falls + doubt), *cells[: len(numbers)])
    left = len(shown) - MOST_ROWS
    return Group(table, Text(f"  {grouped(left)} more are in the other reports", "dim")) if left > 0 else table


def _with_doubt(report: Report, measure: ReportedMeasure, row: Row) -> str:
    doubt = flat(joined(f" ({measure.not_enforced})")) if measure.not_enforced else ""
    return (
        _named(report, measure)
        + (f" {doubt}" if doubt else "")
        + (f" {row.outcome}" if row.outcome == "undecided" else "")
    )


def _logs(report: Report) -> Iterable["RenderableType"]:
    from rich.text import Text

    unjudged = State.NOTHING_TRAINS in report.states  # then what base has too is all that there is to say
    for finding in report.findings if unjudged else report.decisive:
        if log := log_of(report, finding):
            tail = "\n".join(f"  │ {line(each, 400)}" for each in log[-MOST_LOG:])
            yield from _section(f"log of {plain(finding.check)}", Text(tail, "dim"))


def _advised(report: Report) -> Iterable["RenderableType"]:
    advice = advice_for(report)
    sentences = advice.sentences
    if not sentences and (not advice.command or report.verdict is VerdictName.PASS):
        return
    table = _table("", "what", headed=False)
    for sentence in sentences:
        table.add_row("-", flat(sentence))
    yield from _section("what to do", table)
    if advice.command:
        yield _indented(f"reproduce: {plain(advice.command, 1_000)}")
    if advice.accept:
        yield _indented(f"accept: {plain(advice.accept)}")


def _closing(report: Report, files: Sequence[str]) -> Iterable["RenderableType"]:
    spent = report.costs.train_s + report.costs.predict_s + report.costs.gate_s
    told = [
        f"{counted(len(report.skipped), 'check')} skipped" if report.skipped else "",
        f"{counted(len(report.waived), 'finding')} waived" if report.waived else "",
        f"{counted(report.costs.trainings, 'training')} in {duration(spent)}" if report.costs.trainings else "",
        f"isolation {plain(report.isolation)}" if report.isolation else "",
    ]
    yield ""
    yield _indented(" · ".join(each for each in told if each) or "nothing was run", "dim")
    for path in files:
        yield _indented(plain(path, 1_000))


def _acts(finding: ReportedFinding) -> str:
    return f"{ACTIONS[finding.action]}{', unproven' if finding.undecided else ''}"


def _told(finding: ReportedFinding) -> str:
    places = [each.path if each.line is None else f"{each.path}:{each.line}" for each in finding.where[:1]]
    return flat(joined(quote(finding.check), ": ", said(finding), *(f" ({plain(each)})" for each in places)), MOST_TOLD)


def _named(report: Report, measure: ReportedMeasure) -> str:
    falling = " ↓" if measure.direction is Direction.LOWER and measure.bound is Bound.CHANGE else ""
    tier = f" ({tier})" if (tier := tier_of(report, measure)) else ""
    return plain(subject_of(measure), MOST_NAME) + falling + tier


def _indented(told: str, style: str = "") -> "Padding":
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(told, style), (0, 0, 0, 1))


def _table(*columns: "str | tuple[str, str]", headed: bool = True) -> "Table":
    """Return a table without lines. Text columns wrap; number columns, given with their alignment, do not."""
    from rich.table import Table

    table = Table(box=None, show_header=headed, header_style="dim", pad_edge=True, padding=(0, 1))
    for column in columns:
        if isinstance(column, str):
            table.add_column(column, overflow="fold")
        else:
            table.add_column(column[0], justify="right", no_wrap=True)
    return table
