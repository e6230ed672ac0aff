"""The share benchmark judges evidence that the real `gatebot judge` can read."""

from functools import partial
from pathlib import Path

import pytest

from benchmarks.gate_share import PROCESSES, judging, read_table, reading, write_table
from benchmarks.stopwatch import timed


@pytest.mark.scale
def test_stored_evidence_is_judged_and_rendered() -> None:
    lines = judging(200, 1)
    assert [line[0].split(",")[0] for line in lines] == ["gatebot judge", "gatebot render --format html"]
    assert all(len(line) == len(PROCESSES) and float(line[1]) > 0 for line in lines)


@pytest.mark.scale
def test_tables_are_read() -> None:
    lines = reading([(60, 30)], 1)
    assert [line[0] for line in lines] == ["reading and profiling 60 rows x 30 columns"]
    assert len(lines[0]) == len(PROCESSES)


@pytest.mark.scale
@pytest.mark.parametrize(("few", "many"), [((600, 1000), (600, 4000)), ((10_000, 20), (40_000, 20))])
def test_the_cost_of_a_table_grows_with_its_cells(few: tuple[int, int], many: tuple[int, int], tmp_path: Path) -> None:
    """Four times the cells take about four times the processor's seconds, and not sixteen."""
    took = []
    for rows, columns in (few, many):
        folder = tmp_path / f"{rows}-{columns}"
        folder.mkdir()
        write_table(folder / "data.csv", rows, columns)
        assert "c0" in read_table(folder)
        took.append(timed(partial(read_table, folder), 5).cpu)
    assert took[1] < 8 * took[0]
    assert took[1] < 12  # it took 20 s
