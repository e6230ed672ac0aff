"""The situation of a laptop, read from real repositories."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatebot.config.quantity import Margin
from gatebot.core.report import Relation, State
from gatebot.errors import UsageError
from gatebot.run.context.from_git import local
from tests.cli import tiny
from tests.cli.laptop import commit, repository, write
from tests.container.scenario import git

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "tiny", tiny.files())


def test_a_branch_is_compared_with_the_merge_base_by_the_rules_of_mains_tip(root: Path) -> None:
    base = git(root, "rev-parse", "HEAD")
    head = commit(root, tiny.HARMFUL, branch="change")
    git(root, "checkout", "--quiet", "main")
    tip = commit(root, {"gatebot.yml": tiny.CONFIG.replace("0.05", "0.01")})
    git(root, "checkout", "--quiet", "change")
    run_context = local(root / "gatebot.yml", None, NOW)
    facts = run_context.facts
    assert (facts.chosen.sha, facts.chosen.relation, facts.judged.sha) == (base, Relation.MERGE_BASE, head)
    assert (facts.rules_sha, facts.rules.metrics[0].margin) == (tip, Margin(0.01))
    assert facts.changes.paths == ("pipeline.py",)


def test_main_itself_is_compared_with_the_commit_before(root: Path) -> None:
    before = git(root, "rev-parse", "HEAD")
    commit(root, tiny.HARMLESS)
    facts = local(root / "gatebot.yml", None, NOW).facts
    assert (facts.chosen.sha, facts.chosen.relation) == (before, Relation.FIRST_PARENT)


@pytest.mark.whole
@pytest.mark.parametrize("out", [".gatebot", "verdict", "sub/verdict"])
def test_what_runs_leave_is_no_change(root: Path, out: str) -> None:
    commit(root, {"sub/words.txt": "x\n"})
    write(root, {f"{out}/report.json": "{}"})
    assert local(root / "gatebot.yml", None, NOW, out=root / out).facts.judged.sha is not None


def test_the_outputs_of_a_project_below_the_root_are_no_change(tmp_path: Path) -> None:
    root = repository(tmp_path / "mono", {f"a/{name}": text for name, text in tiny.files().items()})
    write(root, {"a/.gatebot/report.json": "{}", ".gatebot/report.json": "{}"})
    assert local(root / "a/gatebot.yml", None, NOW).facts.judged.sha is not None


def test_a_branch_that_only_origin_has_can_be_base(root: Path) -> None:
    git(root, "update-ref", "refs/remotes/origin/release", "HEAD")
    base = git(root, "rev-parse", "HEAD")
    commit(root, tiny.HARMLESS, branch="change")
    assert local(root / "gatebot.yml", "release", NOW).facts.chosen.sha == base


def test_a_base_that_a_shallow_clone_lacks_is_told_with_the_command_that_fetches_it(root: Path) -> None:
    commit(root, tiny.HARMLESS, branch="change")
    shallow = root.with_name("shallow")
    git(root.parent, "clone", "--quiet", "--depth", "1", "--branch", "change", f"file://{root}", str(shallow))
    with pytest.raises(UsageError, match="shallow clone") as caught:
        local(shallow / "gatebot.yml", "main", NOW)
    assert "'main'" in caught.value.message
    assert "fetch-depth: 0" in caught.value.hint
    git(shallow, "fetch", "--quiet", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*")  # what it tells
    assert local(shallow / "gatebot.yml", "main", NOW).facts.chosen.sha == git(root, "rev-parse", "main")


@pytest.mark.parametrize("project", ["../up", "", "a/b", "-x"])
def test_a_project_has_a_name_or_none(root: Path, project: str) -> None:
    if not project:
        assert local(root / "gatebot.yml", None, NOW, project=project).facts.project == "tiny"
        return
    with pytest.raises(UsageError, match="is no project's name"):
        local(root / "gatebot.yml", None, NOW, project=project)


@pytest.mark.whole
def test_who_brings_gatebot_does_not_tamper_with_it(tmp_path: Path) -> None:
    workflow = ".github/workflows/ci.yml"
    root = repository(tmp_path / "tiny", {workflow: "uses: acme/gatebot@v1\nconfig: old.yml\n"})
    commit(root, {**tiny.files(), ".github/workflows/gate.yml": "uses: acme/gatebot@v1\n"}, branch="add")
    facts = local(root / "gatebot.yml", None, NOW).facts
    assert (facts.states, facts.changes.gate, facts.chosen.sha) == ((State.BOOTSTRAP,), (), None)
    commit(root, {workflow: "uses: acme/gatebot@v1\nconfig: gatebot.yml\n"})
    facts = local(root / "gatebot.yml", None, NOW).facts
    assert facts.changes.gate == (workflow,), "a workflow of the gate that was there before counts"
