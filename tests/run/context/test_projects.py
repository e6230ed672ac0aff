"""Which projects a repository holds."""

from pathlib import Path

import pytest

from gatebot.errors import UsageError
from gatebot.run.context.projects import projects_in
from tests.cli import tiny
from tests.cli.laptop import commit, repository
from tests.container.scenario import git


def config(project: str) -> str:
    return tiny.CONFIG.replace("project: tiny", project)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "a/gatebot.yml": config("project: prices"),
        "b/c/gatebot.yml": config("# no name"),
        "d/gatebot.yml": "modle: 1\n",
        "e/other.yml": config("project: other"),
    }
    return repository(tmp_path / "mono", files)


def test_names_are_declared_or_made_of_the_folder(root: Path) -> None:
    found = projects_in(root / "a/gatebot.yml", "prices", "Mono Repo", "")
    assert found == ("Mono-Repo-b-c", "Mono-Repo-d", "prices")


def test_the_own_name_is_the_one_that_was_given(root: Path) -> None:
    assert projects_in(root / "a/gatebot.yml", "renamed", "mono", "") == ("mono-b-c", "mono-d", "renamed")


def test_what_head_takes_away_counts_as_long_as_base_has_it(root: Path) -> None:
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    commit(root, {"b/c/gatebot.yml": None, "n/gatebot.yml": config("project: new")}, branch="change")
    found = projects_in(root / "a/gatebot.yml", "prices", "mono", "main")
    assert found == ("mono-b-c", "mono-d", "new", "prices")


def test_a_configuration_that_is_gone_is_looked_for_from_the_next_folder(root: Path) -> None:
    assert "gone" in projects_in(root / "x/y/gatebot.yml", "gone", "mono", "")


def test_without_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not in a git repository"):
        projects_in(tmp_path / "gatebot.yml", "a", "mono", "")
