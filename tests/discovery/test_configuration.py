"""The file that `init` writes: which metrics it declares."""

from pathlib import Path

import pytest
import yaml

from gatebot.config.load import parse
from gatebot.discovery.configuration import text
from gatebot.discovery.proposal import propose

PIPELINE = "def train(rows, seed):\n    return 0\n\n\ndef predict(model, rows):\n    return [0] * len(rows)\n"
LABELS = {
    "two labels": [("yes", "no")[at % 2] for at in range(200)],
    "few are positive": ["1" if at % 25 == 0 else "0" for at in range(200)],
    "three labels, one of them rare": [("a", "b")[at % 2] if at % 50 else "c" for at in range(200)],
    "numbers": [str(at * 0.37) for at in range(200)],
}


@pytest.mark.parametrize(
    ("labels", "metrics"),
    [
        ("two labels", [("accuracy", None), ("log_loss", None)]),
        (
            "few are positive",
            [("accuracy", None), ("log_loss", None), ("roc_auc", None), ("average_precision", "1")],
        ),
        ("three labels, one of them rare", [("accuracy", None), ("log_loss", None)]),
        ("numbers", [("mae", None), ("rmse", None)]),
    ],
)
def test_a_proper_loss_stands_beside_the_headline(
    labels: str, metrics: list[tuple[str, str | None]], tmp_path: Path
) -> None:
    lines = ["id,size,target", *(f"r{at},{at % 7},{label}" for at, label in enumerate(LABELS[labels]))]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "pipeline.py").write_text(PIPELINE)
    written = text(propose(tmp_path))
    declared = parse(written, "gatebot.yml").rules.metrics
    assert [(each.metric, each.of) for each in declared] == metrics
    assert [each.margin == "auto" for each in declared] == [False, *[True] * (len(declared) - 1)]
    assert "as the eval rows can see" in written


READING = "import pandas as pd\n\ndata = pd.read_csv('rows.csv'{})\n"


@pytest.mark.parametrize(
    ("rows", "encoding", "options", "expected"),
    [
        ("id;size;target\n{id};{at},5;é{at}\n", "cp1252", ", dtype=str", {"encoding", "separator", "decimal"}),
        ("id,size,target\n{id},{at},a{at}\n", "utf-8", ", na_values=['?'], dtype=str", {"missing"}),
        ("id,size,target\n{id},{at},a{at}\n", "utf-8", ", sep=','", {"types"}),
        ("id,size,target\n{id},{at},a{at}\n", "utf-8", ", dtype=str", set[str]()),
        ("{id},{at},a{at}\n", "utf-8", ", names=['id', 'size', 'target'], dtype=str", {"header", "columns"}),
    ],
)
def test_only_what_differs_from_the_default_is_written(
    rows: str, encoding: str, options: str, expected: set[str], tmp_path: Path
) -> None:
    *head, line = rows.splitlines(keepends=True)
    table = "".join([*head, *(line.format(id=f"r{at}", at=at % 2) for at in range(40))])
    (tmp_path / "rows.csv").write_bytes(table.encode(encoding))
    (tmp_path / "pipeline.py").write_text(PIPELINE)
    (tmp_path / "load.py").write_text(READING.format(options))
    written = text(propose(tmp_path))
    parse(written, "gatebot.yml")
    keys = set(yaml.safe_load(written)["data"]) - {"path", "target", "id", "time", "group"}
    assert keys == expected
    assert "types" not in expected or "load.py:3 leaves it to pandas what the values are" in written
