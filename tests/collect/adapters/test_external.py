"""Contract (c): predictions that the user brings."""

from pathlib import Path

import numpy as np
import pytest

from gatebot.collect import collect
from gatebot.evidence.column import Names
from gatebot.evidence.effects import Ending
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import TRAIN, Predict, Predictions
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Labels, Training, seed_of
from tests.collect.repository import document, job, repository, with_folds

FIT = Fit(Side.HEAD)
ASK = Predict(FIT)
METRICS = MetricsFile(Side.HEAD)
EVALUATE = """
set -e
seed=$1; rows=$2; out=$3
mkdir -p build
echo "{\\"accuracy\\": 0.9, \\"by\\": {\\"a\\": 1, \\"seed\\": $seed}}" > build/metrics.json
(echo id,prediction; tail -n +2 "$rows" | sed 's/,.*/,yes/') > "$out"
"""
RUN = "sh evaluate.sh {seed} {rows} {predictions}"


def head(root: Path, cache: Path, model: dict[str, str], *needs: Need) -> Snapshot:
    return collect(needs, job(root, cache, document(model=model)))[Side.HEAD]


def test_a_command_is_run_for_each_seed_and_scored_again(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"evaluate.sh": EVALUATE})
    other = Predict(Fit(Side.HEAD, seed=1))
    found = head(root, shared_cache, {"run": RUN, "metrics": "build/metrics.json"}, FIT, ASK, other, METRICS)
    training, predictions = found.get(FIT, Training), found.get(ASK, Predictions)
    assert training is not None
    assert (training.effects.ended, training.rows, training.rows_digest) == (Ending.OK, 0, "")
    assert predictions is not None
    assert (predictions.problem, predictions.rescored, len(predictions.ids)) == ("", True, 20)
    assert found.has(other)
    assert found.get(METRICS, ReportedMetrics) == ReportedMetrics(
        {"accuracy": 0.9, "by.a": 1.0, "by.seed": float(seed_of("tickets", 0))}, {"accuracy": 0.1}
    )
    assert found.about.estimand == "artifact"


def test_what_such_a_command_cannot_do_is_said(open_path: Path, shared_cache: Path) -> None:
    needs: dict[Need, str] = {
        Fit(Side.HEAD, Tier.CONFIRM): "rows of its own",
        Fit(Side.HEAD, labels=Labels.SHUFFLED): "rows of its own",
        Predict(FIT, TRAIN): "eval rows",
    }
    root = repository(open_path / "repo", {"evaluate.sh": EVALUATE})
    found = head(root, shared_cache, {"run": RUN}, *needs)
    assert found.evidence == {}
    for need, why in needs.items():
        assert why in found.why_unmet(need)


def test_a_command_that_takes_our_rows_has_every_training(open_path: Path, shared_cache: Path) -> None:
    run = "sh -c 'tail -n +2 {train} | wc -l; sh evaluate.sh {seed} {rows} {predictions}'"
    root = repository(open_path / "repo", {"evaluate.sh": EVALUATE})
    confirm = Predict(Fit(Side.HEAD, Tier.CONFIRM))
    found = head(root, shared_cache, {"run": run}, Fit(Side.HEAD, Tier.CONFIRM), confirm)
    training = found.get(Fit(Side.HEAD, Tier.CONFIRM), Training)
    assert training is not None
    assert training.rows == 37
    assert training.effects.log_tail == ("37",)


def test_a_crash_is_evidence(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo")
    found = head(root, shared_cache, {"run": "sh -c 'echo broken; exit 3; : {rows} {predictions}'"}, FIT, ASK)
    training, predictions = found.get(FIT, Training), found.get(ASK, Predictions)
    assert training is not None
    assert predictions is not None
    assert (training.effects.ended, training.effects.exit_code) == (Ending.CRASHED, 3)
    assert training.effects.log_tail == ("broken",)
    assert predictions.effects.ended is Ending.CRASHED


@pytest.mark.parametrize("name", ["out/answers.csv", "out/answers.jsonl"])
def test_a_file_of_the_repository_is_scored_again(open_path: Path, shared_cache: Path, name: str) -> None:
    csv = "id,prediction\n" + "".join(f"t{n:04d},no\n" for n in range(0, 60, 3))
    jsonl = "".join(f'{{"id": "t{n:04d}", "prediction": "no"}}\n' for n in range(0, 60, 3))
    root = repository(open_path / "repo", {name: csv if name.endswith("csv") else jsonl})
    found = head(root, shared_cache, {"predictions": name}, FIT, ASK, Predict(Fit(Side.HEAD, seed=1)))
    predictions = found.get(ASK, Predictions)
    assert predictions is not None
    assert predictions.rescored
    assert isinstance(predictions.columns["prediction"], Names)
    assert predictions.columns["prediction"].names == ("no",)
    assert found.truth is not None
    assert sorted(predictions.ids.tolist()) == sorted(found.truth.ids.tolist())
    assert "nothing is trained" in found.why_unmet(FIT)
    assert "one set" in found.why_unmet(Predict(Fit(Side.HEAD, seed=1)))


@pytest.mark.parametrize(
    ("name", "problem"),
    [("missing.csv", "does not exist"), ("../outside.csv", "outside of the repository"), ("link.csv", "not a file")],
)
def test_a_file_that_cannot_be_read_is_a_problem(open_path: Path, shared_cache: Path, name: str, problem: str) -> None:
    root = repository(open_path / "repo")
    (open_path / "outside.csv").write_text("id,prediction\n")
    (root / "link.csv").symlink_to("/etc/passwd")
    predictions = head(root, shared_cache, {"predictions": name}, ASK).get(ASK, Predictions)
    assert predictions is not None
    assert problem in predictions.problem


def test_wrong_extra_and_double_ids_are_delivered_as_they_are(open_path: Path, shared_cache: Path) -> None:
    """The check on them needs to see which they are."""
    answers = "id,prediction\nt0000,yes\nt0000,no\nt0003,yes\nstranger,yes\n"
    root = repository(open_path / "repo", {"answers.csv": answers})
    found = head(root, shared_cache, {"predictions": "answers.csv"}, ASK)
    predictions = found.get(ASK, Predictions)
    assert predictions is not None
    assert found.truth is not None
    assert predictions.problem == ""
    assert np.isin(predictions.ids, found.truth.ids).tolist() == [True, True, True, False]
    assert predictions.ids[0] == predictions.ids[1] != predictions.ids[2]


def test_without_declared_ids_answers_stand_in_the_order_of_the_rows(open_path: Path, shared_cache: Path) -> None:
    run = "sh -c '(echo prediction; tail -n +2 {rows} | cut -d, -f1) > {predictions}'"
    data = with_folds("word,label\n" + "".join(f"w{n},{'w' if n % 2 else 'v'}{n}\n" for n in range(30)))
    root = repository(open_path / "repo", {"data/tickets.csv": data})
    config = document(model={"run": run}, data={"id": None})
    found = collect([ASK], job(root, shared_cache, config))[Side.HEAD]
    predictions = found.get(ASK, Predictions)
    assert predictions is not None
    assert found.truth is not None
    assert isinstance(found.truth.target, Names)
    assert isinstance(predictions.columns["prediction"], Names)
    assert predictions.ids.tolist() == found.truth.ids.tolist()
    said = [str(text)[1:] for text in predictions.columns["prediction"].texts()]
    assert said == [str(text)[1:] for text in found.truth.target.texts()]


@pytest.mark.parametrize(
    ("text", "why"),
    [("not json", "not JSON"), ('{"note": "fine"}', "a word, and no number, under note"), (None, "was not written")],
)
def test_a_metrics_file_that_says_nothing(open_path: Path, shared_cache: Path, text: str | None, why: str) -> None:
    root = repository(open_path / "repo", {} if text is None else {"metrics.json": text})
    found = head(root, shared_cache, {"python": "pipeline.py", "metrics": "metrics.json"}, METRICS)
    assert why in found.why_unmet(METRICS)


def test_each_training_leaves_a_metrics_file_of_its_own(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"evaluate.sh": EVALUATE})
    needs, other = [MetricsFile(Side.HEAD, seed=seed) for seed in range(2)], Predict(Fit(Side.HEAD, seed=1))
    found = head(root, shared_cache, {"run": RUN, "metrics": "build/metrics.json"}, ASK, other, *needs)
    files = [found.get(need, ReportedMetrics) for need in needs]
    assert [each and each.values["by.seed"] for each in files] == [seed_of("tickets", seed) for seed in range(2)]


def test_without_a_metrics_file_there_are_no_claims(open_path: Path, shared_cache: Path) -> None:
    found = head(repository(open_path / "repo"), shared_cache, {"python": "pipeline.py"}, METRICS)
    assert found.unmet == {METRICS: "`model.metrics` is not set"}
