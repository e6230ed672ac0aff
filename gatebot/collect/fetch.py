"""Fetches data that is not in git: runs the Rules' command in base's files, before any user code, once per state."""

import shutil
import stat
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

from gatebot.collect import argv, files, interpreter_copy
from gatebot.collect.cache import Cache
from gatebot.collect.interpreter import found
from gatebot.collect.job import Tree
from gatebot.collect.runner import Runner
from gatebot.config.sections.data import Fetch
from gatebot.core.checkout import Checkout
from gatebot.errors import MachineError
from gatebot.repository import git
from gatebot.sandbox import Isolation, scratch

MOST_POINTER = 1 << 20  # the maximum size of a pointer file, which names the data to fetch


@dataclass(frozen=True, slots=True)
class Fetched:
    """A tree with its data.

    Attributes:
        root: the root of the tree, including the fetched data.
        paths: the files of the tree, including the data.
        cached: whether the data was in the cache.
    """

    root: Path
    paths: files.Paths
    cached: bool = False


def fetched(runner: Runner, tree: Tree, home: Path) -> Fetched:
    """Return the tree's files, after running `data.fetch` if the Rules set it.

    The command runs in a copy of base's files, also when it fetches for head. Of the tree it fetches for, it sees only
    the pointer files, which name the data to fetch; the fetched files are then placed beside that tree's other files.
    It sees only the secrets that the Rules name (none if base's files are not available) and nothing of `smoke.env`.

    Args:
        runner: starts user code.
        tree: the tree whose data is fetched.
        home: the folder to create for the tree together with its data; must not exist yet.

    Raises:
        MachineError: the command failed.
        UsageError: a pointer file must not be read.
    """
    paths = files.listed(tree.path)
    fetch = runner.job.rules.data.fetch
    if fetch is None:
        return Fetched(tree.path, paths)
    code = runner.job.code_tree
    secrets = {} if code is None else runner.fetch_secrets
    making = _making(runner, fetch, tree, code or tree, secrets)
    kept = Cache(runner.cache / "fetch", most=4).get(making.key, making)
    brought = tuple(path for path in files.walked(kept.path) if not files.is_kept_back(path))
    home.mkdir(mode=0o700)  # it will hold labels: only gatebot may open files in it
    files.copied(kept.path, brought, home, link=True, least=0)
    own = _beside(paths, brought)
    files.copied(tree.path, own, home, link=False)
    return Fetched(home, tuple(sorted((*own, *brought))), kept.cached)


def _making(runner: Runner, fetch: Fetch, tree: Tree, code: Tree, secrets: dict[str, str]) -> "_Making":
    paths = files.listed(code.path)
    pointers: dict[PurePosixPath, bytes] = {}
    if code is not tree:
        patterns = code.recipe.data.version.files if fetch.files is None else fetch.files
        checkout = Checkout(tree.path)
        named = files.matching(_in(tree, files.listed(tree.path)), patterns)
        pointers = {code.folder / path: checkout.read(tree.folder / path, MOST_POINTER) for path in sorted(named)}
        replaced = {code.folder / path for path in files.matching(_in(code, paths), patterns)}
        paths = tuple(path for path in paths if path not in replaced)
    return _Making(runner, fetch, argv.split(fetch.run, "data.fetch.run"), code, paths, pointers, secrets)


@dataclass(frozen=True, slots=True)
class _Making:
    """Runs the command in a copy of base's files, and stores what it fetched.

    Attributes:
        runner: starts user code.
        fetch: the Rules' command.
        command: the words of the command.
        code: the tree that the command belongs to.
        paths: the files of this tree.
        pointers: pointer files of the tree that is fetched for, which name the data to fetch.
        secrets: environment variables with secrets that the command may see.
    """

    runner: Runner
    fetch: Fetch
    command: tuple[str, ...]
    code: Tree
    paths: files.Paths
    pointers: dict[PurePosixPath, bytes]
    secrets: dict[str, str]

    @property
    def key(self) -> str:
        """The cache key: equal for the same command in the same files."""
        hasher = blake2b(digest_size=12)
        facts = [self.fetch.run, str(self.code.folder), files.digest(self.code.path, self.paths), bool(self.secrets)]
        for fact in (*map(str, facts), *(f"{path} {content.hex()}" for path, content in self.pointers.items())):
            hasher.update(f"{len(fact)} {fact}\n".encode("utf-8", "surrogateescape"))
        return hasher.hexdigest()

    def __call__(self, home: Path) -> dict[str, Any]:
        with scratch(under=home.parent) as space:
            root = space / "tree"
            self._lay_out(root)
            cwd = root / self.code.folder
            cwd.mkdir(parents=True, exist_ok=True)
            before = _states(root)
            own = space / "own"
            own.mkdir()
            completed = _with_python(self.runner).run(
                self.command,
                own,
                cwd=cwd,
                writable=(root,),
                network=self.fetch.network,
                seconds=self.fetch.timeout,
                env=self.secrets,
            )
            hint = "This is fetching, not the change under test: try again, or correct `data.fetch`."
            self.runner.must_succeed(completed, f"`data.fetch` ({' '.join(self.command)})", hint)
            _keep(root, home, [path for path, state in _states(root).items() if before.get(path) != state])
        return {"seconds": completed.seconds}

    def _lay_out(self, root: Path) -> None:
        files.copied(self.code.path, self.paths, root, link=False)
        for path, content in self.pointers.items():
            place = root / path
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                if place.parent.resolve() != place.parent:
                    raise MachineError(f"{path} lies behind a symbolic link of base's: no data is fetched for it.")
                place.write_bytes(content)
            except OSError as error:
                raise MachineError(f"{path} cannot be put beside base's files: {error.strerror}.") from error
        if (self.code.path / ".git").exists():  # tools look for a repository; the real one must not be visible
            git.create(root)


def _in(tree: Tree, paths: files.Paths) -> files.Paths:
    """Return the paths below the folder of gatebot.yml, relative to it."""
    return tuple(path.relative_to(tree.folder) for path in paths if path.is_relative_to(tree.folder))


def _states(root: Path) -> dict[PurePosixPath, tuple[int, int, int, int]]:
    """Return what shows whether a file was written: kind, inode, size and modification time."""
    found = {}
    for path in files.walked(root):
        status = (root / path).lstat()
        found[path] = (stat.S_IFMT(status.st_mode), status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def _keep(root: Path, home: Path, brought: list[PurePosixPath]) -> None:
    """Move the fetched files to the cache folder."""
    for path in brought:
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(root / path, home / path)


def _beside(paths: files.Paths, brought: files.Paths) -> files.Paths:
    """Return the files of the tree that no fetched file replaces or conflicts with."""
    taken = frozenset(brought)
    folders = frozenset(parent for path in brought for parent in path.parents)
    return tuple(path for path in paths if path not in taken | folders and not taken.intersection(path.parents))


def _with_python(runner: Runner) -> Runner:
    """Return the runner with the first Python on the PATH, and with it the tools that are installed there."""
    interpreter = found("python3", runner.job.environ, Path())
    if interpreter is not None and runner.reach.level is Isolation.FULL:
        interpreter = interpreter_copy.opened(interpreter, runner.cache)
    return runner.inside(interpreter, {})
