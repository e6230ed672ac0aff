"""Which files are the data."""

from pathlib import Path, PurePosixPath

import pytest

from gatebot.discovery.code import Module, module
from gatebot.discovery.repository_files import repository_files
from gatebot.discovery.tables import Data, data_of, same
from gatebot.errors import UsageError

CSV = "a,target\n1,x\n2,y\n3,x\n"
FIT = "model.fit(X, y)\n"


def _data(tmp_path: Path, files: dict[str, str], code: str = "", wanted: str | None = None) -> Data:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found: Module | None = module(PurePosixPath("train.py"), code, {})
    assert found is not None
    return data_of(repository_files(tmp_path), [found], wanted)


@pytest.mark.parametrize(
    ("names", "code", "path"),
    [
        (["data/a.csv"], "", "data/a.csv"),
        (["data/a.csv", "results/b.csv", "submission.csv", "tests/c.csv", ".cache/d.csv"], "", "data/a.csv"),
        (["a.csv", "b.csv"], FIT + 'pd.read_csv("b.csv")', "b.csv"),
        (["raw.csv", "clean.csv"], FIT + 'pd.read_csv("raw.csv")\ndf.to_csv("clean.csv")', "raw.csv"),
        (["train.csv", "test.csv"], "", "train.csv"),
        (["train.csv", "other.csv"], "", "train.csv"),
        (["part-0.csv", "part-1.csv"], "", "part-*.csv"),
        (["data/x_train.csv", "data/lookup.csv"], FIT + 'pd.read_csv("../data/x_train.csv")', "data/x_train.csv"),
        (["eda/diabetes_prediction_dataset.csv"], "", "eda/diabetes_prediction_dataset.csv"),
        (["loan_prediction.csv", "predictions.csv"], FIT + 'pd.read_csv("loan_prediction.csv")', "loan_prediction.csv"),
        (["a.csv", "sample_submission.csv"], FIT + 'pd.read_csv("sample_submission.csv")', "a.csv"),
        (["a.csv", "catboost_info/learn_error.tsv"], "", "a.csv"),
    ],
)
def test_data(names: list[str], code: str, path: str, tmp_path: Path) -> None:
    assert _data(tmp_path, dict.fromkeys(names, CSV), code).main.path == path


def test_labelled_rows_apart_are_eval_rows(tmp_path: Path) -> None:
    found = _data(tmp_path, {"train.csv": CSV, "test.csv": CSV})
    assert found.held is not None
    assert found.held.path == "test.csv"


def test_rows_without_the_target_are_not(tmp_path: Path) -> None:
    found = _data(tmp_path, {"train.csv": CSV, "test.csv": "a\n1\n"})
    assert found.held is None
    assert found.asked is not None


def test_a_pointer_beside_the_data(tmp_path: Path) -> None:
    assert _data(tmp_path, {"a.csv": CSV, "a.csv.dvc": "outs: []"}).pointer == "a.csv.dvc"


@pytest.mark.parametrize(
    ("files", "code", "said", "hint"),
    [
        ({}, "", "no data file", "--data"),
        ({"a.csv": CSV, "b.csv": CSV}, "", "several files could be the data: a.csv, b.csv", "--data a.csv"),
        ({"data/a.csv.dvc": "outs: []"}, "", "is not here", "dvc pull"),
        ({}, 'pd.read_csv("gs://b/a.csv")', "gs://b/a.csv", "data.path"),
        ({"a.csv": "version https://git-lfs.github.com/spec/v1\n"}, "", "Git LFS pointer", "git lfs pull"),
        ({"a.parquet": "nonsense"}, "", "not readable as Parquet", "complete"),
    ],
)
def test_trouble_is_said(files: dict[str, str], code: str, said: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        _data(tmp_path, files, code)
    assert hint in caught.value.hint


PREPARE = "df = pd.read_csv('raw.csv')\nx = StandardScaler().fit_transform(df)\nx.to_csv('clean.csv')\n"
TRAIN = "model.fit(X, y)\njoblib.dump(model, 'm.pkl')\n"


@pytest.mark.parametrize(
    ("train", "more", "path"),
    [
        ("pd.read_csv('clean.csv')\n" + TRAIN, [], "clean.csv"),
        ("pd.read_csv('clean.csv')\n" + TRAIN, ["dvc.yaml"], "raw.csv"),
        ("pd.read_csv('raw.csv')\n" + TRAIN, [], "raw.csv"),
        ("pd.read_csv('raw.csv')\ndf.to_csv('clean.csv')\npd.read_csv('clean.csv')\n" + TRAIN, [], "raw.csv"),
    ],
)
def test_what_training_reads_is_the_data(train: str, more: list[str], path: str, tmp_path: Path) -> None:
    for name in ("raw.csv", "clean.csv", *more):
        (tmp_path / name).write_text(CSV)
    code = {"prepare.py": PREPARE, "train.py": train}
    modules = [module(PurePosixPath(name), text, {}) for name, text in code.items()]
    found = data_of(repository_files(tmp_path), [one for one in modules if one is not None], None)
    assert found.main.path == path
    assert ("prepare.py makes it" in found.why) == (path == "clean.csv")


def test_what_the_user_says_wins(tmp_path: Path) -> None:
    assert _data(tmp_path, {"a.csv": CSV, "b.csv": CSV}, wanted="./b.csv").main.path == "b.csv"


@pytest.mark.parametrize(
    ("path", "code_path", "expected"),
    [
        ("data/a.csv", "data/a.csv", True),
        ("data/a.csv", "../data/a.csv", True),
        ("data/a.csv", "a.csv", True),
        ("data/a.csv", "/home/me/project/data/a.csv", True),
        ("data/a.csv", "other/a.csv", False),
        ("data/a.csv", "data/b.csv", False),
    ],
)
def test_paths_that_mean_the_same_file(path: str, code_path: str, expected: bool) -> None:
    assert same(path, code_path) is expected
