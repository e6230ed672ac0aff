"""Where head stands: the values of its metrics for the Report, if there is no base to compare them with."""

from gatebot.checks.values import values
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Provenance
from gatebot.core.report import ReportedValue
from gatebot.evidence.need import Side


def reported_values(comparison: Comparison, *, untrusted: bool = False) -> tuple[ReportedValue, ...]:
    """Return where head stands if there is no base. A guarantee shows no estimates, which would use up the rows."""
    if comparison.base is not None or comparison.promise is not None:
        return ()
    found = list(values(comparison))
    profile = comparison.profile(Side.HEAD)
    if profile is not None and profile.one_tier:  # both tiers are the same trainings: those with more seeds say more
        most = max((each.seeds for each in found), default=0)
        tier = next((each.tier for each in found if each.seeds == most), None)
        found = [each for each in found if each.tier is tier]
    return tuple(
        ReportedValue(
            metric=each.metric,
            slice=each.slice,
            direction=each.direction,
            tier=each.tier,
            value=each.value,
            low=each.low,
            high=each.high,
            trivial=each.trivial,
            n=each.rows,
            seeds=each.seeds,
            provenance=Provenance.UNTRUSTED if untrusted else each.provenance,
        )
        for each in found
    )
