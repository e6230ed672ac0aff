"""Contract (a): `train` and `predict` in a Python file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gatebot.collect import Collector, collect
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import TRAIN, Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Labels, Training, seed_of
from tests.collect.repository import PIPELINE, Recorded, document, job, repository, rich_python, tickets, with_folds

FIT = Fit(Side.HEAD)
ASK = Predict(FIT)


def head(root: Path, cache: Path, *needs: Need, **sections: Any) -> Snapshot:
    return collect(needs, job(root, cache, document(**sections)))[Side.HEAD]


def test_a_round_leaves_trainings_predictions_and_the_data(open_path: Path, shared_cache: Path) -> None:
    effort = Effort(smoke_seeds=2)
    needs: tuple[Need, ...] = (*effort.fits(Side.HEAD), *effort.predictions(Side.HEAD), Profile(Side.HEAD))
    found = head(repository(open_path / "repo"), shared_cache, *needs)
    assert found.unmet == {}
    assert set(found.evidence) == set(needs)
    training, predictions, profile = (
        found.get(FIT, Training),
        found.get(ASK, Predictions),
        found.get(Profile(Side.HEAD), DataProfile),
    )
    assert training is not None
    assert predictions is not None
    assert profile is not None
    assert (training.effects.ended, training.effects.exit_code, training.rows) == (Ending.OK, 0, 37)
    assert list(training.losses) == pytest.approx([1, 1 / 2, 1 / 3])
    assert training.artifact_bytes
    assert training.effects.peak_rss_bytes > 1e6
    assert (predictions.problem, predictions.rescored) == ("", False)
    assert np.array_equal(predictions.ids, profile.eval_rows.ids)
    assert found.truth is not None
    assert np.array_equal(found.truth.ids, predictions.ids)
    assert isinstance(predictions.columns["prediction"], Names)
    assert isinstance(predictions.columns["score_yes"], Numbers)
    assert isinstance(found.truth.target, Names)
    right = np.array(predictions.columns["prediction"].texts()) == np.array(found.truth.target.texts())
    assert right.mean() > 0.9


def test_seeds_are_hashes_of_the_project_and_each_has_rows_of_its_own(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"pipeline.py": PIPELINE.replace("report(", "print(seed) or report(")})
    fits = Fit(Side.HEAD, seed=0), Fit(Side.HEAD, seed=1), Fit(Side.HEAD, seed=1, rows_of=0)
    found = head(root, shared_cache, *fits)
    one, other, on_the_same_rows = (found.get(fit, Training) for fit in fits)
    assert one is not None
    assert other is not None
    assert on_the_same_rows is not None
    assert one.rows == other.rows
    assert one.rows_digest == on_the_same_rows.rows_digest != other.rows_digest
    assert other.effects.log_tail[0] == on_the_same_rows.effects.log_tail[0]
    assert one.effects.log_tail[0] == str(seed_of("tickets", 0))
    assert other.effects.log_tail[0] != one.effects.log_tail[0]


def test_train_rows_are_predicted_without_their_labels_and_get_their_truth(open_path: Path, shared_cache: Path) -> None:
    code = (
        PIPELINE
        + "\ndef predict(model, rows):\n    return ['label' in row and row['label'] or 'none' for row in rows]\n"
    )
    on_train = Predict(FIT, TRAIN)
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, on_train)
    predictions = found.get(on_train, Predictions)
    assert predictions is not None
    assert len(predictions.ids) == 37
    assert isinstance(predictions.columns["prediction"], Names)
    assert predictions.columns["prediction"].names == ("none",)
    assert found.truth is not None
    assert np.isin(predictions.ids, found.truth.ids).all()


def test_shuffled_labels_are_other_labels_of_the_same_rows(open_path: Path, shared_cache: Path) -> None:
    shuffled = Fit(Side.HEAD, labels=Labels.SHUFFLED)
    code = PIPELINE.replace(
        "share =", "print(sorted(r['id'] for r in rows)[:3], [r['label'] for r in rows])\n    share ="
    )
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, FIT, shuffled)
    true, other = found.get(FIT, Training), found.get(shuffled, Training)
    assert true is not None
    assert other is not None
    assert true.rows_digest != other.rows_digest
    assert true.effects.log_tail[0].split("]")[0] == other.effects.log_tail[0].split("]")[0]
    assert sorted(true.effects.log_tail[0]) == sorted(other.effects.log_tail[0])
    assert true.effects.log_tail != other.effects.log_tail


def test_each_fold_predicts_its_own_rows(open_path: Path, shared_cache: Path) -> None:
    needs = Effort(smoke_seeds=1, folds=3).predictions(Side.HEAD)
    config = document(data={"split": {"folds": 3}})
    found = collect([*needs, Profile(Side.HEAD)], job(repository(open_path / "repo"), shared_cache, config))[Side.HEAD]
    profile = found.get(Profile(Side.HEAD), DataProfile)
    parts = [found.get(need, Predictions) for need in needs]
    assert profile is not None
    ids = np.concatenate([part.ids for part in parts if part is not None])
    assert sorted(ids.tolist()) == sorted(profile.eval_rows.ids.tolist())
    assert len(ids) == 60


def test_the_smoke_rows_are_among_the_confirm_rows(open_path: Path, shared_cache: Path) -> None:
    code = PIPELINE.replace("share =", "print(' '.join(r['id'] for r in rows))\n    share =")
    confirm = Fit(Side.HEAD, Tier.CONFIRM)
    found = head(
        repository(open_path / "repo", {"pipeline.py": code}), shared_cache, FIT, confirm, smoke={"train_rows": 10}
    )
    small, large = (found.get(fit, Training) for fit in (FIT, confirm))
    assert small is not None
    assert large is not None
    assert (small.rows, large.rows) == (10, 25)
    assert set(small.effects.log_tail[0].split()) < set(large.effects.log_tail[0].split())


@pytest.mark.whole
@pytest.mark.parametrize(
    ("code", "ended", "log"),
    [
        ("def train(rows):\n    return rows[0]['nothing']\n", Ending.CRASHED, "KeyError: 'nothing'"),
        ("import os\ndef train(rows):\n    os._exit(0)\n", Ending.NO_OUTPUT, "before `train` returned"),
        ("import os\ndef train(rows):\n    os.kill(os.getpid(), 11)\n", Ending.CRASHED, ""),
        ("import time\ndef train(rows):\n    time.sleep(60)\n", Ending.TIMEOUT, ""),
        ("def train(rows):\n    return bytearray(400_000_000)\n", Ending.MEMORY, ""),
        (
            (
                "def train(rows):\n    with open('big', 'wb') as file:\n"
                "        for _ in range(300):\n            file.write(bytes(1_000_000))\n"
            ),
            Ending.DISK,
            "",
        ),
        ("import sys\nsys.exit(3)\n", Ending.CRASHED, ""),
    ],
    ids=["exception", "silent exit", "signal", "timeout", "memory", "disk", "exit on import"],
)
def test_what_the_users_code_does_wrong_is_evidence(
    open_path: Path, shared_cache: Path, code: str, ended: Ending, log: str
) -> None:
    limits = {"timeout": "3s", "memory": "200MB", "disk": "100MB"}
    root = repository(open_path / "repo", {"pipeline.py": code})
    found = head(root, shared_cache, FIT, ASK, smoke=limits)
    training = found.get(FIT, Training)
    assert training is not None
    assert training.effects.ended is ended
    assert log in "\n".join(training.effects.log_tail)
    assert found.unmet == {ASK: f"its training ended with: {ended}"}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("body", "ended", "problem"),
    [
        ("raise ValueError('no')", Ending.CRASHED, ""),
        ("return ['a'] * (len(rows) - 1)", Ending.OK, "19 predictions for 20 rows"),
        ("return ['a'] * (len(rows) + 1)", Ending.OK, "21 predictions for 20 rows"),
        ("return None", Ending.CRASHED, ""),
        ("import os; os._exit(0)", Ending.NO_OUTPUT, ""),
        ("import time; time.sleep(60)", Ending.TIMEOUT, ""),
    ],
)
def test_answers_that_are_none(open_path: Path, shared_cache: Path, body: str, ended: Ending, problem: str) -> None:
    code = f"def train(rows):\n    return 1\ndef predict(model, rows):\n    {body}\n"
    root = repository(open_path / "repo", {"pipeline.py": code})
    predictions = head(root, shared_cache, ASK, smoke={"timeout": "3s"}).get(ASK, Predictions)
    assert predictions is not None
    assert (predictions.effects.ended, predictions.problem) == (ended, problem)
    assert (len(predictions.ids), dict(predictions.columns)) == (0, {})


def test_nan_and_missing_labels_are_delivered_as_they_are(open_path: Path, shared_cache: Path) -> None:
    code = (
        "def train(rows):\n    return 1\n"
        "def predict(model, rows):\n    nan = float('nan')\n"
        "    return [{'yes': nan, 'no': nan}] + [{'yes': 0.9, 'no': 0.1}] * (len(rows) - 1)\n"
    )
    predictions = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, ASK).get(ASK, Predictions)
    assert predictions is not None
    answers, scores = predictions.columns["prediction"], predictions.columns["score_yes"]
    assert isinstance(answers, Names)
    assert isinstance(scores, Numbers)
    assert answers.texts()[:2] == [None, "yes"]
    assert np.isnan(scores.values[0])


CLOSURE = """
import os
def train(rows):
    open("trained", "w").write(str(os.getpid()))
    return {"lock": __import__("threading").Lock(), "pid": os.getpid()}
def predict(model, rows):
    assert model["pid"] == os.getpid()
    return ["yes"] * len(rows)
"""


def test_a_model_that_is_no_file_is_asked_where_it_was_trained(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"pipeline.py": CLOSURE})
    with Collector(job(root, shared_cache)) as collector:
        assert collector.saves(Side.HEAD) is None
        found = collector.collect([FIT, ASK, Predict(FIT, TRAIN)])[Side.HEAD]
        assert collector.saves(Side.HEAD) is False
    predictions = found.get(ASK, Predictions)
    assert predictions is not None
    assert (predictions.problem, predictions.effects.ended, len(predictions.ids)) == ("", Ending.OK, 20)
    assert "in one process" in predictions.effects.log_tail[-1]
    assert found.unmet == {}


def test_a_pickle_that_does_not_open_again_is_no_file_either(open_path: Path, shared_cache: Path) -> None:
    code = """
class Model:
    def __setstate__(self, state):
        raise RuntimeError("cannot be opened")
def train(rows):
    model = Model()
    model.a = 1
    return model
def predict(model, rows):
    return ["yes"] * len(rows)
"""
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, ASK)
    predictions = found.get(ASK, Predictions)
    assert predictions is not None
    assert predictions.effects.ended is Ending.OK
    assert len(predictions.ids) == 20


def test_the_users_own_save_and_load_are_used(open_path: Path, shared_cache: Path) -> None:
    code = """
from pathlib import Path
def train(rows, out):
    Path(out, "extra").write_text("yes")
    return object()
def save(model, path):
    Path(path).mkdir()
    Path(path, "weights").write_bytes(bytes(5000))
def load(path):
    return len(Path(path, "weights").read_bytes())
def predict(model, rows, out):
    return [Path(out, "extra").read_text() if model == 5000 else "no"] * len(rows)
"""
    found = head(repository(open_path / "repo", {"pipeline.py": code}), shared_cache, FIT, ASK)
    training, predictions = found.get(FIT, Training), found.get(ASK, Predictions)
    assert training is not None
    assert predictions is not None
    assert training.artifact_bytes == 5000
    assert isinstance(predictions.columns["prediction"], Names)
    assert predictions.columns["prediction"].names == ("yes",)


def test_regression_gives_numbers(open_path: Path, shared_cache: Path) -> None:
    code = "def train(rows):\n    return 1\ndef predict(model, rows):\n    return [2 * row['id'] for row in rows]\n"
    csv = with_folds("id,y\n" + "".join(f"{i},{i / 2}\n" for i in range(30)))
    root = repository(open_path / "repo", {"pipeline.py": code, "data/tickets.csv": csv})
    predictions = head(root, shared_cache, ASK, task="regression", data={"target": "y"}).get(ASK, Predictions)
    assert predictions is not None
    values = predictions.columns["prediction"]
    assert isinstance(values, Numbers)
    assert sorted(values.values.tolist()) == [2.0 * i for i in range(0, 30, 3)]


SKLEARN = """
import numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
def train(rows, seed):
    assert isinstance(rows, pd.DataFrame), type(rows)
    print(np.random.randint(10**6), rows.dtypes.to_dict())
    columns = ColumnTransformer([("k", OneHotEncoder(), ["kind"]), ("x", "passthrough", ["x"])])
    return make_pipeline(columns, RandomForestClassifier(10, random_state=seed)).fit(rows, rows["label"])
def predict(model, rows):
    assert "label" not in rows.columns
    return model.predict_proba(rows)
"""


@pytest.mark.whole
def test_a_scikit_learn_model_of_pandas_rows(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"pipeline.py": SKLEARN})
    progress = Recorded()
    config = document(smoke={"python": rich_python()})
    found = collect([FIT, ASK], job(root, shared_cache, config), progress)[Side.HEAD]
    training, predictions = found.get(FIT, Training), found.get(ASK, Predictions)
    assert training is not None
    assert training.effects.ended is Ending.OK, training.effects.log_tail
    assert predictions is not None
    assert predictions.problem == ""
    assert set(predictions.columns) == {"prediction", "score_yes", "score_no"}
    assert {"numpy", "scikit-learn", "python", "threads"} <= set(found.about.environment)
    assert progress.trainings == 1


def test_a_big_table_keeps_the_types_of_all_rows_in_the_few(open_path: Path, shared_cache: Path) -> None:
    """A column that is text somewhere is text everywhere, so that train and predict see one type."""
    lines = tickets().splitlines()
    table = [f"{lines[0]},code", *(f"{line},{'A1' if at == 4 else at}" for at, line in enumerate(lines[1:]))]
    code = """
def show(rows):
    print(sorted({type(row['code']).__name__ for row in rows}))
def train(rows):
    show(rows)
    return 1
def predict(model, rows):
    show(rows)
    return ["no"] * len(rows)
"""
    root = repository(open_path / "repo", {"pipeline.py": code, "data/tickets.csv": with_folds("\n".join(table))})
    found = head(root, shared_cache, FIT, ASK, smoke={"train_rows": 5})
    training, predictions = found.get(FIT, Training), found.get(ASK, Predictions)
    assert training is not None
    assert predictions is not None
    assert training.effects.log_tail == predictions.effects.log_tail == ("['str']",)


def test_only_a_training_with_more_capacity_may_be_impossible(open_path: Path, shared_cache: Path) -> None:
    code = "\nimport json\ndumps = json.dumps\njson.dumps = lambda facts: dumps({**facts, 'unmet': 'not today'})\n"
    large = Fit(Side.HEAD, capacity=2)
    found = head(repository(open_path / "repo", {"pipeline.py": PIPELINE + code}), shared_cache, FIT, large)
    assert found.has(FIT)
    assert found.why_unmet(large) == "`train` has no parameter `capacity`"
