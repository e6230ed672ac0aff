"""Finds the data files of a repository, samples their rows, and selects the files that the model learns from."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from gatebot.data.layout import AUTO, Layout
from gatebot.data.many_columns import column_profiles
from gatebot.data.packing import LARGEST, plain_name, unpacked
from gatebot.data.text import text_table
from gatebot.discovery.code import Module
from gatebot.discovery.derived_target import MADE
from gatebot.discovery.reading import ReadCall, layout_of, read_calls
from gatebot.discovery.repository_files import RepositoryFiles
from gatebot.discovery.sureness import UndeterminedError
from gatebot.errors import GateError, UsageError

if TYPE_CHECKING:
    import polars as pl

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq")
SAMPLE_BYTES = 8 << 20
SAMPLE_ROWS = 20_000
RESULTS = frozenset(
    {"results", "reports", "outputs", "output", "predictions", "submissions", "logs", "metrics", "catboost_info"}
)
NOT_DATA = ("submission", "prediction", "metric", "result", "requirements")
EVALS = ("test", "eval", "valid", "validation", "val", "holdout", "dev")


@dataclass(frozen=True, slots=True)
class Table:
    """One data file, or several with the same columns.

    Attributes:
        path: the path of the file, or a glob.
        columns: the profiles of the sampled columns, by name, in the file's order.
        rows: the number of sampled rows.
        layout: how a text file is laid out.
    """

    path: str
    columns: Mapping[str, Any]
    rows: int
    layout: Layout = AUTO

    @property
    def stem(self) -> str:
        """The file's name without extensions, in lower case."""
        return PurePosixPath(plain_name(self.path)).stem.lower()


@dataclass(frozen=True, slots=True)
class Data:
    """The data that the model learns from, and the rows that the repository keeps apart.

    Attributes:
        main: the training rows, or all rows.
        held: labelled rows that the repository itself tests on.
        asked: rows without the target, as in competitions.
        why: the reason for the choice, as one phrase.
        pointer: a `.dvc` file that represents the data in git.
        native: where the code leaves it to pandas what the values are, as `train.py:7`; empty if it does not.
    """

    main: Table
    held: Table | None = None
    asked: Table | None = None
    why: str = ""
    pointer: str = ""
    others: tuple[str, ...] = field(default=())
    native: str = ""


def data_of(files: RepositoryFiles, modules: Sequence[Module], wanted: str | None) -> Data:
    """Return the data that the code learns from.

    Args:
        files: the files of the repository.
        modules: its code.
        wanted: a path that the user named.

    Raises:
        UsageError: there is no data file, it is not available, or several are possible.
    """
    found = _candidates(files, modules)
    calls = [call for one in modules for call in read_calls(str(one.path), files.text(one.path))]
    if wanted is not None:
        path = wanted.removeprefix("./")
        if path not in files:
            near = get_close_matches(path, found, n=1, cutoff=0.5)
            guess = f"Did you mean {near[0]}? " if near else ""
            raise UsageError(f"{path}: no such file", f"{guess}Data files here: {_listed(found) or 'none'}")
        found = (
            path,
            *[each for each in found if PurePosixPath(each).parent == PurePosixPath(path).parent and each != path],
        )
        return _with_company(files, path, found, "as you said", calls)
    if not found:
        raise _nothing(files, modules)
    path, why = _chosen(files, found, modules)
    return _with_company(files, path, found, why, calls)


def _candidates(files: RepositoryFiles, modules: Sequence[Module]) -> tuple[str, ...]:
    written = {path for one in modules for path in one.writes}
    read = {path for one in modules if one.fits for path in one.reads if "submission" not in path} - written
    named = [path for path in files.paths if plain_name(path.name).endswith(ENDINGS)]
    usable = [
        path
        for path in named
        if not RESULTS & {part.lower() for part in path.parts[:-1]}
        and (not _sounds_like_output(path) or any(same(str(path), each) for each in read))
    ]
    return tuple(str(path) for path in usable)


def _sounds_like_output(path: PurePosixPath) -> bool:
    """Return whether a file is named like what a model leaves, and not like `diabetes_prediction_dataset.csv`."""
    stem = path.stem.lower()
    return any(word in stem for word in NOT_DATA) and "dataset" not in stem


def _chosen(files: RepositoryFiles, found: Sequence[str], modules: Sequence[Module]) -> tuple[str, str]:
    """Return one of the paths and the reason. For a train and test pair, it is the train file."""
    if shards := _shards(found):
        return shards, f"{len(found)} files of one kind"
    if len(found) == 1:
        return found[0], "the only data file here"
    written = {path for path in found if any(same(path, each) for one in modules for each in one.writes)}
    fits = [one for one in modules if _models(one)] or [one for one in modules if one.fits]
    read = [
        path for path in found if path not in written and any(same(path, each) for one in fits for each in one.reads)
    ]
    staged = bool(files.named("dvc.yaml"))  # says how files are made that code writes
    made = [] if read or staged else [path for path in found if _maker(path, modules) is not None]
    if len(made) == 1 and (maker := _maker(made[0], modules)) is not None:
        return made[0], f"the code trains on it; {maker.path} makes it, and is not run"
    read = read or [
        path for path in found if path not in written and any(same(path, each) for one in modules for each in one.reads)
    ]
    for pool, why in (
        (read, "the code reads it"),
        ([path for path in found if path not in written], "named like training data"),
    ):
        training = [path for path in pool if _role(path) == "train"]
        plain = [path for path in pool if _role(path) == "all"]
        for some in (training, plain if pool is read or not training else []):
            if len(some) == 1:
                return some[0], why
    answers = {use.column for one in fits for use in one.uses if use.weight >= MADE}
    having = [path for path in read if answers & set(sample(files, path).columns)]
    if len(having) == 1:
        return having[0], "of what the code reads, it has the target"
    raise UndeterminedError(
        f"several files could be the data: {_listed(found)}",
        f"Say which: gatebot init --data {found[0]} (it becomes `data.path`).",
        "data",
        tuple(found),
    )


def _maker(path: str, modules: Sequence[Module]) -> Module | None:
    """Return the code that writes a file from which other code trains, if no code that trains writes it."""
    fits = [one for one in modules if _models(one)]
    makers = [one for one in modules if any(same(path, each) for each in one.writes)]
    is_read = any(same(path, each) for one in fits for each in one.reads)
    return makers[0] if makers and is_read and not any(one in fits for one in makers) else None


def _models(one: Module) -> bool:
    """Return whether a file fits more than the steps that transform features."""
    return "fit" in one.calls and bool(one.dumps or one.objects or "predict" in one.calls)


def _with_company(files: RepositoryFiles, path: str, found: Sequence[str], why: str, calls: Sequence[ReadCall]) -> Data:
    here = [call for call in calls if call.path and same(path, call.path)] or [each for each in calls if not each.path]
    main = sample(files, path, here[0] if here else None)
    pointer = f"{path}.dvc" if f"{path}.dvc" in files else ""
    held = asked = None
    if _role(path) == "train" and "*" not in path:
        for other in found:
            if other == path or _role(other) != "eval" or PurePosixPath(other).parent != PurePosixPath(path).parent:
                continue
            table = sample(files, other, here[0] if here else None)
            if set(table.columns) == set(main.columns):
                held = held or table
            elif set(table.columns) < set(main.columns):
                asked = asked or table
    plain = bool(here) and all(call.plain for call in here)
    return Data(main, held, asked, why, pointer, native=here[0].where if plain else "")


def eval_side(files: RepositoryFiles, modules: Sequence[Module], data: Data) -> str:
    """Return another file with the same columns whose name says that it is tested on; empty if there is none."""
    if data.held is not None or "*" in data.main.path:
        return ""
    for path in _candidates(files, modules):
        if path != data.main.path and _role(path) == "eval":
            try:
                if set(sample(files, path).columns) == set(data.main.columns):
                    return path
            except GateError:
                continue
    return ""


def sample(files: RepositoryFiles, path: str, call: ReadCall | None = None) -> Table:
    """Read some rows of a file, and return the profiles of its columns.

    Args:
        files: the files of the repository.
        path: the path of the file, or a glob.
        call: how the code reads it, if that is known.

    Raises:
        UsageError: it cannot be read.
    """
    first = str(files.named(path)[0]) if "*" in path else path
    try:
        with files.opened(first) as descriptor:
            frame, layout = _rows(descriptor, first, call)
    except OSError as error:
        raise UsageError(
            f"{first} cannot be read: {error.strerror}", "Is it there, and may gatebot read it?"
        ) from error
    profiles = column_profiles(frame)
    return Table(path, {column.name: column for column in profiles}, frame.height, layout)


def _rows(descriptor: int, path: str, call: ReadCall | None) -> "tuple[pl.DataFrame, Layout]":
    import polars as pl

    if plain_name(path).endswith((".parquet", ".pq")):
        try:
            return pl.read_parquet(f"/dev/fd/{descriptor}", n_rows=SAMPLE_ROWS), AUTO
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
            raise UsageError(
                f"{path} is not readable as Parquet: {str(error).splitlines()[0]}", "Is it complete?"
            ) from error
    packed = not path.lower().endswith(ENDINGS)
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        data = stream.read(LARGEST if packed else SAMPLE_BYTES)
    if data.startswith(b"version https://git-lfs"):
        raise UsageError(f"{path} is a Git LFS pointer, not the data", "Fetch it first: git lfs pull")
    data = unpacked(data, path)
    if len(data) >= SAMPLE_BYTES:
        data = data[: data.rfind(b"\n", 0, SAMPLE_BYTES) + 1]
    ending = PurePosixPath(plain_name(path)).suffix
    layout = layout_of(data, path, ending, call)
    return text_table(data, path, ending, layout).frame, layout


def _nothing(files: RepositoryFiles, modules: Sequence[Module]) -> GateError:
    pointers = files.named("*.dvc")
    if pointers:
        return UsageError(f"the data of {pointers[0]} is not here", "Fetch it first: dvc pull")
    remote = sorted({each for one in modules for each in one.words if _is_address(each)})
    if remote:
        return UsageError(
            f"there is no data file here; the code names {remote[0]}",
            "Put a sample into the repository and give --data PATH, or write gatebot.yml by hand with "
            f"`data.path: {remote[0]}`, and where reading it takes a login, with "
            f"`data.addresses: [{{prefix: {remote[0]}, secrets: [NAME]}}]`.",
        )
    notebooks = files.named("*.ipynb")
    if notebooks and not modules:
        return UsageError(
            f"there are only notebooks here ({notebooks[0]}): no script to train with, and no data file",
            "Move training to pipeline.py with train(rows, seed) and predict(model, rows), and name the data in "
            "`data.path`.",
        )
    return UsageError(
        "there is no data file here (CSV, TSV, JSON Lines, Parquet)",
        "Put one into the repository and give --data PATH, or write gatebot.yml with `data.path` and `data.fetch`.",
    )


@cache
def _role(path: str) -> str:
    words = PurePosixPath(plain_name(path)).stem.lower().replace("-", "_").split("_")
    if "train" in words or "training" in words:
        return "train"
    return "eval" if set(words) & set(EVALS) else "all"


def _shards(found: Sequence[str]) -> str:
    """Return a glob for `part-0.parquet`, `part-1.parquet` and so on, if all files are such parts."""
    heads = {
        (str(PurePosixPath(path).parent), PurePosixPath(path).stem.rstrip("0123456789"), PurePosixPath(path).suffix)
        for path in found
    }
    if len(found) < 2 or len(heads) > 1:
        return ""
    parent, stem, suffix = heads.pop()
    return str(PurePosixPath(parent) / f"{stem}*{suffix}") if stem.endswith(("-", "_", ".")) else ""


def same(path: str, code_path: str) -> bool:
    """Return whether a path in the code, relative to any folder, refers to this file."""
    parts = [part for part in PurePosixPath(code_path).parts if part not in ("..", ".")]
    mine = PurePosixPath(path).parts
    shorter = min(len(parts), len(mine))
    return shorter > 0 and tuple(parts[-shorter:]) == mine[-shorter:]


def said_for(path: str, modules: Iterable[Module]) -> str:
    """Return the path by which the code names a file, or else its own path."""
    for one in modules:
        for code_path in one.reads:
            if same(path, code_path) and not PurePosixPath(code_path).is_absolute():
                return code_path
    return path


def _is_address(text: str) -> bool:
    return text.startswith(("s3://", "gs://", "az://", "abfs://", "http://", "https://")) and plain_name(text).endswith(
        ENDINGS
    )


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(paths[:6]) + (f" and {len(paths) - 6} more" if len(paths) > 6 else "")
