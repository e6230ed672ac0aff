"""A repository on GitHub, its pull requests, and what a job about them finds on its runner.

`Repository` is GitHub's side: branches, pull requests and the merge commits that GitHub makes for them. `checkout` lays
one commit out as actions/checkout does; `push_job` and `pull_job` give the payload and the variables of the event.
"""

import base64
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .runner import Job

OWNER, NAME, ID = "acme", "tickets", 4711
WORKFLOW = ".github/workflows/gatebot.yml"
IDENTITY = {
    "GIT_AUTHOR_NAME": "octocat",
    "GIT_AUTHOR_EMAIL": "octocat@example.org",
    "GIT_COMMITTER_NAME": "octocat",
    "GIT_COMMITTER_EMAIL": "octocat@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


def git(folder: Path, *args: str) -> str:
    """Run git in a folder and return what it printed."""
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *args]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **IDENTITY}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(args)}: {done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request: its number, its branch's tip, and GitHub's merge of that into its base branch."""

    number: int
    branch: str
    head: str
    base: str
    merge: str
    author: str
    into: str = "main"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on GitHub's side, in a folder of ours."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Repository":
        """An empty repository."""
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet")
        return cls(folder)

    @property
    def tip(self) -> str:
        """The newest commit of main."""
        return git(self.folder, "rev-parse", "main")

    def commit(self, files: Mapping[str, str | bytes | None], message: str, branch: str = "main") -> str:
        """Write files (None deletes) and commit them to a branch; a new branch starts at main."""
        known = git(self.folder, "branch", "--list", branch)
        if branch != "main":
            git(self.folder, "checkout", "--quiet", *([] if known else ["-b"]), branch, *([] if known else ["main"]))
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            match content:
                case None:
                    path.unlink()
                case str():
                    path.write_text(content)
                case bytes():
                    path.write_bytes(content)
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--message", message)
        sha = git(self.folder, "rev-parse", "HEAD")
        if branch != "main":
            git(self.folder, "checkout", "--quiet", "main")
        return sha

    def open_pull(self, number: int, branch: str, author: str = "contributor", into: str = "main") -> Pull:
        """Open a pull request from a branch, and merge it into its base branch on the side as GitHub does."""
        base, head = git(self.folder, "rev-parse", into), git(self.folder, "rev-parse", branch)
        git(self.folder, "checkout", "--quiet", "--detach", into)
        git(self.folder, "merge", "--quiet", "--no-ff", "--message", f"Merge {head} into {base}", branch)
        merge = git(self.folder, "rev-parse", "HEAD")
        git(self.folder, "update-ref", f"refs/pull/{number}/merge", merge)
        git(self.folder, "update-ref", f"refs/pull/{number}/head", head)
        git(self.folder, "checkout", "--quiet", "main")
        return Pull(number, branch, head, base, merge, author, into)


def checkout(origin: Repository, ref: str, into: Path, *, token: str, depth: int = 0) -> Path:
    """Lay a ref out as actions/checkout does: a detached head, the token in `.git/config` for everybody to read.

    Args:
        origin: GitHub's side.
        ref: `refs/heads/main` or `refs/pull/7/merge`.
        into: the workspace; must not exist.
        token: persisted as an extra header, as versions up to 5 do.
        depth: commits of history; 0 is all, and all branches.
    """
    into.mkdir(parents=True)
    local = ref.replace("refs/heads/", "refs/remotes/origin/").replace("refs/pull/", "refs/remotes/pull/")
    wanted = [f"+{ref}:{local}"]
    if depth == 0:
        wanted.insert(0, "+refs/heads/*:refs/remotes/origin/*")
    git(into, "init", "--quiet")
    git(into, "remote", "add", "origin", f"file://{origin.folder}")
    git(
        into,
        "fetch",
        "--quiet",
        "--no-tags",
        *([f"--depth={depth}"] if depth else []),
        "origin",
        *dict.fromkeys(wanted),
    )
    if ref.startswith("refs/heads/"):
        git(into, "checkout", "--quiet", "--force", "-B", ref.removeprefix("refs/heads/"), local)
    else:
        git(into, "checkout", "--quiet", "--force", local)
    git(into, "remote", "set-url", "origin", f"https://github.com/{OWNER}/{NAME}")
    header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    git(into, "config", "http.https://github.com/.extraheader", f"AUTHORIZATION: basic {header}")
    return into


def push_job(origin: Repository, folder: Path, *, before: str, token: str, api: str = "", run: int = 1) -> Job:
    """The job that a push to main starts."""
    sha = origin.tip
    event = {
        "ref": "refs/heads/main",
        "before": before,
        "after": sha,
        "created": before == "0" * 40,
        "deleted": False,
        "forced": False,
        "repository": repository_payload(),
        "sender": {"login": "octocat", "id": 1},
        "head_commit": {"id": sha, "message": git(origin.folder, "log", "-1", "--format=%s")},
    }
    environment = variables(api, run, name="push", actor="octocat", sha=sha, ref="refs/heads/main")
    workspace = checkout(origin, "refs/heads/main", folder / "workspace", token=token)
    return Job(folder / "temp", workspace, event, environment, network="host" if api else "none")


def pull_job(
    origin: Repository, pull: Pull, folder: Path, *, token: str, api: str = "", run: int = 2, action: str = "opened"
) -> Job:
    """The job that a pull request starts: it checks out GitHub's merge commit."""
    repository = repository_payload()
    event = {
        "action": action,
        "number": pull.number,
        "pull_request": {
            "number": pull.number,
            "state": "open",
            "draft": False,
            "title": git(origin.folder, "log", "-1", "--format=%s", pull.head),
            "body": None,
            "user": {"login": pull.author, "id": 2, "type": "User"},
            "head": {"ref": pull.branch, "sha": pull.head, "repo": repository},
            "base": {"ref": pull.into, "sha": pull.base, "repo": repository},
            "merge_commit_sha": pull.merge,
            "labels": [],
        },
        "repository": repository,
        "sender": {"login": pull.author, "id": 2},
    }
    ref = f"refs/pull/{pull.number}/merge"
    environment = variables(api, run, name="pull_request", actor=pull.author, sha=pull.merge, ref=ref)
    environment |= {"GITHUB_HEAD_REF": pull.branch, "GITHUB_BASE_REF": pull.into}
    workspace = checkout(origin, ref, folder / "workspace", token=token)
    return Job(folder / "temp", workspace, event, environment, network="host" if api else "none")


def repository_payload() -> dict[str, Any]:
    """The repository as payloads name it."""
    return {
        "id": ID,
        "name": NAME,
        "full_name": f"{OWNER}/{NAME}",
        "default_branch": "main",
        "private": False,
        "fork": False,
        "owner": {"login": OWNER, "id": 3},
    }


def variables(api: str, run: int, *, name: str, actor: str, sha: str, ref: str) -> dict[str, str]:
    """The `GITHUB_…` variables of one run."""
    return {
        "GITHUB_ACTION": "__gatebot",
        "GITHUB_ACTOR": actor,
        "GITHUB_API_URL": api or "https://api.github.invalid",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_JOB": "gatebot",
        "GITHUB_REF": ref,
        "GITHUB_REF_NAME": ref.split("/", 2)[2],
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_REPOSITORY": f"{OWNER}/{NAME}",
        "GITHUB_REPOSITORY_ID": str(ID),
        "GITHUB_REPOSITORY_OWNER": OWNER,
        "GITHUB_RETENTION_DAYS": "90",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": str(run),
        "GITHUB_RUN_NUMBER": str(run),
        "GITHUB_SHA": sha,
        "GITHUB_TRIGGERING_ACTOR": actor,
        "GITHUB_WORKFLOW": "gatebot",
        "GITHUB_WORKFLOW_REF": f"{OWNER}/{NAME}/{WORKFLOW}@{ref}",
        "GITHUB_WORKFLOW_SHA": sha,
    }
