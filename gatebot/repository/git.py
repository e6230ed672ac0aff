"""Queries to a local git repository. Neither its own files nor the user's git configuration can run or interfere."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gatebot.core.checkout import Checkout
from gatebot.errors import GateError, MachineError, UsageError
from gatebot.repository.command import FETCH_TIMEOUT_S, LOCAL_TIMEOUT_S, reason_of, run

DEEPENING = (50, 200, 1000, 2**31 - 1)  # the last value means: everything
REMOTE = "refs/remotes/origin/"
TAGS = "refs/tags/"
MOST_POINTER_BYTES = 4096
FULL_CLONE = "Check out with `fetch-depth: 0`, or with credentials that can fetch from `origin`."
DEEPEN = (
    'Deepen it: git fetch --unshallow origin "+refs/heads/*:refs/remotes/origin/*" '
    "(in Actions: `fetch-depth: 0` in the checkout step)."
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository with a work tree. Commits are full SHAs unless stated otherwise.

    git does not search for the repository, because a checkout can contain files that look like another repository
    whose configuration runs commands.

    Attributes:
        root: root of the work tree.
        git_dir: git's own folder: `.git` at the root, or the folder that the file `.git` names.
    """

    root: Path
    git_dir: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "git_dir", git_dir_of(self.root))

    def head(self) -> str:
        """Return the commit that is checked out.

        Raises:
            UsageError: The repository has no commit yet.
        """
        return self.commit("HEAD")

    def commit(self, name: str) -> str:
        """Return the commit that a name refers to.

        Args:
            name: anything that git resolves to one commit.

        Raises:
            UsageError: The commit does not exist in this clone.
        """
        found = self.find(name)
        if found is None:
            raise UsageError(f"{self.root}{self._depth} has no commit {name[:100]!r}", self.whole)
        return found

    @property
    def is_shallow(self) -> bool:
        """Whether this is a shallow clone, which lacks a part of the history."""
        return bool(self._boundary())

    @property
    def whole(self) -> str:
        """What to do where a commit is missing, as a hint for users."""
        return DEEPEN if self.is_shallow else FULL_CLONE

    @property
    def _depth(self) -> str:
        return ", a shallow clone," if self.is_shallow else ""

    @property
    def _here(self) -> str:
        return " in this shallow clone" if self.is_shallow else ""

    def find(self, name: str) -> str | None:
        """Return the commit as `commit` does, or None if it does not exist in this clone."""
        if "\0" in name:
            return None
        done = self.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def may_need(self, commit: str) -> bool:
        """Return whether a branch or tag of this clone, or what is checked out, leads to a commit, or may lead to it.

        A shallow clone does not know its older commits, so that any commit that it lacks may be one of them.
        """
        if self.find(commit) is None:
            return self.is_shallow
        refs = self.attempt("for-each-ref", "--count=1", "--format=%(objectname)", f"--contains={commit}")
        here = self.attempt("merge-base", "--is-ancestor", commit, "HEAD")
        return bool(refs.stdout.strip()) or refs.returncode != 0 or here.returncode == 0

    def parents(self, name: str) -> tuple[str, ...]:
        """Return the parents of a commit, first parent first. In a shallow clone the parents themselves may be missing.

        Raises:
            UsageError: The commit does not exist.
        """
        raw = self.ask("cat-file", "commit", self.commit(name))  # `rev-list` omits parents that are missing
        header, _, _ = raw.partition(b"\n\n")
        return tuple(line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent "))

    def first_parent(self, name: str) -> str:
        """Return the first parent of a commit.

        Raises:
            UsageError: The commit does not exist, or has no parent.
        """
        parents = self.parents(name)
        if not parents:
            raise UsageError(f"commit {name[:40]} has no parent: there is nothing to compare it with")
        return parents[0]

    def merge_base(self, one: str, other: str) -> str:
        """Return the best common ancestor of two commits. A shallow clone is deepened until the answer is certain.

        Raises:
            UsageError: There is no common ancestor, or history is missing and cannot be fetched.
        """
        first, second = self.fetched(one), self.fetched(other)
        for depth in DEEPENING:
            base = self._merge_base(first, second)
            if base is not None and self._is_certain(base, first, second):
                return base
            if not self._boundary():
                break
            self._fetch(depth, first, second)
        base = self._merge_base(first, second)
        if base is None:
            raise UsageError(f"{first[:12]} and {second[:12]} have no common ancestor{self._here}", self.whole)
        return base

    def fetched(self, name: str) -> str:
        """Return the commit as `commit` does, and fetch it from `origin` first if it is missing.

        Args:
            name: a full SHA, `refs/remotes/origin/<branch>` or `refs/tags/<tag>`; other names are not fetched.

        Raises:
            UsageError: The commit exists neither in this clone nor in `origin`.
        """
        found = self.find(name)
        if found is not None:
            return found
        depth = ["--depth=1"] if self._boundary() else []
        if len(name) in (40, 64) and all(c in "0123456789abcdef" for c in name):
            self._run_fetch(*depth, "--end-of-options", "origin", name)
        elif name.startswith(REMOTE):
            self._run_fetch(*depth, "--end-of-options", "origin", f"+refs/heads/{name.removeprefix(REMOTE)}:{name}")
        elif name.startswith(TAGS):
            self._run_fetch(*depth, "--end-of-options", "origin", f"+{name}:{name}")
        return self.commit(name)

    def ancestors(self, name: str, most: int = 100) -> tuple[str, ...]:
        """Return a commit and its ancestors, newest first; in a shallow clone only those that it contains.

        Raises:
            UsageError: The commit does not exist.
        """
        listed = self.ask("rev-list", f"--max-count={most}", self.commit(name))
        return tuple(listed.decode().split())

    def changed_paths(self, old: str, new: str) -> frozenset[str]:
        """Return the paths whose content or mode differs between two commits; a renamed file counts under both names.

        Raises:
            UsageError: A commit does not exist.
        """
        names = ("-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")
        told = self.ask("diff-tree", *names, self.fetched(old), self.fetched(new))
        return frozenset(os.fsdecode(name) for name in told.split(b"\0") if name)

    def file(self, name: str, path: str, most_bytes: int = 2**20) -> bytes | None:
        """Return the content of a file in a commit, without filters, or None if the commit has no such file.

        Args:
            name: the commit.
            path: path relative to the root, with slashes.
            most_bytes: size limit; larger files are refused.

        Raises:
            UsageError: The commit does not exist, or the path is a link, a directory, a submodule or too large.
        """
        listed = self.ask("ls-tree", "-z", "-l", "--full-tree", self.fetched(name), "--", path)
        entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry]
        match = next((meta.split() for meta, _, at in entries if os.fsdecode(at) == path), None)
        if match is None:
            return None
        mode, kind, blob, size = (part.decode() for part in match)
        if kind != "blob" or mode not in ("100644", "100755"):
            what = "a symbolic link" if mode == "120000" else "a folder or a submodule"
            raise UsageError(
                f"{path} at {name[:40]} is not a regular file but {what}",
                "Put a regular file there in that commit's branch; gatebot follows no link.",
            )
        if int(size) > most_bytes:
            raise UsageError(f"{path} at {name[:40]} has {int(size):,} bytes; at most {most_bytes:,} are read")
        return self.ask("cat-file", "blob", blob)

    def named(self, name: str, file_name: str) -> tuple[str, ...]:
        """Return the sorted paths of all files with this name in a commit.

        Raises:
            UsageError: The commit does not exist.
        """
        listed = self.ask("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.commit(name))
        paths = (os.fsdecode(path) for path in listed.split(b"\0") if path)
        return tuple(sorted(path for path in paths if path.rpartition("/")[2] == file_name))

    def contents(self, name: str, chosen: Callable[[str], bool], most_bytes: int = 2**20) -> dict[str, bytes]:
        """Return the contents of regular files in a commit, by path and without filters; larger files are left out.

        Args:
            name: the commit.
            chosen: returns whether a path is wanted.
            most_bytes: size limit of one file.

        Raises:
            UsageError: The commit does not exist.
        """
        listed = self.ask("ls-tree", "-r", "-z", "-l", "--full-tree", self.commit(name))
        wanted: dict[str, bytes] = {}
        for meta, _, at in (entry.partition(b"\t") for entry in listed.split(b"\0") if entry):
            mode, _, blob, size = meta.split()
            path = os.fsdecode(at)
            if chosen(path) and mode in (b"100644", b"100755") and int(size) <= most_bytes:
                wanted[path] = blob
        told = self.ask("cat-file", "--batch", stdin=b"".join(blob + b"\n" for blob in wanted.values()))
        found: dict[str, bytes] = {}
        for path in wanted:
            head, _, told = told.partition(b"\n")
            length = int(head.split()[2])
            found[path], told = told[:length], told[length + 1 :]
        return found

    def changes(self, ignored: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the paths in the work tree that differ from HEAD, including untracked ones; empty if it is clean.

        Args:
            ignored: directories to ignore, relative to the root.
        """
        listing = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=dirty")
        told = self.ask(*no_filters(self), "status", *listing)
        paths = (os.fsdecode(entry[3:]) for entry in told.split(b"\0") if entry)
        return tuple(p for p in paths if not any(f"{p}/".startswith(f"{d.rstrip('/')}/") for d in ignored))

    def is_clean(self, ignored: Sequence[str] = ()) -> bool:
        """Whether the work tree equals HEAD and has no untracked files."""
        return not self.changes(ignored)

    def _merge_base(self, one: str, other: str) -> str | None:
        done = self.attempt("merge-base", one, other)
        return done.stdout.decode().strip() or None

    def _is_certain(self, base: str, one: str, other: str) -> bool:
        """Whether no parent missing from a shallow clone could lead to a better common ancestor."""
        boundary = self._boundary()
        if not boundary:
            return True
        between = self.ask("rev-list", one, other, f"^{base}").decode().split()
        return boundary.isdisjoint(between)

    def _boundary(self) -> frozenset[str]:
        """Return the commits whose parents a shallow clone lacks."""
        path = Path(os.fsdecode(self.ask("rev-parse", "--path-format=absolute", "--git-path", "shallow")).rstrip("\n"))
        return frozenset(path.read_text().split()) if path.exists() else frozenset()

    def _fetch(self, depth: int, *commits: str) -> None:
        self._run_fetch(f"--deepen={depth}", "--end-of-options", "origin", *commits)

    def _run_fetch(self, *arguments: str) -> None:
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")
        done = self.attempt("fetch", *quiet, *arguments, timeout_s=FETCH_TIMEOUT_S, network=True)
        if done.returncode:
            raise UsageError(
                f"history is missing and cannot be fetched{self._here}: {reason_of(done.stderr)}", self.whole
            )

    def ask(self, *arguments: str, stdin: bytes = b"", writable: Sequence[Path] = ()) -> bytes:
        """Run a git command and return its standard output.

        Raises:
            MachineError: git fails.
        """
        done = self.attempt(*arguments, stdin=stdin, writable=writable)
        if done.returncode:
            verb = next((word for word in arguments if not word.startswith("-") and "=" not in word), "")
            raise MachineError(f"git {verb} failed in {self.root}: {reason_of(done.stderr)}")
        return done.stdout

    def attempt(
        self,
        *arguments: str,
        timeout_s: float = LOCAL_TIMEOUT_S,
        stdin: bytes = b"",
        network: bool = False,
        writable: Sequence[Path] = (),
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run a git command and return its result; a failure is not an error.

        Args:
            arguments: arguments of git.
            timeout_s: time limit in seconds.
            stdin: standard input.
            network: whether it contacts a remote.
            writable: paths that it may write to.

        Raises:
            MachineError: git is not installed, or takes too long.
        """
        where = (f"--git-dir={self.git_dir}", f"--work-tree={self.root}")
        full_arguments = (*where, *arguments)
        done = run(full_arguments, timeout_s, stdin, of=self.git_dir, network=network, writable=writable)
        if done.returncode and not network and b"promisor remote" in done.stderr:  # a partial clone fetches on reading
            return run(full_arguments, FETCH_TIMEOUT_S, stdin, of=self.git_dir, network=True)
        return done


def open_repository(path: Path, *, within: Path | None = None) -> Repository:
    """Return the repository that contains a directory: the directory or its nearest parent that contains `.git`.

    A folder that is reached through a link inside another repository is not accepted, because the checkout controls
    its links.

    Args:
        path: the directory; neither it nor its parents need exist.
        within: the workspace of a workflow job. Inside it, the outermost repository is taken, because the checkout
            controls its submodules.

    Raises:
        UsageError: The directory belongs to no repository.
        MachineError: The directory does not exist.
    """
    start = Path(os.path.abspath(path))  # noqa: PTH100 - resolving would follow links that a checkout chose
    folders = [folder for folder in (start, *start.parents) if os.path.lexists(folder / ".git")]
    if not folders:
        if not start.exists():
            raise MachineError(f"{path} does not exist", "Give a directory in a git repository.")
        raise UsageError(f"{path} is not in a git repository", "Run `git init`, or pass --base.")
    inside = [folder for folder in folders if within is not None and folder.is_relative_to(within)]
    if inside:
        return Repository(inside[-1])
    return Repository(next(folder for folder in folders if not _is_behind_link(folder, folders[-1])))


def _is_behind_link(folder: Path, above: Path) -> bool:
    inner = folder.relative_to(above).parts
    return any(above.joinpath(*inner[: depth + 1]).is_symlink() for depth in range(len(inner)))


def git_dir_of(root: Path) -> Path:
    """Return the folder `.git`, or the folder that the file `.git` names.

    `.git` is trusted, because git refuses to check out a path of that name.

    Raises:
        UsageError: The folder is not a repository.
    """
    place = root / ".git"
    if place.is_dir():
        return Path(os.path.abspath(place))  # noqa: PTH100
    try:
        pointer = Checkout(root).read(".git", MOST_POINTER_BYTES)
    except (OSError, GateError):
        raise UsageError(f"{root} is not in a git repository", "Run `git init`, or pass --base.") from None
    there = root / os.fsdecode(pointer.removeprefix(b"gitdir:").strip())
    if not pointer.startswith(b"gitdir:") or not there.is_dir():
        raise UsageError(f"{place} leads to no git repository", "Clone it again, or repair it: git worktree repair")
    return there.resolve()


def list_files(root: Path, *which: str) -> list[bytes]:
    """Return the paths that `git ls-files` prints for a work tree.

    Raises:
        MachineError: git cannot list the files.
    """
    try:
        return [name for name in Repository(root).ask("ls-files", "-z", *which).split(b"\0") if name]
    except GateError as error:
        raise MachineError(f"git cannot list the files of {root}: {error.message}", error.hint) from error


def create(root: Path) -> None:
    """Create an empty repository in a folder, for tools that require one.

    Raises:
        MachineError: git fails.
    """
    done = run(("init", "--quiet", "--template=", "--", str(root)), LOCAL_TIMEOUT_S, of=root, writable=[root])
    if done.returncode:
        raise MachineError(f"git init failed in {root}: {reason_of(done.stderr)}")


def no_filters(repository: Repository) -> list[str]:
    """Return git options that disable every filter defined in the repository's own configuration."""
    listed = repository.attempt("config", "--name-only", "-z", "--get-regexp", r"^filter\.")
    names = {key.rpartition(".")[0] for key in os.fsdecode(listed.stdout).split("\0") if key.count(".") >= 2}
    off = (("smudge", ""), ("clean", ""), ("process", ""), ("required", "false"))
    return [word for name in sorted(names) for key, value in off for word in ("-c", f"{name}.{key}={value}")]
