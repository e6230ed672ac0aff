"""Functions and classes that train and predict, with any of the usual names and parameters."""

from pathlib import Path

import pytest

from gatebot.discovery.entrypoints import Builder, Functions, Native, Script
from gatebot.discovery.proposal import propose
from tests.cli.laptop import write

DATA = "a,b,target\n" + "".join(f"{at % 7},{at % 5},{('u', 'v')[at % 2]}\n" for at in range(80))
CLASS = """\
class Model:
    def __init__({start}):
        self.seed = 1
    def fit({fit}):
        return self
    def predict({predict}):
        return []
"""


def _way(tmp_path: Path, code: str) -> object:
    write(tmp_path, {"data.csv": DATA, "model.py": code})
    return propose(tmp_path).way


@pytest.mark.parametrize(
    ("train", "predict"),
    [
        ("rows", "model, rows"),
        ("df, seed", "clf, df"),
        ("data, *, out, epochs=3", "model, batch, device"),
    ],
)
def test_functions_are_called_as_they_are(train: str, predict: str, tmp_path: Path) -> None:
    code = f"def train({train}):\n    return 1\ndef predict({predict}):\n    return []\n"
    assert _way(tmp_path, code) == Native("model.py")


@pytest.mark.parametrize(
    ("train", "predict"),
    [
        ("df, random_state", "model, df"),
        ("df, random_state=1", "model, df"),
        ("X, y", "model, X"),
        ("df", "df, model"),
        ("data: str", "model, df"),
    ],
)
def test_functions_that_ask_for_something_else_are_called_by_a_generated_file(
    train: str, predict: str, tmp_path: Path
) -> None:
    code = f"def train({train}):\n    model = 1\n    return model\ndef predict({predict}):\n    return []\n"
    assert isinstance(_way(tmp_path, code), Functions)


@pytest.mark.parametrize(
    ("start", "fit", "predict", "fitted", "asked", "values"),
    [
        ("self", "self, X, y", "self, X", ("X=features(rows)", "y=rows[TARGET]"), "features(rows)", {}),
        ("self, seed=0", "self, df", "self, df", ("df=rows",), "rows", {"seed": "seed"}),
        ("self, depth=3", "self, data, target_col", "self, data", ("data=rows", "target_col=TARGET"), "rows", {}),
    ],
)
def test_class_with_fit_and_predict(
    start: str, fit: str, predict: str, fitted: tuple[str, ...], asked: str, values: dict[str, str], tmp_path: Path
) -> None:
    way = _way(tmp_path, CLASS.format(start=start, fit=fit, predict=predict))
    assert way == Builder("model", ".", "Model", values, fitted=fitted, asked=asked)


def test_a_file_that_cannot_be_imported_is_only_a_script(tmp_path: Path) -> None:
    code = (
        "import joblib\nimport pandas as pd\nfrom sklearn.svm import SVC\n"
        "def train(df):\n    model = SVC()\n    model.fit(df[['a', 'b']], df['target'])\n    return model\n"
        "if __name__ == '__main__':\n    joblib.dump(train(pd.read_csv('data.csv')), 'm\U0001f600.pkl')\n"
    )
    write(tmp_path, {"data.csv": DATA, "train-model.py": code})
    found = propose(tmp_path)
    assert isinstance(found.way, Script)
    assert 'MODEL = "m\U0001f600.pkl"' in found.adapter
