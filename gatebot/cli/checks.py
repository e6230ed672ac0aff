"""`gatebot checks`: lists the checks, or explains one of them."""

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatebot.checks.check import Check
    from gatebot.evidence.need import Need

EPILOG = """\
examples:
  gatebot checks                     all of them
  gatebot checks model.regression    why, fix, options and what it needs
"""
WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("id", nargs="?", metavar="ID", help="explain this one")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """List the checks, or explain one.

    Raises:
        UsageError: there is no such check.
    """
    from gatebot.checks.registry import all_checks, check_named

    if arguments.id is None:
        checks = tuple(all_checks().values())
        print(_json([facts_of(check) for check in checks]) if arguments.json else listed(checks))
    else:
        check = check_named(arguments.id)
        print(_json(facts_of(check)) if arguments.json else explained(check))
    return 0


def facts_of(check: "Check") -> dict[str, Any]:
    """Return everything about a check as plain values."""
    from gatebot.decide.policy.risk import MATRIX

    return {
        "id": check.id,
        "area": check.area.value,
        "title": check.title,
        "impact": check.impact.value,
        "likelihood": check.likelihood.value,
        "priority": MATRIX[check.impact, check.likelihood].value,
        "why": check.section("Why"),
        "fix": check.section("Fix"),
        "needs": needs_of(check),
        "uses": uses_of(check),
        "relative": check.relative,
        "options": [
            {"name": name, "type": _type(field.annotation), "default": _plain(field.default), "says": field.description}
            for name, field in check.options.model_fields.items()
        ],
    }


def needs_of(check: "Check") -> list[str]:
    """Return what the check requires, in words."""
    from gatebot.evidence.effort import Effort

    return in_words(check.needs(Effort()))


def uses_of(check: "Check") -> list[str]:
    """Return what the check uses if available, in words."""
    from gatebot.evidence.effort import Effort

    needed = needs_of(check)
    return [words for words in in_words(check.wishes(Effort())) if words not in needed]


def in_words(needs: Iterable["Need"]) -> list[str]:
    """Return needs in words, each kind once."""
    return list(dict.fromkeys(f"{need.side}'s {need.text}" for need in needs))


def listed(checks: Iterable["Check"]) -> str:
    """Return a table of the checks by area."""
    from gatebot.core.finding import Area

    facts = [facts_of(check) for check in checks]
    width = max(len(each["id"]) for each in facts)
    lines = []
    for area in Area:
        mine = [each for each in facts if each["area"] == area]
        if mine:
            lines += ["", area.value]
        for each in mine:
            risk = f"{each['impact']} x {each['likelihood']}"
            lines.append(f"  {each['id']:<{width}}  {each['priority']}  {risk:<15}  {each['title']}")
    lines += ["", "priority = impact x likelihood; `gatebot checks ID` explains one"]
    return "\n".join(lines).lstrip("\n")


def explained(check: "Check") -> str:
    """Return the full description of one check."""
    facts = facts_of(check)
    lines = [f"{facts['id']}: {facts['title']}", ""]
    lines += _paragraph(
        "priority", f"{facts['priority']} ({facts['impact']} impact x {facts['likelihood']} likelihood)"
    )
    lines += _paragraph("why", facts["why"]) + _paragraph("fix", facts["fix"])
    lines += _paragraph("needs", ", ".join(facts["needs"]) or "nothing but what is always known")
    lines += _paragraph("uses", ", ".join(facts["uses"])) if facts["uses"] else []
    if facts["relative"]:
        lines += _paragraph("", "Compares with base: skipped where there is none, and never blocks what base has too.")
    lines += ["", f"options (gatebot.yml: `checks: {{{facts['id']}: {{…}}}}`; `false` turns it off)"]
    for option in facts["options"]:
        option_line = f"{option['name']}: {option['type']} = {json.dumps(option['default'], ensure_ascii=False)}"
        lines += [f"  {option_line}", *_wrapped(option["says"] or "", "      ")]
    return "\n".join(lines if facts["options"] else [*lines, "  none"])


def _paragraph(name: str, text: str) -> list[str]:
    first, *rest = _wrapped(text, " " * 10) or [""]
    return [f"{name:<10}{first.lstrip()}", *rest]


def _wrapped(text: str, indent: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _type(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _plain(value: object) -> object:
    """Return a default as a JSON value."""
    return list(value) if isinstance(value, tuple | set | frozenset) else value


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)
