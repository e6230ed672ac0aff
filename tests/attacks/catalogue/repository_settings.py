"""The checkout's own `.git` names programs, as a step before the gate's could have left it."""

import subprocess
from pathlib import Path

from tests.attacks.attack import Attack
from tests.attacks.bait import Bait

from . import bare_repository


def _settings(workspace: Path, bait: Bait) -> None:
    """Programs of every kind, but for what tells a real repository from a broken one."""
    kept = [
        line
        for line in bare_repository.settings(bait).splitlines()
        if not any(word in line for word in ("worktree", "bare =", "repositoryformat", "environ", "include", "url"))
        and "insteadOf" not in line
        and "promisor" not in line
        and "partialclone" not in line
    ]
    with (workspace / ".git/config").open("a") as file:
        file.write("\n".join(kept) + "\n")
    (workspace / ".git/info").mkdir(exist_ok=True)
    (workspace / ".git/info/attributes").write_text("* filter=evil diff=evil merge=evil\n")
    hooks = workspace / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "reference-transaction", "post-merge", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\n{bait.shell('hook')}\n")
        (hooks / name).chmod(0o755)


def _replaced(workspace: Path, _bait: Bait) -> None:
    """The base commit is replaced by the head commit wherever git is asked for it."""
    parents = _git(workspace, "rev-parse", "HEAD^1", "HEAD^2").split()
    _git(workspace, "update-ref", f"refs/replace/{parents[0]}", parents[1])


def _grafted(workspace: Path, _bait: Bait) -> None:
    """The merge has the head commit for its first parent."""
    merge, head = _git(workspace, "rev-parse", "HEAD", "HEAD^2").split()
    (workspace / ".git/info").mkdir(exist_ok=True)
    (workspace / ".git/info/grafts").write_text(f"{merge} {head} {head}\n")


def _nested(workspace: Path, bait: Bait) -> None:
    """An untracked clone inside the checkout, whose settings are somebody else's."""
    inner = workspace / "vendor"
    inner.mkdir()
    _git(inner, "init", "--quiet")
    (inner / "file.txt").write_text("x\n")
    with (inner / ".git/config").open("a") as file:
        shell = bait.shell("nested")
        file.write(f"[core]\n\tfsmonitor = {shell}\n\thooksPath = {inner}/hooks\n\tworktree = ../..\n")
        file.write(f'\texcludesFile = /proc/self/environ\n[filter "evil"]\n\tclean = {shell}\n')


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


ATTACKS = (
    Attack(name="repository settings with programs", prepare=_settings, in_container=False),
    Attack(name="a replaced base commit", prepare=_replaced, in_container=False),
    Attack(name="a grafted merge", prepare=_grafted, in_container=False, slow=True),
    Attack(name="an untracked clone in the checkout", prepare=_nested, in_container=False, slow=True),
)
