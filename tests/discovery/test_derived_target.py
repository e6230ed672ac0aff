"""What the code makes its target of: codes of a column's values, or numbers that do not tell them."""

from pathlib import Path

import pytest

from gatebot.discovery.proposal import propose
from gatebot.errors import UsageError
from tests.cli.laptop import write

DATA = "a,b,kind,grade\n" + "".join(f"{at % 7},{at % 5},{('yes', 'no')[at % 2]},{at % 9}\n" for at in range(80))
START = "import pandas as pd\nimport joblib\nfrom sklearn.svm import SVC\ndf = pd.read_csv('data.csv')\n"
END = "X = df[['a', 'b']]\n{answers}\nmodel = SVC()\nmodel.fit(X, y)\njoblib.dump(model, 'model.pkl')\n"


def _files(made: str, answers: str) -> dict[str, str | bytes | None]:
    return {"data.csv": DATA, "train.py": START + made + "\n" + END.format(answers=answers)}


@pytest.mark.parametrize(
    ("made", "answers", "codes"),
    [
        ("", "y = df['kind'].map({'yes': 1, 'no': 0})", {"1": "yes", "0": "no"}),
        ("", "y = (df['kind'] == 'yes').astype(int)", {"1": "yes", "0": "no"}),
        ("", "y = df.kind.replace({'yes': 'Y', 'no': 'N'})", {"Y": "yes", "N": "no"}),
        ("df['y'] = df['kind'].map({'yes': 1, 'no': 0})", "y = df['y']", {"1": "yes", "0": "no"}),
        ("df['kind'] = df['kind'].str.strip().map({'yes': 1, 'no': 0})", "y = df['kind']", {"1": "yes", "0": "no"}),
        ("CODES = {'a': 1}", "y = df['kind']", {}),
    ],
)
def test_codes_of_a_column_are_turned_back(made: str, answers: str, codes: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, _files(made, answers))
    found = propose(tmp_path)
    assert found.roles.target.column == "kind"
    assert getattr(found.way, "codes", None) == codes
    assert ("CODES = " in found.adapter) is bool(codes)


@pytest.mark.parametrize(
    ("made", "answers", "line", "column"),
    [
        ("df['y'] = df.grade > 3", "y = df['y']", 'line 5: the target is made by `df["y"] = df.grade > 3`', "`y`"),
        ("df['y'] = (df['grade'] >= 7).astype(int)", "y = df['y']", "line 5: the target is made by", "`y`"),
        ("", "y = (df['grade'] >= 7).astype(int)", "line 7: the target is made by `(df['grade'] >= 7)", "`target`"),
    ],
)
def test_other_targets_are_refused_with_the_line_to_move(
    made: str, answers: str, line: str, column: str, tmp_path: Path
) -> None:
    write(tmp_path, _files(made, answers))
    with pytest.raises(UsageError) as caught:
        propose(tmp_path)
    assert f"train.py, {line}" in str(caught.value)
    assert f"has the column {column}" in caught.value.hint
    assert "--target grade" in caught.value.hint


def test_whoever_names_a_target_is_not_refused(tmp_path: Path) -> None:
    write(tmp_path, _files("df['y'] = df.grade > 3", "y = df['y']"))
    assert propose(tmp_path, target="grade").roles.target.column == "grade"
