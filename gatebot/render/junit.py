"""Renders the Report as JUnit XML: one suite per check, one case per measure or finding."""

import re
from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from gatebot.core.finding import Action, Status
from gatebot.core.report import Report, ReportedFinding, ReportedMeasure
from gatebot.render.escape import line, plain
from gatebot.render.pieces import flat, noted, said
from gatebot.render.rows import measure_behind, row_of, subject_of
from gatebot.render.sentences import ACTIONS, about, headline

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STOPS = frozenset({Action.BLOCK, Action.REVIEW})


def xml(report: Report) -> str:
    """Return the Report as JUnit XML.

    Findings that block or need review are failures, crashes of checks are errors, and warnings are output.
    """
    suites: dict[str, list[ET.Element]] = defaultdict(list)
    for check, case in _cases(report):
        suites[check].append(case)
    root = ET.Element("testsuites", {"name": f"gatebot: {_clean(plain(report.project))}"})
    for check, cases in sorted(suites.items()):
        suite = ET.SubElement(root, "testsuite", {"name": check, **_counts(cases)})
        suite.extend(cases)
    root.attrib.update(_counts([case for cases in suites.values() for case in cases]))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _cases(report: Report) -> Iterator[tuple[str, ET.Element]]:
    spoken = set()
    for finding in report.findings:
        measure = measure_behind(report, finding)
        spoken.add(id(measure))
        yield _case(finding.check, finding.subject, _found(report, finding))
    for waived in report.waived:
        spoken.add(id(measure_behind(report, waived.finding)))
        why = f"waived by {waived.owner} until {waived.until}: {waived.reason}"
        yield _case(waived.finding.check, waived.finding.subject, _skipped(why))
    for each in report.measures:
        if id(each) not in spoken:
            yield _case(each.check, subject_of(each), _measured(each))
    for skipped in report.skipped:
        yield _case(skipped.check, "check", _skipped(skipped.reason))
    for crashed in report.crashed:
        yield _case(crashed.check, "check", _element("error", crashed.error, type="crash"))
    for check in report.clean:
        yield _case(check, "check", None)
    if report.verdict.exit_code and not any(_stops(each, report) for each in report.findings) and not report.observed:
        yield _case("gatebot", "verdict", _element("failure", headline(report), type=report.verdict))


def _case(check: str, name: str, inside: ET.Element | None) -> tuple[str, ET.Element]:
    check = _clean(plain(check))
    case = ET.Element("testcase", {"classname": check, "name": _clean(plain(name))})
    if inside is not None:
        case.append(inside)
    return check, case


def _found(report: Report, finding: ReportedFinding) -> ET.Element:
    told = f"{finding.priority} {ACTIONS[finding.action]}: {flat(about(report, finding))}"
    lines = [
        flat(said(finding)),
        f"why {finding.priority}: {finding.why_priority}",
        flat(noted(finding)),
        finding.fix,
        *finding.log,
    ]
    if _stops(finding, report):
        return _element("failure", told, lines, type=finding.action)
    return _element("system-out", "", [f"{finding.status}: {told}", *lines])


def _stops(finding: ReportedFinding, report: Report) -> bool:
    return finding.action in _STOPS and finding.status in (Status.NEW, Status.WORSE) and not report.observed


def _measured(measure: ReportedMeasure) -> ET.Element:
    row = row_of(measure)
    told = f"{row.base} → {row.head}, {row.change}, allowed {row.allowed}: {row.outcome} {measure.not_enforced}"
    return _element("system-out", "", [told])


def _skipped(reason: str) -> ET.Element:
    return _element("skipped", reason)


def _element(tag: str, message: str, lines: list[str] | None = None, **attributes: str) -> ET.Element:
    if message:
        attributes["message"] = _clean(plain(message, 600))
    found = ET.Element(tag, attributes)
    if lines:
        found.text = "\n".join(_clean(line(each)) for each in lines if each)
    return found


def _counts(cases: list[ET.Element]) -> dict[str, str]:
    counts = {"tests": len(cases)}
    counts |= {f"{tag}s": sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error")}
    counts["skipped"] = sum(case.find("skipped") is not None for case in cases)
    return {name: str(count) for name, count in counts.items()}


def _clean(text: str) -> str:
    """Return the text without characters that XML 1.0 does not allow."""
    return _FORBIDDEN.sub("�", text)
