"""Pull requests that each lose a little, until the release says that it is enough."""

import json
import shutil
from pathlib import Path

import pytest

from tests.container.scenario import git

from . import tiny
from .laptop import commit, gatebot, inside, report_in, repository

pytestmark = pytest.mark.whole

CUT = "/ 2}"


def losing(shift: float) -> dict[str, str]:
    """A threshold that is off by so much, which costs nearly as much accuracy."""
    return {"pipeline.py": tiny.PIPELINE.replace(CUT, f"/ 2 + {shift}}}")}


def released(tmp_path: Path) -> Path:
    """A repository with a release, and main that has lost a little three times since."""
    files = tiny.files(baseline="baseline: {anchor: v1.0}") | {"data/rows.csv": tiny.data(3000)}
    folder = repository(tmp_path / "tiny", files)
    assert inside(folder, "run", "--as-baseline", "--quiet").code == 0
    git(folder, "tag", "v1.0")
    for step in (1, 2, 3):
        commit(folder, losing(0.035 * step))
    assert inside(folder, "run", "--as-baseline", "--quiet").code == 0
    return folder


def test_small_losses_add_up_to_one_that_is_told(tmp_path: Path) -> None:
    folder = released(tmp_path)
    commit(folder, losing(0.14), branch="a-little-more")
    done = inside(folder, "run")
    report = report_in(folder / ".gatebot")
    found = {each["subject"]: each for each in report["findings"]}
    told = found["accuracy (since v1.0)"]
    assert (told["check"], told["status"], told["action"]) == ("model.anchor", "new", "warn"), done.out
    measured = {each["metric"]: each for each in report["measures"] if each["check"] == "model.regression"}
    assert measured["accuracy"]["outcome"] != "worse", "this pull request alone lost less than its margin"
    assert "since v1.0" in (folder / ".gatebot/comment.md").read_text()

    again = tmp_path / "again"
    shutil.copytree(folder / ".gatebot/head", again / "head")
    shutil.copytree(folder / ".gatebot/base", again / "base")
    judged = gatebot(folder, "judge", "--head", f"{again}/head", "--base", f"{again}/base", "--out", str(again))
    assert judged.code == done.code, judged.err
    assert (again / "report.json").read_bytes() == (folder / ".gatebot/report.json").read_bytes()


def test_a_release_of_other_rules_is_not_compared_with(tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", tiny.files(baseline="baseline: {anchor: v1.0}"))
    assert inside(folder, "run", "--as-baseline", "--quiet").code == 0
    git(folder, "tag", "v1.0")
    config = tiny.files(baseline="baseline: {anchor: v1.0}")["gatebot.yml"].replace("train_rows: 60", "train_rows: 50")
    commit(folder, {"gatebot.yml": config})
    commit(folder, tiny.HARMLESS, branch="better")
    assert inside(folder, "run", "--quiet").code == 0
    skipped = {each["check"]: each["reason"] for each in report_in(folder / ".gatebot")["skipped"]}
    assert skipped["model.anchor"] == "the baseline of v1.0 cannot be compared with: rules_digest differs"


def test_a_release_without_a_baseline_is_said_and_blocks_nothing(tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", tiny.files(baseline="baseline: {anchor: v9}"))
    assert inside(folder, "run", "--as-baseline", "--quiet").code == 0
    commit(folder, tiny.HARMLESS, branch="better")
    assert inside(folder, "run", "--quiet").code == 0
    skipped = {each["check"]: each["reason"] for each in report_in(folder / ".gatebot")["skipped"]}
    assert skipped["model.anchor"] == (
        "v9 is no tag, branch or commit that is here or can be fetched: correct `baseline.anchor`"
    )


@pytest.mark.parametrize("named", ["tag", "branch", "commit"])
def test_a_shallow_clone_fetches_the_release(tmp_path: Path, named: str) -> None:
    origin = repository(tmp_path / "origin", tiny.files())
    git(origin, "tag", "v1.0")
    git(origin, "branch", "production")
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "Since the release")
    release = git(origin, "rev-parse", "v1.0").strip()
    name = {"tag": "v1.0", "branch": "production", "commit": release}[named]
    commit(origin, {"gatebot.yml": tiny.files(baseline=f"baseline: {{anchor: {name}}}")["gatebot.yml"]})
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-tags", f"file://{origin}", str(clone))
    commit(clone, tiny.HARMLESS, branch="better")
    lines = {each["subject"]: each for each in json.loads(gatebot(clone, "doctor", "--json").out)}
    assert lines["anchor"]["says"].startswith(f"no baseline of {name} ({release[:12]}) is stored")
