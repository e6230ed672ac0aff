"""Columns that code takes by their position."""

import ast
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.discovery.code import Module
from gatebot.discovery.entrypoints import Script
from gatebot.discovery.positions import name_places, places_of
from gatebot.discovery.proposal import propose
from tests.cli.laptop import write


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("df.iloc[:, -1]", -1),
        ("df.iloc[:, 4].values", 4),
        ("df.iloc[:, :-1]", slice(None, -1)),
        ("df.iloc[:, 1:4].to_numpy()", slice(1, 4)),
        ("df.iloc[:, [2, 3]].values", (2, 3)),
        ("df.iloc[:, n]", None),
        ("df.iloc[:, 1:n]", None),
        ("df.iloc[:, [1, n]]", None),
        ("df.iloc[:, True]", None),
        ("df.iloc[3]", None),
        ("df.loc[:, 3]", None),
    ],
)
def test_places(text: str, places: object) -> None:
    assert places_of(ast.parse(text, mode="eval").body) == places


DATA = "id,a,b,kind\n" + "".join(f"r{at},{at % 7},{at % 5},{('u', 'v')[at % 2]}\n" for at in range(80))
START = "import pandas as pd\nfrom sklearn.svm import SVC\ndf = pd.read_csv('d.csv')\n"


@pytest.mark.parametrize("features", ["df.iloc[:, 1:3].values", "df.iloc[:, [1, 2]]", "df.iloc[:, 1:-1]"])
def test_target_and_features_get_their_names(features: str, tmp_path: Path) -> None:
    code = f"{START}X = {features}\ny = df.iloc[:, 3].values\nclf = SVC()\nclf.fit(X, y)\n"
    write(tmp_path, {"d.csv": DATA, "train.py": code})
    found = propose(tmp_path)
    assert isinstance(found.way, Script)
    assert found.roles.target.column == "kind"
    assert 'rows[["a", "b"]]' in found.adapter


@given(st.integers(-9, 9), st.integers(-9, 9))
def test_places_that_are_not_there_are_no_columns(place: int, other: int) -> None:
    one = Module(PurePosixPath("a.py"), answer_place=place, feature_places=(place, other))
    name_places([one], {"a": 1, "b": 2, "c": 3})
    assert {use.column for use in one.uses} <= {"a", "b", "c"}
