"""The data of one side, read and split once, and written to files: rows to train on and rows to predict."""

import json
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from threading import Lock

import numpy as np

from gatebot.collect.delivered import RequestedRows
from gatebot.collect.workspace import PredictRequest, RowsFile, TrainRequest
from gatebot.core.needs import Fit, Labels, Predict, seed_of
from gatebot.core.needs import Rows as Which
from gatebot.data.handover import write_rows
from gatebot.data.identity import spelled
from gatebot.data.rows import Index, Rows
from gatebot.data.split import Split
from gatebot.data.target import NOTHING
from gatebot.evidence.column import Column, Hashes, Names, Numbers
from gatebot.evidence.kinds import DataProfile, Truth


@dataclass(eq=False)
class Dataset:
    """The data that one side trains on and predicts.

    Attributes:
        project: the key for seeds.
        rows: all rows that were read.
        split: which rows are used for what.
        profile: the data as evidence.
        truth: labels of the eval rows.
        folder: where rows are written.
        version: the version of the data: a digest of the version files that the Recipe names, or else of the data
            itself.
    """

    project: str
    rows: Rows
    split: Split
    profile: DataProfile
    truth: Truth | None
    folder: Path
    version: str = ""
    _files: dict[str, RowsFile] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def train_request(self, fit: Fit) -> TrainRequest:
        """Return what a training gets: its rows with labels, and its seed."""
        index = self.split.training(fit.tier, fit.fold)
        seed = seed_of(self.project, fit.seed)
        name = f"train-{fit.tier}-f{fit.fold}"
        shuffle = None
        if fit.labels is Labels.SHUFFLED:
            name, shuffle = f"{name}-shuffled-s{fit.seed}", seed
        return TrainRequest(fit, seed, self._file(name, index, labelled=True, shuffle=shuffle), self._classes(index))

    def predict_request(self, need: Predict) -> PredictRequest:
        """Return the rows to predict, without labels, and how predictions are matched to rows."""
        fit, index = need.fit, self.index_of(need)
        name = f"ask-train-{fit.tier}-f{fit.fold}" if need.rows is Which.TRAIN else f"ask-eval-f{fit.fold}"
        return PredictRequest(need.rows.value, self._file(name, index, labelled=False), self._asked(index))

    def index_of(self, need: Predict) -> Index:
        """Return the positions of the rows to predict."""
        if need.rows is Which.TRAIN:
            return self.split.training(need.fit.tier, need.fit.fold)
        return self.asked(need.fit.fold)

    def ids_of(self, need: Predict) -> Hashes:
        """Return the hashes of the ids of these rows."""
        return self.split.identity.ids[self.index_of(need)]

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
        if target is None:
            return None
        index = self.index_of(need)
        return Truth(self.split.identity.ids[index], target.take(index))

    def _asked(self, index: Index) -> RequestedRows:
        name = self.rows.columns.id
        hashes = self.split.identity.ids[index]
        if name is None:
            return RequestedRows(hashes)
        return RequestedRows(hashes, tuple(spelled(self.rows.frame, name).gather(index).to_list()), name)

    def _file(self, name: str, index: Index, *, labelled: bool, shuffle: int | None = None) -> RowsFile:
        with self._lock:  # parallel trainings request the same rows
            if name not in self._files:
                self._files[name] = self._written(index, labelled=labelled, shuffle=shuffle)
            return self._files[name]

    def _written(self, index: Index, *, labelled: bool, shuffle: int | None) -> RowsFile:
        identity = self.split.identity
        name = secrets.token_hex(8)  # random: user code sees the path, which must not tell the rows
        paper = write_rows(self.rows, identity, index, self.folder, name, target=labelled, shuffle_labels=shuffle)
        csv = paper.path if not self.rows.typed else self._as_csv(paper.path)
        for each in (csv, paper.path):
            each.chmod(0o644)
        return RowsFile(paper.path, csv, len(index), self._digest(index, shuffle), self._types)

    def _as_csv(self, parquet: Path) -> Path:
        """Write the same rows as CSV, for interpreters that cannot read Parquet."""
        import polars as pl

        frame, csv = pl.read_parquet(parquet), parquet.with_suffix(".csv")
        pl.DataFrame([spelled(frame, name).alias(name) for name in frame.columns]).write_csv(csv)
        return csv

    def _digest(self, index: Index, shuffle: int | None) -> str:
        """Return a digest of rows, their contents and their labels."""
        identity, target = self.split.identity, self.split.target
        hasher = blake2b(str(shuffle).encode(), digest_size=16)
        hasher.update(identity.ids[index].tobytes() + identity.contents[index].tobytes())
        hasher.update(b"" if target is None else column_bytes(target.take(index)))
        return hasher.hexdigest()

    @cached_property
    def _types(self) -> dict[str, str]:
        """Column types that a reader cannot infer from a part of the rows.

        These are text columns whose values here may look like numbers, and integer columns with missing values
        elsewhere.
        """
        if self.rows.typed:
            return {}
        kinds = {column.name: column for column in self.profile.columns}
        words = [name for name, one in kinds.items() if one.kind in ("category", "text", "time") or one.unparsed]
        gaps = {
            name: "number"
            for name, column in kinds.items()
            if column.kind in ("integer", "number") and column.missing and not column.unparsed
        }
        return {name: "text" for name in words if self._has_words(name)} | gaps

    def _has_words(self, name: str) -> bool:
        """Return whether a text column has a value that is not a number.

        If it has none, a reader of the whole data would read numbers too (`007` is 7).
        """
        import polars as pl

        values = self.rows.frame.get_column(name).str.strip_chars()
        values = values.filter(values.is_not_null() & ~values.str.to_lowercase().is_in(NOTHING))
        return values.cast(pl.Float64, strict=False).null_count() > 0

    def _classes(self, index: Index) -> tuple[str, ...]:
        target = self.split.target
        if not isinstance(target, Names):
            return ()
        codes = np.unique(target.codes[index])
        return tuple(sorted((target.names[code] for code in codes if code >= 0), key=_by_number_first))


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
