"""Values decide between classification and regression; what the code trains decides where both are possible."""

from pathlib import PurePosixPath

import polars as pl
import pytest

from gatebot.data.columns import column_profile
from gatebot.discovery.code import module
from gatebot.discovery.task_kind import task_kind

SORTS = "from sklearn.ensemble import RandomForestClassifier\nRandomForestClassifier().fit(x, y)\n"
VALUES = "from sklearn.linear_model import Ridge\nRidge().fit(x, y)\n"
BOTH = SORTS + VALUES
ROWS = 600
COLUMNS = {
    "words": [("red", "green", "blue")[at % 3] for at in range(ROWS)],
    "decimals": [f"{at * 0.3701:.4f}" for at in range(ROWS)],
    "few decimals": [f"{at % 9 / 2:.1f}" for at in range(ROWS)],
    "yes and no": [str(at % 2) for at in range(ROWS)],
    "yes and no as decimals": [f"{at % 2}.0" for at in range(ROWS)],
    "stars": [str(at % 5) for at in range(ROWS)],
    "digits of a code": [str(at % 60) for at in range(ROWS)],
    "counts": [str(at) for at in range(ROWS)],
}


@pytest.mark.parametrize(
    ("column", "code", "task", "sure", "against"),
    [
        ("words", "", "classification", "sure", ""),
        ("words", SORTS, "classification", "sure", ""),
        ("words", VALUES, "classification", "likely", "but m.py trains a Ridge"),
        ("decimals", "", "regression", "sure", ""),
        ("decimals", VALUES, "regression", "sure", ""),
        ("decimals", SORTS, "regression", "likely", "but m.py trains a RandomForestClassifier"),
        ("decimals", BOTH, "regression", "sure", ""),
        ("few decimals", SORTS, "regression", "likely", "but m.py trains a RandomForestClassifier"),
        ("yes and no", "", "classification", "likely", ""),
        ("yes and no", SORTS, "classification", "sure", ""),
        ("yes and no", VALUES, "regression", "likely", "but so few could be labels"),
        ("yes and no as decimals", SORTS, "classification", "sure", ""),
        ("stars", "", "classification", "likely", ""),
        ("stars", SORTS, "classification", "sure", ""),
        ("stars", VALUES, "regression", "sure", ""),
        ("stars", BOTH, "classification", "a guess", "but m.py trains a Ridge as well"),
        ("digits of a code", SORTS, "classification", "sure", ""),
        ("digits of a code", "", "regression", "sure", ""),
        ("counts", "", "regression", "sure", ""),
        ("counts", SORTS, "regression", "likely", "but m.py trains a RandomForestClassifier"),
    ],
)
def test_the_data_decides_before_the_code(column: str, code: str, task: str, sure: str, against: str) -> None:
    profile = column_profile(pl.Series("target", COLUMNS[column]))
    found = module(PurePosixPath("m.py"), code, {})
    kind = task_kind(profile, [found] if found else [])
    assert (kind.name, kind.sure, kind.against) == (task, sure, against)
    assert kind.why


def test_a_classifier_of_16000_decimals_is_contradicted_with_both_sides() -> None:
    profile = column_profile(pl.Series("price", [f"{at * 1.01:.2f}" for at in range(16_000)]))
    helper = module(PurePosixPath("segments.py"), SORTS, {})
    assert helper is not None
    kind = task_kind(profile, [helper])
    assert kind.name == "regression"
    assert "16,000 different ones" in kind.why
    assert kind.against == "but segments.py trains a RandomForestClassifier"
