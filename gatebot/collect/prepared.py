"""A prepared side: its files without the data, its data, its environment and its adapter."""

import json
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from gatebot.collect import bounded_read, files
from gatebot.collect.adapters.adapter import ModelAdapter, RunSettings
from gatebot.collect.adapters.command import CommandAdapter
from gatebot.collect.adapters.external import ExternalPredictions
from gatebot.collect.adapters.python import PythonAdapter
from gatebot.collect.copied_predictions import MOST_FILE, CommittedFiles
from gatebot.collect.dataset import Dataset
from gatebot.collect.decoding import Decoding
from gatebot.collect.fetch import Fetched, fetched
from gatebot.collect.job import Job, Tree
from gatebot.collect.load import layout, load
from gatebot.collect.missing_paths import CommittedPaths, explained
from gatebot.collect.program import Programs
from gatebot.collect.progress import Phase, ProgressReporter
from gatebot.collect.provenance import about
from gatebot.collect.read_files import COPIED, NO_TIMES, ReadTrace, keeps_times, mark, mark_unread
from gatebot.collect.runner import Runner
from gatebot.collect.setup import Environment, inputs, prepared
from gatebot.collect.workspace import Workspace, make_folders, make_workspace
from gatebot.config.load import FILE_NAME
from gatebot.core.checkout import Checkout
from gatebot.data.layout import found_out
from gatebot.errors import UsageError
from gatebot.evidence.effects import Effects
from gatebot.evidence.need import Side
from gatebot.evidence.profile import DataProfile
from gatebot.evidence.snapshot import SnapshotProvenance
from gatebot.sandbox import Isolation


@dataclass(slots=True)
class PreparedSide:
    """One side, prepared for training.

    Attributes:
        side: base or head.
        tree: the tree of its commit.
        runner: starts user code, outside of the side's environment.
        folder: the folder for everything that belongs to the side while the collector works.
        root: the tree's files, with the data.
        dataset: its data.
        source: its files as user code gets them.
        paths: the paths of these files.
        assets: the folder with `data.assets`, or None.
        data: the paths of the data's files, which user code does not get.
        folders: folders that code finds in the repository as it lies on the disk, though the copy has no file there.
        about: the provenance of its evidence.
        settings: what its trainings share; None until it is equipped.
        adapter: the adapter; None if predictions are delivered as a file.
        reads: how to tell which files were read; None if the Rules do not want that.
    """

    side: Side
    tree: Tree
    runner: Runner
    folder: Path
    root: Path
    dataset: Dataset
    source: Path
    paths: files.Paths
    assets: Path | None
    data: frozenset[PurePosixPath]
    folders: files.Paths
    about: SnapshotProvenance
    settings: RunSettings | None = None
    adapter: ModelAdapter | None = None
    reads: ReadTrace | None = None

    @property
    def job(self) -> Job:
        """The job of the collector."""
        return self.runner.job

    def workspace(self) -> Workspace:
        """Return a new workspace. Its path tells neither the side nor the training."""
        scratch = self.folder / secrets.token_hex(8)
        links = {} if self.assets is None else {name: self.assets / name for name in _entry_names(self.assets)}
        link = self.runner.reach.level is Isolation.FULL
        workspace = make_workspace(scratch, self.source, self.paths, self.tree.folder, links, link=link)
        make_folders(workspace.tree, self.folders)
        if self.reads is not None and not self.reads.why:
            mark_unread(workspace.tree, self.paths, self.reads.mark_ns)
        return workspace

    def explained(self, effects: Effects, workspace: Workspace) -> Effects:
        """Return the effects of a run, with the path that it lacked if it failed for that."""
        trees = self.job.trees
        base = trees[Side.BASE].path if self.side is Side.HEAD and Side.BASE in trees else None
        others = tuple(tree.path for tree in trees.values())
        return explained(effects, CommittedPaths(self.tree, self.paths, self.data, others, base), workspace)


def open_tree(
    runner: Runner,
    side: Side,
    folder: Path,
    base: DataProfile | None,
    reporter: ProgressReporter,
    *,
    read_before: Dataset | None = None,
) -> PreparedSide:
    """Fetch and read the data of a side. Its environment is made later, when it is needed.

    `read_before` is the other side's data, if it was read.

    Raises:
        MachineError: fetching failed.
        UsageError: the data or the recipe cannot be used.
    """
    job = runner.job
    tree = job.trees[side]
    _require_folder(tree)
    folder.mkdir()
    folder.chmod(0o711)
    fetched_files = _fetched(runner, side, tree, folder / "fetched", reporter)
    with reporter.step(Phase.READ, side) as outcome:
        dataset = load(runner, tree, fetched_files, base, folder / "rows", read_before=read_before)
        said = found_out(dataset.rows.layout, layout(job.rules, tree.recipe))
        outcome.word = f"ok, {said}" if said else "ok"
    data = _data_paths(tree, fetched_files, dataset)
    assets_paths = frozenset(_in_folder(tree, fetched_files, tree.recipe.data.assets)) - data
    paths = tuple(path for path in fetched_files.paths if path not in data | assets_paths | tree.added.keys())
    link = runner.reach.level is Isolation.FULL
    files.copied(fetched_files.root, paths, folder / "tree", link=False)
    paths = tuple(sorted((*paths, *files.added(tree.added, folder / "tree"))))
    assets = None
    if assets_paths:
        assets = folder / "assets"
        inner = [path.relative_to(tree.folder) for path in assets_paths]
        files.copied(fetched_files.root / tree.folder, inner, assets, link=link, least=0)
    facts = about(job, tree, dataset, {}, runner.reach)
    return PreparedSide(
        side=side,
        tree=tree,
        runner=runner,
        folder=folder,
        root=fetched_files.root,
        dataset=dataset,
        source=folder / "tree",
        paths=paths,
        assets=assets,
        data=data,
        folders=(*sorted({path.parent for path in data}), *files.empty_folders(job.trees.get(Side.HEAD, tree).path)),
        about=facts,
    )


def _require_folder(tree: Tree) -> None:
    """Refuse a tree in which the configuration's folder is a link: commands would start at its target.

    Raises:
        UnsafePathError: the folder is a link.
        UsageError: the folder does not exist.
    """
    status = Checkout(tree.path).status(tree.folder)
    if status is None or not stat.S_ISDIR(status.st_mode):
        raise UsageError(f"{tree.folder} is not a folder in this commit", "Put the project's folder back.")


def equip(prepared_side: PreparedSide, worker: Path, reporter: ProgressReporter) -> None:
    """Make a side ready to train: make its environment, and the adapter that its Recipe chooses.

    Raises:
        SetupError: set-up failed.
        UsageError: a command is not valid.
    """
    if prepared_side.settings is not None:
        return
    tree, smoke = prepared_side.tree, prepared_side.job.rules.smoke
    environment = with_environment(
        prepared_side.runner, tree, prepared_side.source, prepared_side.paths, (reporter, prepared_side.side)
    )
    settings = run_settings(prepared_side.runner, environment, prepared_side.folder, worker, prepared_side.assets)
    settings = replace(settings, committed=_committed(prepared_side))
    network = (smoke.network.train, smoke.network.predict)
    prepared_side.adapter = _adapter(tree, settings, smoke.device, network)
    inventory, granted = _inventory(environment, prepared_side, worker, settings.tasks), environment.runner.readable
    prepared_side.about = about(
        prepared_side.job, tree, prepared_side.dataset, inventory, prepared_side.runner.reach, granted=granted
    )
    prepared_side.settings = settings
    prepared_side.reads = _read_trace(prepared_side, environment) if smoke.trace_reads else None


def with_environment(
    runner: Runner, tree: Tree, root: Path, paths: files.Paths, step: tuple[ProgressReporter, Side]
) -> Environment:
    """Return the environment of a tree. If there is a set-up, it is reported as a step."""
    reporter, side = step
    if tree.recipe.smoke.setup is None:
        return prepared(runner, tree, root, paths)
    with reporter.step(Phase.SETUP, side) as outcome:
        environment = prepared(runner, tree, root, paths, outcome.tell)
        outcome.word = "cached" if environment.cached else f"built, {environment.size / 1e6:,.0f} MB"
        return environment


def run_settings(
    runner: Runner, environment: Environment, folder: Path, worker: Path, assets: Path | None
) -> RunSettings:
    """Return what all runs in an environment share. Their task files are written to the folder."""
    tasks = folder / "in"
    tasks.mkdir(exist_ok=True)
    tasks.chmod(0o711)
    return RunSettings(
        runner=environment.runner,
        python=environment.interpreter.python if environment.interpreter else None,
        worker=worker,
        tasks=tasks,
        assets=assets,
        own_code=environment.own_code,
        task=runner.job.rules.task,
        project=runner.job.project,
    )


def _read_trace(prepared_side: PreparedSide, environment: Environment) -> ReadTrace:
    """Return how to tell which files were read. What set-up, fetching and gatebot itself read counts as read."""
    tree, data = prepared_side.tree, prepared_side.tree.recipe.data
    fetch, model = prepared_side.job.rules.data.fetch, tree.recipe.model
    assets = () if prepared_side.assets is None else files.walked(prepared_side.assets)
    patterns = [*data.version.files, *(fetch.files or () if fetch is not None else ())]
    patterns += [name for name in (model.metrics, model.predictions) if name is not None]
    named = files.matching(tuple(_inside(tree, prepared_side.paths)), patterns)
    inner = {*inputs(tree, prepared_side.paths), *named, *assets, PurePosixPath(FILE_NAME)}
    always = frozenset(tree.folder / path for path in inner) | prepared_side.data
    why = COPIED if environment.holds_copy else "" if keeps_times(prepared_side.folder) else NO_TIMES
    trace = ReadTrace(prepared_side.paths, mark(), always, why)
    if not why:  # files that copies share with it keep its mark
        mark_unread(prepared_side.source, prepared_side.paths, trace.mark_ns)
    return trace


def _inside(tree: Tree, paths: files.Paths) -> Iterator[PurePosixPath]:
    """Yield the paths below the folder of gatebot.yml, relative to it."""
    return (path.relative_to(tree.folder) for path in paths if path.is_relative_to(tree.folder))


def _committed(prepared_side: PreparedSide) -> CommittedFiles:
    decode = Decoding(Programs.beside(prepared_side.runner), MOST_FILE)
    return CommittedFiles(prepared_side.source, prepared_side.paths, prepared_side.dataset, decode)


def _adapter(tree: Tree, settings: RunSettings, device: str, network: tuple[bool, bool]) -> ModelAdapter | None:
    model = tree.recipe.model
    if model.python is not None:
        return PythonAdapter(settings, model.python, device, network)
    if model.train is not None and model.predict is not None:
        return CommandAdapter.read(settings, model.train, model.predict, device, network)
    if model.run is not None:
        return ExternalPredictions.read(settings, model.run, device, network)
    return None


def _fetched(runner: Runner, side: Side, tree: Tree, home: Path, reporter: ProgressReporter) -> Fetched:
    if runner.job.rules.data.fetch is None:
        return fetched(runner, tree, home)
    with reporter.step(Phase.FETCH, side) as outcome:
        fetched_files = fetched(runner, tree, home)
        outcome.word = "cached" if fetched_files.cached else "ok"
    return fetched_files


def _data_paths(tree: Tree, fetched_files: Fetched, dataset: Dataset) -> frozenset[PurePosixPath]:
    """Return all paths of the data in the tree: as named in the Recipe, and as resolved through links."""
    recipe = tree.recipe.data
    named = _in_folder(tree, fetched_files, (*recipe.path, *recipe.train, *recipe.eval))
    root = fetched_files.root.resolve()
    places = [fetched_files.root / tree.folder / name for name in dataset.rows.files if "://" not in name]
    real = [place.resolve() for place in (*places, *(fetched_files.root / path for path in named))]
    inside = {PurePosixPath(path.relative_to(root).as_posix()) for path in real if path.is_relative_to(root)}
    return frozenset(named) | inside


def _in_folder(tree: Tree, fetched_files: Fetched, patterns: tuple[str, ...]) -> frozenset[PurePosixPath]:
    """Return the paths of the tree that match patterns relative to gatebot.yml's folder."""
    inner = {path.relative_to(tree.folder): path for path in fetched_files.paths if path.is_relative_to(tree.folder)}
    return frozenset(inner[path] for path in files.matching(tuple(inner), patterns))


def _entry_names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _inventory(environment: Environment, prepared_side: PreparedSide, worker: Path, tasks: Path) -> dict[str, Any]:
    """Return what the user's interpreter reports about its environment; empty if there is none or it fails."""
    if environment.interpreter is None:
        return {}
    scratch = prepared_side.folder / secrets.token_hex(8)
    scratch.mkdir()
    status, task = scratch / "status.json", tasks / f"{secrets.token_hex(8)}.json"
    task.write_text(json.dumps({"stage": "environment", "status": str(status)}))
    argv = (str(environment.interpreter.python), str(worker), str(task))
    completed = environment.runner.run(argv, scratch, readable=(worker.parent, task), seconds=30)
    try:
        inventory = json.loads(bounded_read.read(status, 1 << 20)) if completed.ok else {}
    except (FileNotFoundError, ValueError, RecursionError, bounded_read.UnreadableError):
        return {}
    return inventory if isinstance(inventory, dict) else {}
