"""The documentation is a test subject: generated pages are current, everything is named, links lead somewhere."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs import generate
from gatebot.checks.registry import all_checks
from gatebot.cli.main import COMMANDS, parser_for
from gatebot.config.load import parse
from gatebot.config.schema import schema
from gatebot.core.report import VerdictName
from gatebot.errors import ExitCode
from gatebot.stats.condition import parse as parsed
from gatebot.stats.guarantee import Adaptivity, log_inverse_level
from gatebot.tasks.registry import metric_catalogue

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
STATISTICS = (DOCS / "statistics.md").read_text()
GENERATED = generate.pages()
GITHUB_SAYS = (
    "Expected — Waiting for status to be reported",
    "Resource not accessible by integration",
    "a workflow awaiting approval",
    "HTTP 410",
)


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_generated_page_is_current(path: Path) -> None:
    assert path.read_text() == GENERATED[path], "run `make docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    page = (DOCS / "cli.md").read_text()
    assert f"## gatebot {name}\n" in page
    section = page.partition(f"## gatebot {name}\n")[2].partition("\n## ")[0]
    [subparsers] = [each for each in parser_for(name)._actions if isinstance(each, argparse._SubParsersAction)]
    missing = [
        flag for each in subparsers.choices[name]._actions for flag in each.option_strings if flag not in section
    ]
    assert missing == []


def test_every_key_is_documented_with_its_side_and_a_description() -> None:
    page = (DOCS / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `([^`]+)` \|(.*)\|$", page, re.MULTILINE))
    names = set(_names(schema()))
    assert names
    assert names <= {re.split(r"[.\[\]]+", path)[-1] for path in rows}
    for path, row in rows.items():
        *_, side, says = (cell.strip() for cell in re.split(r"(?<!\\)\|", row))
        assert side in ("base", "head", "both"), path
        assert says, path


def _names(found: dict[str, Any]) -> Iterator[str]:
    yield from found["properties"]
    for name, section in found["$defs"].items():
        yield from section.get("properties", ()) if name not in ("Rules", "Recipe") else ()


def test_every_check_is_documented() -> None:
    page = (DOCS / "checks.md").read_text()
    for check in all_checks().values():
        section = page.partition(f"### {check.id}\n")[2].partition("\n### ")[0]
        assert check.section("Why") in section
        assert check.section("Fix") in section
        assert [name for name in check.options.model_fields if f"`{name}`" not in section] == []


def test_every_metric_is_documented() -> None:
    page = (DOCS / "metrics.md").read_text()
    assert [entry.name for entry in metric_catalogue() if f"| `{entry.name}`" not in page] == []


def test_every_error_in_troubleshooting_is_one_that_is_said() -> None:
    source = "\n".join(path.read_text() for path in sorted((ROOT / "gatebot").rglob("*.py")))
    plain = re.sub(r'"\s*\n\s*f?"', "", source)
    quoted = re.findall(r"^### `(.+)`$", (DOCS / "troubleshooting.md").read_text(), re.MULTILINE)
    assert quoted
    assert [text for text in quoted if text not in plain and text not in GITHUB_SAYS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|^> .*?$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name) if name else page
        assert found.exists(), target
        if anchor:
            assert anchor in {_anchor(line) for line in found.read_text().splitlines() if line.startswith("#")}, target


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    words = heading.lstrip("#").strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def test_readme_starts_with_the_comment() -> None:
    assert README.index("<!-- comment: begin -->") < 1000
    assert "> ## " in README.partition("<!-- comment: begin -->")[2][:400]


@pytest.mark.parametrize("page", ["README.md", "docs/blocked.md"])
def test_every_verdict_is_explained(page: str) -> None:
    assert [verdict for verdict in VerdictName if f"| `{verdict}` |" not in (ROOT / page).read_text()] == []


def test_readme_has_every_exit_code() -> None:
    page = README.partition("## What it looks at")[2].partition("## On GitHub")[0]
    assert [code.value for code in ExitCode if not re.search(rf"\b{code.value}\b", page)] == []


def test_minimal_configuration_of_the_readme_is_valid() -> None:
    [text] = re.findall(r"## gatebot\.yml\n.*?```yaml\n(.*?)```", README, re.DOTALL)
    assert parse(text).policy.mode == "observe"


def test_permissions_are_those_of_the_workflow() -> None:
    [text] = re.findall(r"<!-- workflow: begin -->\n```yaml\n(.*?)```", README, re.DOTALL)
    [job] = yaml.safe_load(text)["jobs"].values()
    listed = re.findall(r"^\| `([a-z-]+: (?:read|write))` \|", README, re.MULTILINE)
    assert listed == [f"{name}: {right}" for name, right in job["permissions"].items()]


def test_simulated_figures_say_so() -> None:
    assert "**simulated**" in STATISTICS


def test_rows_of_guarantees_are_those_that_the_rule_asks_for() -> None:
    listed = re.findall(
        r"^\| (0\.\d+) \| (none|full) \| (\d) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", STATISTICS, re.MULTILINE
    )
    assert len(listed) == 9
    for tolerance, adaptivity, verdicts, *said in listed:
        gain = parsed(f"n - o > -0.02 +/- {tolerance}")
        level = log_inverse_level(0.001, 32, Adaptivity(adaptivity), verdicts=int(verdicts))
        needed = (gain.rows_by_range(level), gain.rows(level, changed=0.1), gain.rows(level, changed=0.05))
        assert said == [f"{rows:,}" for rows in needed]


def test_rows_of_the_guarantee_that_is_shown_are_those_that_the_rule_asks_for() -> None:
    [text] = re.findall(r"```yaml\n(guarantee:.*?)```", STATISTICS, re.DOTALL)
    stated = yaml.safe_load(text)["guarantee"]
    level = log_inverse_level(1 - stated["reliability"], stated["steps"], Adaptivity(stated["adaptivity"]), verdicts=3)
    [here, wider, there] = re.findall(
        r"the condition above takes ([\d,]+) and with `(.*?)` it takes ([\d,]+)", STATISTICS
    )[0]
    other = f"{stated['condition'].partition(' and ')[0]} and {wider}"
    assert [here, there] == [f"{parsed(each).rows(level):,}" for each in (stated["condition"], other)]
