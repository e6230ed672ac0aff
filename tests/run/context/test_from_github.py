"""The situation of a workflow job that judges what another run has left: nothing of head is here."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatebot.core.report import State
from gatebot.github.event import Event, Kind, Run, Trigger
from gatebot.github.pull import Pull
from gatebot.run.context.from_github import in_actions, of_pull
from gatebot.run.context.run_context import RunContext
from tests.cli import tiny
from tests.cli.laptop import commit, repository
from tests.container.scenario import WORKFLOW, git

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HEAD = "a" * 40


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Main with four commits, the last two after the pull request was pushed."""
    made = repository(tmp_path / "tiny", {**tiny.files(), WORKFLOW: "uses: acme/gatebot@v1\n"})
    for number in range(3):
        commit(made, {"README.md": f"{number}\n"})
    git(made, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(made, "update-ref", "refs/remotes/origin/release", "HEAD~3")
    return made


def sha(root: Path, name: str) -> str:
    return git(root, "rev-parse", name)


def event(path: str = WORKFLOW) -> Event:
    trigger = Trigger(7, 1, "pull_request", "success", HEAD, "change", "stranger", 9, path, is_fork=True)
    run = Run(8, 1, "https://github.com/acme/tickets/actions/runs/8", WORKFLOW)
    return Event(
        Kind.WORKFLOW_RUN,
        "completed",
        "acme/tickets",
        1,
        "main",
        "refs/heads/main",
        run,
        api_url="",
        server_url="",
        actor="octocat",
        head_sha=HEAD,
        tested_sha=HEAD,
        trigger=trigger,
    )


def pull(root: Path) -> Pull:
    return Pull(3, "stranger", HEAD, "change", "main", sha(root, "main~2"), is_fork=True, is_draft=False, is_open=True)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("claimed", "chosen"),
    [
        ("main~2", "main~2"),
        ("main~1", "main~1"),
        ("main", "main"),
        ("main~3", "main~2"),  # older than the pull request's own base: nobody picks the past
        ("", "main~2"),
    ],
)
def test_base_is_what_head_says_only_where_it_can_be_true(root: Path, claimed: str, chosen: str) -> None:
    base = sha(root, claimed) if claimed else ""
    facts = of_pull(root / "gatebot.yml", event(), pull(root), NOW, paths=frozenset({"pipeline.py"}), base=base).facts
    assert facts.chosen.sha == sha(root, chosen)


@pytest.mark.whole
@pytest.mark.parametrize("claimed", ["HEAD", "main", "--all", "b" * 40, "../..", "refs/heads/main"])
def test_a_name_is_no_claim(root: Path, claimed: str) -> None:
    facts = of_pull(root / "gatebot.yml", event(), pull(root), NOW, paths=frozenset(), base=claimed).facts
    assert facts.chosen.sha == sha(root, "main~2")


def test_a_commit_of_another_branch_is_no_base(root: Path) -> None:
    git(root, "checkout", "--quiet", "--detach", "main~1")
    other = commit(root, {"README.md": "elsewhere\n"})
    git(root, "checkout", "--quiet", "main")
    facts = of_pull(root / "gatebot.yml", event(), pull(root), NOW, paths=frozenset({"pipeline.py"}), base=other).facts
    assert facts.chosen.sha == sha(root, "main~2")


def test_rules_are_those_of_the_pull_requests_own_base_branch(root: Path) -> None:
    proposal = replace(pull(root), base_ref="release", base_sha=sha(root, "main~3"))
    facts = of_pull(root / "gatebot.yml", event(), proposal, NOW, paths=frozenset({"pipeline.py"})).facts
    assert facts.rules_sha == sha(root, "main~3")


@pytest.mark.parametrize(
    ("paths", "path", "gate"),
    [
        (frozenset({"pipeline.py"}), WORKFLOW, ()),
        (frozenset({"pipeline.py"}), ".github/workflows/mine.yml", (".github/workflows/mine.yml",)),
        (frozenset({"gatebot.yml"}), WORKFLOW, ("gatebot.yml",)),
        (None, WORKFLOW, ("gatebot.yml",)),
    ],
)
def test_what_counts_as_touching_the_gate(
    root: Path, paths: frozenset[str] | None, path: str, gate: tuple[str, ...]
) -> None:
    assert of_pull(root / "gatebot.yml", event(path), pull(root), NOW, paths=paths).facts.changes.gate == gate


def test_what_is_not_relevant_is_told_by_the_api_alone(root: Path) -> None:
    facts = of_pull(root / "gatebot.yml", event(), pull(root), NOW, paths=frozenset({"README.md"})).facts
    assert facts.states == (State.NOTHING_RELEVANT,)
    drafted = replace(pull(root), is_draft=True)
    facts = of_pull(root / "gatebot.yml", event(), drafted, NOW, paths=frozenset({"pipeline.py"})).facts
    assert facts.states == (State.DRAFT,)


FETCH = "sh tools/fetch.sh --into data && python -m loading.main"
CONFIGURED: dict[str, dict[str, object]] = {
    "data": {"path": "data/x.csv", "target": "y", "fetch": {"run": f"sh -c '{FETCH}'", "secrets": ["ROLE"]}},
    "model": {"python": "pipeline.py"},
    "smoke": {"setup": "pip install -r needs.txt -e src", "lock": ["special.lock"], "env": {"pass": ["INDEX_TOKEN"]}},
}


def opened(root: Path, base: dict[str, str], head: dict[str, str], environ: dict[str, str] | None = None) -> RunContext:
    """A pull request of a branch of the repository's own, checked out as GitHub merges it."""
    made = repository(root / "repo", base)
    git(made, "update-ref", "refs/remotes/origin/main", "HEAD")
    commit(made, head)
    of_pull_request = replace(event(), kind=Kind.PULL_REQUEST, base_ref="main", pull_number=3, trigger=None)
    return in_actions(made / "gatebot.yml", of_pull_request, NOW, environ=environ)


def yaml(**sections: object) -> dict[str, str]:
    return {"gatebot.yml": json.dumps({**CONFIGURED, **sections})}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("path", "held"),
    [
        ("tools/fetch.sh", True),
        ("loading/main.py", True),
        ("needs.txt", True),
        ("special.lock", True),
        ("pyproject.toml", True),
        ("tools/other.sh", False),
        ("src/model.py", False),
        ("pipeline.py", False),
    ],
)
def test_files_that_run_with_secrets_hold_the_gate(tmp_path: Path, path: str, held: bool) -> None:
    run_context = opened(tmp_path, yaml(), {path: "changed\n"}, {"ROLE": "x"})
    assert run_context.facts.changes.gate == ((path,) if held else ())


@pytest.mark.parametrize("path", ["needs.txt", "special.lock", "pyproject.toml"])
def test_files_of_a_set_up_without_credentials_do_not(tmp_path: Path, path: str) -> None:
    plain = yaml(smoke={**CONFIGURED["smoke"], "env": {"pass": ["LANG"]}})
    assert opened(tmp_path, plain, {path: "changed\n"}, {"ROLE": "x"}).facts.changes.gate == ()


def test_what_a_pull_request_says_of_its_own_fetching_does_not_count(tmp_path: Path) -> None:
    elsewhere = {"path": "data/x.csv", "target": "y", "fetch": {"run": "sh other.sh", "secrets": ["ROLE"]}}
    head = {**yaml(data=elsewhere), "other.sh": "x\n", "tools/fetch.sh": "x\n"}
    assert opened(tmp_path, yaml(), head).facts.changes.gate == ("gatebot.yml", "tools/fetch.sh")


@pytest.mark.parametrize("secrets", [["ROLE"], []], ids=["with secrets", "without"])
def test_a_pull_request_that_brings_its_own_rules_gets_no_secrets(tmp_path: Path, secrets: list[str]) -> None:
    fetch = {"run": "sh fetch.sh", "secrets": secrets}
    head = yaml(data={"path": "data/x.csv", "target": "y", "fetch": fetch})
    run_context = opened(tmp_path, {"README.md": "no gate yet\n"}, head, {"ROLE": "the secret is here"})
    assert run_context.facts.states == (State.BOOTSTRAP, *([State.NO_DATA] if secrets else []))
    assert not run_context.trusts_head
