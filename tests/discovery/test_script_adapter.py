"""Every adapter that runs the repository's own code refuses the model of an earlier training."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from gatebot.discovery.entrypoints import Functions, PredictionScript, Script
from gatebot.discovery.proposal import propose
from gatebot.worker.user_code import call
from tests.cli.laptop import write

TABLE = pd.DataFrame({"a": range(40), "target": ["low", "high"] * 20})

MEAN = """\
class Mean:
    def fit(self, X, y):
        self.value = max(set(y), key=list(y).count)
        return self

    def predict(self, X):
        return [self.value] * len(X)
"""
START = 'import csv, os, joblib\nfrom mean import Mean\nrows = list(csv.DictReader(open("data.csv")))\n'
FIT = 'X = [row["a"] for row in rows]\ny = [row["target"] for row in rows]\nmodel = Mean()\nmodel.fit(X, y)\n'
SAVE = 'joblib.dump(model, "model.pkl")'
PACKAGE = """\
import joblib
from mean import Mean

def train(df, {given}):
    model = Mean().fit(df, df["target"])
    {save}
"""

SHAPES: dict[str, tuple[type, dict[str, str], tuple[str, str]]] = {
    "a script with a fixed path": (Script, {"mean.py": MEAN, "train.py": START + FIT + SAVE}, ("train.py", SAVE)),
    "a script in a folder of its own": (
        Script,
        {"work/mean.py": MEAN, "work/train.py": START.replace("data.csv", "../data.csv") + FIT + SAVE},
        ("work/train.py", SAVE),
    ),
    "a script with an option for the path": (
        Script,
        {
            "mean.py": MEAN,
            "train.py": "import argparse\np = argparse.ArgumentParser()\n"
            'p.add_argument("--out", default="model.pkl")\nargs = p.parse_args()\n'
            + START
            + FIT
            + "joblib.dump(model, args.out)",
        },
        ("train.py", "joblib.dump(model, args.out)"),
    ),
    "a script with an option for the folder": (
        Script,
        {
            "mean.py": MEAN,
            "train.py": "import argparse\np = argparse.ArgumentParser()\n"
            'p.add_argument("--model-dir", default="models")\nargs = p.parse_args()\n'
            + START
            + FIT
            + 'joblib.dump(model, os.path.join(args.model_dir, "m.pkl"))',
        },
        ("train.py", 'joblib.dump(model, os.path.join(args.model_dir, "m.pkl"))'),
    ),
    "the last of several stages": (
        Script,
        {
            "mean.py": MEAN,
            "train.py": START + FIT + SAVE,
            "dvc.yaml": "stages:\n  train:\n    cmd: python train.py\n    outs: [model.pkl]\n",
        },
        ("train.py", SAVE),
    ),
    "the first of several stages": (
        Script,
        {
            "mean.py": MEAN,
            "copy_rows.py": 'import shutil\nshutil.copyfile("data.csv", "rows.csv")\n',
            "train.py": START.replace("data.csv", "rows.csv") + FIT + SAVE,
            "dvc.yaml": "stages:\n  copy:\n    cmd: python copy_rows.py\n    outs: [rows.csv]\n"
            "  train:\n    cmd: python train.py\n    outs: [model.pkl]\n",
        },
        ("copy_rows.py", 'shutil.copyfile("data.csv", "rows.csv")'),
    ),
    "a script whose model a second one reads": (
        Script,
        {
            "train.py": "import csv, json\nimport numpy as np\n"
            'rows = list(csv.DictReader(open("data.csv")))\nnp.savez("state.npz", a=[1])\n',
            "predict.py": 'import numpy as np\nimport pandas as pd\nstate = np.load("state.npz")\n'
            'df = pd.read_csv("new.csv")\ndf["prediction"] = "low"\ndf.to_csv("predictions.csv")\n',
        },
        ("train.py", 'np.savez("state.npz", a=[1])'),
    ),
    "a function that saves": (
        Functions,
        {"mean.py": MEAN, "learn_stale_a.py": PACKAGE.format(given="seed=0", save=SAVE)},
        ("learn_stale_a.py", SAVE),
    ),
    "a function that saves where it is told": (
        Functions,
        {
            "mean.py": MEAN,
            "learn_stale_b.py": PACKAGE.format(given="model_path", save="joblib.dump(model, model_path)"),
        },
        ("learn_stale_b.py", "joblib.dump(model, model_path)"),
    ),
    "targets of a Makefile": (
        Script,
        {
            "Makefile": "DATA = data.csv\nMODEL = m\nIN = x\nOUT = y\ntrain:\n\tcp $(DATA) $(MODEL)\n"
            "predict:\n\tcp $(IN) $(OUT) # $(MODEL)\n"
        },
        ("Makefile", "cp $(DATA) $(MODEL)"),
    ),
    "a script that answers at once": (
        PredictionScript,
        {
            "input/train.csv": TABLE.to_csv(index=False),
            "input/test.csv": TABLE.drop(columns="target").to_csv(index=False),
            "main.py": MEAN + 'import pandas as pd\ntrain = pd.read_csv("input/train.csv")\n'
            'test = pd.read_csv("input/test.csv")\nmodel = Mean()\nmodel.fit(train, train["target"])\n'
            'test["target"] = model.predict(test)\ntest.to_csv("submission.csv")\n',
        },
        ("main.py", 'test.to_csv("submission.csv")'),
    ),
}


@pytest.fixture
def adapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Loads the adapter of the repository in `tmp_path`, as if for the first time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def load() -> ModuleType:
        for name in [name for name in sys.modules if name.startswith("learn_stale")]:
            del sys.modules[name]
        spec = importlib.util.spec_from_file_location("stale_adapter", tmp_path / "gatebot_pipeline.py")
        assert spec is not None
        assert spec.loader is not None
        adapter = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(adapter)
        return adapter

    yield load
    for name in [name for name in sys.modules if name.startswith("learn_stale")]:
        del sys.modules[name]


@pytest.mark.whole
@pytest.mark.parametrize("name", SHAPES)
def test_training_that_saves_nothing_fails(name: str, tmp_path: Path, adapters: Any) -> None:
    kind, files, (path, saves) = SHAPES[name]
    write(tmp_path, files if "input/train.csv" in files else {"data.csv": TABLE.to_csv(index=False), **files})
    found = propose(tmp_path)
    assert type(found.way) is kind
    write(tmp_path, {"gatebot_pipeline.py": found.adapter, "out/.keep": ""})
    offered = {"rows": TABLE, "seed": 1, "out": str(tmp_path / "out")}
    call(adapters(), "train", offered)
    text = files[path]
    assert text.count(saves) == 1
    write(tmp_path, {path: text.replace(saves, "true" if path == "Makefile" else "pass")})
    with pytest.raises(Exception, match=r"training has not written|returned non-zero exit status"):
        call(adapters(), "train", offered)
