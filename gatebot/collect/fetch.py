"""Brings data that is not in git: the Rules' command, before any user code, once for each state of a tree."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from gatebot import git
from gatebot.collect import files, mirror, words
from gatebot.collect.interpreter import found
from gatebot.collect.job import Tree
from gatebot.collect.runner import Runner
from gatebot.collect.shelf import Shelf
from gatebot.config.model import Fetch
from gatebot.sandbox import Isolation, scratch


@dataclass(frozen=True, slots=True)
class Fetched:
    """A tree with its data.

    Attributes:
        root: the tree's root, with what was fetched.
        paths: its files, data included.
        cached: it was there before.
    """

    root: Path
    paths: files.Paths
    cached: bool = False


def fetched(runner: Runner, tree: Tree) -> Fetched:
    """The tree's files, after `data.fetch` where the Rules name it.

    The command sees a copy of the tree, only the secrets that the Rules name, and nothing of `smoke.env`: the commit
    under test sets that.

    Raises:
        MachineError: it failed.
    """
    paths = files.listed(tree.path)
    fetch = runner.job.rules.data.fetch
    if fetch is None:
        return Fetched(tree.path, paths)
    command = words.split(fetch.run, "data.fetch.run")
    facts = [fetch.run, str(tree.folder), files.digest(tree.path, paths)]
    key = blake2b("\n".join(facts).encode(), digest_size=12).hexdigest()
    making = _Making(runner, tree, paths, fetch, command)
    kept = Shelf(runner.cache / "fetch", most=4).get(key, making)
    root = kept.path / "tree"
    brought = tuple(sorted(path for path in files.walked(root) if not files.is_kept_back(path)))
    return Fetched(root, brought, kept.cached)


@dataclass(frozen=True, slots=True)
class _Making:
    """Runs the command in a copy of the tree, below the empty folder that it is called with."""

    runner: Runner
    tree: Tree
    paths: files.Paths
    fetch: Fetch
    command: tuple[str, ...]

    def __call__(self, home: Path) -> dict[str, Any]:
        root = home / "tree"
        files.copied(self.tree.path, self.paths, root, link=False)
        if (self.tree.path / ".git").exists():  # tools look for a repository; ours stays out of sight
            git.create(root)
        cwd = root / self.tree.folder
        cwd.mkdir(parents=True, exist_ok=True)
        environ = self.runner.job.environ
        with scratch() as space:
            completed = _with_python(self.runner).run(
                self.command,
                space,
                cwd=cwd,
                writable=(root,),
                network=self.fetch.network,
                seconds=self.fetch.timeout,
                env={name: environ[name] for name in self.fetch.secrets if name in environ},
            )
        hint = "This is fetching, not the change under test: try again, or correct `data.fetch`."
        self.runner.must_succeed(completed, f"`data.fetch` ({' '.join(self.command)})", hint)
        return {"seconds": completed.seconds}


def _with_python(runner: Runner) -> Runner:
    """The runner with the Python that is first on the PATH, and with it the tools that are installed there."""
    interpreter = found("python3", runner.job.environ, Path())
    if interpreter is not None and runner.reach.level is Isolation.FULL:
        interpreter = mirror.opened(interpreter, runner.cache)
    return runner.inside(interpreter, {})
