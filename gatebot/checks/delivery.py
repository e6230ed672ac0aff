"""What was delivered as predictions, beside what was asked for."""

from collections.abc import Iterator

from gatebot.comparison import Comparison
from gatebot.needs import Predict, Side, Tier
from gatebot.snapshot.column import Hashes, Names
from gatebot.snapshot.evidence import Ending, Predictions


def delivered(comparison: Comparison) -> Iterator[tuple[Predictions, Hashes]]:
    """Head's predictions that ended well, each with the ids that it was asked for."""
    profile = comparison.profile(Side.HEAD)
    if profile is None:
        return
    rows = profile.eval_rows
    for tier in Tier:
        for fit in comparison.effort.fits(Side.HEAD, tier):
            predictions = comparison.head.get(Predict(fit), Predictions)
            if predictions is not None and predictions.effects.ended is Ending.OK:
                yield predictions, rows.ids[rows.folds == fit.fold] if comparison.effort.folds > 1 else rows.ids


def known_classes(comparison: Comparison) -> tuple[str, ...]:
    """Labels that stand in head's training or eval data."""
    profile, truth = comparison.profile(Side.HEAD), comparison.head.truth or comparison.truth
    known = set(profile.train_classes) if profile is not None else set()
    if truth is not None and isinstance(truth.target, Names):
        known |= set(truth.target.names)
    return tuple(sorted(known))
