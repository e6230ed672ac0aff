"""How others decide, on the same predictions: rules of two lines each. All see one run a side, and accuracy alone."""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.world import Draw
from gatebot.needs import Tier
from gatebot.stats.binomial import mcnemar, wilson

Right = NDArray[np.bool_]
MARGIN = 0.02


def rules(draw: Draw) -> dict[str, bool]:
    """Which rivals would block."""
    main = [_right(draw, scores) for scores in draw.base[Tier.SMOKE]]
    head = _right(draw, draw.head[Tier.SMOKE][0])
    return {name: rule(main[0], head, main[-1]) for name, rule in RULES.items()}


def _right(draw: Draw, scores: NDArray[np.float64]) -> Right:
    return np.asarray(scores.argmax(axis=1) == draw.rows.truth)


def _strict(base: Right, head: Right, _earlier: Right) -> bool:
    return bool(head.mean() < base.mean())


def _tolerance(base: Right, head: Right, _earlier: Right) -> bool:
    return bool(head.mean() < base.mean() - MARGIN)


def _threshold(_base: Right, head: Right, earlier: Right) -> bool:
    """A number that somebody wrote down: main's accuracy in another run, less the margin (MLflow, TFMA's default)."""
    return bool(head.mean() < earlier.mean() - MARGIN)


def _alone_above(base: Right, head: Right, _earlier: Right) -> bool:
    """Head's own 95 % interval must lie above base less the margin."""
    return bool(_interval(head)[0] < base.mean() - MARGIN)


def _alone_below(base: Right, head: Right, _earlier: Right) -> bool:
    """Head's own 95 % interval must not lie below base less the margin."""
    return bool(_interval(head)[1] < base.mean() - MARGIN)


def _mcnemar(base: Right, head: Right, _earlier: Right) -> bool:
    gained, lost = int((head & ~base).sum()), int((base & ~head).sum())
    return lost > gained and mcnemar(gained, lost) < 0.05


def _unpaired(base: Right, head: Right, _earlier: Right) -> bool:
    p, n = (base.mean() + head.mean()) / 2, len(base)
    error = math.sqrt(2 * p * (1 - p) / n)
    return error > 0 and (base.mean() - head.mean()) / error > 1.645


def _interval(right: Right) -> tuple[float, float]:
    return wilson(int(right.sum()), len(right))


RULES: Mapping[str, Callable[[Right, Right, Right], bool]] = {
    "strict comparison": _strict,
    "tolerance of 2 points": _tolerance,
    "threshold written down (MLflow-like)": _threshold,
    "head's interval above threshold (TFMA-like)": _alone_above,
    "head's interval not below it (TFMA-like)": _alone_below,
    "McNemar, p < .05": _mcnemar,
    "unpaired z, p < .05": _unpaired,
}
