"""How many rows are predicted with `smoke.eval_rows: auto`: what a quarter of the training time allows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gatebot.collect import Collector, Phase, predict_rate
from gatebot.collect.predict_rate import affordable
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import EVAL, Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit
from tests.collect.repository import PIPELINE, Recorded, document, job, repository, tickets

ALL = 1199  # 40 % of the rows
INFINITE = float("inf")
UNSAVED = PIPELINE.replace('return {"share"', 'return {"lock": __import__("threading").Lock(), "share"')
SLOW = PIPELINE.replace(
    "def predict(model, rows):\n", "def predict(model, rows):\n    __import__('time').sleep(1.3e-3 * len(rows))\n"
)


@pytest.mark.parametrize(
    ("training_s", "few_s", "many_s", "rows"),
    [
        (1, 1.0, 1.0, 20_000),  # no time per row can be told
        (1, 1.0, 1.2, 20_000),
        (1, 1.0, 3.0, 2000),  # 2 ms a row, and ten seconds are always allowed
        (400, 1.0, 3.0, 20_000),  # a hundred seconds
        (80, 1.0, 3.0, 5000),
        (1, 21.0, INFINITE, 100),  # a second a row
        (1, 0.5, 60.0, 100),
        (3600, 21.0, INFINITE, 500),
    ],
)
def test_a_quarter_of_the_training_time(training_s: float, few_s: float, many_s: float, rows: int) -> None:
    assert affordable(training_s, few_s, many_s) == rows


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict_rate, "LEAST_S", 1.0)


def collected(folder: Path, pipeline: str, **sections: Any) -> tuple[Snapshot, Recorded]:
    """One training of 3,000 rows, of which 1,199 can be predicted."""
    root = repository(folder / "repository", {"data/tickets.csv": tickets(3000), "pipeline.py": pipeline})
    progress = Recorded()
    measuring = {name: sections.pop(name) for name in ("measures", "auto_rows") if name in sections}
    rules = document(data={"split": "auto"}, **sections)
    with Collector(replace(job(root, folder / "cache", rules), **measuring), progress) as collector:
        needs = [Profile(Side.HEAD), Predict(Fit(Side.HEAD), EVAL)]
        return collector.collect(needs)[Side.HEAD], progress


def rows_of(snapshot: Snapshot) -> tuple[int, int]:
    """The rows that are predicted, and those of which they were drawn."""
    profile = snapshot.get(Profile(Side.HEAD), DataProfile)
    predictions = snapshot.get(Predict(Fit(Side.HEAD)), Predictions)
    assert profile is not None
    assert predictions is not None
    assert not predictions.problem
    assert len(predictions.ids) == len(profile.eval_rows)
    return len(profile.eval_rows), profile.eval_rows.pool


@pytest.mark.usefixtures("one_second")
@pytest.mark.parametrize(
    ("pipeline", "sections", "predicted"),
    [
        (PIPELINE, {}, ALL),
        (SLOW, {}, 500),
        (SLOW, {"smoke": {"eval_rows": 900}}, 900),
        (SLOW, {"measures": False}, ALL),
        (SLOW, {"auto_rows": 300}, 300),
        (UNSAVED, {}, ALL),
    ],
    ids=["quick", "slow", "a number", "nothing may be trained", "as main before", "a model that cannot be saved"],
)
def test_rows_that_are_predicted(tmp_path: Path, pipeline: str, sections: dict[str, Any], predicted: int) -> None:
    snapshot, _ = collected(tmp_path, pipeline, **sections)
    assert rows_of(snapshot)[0] == predicted
    assert snapshot.truth is not None
    assert len(snapshot.truth.ids) == predicted


@pytest.mark.usefixtures("one_second")
def test_what_was_measured_is_trained_once(tmp_path: Path) -> None:
    _, progress = collected(tmp_path, SLOW)
    assert sum(step.phase is Phase.TRAIN for step in progress.started_steps) == progress.trainings == 1
