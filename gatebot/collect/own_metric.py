"""Computes user-written metrics: the function comes from the base branch and runs in the sandbox with the labels."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np

from gatebot.collect import bounded_read, files
from gatebot.collect.adapters.adapter import RunSettings
from gatebot.collect.dataset import Dataset
from gatebot.collect.job import Tree
from gatebot.data.column_types import converted, refitted
from gatebot.data.layout import NUMBER, TEXT
from gatebot.data.table_file import ENDING, write_table
from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.effects import Ending
from gatebot.evidence.kind import UnmetError
from gatebot.evidence.own_score import OwnScore, Score
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.sandbox import Ended

MOST_BYTES = 64 << 20
MOST_FILE = 1 << 20  # the maximum size of a file that is copied beside a metric: code and small tables


def score(need: Score, predictions: Predictions, dataset: Dataset, tree: Tree, settings: RunSettings) -> OwnScore:
    """Compute one metric of one set of predictions.

    Args:
        need: names the metric, as `file.py:function`.
        predictions: the predictions to score.
        dataset: the labels and features of the rows.
        tree: the tree with the function.
        settings: the environment that it runs in.

    Raises:
        UnmetError: there are no labels or predictions, a row has no prediction, or the function cannot be run.
        MachineError: the machine failed.
    """
    truth = dataset.truth_of(need.predict)
    if truth is None or predictions.problem or predictions.effects.ended is not Ending.OK:
        raise UnmetError("there are no labels" if truth is None else "there are no predictions to score")
    if settings.python is None:
        raise UnmetError("there is no Python to run it")
    file, _, function = need.metric.rpartition(":")
    if not file or not function:
        raise UnmetError(f"`{need.metric}` does not say where it is: file.py:function")
    scratch = settings.tasks.parent / uuid4().hex
    try:
        return _run(_Scoring(need, predictions, truth, dataset, settings), tree, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Scoring:
    """The input of one metric computation."""

    need: Score
    predictions: Predictions
    truth: Truth
    dataset: Dataset
    settings: RunSettings


def _run(scoring: _Scoring, tree: Tree, scratch: Path) -> OwnScore:
    need, predictions, truth, settings = scoring.need, scoring.predictions, scoring.truth, scoring.settings
    small = [path for path in files.listed(tree.path) if (tree.path / path).lstat().st_size < MOST_FILE]
    files.copied(tree.path, small, scratch / "work", link=False)
    scratch.chmod(0o711)
    predict_request = scoring.dataset.predict_request(need.predict)
    table, task, status = scratch / f"table{ENDING}", settings.tasks / f"{uuid4().hex}.json", scratch / "status.json"
    _write(table, predictions, truth, scoring.dataset)
    facts = {
        "stage": "score",
        "root": str(scratch / "work" / tree.folder),
        "metric": need.metric,
        "table": str(table),
        "rows": str(predict_request.rows.table),
        "types": predict_request.rows.types,
        "status": str(status),
    }
    task.write_text(json.dumps(facts))
    completed = settings.runner.run(
        (str(settings.python), str(settings.worker), str(task)),
        scratch,
        readable=(settings.worker.parent, task, *predict_request.rows.tables),
        env=settings.importing(scratch / "work"),
    )
    if not completed.ok:
        last = settings.runner.log_of(completed)[-1:]
        how = "crashed" if completed.ended is Ended.EXITED else completed.ended.value
        return OwnScore(float("nan"), None, f"{how}: {' '.join(last)}"[:500])
    try:
        return _result(json.loads(bounded_read.read(status, MOST_BYTES)), len(truth.ids))
    except (FileNotFoundError, ValueError, TypeError, KeyError, RecursionError, bounded_read.UnreadableError) as error:
        return OwnScore(float("nan"), None, f"it left no value: {error}"[:500])


def _result(facts: dict[str, object], rows: int) -> OwnScore:
    value, each = float(str(facts["value"])), facts["rows"]
    if each is None:
        return OwnScore(value, None)
    if not isinstance(each, list) or len(each) != rows:
        return OwnScore(value, None, f"it gives {len(each) if isinstance(each, list) else 0} values for {rows} rows")
    return OwnScore(value, np.array(each, dtype=np.float64))


def _write(table: Path, predictions: Predictions, truth: Truth, dataset: Dataset) -> None:
    """Write labels and predictions as one table, in the order of the requested rows.

    Labels have the type of the target's column, so that 1 is a number where the data says so.
    """
    import polars as pl

    place = {row: at for at, row in reversed(list(enumerate(predictions.ids.tolist())))}
    missing = [row for row in truth.ids.tolist() if row not in place]
    if missing:
        raise UnmetError(f"{len(missing)} rows have no prediction")
    order = np.array([place[row] for row in truth.ids.tolist()], dtype=np.intp)
    columns: dict[str, Column] = {"target": truth.target}
    if truth.weight is not None:
        columns["weight"] = truth.weight
    columns |= {name: column.take(order) for name, column in predictions.columns.items()}
    words = {name: column.texts() for name, column in columns.items() if isinstance(column, Names)}
    kind = dataset.files.types.get(dataset.rows.columns.target or "", TEXT)
    texts = pl.DataFrame(words, schema=dict.fromkeys(words, pl.String))
    types = refitted(texts, converted(texts, dict.fromkeys(words, kind)), dict.fromkeys(words, kind))
    numbers = {name: column.values for name, column in columns.items() if isinstance(column, Numbers)}
    frame = pl.DataFrame({**converted(texts, types).to_dict(), **numbers}).select(list(columns))
    write_table(frame, {**types, **dict.fromkeys(numbers, NUMBER)}, table)
    table.chmod(0o644)
