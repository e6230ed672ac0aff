"""The scenario is what GitHub makes of it: gatebot's own reader of events and git agree with it."""

import json
from pathlib import Path

import pytest

from gatebot.github.event import Kind, Relation, base_of, read

from .image import base_of as image_base_of
from .image import debian_mirror
from .runner import Job
from .scenario import Pull, Repository, git, pull_job, push_job

TOKEN = "ghs_not_a_real_token"


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "origin")
    made.commit({"train.py": "one\n", "data.csv": "id\n"}, "Begin")
    return made


@pytest.fixture
def pull(origin: Repository) -> Pull:
    origin.commit({"train.py": "two\n"}, "Improve", branch="better")
    origin.commit({"README.md": "main went on\n"}, "Go on")
    return origin.open_pull(7, "better")


def environment_of(job: Job, folder: Path) -> dict[str, str]:
    file = folder / "event.json"
    file.write_text(json.dumps(job.event))
    return {**job.environment, "GITHUB_EVENT_PATH": str(file)}


def test_push(origin: Repository, tmp_path: Path) -> None:
    job = push_job(origin, tmp_path, before="0" * 40, token=TOKEN)
    event = read(environment_of(job, tmp_path))
    assert (event.kind, event.on_default_branch, event.head_sha) == (Kind.PUSH, True, origin.tip)
    assert git(job.workspace, "rev-parse", "HEAD", "refs/remotes/origin/main").split() == [origin.tip, origin.tip]


def test_pull_request_is_tested_as_merged(origin: Repository, pull: Pull, tmp_path: Path) -> None:
    job = pull_job(origin, pull, tmp_path, token=TOKEN)
    event = read(environment_of(job, tmp_path))
    assert (event.kind, event.pull_number, event.head_sha, event.is_fork) == (Kind.PULL_REQUEST, 7, pull.head, False)
    assert event.tested_sha == git(job.workspace, "rev-parse", "HEAD") == pull.merge
    assert (job.workspace / "train.py").read_text() == "two\n"
    assert (job.workspace / "README.md").exists()
    base = base_of(
        event,
        pull.merge,
        first_parent=lambda sha: git(job.workspace, "rev-parse", f"{sha}^1"),
        merge_base=lambda one, other: git(job.workspace, "merge-base", one, other),
    )
    assert (base.sha, base.relation) == (origin.tip, Relation.FIRST_PARENT)


def test_checkout_leaves_the_token_where_everybody_can_read_it(origin: Repository, pull: Pull, tmp_path: Path) -> None:
    config = pull_job(origin, pull, tmp_path, token=TOKEN).workspace / ".git/config"
    assert "AUTHORIZATION: basic" in config.read_text()
    assert config.stat().st_mode & 0o004


def test_main_stays_where_it_was(origin: Repository, pull: Pull) -> None:
    assert origin.tip == pull.base
    assert git(origin.folder, "rev-parse", "refs/pull/7/merge", "refs/pull/7/head").split() == [pull.merge, pull.head]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sources.list.d/debian.sources", "Types: deb\nURIs: http://deb.example.org/debian\nSuites: bookworm\n"),
        ("sources.list.d/debian.sources", "Types: deb\nURIs: http://deb.example.org/debian/ http://other/debian\n"),
        ("sources.list", "deb [signed-by=/key] http://deb.example.org/debian bookworm main\n"),
    ],
)
def test_mirror_is_the_one_that_the_machine_uses(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("# deb http://old.example.org/debian bookworm main\n" + text)
    assert debian_mirror(tmp_path) == "http://deb.example.org/debian"


def test_base_image_is_read_from_the_dockerfile() -> None:
    text = "# text\nARG PYTHON_IMAGE=python:3.11@sha256:abc\nFROM ${PYTHON_IMAGE}\n"
    assert image_base_of(text) == "python:3.11@sha256:abc"
