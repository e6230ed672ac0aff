"""Builds the environments that user code runs in. Each is cached by a digest of the lock files, and reused."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

from gatebot.collect import argv, downloads, files, interpreter_copy
from gatebot.collect.cache import Cache, CacheEntry
from gatebot.collect.growth import Tell, bytes_in, growing, untold
from gatebot.collect.interpreter import Interpreter, at, found
from gatebot.collect.job import Job, Tree
from gatebot.collect.runner import Runner
from gatebot.config.locks import USUAL_LOCKS
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import MachineError, UsageError
from gatebot.evidence.need import Side
from gatebot.sandbox import Isolation, scratch

MOST_BYTES = 1 << 20  # the maximum size of a file that tells where code is installed
_PATH_IN_FINDER = re.compile(r"['\"](/[^'\"\n]+)['\"]")


class SetupError(MachineError):
    """An environment cannot be made."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment that user code runs in.

    Attributes:
        runner: a runner that finds the environment's programs first.
        interpreter: None if there is no such Python; then only commands in other languages can run.
        digest: the digest of its inputs; empty without `smoke.setup`.
        cached: whether it was in the cache.
        own_code: folders of the project that are installed as links to its code, relative to the tree.
        holds_copy: whether the project's own code is installed as a copy.
        size: the bytes that it took on the disk when it was built; 0 if there is none.
    """

    runner: Runner
    interpreter: Interpreter | None
    digest: str = ""
    cached: bool = False
    own_code: tuple[str, ...] = ()
    holds_copy: bool = False
    size: int = 0


def prepared(runner: Runner, tree: Tree, root: Path, paths: files.Paths, tell: Tell = untold) -> Environment:
    """Return the environment of a tree, built by `smoke.setup` unless one with this digest is cached.

    If set-up needs credentials, it runs base's Recipe on base's files. An environment that files of head have built is
    never used for base, even with an equal digest, because set-up may run any of these files.

    Args:
        runner: starts user code.
        tree: the tree whose Recipe is used.
        root: the folder with the tree's files for user code.
        paths: the paths of these files.
        tell: is told what runs while the environment is built.

    Raises:
        SetupError: set-up failed.
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
    building = _Building(runner, tree, root, paths, commands, interpreter, credentials, tell)
    try:
        kept = _kept(building, key)
    except MachineError as error:
        raise SetupError(error.message, error.hint) from error
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
    return Environment(
        runner=_granting(inside, granted),
        interpreter=made,
        digest=key,
        cached=kept.cached,
        own_code=own_code,
        holds_copy=bool(kept.note["tree"]),
        size=kept.note.get("bytes", 0),
    )


def _interpreter(job: Job, tree: Tree) -> Interpreter | None:
    """Return the interpreter that a Recipe names.

    A path that git ignores exists in the checkout only, so the checkout's interpreter is used for both sides.
    """
    for each in (tree, job.trees.get(Side.HEAD, tree)):
        interpreter = found(tree.recipe.smoke.python, job.environ, each.path / each.folder, each.path)
        if interpreter is not None:
            return interpreter
    return None


@dataclass(frozen=True, slots=True)
class _Building:
    """Builds an environment in an empty folder. `credentials` are variables that only set-up may see."""

    runner: Runner
    tree: Tree
    root: Path
    paths: files.Paths
    commands: list[tuple[str, ...]]
    interpreter: Interpreter | None
    credentials: dict[str, str]
    tell: Tell

    def __call__(self, home: Path) -> dict[str, Any]:
        with scratch() as space:
            files.copied(self.root, self.paths, space / "tree", link=False)
            cwd = space / "tree" / self.tree.folder
            cwd.mkdir(parents=True, exist_ok=True)
            runner = self.runner
            if self.interpreter is not None:
                venv = (str(self.interpreter.python), "-m", "venv", str(home))
                with growing(home, f"{self.interpreter.python.name} -m venv", self.tell):
                    completed = runner.inside(self.interpreter, {}).run(venv, space, cwd=space, writable=(home,))
                hint = "Install its venv module (Debian: python3-venv), or set `smoke.python` to another Python."
                runner.must_succeed(completed, f"Making an environment with {self.interpreter.python}", hint)
            inside = runner.inside(at(home / "bin" / "python") if self.interpreter else None, _names(home))
            if self.interpreter is not None:
                inside = _granting(inside, (*inside.readable, *self.interpreter.readable))
            is_of_base = runner.job.is_of_base(self.tree)
            with downloads.lent(runner.cache, is_of_base=is_of_base, private=bool(self.credentials)) as packages:
                self._run_commands(inside, home, space, packages)
            linked, copied = _own_code(home, space / "tree")
            tree = files.digest(self.root, self.paths) if copied else ""
            return {"own_code": linked, "tree": tree, "bytes": bytes_in(home)}

    def _run_commands(self, inside: Runner, home: Path, space: Path, packages: Path | None) -> None:
        smoke = self.runner.job.rules.smoke
        stores = () if packages is None else (packages,)
        env = {**downloads.variables(packages), **self.tree.recipe.smoke.env.set, **self.credentials}
        for command in self.commands:
            with growing(home, self.runner.redactor.mask(" ".join(command)), self.tell):
                completed = inside.run(
                    command,
                    space,
                    cwd=space / "tree" / self.tree.folder,
                    writable=(home, *stores),
                    network=smoke.network.setup,
                    seconds=smoke.budget,
                    env=env,
                )
            hint = "This is set-up, not the change under test: try again, or correct `smoke.setup`."
            self.runner.must_succeed(completed, f"`smoke.setup` ({' '.join(command)})", hint)


def _kept(building: _Building, key: str) -> CacheEntry:
    """Return the cached environment for a key, or build it.

    An environment with a copy of the project's code is used only for exactly this code. Base's environments may be used
    for head. Environments that files of head have built are stored separately, and never used for base.
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
    """Return a digest of all inputs: set-up, interpreter, lock files and files that set-up names."""
    recipe, relevant = tree.recipe.smoke, inputs(tree, paths)
    python = "" if interpreter is None else f"{interpreter.python} {interpreter.python.resolve()}"
    facts = [recipe.setup, python, sorted(recipe.env.set.items()), files.digest(root / tree.folder, relevant)]
    return blake2b(json.dumps(facts).encode(), digest_size=12).hexdigest()


def inputs(tree: Tree, paths: files.Paths) -> frozenset[PurePosixPath]:
    """Return lock files and files that set-up names, relative to the folder of gatebot.yml."""
    recipe = tree.recipe.smoke
    inside = tuple(path.relative_to(tree.folder) for path in paths if path.is_relative_to(tree.folder))
    named = [PurePosixPath(word).as_posix() for word in (recipe.setup or "").split()]
    return files.matching(inside, (*recipe.lock, *USUAL_LOCKS, *named))


def _names(home: Path) -> dict[str, str]:
    """Return the variables that tell installers where to install."""
    return {"VIRTUAL_ENV": str(home), "UV_PROJECT_ENVIRONMENT": str(home)}


def _own_code(home: Path, tree: Path) -> tuple[list[str], bool]:
    """Return the folders of the tree that are installed as links, and whether its code is installed as a copy."""
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
    """Yield the site-packages folders of an environment. User code filled it, so links are not followed."""
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
    """Return a path relative to the tree, or an empty string if it is outside."""
    return Path(path).relative_to(tree).as_posix() if path.startswith("/") and Path(path).is_relative_to(tree) else ""


def _granting(runner: Runner, readable: tuple[Path, ...]) -> Runner:
    return replace(runner, readable=tuple(dict.fromkeys(readable)))
