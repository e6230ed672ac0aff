"""The comment's section: what stands in it, how it is laid out, and that nothing untrusted is ever mark-up."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.core.report import Report
from gatebot.github.comment_section import cut
from gatebot.render.gfm import code, fence, inline, paragraph, prose, table
from gatebot.render.markdown import SECTION, SUMMARY, section, summary
from gatebot.render.pieces import quote, words
from tests.render.gfm_tree import INVISIBLE, PARSER, REFERENCES, Tree
from tests.render.hostility import CHUNKS, HOSTILE_TEXTS
from tests.render.reports import (
    HEAD_SHA,
    REALISTIC,
    accepted,
    blocked,
    crashed_training,
    error,
    hostile,
    huge,
    measure,
    observed,
    passed,
    poisoned,
    report,
    review,
    undecided,
    warned,
)

OWN_TAG = re.compile(r"</?code>|<wbr>|</?sub>|<details(?: open)?>|</details>|</?summary>")


def assert_harmless(markdown: str, *runs: str) -> None:
    """No mark-up but ours: by the parser, and by a look at the source."""
    tree = Tree(markdown)
    assert set(tree.links) <= set(runs)
    assert tree.foreign_html == []
    assert not REFERENCES.search(tree.spoken)
    assert not INVISIBLE.search(markdown)
    assert set(tree.widths) <= {2, 3, 4, 6, 7, 8}
    source = tree.unfenced
    assert "<!--" not in source
    assert "![" not in source
    assert not re.search(r"@\w", source)
    assert source.count("](") == len(tree.links)
    assert "<" not in OWN_TAG.sub("", source)
    assert len(re.findall(r"<details\b", source)) == source.count("</details>")
    markdown.encode()


@settings(max_examples=40, deadline=None)
@given(HOSTILE_TEXTS, st.sampled_from([blocked, crashed_training, error]))
def test_no_text_of_a_report_becomes_mark_up(text: str, made: Callable[[], Report]) -> None:
    assert_harmless(section(hostile(text)))
    assert_harmless(summary(poisoned(made(), text)))


@pytest.mark.parametrize("text", CHUNKS)
def test_each_trick_alone(text: str) -> None:
    assert_harmless(section(hostile(text)))


def test_a_measure_without_a_known_outcome_is_undecided() -> None:
    assert "undecided" in section(report(measures=(measure("f1", 0.9, 0.8, outcome="<b>|@x"),)))
    assert_harmless(section(report(measures=(measure("f1", 0.9, 0.8, outcome="<b>|@x"),))), passed().run_url)


def test_poison_reaches_every_text() -> None:
    for made in REALISTIC.values():
        dumped = poisoned(made(), "poison").model_dump_json()
        assert not re.search("recall|octo|tickets|features|model\\.|9c1e4f7", dumped), dumped


@pytest.mark.parametrize("name", REALISTIC)
def test_realistic_reports_are_harmless_too(name: str) -> None:
    run = REALISTIC[name]().run_url
    assert_harmless(section(REALISTIC[name]()), run)
    assert_harmless(summary(REALISTIC[name]()), run)


def test_the_layout_of_a_section() -> None:
    assert Tree(section(blocked())).outline == [
        "gatebot: blocked (P1)",
        "table",
        "fence",
        "A waiver to fill in",
        "fence",
        "All 9 measures",
        "table",
        "Notes: 1",
        "On base too: 1",
        "Fixed here: 1",
        "Waived: 1",
        "Environment: 2 changes",
        "table",
        "Why these priorities",
        "Skipped: 1 check",
    ]


def test_a_section_says_what_was_compared_and_what_can_be_seen() -> None:
    text = section(blocked())
    assert (
        "`tickets` · head `9c1e4f7`, trained as `77aa0f3`"
        " against base `4d2b8e6` (first parent of the merge, 2 days old)"
        " · 2 seeds, 2,000 rows; sees losses of 0.8 points and more in `accuracy`"
    ) in text


def cells(markdown: str, wanted: str) -> list[str]:
    return next([cell.strip() for cell in line.split("|")[1:-1]] for line in markdown.split("\n") if wanted in line)


def test_the_comment_that_accepts_stands_there_to_be_copied() -> None:
    """With the whole id: a part of it would be refused."""
    assert f"```\n/gatebot accept {HEAD_SHA}\n```" in section(review())
    assert "/gatebot accept" not in section(blocked())


def test_who_has_accepted_is_said_with_when_by_what_and_why() -> None:
    told = section(accepted())
    assert "Accepted from P2 down by `octocat` on `2026-11-20 09:30 UTC` by a comment, with the words" in told
    assert "<code>the loss in &#96;south&#96; is known</code>" in told


def test_a_row_of_what_did_not_hold() -> None:
    assert cells(section(blocked()), "`region=south`") == [
        "**P1**",
        "`recall(urgent)` at `region=south` (confirm)",
        "0.874",
        "0.791",
        "−8.3 points [−11.8, −4.8]",
        "4 points",
        "high × medium",
        "blocks",
    ]


def test_without_measures_there_are_no_columns_of_numbers() -> None:
    assert cells(section(crashed_training()), "**P0**") == [
        "**P0**",
        "`code.smoke_train`: `training` crashed (exit code 1) in 2 of 2 runs (`pipeline.py:41`)",
        "high × high",
        "blocks",
    ]


def test_the_log_is_quoted() -> None:
    fences = [token.content for token in Tree(section(crashed_training())).tokens if token.type == "fence"]
    assert any("KeyError: \"['chanel'] not found in axis\"" in content for content in fences)


def test_a_pass_is_short() -> None:
    text = section(passed())
    assert text.startswith("## gatebot: pass\n\nNo metric is worse; 4 measures held.\n\n`tickets`")
    assert "What to do" not in text
    assert Tree(text).outline == ["gatebot: pass", "All 5 measures", "table", "Skipped: 1 check"]
    assert len(text) < 2_500


def test_a_pass_with_warnings_shows_them_and_folds_what_to_do() -> None:
    assert Tree(section(warned())).outline[:3] == ["gatebot: pass with 2 warnings", "table", "What to do"]


def test_what_is_not_enforced_and_claimed_is_said() -> None:
    claimed = measure("f1", 0.9, 0.8, provenance="claimed", not_enforced="n=14 < 50")
    text = section(report(measures=(claimed,)))
    assert "not enforced: n=14 &lt; 50" in text
    assert "(the pull request's own number)" in text


def test_an_undecided_measure_says_what_would_settle_it() -> None:
    assert "`accuracy` would be settled by 5,200 eval rows." in section(undecided())


def test_observing_does_not_fold_anything_away() -> None:
    assert "## gatebot: would be blocked (P1)" in section(observed())
    assert "**What to do**" in section(observed())


def test_the_footer_names_run_rules_and_version() -> None:
    assert section(blocked()).split("\n")[-1] == (
        "<sub>[run](https://github.com/octo/tickets/actions/runs/123456789) · Rules `4d2b8e6` · isolation `full`"
        " · 7 trainings, 32 min 46 s · gatebot `0.1.0`</sub>"
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://evil.example/x",
        "https://evil.example/o/r/actions/runs/1)x",
        "http://github.com/o/r/actions/runs/1",
        "",
    ],
)
def test_only_a_plain_address_becomes_the_link_to_the_run(url: str) -> None:
    assert Tree(section(report(run_url=url))).links == []


def test_very_much_stays_within_its_room_and_drops_the_lightest_first() -> None:
    for text, room in ((section(huge()), SECTION), (summary(huge()), SUMMARY)):
        assert len(text.encode()) <= room.whole
        assert "`recall(class 499)`" in text
        assert re.search(r"\d+ more of less weight are left out", text)
        assert_harmless(text, huge().run_url)
    assert "`recall(class 301)`" not in section(huge())


@settings(max_examples=10, deadline=None)
@given(HOSTILE_TEXTS)
def test_long_hostile_texts_stay_within_their_room(text: str) -> None:
    assert len(section(hostile(text * 40)).encode()) <= SECTION.whole
    assert len(summary(hostile(text * 40)).encode()) <= SUMMARY.whole


@pytest.mark.parametrize("limit", [3_000, 6_000, 12_000])
def test_a_section_that_is_cut_is_still_closed(limit: int) -> None:
    for given_report in (huge(), hostile(), blocked()):
        short = Tree(cut(section(given_report), limit)).unfenced
        assert len(re.findall(r"<details\b", short)) == short.count("</details>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("recall(urgent)", "`recall(urgent)`"),
        ("src/a_b.py:12", "`src/a_b.py:12`"),
        ("@x", "<code>&#64;<wbr>x</code>"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ("", "—"),
    ],
)
def test_code(text: str, shown: str) -> None:
    assert code(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "impact high, likelihood low: features/text.py is touched",
            "impact high, likelihood low: features/text.py is touched",
        ),
        ("name it in `data.group`.", "name it in `data.group`."),
        ("thanks @octocat!", "thanks <code>&#64;<wbr>octocat&#33;</code>"),
        ("see #12 and GH-3", "see `#12` and `GH-3`"),
        ("my_name is *x*", "`my_name` is `*x*`"),
        ("a < b", "a &lt; b"),
        ("see https://evil.example", "see `https://evil.example`"),
        (" spaces at the ends ", " spaces at the ends "),
    ],
)
def test_prose(text: str, shown: str) -> None:
    assert prose(text) == shown


@pytest.mark.parametrize("text", ["1. x", "- x", "+ x", "# x", "=== x", "> x", "* x", "12) x", "---"])
def test_a_sentence_never_begins_a_block(text: str) -> None:
    assert [token.type for token in PARSER.parse(paragraph(words(text)))] == [
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]


def test_touching_names_stay_apart() -> None:
    assert inline((*quote("a"), *quote("b"))) == "`a` `b`"


def test_no_line_closes_its_fence() -> None:
    (token,) = PARSER.parse(fence(["```", "````", "~~~", "</details>"]))
    assert token.content == "```\n````\n~~~\n</details>\n"


def test_a_table_keeps_its_first_rows() -> None:
    text = table(("a",), [("first",), ("second",), ("third",)], "l", 45)
    assert "first" in text
    assert "third" not in text
    assert re.search(r"\d more of less weight are left out\.", text)
