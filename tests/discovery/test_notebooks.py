"""The code of notebooks, read as if it were that of a script, and never run."""

import json
from pathlib import Path

import pytest

from gatebot.discovery.entrypoints import Script
from gatebot.discovery.notebooks import code_of
from gatebot.discovery.proposal import propose
from tests.cli.laptop import write

DATA = "a,b,y\n" + "".join(f"{at % 7},{at % 5},{at % 2}\n" for at in range(80))
FIT = "from sklearn.svm import SVC\nclf = SVC()\nclf.fit(df[['a', 'b']], df['y'])"


def _notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("x = 1", "x = 1"),
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    !pip install y", "if x:\n    pass"),
        ("pd.read_csv?\nx = 1", "pass\nx = 1"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("%%bash\nls", ""),
    ],
)
def test_what_only_a_notebook_understands_is_left_out(cell: str, code: str) -> None:
    assert code_of(_notebook(cell)) == code


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', '{"cells": [{"cell_type": "code"}]}', "[" * 5000])
def test_what_is_no_notebook_has_no_code(text: str) -> None:
    assert code_of(text) == ""


def test_a_notebook_trains_where_nothing_else_does(tmp_path: Path) -> None:
    write(tmp_path, {"data/d.csv": DATA, "notebooks/train.ipynb": _notebook("df = pd.read_csv('../data/d.csv')", FIT)})
    way = propose(tmp_path).way
    assert isinstance(way, Script)
    assert (way.commands, way.folder, way.tables) == (
        (("notebook", "notebooks/train.ipynb"),),
        "notebooks",
        ("data/d.csv",),
    )
    assert (way.variable, way.model) == ("clf", "")


def test_a_script_is_preferred(tmp_path: Path) -> None:
    script = "import pandas as pd\nimport joblib\ndf = pd.read_csv('d.csv')\n" + FIT + "\njoblib.dump(clf, 'm.pkl')\n"
    write(tmp_path, {"d.csv": DATA, "train.py": script, "explore.ipynb": _notebook("df = 1", FIT)})
    way = propose(tmp_path).way
    assert isinstance(way, Script)
    assert way.commands == (("python", "train.py"),)


def test_the_notebook_that_is_named_is_taken(tmp_path: Path) -> None:
    script = "import pandas as pd\nimport joblib\ndf = pd.read_csv('d.csv')\n" + FIT + "\njoblib.dump(clf, 'm.pkl')\n"
    cells = _notebook("df = pd.read_csv('d.csv')", FIT)
    write(tmp_path, {"d.csv": DATA, "train.py": script, "other.ipynb": cells})
    way = propose(tmp_path, train="other.ipynb").way
    assert isinstance(way, Script)
    assert way.commands == (("notebook", "other.ipynb"),)


def test_long_lines_take_no_long_time() -> None:
    assert code_of(_notebook("\n" * 50_000 + " " * 50_000 + "x")).endswith("x")
