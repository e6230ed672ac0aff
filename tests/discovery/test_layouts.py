"""Repositories that were written for nobody's gate: what is guessed about each, and that the guess runs."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gatebot.cli.main import main
from gatebot.config.document import TaskName
from gatebot.config.load import load
from gatebot.decide.judge import judge
from gatebot.run.output import stored_case
from tests.discovery.repositories import DATA, make

SORT, VALUE = TaskName.CLASSIFICATION, TaskName.REGRESSION
ADAPTER = "gatebot_pipeline.py"


@dataclass(frozen=True, slots=True)
class Seen:
    """What `init` has to see in a layout. `calls`: words that the adapter has to hold."""

    target: str
    task: TaskName
    path: str
    id: str | None = None
    eval: str = ""
    calls: tuple[str, ...] = ()
    train: str = ""


SEEN = {
    "argparse_script": Seen(
        "churned", SORT, "data/churn.csv", "customer_id", calls=('"train.py"', '"--data"', '"{train}"', "seed")
    ),
    "src_package": Seen(
        "price", VALUE, "data/houses.csv", calls=("from pricing.model import", "own_train(df=rows, random_state=seed)")
    ),
    "main_guard": Seen("species", SORT, "iris.csv", calls=('TABLES = ["iris.csv"]', 'MODEL = "model.pkl"')),
    "dvc_stages": Seen(
        "quality_label",
        SORT,
        "data/raw/wine.csv",
        calls=('"src/prepare.py"', '"src/train.py"', 'MODEL = "models/model.joblib"'),
    ),
    "makefile": Seen(
        "default", SORT, "data/loans.csv", "loan_id", calls=('"make", "train"', "DATA={train}", "OUTPUT={predictions}")
    ),
    "parquet_data": Seen(
        "rentals",
        VALUE,
        "data/rentals.parquet",
        calls=("model = build_model(seed=seed)", "model.fit(features(rows), rows[TARGET])"),
    ),
    "train_and_test": Seen(
        "income", SORT, "data/train.csv", eval="data/test.csv", calls=("fit_model(X=features(rows), y=rows[TARGET])",)
    ),
    "kaggle": Seen(
        "SalePrice", VALUE, "input/train.csv", "Id", calls=('"input/train.csv", "input/test.csv", "submission.csv"',)
    ),
    "text_labels": Seen("label", SORT, "data/mails.csv", calls=('rows["text"]', "get_pipeline()")),
    "joblib_script": Seen("mpg", VALUE, "data/cars.csv", calls=("get_dummies", 'MODEL = "models/ridge.joblib"')),
    "outside_steps": Seen(
        "sentiment", SORT, "data/reviews.csv", calls=('"model.pkl"', '"vectorizer.pkl"', "step0.transform(asked)")
    ),
    "shell_pipeline": Seen("y", VALUE, "data/kinds.csv", train="sh train.sh {train} {model}"),
    "entry_point": Seen(
        "is_fraud",
        SORT,
        "data/transactions.csv",
        "id",
        train="python -m fraudster.cli train --train-data {train} --model-path {model} --random-state {seed}",
    ),
}

REFUSED = {
    "r_pipeline": ("train.R", "`model.train"),
    "notebook_only": ("analysis.ipynb", "`model.python`"),
    "remote_data": ("s3://acme-data/demand/2026.parquet", "`data.path"),
    "two_scripts": ("train_forest.py, train_linear.py", "--train train_forest.py"),
    "no_target": ("data/sensors.csv", "s0, s1, s2, s3, s4, s5"),
}


def test_every_layout_has_its_expectation() -> None:
    assert set(SEEN) | set(REFUSED) == set(DATA)


@pytest.mark.parametrize("name", SEEN)
def test_init_sees(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(name, tmp_path, rows=300)
    monkeypatch.chdir(root)
    assert main(["init", "--no-trial"]) == 0
    document, seen = load(root / "gatebot.yml"), SEEN[name]
    assert (document.data.target, document.task, document.data.id) == (seen.target, seen.task, seen.id)
    assert (document.data.path or document.data.train) == (seen.path,)
    assert document.data.eval == ((seen.eval,) if seen.eval else ())
    assert document.policy.mode == "observe"
    if seen.train:
        assert document.model.train == seen.train
        assert not (root / ADAPTER).exists()
    else:
        assert document.model.python == ADAPTER
        text = (root / ADAPTER).read_text()
        compile(text, ADAPTER, "exec")
        assert [word for word in seen.calls if word not in text] == []
    assert ".gatebot/" in (root / ".gitignore").read_text().splitlines()


@pytest.mark.whole
@pytest.mark.parametrize("name", SEEN)
def test_every_guess_says_why(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(name, tmp_path, rows=300)
    monkeypatch.chdir(root)
    main(["init", "--no-trial", "--no-workflow"])
    guessed = re.compile(r"^ *(task|path|train|eval|target|id|python|setup): ")
    silent = [
        line for line in (root / "gatebot.yml").read_text().splitlines() if guessed.match(line) and "  # " not in line
    ]
    assert silent == []


@pytest.mark.parametrize(("name", "said"), REFUSED.items())
def test_init_refuses_and_says_what_to_do(
    name: str,
    said: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = make(name, tmp_path, rows=300)
    monkeypatch.chdir(root)
    assert main(["init", "--no-trial"]) == 2
    error, _, hint = capsys.readouterr().err.partition("hint: ")
    assert said[0] in error + hint
    assert said[1] in hint
    assert not (root / "gatebot.yml").exists()


def test_what_the_hint_says_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make("two_scripts", tmp_path, rows=300))
    assert main(["init", "--no-trial", "--train", "train_linear.py"]) == 0
    assert '"train_linear.py"' in Path(ADAPTER).read_text()


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kept by all layouts: most install the same."""
    return tmp_path_factory.mktemp("environments")


QUICK = ("argparse_script", "src_package")
"""Run in every test run; the others install and train for minutes."""


@pytest.mark.whole
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in SEEN]
)
def test_guess_runs_without_an_edit(name: str, tmp_path: Path, environments: Path) -> None:
    root = make(name, tmp_path)
    (root / ".gatebot").mkdir()
    (root / ".gatebot" / "env").symlink_to(environments)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for words in (["init"], ["run", "--quiet"]):
        command = [sys.executable, "-m", "gatebot", *words]
        done = subprocess.run(
            command, cwd=root, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((root / ".gatebot" / "report.json").read_text())
    assert [each["check"] for each in report["findings"] if each["priority"] == "P0"] == []
    assert report["crashed"] == []
    assert _learnt(root)


def _learnt(root: Path) -> bool:
    """Whether the model is of some use: the same evidence, judged again with a floor."""
    text = (root / "gatebot.yml").read_text()
    floors = {
        "{metric: accuracy, margin: 0.02}": "{metric: accuracy, floor: 0.6}",
        "{metric: mae, margin: 5%}": "{metric: r2, floor: 0.5}",
    }
    for metric, floor in floors.items():
        text = text.replace(metric, floor)
    (root / "floor.yml").write_text(text)
    case = stored_case(root / ".gatebot" / "head", None).by_rules(load(root / "floor.yml").rules)
    measures = [each for each in judge(case).measures if each.bound == "floor"]
    return bool(measures) and all(each.outcome == "held" for each in measures)
