"""Result files of other tools: what is read, and what is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.evidence.external_result import (
    Alert,
    ExternalFile,
    Format,
    LineCount,
    Outcome,
    Severity,
    parse,
)
from gatebot.evidence.external_result.parse import MAX_BYTES
from gatebot.evidence.external_result.value import CaseResult
from gatebot.evidence.kind import UnmetError

JUNIT = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="5">
<testcase classname="tests.a" name="one[\xc3\xa9]" time="0.25"/>
<testcase classname="tests.a" name="two" time="1,000.5"><failure message="no">trace</failure></testcase>
<testcase name="three" time="nan"><skipped/><error/></testcase>
<testcase classname="tests.a" name="four" time="-1"><skipped/><system-out>x</system-out></testcase>
</testsuite></testsuites>"""
CASES = (
    CaseResult("tests.a.one[é]", Outcome.PASSED, 0.25),
    CaseResult("tests.a.two", Outcome.FAILED, 1000.5),
    CaseResult("three", Outcome.ERROR, None),
    CaseResult("tests.a.four", Outcome.SKIPPED, None),
)
COBERTURA = b"""<coverage line-rate="0.5"><packages><package><classes>
<class filename="a.py"><methods><method><lines><line number="1" hits="0"/></lines></method></methods>
<lines><line number="1" hits="3"/><line number="2" hits="0"/><line number="3" hits="00"/></lines></class>
<class filename="b.py"><lines/></class>
</classes></package></packages></coverage>"""
COVERAGE = {
    "meta": {"format": 3},
    "files": {"a.py": {"summary": {"covered_lines": 1, "num_statements": 3}}},
    "totals": {"covered_lines": 1},
}
SARIF = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"rules": [{"id": "r2", "defaultConfiguration": {"level": "error"}}]}},
            "results": [
                {
                    "ruleId": "r1",
                    "level": "note",
                    "locations": [
                        {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 7}}}
                    ],
                },
                {"rule": {"id": "r2"}},
                {"ruleId": 5, "level": ["x"], "locations": "nowhere"},
            ],
        },
        "not a run",
    ],
}
BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>'
EXTERNAL = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuite/>'
ENTITY = b'<testsuite><testcase name="&own;"/></testsuite>'


def of_json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (JUNIT, ExternalFile(Format.JUNIT, cases=CASES)),
        (b"\xef\xbb\xbf \n<testsuite/>", ExternalFile(Format.JUNIT)),
        (
            COBERTURA,
            ExternalFile(Format.COVERAGE, coverage={"a.py": LineCount(1, 3), "b.py": LineCount(0, 0)}),
        ),
        (of_json(COVERAGE), ExternalFile(Format.COVERAGE, coverage={"a.py": LineCount(1, 3)})),
        (
            of_json(SARIF),
            ExternalFile(
                Format.SARIF,
                alerts=(
                    Alert("r1", Severity.NOTE, "a.py", 7),
                    Alert("r2", Severity.ERROR),
                    Alert("", Severity.WARNING),
                ),
            ),
        ),
        (
            b' {"a": 1, "b": 0.5, "no": true, "text": "x", "nan": NaN, "inf": 1e999, "in": {"c": 1}}',
            ExternalFile(Format.JSON, numbers={"a": 1.0, "b": 0.5}),
        ),
    ],
)
def test_formats_are_recognised_and_read(data: bytes, found: ExternalFile) -> None:
    assert parse(data) == found
    assert not list(found.flaws())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "neither XML nor JSON"),
        (b"\xff\xfe", "neither XML nor JSON"),
        (b"1 2", "neither XML nor JSON"),
        (b"[1]", "not a JSON object"),
        (b"{}", "no number"),
        (b'{"a": ' + b"[" * 600_000, "more than 500,000 lists"),
        (b'{"a": ' + b"[" * 100_000, "neither XML nor JSON"),
        (b" " * (MAX_BYTES + 1), "more than 16,777,216 bytes"),
        (b"<testsuite>", "not XML"),
        (b"<html/>", "root element `html`"),
        (b'<?xml version="1.0" encoding="idna"?><testsuite/>', "not XML"),
        (BOMB, "document type"),
        (EXTERNAL, "document type"),
        (ENTITY, "not XML"),
        (b"<testsuite>" * 51, "nested more than 50"),
        (b"<coverage/>", "covers no files"),
        (b"<testsuite>" + b"<testcase/>" * 10_001 + b"</testsuite>", "more than 10,000 test cases"),
        (of_json({"runs": [{"results": [{}] * 10_001}]}), "more than 10,000 results"),
        (of_json({"files": {"a.py": {}}, "totals": {}}), "no counts of lines"),
        (of_json({str(name): 1 for name in range(10_001)}), "10,001 entries"),
        (
            of_json({"runs": [{"results": [{"ruleId": "r" * 900}] * 9000}]}),
            "more than 2,000,000 characters",
        ),
        (
            b"<coverage>" + b"".join(b'<class filename="%d"/>' % n for n in range(20_001)) + b"</coverage>",
            "more than 20,000 files",
        ),
    ],
)
def test_what_is_refused_says_why(data: bytes, why: str) -> None:
    with pytest.raises(UnmetError, match=why):
        parse(data)


@given(
    st.binary(max_size=200)
    | st.sampled_from([JUNIT, COBERTURA, BOMB]).flatmap(lambda data: st.integers(0, len(data)).map(lambda n: data[:n]))
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["runs", "results", "files", "totals", "summary", "level", "a"]), inner)
        ),
    ).map(of_json)
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = parse(data)
    except UnmetError:
        return
    assert not list(found.flaws())


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"format": Format.SARIF}, "sarif has content of the format junit"),
        ({"cases": CASES[:1] * 10_001}, "10,001 entries"),
        ({"cases": (CaseResult("a" * 2_000_001, Outcome.PASSED),)}, "2,000,000 characters"),
        ({"cases": (CaseResult("a", Outcome.PASSED, -1.0),)}, "seconds"),
        ({"cases": (CaseResult("a", Outcome.PASSED, float("nan")),)}, "seconds"),
        ({"alerts": (Alert("a", Severity.NOTE, line=0),)}, "a line is out of range"),
        ({"coverage": {"a": LineCount(2, 1)}}, "more lines are covered"),
        ({"coverage": {"a": LineCount(-1, 1)}}, "fewer than none"),
        ({"numbers": {"a": float("inf")}}, "not finite"),
    ],
)
def test_flaws_of_a_result_file(change: dict[str, Any], flaw: str) -> None:
    found = ExternalFile(Format.JUNIT, cases=CASES)
    assert any(flaw in each for each in replace(found, **change).flaws())
