"""Sections of several projects in one comment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.github.comment_section import (
    MARKER,
    MAX_COMMENT,
    Section,
    SectionStamp,
    cut,
    fitted,
    joined,
    length,
    parted,
    tidied,
)
from gatebot.github.run_order import RunOrder

STAMP = SectionStamp("a" * 40, RunOrder.of_run(123, 2))


def test_the_marker_is_one_fixed_line() -> None:
    comment = joined({"tickets": Section("tickets", STAMP, "## gatebot: pass")})
    assert comment.split("\n") == [
        "<!-- gatebot -->",
        f"<!-- gatebot section project=tickets head={'a' * 40} run=123.2 -->",
        "## gatebot: pass",
        "<!-- gatebot end -->",
    ]


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=300), max_size=4))
def test_what_is_joined_can_be_parted(texts: dict[str, str]) -> None:
    sections = {}
    for project, text in texts.items():
        section = tidied(Section(project, STAMP, text))
        sections[section.project] = section
    comment = joined(sections)
    assert comment.startswith(MARKER)
    assert {found.project: found for found in parted(comment)} == sections


@pytest.mark.parametrize(
    "hostile",
    [
        "<!-- gatebot end -->",
        "<!-- GATEBOT section project=other head=" + "b" * 40 + " run=1.1 -->",
        "a\r<!--gatebot end -->\rb",
        "<!--\n gatebot end -->",
    ],
)
def test_a_body_cannot_forge_a_marker(hostile: str) -> None:
    comment = joined({"tickets": tidied(Section("tickets", STAMP, f"a\n{hostile}\nb"))})
    (found,) = parted(comment)
    assert found.project == "tickets"
    assert found.body.startswith("a\n")
    assert found.body.endswith("\nb")


@given(st.text(max_size=500))
def test_any_comment_can_be_read(text: str) -> None:
    assert list(parted(f"{MARKER}\n{text}")) is not None


LONG = [
    pytest.param("\n".join(f"line {i}" for i in range(2000)), id="plain"),
    pytest.param("<details>\n\n<details>\n" + "row\n" * 3000 + "</details>\n</details>", id="folded"),
    pytest.param("````python\n```\n" + "<details>\n" * 3000 + "````", id="fenced"),
    pytest.param("<!-- a comment\n" + "row\n" * 3000 + "-->", id="html comment"),
    pytest.param("🦊" * 20_000, id="one long line"),
    pytest.param("x\n" * 20 + "y" * 20_000, id="a long line at the end"),
]


@pytest.mark.parametrize("text", LONG)
@pytest.mark.parametrize("limit", [0, 40, 400, 8000])
def test_a_cut_text_fits_and_is_closed(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert length(short) <= limit
    if short:
        unfenced = short if "````" not in short else short.split("````")[-1]
        assert unfenced.count("<details>") == unfenced.count("</details>")
        assert short.count("````") % 2 == 0
        assert short.count("<!--") == short.count("-->")
        assert "lines cut" in short


def test_what_fits_is_not_touched() -> None:
    assert cut("a\nb", 3) == "a\nb"


def test_our_section_is_cut_before_others_are() -> None:
    others = {"a": Section("a", STAMP, "a\n" * 20_000)}
    sections = fitted(others, Section("b", STAMP, "b\n" * 20_000))
    assert sections["a"] == others["a"]
    assert length(joined(sections)) <= MAX_COMMENT
    assert length(sections["b"].body) > 20_000


def test_others_are_cut_only_to_let_us_speak() -> None:
    others = {name: Section(name, STAMP, f"{name}\n" * 16_000) for name in ("a", "c")}
    sections = fitted(others, Section("b", STAMP, "b\n" * 20_000))
    assert length(joined(sections)) <= MAX_COMMENT
    assert sections["b"].body
