"""Reads the data of one side, as the Rules and its Recipe describe it, into a Dataset."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gatebot.collect import argv
from gatebot.collect.dataset import Dataset, no_table
from gatebot.collect.decoding import Decoding
from gatebot.collect.fetch import Fetched
from gatebot.collect.job import Tree
from gatebot.collect.program import Programs
from gatebot.collect.remote import Remote
from gatebot.collect.rows_files import RowsFiles
from gatebot.collect.runner import Runner
from gatebot.config.document import Recipe, Rules
from gatebot.config.quantity import Share
from gatebot.config.sections.data import ColumnSplit, FoldSplit
from gatebot.config.sections.model import ModelRecipe
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.data.column_types import types_of
from gatebot.data.digest import data_version, version_digests
from gatebot.data.layout import SEPARATORS, TEXT, Layout
from gatebot.data.native import MISSING as NATIVE
from gatebot.data.native import pinned_types
from gatebot.data.profile import profile, truth
from gatebot.data.read import Readers, read
from gatebot.data.rows import Columns, Rows
from gatebot.data.rules import AUTO, AUTO_ROWS, SplitRules
from gatebot.data.source import Source
from gatebot.data.split import Split, split
from gatebot.data.text import table
from gatebot.errors import UsageError
from gatebot.evidence.profile import DataProfile

if TYPE_CHECKING:
    import polars as pl

MOST_TABLE_BYTES = 8 << 20


def load(
    runner: Runner,
    tree: Tree,
    fetched: Fetched,
    base: DataProfile | None,
    folder: Path,
    *,
    read_before: Dataset | None = None,
) -> Dataset:
    """Read and split the data of a tree.

    Args:
        runner: holds the Rules and the project; data behind addresses is fetched at its isolation.
        tree: its Recipe names the data.
        fetched: the files of the tree.
        base: the profile of base's data, whose eval rows are binding; None for base itself if it was never read before.
        folder: the folder for the rows that user code gets.
        read_before: the other side's data; if this is the same, its columns are not profiled again.

    Raises:
        UsageError: the data cannot be read or split.
    """
    job, recipe = runner.job, tree.recipe.data
    source = Source(
        folder=fetched.root / tree.folder,
        path=recipe.path,
        train=recipe.train,
        eval=recipe.eval,
        root=fetched.root,
    )
    read_by = readers(job.rules, Programs.beside(runner), job.environ)
    rows = read(source, columns(job.rules), read_by, layout(job.rules, tree.recipe))
    trains = _trains(tree.recipe.model)
    identity = base.identity if base else None
    rules = split_rules(job.project, job.rules, identity, trains=trains, auto_rows=job.auto_rows)
    parts: Split = split(rows, rules, base.eval_rows if base else None)
    version: Mapping[str, str] = version_digests(source, recipe.version.files) or rows.files
    further = no_table if job.code_tree is None else partial(_table, job.code_tree)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    same = read_before is not None and rows.files == read_before.rows.files and _equal(rows, read_before.rows)
    declared = declared_types(job.rules)
    words = {name for name, kind in {**rows.given, **declared}.items() if kind == TEXT}
    found = profile(rows, parts, read_before.profile.columns if same and read_before is not None else None, words)
    types = types_of(rows, found.columns, base.columns if base else (), declared)
    native = pinned_types(rows, found.columns) if job.rules.data.types == "native" else None
    files = RowsFiles(rows, folder, types, native)
    return Dataset(job.project, rows, parts, found, truth(parts), files, data_version(version), further)


def _equal(rows: Rows, other: Rows) -> bool:
    """Return whether two tables have the same columns and values."""
    return rows.frame.schema == other.frame.schema and rows.frame.equals(other.frame)


def _table(tree: Tree, path: str) -> "pl.DataFrame":
    """Return a small table of a tree, every column as text.

    Raises:
        UsageError: there is no such table.
    """
    place = PurePosixPath(path)
    try:
        data = Checkout(tree.path).read(tree.folder / place, MOST_TABLE_BYTES)
    except (OSError, UnsafePathError) as error:
        raise UsageError(f"`{path}` cannot be read: {error}", "Commit it to the base branch.") from error
    return table(data, path, place.suffix.lower())


def readers(rules: Rules, programs: Programs, environ: Mapping[str, str]) -> Readers:
    """Return the readers for the data of a pull request: programs of gatebot that run in the sandbox."""
    return Readers(Remote(rules.data, programs, environ), Decoding(programs))


def columns(rules: Rules) -> Columns:
    """Return the roles of the data's columns."""
    data = rules.data
    return Columns(
        target=data.target,
        id=data.id,
        group=data.group,
        time=data.time,
        split=data.split.column if isinstance(data.split, ColumnSplit) else None,
        slices=rules.slice_columns,
    )


def layout(rules: Rules, recipe: Recipe) -> Layout:
    """Return how text files are laid out: as the Recipe says, with the words for missing values of the Rules."""
    data = recipe.data
    return Layout(
        encoding=data.encoding,
        separator=SEPARATORS.get(data.separator, ""),
        header=data.header,
        columns=data.columns,
        decimal=data.decimal,
        quote="" if data.quote == "none" else data.quote,
        missing=(*rules.data.missing, *(NATIVE if rules.data.types == "native" else ())),
    )


def declared_types(rules: Rules) -> Mapping[str, str]:
    """Return the types that the Rules declare for columns."""
    return {} if rules.data.types == "native" else rules.data.types


def split_rules(
    project: str,
    rules: Rules,
    identity: tuple[str, ...] | None,
    *,
    trains: bool = True,
    auto_rows: int | None = None,
) -> SplitRules:
    """Return the rules for splitting rows. `auto_rows` are predicted with `eval_rows: auto`, if it is known already."""
    by_column = rules.data.split if isinstance(rules.data.split, ColumnSplit) else ColumnSplit(column="")
    return SplitRules(
        project=project,
        task=rules.task.value,
        folds=rules.data.split.folds if isinstance(rules.data.split, FoldSplit) else None,
        eval_values=by_column.eval,
        train_rows=_amount(rules.smoke.train_rows),
        eval_rows=AUTO if rules.smoke.eval_rows == AUTO else _amount(rules.smoke.eval_rows),
        auto_rows=auto_rows or AUTO_ROWS,
        even=rules.guarantee is not None,
        identity=identity,
        trains=trains,
    )


def _trains(model: ModelRecipe) -> bool:
    """Return whether training rows are handed out. Predictions as a file were made without them."""
    if model.run is not None:
        return "train" in argv.places(argv.split(model.run, "model.run"))
    return model.predictions is None


def _amount(rows: int | Share) -> int | float:
    return float(rows.of_all) if isinstance(rows, Share) else rows
