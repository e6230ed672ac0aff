"""Renders findings as SARIF 2.1.0, for GitHub's code scanning and for editors."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from gatebot.core.finding import Action, Location, Status
from gatebot.core.report import Report, ReportedFinding, WaivedFinding
from gatebot.render.escape import plain
from gatebot.render.pieces import flat, said
from gatebot.render.rows import measure_behind, outcome_of, row_of
from gatebot.render.sentences import about

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "gatebot.yml"  # location of findings that have none, because code scanning requires one

_LEVELS: Mapping[Action, str] = {
    Action.BLOCK: "error",
    Action.REVIEW: "error",
    Action.WARN: "warning",
    Action.NOTE: "note",
}
_BASELINE: Mapping[Status, str] = {
    Status.NEW: "new",
    Status.WORSE: "updated",
    Status.INHERITED: "unchanged",
    Status.FIXED: "absent",
}
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:[/\\]|[A-Za-z][A-Za-z0-9+.-]*://|(?:.*[/\\])?\.\.(?:[/\\]|$)")


def document(report: Report) -> str:
    """Return the findings as SARIF in JSON."""
    return json.dumps(log(report), indent=1, ensure_ascii=False) + "\n"


def log(report: Report) -> dict[str, Any]:
    """Return the findings as a SARIF object: one run, one rule per check with findings, one result per finding."""
    findings = [*report.findings, *(each.finding for each in report.waived)]
    rules = {each.check: each for each in findings}
    waived = {id(each.finding): each for each in report.waived}
    names = list(rules)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "gatebot",
                        "version": plain(report.gatebot_version),
                        "rules": [_rule(each) for each in rules.values()],
                    }
                },
                "automationDetails": {"id": f"gatebot/{plain(report.project)}/"},
                "invocations": [
                    {
                        "executionSuccessful": not report.crashed,
                        "exitCode": report.exit_code,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": _text(f"{each.check} failed: {each.error}")}}
                            for each in report.crashed
                        ],
                    }
                ],
                "results": [_result(report, each, names.index(each.check), waived.get(id(each))) for each in findings],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _rule(finding: ReportedFinding) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": plain(finding.check),
        "shortDescription": {"text": _text(finding.title or finding.check)},
        "defaultConfiguration": {"level": _LEVELS[finding.action]},
        "properties": {"tags": [plain(finding.check.partition(".")[0])]},
    }
    if finding.fix:
        rule["help"] = {"text": _text(finding.fix)}
    return rule


def _result(report: Report, finding: ReportedFinding, index: int, waiver: WaivedFinding | None) -> dict[str, Any]:
    measure = measure_behind(report, finding)
    told = f"{flat(about(report, finding))}: {flat(said(finding))}" if measure else flat(said(finding))
    result: dict[str, Any] = {
        "ruleId": plain(finding.check),
        "ruleIndex": index,
        "level": _LEVELS[finding.action],
        "baselineState": _BASELINE[finding.status],
        "message": {"text": _text(f"{finding.priority}: {told}")},
        "locations": [_location(each) for each in finding.where[:10] or (Location(HOME),)],
        "partialFingerprints": {"gatebotFinding/v1": _fingerprint(report, finding)},
        "properties": {
            "subject": plain(finding.subject),
            "priority": finding.priority,
            "impact": finding.impact,
            "likelihood": finding.likelihood,
            "action": finding.action,
            **({"change": row_of(measure).change, "outcome": outcome_of(measure)} if measure else {}),
        },
    }
    if waiver is not None:
        why = f"waived by {waiver.owner} until {waiver.until}: {waiver.reason}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": plain(why, 600)}]
    return result


def _fingerprint(report: Report, finding: ReportedFinding) -> str:
    """Return a fingerprint that is equal for the same finding in every run, so that alerts are not duplicated."""
    named = "\0".join((report.project, finding.check, finding.subject))
    return sha256(named.encode("utf-8", "replace")).hexdigest()[:32]


def _location(place: Location) -> dict[str, Any]:
    """Return a SARIF location; a place outside of the repository is replaced by `gatebot.yml`."""
    inside = place.path and not _OUTSIDE.match(place.path)
    uri = quote(place.path.encode("utf-8", "replace"), safe="/") if inside else HOME
    line = place.line if inside and place.line and place.line > 0 else 1
    physical = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}, "region": {"startLine": line}}
    return {"physicalLocation": physical}


def _text(text: str) -> str:
    """Return a message with brackets and backslashes escaped, which would otherwise form links (SARIF 3.11.6)."""
    return re.sub(r"([\\\[\]])", r"\\\1", plain(text, 1_000))
