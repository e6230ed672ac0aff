"""Contract (b): two commands in any language."""

from pathlib import Path

import pytest

from gatebot.collect import collect
from gatebot.errors import UsageError
from gatebot.evidence.column import Names
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions, RepeatedRows
from gatebot.evidence.training import Fit, Training, seed_of
from tests.collect.repository import document, job, repository

FIT = Fit(Side.HEAD)
ASK = Predict(FIT)

TRAIN_AWK = "awk -F, -v seed={seed} -f train.awk -v out={out} {train}"
PREDICT_AWK = "awk -F, -f predict.awk -v model={model} -v out={predictions} {rows}"
AWK = {
    "train.awk": 'NR > 1 && $4 == "yes" { n++ } END { print n > out; print "seed", seed, "of", FILENAME }\n',
    "predict.awk": """
BEGIN { getline learned < model; print "id,prediction" > out }
NR > 1 { print $1 "," ($2 >= 0.5 && learned > 0 ? "yes" : "no") > out }
""",
}


def answers(predictions: Predictions | None) -> list[str | None]:
    assert predictions is not None
    assert predictions.problem == ""
    column = predictions.columns["prediction"]
    assert isinstance(column, Names)
    return column.texts()


def test_a_pipeline_in_awk(open_path: Path, shared_cache: Path) -> None:
    config = document(model={"train": TRAIN_AWK, "predict": PREDICT_AWK})
    found = collect([FIT, ASK], job(repository(open_path / "repo", AWK), shared_cache, config))[Side.HEAD]
    training, predictions = found.get(FIT, Training), found.get(ASK, Predictions)
    assert training is not None
    assert training.effects.ended is Ending.OK, training.effects.log_tail
    assert training.effects.log_tail[0].startswith(f"seed {seed_of('tickets', 0)} of ")
    assert training.artifact_bytes == 3
    assert found.truth is not None
    assert isinstance(found.truth.target, Names)
    assert answers(predictions) == found.truth.target.texts()


def test_what_the_training_left_beside_the_model_is_there_for_predicting(open_path: Path, shared_cache: Path) -> None:
    train = "sh -c 'echo yes > vocabulary; cp {train} {out}; echo {seed}'"
    predict = "sh -c '(echo id,prediction; tail -n +2 {rows} | sed \"s/,.*/,$(cat vocabulary)/\") > {predictions}'"
    config = document(model={"train": train, "predict": predict})
    found = collect([ASK], job(repository(open_path / "repo"), shared_cache, config))[Side.HEAD]
    assert set(answers(found.get(ASK, Predictions))) == {"yes"}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("output", "problem"),
    [
        ("id,prediction\nt0000", "line 2"),
        ("", "empty"),
        ("id,answer\nt0000,yes\n", "no column `prediction`, only `id`, `answer`"),
        ("row,prediction\n1,yes\n", "no column `id`"),
        ("\\000\\377\\376junk", "NUL byte"),
        ("[1, 2", "JSON"),
    ],
    ids=["short line", "empty", "no prediction", "no id", "junk", "broken JSON"],
)
def test_junk_is_a_problem_in_a_sentence(open_path: Path, shared_cache: Path, output: str, problem: str) -> None:
    predict = "sh -c 'printf \"$(cat answer)\" > {predictions}; : {rows}'"
    config = document(model={"train": "cp {train} {out}", "predict": predict})
    root = repository(open_path / "repo", {"answer": output})
    predictions = collect([ASK], job(root, shared_cache, config))[Side.HEAD].get(ASK, Predictions)
    assert predictions is not None
    assert problem in predictions.problem
    assert predictions.effects.ended is Ending.OK
    assert (len(predictions.ids), dict(predictions.columns)) == (0, {})


@pytest.mark.parametrize(
    ("train", "ended", "code"),
    [
        ("sh -c 'exit 7; : {train}'", Ending.CRASHED, 7),
        ("./no-such-program {train}", Ending.CRASHED, 127),
        ("true {train} {out}", Ending.NO_OUTPUT, 0),
    ],
)
def test_commands_that_fail(open_path: Path, shared_cache: Path, train: str, ended: Ending, code: int) -> None:
    config = document(model={"train": train, "predict": PREDICT_AWK})
    training = collect([FIT], job(repository(open_path / "repo", AWK), shared_cache, config))[Side.HEAD].get(
        FIT, Training
    )
    assert training is not None
    assert (training.effects.ended, training.effects.exit_code) == (ended, code)


def test_predicting_without_leaving_anything(open_path: Path, shared_cache: Path) -> None:
    config = document(model={"train": "cp {train} {out}", "predict": "true {rows} {predictions}"})
    predictions = collect([ASK], job(repository(open_path / "repo"), shared_cache, config))[Side.HEAD].get(
        ASK, Predictions
    )
    assert predictions is not None
    assert predictions.effects.ended is Ending.NO_OUTPUT


@pytest.mark.parametrize(
    "trick",
    ["ln -s /etc/passwd {predictions}", "mkdir {predictions}", "mkfifo {predictions}"],
    ids=lambda text: text.split()[0],
)
def test_a_predictions_file_that_is_none_is_not_opened(open_path: Path, shared_cache: Path, trick: str) -> None:
    config = document(model={"train": "cp {train} {out}", "predict": f"sh -c '{trick}; : {{rows}}'"})
    predictions = collect([ASK], job(repository(open_path / "repo"), shared_cache, config))[Side.HEAD].get(
        ASK, Predictions
    )
    assert predictions is not None
    assert "file" in predictions.problem
    assert len(predictions.ids) == 0


def test_a_model_that_fails_on_the_eval_rows_is_not_asked_for_others(open_path: Path, shared_cache: Path) -> None:
    config = document(model={"train": "cp {train} {out}", "predict": "sh -c 'mkdir {predictions}; : {rows}'"})
    other = Predict(FIT, RepeatedRows())
    found = collect([ASK, other], job(repository(open_path / "repo"), shared_cache, config))[Side.HEAD]
    assert found.get(ASK, Predictions) is not None
    assert found.get(other, Predictions) is None
    assert found.why_unmet(other).startswith("the eval rows were not predicted: ")


@pytest.mark.parametrize(
    ("train", "predict", "says"),
    [
        ("x {train} {nonsense}", PREDICT_AWK, r"asks for \{nonsense\}"),
        ("x {out}", PREDICT_AWK, r"where \{train\} goes"),
        ("x {train}", "y {rows}", r"where \{predictions\} goes"),
        ("x {train} && y", PREDICT_AWK, "no shell reads it"),
        ("x '{train}", PREDICT_AWK, "split into words"),
    ],
)
def test_command_lines_that_cannot_be_used_are_the_users_error(
    open_path: Path, shared_cache: Path, train: str, predict: str, says: str
) -> None:
    config = document(model={"train": train, "predict": predict})
    with pytest.raises(UsageError, match=says):
        collect([FIT], job(repository(open_path / "repo"), shared_cache, config))
