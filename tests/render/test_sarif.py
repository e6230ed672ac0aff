"""SARIF 2.1.0: the shape that code scanning reads, stable fingerprints, and places inside of the repository only."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings

from gatebot.core.finding import Location
from gatebot.render.sarif import HOME, document, log
from tests.render.hostility import HOSTILE_TEXTS
from tests.render.reports import REALISTIC, blocked, crashed_training, error, finding, hostile, poisoned, report


def run_of(found: dict[str, Any]) -> dict[str, Any]:
    (run,) = found["runs"]
    assert isinstance(run, dict)
    return run


def assert_sound(found: dict[str, Any]) -> None:
    """What the standard and GitHub ask for, of what is used here."""
    assert found["version"] == "2.1.0"
    run = run_of(found)
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["baselineState"] in {"new", "updated", "unchanged", "absent"}
        assert result["message"]["text"]
        assert result["locations"]
        assert re.fullmatch("[0-9a-f]{32}", result["partialFingerprints"]["gatebotFinding/v1"])
        for place in result["locations"]:
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)
            assert not uri.startswith("/")
            assert ".." not in uri.split("/")
            assert place["physicalLocation"]["region"]["startLine"] >= 1


@pytest.mark.parametrize("name", REALISTIC)
def test_every_report_is_sound(name: str) -> None:
    assert_sound(json.loads(document(REALISTIC[name]())))


@settings(max_examples=50, deadline=None)
@given(HOSTILE_TEXTS)
def test_any_text_is_sound(text: str) -> None:
    for given_report in (hostile(text), poisoned(blocked(), text), poisoned(error(), text)):
        assert_sound(json.loads(document(given_report)))


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("src/train.py", "src/train.py"),
        ("data/müll 1.csv", "data/m%C3%BCll%201.csv"),
        ("a/..b", "a/..b"),
        ("../outside", HOME),
        ("a/../../b", HOME),
        ("a\\..\\b", HOME),
        ("/etc/passwd", HOME),
        ("C:\\x", HOME),
        ("https://evil.example/x", HOME),
        ("", HOME),
    ],
)
def test_places(path: str, uri: str) -> None:
    found = finding("code.x", "x", "x", where=(Location(path, 3),))
    (result,) = run_of(log(report(findings=(found,))))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
    assert place["region"]["startLine"] == (1 if uri == HOME else 3)


def test_brackets_are_no_links() -> None:
    found = finding("code.x", "x", "[click](https://evil.example)")
    (result,) = run_of(log(report(findings=(found,))))["results"]
    assert result["message"]["text"] == r"P1: \[click\](https://evil.example)"


def test_what_is_waived_is_suppressed_and_what_base_has_is_unchanged() -> None:
    results = {(each["ruleId"], each["properties"]["subject"]): each for each in run_of(log(blocked()))["results"]}
    (suppressed,) = (each for each in results.values() if "suppressions" in each)
    assert suppressed["suppressions"][0]["justification"].startswith("waived by octocat until 2027-01-31")
    assert results["data.leakage_rows", "rows"]["baselineState"] == "unchanged"
    assert results["infra.artifact_size", "size"]["baselineState"] == "absent"


def test_one_finding_is_one_alert_over_all_runs() -> None:
    def fingerprints(found: dict[str, Any]) -> list[str]:
        return [each["partialFingerprints"]["gatebotFinding/v1"] for each in run_of(found)["results"]]

    later = blocked().model_copy(update={"gatebot_version": "9", "run_url": ""})
    assert fingerprints(log(blocked())) == fingerprints(log(later))
    assert len(set(fingerprints(log(blocked())))) == len(fingerprints(log(blocked())))


def test_a_crash_of_a_check_is_told() -> None:
    (invocation,) = run_of(log(error()))["invocations"]
    assert not invocation["executionSuccessful"]
    assert "model.calibration failed" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert run_of(log(crashed_training()))["invocations"][0]["executionSuccessful"]
