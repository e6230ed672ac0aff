"""The coverage benchmark, small: its truths are true, and what it tells adds up."""

import pytest

from benchmarks import coverage
from benchmarks.coverage import LOSS, PROCEDURES, SEEDS, Tally, gathered, page, truths


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "ROWS", (200,))
    monkeypatch.setattr(coverage, "REFERENCE_DRAWS", 2)


@pytest.mark.simulation
def test_truths_are_losses_of_the_size_that_was_asked_for() -> None:
    truths.cache_clear()
    found = truths()
    truths.cache_clear()
    assert found["accuracy"] == pytest.approx(-LOSS, abs=0.006)
    assert all(loss < 0 for name, loss in found.items() if name != "ece")


@pytest.mark.simulation
def test_every_metric_is_judged_with_and_without_seed_noise() -> None:
    total = gathered(2, 1)
    assert {(rows, seeds, counted) for _, rows, seeds, counted in total} == {
        *((200, seeds, True) for seeds in SEEDS),
        (200, 1, False),
    }
    assert all(tally.tries == 2 for (name, *_), tally in total.items() if name == "accuracy")
    assert Tally(1, 0, 1, 1) + Tally(2, 1, 0, 0) == Tally(3, 1, 1, 1)


@pytest.mark.simulation
def test_the_page_tells_all_procedures() -> None:
    text = page(2, 1, "command").text()
    for procedure in PROCEDURES:
        assert procedure.name in text
    for title in ("Single runs", "False holds", "False alarms", "Power"):
        assert title in text
