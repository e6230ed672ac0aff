"""The data of one side, read and split once, and written to files: rows to train on and rows to predict."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from gatebot.collect.delivered import RequestedRows
from gatebot.collect.rows_files import Asked, RowsFiles
from gatebot.collect.workspace import PredictRequest, RowsFile, TrainRequest
from gatebot.data.identity import id_hashes, spelled
from gatebot.data.profile import profile, truth
from gatebot.data.rows import Columns, Index, Rows
from gatebot.data.split import Split, split
from gatebot.errors import GateError, UsageError
from gatebot.evidence import column_sketches
from gatebot.evidence.column import Column, Hashes, Names, Numbers
from gatebot.evidence.column_sketches.value import MAX_COLUMNS, TableSketch
from gatebot.evidence.kind import UnmetError
from gatebot.evidence.leakage import Leakage, LeakageTraces
from gatebot.evidence.need import Tier
from gatebot.evidence.predictions import EVAL, TRAIN, Predict
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.evidence.profile import DataProfile
from gatebot.evidence.training import Fit, Labels, seed_of
from gatebot.evidence.truth import Truth

if TYPE_CHECKING:
    import polars as pl


def no_table(path: str) -> "pl.DataFrame":
    """Raise an error: there are no further tables."""
    raise UsageError(f"`{path}` cannot be read: no files of the base branch are here")


@dataclass(eq=False)
class Dataset:
    """The data that one side trains on and predicts.

    Attributes:
        project: the key for seeds.
        rows: all rows that were read.
        split: which rows are used for what.
        profile: the data as evidence.
        truth: labels of the eval rows.
        files: writes rows for user code.
        version: the version of the data: a digest of the version files that the Recipe names, or else of the data
            itself.
        read_table: reads a further table of the repository by its path; raises `GateError` if it cannot.
    """

    project: str
    rows: Rows
    split: Split
    profile: DataProfile
    truth: Truth | None
    files: RowsFiles
    version: str = ""
    read_table: Callable[[str], "pl.DataFrame"] = no_table
    _tables: dict[str, Rows] = field(default_factory=dict)
    _files: dict[str, RowsFile] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock, repr=False)

    def train_request(self, fit: Fit) -> TrainRequest:
        """Return what a training gets: its rows with labels, and its seed."""
        index = self.trained(fit)
        seed = seed_of(self.project, fit.seed)
        shuffle = seed if fit.labels is Labels.SHUFFLED else None
        name = f"train-{fit.tier}-f{fit.fold}-s{fit.varied_by}-{fit.rows}-{shuffle}"
        return TrainRequest(fit, seed, self._file(name, index, labelled=True, shuffle=shuffle), self._classes(index))

    def trained(self, fit: Fit) -> Index:
        """Return the positions of the rows that a training gets."""
        index = self.split.training(fit.tier, fit.fold, fit.varied_by)
        return index if fit.rows is None else self._few(index, fit.rows)

    def predict_request(self, need: Predict) -> PredictRequest:
        """Return the rows to predict, without labels, and how predictions are matched to rows.

        Raises:
            UnmetError: the rows are those of a table that cannot be read.
        """
        plain = need.rows in (EVAL, TRAIN)
        return self._request(need, self.index_of(need), need.rows.of if plain else need.key)

    def first_rows(self, fit: Fit, count: int) -> PredictRequest:
        """Return a request for the first eval rows."""
        return self._request(Predict(fit), self.asked(fit.fold)[:count], f"first-{count}")

    def predict_only(self, rows: int) -> None:
        """Choose anew which rows are predicted with `eval_rows: auto`, before any evidence of them exists."""
        self.split = split(self.rows, replace(self.split.rules, auto_rows=rows))
        self.profile = profile(self.rows, self.split, self.profile.columns)
        self.truth = truth(self.split)

    def _request(self, need: Predict, index: Index, name: str) -> PredictRequest:
        rows, size = need.rows, need.rows.batch
        file = self._file(f"ask-{rows}-{need.fit if rows.is_train else need.fit.fold}-{name}", index, rows=rows)
        parts: tuple[PredictRequest, ...] = ()
        if size is not None and size < len(index):
            starts = range(0, len(index), size)
            parts = tuple(self._request(need, index[at : at + size], f"{name}-{at}") for at in starts)
        return PredictRequest(name, file, self._requested(rows, index), parts)

    def index_of(self, need: Predict) -> Index:
        """Return the positions of the rows to predict: in the data, or in the table that holds them.

        Raises:
            UnmetError: the table cannot be read.
        """
        if need.rows.table is not None:
            return np.arange(len(self.table(need.rows.table)), dtype=np.intp)
        return need.rows.select(self.trained(need.fit) if need.rows.is_train else self.asked(need.fit.fold))

    def ids_of(self, need: Predict) -> Hashes:
        """Return the hashes of the ids of these rows."""
        return self._ids(need.rows, self.index_of(need))

    @property
    def not_features(self) -> tuple[str, ...]:
        """The columns that no model may learn from: target, id and split."""
        parts = self.rows.columns
        return tuple(name for name in (parts.target, parts.id, parts.split) if name is not None)

    def asked(self, fold: int) -> Index:
        """Return the positions of the eval rows that the models of a fold predict."""
        if self.split.folds is None:
            return self.split.eval
        mine: Index = self.split.eval[self.split.folds[self.split.eval] == fold]
        return mine

    def truth_of(self, need: Predict) -> Truth | None:
        """Return the labels of the rows to predict, or None if there are none."""
        target = self.split.target
        if target is None or need.rows.table is not None:
            return None
        if need.rows == EVAL and self.truth is not None:
            return self.truth.of(self.ids_of(need))
        index = self.index_of(need)
        return Truth(self.split.identity.ids[index], target.take(index))

    def sketches(self, name: str) -> TableSketch:
        """Return the sketches of the train rows, the eval rows, all rows, or a further table of the repository.

        The id column is left out, because its values identify rows; and the target of the eval rows, because it is
        part of the Truth.

        Raises:
            UnmetError: the table cannot be read, or has more than 1,000 columns.
        """
        from gatebot.data.sketch import table_sketch

        hidden = {self.rows.columns.id}
        match name:
            case column_sketches.TRAIN:
                frame = self.rows.frame[self.split.train]
            case column_sketches.EVAL:
                frame = self.rows.frame[self.split.eval]
                hidden.add(self.rows.columns.target)
            case column_sketches.ALL:
                frame = self.rows.frame
            case _:
                frame, hidden = self.table(name).frame, set()
        frame = frame.drop([column for column in hidden if column is not None])
        if frame.width > MAX_COLUMNS:
            raise UnmetError(f"the table has {frame.width:,} columns, more than the {MAX_COLUMNS:,} that are sketched")
        return table_sketch(frame, self.project)

    def leakage(self, need: Leakage) -> LeakageTraces:
        """Search for what gives the target away.

        Raises:
            UnmetError: there is no target.
        """
        from gatebot.data.leakage import Fold, Searched

        if self.split.target is None:
            raise UnmetError("there is no target that a column could give away")
        folds = [Fold(self.split.training(Tier.SMOKE, fold), self.asked(fold)) for fold in range(self.split.fold_count)]
        features = [name for name in self.rows.frame.columns if name not in self.not_features]
        ids = self.split.identity.ids
        return Searched(self.rows.frame, features, self.split.target, ids, folds).traces(need.columns)

    def _ids(self, rows: AnyRows, index: Index) -> Hashes:
        if rows.table is not None:
            return id_hashes(self.project, (f"{rows.table}:{at}" for at in index.tolist()))
        ids: Hashes = self.split.identity.ids[index]
        return ids

    def _requested(self, rows: AnyRows, index: Index) -> RequestedRows:
        name, hashes = self.rows.columns.id, self._ids(rows, index)
        if name is None or rows.table is not None:
            return RequestedRows(hashes)
        return RequestedRows(hashes, tuple(spelled(self.rows.frame, name).gather(index).to_list()), name)

    def _few(self, index: Index, count: int) -> Index:
        """Return some of the rows in their order: as many of each class as possible, or spread evenly."""
        target = self.split.target
        if not isinstance(target, Names):
            return index[np.unique(np.linspace(0, len(index) - 1, min(count, len(index))).round().astype(np.intp))]
        codes = target.codes[index]
        nth = np.zeros(len(index), dtype=np.intp)
        for code in np.unique(codes):
            nth[codes == code] = np.arange((codes == code).sum())
        return index[np.sort(np.argsort(nth, kind="stable")[:count])]

    def table(self, path: str) -> Rows:
        """Return a table of the repository.

        Raises:
            UnmetError: it cannot be read.
        """
        with self._lock:
            if path not in self._tables:
                try:
                    frame = self.read_table(path)
                except GateError as error:
                    raise UnmetError(error.message) from error
                self._tables[path] = Rows(frame, Columns(target=self.rows.columns.target), typed=False, files={})
            return self._tables[path]

    def _file(
        self, name: str, index: Index, *, labelled: bool = False, shuffle: int | None = None, rows: AnyRows = EVAL
    ) -> RowsFile:
        source = self.rows if rows.table is None else self.table(rows.table)
        with self._lock:  # parallel trainings request the same rows
            if name not in self._files:
                change = None if rows in (EVAL, TRAIN) else partial(_features_changed, rows, self.rows.columns.id)
                digest = self._digest(index, shuffle) if source is self.rows else ""
                self._files[name] = self.files.file(Asked(source, index, labelled, shuffle, change), digest)
            return self._files[name]

    def _digest(self, index: Index, shuffle: int | None) -> str:
        """Return a digest of rows, their contents and their labels."""
        identity, target = self.split.identity, self.split.target
        hasher = blake2b(str(shuffle).encode(), digest_size=16)
        hasher.update(identity.ids[index].tobytes() + identity.contents[index].tobytes())
        hasher.update(b"" if target is None else column_bytes(target.take(index)))
        return hasher.hexdigest()

    def _classes(self, index: Index) -> tuple[str, ...]:
        target = self.split.target
        if not isinstance(target, Names):
            return ()
        codes = np.unique(target.codes[index])
        return tuple(sorted((target.names[code] for code in codes if code >= 0), key=_by_number_first))


def _features_changed(rows: AnyRows, id_name: str | None, frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return rows with changed features and unchanged ids."""
    if id_name is None or id_name not in frame.columns:
        return rows.change(frame)
    return rows.change(frame.drop(id_name)).insert_column(0, frame.get_column(id_name))


def column_bytes(column: Column) -> bytes:
    """Return the values of a column as bytes; equal values give equal bytes."""
    match column:
        case Numbers():
            return column.values.tobytes()
        case Names():
            return json.dumps(column.texts()).encode()


def _by_number_first(name: str) -> tuple[bool, float, str]:
    """Return a sort key that orders labels as if they had their own type: numbers by size, names alphabetically."""
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name
