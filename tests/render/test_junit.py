"""JUnit: what blocks is a failure, what crashed an error, what was skipped is skipped; any text is XML."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from gatebot.core.report import Report
from gatebot.render.junit import xml
from tests.render.hostility import HOSTILE_TEXTS
from tests.render.reports import (
    REALISTIC,
    blocked,
    bootstrap,
    crashed_training,
    error,
    fork,
    hostile,
    observed,
    passed,
    poisoned,
    undecided,
    warned,
)


def read(report: Report) -> ET.Element:
    return ET.fromstring(xml(report))  # noqa: S314  # our own


@pytest.mark.parametrize(
    ("made", "failures", "errors"),
    [
        (passed, 0, 0), (warned, 0, 0), (bootstrap, 0, 0), (blocked, 2, 0), (crashed_training, 1, 0), (undecided, 1, 0),
        (fork, 1, 0), (error, 1, 1), (observed, 0, 0),
    ],
)  # fmt: skip
def test_what_fails(made: Callable[[], Report], failures: int, errors: int) -> None:
    root = read(made())
    assert (int(root.attrib["failures"]), int(root.attrib["errors"])) == (failures, errors)
    assert len(root.findall(".//failure")) == failures
    assert len(root.findall(".//error")) == errors


@pytest.mark.parametrize("name", REALISTIC)
def test_the_counts_add_up(name: str) -> None:
    root = read(REALISTIC[name]())
    assert root.tag == "testsuites"
    for count in ("tests", "failures", "errors", "skipped"):
        assert int(root.attrib[count]) == sum(int(suite.attrib[count]) for suite in root.findall("testsuite"))
    assert int(root.attrib["tests"]) == len(root.findall(".//testcase"))
    assert all(case.attrib["classname"] == suite.attrib["name"] for suite in root for case in suite)


def test_a_failure_says_what_and_why() -> None:
    failure = read(blocked()).find(".//testcase[@name='recall(urgent)']/failure")
    assert failure is not None
    assert failure.attrib["message"] == "P1 blocks: recall(urgent) fell 4.1 points"
    assert "why P1: impact high, likelihood medium" in (failure.text or "")


def test_each_measure_is_a_case_once() -> None:
    names = [(case.attrib["classname"], case.attrib["name"]) for case in read(blocked()).iter("testcase")]
    assert len(names) == len(set(names))
    assert ("model.regression", "log_loss") in names


@settings(max_examples=50, deadline=None)
@given(HOSTILE_TEXTS)
def test_any_text_is_xml(text: str) -> None:
    read(hostile(text))
    read(poisoned(error(), text))
