"""Where a script is started, what runs before it, and where its model is then."""

from pathlib import Path
from typing import Any

import pytest

from gatebot.discovery.entrypoints import Script
from gatebot.discovery.proposal import propose
from gatebot.errors import UsageError
from tests.cli.laptop import write

DATA = "a,b,y\n" + "".join(f"{at % 7},{at % 5},{('u', 'v')[at % 2]}\n" for at in range(80))
START = "import pandas as pd\nimport joblib\nfrom sklearn.svm import SVC\n"
READ = "df = pd.read_csv('data/d.csv')\n"
FIT = "model = SVC()\nmodel.fit(df[['a', 'b']], df['y'])\n"
SAVE = "joblib.dump(model, 'm.pkl')\n"
SCALED = "scaler = StandardScaler()\nX = scaler.fit_transform(df[['a', 'b']])\nmodel = SVC()\nmodel.fit(X, df['y'])\n"
ASK = "state = joblib.load('m.pkl')\ndf = pd.read_csv('new.csv')\ndf['y'] = state.predict(df)\ndf.to_csv('out.csv')\n"

WAYS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "a file": ({"train.py": READ + FIT + SAVE}, {"model": "m.pkl", "variable": "", "folder": "."}),
    "a variable": ({"train.py": READ + FIT}, {"model": "", "variable": "model"}),
    "the file of what was fitted last": (
        {"train.py": READ + FIT + SAVE + "joblib.dump(list(df), 'columns.pkl')\n"},
        {"model": "m.pkl"},
    ),
    "a step and a model in files": (
        {"train.py": READ + SCALED + SAVE + "joblib.dump(scaler, 's.pkl')\n"},
        {"model": "m.pkl", "steps": ("s.pkl",), "leaves": ("s.pkl",)},
    ),
    "a step that is not saved": (
        {"train.py": READ + SCALED + SAVE},
        {"model": "", "variable": "model", "steps": ("scaler",)},
    ),
    "a folder of its own": (
        {"train/fit.py": READ.replace("data/", "../data/") + FIT + SAVE},
        {"folder": "train", "commands": (("python", "fit.py"),), "model": "train/m.pkl", "tables": ("data/d.csv",)},
    ),
    "a script before it": (
        {
            "make.py": READ + "df.to_csv('data/clean.csv')\n",
            "train.py": READ.replace("d.csv", "clean.csv") + FIT + SAVE,
        },
        {"commands": (("python", "make.py"), ("python", "train.py")), "leaves": ("data/clean.csv",)},
    ),
    "a second script that knows what was changed": (
        {"train.py": READ + "df['a'] = df['a'] ** 2\n" + FIT + SAVE, "predict.py": ASK},
        {"model": "m.pkl", "ask": ("python", "predict.py"), "asks": ("new.csv", "out.csv")},
    ),
    "a seed that it takes": (
        {
            "train.py": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--seed', default=1)\n"
            + READ
            + FIT
            + SAVE
        },
        {"commands": (("python", "train.py", "--seed", "{seed}"),)},
    ),
    "a folder for the model": (
        {
            "train.py": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--out-dir', default='o')\n"
            "args = p.parse_args()\n" + READ + FIT + "joblib.dump(model, args.out_dir + 'm.pkl')\n"
            "joblib.dump(model, os.path.join(args.out_dir, 'm.pkl'))\n"
        },
        {"commands": (("python", "train.py", "--out-dir", "{model_folder}"),), "model": "{model_folder}/m.pkl"},
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_script(name: str, tmp_path: Path) -> None:
    files, expected = WAYS[name]
    write(tmp_path, {"data/d.csv": DATA, **{path: START + text for path, text in files.items()}})
    way = propose(tmp_path).way
    assert isinstance(way, Script)
    assert {key: getattr(way, key) for key in expected} == expected


@pytest.mark.parametrize("change", ["df['a'].fillna(0)", "np.log1p(df['a'])", "(df['a'] == 'x').astype(int)"])
def test_a_feature_that_is_changed_outside_of_the_model_is_named(change: str, tmp_path: Path) -> None:
    write(tmp_path, {"data/d.csv": DATA, "train.py": START + READ + f"df['a'] = {change}\n" + FIT + SAVE})
    with pytest.raises(UsageError, match=r"train\.py, line 5, changes `a` outside of its model") as caught:
        propose(tmp_path)
    assert "Pipeline" in caught.value.hint


def test_of_several_tables_the_one_with_the_target_is_the_data(tmp_path: Path) -> None:
    code = START + READ + "more = pd.read_csv('data/more.csv')\n" + FIT + SAVE
    write(tmp_path, {"data/d.csv": DATA, "data/more.csv": "k,v\n1,2\n", "train.py": code})
    assert propose(tmp_path).data.main.path == "data/d.csv"


def test_a_script_that_saves_its_model_is_preferred(tmp_path: Path) -> None:
    explore = START + READ + FIT
    write(tmp_path, {"data/d.csv": DATA, "explore.py": explore, "train.py": explore + SAVE})
    way = propose(tmp_path).way
    assert isinstance(way, Script)
    assert way.commands == (("python", "train.py"),)
