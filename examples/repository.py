"""Turns an example into a git repository: what it holds becomes main, each of its patches a branch."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PULLS = HERE / "pulls"
CONFIG = "gatebot.yml"
LEFT_OUT = shutil.ignore_patterns(".gatebot", "__pycache__")
FIRST_COMMIT = "2026-11-02T09:00:00+0000"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Main",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": FIRST_COMMIT,
    "GIT_COMMITTER_NAME": "Ada Main",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": FIRST_COMMIT,
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}
EXPECTATION = re.compile(r"^(Verdict|Found-By): *(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """A pull request: a patch as `git format-patch` writes it, with what gatebot should say below its `---` line.

    Attributes:
        name: of the branch and, with its number, of the file.
        patch: the file.
        title: the subject.
        description: the body.
        verdict: `pass`, `blocked`, `review`, …
        found_by: ids of the checks that should have a finding; empty where none should.
    """

    name: str
    patch: Path
    title: str
    description: str
    verdict: str
    found_by: tuple[str, ...]

    @classmethod
    def read(cls, patch: Path) -> "Change":
        """The pull request in a file."""
        letter, _, below = patch.read_text(encoding="utf-8").partition("\n---\n")
        head, _, body = letter.partition("\n\n")
        title = re.sub(r"\n[ \t]+", " ", head).partition("Subject: [PATCH] ")[2].partition("\n")[0]
        expected = dict(EXPECTATION.findall(below.partition("\ndiff --git ")[0]))
        found_by = tuple(word.strip() for word in expected.get("Found-By", "").split(",") if word.strip())
        return cls(patch.stem, patch, title, body.strip(), expected["Verdict"].strip(), found_by)


@dataclass(frozen=True, slots=True)
class Example:
    """A folder that is what a repository holds.

    Attributes:
        folder: what main holds.
        changes: its pull requests by name.
    """

    folder: Path
    changes: dict[str, Change]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name


def example(name: str) -> Example:
    """The example of this name."""
    patches = sorted((PULLS / name).glob("*.patch"))
    return Example(HERE / name, {patch.stem: Change.read(patch) for patch in patches})


def examples() -> tuple[Example, ...]:
    """All of them, by name."""
    return tuple(example(path.name) for path in sorted(PULLS.iterdir()) if path.is_dir())


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository made from an example: main, and a branch for each pull request that was opened."""

    folder: Path

    @classmethod
    def create(cls, source: Example, folder: Path, *, project: str | None = None) -> "Repository":
        """A repository whose main branch is the example, with the same commits on every machine.

        Args:
            source: what it holds.
            folder: where; must not exist.
            project: another `project:` than the example's own; it keys the split and the seeds.
        """
        shutil.copytree(source.folder, folder, ignore=LEFT_OUT)
        if project is not None:
            config = folder / CONFIG
            config.write_text(re.sub(r"(?m)^project:.*$", f"project: {project}", config.read_text()))
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        made = cls(folder)
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("add", "--all")
        made.git("commit", "--quiet", "--message", f"The {source.name} example")
        return made

    def open_pull(self, change: Change) -> str:
        """Put a pull request's branch on main's tip and check it out; returns its commit."""
        self.git("checkout", "--quiet", "-B", change.name, "main")
        self.git("am", "--quiet", "--committer-date-is-author-date", str(change.patch))
        return self.git("rev-parse", "HEAD")

    def check_out(self, branch: str) -> str:
        """Check a branch out; returns its commit."""
        self.git("checkout", "--quiet", branch)
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        """Run git and return what it prints.

        Raises:
            CalledProcessError: it failed; what it said is in `stderr`.
        """
        command = ["git", "-c", "core.autocrlf=false", *words]
        env = {**_without_git(), **IDENTITY}
        done = subprocess.run(command, cwd=self.folder, env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()


def _without_git() -> dict[str, str]:
    """The environment without variables that would lead git elsewhere, as inside a hook."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
