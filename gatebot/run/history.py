"""The history of main that each baseline passes on to the next: findings by check, and seed noise by measure."""

from collections.abc import Mapping
from math import isfinite
from statistics import fmean

from gatebot.comparison.case import CheckRecord
from gatebot.core.report import Report
from gatebot.evidence.snapshot import SeedNoise, SnapshotProvenance
from gatebot.stats.noise import Ledger

MOST_RUNS = 50
"""Maximum number of runs in a record; beyond it, a new run replaces an average one."""
FADING = 0.9
"""Weight of earlier seed noise after each commit; with five seeds, it never counts for more than forty runs."""


def records(about: SnapshotProvenance | None) -> Mapping[str, CheckRecord]:
    """Return the record of each check in the runs up to this Snapshot, by check id."""
    if about is None:
        return {}
    return {check: CheckRecord(runs=runs, found=min(found, runs)) for check, (runs, found) in about.history.items()}


def grown(previous: SnapshotProvenance | None, report: Report) -> dict[str, tuple[int, int]]:
    """Return the history with one more run of main. Checks that did not run keep their record."""
    known = {} if previous is None else previous.history
    skipped = {each.check for each in report.skipped} | {each.check for each in report.crashed}
    found = {finding.check for finding in report.findings}
    ran = ({*report.clean} | found | {measure.check for measure in report.measures}) - skipped
    grown = dict(known)
    for check in sorted(ran):
        runs, hits = known.get(check, (0, 0))
        if runs >= MOST_RUNS:
            hits = round(hits * (MOST_RUNS - 1) / runs)
            runs = MOST_RUNS - 1
        grown[check] = (runs + 1, hits + (check in found))
    return grown


def eval_uses(previous: SnapshotProvenance | None, now: SnapshotProvenance) -> int:
    """Return the number of main's commits that were judged with the same eval rows; new eval rows start at 0.

    Not counted are pull requests that were never merged, and all commits before a gap between baselines.
    """
    if previous is None or previous.eval_digest != now.eval_digest:
        return 0
    return (previous.eval_uses or 0) + 1


def noise(
    previous: SnapshotProvenance | None, now: SnapshotProvenance, values: Mapping[str, tuple[float, ...]]
) -> dict[str, SeedNoise]:
    """Return main's seed noise with one more commit.

    Args:
        previous: the previous baseline. Its noise is used only if Rules and eval rows are the same.
        now: the new baseline.
        values: the new baseline's values by tier and measure, one for each seed.
    """
    same = (
        previous is not None
        and (previous.rules_digest, previous.eval_digest) == (now.rules_digest, now.eval_digest)
        and previous.project == now.project  # the seeds depend on it
    )
    known = previous.noise if previous is not None and same else {}
    usable = {key: runs for key, runs in values.items() if len(runs) > 1 and all(map(isfinite, runs))}
    return {key: _one_more(known.get(key), runs) for key, runs in usable.items()}


def _one_more(known: SeedNoise | None, runs: tuple[float, ...]) -> SeedNoise:
    if known is None or len(known.last) < 2:
        return SeedNoise(last=runs)
    pooled = Ledger.of(known.last)
    if known.df > 0:
        pooled = pooled.joined(Ledger(known.variance, FADING * known.df))
    cross, square, pairs = (FADING * each for each in (known.cross, known.square, known.pairs))
    if len(runs) == len(known.last) and runs != known.last:  # equal values come from the same model
        before, after = _centred(known.last), _centred(runs)
        cross += sum(one * other for one, other in zip(before, after, strict=True))
        square += sum(each * each for each in (*before, *after)) / 2.0
        pairs += len(runs) - 1
    steps = (*known.steps, fmean(runs) - fmean(known.last))[-MOST_RUNS:]
    return SeedNoise(
        variance=pooled.variance, df=pooled.df, cross=cross, square=square, pairs=pairs, last=runs, steps=steps
    )


def _centred(values: tuple[float, ...]) -> list[float]:
    mean = sum(values) / len(values)
    return [value - mean for value in values]
