"""A configuration is tried as it would be used: in the sandbox, once, without a change of the tree."""

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from gatebot.collect.progress import Phase
from gatebot.run.trial import Place, Trial, tried
from tests.collect.repository import PIPELINE, Recorded, document, git, repository, tickets

LABELS = PIPELINE.replace('{"yes": row["x"], "no": 1 - row["x"]}', '"yes" if row["x"] > 0.5 else "no"')
METRICS = [{"metric": "accuracy"}, {"metric": "log_loss", "margin": "auto"}]


def _tried(root: Path, added: dict[str, str] | None = None, **sections: Any) -> tuple[Trial, Recorded]:
    progress = Recorded()
    place = Place(root, PurePosixPath(), root / ".gatebot")
    texts = {PurePosixPath(name): text for name, text in (added or {}).items()}
    return tried(document(**{"metrics": METRICS, **sections}), place, texts, progress), progress


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("trial") / "tickets", {".gitignore": ".gatebot/\n"})


def test_the_numbers_of_one_training_stand_beside_the_trivial_models(root: Path) -> None:
    trial, progress = _tried(root)
    assert trial.works, trial
    assert [step.what for step in progress.started_steps if step.phase is Phase.TRAIN] == ["seed 1, smoke"]
    first, second = trial.values
    assert (first.metric, second.metric, first.seeds, first.n, trial.train_rows) == ("accuracy", "log_loss", 1, 20, 37)
    assert first.low is not None
    assert first.trivial is not None
    assert first.trivial < first.low < first.value
    assert git(root, "status", "--porcelain") == ""


def test_what_is_only_about_to_be_written_is_tried(root: Path) -> None:
    trial, _ = _tried(root, {"made.py": PIPELINE}, model={"python": "made.py"})
    assert trial.works, trial
    assert not (root / "made.py").exists()


def test_a_file_that_is_there_is_replaced_for_the_trial_alone(root: Path) -> None:
    trial, _ = _tried(root, {"pipeline.py": "def train(rows, seed):\n    raise KeyError('new')\n"})
    assert (trial.works, trial.hint) == (False, "KeyError: 'new'")
    assert (root / "pipeline.py").read_text() == PIPELINE


def test_small_data_is_tried_in_folds(tmp_path: Path) -> None:
    root = repository(tmp_path / "small", {"data/tickets.csv": tickets(90)})
    trial, progress = _tried(root, data={"path": "data/tickets.csv", "target": "label", "id": "id", "split": "auto"})
    assert trial.works, trial
    assert [each.n for each in trial.values] == [90, 90]
    assert len([step for step in progress.started_steps if step.phase is Phase.TRAIN]) == 3


@pytest.mark.parametrize(
    ("pipeline", "sections", "failure", "hint"),
    [
        (PIPELINE.replace("share =", "share = rows.nothing +"), {}, "training crashed (exit code 1)", "nothing"),
        (PIPELINE.replace("return [{", "return [{}][1:] and [{"), {}, "its predictions cannot be read", "no rows"),
        (PIPELINE.replace('{"yes": row["x"], "no": 1 - row["x"]}', '"maybe"'), {}, "", ""),
        (PIPELINE, {"metrics": [{"metric": "mae"}]}, "metrics[0]: there is no metric 'mae'", "task: regression"),
        (PIPELINE, {"metrics": [{"metric": "recall", "of": "x"}]}, "no eval row is of the class 'x'", "no, yes"),
        (PIPELINE, {"data": {"target": "lable"}}, "has no column `lable`", "`label`"),
        (PIPELINE, {"smoke": {"setup": "false"}}, "`smoke.setup` (false) failed", "set-up"),
    ],
)
def test_what_does_not_work_is_named(
    pipeline: str, sections: dict[str, Any], failure: str, hint: str, root: Path
) -> None:
    trial, _ = _tried(root, {"made.py": pipeline}, **{"model": {"python": "made.py"}, **sections})
    assert not trial.works
    assert failure in trial.failure
    assert hint in trial.hint
    assert bool(trial.finding) is not bool(failure)


def test_a_metric_without_a_value_is_named(root: Path) -> None:
    trial, _ = _tried(root, {"made.py": LABELS}, model={"python": "made.py"})
    assert trial.works, trial
    assert ([each.metric for each in trial.values], trial.silent) == (["accuracy"], ("log_loss",))


def test_it_ends_in_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatebot.run.trial.SECONDS", 2.0)
    slow = PIPELINE.replace(
        "def train(rows, seed, report):", "def train(rows, seed, report):\n    import time; time.sleep(60)"
    )
    trial, _ = _tried(root, {"made.py": slow}, model={"python": "made.py"})
    assert (trial.works, trial.seconds < 20) == (False, True)
    assert "2 s" in trial.failure
