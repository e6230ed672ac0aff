"""Writes Snapshots and labels to files atomically, with labels apart from everything else."""

from collections.abc import Mapping
from pathlib import Path

from gatebot.evidence.bundle import LIMITS, pack
from gatebot.evidence.disk import flush, flush_folder, writing
from gatebot.evidence.intake import SNAPSHOT_FILE, TRUTH_FILE, read
from gatebot.evidence.kind import Evidence
from gatebot.evidence.manifest import snapshot_of, truth_of, written, written_truth
from gatebot.evidence.need import Need
from gatebot.evidence.packed import Incoming, Outgoing
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.truth import Truth


def packed(snapshot: Snapshot) -> bytes:
    """Return a Snapshot as bytes, without its labels. Equal evidence gives equal bytes.

    Raises:
        SnapshotError: the evidence is not valid, so it could not be read back.
    """
    arrays = Outgoing()
    manifest = written(snapshot, arrays)
    snapshot_of(manifest, Incoming(arrays.members.__getitem__, LIMITS.arrays))
    return pack(manifest, arrays.members)


def packed_truth(truth: Truth) -> bytes:
    """Return labels as bytes.

    Raises:
        SnapshotError: they are not valid, so they could not be read back.
    """
    arrays = Outgoing()
    manifest = written_truth(truth, arrays)
    truth_of(manifest, Incoming(arrays.members.__getitem__, LIMITS.arrays))
    return pack(manifest, arrays.members)


def write(snapshot: Snapshot, folder: Path) -> None:
    """Write everything but the labels to `folder/snapshot/`, replacing existing files.

    Raises:
        SnapshotError: the evidence is not valid.
        MachineError: the disk is full or the folder may not be written.
    """
    _write(packed(snapshot), folder, SNAPSHOT_FILE)


def write_truth(truth: Truth, folder: Path) -> None:
    """Write labels to `folder/labels/`, replacing existing files. Raises the same errors as `write`."""
    _write(packed_truth(truth), folder, TRUTH_FILE)


def add(new: Mapping[Need, Evidence], unmet: Mapping[Need, str], folder: Path) -> Snapshot:
    """Add evidence to the Snapshot in a folder; existing keys are never replaced.

    Returns:
        The Snapshot in the folder after the change, without labels.

    Raises:
        SnapshotError: the folder holds no readable Snapshot, or the new evidence is not valid.
        MachineError: the disk is full or the folder may not be written.
    """
    more = read(folder).with_evidence(new, unmet)
    write(more, folder)
    return more


def _write(data: bytes, folder: Path, name: Path) -> None:
    path = folder / name
    with writing(folder) as temporary:
        path.parent.mkdir(exist_ok=True)
        flush(data, temporary)
        temporary.replace(path)
        flush_folder(path.parent)
