"""Shows the result of a run: pages in a folder, and a table in the terminal."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gatebot.cli.console import colourful
from gatebot.core.report import Report
from gatebot.run.output import COMMENT_FILE, PAGE_FILE, REPORT_FILE, report_json, write_text

if TYPE_CHECKING:  # judge and render import this module, but not the code that collects
    from gatebot.comparison.case import Case
    from gatebot.evidence.need import Need
    from gatebot.run.whole_run import Here


def leave_pages(report: Report, out: Path) -> None:
    """Write comment.md and report.html."""
    from gatebot.render import html, markdown

    write_text(markdown.section(report) + "\n", out / COMMENT_FILE)
    write_text(html.page(report), out / PAGE_FILE)


def show(report: Report, out: Path, *, as_json: bool = False) -> None:
    """Print the verdict, or the whole report as JSON."""
    if as_json:
        sys.stdout.write(report_json(report))
        return
    from rich.console import Console

    from gatebot.render import terminal

    colour = colourful(sys.stdout)
    console = Console(force_terminal=colour, no_color=not colour, highlight=False, soft_wrap=False)
    files = [str(path) for name in (COMMENT_FILE, PAGE_FILE, REPORT_FILE) if (path := out / name).exists()]
    terminal.print_report(report, console, files)


def show_plan(planned: "tuple[Case, Here]", *, as_json: bool = False) -> None:
    """Print what would be trained on which side, and the cost if known."""
    from tabulate import tabulate

    from gatebot.run.gate import first_plan

    case, collector = planned
    plan = first_plan(case, collector)
    if as_json:
        needs = [{**_facts_of(need), "seconds": plan.seconds[need]} for need in plan.needs]
        cut = [{**_facts_of(need), "why": why} for need, why in plan.cut.items()]
        sys.stdout.write(json.dumps({"needs": needs, "left_out": cut}, indent=1) + "\n")
        return
    rows = [
        (fit.side, fit.tier, fit.seed, fit.fold, f"{plan.seconds[fit]:.0f} s" if plan.seconds[fit] else "unknown")
        for fit in plan.trainings
    ]
    print(tabulate(rows, headers=("side", "tier", "seed", "fold", "cost"), tablefmt="simple"))
    others = len(plan.needs) - len(plan.trainings)
    unknown = plan.trainings and not plan.total_s
    cost = "what they take is known after a first run" if unknown else f"about {plan.total_s:.0f} s of training"
    print(f"\n{len(plan.trainings)} trainings, {others} other pieces of evidence; {cost}")
    for need, why in plan.cut.items():
        print(f"left out: {need.side}'s {need.label}: {why}")


def _facts_of(need: "Need") -> dict[str, str]:
    return {"need": need.label, "key": need.key, "side": need.side}
