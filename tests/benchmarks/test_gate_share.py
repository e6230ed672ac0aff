"""The share benchmark judges evidence that the real `gatebot judge` can read."""

import pytest

from benchmarks.gate_share import PROCESSES, judging


@pytest.mark.scale
def test_stored_evidence_is_judged_and_rendered() -> None:
    lines = judging(200, 1)
    assert [line[0].split(",")[0] for line in lines] == ["gatebot judge", "gatebot render --format html"]
    assert all(len(line) == len(PROCESSES) and float(line[1]) > 0 for line in lines)
