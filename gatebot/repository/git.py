"""Questions to a local git repository, asked so that nothing in it, and nothing of the user's, runs or interferes."""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gatebot.core import processes
from gatebot.core.checkout import Checkout
from gatebot.core.processes import SYSTEM_PATH
from gatebot.errors import GateError, MachineError, UsageError
from gatebot.sandbox.confined import run_confined

DEEPENING = (50, 200, 1000, 2**31 - 1)  # the last means: everything
REMOTE = "refs/remotes/origin/"
TAGS = "refs/tags/"
LOCAL_TIMEOUT_S = 120
FETCH_TIMEOUT_S = 600
MOST_POINTER_BYTES = 4096
TREE_PREFIX = "gatebot-tree-"
YOUNG_S = 60.0
FULL_CLONE = "Check out with `fetch-depth: 0`, or with credentials that can fetch from `origin`."

_PASSED = (
    "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
)  # fmt: skip
_ENVIRONMENT = {
    "PATH": SYSTEM_PATH,
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "/bin/false",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "https:http:file",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_SETTINGS = {
    "safe.bareRepository": "explicit",
    "safe.directory": "*",  # in a container the work tree belongs to another uid; nothing of it is executed
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.sshCommand": "/bin/false",
    "core.gitProxy": "",
    "core.attributesFile": os.devnull,
    "core.quotePath": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "credential.helper": "",
    "diff.external": "",
    "diff.ignoreSubmodules": "dirty",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository with a work tree. Commits are given and returned as full SHAs unless it says otherwise.

    git never searches for it: what a checkout holds can look like a repository whose configuration runs commands.

    Attributes:
        root: of the work tree.
        git_dir: where git keeps it: what `.git` at the root is, or says.
    """

    root: Path
    git_dir: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "git_dir", _git_dir(self.root))

    def head(self) -> str:
        """The commit that is checked out.

        Raises:
            UsageError: there is none yet.
        """
        return self.commit("HEAD")

    def commit(self, name: str) -> str:
        """The commit that a name means.

        Args:
            name: anything that git understands as one commit.

        Raises:
            UsageError: there is no such commit here.
        """
        found = self.find(name)
        if found is None:
            raise UsageError(f"{self.root} has no commit {name[:100]!r}", FULL_CLONE)
        return found

    def find(self, name: str) -> str | None:
        """As `commit`; None when there is no such commit here."""
        if "\0" in name:
            return None
        done = self.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def parents(self, name: str) -> tuple[str, ...]:
        """The parents of a commit, the first parent first. A shallow clone knows them too, but may not have them.

        Raises:
            UsageError: no such commit.
        """
        raw = self.ask("cat-file", "commit", self.commit(name))  # `rev-list` would hide what was cut off
        header, _, _ = raw.partition(b"\n\n")
        return tuple(line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent "))

    def first_parent(self, name: str) -> str:
        """The first parent of a commit.

        Raises:
            UsageError: as `parents`, or it has none.
        """
        parents = self.parents(name)
        if not parents:
            raise UsageError(f"commit {name[:40]} has no parent: there is nothing to compare it with")
        return parents[0]

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor of two commits. A shallow clone is deepened until the answer is certain.

        Raises:
            UsageError: none exists, or history is missing and cannot be fetched.
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
            raise UsageError(f"{first[:12]} and {second[:12]} have no common ancestor", FULL_CLONE)
        return base

    def fetched(self, name: str) -> str:
        """As `commit`; what is missing here is fetched from `origin` first.

        Args:
            name: a full SHA, `refs/remotes/origin/<branch>` or `refs/tags/<tag>`; anything else has to be here.

        Raises:
            UsageError: it is neither here nor there.
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
        """A commit and those before it, the newest first; of a shallow clone only what is here.

        Raises:
            UsageError: no such commit.
        """
        listed = self.ask("rev-list", f"--max-count={most}", self.commit(name))
        return tuple(listed.decode().split())

    def changed_paths(self, old: str, new: str) -> frozenset[str]:
        """The paths whose content or mode differs between two commits; a renamed file counts under both names.

        Raises:
            UsageError: no such commit.
        """
        names = ("-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")
        told = self.ask("diff-tree", *names, self.fetched(old), self.fetched(new))
        return frozenset(os.fsdecode(name) for name in told.split(b"\0") if name)

    def file(self, name: str, path: str, most_bytes: int = 2**20) -> bytes | None:
        """A file as a commit has it, without filters; None when it has none there.

        Args:
            name: the commit.
            path: relative to the root, with slashes.
            most_bytes: larger files are refused.

        Raises:
            UsageError: no such commit, or the path is a link, a directory, a submodule or too large.
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
        """The paths of all files of this name in a commit, sorted.

        Raises:
            UsageError: no such commit.
        """
        listed = self.ask("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.commit(name))
        paths = (os.fsdecode(path) for path in listed.split(b"\0") if path)
        return tuple(sorted(path for path in paths if path.rpartition("/")[2] == file_name))

    def contents(self, name: str, chosen: Callable[[str], bool], most_bytes: int = 2**20) -> dict[str, bytes]:
        """Regular files of a commit, by path, without filters; larger ones are left out.

        Args:
            name: the commit.
            chosen: says of a path whether it is wanted.
            most_bytes: of one file.

        Raises:
            UsageError: no such commit.
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
        """Paths in the work tree that differ from HEAD, untracked ones too; empty if it is clean.

        Args:
            ignored: directories that do not count, relative to the root.
        """
        listing = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=dirty")
        told = self.ask(*self._no_filters(), "status", *listing)
        paths = (os.fsdecode(entry[3:]) for entry in told.split(b"\0") if entry)
        return tuple(p for p in paths if not any(f"{p}/".startswith(f"{d.rstrip('/')}/") for d in ignored))

    def is_clean(self, ignored: Sequence[str] = ()) -> bool:
        """Whether the work tree is HEAD and nothing else."""
        return not self.changes(ignored)

    @contextmanager
    def worktree(self, name: str, parent: Path | None = None) -> Iterator[Path]:
        """A second work tree of a commit, gone afterwards. Neither hooks nor filters (Git LFS) run in it.

        Those that killed processes have left in the same place go, too: a lock tells them from those in use.

        Args:
            name: the commit.
            parent: where to make it; default: the system's temporary directory.

        Raises:
            UsageError: no such commit.
            MachineError: it cannot be made.
        """
        sha = self.fetched(name)
        _sweep(Path(parent or tempfile.gettempdir()))
        with tempfile.TemporaryDirectory(prefix=TREE_PREFIX, dir=parent) as scratch, _locked(Path(scratch)):
            tree = Path(scratch).resolve() / "tree"
            if os.geteuid() == 0:  # git is who owns the repository
                owner = self.git_dir.stat()
                os.chown(tree.parent, owner.st_uid, owner.st_gid)
            with self._checked_out(sha, tree):
                yield tree

    @contextmanager
    def _checked_out(self, sha: str, tree: Path) -> Iterator[None]:
        """A work tree of a commit at a place, with those of its submodules that this one has fetched."""
        home = Path(os.fsdecode(self.ask("rev-parse", "--path-format=absolute", "--git-common-dir")).rstrip("\n"))
        places = [home, tree.parent]
        try:
            add = ("worktree", "add", "--quiet", "--detach", "--", str(tree), sha)
            self.ask(*self._no_filters(), *add, writable=places)
            with ExitStack() as inner:
                for path, commit in self._submodules(sha):
                    if Checkout(self.root).is_folder(path) and os.path.lexists(self.root / path / ".git"):
                        module = Repository(self.root / path)
                        if module.find(commit):  # its name is its content, wherever it was fetched from
                            inner.enter_context(module._checked_out(commit, tree / path))
                yield
        finally:
            self.attempt("worktree", "remove", "--force", "--force", "--", str(tree), writable=places)
            self.attempt("worktree", "prune", writable=places)

    def _submodules(self, sha: str) -> list[tuple[str, str]]:
        """Path and commit of each submodule."""
        listed = self.ask("ls-tree", "-r", "-z", "--full-tree", sha)
        entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry.startswith(b"160000 ")]
        return [(os.fsdecode(path), meta.split()[2].decode()) for meta, _, path in entries]

    def _no_filters(self) -> list[str]:
        """Settings that switch off every filter that the repository's own configuration defines."""
        listed = self.attempt("config", "--name-only", "-z", "--get-regexp", r"^filter\.")
        names = {key.rpartition(".")[0] for key in os.fsdecode(listed.stdout).split("\0") if key.count(".") >= 2}
        off = (("smudge", ""), ("clean", ""), ("process", ""), ("required", "false"))
        return [word for name in sorted(names) for key, value in off for word in ("-c", f"{name}.{key}={value}")]

    def _merge_base(self, one: str, other: str) -> str | None:
        done = self.attempt("merge-base", one, other)
        return done.stdout.decode().strip() or None

    def _is_certain(self, base: str, one: str, other: str) -> bool:
        """Whether no cut-off parent could lead to a better common ancestor."""
        boundary = self._boundary()
        if not boundary:
            return True
        between = self.ask("rev-list", one, other, f"^{base}").decode().split()
        return boundary.isdisjoint(between)

    def _boundary(self) -> frozenset[str]:
        """The commits whose parents a shallow clone left out."""
        path = Path(os.fsdecode(self.ask("rev-parse", "--path-format=absolute", "--git-path", "shallow")).rstrip("\n"))
        return frozenset(path.read_text().split()) if path.exists() else frozenset()

    def _fetch(self, depth: int, *commits: str) -> None:
        self._run_fetch(f"--deepen={depth}", "--end-of-options", "origin", *commits)

    def _run_fetch(self, *arguments: str) -> None:
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")
        done = self.attempt("fetch", *quiet, *arguments, timeout_s=FETCH_TIMEOUT_S, network=True)
        if done.returncode:
            raise UsageError(f"history is missing and cannot be fetched: {_reason(done.stderr)}", FULL_CLONE)

    def ask(self, *arguments: str, stdin: bytes = b"", writable: Sequence[Path] = ()) -> bytes:
        """What git prints when it is asked.

        Raises:
            MachineError: it fails.
        """
        done = self.attempt(*arguments, stdin=stdin, writable=writable)
        if done.returncode:
            verb = next((word for word in arguments if not word.startswith("-") and "=" not in word), "")
            raise MachineError(f"git {verb} failed in {self.root}: {_reason(done.stderr)}")
        return done.stdout

    def attempt(
        self,
        *arguments: str,
        timeout_s: float = LOCAL_TIMEOUT_S,
        stdin: bytes = b"",
        network: bool = False,
        writable: Sequence[Path] = (),
    ) -> "subprocess.CompletedProcess[bytes]":
        """What comes of a git command; it may fail.

        Args:
            arguments: of git.
            timeout_s: how long it may take.
            stdin: what it is told.
            network: it speaks to a remote.
            writable: what it may write.

        Raises:
            MachineError: there is no git, or it takes too long.
        """
        where = (f"--git-dir={self.git_dir}", f"--work-tree={self.root}")
        said = (*where, *arguments)
        done = run(said, timeout_s, stdin, of=self.git_dir, network=network, writable=writable)
        if done.returncode and not network and b"promisor remote" in done.stderr:  # a partial clone fetches as it reads
            return run(said, FETCH_TIMEOUT_S, stdin, of=self.git_dir, network=True)
        return done


def open_repository(path: Path, *, within: Path | None = None) -> Repository:
    """The repository that a directory belongs to: the nearest folder above it, or itself, that holds `.git`.

    A folder that is reached through a link inside of another repository is not taken: a checkout chooses its links.

    Args:
        path: the directory; neither it nor its parents need exist.
        within: the workspace of a workflow job. In it the outermost repository is taken: its submodules are chosen by
            what is checked out.

    Raises:
        UsageError: it belongs to none.
        MachineError: it does not exist.
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


def _git_dir(root: Path) -> Path:
    """What `.git` is, or leads to: git refuses to check a path of that name out, so it is nobody's but the user's.

    Raises:
        UsageError: it is no repository.
    """
    place = root / ".git"
    if place.is_dir():
        return Path(os.path.abspath(place))  # noqa: PTH100
    try:
        said = Checkout(root).read(".git", MOST_POINTER_BYTES)
    except (OSError, GateError):
        raise UsageError(f"{root} is not in a git repository", "Run `git init`, or pass --base.") from None
    there = root / os.fsdecode(said.removeprefix(b"gitdir:").strip())
    if not said.startswith(b"gitdir:") or not there.is_dir():
        raise UsageError(f"{place} leads to no git repository", "Clone it again, or repair it: git worktree repair")
    return there.resolve()


def list_files(root: Path, *which: str) -> list[bytes]:
    """What `git ls-files` prints of a work tree.

    Raises:
        MachineError: git cannot list them.
    """
    try:
        return [name for name in Repository(root).ask("ls-files", "-z", *which).split(b"\0") if name]
    except GateError as error:
        raise MachineError(f"git cannot list the files of {root}: {error.message}", error.hint) from error


def create(root: Path) -> None:
    """Make a folder an empty repository, for tools that look for one.

    Raises:
        MachineError: git fails.
    """
    done = run(("init", "--quiet", "--template=", "--", str(root)), LOCAL_TIMEOUT_S, of=root, writable=[root])
    if done.returncode:
        raise MachineError(f"git init failed in {root}: {_reason(done.stderr)}")


def run(
    arguments: Sequence[str],
    timeout_s: float,
    stdin: bytes = b"",
    *,
    of: Path,
    network: bool = False,
    writable: Sequence[Path] = (),
) -> "subprocess.CompletedProcess[bytes]":
    """Run git with an environment of ours, from a folder that is no repository, and confined.

    Raises:
        MachineError: there is no git, or it takes too long.
    """
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ} | _ENVIRONMENT
    environment["GIT_CONFIG_COUNT"] = str(len(_SETTINGS))
    for index, (key, value) in enumerate(_SETTINGS.items()):
        environment |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    git = processes.program("git", os.environ.get("PATH", ""))
    try:
        return run_confined(
            [git, *arguments],
            env=environment,
            of=of,
            stdin=stdin,
            timeout_s=timeout_s,
            network=network,
            writable=writable,
        )
    except subprocess.TimeoutExpired:
        verb = next((word for word in arguments if not word.startswith("-") and "=" not in word), "")
        raise MachineError(f"git {verb} took longer than {timeout_s:.0f} s") from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """A lock on a folder that the kernel lets go when this process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(parent: Path) -> None:
    """Remove our work trees that nobody holds any more. What another user has left, or holds, stays."""
    for folder in parent.glob(f"{TREE_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.lstat().st_mtime < YOUNG_S:  # its owner may not have locked it yet
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def _reason(stderr: bytes) -> str:
    """The line of git's that says why; advice stands below it."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("fatal:")]
    return (fatal or lines[-1:] or ["no reason given"])[0][:300]
