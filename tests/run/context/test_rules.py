"""Rules are found by name at base: whatever a pull request does to its own configuration, base's decides."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatebot.config.quantity import Margin
from gatebot.core.checkout import UnsafePathError
from gatebot.core.report import State
from gatebot.errors import UsageError
from gatebot.repository.git import Repository
from gatebot.run.context.from_git import local
from gatebot.run.context.rules_found import configured, rules_at
from tests.cli import tiny
from tests.cli.laptop import commit, repository
from tests.container.scenario import git

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OTHER = tiny.CONFIG.replace("project: tiny", "project: other")
LAX = tiny.CONFIG.replace("0.05", "0.5")


def in_folder(files: dict[str, str]) -> dict[str, str]:
    return {f"ml/{name}": text for name, text in files.items()}


def link_to_a_lax_one(root: Path) -> None:
    (root / "lax.yml").write_text(LAX)
    (root / "ml" / "gatebot.yml").unlink()
    (root / "ml" / "gatebot.yml").symlink_to("../lax.yml")


def link_the_folder(root: Path) -> None:
    shutil.copytree(root / "ml", root / "other")
    (root / "other" / "gatebot.yml").write_text(LAX)
    shutil.rmtree(root / "ml")
    (root / "ml").symlink_to("other")


def link_out(root: Path) -> None:
    (root.parent / "lax.yml").write_text(LAX)
    (root / "ml" / "gatebot.yml").unlink()
    (root / "ml" / "gatebot.yml").symlink_to(root.parent / "lax.yml")


def link_to_nothing(root: Path) -> None:
    (root / "ml" / "gatebot.yml").unlink()
    (root / "ml" / "gatebot.yml").symlink_to("none.yml")


@pytest.mark.parametrize("attack", [link_to_a_lax_one, link_the_folder, link_out, link_to_nothing])
def test_a_link_where_the_configuration_stood_changes_no_rule(tmp_path: Path, attack: Callable[[Path], None]) -> None:
    root = repository(tmp_path / "tiny", in_folder(tiny.files()))
    tip = git(root, "rev-parse", "HEAD")
    attack(root)
    commit(root, {}, branch="change")
    run_context = local(root / "ml" / "gatebot.yml", None, NOW)
    facts = run_context.facts
    assert (facts.rules_sha, facts.states) == (tip, ())
    assert facts.rules.metrics[0].margin == Margin(0.05)
    assert "ml/gatebot.yml" in facts.changes.gate, "somebody else has to look at it"


def test_a_configuration_elsewhere_is_no_new_project_where_base_knows_its_name(tmp_path: Path) -> None:
    root = repository(tmp_path / "tiny", tiny.files())
    tip = git(root, "rev-parse", "HEAD")
    commit(root, in_folder({**tiny.files(), "gatebot.yml": LAX}), branch="change")
    facts = local(root / "ml" / "gatebot.yml", None, NOW).facts
    assert (facts.rules_sha, facts.states, facts.changes.gate) == (tip, (), ("gatebot.yml", "ml/gatebot.yml"))
    assert facts.rules.metrics[0].margin == Margin(0.05)


def test_a_project_that_base_does_not_know_is_new(tmp_path: Path) -> None:
    root = repository(tmp_path / "tiny", tiny.files())
    commit(root, in_folder({**tiny.files(), "gatebot.yml": OTHER}), branch="change")
    assert local(root / "ml" / "gatebot.yml", None, NOW).facts.states == (State.BOOTSTRAP,)


def test_a_link_without_any_configuration_at_base_is_refused(tmp_path: Path) -> None:
    root = repository(tmp_path / "tiny", {"README.md": "x\n"})
    (root / "lax.yml").write_text(LAX)
    (root / "gatebot.yml").symlink_to("lax.yml")
    commit(root, {}, branch="change")
    with pytest.raises(UnsafePathError, match=r"gatebot\.yml is a symbolic link"):
        local(root / "gatebot.yml", None, NOW)


def test_a_link_at_base_is_no_configuration(tmp_path: Path) -> None:
    root = repository(tmp_path / "tiny", tiny.files())
    (root / "gatebot.yml").rename(root / "real.yml")
    (root / "gatebot.yml").symlink_to("real.yml")
    commit(root, {})
    (root / "gatebot.yml").unlink()
    commit(root, {"gatebot.yml": LAX}, branch="change")
    with pytest.raises(UsageError, match=r"gatebot\.yml at [0-9a-f]+ is not a regular file"):
        local(root / "gatebot.yml", None, NOW)


def test_where_one_status_stands_for_the_repository_no_name_makes_a_project_new(tmp_path: Path) -> None:
    root = repository(tmp_path / "tiny", tiny.files())
    tip = git(root, "rev-parse", "HEAD")
    commit(root, in_folder({**tiny.files(), "gatebot.yml": OTHER}), branch="change")
    here = configured(root / "ml" / "gatebot.yml", Repository(root))
    assert rules_at(here, tip).bootstrap
    found = rules_at(here, tip, alone=True)
    assert (found.bootstrap, found.sha, found.path, found.moved) == (False, tip, "gatebot.yml", True)
