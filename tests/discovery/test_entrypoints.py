"""Ways to train that no layout shows: each is found, and its adapter does what the repository's own code does."""

import importlib.util
from pathlib import Path
from textwrap import dedent
from typing import Any

import pandas as pd
import pytest

from gatebot.discovery.configuration import text
from gatebot.discovery.entrypoints import Builder, Commands, Functions, Native, Script
from gatebot.discovery.proposal import Proposal, propose
from gatebot.errors import UsageError
from gatebot.worker.user_code import call

NATIVE = "def train(rows):\n    return 1\ndef predict(model, rows):\n    return []\n"
LABELS = ["low", "high"]
TABLE = pd.DataFrame(
    {
        "a": [at % 7 for at in range(80)],
        "b": [at % 5 for at in range(80)],
        "target": [LABELS[at % 7 > 3] for at in range(80)],
    }
)


def _guess(tmp_path: Path, files: dict[str, str], **said: Any) -> Proposal:
    (tmp_path / "data.csv").write_text(TABLE.to_csv(index=False))
    for name, code in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(code))
    found = propose(tmp_path, **said)
    text(found)
    return found


def _share_right(tmp_path: Path, found: Proposal, monkeypatch: pytest.MonkeyPatch) -> float:
    """Train and ask through the adapter, as the worker does; in the repository's folder."""
    path = tmp_path / "gatebot_pipeline.py"
    path.write_text(found.adapter)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = importlib.util.spec_from_file_location("adapter_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    adapter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(adapter)
    offered = {"seed": 1, "out": str(tmp_path / "out"), "rows": TABLE}
    (tmp_path / "out").mkdir()
    model = call(adapter, "train", offered)
    answer = call(adapter, "predict", {**offered, "model": model, "rows": TABLE.drop(columns="target")})
    labels = answer.idxmax(axis=1) if isinstance(answer, pd.DataFrame) else pd.Series(list(answer))
    return float((labels.to_numpy() == TABLE["target"].to_numpy()).mean())


TREE = "from sklearn.tree import DecisionTreeClassifier\nimport pandas as pd\nimport joblib\n"

CASES: dict[str, tuple[dict[str, str], type]] = {
    "train takes a path and saves the model": (
        {
            "learn_a.py": TREE
            + """
def train_model(data_path: str, model_path: str):
    df = pd.read_csv(data_path)
    model = DecisionTreeClassifier().fit(df[["a", "b"]], df["target"])
    joblib.dump(model, model_path)
"""
        },
        Functions,
    ),
    "train returns more than the model, predict takes it apart": (
        {
            "learn_b.py": TREE
            + """
from sklearn.preprocessing import StandardScaler
def fit(X, y, random_state=0):
    scaler = StandardScaler().fit(X)
    model = DecisionTreeClassifier(random_state=random_state).fit(scaler.transform(X), y)
    return model, scaler
def predict(model, scaler, X):
    return model.predict(scaler.transform(X))
"""
        },
        Functions,
    ),
    "train returns the model and what it scored": (
        {
            "learn_c.py": TREE
            + """
def train(df, target_col):
    model = DecisionTreeClassifier().fit(df.drop(columns=[target_col]), df[target_col])
    return model, {"accuracy": 1.0}
"""
        },
        Functions,
    ),
    "train returns a pipeline and rows to test on, and an old model lies there": (
        {
            "learn_i.py": TREE
            + """
def train(df: pd.DataFrame) -> tuple:
    model_pipeline = DecisionTreeClassifier().fit(df[["a", "b"]], df["target"])
    return model_pipeline, df[["a"]], df["target"]
def save(model_pipeline):
    joblib.dump(model_pipeline, "old.joblib")
""",
            "old.joblib": "of another version",
        },
        Functions,
    ),
    "settings": (
        {
            "learn_d.py": TREE
            + """
def train(df, config):
    return DecisionTreeClassifier(max_depth=config["tree"]["depth"]).fit(df[["a", "b"]], df["target"])
""",
            "config.yaml": "tree: {depth: 4}\n",
        },
        Functions,
    ),
    "a pipeline object": (
        {
            "learn_e.py": TREE
            + "from sklearn.pipeline import make_pipeline\npipeline = make_pipeline(DecisionTreeClassifier())\n"
        },
        Builder,
    ),
    "labels are numbered": (
        {
            "learn_f.py": TREE
            + """
from sklearn.preprocessing import LabelEncoder
df = pd.read_csv("data.csv")
y = LabelEncoder().fit_transform(df["target"])
model = DecisionTreeClassifier().fit(df[["a", "b"]], y)
joblib.dump(model, "model.pkl")
"""
        },
        Script,
    ),
    "pickled with a handle, in a package": (
        {
            "pkg/__init__.py": "",
            "pkg/learn_g.py": """
from sklearn.tree import DecisionTreeClassifier
import pandas as pd
import pickle
if __name__ == "__main__":
    df = pd.read_csv("data.csv")
    with open("out/model.pkl", "wb") as file:
        pickle.dump(DecisionTreeClassifier().fit(df[["a", "b"]], df["target"]), file)
""",
        },
        Script,
    ),
    "found from the root alone, saved beside its folder, and tested": (
        {
            "app/columns.py": "COLUMNS = ['a', 'b']\n",
            "app/learn_h.py": TREE
            + """
import os
from app.columns import COLUMNS
HERE = os.path.dirname(os.path.abspath(__file__))
def run():
    df = pd.read_csv(os.path.join(HERE, "..", "data.csv"))
    folder = os.path.abspath(os.path.join(HERE, "..", "models"))
    os.makedirs(folder, exist_ok=True)
    joblib.dump(DecisionTreeClassifier().fit(df[COLUMNS], df["target"]), os.path.join(folder, "tree.joblib"))
if __name__ == "__main__":
    run()
""",
            "app/test_learn_h.py": TREE
            + "if __name__ == '__main__':\n"
            + "    joblib.dump(DecisionTreeClassifier().fit(pd.read_csv('data.csv')[['a']], [1]), 'x.joblib')\n",
        },
        Script,
    ),
}


@pytest.mark.whole
@pytest.mark.parametrize("name", CASES)
def test_way_is_found_and_its_adapter_works(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, kind = CASES[name]
    found = _guess(tmp_path, files)
    assert type(found.way) is kind
    assert _share_right(tmp_path, found, monkeypatch) > 0.95


def test_native_needs_no_adapter(tmp_path: Path) -> None:
    found = _guess(tmp_path, {"pipeline.py": NATIVE})
    assert found.way == Native("pipeline.py")
    assert found.adapter == ""


def test_commands_of_two_scripts(tmp_path: Path) -> None:
    start = "import argparse\np = argparse.ArgumentParser()\n"
    train = "".join(
        f"p.add_argument({words})\n" for words in ('"--train-path"', '"--model-out"', '"--label", default="target"')
    )
    predict = "".join(f'p.add_argument("{word}")\n' for word in ("model", "rows", "out"))
    found = _guess(tmp_path, {"train.py": start + train, "predict.py": f'{start}{predict}print("prediction")\n'})
    assert found.way == Commands(
        "python train.py --train-path {train} --model-out {model} --label target",
        "python predict.py {model} {rows} {predictions}",
        "train.py",
    )


@pytest.mark.parametrize(
    ("files", "command", "lock"),
    [
        ({"requirements.txt": ""}, "-r requirements.txt", ("requirements.txt",)),
        ({"pyproject.toml": "[project]\nname = 'x'"}, "-e .", ("pyproject.toml",)),
        (
            {"pyproject.toml": "[project]", "uv.lock": ""},
            "uv sync --frozen --inexact --no-dev",
            ("uv.lock", "pyproject.toml"),
        ),
        ({"setup.py": ""}, "-e .", ("setup.py",)),
        ({"pyproject.toml": "[tool.ruff]"}, None, ()),
    ],
)
def test_setup(files: dict[str, str], command: str | None, lock: tuple[str, ...], tmp_path: Path) -> None:
    native = {"pipeline.py": NATIVE}
    found = _guess(tmp_path, {**native, **files}).setup
    assert (found is None) is (command is None)
    if found is not None and command is not None:
        assert found.command.endswith(command)
        assert found.lock == lock


def test_names_that_yaml_would_misread_are_quoted(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(NATIVE)
    (tmp_path / "data.csv").write_text("a,yes\n" + "".join(f"{at},{at % 2}\n" for at in range(40)))
    written = text(propose(tmp_path, target="yes"))
    assert 'target: "yes"  # as you said' in written


def test_nothing_trains(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing here that trains") as caught:
        _guess(tmp_path, {"report.py": "print(1)\n"})
    assert "model.python" in caught.value.hint
