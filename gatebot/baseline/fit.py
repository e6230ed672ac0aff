"""Tests whether a stored Snapshot of base is equivalent to one that would be collected now."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gatebot.evidence.snapshot import SnapshotProvenance


class Remedy(StrEnum):
    """The consequence of a mismatch: train base again, or only warn."""

    RETRAIN = "retrain"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One way in which a stored Snapshot does not fit.

    Attributes:
        what: a field of `SnapshotProvenance`, or `max_age`.
        base, wanted: the two values; ages in seconds.
        remedy: the consequence.
    """

    what: str
    base: str
    wanted: str
    remedy: Remedy


REMEDIES: Mapping[str, Remedy] = MappingProxyType(
    {
        "schema_version": Remedy.RETRAIN,
        "project": Remedy.RETRAIN,
        "task": Remedy.RETRAIN,
        "estimand": Remedy.RETRAIN,
        "rules_digest": Remedy.RETRAIN,
        "eval_digest": Remedy.RETRAIN,
        "data_version": Remedy.RETRAIN,
        "environment_digest": Remedy.WARN,
        "runner": Remedy.WARN,
    }
)


def fits(
    base: SnapshotProvenance,
    wanted: SnapshotProvenance,
    age_s: float = 0.0,
    max_age_s: float | None = None,
    too_old: Remedy = Remedy.RETRAIN,
) -> list[Mismatch]:
    """Return all mismatches of base's stored Snapshot; empty if it fits.

    Args:
        base: provenance of the stored Snapshot.
        wanted: provenance that base's Snapshot would have if it were collected now. If a pull request changes no data,
            Rules or environment, this is the provenance of head's Snapshot.
        age_s: age of the stored Snapshot in seconds.
        max_age_s: maximum age in seconds; None for any age.
        too_old: the consequence of a greater age.
    """
    found = [
        Mismatch(what, str(getattr(base, what)), str(getattr(wanted, what)), remedy)
        for what, remedy in REMEDIES.items()
        if getattr(base, what) != getattr(wanted, what)
    ]
    if max_age_s is not None and age_s > max_age_s:
        found.append(Mismatch("max_age", f"{age_s:.0f}", f"{max_age_s:.0f}", too_old))
    return found
