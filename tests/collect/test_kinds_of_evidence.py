"""Kinds of evidence beyond plain trainings and predictions, collected by running real user code."""

from pathlib import Path

import numpy as np
import pytest

from gatebot.collect import Tree, collect
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.need import Need, Side
from gatebot.evidence.operation import Operation, OperationRuns
from gatebot.evidence.predictions import (
    EVAL,
    TRAIN,
    Batches,
    CaseRows,
    InvalidRows,
    PerturbedRows,
    Predict,
    Predictions,
    RepeatedRows,
    Rows,
    ShuffledRows,
)
from gatebot.evidence.side_effects import Observed, SideEffects
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Training
from tests.collect.repository import PIPELINE, document, job, repository, rich_python

FIT = Fit(Side.HEAD)
PLAIN = Predict(FIT)
COMMANDS = {
    "train.sh": "cp $1 $2\n",
    "predict.sh": 'echo "id,prediction" > $2; tail -n +2 $1 | while IFS=, read id rest; do echo $id,yes >> $2; done\n',
}
BY_COMMAND = {"train": "sh train.sh {train} {out}", "predict": "sh predict.sh {rows} {predictions}"}


def head(root: Path, cache: Path, *needs: Need, **sections: object) -> Snapshot:
    return collect(needs, job(root, cache, document(**sections)))[Side.HEAD]


def predicted(found: Snapshot, need: Predict) -> Predictions:
    predictions = found.get(need, Predictions)
    assert predictions is not None, found.unmet
    assert not predictions.problem
    return predictions


def by_id(predictions: Predictions) -> dict[int, float]:
    column = predictions.columns["score_yes"]
    assert isinstance(column, Numbers)
    return dict(zip(predictions.ids.tolist(), column.values.tolist(), strict=True))


@pytest.mark.parametrize("rows", [ShuffledRows(), ShuffledRows(3), Batches(7, 2), Batches(1, 3), RepeatedRows()])
@pytest.mark.whole
def test_the_same_rows_in_another_order_or_in_batches(rows: Rows, open_path: Path, shared_cache: Path) -> None:
    asked = Predict(FIT, rows)  # type: ignore[arg-type]
    found = head(repository(open_path / "repo"), shared_cache, PLAIN, asked)
    plain, other = (by_id(predicted(found, need)) for need in (PLAIN, asked))
    assert other.items() <= plain.items()
    if isinstance(rows, Batches):
        assert len(other) == rows.size * rows.calls
        assert list(other) == list(plain)[: len(other)]
    elif isinstance(rows, ShuffledRows):
        assert list(other) != list(plain)
        assert other == plain


def test_each_batch_is_a_call_of_its_own(open_path: Path, shared_cache: Path) -> None:
    code = PIPELINE + "\ndef predict(model, rows):\n    return [{'yes': len(rows) / 100, 'no': 1.0} for _ in rows]\n"
    asked = Predict(FIT, Batches(4, 3))
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, PLAIN, asked)
    assert list(by_id(predicted(found, PLAIN)).values()) == pytest.approx([0.2] * 20)
    assert list(by_id(predicted(found, asked)).values()) == pytest.approx([0.04] * 12)


def test_other_rows_share_a_process_that_is_not_that_of_the_eval_rows(open_path: Path, shared_cache: Path) -> None:
    code = PIPELINE + "\nimport os\ndef predict(model, rows):\n    return [str(os.getpid())] * len(rows)\n"
    asked = [Predict(FIT, rows) for rows in (EVAL, TRAIN, ShuffledRows(), Batches(2, 3), RepeatedRows())]
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, *asked)
    said = [predicted(found, need).columns["prediction"] for need in asked]
    processes = [set(column.texts()) for column in said if isinstance(column, Names)]
    assert [len(each) for each in processes] == [1] * 5
    assert processes[0] != processes[1] == processes[2] == processes[3] == processes[4]


@pytest.mark.whole
def test_rows_that_crash_spoil_no_other_rows(open_path: Path, shared_cache: Path) -> None:
    code = PIPELINE.replace("    return [{", "    assert len(rows) != 2\n    return [{")
    asked = [Predict(FIT, rows) for rows in (ShuffledRows(), Batches(2, 3), RepeatedRows())]
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, *asked)
    ended = [predictions.effects.ended for need in asked if (predictions := found.get(need, Predictions)) is not None]
    assert ended == ["ok", "crashed", "ok"]


@pytest.mark.whole
def test_a_model_that_is_no_file_predicts_batches_too(open_path: Path, shared_cache: Path) -> None:
    code = PIPELINE.replace('return {"share"', 'return lambda: {"share"')
    asked = Predict(FIT, Batches(4, 3))
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, PLAIN, asked)
    assert by_id(predicted(found, asked)).items() <= by_id(predicted(found, PLAIN)).items()


@pytest.mark.parametrize("name", ["noise", "missing", "typo", "shuffled"])
@pytest.mark.whole
def test_perturbed_rows_keep_their_ids_and_other_columns(name: str, open_path: Path, shared_cache: Path) -> None:
    code = PIPELINE + "\ndef predict(model, rows):\n    return [repr((r['kind'], r['x'])) for r in rows]\n"
    column = "kind" if name == "typo" else "x"
    asked = Predict(FIT, PerturbedRows(name, column, 0.9, 1))  # type: ignore[arg-type]
    root = repository(open_path / "repo", {"pipeline.py": code.replace("return [repr", "return [str")})
    found = head(root, shared_cache, PLAIN, asked)
    plain, other = (predicted(found, need) for need in (PLAIN, asked))
    assert np.array_equal(plain.ids, other.ids)
    was, now = (each.columns["prediction"] for each in (plain, other))
    assert isinstance(was, Names)
    assert isinstance(now, Names)
    changed = sum(one != two for one, two in zip(was.texts(), now.texts(), strict=True))
    assert changed > 10 if name != "typo" else changed == 0  # one letter cannot be swapped
    assert [text and text[:4] for text in was.texts()] == [text and text[:4] for text in now.texts()]


@pytest.mark.whole
def test_cases_are_read_from_the_repository(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"tests/cases.csv": "id,x,kind\nc1,0.25,a\nc2,0.75,b\n"})
    asked, missing = Predict(FIT, CaseRows("tests/cases.csv")), Predict(FIT, CaseRows("nothing.csv"))
    found = head(root, shared_cache, asked, missing)
    assert list(by_id(predicted(found, asked)).values()) == pytest.approx([0.25, 0.75])
    assert "`nothing.csv` cannot be read" in found.why_unmet(missing)


@pytest.mark.parametrize("name", ["no_rows", "empty", "text", "huge", "missing_column"])
@pytest.mark.whole
def test_invalid_rows_end_in_predictions_a_problem_or_a_crash(name: str, open_path: Path, shared_cache: Path) -> None:
    asked = Predict(FIT, InvalidRows(name))  # type: ignore[arg-type]
    found = head(repository(open_path / "repo"), shared_cache, PLAIN, asked)
    assert predicted(found, PLAIN)
    assert found.has(asked)


def test_commands_predict_other_rows_too(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", COMMANDS)
    asked = [Predict(FIT, rows) for rows in (ShuffledRows(), Batches(3, 2), RepeatedRows())]
    found = head(root, shared_cache, *asked, SideEffects(FIT), Operation(FIT), model=BY_COMMAND)
    assert [len(predicted(found, need).ids) for need in asked] == [20, 6, 20]
    for need in (SideEffects(FIT), Operation(FIT)):
        assert "is a command" in found.why_unmet(need)


@pytest.mark.whole
def test_a_training_on_few_rows_has_all_classes(open_path: Path, shared_cache: Path) -> None:
    few = Fit(Side.HEAD, rows=6)
    code = PIPELINE.replace("    share", "    print(sorted(row['label'] for row in rows))\n    share")
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, few)
    training = found.get(few, Training)
    assert training is not None
    assert training.rows == 6
    assert "['no', 'no', 'no', 'yes', 'yes', 'yes']" in training.effects.log_tail


@pytest.mark.whole
def test_more_capacity_is_asked_for_where_train_takes_it(open_path: Path, shared_cache: Path) -> None:
    large = Fit(Side.HEAD, capacity=4)
    found = head(repository(open_path / "repo"), shared_cache, FIT, large)
    assert found.why_unmet(large) == "`train` has no parameter `capacity`"
    code = PIPELINE.replace("seed, report", "seed, report, capacity").replace(
        "    share", "    print(capacity)\n    share"
    )
    found = head(repository(open_path / "other", {"pipeline.py": code}), shared_cache, FIT, large)
    trainings = [found.get(fit, Training) for fit in (FIT, large)]
    assert [each and each.effects.log_tail for each in trainings] == [("1.0",), ("4.0",)]
    commands = head(repository(open_path / "commands", COMMANDS), shared_cache, large, model=BY_COMMAND)
    assert commands.why_unmet(large) == "`model.train` takes no {capacity}"


def test_a_plain_predict_has_no_side_effects(open_path: Path, shared_cache: Path) -> None:
    found = head(repository(open_path / "repo"), shared_cache, SideEffects(FIT))
    seen = found.get(SideEffects(FIT), Observed)
    assert seen is not None, found.unmet
    assert (seen.rows, seen.input, seen.files, seen.random_state, seen.folder) == (20, (), (), (), False)
    assert found.has(FIT)


SLOPPY = """
import os, random
def predict(model, rows):
    open("seen.txt", "a").write("x")
    random.random()
    os.makedirs("data", exist_ok=True)
    os.chdir("data")
    %s
    return ["yes"] * len(rows)
"""


@pytest.mark.parametrize(
    ("python", "line", "changed"),
    [
        ("", "rows[0]['x'] = 0", ("rows",)),
        ("rich", "rows['x'] = 0", ("x",)),
        ("rich", "rows.drop(columns='x', inplace=True)", ("columns",)),
        ("rich", "rows.sort_values('x', inplace=True)", ("order of rows",)),
    ],
)
def test_side_effects_are_seen(
    python: str, line: str, changed: tuple[str], open_path: Path, shared_cache: Path
) -> None:
    code = "def train(rows, seed):\n    return 1\n" + SLOPPY % line
    smoke = {"smoke": {"python": rich_python()}} if python else {}
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, SideEffects(FIT), **smoke)
    seen = found.get(SideEffects(FIT), Observed)
    assert seen is not None, found.unmet
    assert (seen.input, seen.random_state, seen.folder) == (changed, ("random",), True)
    assert "seen.txt" in seen.files


def watched(code: str, open_path: Path, cache: Path) -> tuple[Observed, OperationRuns]:
    root = repository(open_path / "repo", {"pipeline.py": PIPELINE + code})
    found = head(root, cache, PLAIN, SideEffects(FIT), Operation(FIT))
    seen, runs = found.get(SideEffects(FIT), Observed), found.get(Operation(FIT), OperationRuns)
    assert seen is not None, found.unmet
    assert runs is not None, found.unmet
    return seen, runs


@pytest.mark.whole
def test_a_predict_that_crashes_leaves_its_problem(open_path: Path, shared_cache: Path) -> None:
    code = "\ndef predict(model, rows):\n    raise ValueError('no')\n"
    seen, runs = watched(code, open_path, shared_cache)
    assert seen.problem == runs.runs[0].problem == "crashed: ValueError: no"


def test_a_process_that_ends_early_leaves_its_problem(open_path: Path, shared_cache: Path) -> None:
    code = "\ndef predict(model, rows):\n    import os\n    os._exit(0)\n"
    seen, runs = watched(code, open_path, shared_cache)
    assert seen.problem == runs.runs[0].problem == "the process ended early"


LIE = """
import json
dumps = json.dumps
def lie(facts):
    if isinstance(facts, dict) and "values" in facts:
        facts["values"].update(%s)
    return dumps(facts)
json.dumps = lie
"""


@pytest.mark.parametrize(
    "values",
    [
        "single=[10**400]",
        "single=[float('nan')]",
        "single=[-1.0]",
        "single=['fast']",
        "single=[True]",
        "single=None",
        "rows=2**70",
        "rows=10**400",
        "rows=-1",
    ],
)
@pytest.mark.whole
def test_a_process_that_lies_leaves_a_problem(values: str, open_path: Path, shared_cache: Path) -> None:
    seen, runs = watched(LIE % values, open_path, shared_cache)
    assert runs.runs[0].problem
    assert bool(seen.problem) == values.startswith("rows=")


@pytest.mark.whole
def test_a_growth_that_is_no_number_is_unknown(open_path: Path, shared_cache: Path) -> None:
    _, runs = watched(LIE % "growth=10**400", open_path, shared_cache)
    assert runs.runs[0].growth_bytes is None
    assert not runs.runs[0].problem


SLOW = (
    PIPELINE
    + """
kept = []
fast = predict
def predict(model, rows):
    import time
    time.sleep(0.005)
    kept.append("x" * 3_000_000)
    return fast(model, rows)
"""
)


def test_times_and_growth_are_measured(open_path: Path, shared_cache: Path) -> None:
    found = head(repository(open_path / "repo", {"pipeline.py": SLOW}), shared_cache, Operation(FIT))
    runs = found.get(Operation(FIT), OperationRuns)
    assert runs is not None, found.unmet
    (run,) = runs.runs
    assert (run.side, run.batch_rows, len(run.batch_s)) == (Side.HEAD, 20, 10)
    assert min(run.single_s) > 0.004
    assert run.peak_rss_bytes > 10_000_000
    assert run.growth_bytes is not None
    assert 2e6 < run.growth_bytes < 5e6


@pytest.mark.whole
def test_base_and_head_are_timed_in_turn(open_path: Path, shared_cache: Path) -> None:
    base, changed = repository(open_path / "base"), repository(open_path / "head", {"pipeline.py": SLOW})
    need, config = Operation(FIT, in_turn=True), document()
    trees = {side: Tree(root, config.recipe) for side, root in ((Side.BASE, base), (Side.HEAD, changed))}
    found = collect([need], job(changed, shared_cache, trees=trees))[Side.HEAD]
    runs = found.get(need, OperationRuns)
    assert runs is not None, found.unmet
    order = "".join(run.side[0] for run in runs.runs)
    assert order == "bhhb" * 5
    slowest_base = max(min(run.single_s) for run in runs.of(Side.BASE))
    assert slowest_base < min(min(run.single_s) for run in runs.of(Side.HEAD))


def test_in_turn_needs_the_files_of_both(open_path: Path, shared_cache: Path) -> None:
    found = head(repository(open_path / "repo"), shared_cache, Operation(FIT, in_turn=True))
    assert found.why_unmet(Operation(FIT, in_turn=True)) == "the files of base are not here"


@pytest.mark.whole
def test_few_rows_are_asked_for_before_many(open_path: Path, shared_cache: Path) -> None:
    """A model that remembers its answers by row cannot answer single rows with what it said among others."""
    code = """
seen = {}
def predict(model, rows):
    for row in rows:
        seen.setdefault(row["id"], len(rows))
    return [{"yes": seen[row["id"]] / 100, "no": 1.0} for row in rows]
"""
    asked = [Predict(FIT, rows) for rows in (ShuffledRows(), Batches(1, 3), RepeatedRows())]
    found = head(repository(open_path / "repo", {"pipeline.py": PIPELINE + code}), shared_cache, PLAIN, *asked)
    assert list(by_id(predicted(found, asked[1])).values()) == pytest.approx([0.01] * 3)
