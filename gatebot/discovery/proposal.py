"""The proposal for a repository: everything that was found about it, and why."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from gatebot.discovery import adapter
from gatebot.discovery.code import Module, module
from gatebot.discovery.column_roles import ColumnRoles, column_roles
from gatebot.discovery.derived_target import refuse_unknown
from gatebot.discovery.entrypoints import Commands, Native, Way
from gatebot.discovery.import_graph import Reached, reached
from gatebot.discovery.installation import Setup, setup_of
from gatebot.discovery.notebooks import notebooks
from gatebot.discovery.positions import name_places
from gatebot.discovery.repository_files import RepositoryFiles, repository_files
from gatebot.discovery.search_context import SearchContext, import_name
from gatebot.discovery.tables import Data, data_of, eval_side, same
from gatebot.discovery.ways_to_train import entrypoint_of
from gatebot.errors import GateError
from gatebot.repository.git import open_repository

SETTINGS_FILES = (
    "params.yaml",
    "params.yml",
    "config.yaml",
    "config.yml",
    "config/config.yaml",
    "conf/config.yaml",
    "configs/config.yaml",
)
OWN = frozenset({adapter.FILE, "gatebot.yml", "setup.py", "conftest.py", "noxfile.py"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that `gatebot init` has found."""

    project: str
    data: Data
    roles: ColumnRoles
    way: Way
    setup: Setup | None
    adapter: str = ""
    """The text of the generated pipeline file; empty if none is needed."""

    reached: Reached = field(default_factory=Reached)
    eval_side: str = ""
    """Another file with the same columns whose name says that it is tested on; empty if there is none."""

    made_by: str = ""
    """The file that writes the data and that training never calls; empty if there is none."""


def propose(root: Path, *, data: str | None = None, target: str | None = None, train: str | None = None) -> Proposal:
    """Examine the folder that will hold the configuration.

    Args:
        root: this folder.
        data: a data file that the user named.
        target: a column that the user named.
        train: a script or module that the user named.

    Raises:
        UsageError: something cannot be determined; the message names the candidates and the key to set.
    """
    files = repository_files(root)
    settings_file, settings = _settings(files)
    modules = [
        found
        for path in files.named("*.py")
        if path.name not in OWN
        and not _is_test(path)
        and (found := module(path, files.text(path), settings)) is not None
    ]
    if not any(one.fits for one in modules) or (train or "").endswith(".ipynb"):
        modules += notebooks(files, settings)
    table = data_of(files, modules, data)
    name_places(modules, table.main.columns)
    refuse_unknown(modules, table.main.columns, table.main.path, target)
    roles = column_roles(table, modules, target)
    context = SearchContext(files, modules, table, roles, settings_file)
    way = entrypoint_of(context, train)
    text = ""
    if not isinstance(way, Native | Commands):
        ending = "".join(PurePosixPath(table.main.path).suffixes[-2:])
        one = _with_features(modules, table, roles)
        named = (
            (*import_name(context, one), one.features_name) if one and one.features_name and one.importable else None
        )
        features = one.features if one else None
        text = adapter.text(way, adapter.Columns(roles, features, settings_file, ending, named))
    seen = reached(files, modules, way)
    return Proposal(
        project=_project(root),
        data=table,
        roles=roles,
        way=way,
        setup=setup_of(files, modules),
        adapter=text,
        reached=seen,
        eval_side=eval_side(files, modules, table),
        made_by=_made_by(modules, table, seen),
    )


def _made_by(modules: list[Module], data: Data, seen: Reached) -> str:
    writers = (one.path for one in modules if any(same(data.main.path, path) for path in one.writes))
    return next((str(path) for path in writers if path in seen.never), "")


def _is_test(path: PurePosixPath) -> bool:
    return path.name.startswith("test_") or path.stem.endswith("_test")


def _with_features(modules: list[Module], data: Data, roles: ColumnRoles) -> Module | None:
    """Return the module that gives its model features that are columns of the data, or that the code makes."""
    for one in sorted(modules, key=lambda one: not one.fits):
        some = (one.features,) if isinstance(one.features, str) else one.features or ()
        known = {*data.main.columns, *(column for each in modules for column in each.made)}
        if some and set(some) <= known and roles.target.column not in some:
            return one
    return None


def _settings(files: RepositoryFiles) -> tuple[str, dict[str, Any]]:
    import yaml

    for name in SETTINGS_FILES:
        if name in files:
            try:
                value = yaml.safe_load(files.text(PurePosixPath(name)))
            except yaml.YAMLError:
                continue
            if isinstance(value, dict):
                return name, dict(_flat(value))
    return "", {}


def _flat(value: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    listed: list[tuple[str, Any]] = []
    for key, inner in value.items():
        name = f"{before}.{key}" if before else str(key)
        listed += _flat(inner, name) if isinstance(inner, dict) else [(name, inner)]
    return listed


def _project(root: Path) -> str:
    """Return the name of the remote repository, or of the folder."""
    name = root.resolve().name
    with suppress(GateError):
        repository = open_repository(root)
        remote_url = repository.attempt("config", "--local", "--get", "remote.origin.url").stdout.decode(
            "utf-8", "replace"
        )
        remote = re.search(r"[/:]([^/\s:]+?)(?:\.git)?/?\s*$", remote_url)
        base = remote[1] if remote else repository.root.name
        name = "-".join([base, *Path(os.path.abspath(root)).relative_to(repository.root).parts])  # noqa: PTH100
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64] or "project"
