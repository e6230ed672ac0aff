"""Commits, and folders that hold their Snapshots."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from gatebot.evidence import store
from gatebot.evidence.column import Numbers
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.need import Side
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Training
from gatebot.evidence.truth import Truth
from tests.evidence.evidence import ABOUT

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COMMITS = tuple(f"{number:040x}" for number in range(1, 40))
FIT = Fit(Side.HEAD)
TRUTH = Truth(np.arange(3, dtype=np.uint64), Numbers(np.array([1.0, 2.0, 3.0])))


def snapshot_of(commit: str, *, hours: float = 1, rows: int = 1, run: tuple[int, int] = (0, 0)) -> Snapshot:
    about = ABOUT.model_copy(update={"commit": commit, "created_at": NOW - timedelta(hours=hours), "run": run})
    return Snapshot(about, {FIT: Training(Effects(Ending.OK), rows, "rows")})


def folder_of(
    folder: Path, commit: str, *, hours: float = 1, rows: int = 1, labels: bool = True, run: tuple[int, int] = (0, 0)
) -> Path:
    """A folder as `collect` leaves it."""
    place = folder / f"{commit}-{rows}-{labels}"
    store.write(snapshot_of(commit, hours=hours, rows=rows, run=run), place)
    if labels:
        store.write_truth(TRUTH, place)
    return place
