"""Functions through which rows go before they are trained on."""

from pathlib import Path

import pytest

from gatebot.discovery.entrypoints import Builder, Functions
from gatebot.discovery.proposal import propose
from tests.cli.laptop import write

DATA = "a,b,target\n" + "".join(f"{at % 7},{at % 5},{('u', 'v')[at % 2]}\n" for at in range(80))
PREPARE = "def preprocess(df):\n    df['c'] = df['a'] - df['b']\n    return df\n"
TRAIN = "def train_model(X, y):\n    model = SVC().fit(X, y)\n    return model\n"
MAIN = "def main():\n    df = preprocess(pd.read_csv('data.csv'))\n    train_model(df[['a', 'c']], df['target'])\n"


@pytest.mark.parametrize(
    ("files", "prepare"),
    [
        ({"model.py": PREPARE + TRAIN + MAIN}, ("model", "preprocess")),
        ({"model.py": TRAIN, "clean.py": PREPARE, "run.py": MAIN}, ("clean", "preprocess")),
        ({"model.py": TRAIN.replace("SVC", "preprocess(X); SVC") + PREPARE + MAIN}, None),
        ({"model.py": TRAIN + PREPARE, "run.py": MAIN.replace("preprocess", "")}, None),
        ({"model.py": TRAIN + PREPARE.replace("(df)", "(df, columns)") + MAIN}, None),
        ({"model.py": TRAIN + PREPARE.replace("preprocess", "plot") + MAIN.replace("preprocess", "plot")}, None),
    ],
)
def test_preparation(files: dict[str, str], prepare: tuple[str, str] | None, tmp_path: Path) -> None:
    write(tmp_path, {"data.csv": DATA, **files})
    found = propose(tmp_path)
    assert isinstance(found.way, Functions)
    assert found.way.prepare == prepare
    assert found.adapter.count("rows = preprocess(rows)") == (0 if prepare is None else 2)


def test_preparation_before_a_model_that_is_made(tmp_path: Path) -> None:
    made = TRAIN.replace("train_model(X, y)", "build_model()").replace(".fit(X, y)", "")
    main = MAIN.replace("train_model(", "build_model().fit(")
    write(tmp_path, {"data.csv": DATA, "model.py": PREPARE + made + main})
    found = propose(tmp_path)
    assert isinstance(found.way, Builder)
    assert found.way.prepare == ("model", "preprocess")
    assert 'rows[["a", "c"]]' in found.adapter


@pytest.mark.parametrize(
    ("given", "said"),
    [("COLUMNS = ['a', 'b']", "rows[list(COLUMNS)]"), ("COLUMNS = 'a'", "rows[COLUMNS]"), ("", 'rows[["a", "b"]]')],
)
def test_features_that_the_code_names_are_read_from_it(given: str, said: str, tmp_path: Path) -> None:
    used = "COLUMNS" if given else "['a', 'b']"
    main = f"def main():\n    df = pd.read_csv('data.csv')\n    X = df[{used}]\n    train_model(X, df['target'])\n"
    write(tmp_path, {"data.csv": DATA, "model.py": f"{given}\n{TRAIN}{main}"})
    adapter = propose(tmp_path).adapter
    assert f"return {said}" in adapter
    assert ("from model import COLUMNS, train_model" in adapter) is bool(given)


def test_a_constant_that_would_hide_a_function_is_not_read(tmp_path: Path) -> None:
    main = "def main():\n    df = pd.read_csv('data.csv')\n    X = df[features]\n    train_model(X, df['target'])\n"
    write(tmp_path, {"data.csv": DATA, "model.py": f"features = ['a', 'b']\n{TRAIN}{main}"})
    assert 'return rows[["a", "b"]]' in propose(tmp_path).adapter
