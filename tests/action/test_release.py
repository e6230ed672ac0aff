"""A release is consistent, and a tag that would build from source or run another version's image fails."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import gatebot

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".github/release.py"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = f"ghcr.io/acme/gatebot:1.2.3@{DIGEST}"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = load()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree that is ready for version 1.2.3."""
    (tmp_path / "gatebot").mkdir()
    (tmp_path / "gatebot/__init__.py").write_text('"""Text."""\n\n__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## 1.2.3 (2026-11-20)\n\n- New.\n\n## 1.2.2\n\n- Old.\n")
    shutil.copy(ROOT / "action.yml", tmp_path)
    return tmp_path


def test_commit_to_build_from(tree: Path) -> None:
    assert release.complain_source(tree, "1.2.3") == []


def test_tag_that_would_build_from_source(tree: Path) -> None:
    assert release.complain_tag(tree, "v1.2.3") == ["action.yml runs Dockerfile: a tag must run an image by its digest"]


def test_tag_on_the_pinned_commit(tree: Path) -> None:
    before = (tree / "action.yml").read_text()
    release.pin(tree, IMAGE)
    assert release.complain_tag(tree, "v1.2.3") == []
    assert (tree / "action.yml").read_text() == before.replace("image: Dockerfile", f"image: docker://{IMAGE}")


def test_pinned_commit_is_not_one_to_build_from(tree: Path) -> None:
    release.pin(tree, IMAGE)
    assert "must run its own Dockerfile" in release.complain_source(tree, "1.2.3")[0]


@pytest.mark.parametrize(
    ("tag", "complaint"),
    [
        ("v1.2.2", "the package says 1.2.3, the release 1.2.2"),
        ("v1.2.2", "action.yml runs image 1.2.3, the tag says 1.2.2"),
        ("v1.2", "v1.2 is not v1.2.3"),
        ("1.2.3", "1.2.3 is not v1.2.3"),
    ],
)
def test_tag_of_another_version(tree: Path, tag: str, complaint: str) -> None:
    release.pin(tree, IMAGE)
    assert complaint in release.complain_tag(tree, tag)


def test_version_without_a_word_in_the_changelog(tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text("# Changes\n\n## 1.2.30\n\n- Later.\n\n## 1.2.3\n\n## 1.2.2\n\n- Old.\n")
    assert release.complain_source(tree, "1.2.3") == ["CHANGELOG.md has no section on 1.2.3"]


@pytest.mark.parametrize(
    "image",
    [
        "ghcr.io/acme/gatebot:1.2.3",
        "ghcr.io/acme/gatebot@" + DIGEST,
        "docker.io/acme/gatebot:1.2.3@" + DIGEST,
        IMAGE[:-1],
        IMAGE + "\n  args: [x]",
    ],
)
def test_image_that_is_not_pinned_exactly_is_refused(tree: Path, image: str) -> None:
    with pytest.raises(SystemExit):
        release.pin(tree, image)
    assert release.image_of(tree) == "Dockerfile"


def test_notes_are_the_section_of_the_version(tree: Path) -> None:
    assert (release.notes_of(tree, "1.2.3"), release.notes_of(tree, "1.2.2")) == ("- New.", "- Old.")


def test_command_line(tree: Path) -> None:
    (tree / ".github").mkdir()
    shutil.copy(SCRIPT, tree / ".github")

    def run(*args: str) -> tuple[int, str]:
        script = [sys.executable, str(tree / ".github/release.py"), *args]
        done = subprocess.run(script, capture_output=True, text=True, check=False)
        return done.returncode, (done.stdout + done.stderr).strip()

    assert run("check", "1.2.3") == (0, "")
    assert run("image", "Acme/Gatebot") == (0, "ghcr.io/acme/gatebot")
    assert run("verify", "v1.2.3")[0] == 1
    assert run("pin", IMAGE) == (0, "")
    assert run("verify", "v1.2.3") == (0, "")
    assert run("notes", "1.2.3") == (0, "- New.")
    assert run("nonsense", "1") == (1, "nonsense is none of check, image, pin, verify, notes")


def test_this_work_tree_could_be_released() -> None:
    assert release.version_of(ROOT) == gatebot.__version__
    assert release.complain_version(ROOT, gatebot.__version__) == []


def test_this_work_tree_may_bear_its_tags() -> None:
    listed = subprocess.run(
        ["git", "tag", "--points-at", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    tags = [tag for tag in listed.stdout.split() if re.fullmatch(r"v\d+\.\d+\.\d+", tag)]
    assert {tag: release.complain_tag(ROOT, tag) for tag in tags} == {tag: [] for tag in tags}


def test_without_a_tag_the_action_runs_its_own_source_or_the_image_of_its_version() -> None:
    image = release.image_of(ROOT)
    assert image == "Dockerfile" or release.complain_tag(ROOT, f"v{gatebot.__version__}") == []
