"""What source code says, without running it."""

from pathlib import PurePosixPath
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.discovery.code import Module, module


def _read(text: str, **settings: Any) -> Module:
    found = module(PurePosixPath("train.py"), dedent(text), settings)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        'y = df["price"]',
        'X, y = df.drop("price", axis=1), df["price"]',
        'y = df.pop("price")',
        "y = df.price",
        'labels = le.fit_transform(df["price"])',
        'model.fit(df[["a"]], df["price"])',
        'TARGET = "price"',
        'def train(df, target_col="price"): ...',
        'parser.add_argument("--target", default="price")',
        '@click.option("--label-column", default="price")\ndef main(label_column): ...',
        'T = "price"\ny_train = train[T]',
        'y = df[["price"]]',
    ],
)
def test_target(text: str) -> None:
    assert "price" in {use.column for use in _read(text).uses if use.weight >= 10}


def test_target_from_settings() -> None:
    found = _read('y = df[params["data"]["target"]]', **{"data.target": "price", "other.target_rows": 3})
    assert {use.column for use in found.uses} == {"price"}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('pd.read_csv("data/a.csv")', "data/a.csv"),
        ('pd.read_csv(Path("data") / "a.csv")', "data/a.csv"),
        ('D = Path(__file__).parent / "data"\npd.read_csv(D / "a.csv")', "data/a.csv"),
        ('pd.read_csv(os.path.join(HERE, "data", "a.csv"))', "data/a.csv"),
        ('F = "data"\npd.read_csv(f"{F}/a.csv")', "data/a.csv"),
        ('open("data/a.csv")', "data/a.csv"),
        ('pl.read_csv("data/a.csv")', "data/a.csv"),
        ('def load(path="data/a.csv"):\n    return pd.read_csv(path)', "data/a.csv"),
        ('parser.add_argument("--data", default="data/a.csv")', "data/a.csv"),
    ],
)
def test_paths_that_are_read(text: str, path: str) -> None:
    assert path in _read(text).reads


def test_paths_that_are_written() -> None:
    found = _read('df.to_csv("a.csv")\nopen("b.txt", "w")\nopen("c.txt", mode="wb")\nopen("d.txt")')
    assert (found.writes, found.reads) == (["a.csv", "b.txt", "c.txt"], ["d.txt"])


@pytest.mark.parametrize("text", ['joblib.dump(model, "m.pkl")', 'pickle.dump(model, open("m.pkl", "wb"))'])
def test_model_files(text: str) -> None:
    assert "m.pkl" in _read(text).dumps


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("import a\nX = 1\ndef f(): ...", True),
        ('if __name__ == "__main__":\n    main()', True),
        ("logging.basicConfig()", True),
        ("main()", False),
        ('df = pd.read_csv("a.csv")', False),
        ("for x in y: print(x)", False),
    ],
)
def test_whether_importing_it_runs_something(text: str, guarded: bool) -> None:
    assert _read(text).guarded is guarded


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ('X = df["text"]', "text"),
        ('X = df[["a", "b"]]', ("a", "b")),
        ('COLS = ["a", "b"]\nX_train = train[COLS]', ("a", "b")),
        ('model.fit(df["text"], df["label"])', "text"),
        ('X = df.drop("y", axis=1)', None),
    ],
)
def test_features(text: str, features: object) -> None:
    assert _read(text).features == features


def test_functions() -> None:
    text = """
    def train(df, path: str, file, *, seed=0, out):
        rows = pd.read_csv(file)
        return model, scores
    def nothing(): pass
    """
    found = _read(text).functions
    assert [(each.name, each.required, each.path) for each in found["train"].parameters] == [
        ("df", True, False),
        ("path", True, True),
        ("file", True, True),
        ("seed", False, False),
        ("out", True, False),
    ]
    assert found["train"].returns == ("model", "scores")
    assert found["nothing"].returns is None


def test_options() -> None:
    text = """
    p.add_argument("input")
    p.add_argument("-m", "--model_path", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--verbose", action="store_true")
    fit = sub.add_parser("fit")
    fit.add_argument("--rate", default="0.1")
    """
    assert [(each.name, each.flag, each.required, each.command) for each in _read(text).options] == [
        ("input", "", True, ""),
        ("model-path", "--model_path", True, ""),
        ("seed", "--seed", False, ""),
        ("rate", "--rate", False, "fit"),
    ]


@pytest.mark.parametrize("text", ["def (", "print 'two'", "\0", "(" * 500, "x = " + "1 + " * 3000 + "1"])
def test_what_is_no_python_is_nothing(text: str) -> None:
    assert module(PurePosixPath("a.py"), text, {}) is None


@given(st.text(max_size=200))
def test_any_text_is_a_module_or_nothing(text: str) -> None:
    module(PurePosixPath("a.py"), text, {})
