"""Examples become the same repositories everywhere, and their pull requests say what they are."""

import filecmp
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from examples.repository import PULLS, Change, Example, Repository, example, examples
from gatebot.checks.registry import all_checks
from gatebot.config.load import load
from gatebot.core.report import VerdictName

ALL = examples()
CHANGES = [
    pytest.param(each, change, id=f"{each.name}-{change.name}") for each in ALL for change in each.changes.values()
]
NAMES = {"breast-cancer", "digits", "llm-scores", "remote-data", "ship-fuel", "tickets"}
DIGITS_MAIN = "eb663ab834765cb83b48e42f90ead8f45caefe45"
GENERATED = {
    "llm-scores": ("data/questions.csv", "scores.csv"),
    "ship-fuel": ("data/legs.csv",),
    "tickets": ("data/tickets.csv",),
}


def test_there_are_six() -> None:
    assert {each.name for each in ALL} == NAMES


@pytest.mark.parametrize("source", ALL, ids=lambda each: each.name)
def test_an_example_is_whole(source: Example) -> None:
    assert load(source.folder / "gatebot.yml").project == source.name
    assert (source.folder / "README.md").read_text().startswith(f"# {source.name}\n")
    assert {change.verdict for change in source.changes.values()} == {VerdictName.PASS, VerdictName.BLOCKED}


@pytest.mark.parametrize(("source", "change"), CHANGES)
def test_a_pull_request_says_what_it_is(source: Example, change: Change) -> None:
    assert change.title
    assert change.description
    assert "\n" not in change.title
    assert set(change.found_by) <= set(all_checks())
    assert bool(change.found_by) == (change.verdict == VerdictName.BLOCKED)


@pytest.mark.parametrize("source", ALL, ids=lambda each: each.name)
def test_every_pull_request_applies_and_commits_are_the_same_everywhere(source: Example, tmp_path: Path) -> None:
    made = [Repository.create(source, tmp_path / name) for name in ("one", "other")]
    for change in source.changes.values():
        one, other = (repository.open_pull(change) for repository in made)
        assert one == other
        assert made[0].git("log", "-1", "--format=%s") == change.title
        assert "Verdict" not in made[0].git("log", "-1", "--format=%B")
        assert made[0].git("rev-list", "--count", f"main..{change.name}") == "1"


def test_a_commit_is_known_by_its_name(tmp_path: Path) -> None:
    repository = Repository.create(example("digits"), tmp_path / "digits")
    assert repository.check_out("main") == DIGITS_MAIN


def test_nothing_of_the_surroundings_leads_git_astray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    repository = Repository.create(example("digits"), tmp_path / "digits")
    assert repository.git("rev-parse", "main") == DIGITS_MAIN


def test_another_project_is_another_split_and_other_seeds(tmp_path: Path) -> None:
    repository = Repository.create(example("digits"), tmp_path / "digits", project="digits-7")
    assert load(repository.folder / "gatebot.yml").project == "digits-7"
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize("name", GENERATED)
def test_data_is_what_its_script_makes(name: str, tmp_path: Path) -> None:
    source = example(name)
    copy = Path(shutil.copytree(source.folder, tmp_path / name))
    for path in GENERATED[name]:
        (copy / path).unlink()
    subprocess.run([sys.executable, "generate.py"], cwd=copy, check=True)
    assert filecmp.cmpfiles(source.folder, copy, GENERATED[name], shallow=False)[0] == list(GENERATED[name])


def test_what_the_bucket_holds_is_what_the_locks_name(tmp_path: Path) -> None:
    from hashlib import sha256

    source = example("remote-data")
    runpy.run_path(str(source.folder / "generate.py"))["write"](tmp_path)
    made = {f"{sha256(path.read_bytes()).hexdigest()} meters {path.name}" for path in tmp_path.iterdir()}
    texts = [(source.folder / "data.lock").read_text(), *(path.read_text() for path in (PULLS / source.name).iterdir())]
    assert all(any(each in text for text in texts) for each in made)
