"""The page: well formed, accessible, without script or network, and no text in it is mark-up."""

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import given, settings

from gatebot.render.html import TEMPLATE, page
from tests.render.hostility import CHUNKS, HOSTILE_TEXTS
from tests.render.reports import REALISTIC, blocked, crashed_training, hostile, huge, passed, poisoned, report

VOID = {"meta", "link", "br", "img", "input", "hr", "wbr", "base"}
TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "section",
    "header",
    "footer",
    "article",
    "figure",
    "figcaption",
    "details",
    "summary",
    "div",
    "span",
    "p",
    "b",
    "code",
    "pre",
    "h1",
    "h2",
    "h3",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "svg",
    "g",
    "desc",
    "rect",
    "line",
    "path",
    "circle",
    "text",
}
ATTRIBUTES = {
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "title",
    "open",
    "scope",
    "role",
    "id",
    "aria-labelledby",
    "aria-hidden",
    "viewbox",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "d",
    "width",
    "height",
    "text-anchor",
    "stroke-dasharray",
}


class Page(HTMLParser):
    """Tags, attributes and text; unbalanced tags are errors."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.texts: list[str] = []
        self.comments: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for name, value in attrs if name != "content"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def assert_harmless(source: str) -> None:
    read = Page(source)
    assert read.tags <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert read.comments == []
    assert not any("evil" in value or "://" in value for value in read.values)
    assert all(char.isprintable() or char == "\n" for text in read.texts for char in text)


@pytest.mark.whole
@settings(max_examples=30, deadline=None)
@given(HOSTILE_TEXTS)
def test_no_text_of_a_report_becomes_mark_up(text: str) -> None:
    assert_harmless(page(hostile(text)))
    assert_harmless(page(poisoned(blocked(), text)))


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\" onmouseover='x'", "</style><b>", "{{ x }}", "{% raw %}"]
)
def test_each_trick_alone(text: str) -> None:
    assert text in CHUNKS or text
    source = page(hostile(text))
    assert_harmless(source)
    assert any(text in told for told in Page(source).texts)  # shown as what it is


@pytest.mark.parametrize("name", REALISTIC)
def test_every_report_has_a_well_formed_page(name: str) -> None:
    source = page(REALISTIC[name]())
    assert source.startswith("<!doctype html>")
    assert_harmless(source)


def test_nothing_is_loaded_and_nothing_runs() -> None:
    source = page(blocked())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    assert policy is not None
    assert policy[1] == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\bsrc=|\bhref=", source)


def test_it_suits_light_dark_narrow_and_paper() -> None:
    source = page(passed())
    for query in ("prefers-color-scheme: dark", "max-width: 600px", "@media print"):
        assert query in source


def test_the_picture_can_be_read_without_seeing_it() -> None:
    source = page(blocked())
    for number in (1, 2):
        assert f'aria-labelledby="forest-{number}-title forest-{number}-desc"' in source
        assert f'<title id="forest-{number}-title">' in source
        assert f'<desc id="forest-{number}-desc">' in source
    ids = re.findall(r'\bid="([^"]+)"', source)
    assert len(ids) == len(set(ids))


def test_every_row_of_the_picture_has_its_own_shape() -> None:
    source = page(blocked())
    rows = re.findall(r'<g class="row (\w+)">(.*?)</g>', source, re.DOTALL)
    shapes = {"bad": '<rect class="shape"', "warn": '<path class="shape open"', "good": '<circle class="shape"'}
    assert {tone for tone, _ in rows} >= set(shapes)
    for tone, drawn in rows:
        assert shapes.get(tone, "stroke-dasharray") in drawn


def test_it_tells_the_whole_story() -> None:
    said = " ".join(" ".join(Page(page(blocked())).texts).split())
    for part in (
        "blocked (P1)",
        "What did not hold",
        "−8.3 points [−11.8, −4.8]",
        "What to do",
        "gatebot run --base",
        "A waiver to fill in",
        "On base too: 1",
        "Fixed here: 1",
        "Waived: 1",
        "72 days",
        "Environment: 2 changes",
        "Skipped: 1 check",
        "precision(billing)",
        "31 min 52 s",
        "raised to medium: features/text.py is touched",
    ):
        assert part in said, part


def test_logs_are_shown() -> None:
    assert "KeyError: &#34;[&#39;chanel&#39;] not found in axis&#34;" in page(crashed_training())


def test_very_many_measures_are_all_there() -> None:
    source = page(huge())
    assert source.count('<td class="name">') == 500
    assert source.count('<article class="card') == 199
    assert "179 more of less weight" in source
    assert "460 more of less weight are in the table" in source


def test_the_template_is_package_data() -> None:
    assert files("gatebot.render").joinpath(TEMPLATE).is_file()


def test_an_empty_report_has_a_page() -> None:
    assert_harmless(page(report(rows=0, seeds=0)))
