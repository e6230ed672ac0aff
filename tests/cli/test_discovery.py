"""A slice that nobody declared, end to end: from a column of the data to a warning that names it."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gatebot.evidence.intake import read
from gatebot.evidence.need import Side
from gatebot.evidence.profile import DataProfile, Profile
from tests.cli import tiny
from tests.cli.laptop import Done, commit, gatebot, report_in, repository

pytestmark = pytest.mark.whole

CHECK = "model.slice_discovery"
SHOPS = ("north", "south", "east", "west", "web")
HARMFUL = {
    "pipeline.py": tiny.PIPELINE.replace(
        'row["x"] > model["cut"]',
        '(row["x"] > model["cut"]) != (row["shop"] == "east" and int(row["x"] * 1e6) % 8 == 0)',
    )
}


def data() -> str:
    """As tiny's, with a shop, a customer's address and a note."""
    draw = random.Random(11)  # noqa: S311 - a table, not a secret
    lines = ["id,x,shop,mail,note,label,fold"]
    for number in range(6000):
        x = draw.random()
        label = "yes" if (x > 0.5) != (draw.random() < 0.05) else "no"
        mail = f"customer.{draw.randrange(40)}@example.org"
        note = " ".join(f"secret{draw.randrange(500)}" for _ in range(draw.randrange(2, 20)))
        fold = "train" if number % 6 == 0 else "eval"
        lines.append(f"t{number:04},{x:.9f},{draw.choice(SHOPS)},{mail},{note},{label},{fold}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files: Mapping[str, str] = {**tiny.files(), "data/rows.csv": data()}
    made = repository(tmp_path_factory.mktemp("discovery") / "tiny", files)
    done = gatebot(made, "run", "--as-baseline")
    assert done.code == 0, done.err
    commit(made, HARMFUL, branch="harm")
    return made


@pytest.fixture(scope="module")
def done(folder: Path) -> Done:
    return gatebot(folder, "run")


def found(folder: Path) -> dict[str, Any]:
    report = report_in(folder / ".gatebot")
    return {each["subject"]: each for each in report["findings"] if each["check"] == CHECK}


def test_a_slice_that_pays_is_named_and_does_not_block(folder: Path, done: Done) -> None:
    assert done.code == 0, done.err
    slices = found(folder)
    assert set(slices) == {"accuracy@shop=east"}
    one = slices["accuracy@shop=east"]
    assert (one["action"], one["priority"], one["status"]) == ("warn", "P2", "new")
    assert one["facts"]["column"] == "shop"
    assert 300 < one["facts"]["searched"] < 700
    assert 300 < one["facts"]["proving"] < 700


def test_people_read_what_happened_and_how_to_hold_the_slice(folder: Path, done: Done) -> None:
    comment = (folder / ".gatebot" / "comment.md").read_text()
    page = (folder / ".gatebot" / "report.html").read_text()
    for text in (comment, page, done.out):
        assert "shop=east" in text
        assert "obody declared" in text
        assert "data.slices" in text


def test_nothing_that_leaves_the_machine_holds_an_address_or_a_word_of_a_note(folder: Path, done: Done) -> None:
    profile = read(folder / ".gatebot" / "head").get(Profile(Side.HEAD), DataProfile)
    assert profile is not None
    names = " ".join(name for each in profile.eval_rows.levels for name in each.values.names)
    assert "shop=east" in names
    assert "mail: " in names
    assert "note: " in names
    for text in (names, (folder / ".gatebot" / "report.json").read_text()):
        assert "@example" not in text
        assert "secret" not in text
