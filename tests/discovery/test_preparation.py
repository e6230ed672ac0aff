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
