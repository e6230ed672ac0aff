"""What is written is what is read, whole or not at all, and labels lie apart."""

import multiprocessing
import os
import signal
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.errors import MachineError
from gatebot.evidence import store
from gatebot.evidence.column import MAX_TEXT, Column, Names, Numbers
from gatebot.evidence.digest import digest
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.intake import parse, parse_truth, read, read_truth, read_whole
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side
from gatebot.evidence.precision import rounded
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot, SnapshotError
from gatebot.evidence.training import Fit, Training
from gatebot.evidence.truth import Truth
from tests.evidence.evidence import ABOUT, ordered, same, snapshots, truths

TRUTH = Truth(np.arange(3, dtype=np.uint64), Names(np.array([0, 1, -1], dtype=np.int32), ("no", "yes")))
TRAINED = Training(Effects(Ending.OK, 0, 1.5), 2000, "rows")
FIT = Fit(Side.HEAD)


@given(snapshots())
@settings(max_examples=60, deadline=None)
def test_a_snapshot_is_read_as_it_was_written(snapshot: Snapshot) -> None:
    found = parse(store.packed(snapshot))
    assert same(found.about.model_dump(), snapshot.about.model_dump())
    assert same(replace(found, about=ABOUT), replace(ordered(snapshot), about=ABOUT))


@given(snapshots())
@settings(max_examples=30, deadline=None)
def test_equal_evidence_gives_equal_bytes_and_digest(snapshot: Snapshot) -> None:
    found = parse(store.packed(snapshot))
    assert store.packed(found) == store.packed(snapshot)
    assert digest(found) == digest(snapshot)


@given(st.integers(0, 5).flatmap(truths))
@settings(max_examples=40, deadline=None)
def test_labels_are_read_as_they_were_written(truth: Truth) -> None:
    assert same(parse_truth(store.packed_truth(truth)), truth)


def test_labels_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    snapshot = Snapshot(ABOUT, {FIT: TRAINED}, truth=TRUTH)
    store.write(snapshot, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["snapshot"]
    store.write_truth(TRUTH, tmp_path)
    assert read(tmp_path).truth is None
    assert same(read_truth(tmp_path), TRUTH)
    assert same(read_whole(tmp_path).truth, TRUTH)


def test_without_labels_the_whole_is_the_snapshot(tmp_path: Path) -> None:
    store.write(Snapshot(ABOUT, {FIT: TRAINED}), tmp_path)
    assert read_whole(tmp_path).truth is None


def test_evidence_is_added_and_never_filled_again(tmp_path: Path) -> None:
    store.write(Snapshot(ABOUT, {FIT: TRAINED}, {Fit(Side.HEAD, seed=1): "budget"}), tmp_path)
    other = replace(TRAINED, rows=1)
    store.add({FIT: other, Fit(Side.HEAD, seed=1): other}, {}, tmp_path)
    found = read(tmp_path)
    assert found.get(FIT, Training) == TRAINED
    assert found.get(Fit(Side.HEAD, seed=1), Training) == other
    assert not found.unmet


def test_long_and_broken_text_is_shortened_not_refused() -> None:
    log = ("x" * 5000, "a\udc80b")
    snapshot = Snapshot(ABOUT, {FIT: replace(TRAINED, effects=Effects(Ending.CRASHED, 1, log_tail=log))})
    found = parse(store.packed(snapshot)).get(FIT, Training)
    assert found is not None
    long, broken = found.effects.log_tail
    assert len(long) == MAX_TEXT
    assert broken == "a?b"


UNSOUND = {
    "evidence under another kind's key": {Profile(Side.HEAD): TRAINED},
    "columns of another length": {
        Predict(FIT): Predictions(Effects(Ending.OK), TRUTH.ids, {"prediction": Numbers(np.zeros(2))})
    },
    "a code without a label": {
        Predict(FIT): Predictions(
            Effects(Ending.OK), TRUTH.ids, {"prediction": Names(np.array([0, 1, 2], dtype=np.int32), ("no", "yes"))}
        )
    },
    "a type that is not kept": {
        Predict(FIT): Predictions(Effects(Ending.OK), TRUTH.ids, {"p": Numbers(np.zeros(3, dtype=np.float32))})
    },
    "a table": {Predict(FIT): Predictions(Effects(Ending.OK), TRUTH.ids, {"p": Numbers(np.zeros((3, 2)))})},
    "time that is not finite": {FIT: replace(TRAINED, effects=Effects(Ending.OK, 0, float("nan")))},
    "ids that repeat": {
        Profile(Side.HEAD): DataProfile(
            4, 2, (), (), RowTable(np.zeros(2, "u8"), np.zeros(2, "u8"), None, np.zeros(2, "u8"), {})
        )
    },
}


@pytest.mark.parametrize("evidence", UNSOUND.values(), ids=UNSOUND)
def test_nothing_is_written_that_could_not_be_read(evidence: dict[Need, Evidence], tmp_path: Path) -> None:
    with pytest.raises(SnapshotError):
        store.write(Snapshot(ABOUT, evidence), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    store.write(Snapshot(ABOUT, {FIT: TRAINED}), tmp_path)
    store.write(Snapshot(ABOUT), tmp_path)
    assert not read(tmp_path).evidence


def _write_without_end(folder: Path) -> None:
    snapshots = [Snapshot(ABOUT, {FIT: replace(TRAINED, rows=rows)}) for rows in (1, 2)]
    while True:
        for snapshot in snapshots:
            store.write(snapshot, folder)


@pytest.mark.whole
def test_a_killed_writer_leaves_the_last_whole_snapshot(tmp_path: Path) -> None:
    store.write(Snapshot(ABOUT, {FIT: TRAINED}), tmp_path)
    for _ in range(5):
        writer = multiprocessing.get_context("spawn").Process(target=_write_without_end, args=(tmp_path,))
        writer.start()
        before = (tmp_path / "snapshot" / "snapshot.zip").stat().st_ino
        while (tmp_path / "snapshot" / "snapshot.zip").stat().st_ino == before:
            time.sleep(0.001)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        assert read(tmp_path).has(FIT)


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".writing").write_bytes(b"half")
    store.write(Snapshot(ABOUT), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["snapshot"]


def test_a_folder_that_cannot_be_written_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        store.write(Snapshot(ABOUT), tmp_path / "file")


def _of_many_rows(rows: int, seeds: int) -> Snapshot:
    random = np.random.default_rng(1)
    ids, contents = random.integers(0, 2**64, (2, rows), dtype=np.uint64)
    channel = Names(random.integers(0, 3, rows).astype(np.int32), ("mail", "phone", "web"))
    table = RowTable(ids, contents, None, np.zeros(rows, "u8"), {"channel": channel})
    evidence: dict[Need, Evidence] = {Profile(Side.HEAD): DataProfile(2 * rows, rows, (), (), table)}
    for seed in range(seeds):
        yes = random.random(rows)
        columns: dict[str, Column] = {
            "prediction": Names((yes > 0.5).astype(np.int32), ("no", "yes")),
            "score_no": Numbers(1 - yes),
            "score_yes": Numbers(yes),
        }
        evidence[Predict(Fit(Side.HEAD, seed=seed))] = Predictions(Effects(Ending.OK), ids, rounded(columns))
    return Snapshot(ABOUT, evidence)


def test_100_000_rows_of_three_seeds_take_four_megabytes(tmp_path: Path) -> None:
    snapshot = _of_many_rows(100_000, 3)
    store.write(snapshot, tmp_path)
    file = tmp_path / "snapshot" / "snapshot.zip"
    assert file.stat().st_size < 4.1e6
    assert same(read(tmp_path).evidence, ordered(snapshot).evidence)


def test_arrays_are_files_that_numpy_reads(tmp_path: Path) -> None:
    store.write(_of_many_rows(10, 1), tmp_path)
    with np.load(tmp_path / "snapshot" / "snapshot.zip", allow_pickle=False) as arrays:
        assert {len(arrays[name]) for name in arrays.files if name != "manifest.json"} == {10}


def test_no_member_states_a_time(tmp_path: Path) -> None:
    store.write(_of_many_rows(10, 1), tmp_path)
    with zipfile.ZipFile(tmp_path / "snapshot" / "snapshot.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
