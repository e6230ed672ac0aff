"""Builds the environment that user code runs in: one for each digest of the lock files, kept and reused."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

from gatebot.collect import argv, files, interpreter_copy
from gatebot.collect.cache import Cache, CacheEntry
from gatebot.collect.interpreter import Interpreter, at, found
from gatebot.collect.job import Job, Tree
from gatebot.collect.runner import Runner
from gatebot.config.locks import USUAL_LOCKS
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.core.needs import Side
from gatebot.errors import UsageError
from gatebot.sandbox import Isolation, scratch

MOST_BYTES = 1 << 20  # of a file in an environment that says where code lies
_PATH_IN_FINDER = re.compile(r"['\"](/[^'\"\n]+)['\"]")


@dataclass(frozen=True, slots=True)
class Environment:
    """Where user code runs.

    Attributes:
        runner: finds the environment's programs first.
        interpreter: None where there is no such Python (then only commands in other languages can run).
        digest: of what it was made from; empty without `smoke.setup`.
        cached: it was there before.
        own_code: folders of the project that are installed as links to its code, relative to the tree.
    """

    runner: Runner
    interpreter: Interpreter | None
    digest: str = ""
    cached: bool = False
    own_code: tuple[str, ...] = ()


def prepared(runner: Runner, tree: Tree, root: Path, paths: files.Paths) -> Environment:
    """The environment for a tree, built by `smoke.setup` unless one of this digest is kept.

    Where set-up takes credentials, it is base's: base's files, base's recipe. An environment that files of head have
    built never serves base, whatever its digest: set-up may run any of them.

    Args:
        runner: starts user code.
        tree: whose recipe says how.
        root: where the tree's files were put for user code.
        paths: these files.

    Raises:
        MachineError: set-up failed.
        UsageError: `smoke.python` or `smoke.setup` cannot be used.
    """
    variables = dict(tree.recipe.smoke.env.set)
    job, credentials, borrowed = runner.job, runner.credentials, False
    if credentials and not job.is_of_base(tree):
        if job.code_tree is None or job.code_tree.recipe.smoke.setup is None:
            credentials = {}
        else:
            tree, borrowed = job.code_tree, True
            root, paths = tree.path, files.listed(tree.path)
    recipe = tree.recipe.smoke
    interpreter = _interpreter(runner.job, tree)
    if interpreter is None and tree.recipe.model.python is not None:
        raise UsageError(f"`smoke.python: {recipe.python}` is not a program here.", "Name a Python 3.8 or later.")
    if interpreter is not None and not interpreter.readable and "/" not in recipe.python:
        raise UsageError(
            f"`smoke.python: {recipe.python}` is {interpreter.python}, which is no Python and starts none.",
            "Name the Python itself (`pyenv which python3` prints it), or activate a virtual environment.",
        )
    key = _digest(tree, root, paths, interpreter)
    if interpreter is not None and runner.reach.level is Isolation.FULL:
        interpreter = interpreter_copy.opened(interpreter, runner.cache)
    if recipe.setup is None:
        return Environment(runner.inside(interpreter, variables), interpreter)
    commands = [argv.split(line, "smoke.setup") for line in recipe.setup.splitlines() if line.strip()]
    building = _Building(runner, tree, root, paths, commands, interpreter, credentials)
    kept = _kept(building, key)
    if borrowed and kept.note["tree"]:
        raise UsageError(
            "`smoke.setup` takes credentials and installs a copy of the project's own code, which is base's then",
            "Install it as a link: `pip install -e .`.",
        )
    python = kept.path / "bin" / "python"
    made = at(python) if python.exists() else interpreter
    inside = runner.inside(made, {**_names(kept.path), **variables})
    granted = (*inside.readable, kept.path, *(interpreter.readable if interpreter else ()))
    own_code = tuple(kept.note["own_code"])
    return Environment(_granting(inside, granted), made, key, kept.cached, own_code)


def _interpreter(job: Job, tree: Tree) -> Interpreter | None:
    """The one that a recipe names. A path that git ignores is in the checkout alone: there it is for both sides."""
    for each in (tree, job.trees.get(Side.HEAD, tree)):
        interpreter = found(tree.recipe.smoke.python, job.environ, each.path / each.folder, each.path)
        if interpreter is not None:
            return interpreter
    return None


@dataclass(frozen=True, slots=True)
class _Building:
    """All that a build needs; called with the empty folder. `credentials`: variables that set-up alone may see."""

    runner: Runner
    tree: Tree
    root: Path
    paths: files.Paths
    commands: list[tuple[str, ...]]
    interpreter: Interpreter | None
    credentials: dict[str, str]

    def __call__(self, home: Path) -> dict[str, Any]:
        with scratch() as space:
            files.copied(self.root, self.paths, space / "tree", link=False)
            cwd = space / "tree" / self.tree.folder
            cwd.mkdir(parents=True, exist_ok=True)
            runner = self.runner
            if self.interpreter is not None:
                venv = (str(self.interpreter.python), "-m", "venv", str(home))
                completed = runner.inside(self.interpreter, {}).run(venv, space, cwd=space, writable=(home,))
                hint = "Install its venv module (Debian: python3-venv), or set `smoke.python` to another Python."
                runner.must_succeed(completed, f"Making an environment with {self.interpreter.python}", hint)
            inside = runner.inside(at(home / "bin" / "python") if self.interpreter else None, _names(home))
            if self.interpreter is not None:
                inside = _granting(inside, (*inside.readable, *self.interpreter.readable))
            smoke = self.runner.job.rules.smoke
            for command in self.commands:
                completed = inside.run(
                    command,
                    space,
                    cwd=cwd,
                    writable=(home,),
                    network=smoke.network.setup,
                    seconds=smoke.budget,
                    env={**self.tree.recipe.smoke.env.set, **self.credentials},
                )
                hint = "This is set-up, not the change under test: try again, or correct `smoke.setup`."
                runner.must_succeed(completed, f"`smoke.setup` ({' '.join(command)})", hint)
            linked, copied = _own_code(home, space / "tree")
            return {"own_code": linked, "tree": files.digest(self.root, self.paths) if copied else ""}


def _kept(building: _Building, key: str) -> CacheEntry:
    """The environment of this key; one that holds a copy of the project's code serves this very code only.

    Base's may serve head. What files of head have built lies apart, and serves nobody else.
    """
    cache, is_of_base = building.runner.cache, building.runner.job.is_of_base(building.tree)
    folders = Cache(cache / "env") if is_of_base else Cache(cache / "proposed")
    if not is_of_base and (found := Cache(cache / "env").find(key)) is not None and not found.note["tree"]:
        return found
    kept = folders.get(key, building)
    if not kept.note["tree"]:
        return kept
    code = files.digest(building.root, building.paths)
    return kept if kept.note["tree"] == code else folders.get(f"{key}-{code}", building)


def _digest(tree: Tree, root: Path, paths: files.Paths, interpreter: Interpreter | None) -> str:
    """Of all that the environment depends on: set-up, interpreter, lock files and files that the set-up names."""
    recipe = tree.recipe.smoke
    inside = {path.relative_to(tree.folder): path for path in paths if path.is_relative_to(tree.folder)}
    named = [PurePosixPath(word).as_posix() for word in (recipe.setup or "").split()]
    relevant = files.matching(tuple(inside), (*recipe.lock, *USUAL_LOCKS, *named))
    python = "" if interpreter is None else f"{interpreter.python} {interpreter.python.resolve()}"
    facts = [recipe.setup, python, sorted(recipe.env.set.items()), files.digest(root / tree.folder, relevant)]
    return blake2b(json.dumps(facts).encode(), digest_size=12).hexdigest()


def _names(home: Path) -> dict[str, str]:
    """Variables by which installers know where to install to."""
    return {"VIRTUAL_ENV": str(home), "UV_PROJECT_ENVIRONMENT": str(home)}


def _own_code(home: Path, tree: Path) -> tuple[list[str], bool]:
    """Folders of the tree that were installed as links, and whether the tree's code was installed as a copy."""
    linked: set[str] = set()
    copied = False
    checkout = Checkout(home)
    for site in _sites(checkout):
        for name in checkout.names(site):
            if name.endswith(".pth"):
                linked.update(_below(tree, line.strip()) for line in _text(checkout, site / name).splitlines())
            elif name.startswith("__editable__") and name.endswith(".py"):
                found = _PATH_IN_FINDER.findall(_text(checkout, site / name))
                linked.update(_below(tree, str(Path(path).parent)) for path in found)
            elif name.endswith(".dist-info"):
                try:
                    facts = json.loads(_text(checkout, site / name / "direct_url.json"))
                    from_tree = str(facts["url"]).startswith(tree.as_uri())
                    copied |= from_tree and not facts.get("dir_info", {}).get("editable", False)
                except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
                    continue
    return sorted(linked - {""}), copied


def _sites(checkout: Checkout) -> Iterator[PurePosixPath]:
    """Where an environment keeps its packages; user code has filled it, so no link in it is followed."""
    for lib in checkout.names():
        if lib.startswith("lib") and checkout.is_folder(lib):
            sites = [PurePosixPath(lib) / name / "site-packages" for name in checkout.names(lib) if "python3" in name]
            yield from (site for site in sites if checkout.is_folder(site))


def _text(checkout: Checkout, path: PurePosixPath) -> str:
    try:
        return checkout.read(path, MOST_BYTES).decode(errors="replace")
    except (FileNotFoundError, UnsafePathError):
        return ""


def _below(tree: Path, path: str) -> str:
    """A path relative to the tree; empty where it lies elsewhere."""
    return Path(path).relative_to(tree).as_posix() if path.startswith("/") and Path(path).is_relative_to(tree) else ""


def _granting(runner: Runner, readable: tuple[Path, ...]) -> Runner:
    return replace(runner, readable=tuple(dict.fromkeys(readable)))
