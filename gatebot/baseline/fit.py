"""Whether a stored Snapshot of base still says what one collected now would say."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gatebot.evidence.snapshot import SnapshotProvenance


class Remedy(StrEnum):
    """What a mismatch calls for: train base again here, or say so and go on."""

    RETRAIN = "retrain"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One way in which a stored Snapshot does not fit.

    Attributes:
        what: a field of `About`, or `max_age`.
        base, wanted: the two values; ages in seconds.
        remedy: what it calls for.
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
    """Every way in which base's Snapshot does not fit; none where it does.

    Args:
        base: what the stored Snapshot is of.
        wanted: the same of base if it were collected here and now. Where a pull request changes no data, Rules or
            environment, this is what head's says.
        age_s: of the stored Snapshot.
        max_age_s: older ones do not fit; None for any age.
        too_old: what age calls for.
    """
    found = [
        Mismatch(what, str(getattr(base, what)), str(getattr(wanted, what)), remedy)
        for what, remedy in REMEDIES.items()
        if getattr(base, what) != getattr(wanted, what)
    ]
    if max_age_s is not None and age_s > max_age_s:
        found.append(Mismatch("max_age", f"{age_s:.0f}", f"{max_age_s:.0f}", too_old))
    return found
