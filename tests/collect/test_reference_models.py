import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gatebot.collect import collect, linear, reference_models
from gatebot.collect.linear import fitted
from gatebot.evidence.column import Names, Numbers, equal
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import SIMPLE_COLUMNS, Fit, Model, Training
from tests.collect.repository import document, job, repository, tickets, with_folds

TRIVIAL, SIMPLE = Fit(Side.HEAD, model=Model.TRIVIAL), Fit(Side.HEAD, model=Model.SIMPLE)


@pytest.mark.whole
def test_the_trivial_model_says_the_most_frequent_class_and_the_simple_one_learns(
    open_path: Path, shared_cache: Path
) -> None:
    root = repository(open_path / "repo", {"data/tickets.csv": with_folds(tickets(300))})
    found = collect([TRIVIAL, Predict(TRIVIAL), SIMPLE, Predict(SIMPLE)], job(root, shared_cache))[Side.HEAD]
    assert found.unmet == {}
    assert found.truth is not None
    assert isinstance(found.truth.target, Names)
    right = {}
    for fit in (TRIVIAL, SIMPLE):
        predictions, training = found.get(Predict(fit), Predictions), found.get(fit, Training)
        assert predictions is not None
        assert training is not None
        assert training.rows == 181
        assert np.array_equal(predictions.ids, found.truth.ids)
        answers = predictions.columns["prediction"]
        assert isinstance(answers, Names)
        scores = [predictions.columns[f"score_{name}"] for name in ("no", "yes")]
        assert np.allclose(sum(score.values for score in scores if isinstance(score, Numbers)), 1)
        right[fit] = np.mean(np.array(answers.texts()) == np.array(found.truth.target.texts()))
    assert right[TRIVIAL] < 0.6
    assert right[SIMPLE] > 0.9


@pytest.mark.whole
def test_for_numbers_it_is_the_mean_and_a_line(open_path: Path, shared_cache: Path) -> None:
    csv = with_folds("id,x,y\n" + "".join(f"{i},{i * 7 % 301},{i * 7 % 301 * 2 + 1}\n" for i in range(300)))
    root = repository(open_path / "repo", {"data/tickets.csv": csv})
    config = document(task="regression", data={"target": "y"})
    found = collect([Predict(TRIVIAL), Predict(SIMPLE)], job(root, shared_cache, config))[Side.HEAD]
    assert found.truth is not None
    assert isinstance(found.truth.target, Numbers)
    values = {}
    for fit in (TRIVIAL, SIMPLE):
        predictions = found.get(Predict(fit), Predictions)
        assert predictions is not None
        column = predictions.columns["prediction"]
        assert isinstance(column, Numbers)
        values[fit] = column.values
    assert len(set(values[TRIVIAL].tolist())) == 1
    assert np.abs(values[SIMPLE] - found.truth.target.values).max() < 5


@pytest.mark.whole
def test_what_no_reference_model_fits_says_why(open_path: Path, shared_cache: Path) -> None:
    csv = with_folds("id,label\n" + "".join(f"{i},{'only' if i % 3 else 'other'}\n" for i in range(60)))
    root = repository(open_path / "repo", {"data/tickets.csv": csv})
    found = collect([Predict(SIMPLE)], job(root, shared_cache))[Side.HEAD]
    assert "one label" in found.why_unmet(Predict(SIMPLE))
    scores = document(task="scores", data={"target": None})
    found = collect([Predict(TRIVIAL)], job(root, shared_cache, scores))[Side.HEAD]
    assert "nothing is trained" in found.why_unmet(Predict(TRIVIAL))


def test_without_train_rows_there_is_none(open_path: Path, shared_cache: Path) -> None:
    """Predictions are brought, and all rows are eval rows."""
    root = repository(open_path / "repo", {"data/tickets.csv": tickets(60)})
    config = document(data={"split": "auto"}, model={"predictions": "answers.csv"})
    found = collect([Predict(TRIVIAL), Predict(SIMPLE)], job(root, shared_cache, config))[Side.HEAD]
    for each in (TRIVIAL, SIMPLE):
        assert "there are no train rows" in found.why_unmet(Predict(each))


def _wide(rows: int = 90, columns: int = 250) -> str:
    """Many columns of noise, and one that gives the target."""
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(rows, columns)).round(3).tolist()
    head = "id,label," + ",".join(f"c{at}" for at in range(columns)) + ",useful"
    lines = [
        ",".join(map(str, (f"t{at}", ["no", "yes"][at % 2], *each, at % 2 + 0.1 * each[0])))
        for at, each in enumerate(noise)
    ]
    return "\n".join([head, *lines]) + "\n"


@pytest.mark.whole
def test_of_a_wide_table_it_learns_from_the_columns_that_tell_most_and_equal_sides_are_fitted_once(
    open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[str]] = []
    fitted_before = reference_models.LinearFitter._fitted

    def counted(fitter: Any, question: bytes, *rest: Any) -> Any:
        asked.append(set(json.loads(question)["kinds"]))
        return fitted_before(fitter, question, *rest)

    monkeypatch.setattr(reference_models.LinearFitter, "_fitted", counted)
    root = repository(open_path / "repo", {"data/tickets.csv": with_folds(_wide())})
    base = Fit(Side.BASE, model=Model.SIMPLE)
    given = job(root, shared_cache)
    both = replace(given, trees={Side.BASE: given.trees[Side.HEAD], Side.HEAD: given.trees[Side.HEAD]})
    found = collect([Predict(base), Predict(SIMPLE)], both)
    (learned,) = asked
    assert len(learned) == SIMPLE_COLUMNS
    assert "useful" in learned
    one, other = found[Side.BASE].get(Predict(base), Predictions), found[Side.HEAD].get(Predict(SIMPLE), Predictions)
    assert one is not None
    assert other is not None
    assert one.columns.keys() == other.columns.keys() == {"prediction", "score_no", "score_yes"}
    assert all(equal(column, other.columns[name]) for name, column in one.columns.items())


@pytest.mark.parametrize(
    ("training", "limit"), [(0.0, 5.0), (1.0, 5.0), (150.0, 15.0), (500.0, 50.0), (100_000.0, 60.0)]
)
def test_the_time_limit_is_a_tenth_of_a_training_within_bounds(training: float, limit: float) -> None:
    assert reference_models.seconds_for(training) == pytest.approx(limit)


@pytest.mark.whole
def test_what_takes_too_long_is_no_answer(open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = open_path / "slow.py"
    code = Path(linear.__file__).read_text()
    endless = "    import itertools\n    assert not [1 for _ in itertools.count() if False]\n"
    slow.write_text(code.replace("    from sklearn.linear_model", endless + "    from sklearn.linear_model"))
    monkeypatch.setattr(reference_models, "PROGRAM", slow)
    monkeypatch.setattr(reference_models, "LEAST_SECONDS", 1.0)
    root = repository(open_path / "repo", {"data/tickets.csv": with_folds(tickets(300))})
    found = collect([Predict(SIMPLE)], job(root, shared_cache))[Side.HEAD].get(Predict(SIMPLE), Predictions)
    assert found is not None
    assert (found.effects.ended, len(found.ids)) == (Ending.TIMEOUT, 0)


@pytest.mark.whole
def test_every_kind_of_column_is_understood_gaps_and_all() -> None:
    n = 60
    train_request = {
        "number": [str(i) if i % 7 else "" for i in range(n)],
        "when": [f"2026-01-{i % 28 + 1:02d}" if i % 5 else "" for i in range(n)],
        "kind": [["a", "b", ""][i % 3] for i in range(n)],
        "flag": [["true", "false"][i % 2] for i in range(n)],
        "words": [f"word{i % 4} and more" if i % 9 else "" for i in range(n)],
    }
    kinds = {"number": "integer", "when": "time", "kind": "category", "flag": "boolean", "words": "text"}
    labels = ["even" if i % 2 else "odd" for i in range(n)]
    new = {name: ["", "something new"] for name in train_request}
    answer = fitted(train_request, kinds, [*labels[:-1], None], [train_request, new])
    assert answer["classes"] == ["even", "odd"]
    said = [answer["classes"][int(np.argmax(row))] for row in answer["values"][0]]
    assert said == labels
    assert np.isfinite(answer["values"][1]).all()
