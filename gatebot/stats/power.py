"""The effects that evidence of a given size can detect, and the evidence needed to decide an undecided measure."""

import math
from dataclasses import dataclass, replace

from gatebot.stats import student
from gatebot.stats.arrays import StatError, fraction
from gatebot.stats.contrast import Contrast, Spread

MOST = 20.0
"""Largest multiple of the present evidence that counts as within reach."""
FAR = 3.0
"""Standard deviations within which an estimate is thought possible: beyond are three of two thousand."""


@dataclass(frozen=True, slots=True)
class Settle:
    """The evidence needed to decide an undecided measure, if the estimate is about right.

    Attributes:
        rows: eval rows needed with the present seeds; None if rows alone are not enough within reach.
        seeds: seeds per side needed with the present rows; None if seeds alone are not enough within reach.
        both: factor on rows and seeds together; None if it is out of reach.
        detectable: the smallest loss that the present evidence can detect.
        reason: one clause for people.
    """

    rows: int | None
    seeds: int | None
    both: float | None
    detectable: float
    reason: str


def detectable(se: float, df: float = math.inf, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest true difference that a one-sided test at `alpha` detects with probability `power`.

    It is also the smallest margin that a change without effect is shown to hold with that probability.
    """
    contrast = Contrast(0.0, se, df)
    return _reach(alpha, power, contrast.df) * contrast.se


def settle(spread: Spread, margin: float, *, alpha: float = 0.025, worse: float = 0.002, power: float = 0.8) -> Settle:
    """Return the rows and seeds needed to decide a measure: as held if its estimate is within the margin, else worse.

    Args:
        spread: the evidence so far.
        margin: positive, in the units of `spread.delta`.
        alpha: level of "held".
        worse: level of "worse".
        power: probability with which the evidence should decide it.

    Raises:
        StatError: the margin is not positive.
    """
    if not 0 < margin < math.inf:
        raise StatError(f"margin: {margin} is not positive")
    holds = spread.delta > -margin
    distance = spread.delta + margin if holds else -spread.delta
    return _settled(spread, distance, alpha if holds else worse, alpha, power)


def settle_gain(
    spread: Spread, gain: float, *, alpha: float = 0.025, worse: float = 0.002, power: float = 0.8
) -> Settle:
    """Return the rows and seeds needed to decide a required gain: as shown if the estimate exceeds it, else refuted.

    Raises:
        StatError: the gain is not positive.
    """
    if not 0 < gain < math.inf:
        raise StatError(f"gain: {gain} is not positive")
    return _settled(spread, abs(spread.delta - gain), alpha if spread.delta > gain else worse, alpha, power)


def _settled(spread: Spread, distance: float, level: float, alpha: float, power: float) -> Settle:
    """Return the evidence that shows the truth on the estimate's side of a limit at this distance."""
    total = spread.contrast
    sees = detectable(total.se, total.df, alpha, power)
    error = distance / _reach(level, power)
    target = error * error
    rows = _multiple(spread.rows, target - spread.pure_seeds)
    seeds = _multiple(spread.pure_seeds, target - spread.rows) if spread.pure_seeds else None
    both = _multiple(spread.rows + spread.pure_seeds, target)
    if both is None:
        return Settle(None, None, None, sees, f"not resolvable at this margin: this evidence sees {sees:.2g}")
    found = Settle(
        rows=None if rows is None else math.ceil(rows * spread.n),
        seeds=None if seeds is None else math.ceil(seeds * spread.runs),
        both=both,
        detectable=sees,
        reason="",
    )
    return Settle(found.rows, found.seeds, both, sees, _advice(found, spread))


def foreseen(spread: Spread, runs: int) -> Spread:
    """Return the Spread that `runs` seeds per side would give on the same rows, with the same estimate.

    The variance of one run is assumed to stay the same. More seeds lower the seed variance and the churn, but not the
    part of the row variance that only rows can lower.

    Raises:
        StatError: there is less than one seed.
    """
    if runs < 1:
        raise StatError(f"seeds: {runs} runs")
    share = spread.runs / runs
    return replace(
        spread,
        rows=spread.rows - min(spread.churn, spread.rows) * (1.0 - share),
        seeds=spread.seeds * share,
        seeds_df=max(spread.seeds_df + runs - spread.runs, 1.0),
        runs=runs,
        churn=spread.churn * share,
    )


def more_seeds_settle(spread: Spread, runs: int, margin: float, *, alpha: float, worse: float) -> bool:
    """Return whether `runs` seeds per side on the same rows could call a measure held or worse.

    The estimate then differs from the present one by luck of seeds only. It counts as possible if it lies within
    `FAR` standard deviations of that luck.

    Args:
        spread: the evidence so far, whose seeds are among the new ones.
        runs: the number of seeds in total.
        margin: positive, in the units of `spread.delta`.
        alpha: level of "held".
        worse: level of "worse".
    """
    then = foreseen(spread, max(runs, spread.runs)).contrast
    luck = FAR * math.sqrt(spread.pure_seeds * (1.0 - spread.runs / max(runs, spread.runs)))
    best, worst = replace(then, delta=spread.delta + luck), replace(then, delta=spread.delta - luck)
    return best.lower(alpha) > -margin or (worst.delta <= -margin and worst.p_worse() <= worse)


def rows_for_rate(changed: float, drop: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return the number of paired rows that show a drop of a rate, by a one-sided test of "no drop" (Connor 1987).

    Args:
        changed: share of rows whose correctness differs between the models.
        drop: true loss to be detected, at most `changed`.
        alpha: one-sided level.
        power: probability of detecting it.

    Raises:
        StatError: the drop is not positive, or larger than the share of rows that differ.
    """
    if not 0 < drop <= changed <= 1:
        raise StatError(f"rows: a drop of {drop} needs at least as many rows to differ, not {changed}")
    z_alpha, z_power = student.quantile(1 - fraction("alpha", alpha)), student.quantile(fraction("power", power))
    return math.ceil(((z_alpha * math.sqrt(changed) + z_power * math.sqrt(changed - drop**2)) / drop) ** 2)


def rows_for_rate_unpaired(base: float, drop: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return the number of rows in each of two independent sets that show a drop of a rate from `base`.

    The variance under "no drop" is pooled.
    """
    if not 0 < drop <= base <= 1:
        raise StatError(f"rows: a drop of {drop} from {base}")
    z_alpha, z_power = student.quantile(1 - fraction("alpha", alpha)), student.quantile(fraction("power", power))
    head, middle = base - drop, base - drop / 2
    null = math.sqrt(2 * middle * (1 - middle))
    true = math.sqrt(base * (1 - base) + head * (1 - head))
    return math.ceil(((z_alpha * null + z_power * true) / drop) ** 2)


def drop_seen(rows: int, changed: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest drop of a rate that `rows` paired rows show, if a share `changed` differs.

    It inverts `rows_for_rate`, and is also the smallest margin that these rows can guard. It is `changed` if the rows
    cannot show even that drop, where all changes are losses.

    Raises:
        StatError: there are no rows, or the share is outside (0, 1].
    """
    if rows < 1 or not 0 < changed <= 1:
        raise StatError(f"rows: {rows} with a share of {changed} that differs")
    low, high = 0.0, changed
    if rows_for_rate(changed, changed, alpha=alpha, power=power) > rows:
        return changed
    for _ in range(60):
        middle = (low + high) / 2
        seen = middle > 0 and rows_for_rate(changed, middle, alpha=alpha, power=power) <= rows
        low, high = (low, middle) if seen else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities of the outcomes of one decision; they sum to 1."""

    held: float
    undecided: float
    worse: float


def chances(delta: float, se: float, margin: float, *, df: float = math.inf, alpha: float = 0.05) -> Chances:
    """Return how often a true difference is called held (lower bound above -margin) or worse (upper bound below it).

    The estimate is normal with standard error `se`, and the bounds use t with `df`. If `df` is finite, the standard
    error is still assumed to be known.

    Raises:
        StatError: the standard error or the margin is not positive.
    """
    if not (0 < se < math.inf and 0 < margin < math.inf):
        raise StatError(f"chances: se {se}, margin {margin}")
    reach = student.quantile(1 - fraction("alpha", alpha), df)
    held = student.cdf((delta + margin) / se - reach)
    worse = student.cdf(-(delta + margin) / se - reach)
    return Chances(held, max(0.0, 1.0 - held - worse), worse)


def rows_to_certify(rate: float, *, alpha: float = 0.05) -> int:
    """Return the number of rows without a failure that show a failure rate below `rate`: 59 for 5 %, 299 for 1 %."""
    return math.ceil(math.log(fraction("alpha", alpha)) / math.log1p(-fraction("rate", rate)))


def _reach(alpha: float, power: float, df: float = math.inf) -> float:
    """Return the number of standard errors that a difference must have to be detected."""
    fraction("alpha", alpha)
    return max(0.0, student.quantile(1 - alpha, df) + student.quantile(fraction("power", power), df))


def _multiple(variance: float, target: float) -> float | None:
    """Return the factor by which the evidence must grow to lower `variance` to `target`; None if it is out of reach."""
    if variance == 0:
        return 1.0
    if target <= 0 or variance / target > MOST:
        return None
    return max(1.0, variance / target)


def _advice(found: Settle, spread: Spread) -> str:
    match found.rows, found.seeds:
        case None, None:
            return f"{found.both:.1f} times the rows and the seeds would settle it"
        case int(rows), None if spread.pure_seeds:
            return f"{rows} rows would settle it; more seeds cannot"
        case int(rows), None:
            return f"{rows} rows would settle it"
        case None, int(seeds):
            return f"{seeds} seeds would settle it; more rows cannot"
        case rows, seeds:
            return f"{rows} rows or {seeds} seeds would settle it"
