"""What is known of margins before anything was trained."""

import pytest

from gatebot.config.document import Rules
from gatebot.power.feasibility import too_few


def said(rows: int, *metrics: dict[str, object], task: str = "classification") -> list[str]:
    return list(too_few(Rules.model_validate({"project": "p", "task": task, "metrics": metrics}), rows))


@pytest.mark.parametrize(
    ("rows", "metric", "sentences"),
    [
        (
            569,
            {"metric": "accuracy"},
            ["569 eval rows see ≥ 3.7 points: the margin of 2 points of accuracy takes 1,960"],
        ),
        (1960, {"metric": "accuracy"}, []),
        (
            1960,
            {"metric": "accuracy", "margin": 0.01},
            ["1,960 eval rows see ≥ 2 points: the margin of 1 point of accuracy takes 7,847"],
        ),
        (569, {"metric": "accuracy", "margin": 0.2}, []),
        (569, {"metric": "accuracy", "margin": "5%"}, []),
        (569, {"metric": "accuracy", "slice": "region"}, []),
        (569, {"metric": "log_loss"}, []),
    ],
    ids=["few", "enough", "tighter", "wide", "relative", "slice", "a loss"],
)
def test_a_rate_s_margin_asks_for_rows(rows: int, metric: dict[str, object], sentences: list[str]) -> None:
    assert said(rows, metric) == sentences


def test_an_error_waits_for_a_baseline() -> None:
    assert said(10, {"metric": "mae"}, task="regression") == []
