"""Ten lines say what was found, what was guessed and what was not, and how sure that is."""

from pathlib import Path

import pytest

from gatebot.discovery.proposal import propose
from gatebot.discovery.summary import SummaryLine, summary

PIPELINE = """\
from sklearn.linear_model import LogisticRegression

def train(rows, seed):
    return LogisticRegression().fit(rows[["size"]], rows["label"])


def predict(model, rows):
    return model.predict(rows[["size"]])
"""
ROWS = "size,label\n" + "".join(f"{at % 7},{'ab'[at % 2]}\n" for at in range(200))
NAMED = "id,size,label\n" + "".join(f"r{at},{at % 7},{'ab'[at % 2]}\n" for at in range(200))
SPLIT = "part,size,label\n" + "".join(
    f"{('train', 'eval')[at % 2]},{at % 7},{'ab'[at // 2 % 2]}\n" for at in range(200)
)
DECIMALS = "size,price\n" + "".join(f"{at % 7},{at * 1.01:.2f}\n" for at in range(200))


def _summary(root: Path, files: dict[str, str]) -> dict[str, SummaryLine]:
    for name, text in {"pipeline.py": PIPELINE, **files}.items():
        (root / name).write_text(text)
    lines = summary(propose(root))
    assert 8 <= len(lines) <= 11
    return {line.subject: line for line in lines}


@pytest.mark.parametrize(
    ("files", "subject", "says", "sure"),
    [
        ({"rows.csv": ROWS}, "data", "rows.csv: 200 rows, 2 columns (the only data file here)", "sure"),
        ({"rows.csv": ROWS}, "target", "label (`fit(…, rows['label'])` in pipeline.py)", "sure"),
        ({"rows.csv": ROWS}, "task", "2 labels that are words, and pipeline.py trains a LogisticRegression", "sure"),
        ({"rows.csv": ROWS}, "id", "told apart by their content", None),
        ({"rows.csv": NAMED}, "id", "id (every row has its own)", "sure"),
        ({"rows.csv": SPLIT}, "eval", "as part says (each row says eval or train)", "sure"),
        ({"rows.csv": ROWS}, "group", "none found", None),
        ({"rows.csv": ROWS}, "model", "train and predict of pipeline.py", "sure"),
        ({"rows.csv": ROWS}, "eval", "by a hash", None),
        ({"rows.csv": ROWS, "test.csv": ROWS}, "eval", "test.csv has the same columns and may be meant", "a guess"),
        ({"train.csv": ROWS, "test.csv": ROWS}, "eval", "test.csv (the same columns", "sure"),
        ({"rows.csv": ROWS, "old.py": "x = 1\n"}, "calls", "pipeline.py; never imported by training: old.py", None),
        (
            {"rows.csv": ROWS, "clean.py": 'df.to_csv("rows.csv")\n'},
            "made by",
            "rows.csv is written by clean.py, whose changes go unseen",
            None,
        ),
        ({"rows.csv": ROWS}, "set-up", "nothing here says what to install", None),
        ({"rows.csv": ROWS, "requirements.txt": "x\n"}, "set-up", "(requirements.txt is here)", None),
        (
            {"rows.csv": DECIMALS, "pipeline.py": PIPELINE.replace("label", "price")},
            "task",
            "regression (decimals, 200 different ones, but pipeline.py trains a LogisticRegression)",
            "likely",
        ),
    ],
)
def test_a_line(files: dict[str, str], subject: str, says: str, sure: str | None, tmp_path: Path) -> None:
    line = _summary(tmp_path, files)[subject]
    assert says in line.says
    assert line.sure == sure
