"""Made-up forecasts of learners whose calibration is known, several seeds on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Learner:
    """What a recipe's models know of a row, and how sure they are of it.

    Attributes:
        churn: noise that each seed adds to each row's log odds; its models are overconfident by what it adds.
        sharp: factor on the log odds.
        bias: log odds that are added to the last class.
        wobble: standard deviation over seeds of the logarithm of `sharp`, and of `bias`.
        trees: probabilities are shares of so many votes, with certainties among them; 0 for none.
    """

    churn: float = 0.3
    sharp: float = 1.0
    bias: float = 0.0
    wobble: float = 0.03
    trees: int = 0

    def probabilities(self, logits: Floats, rng: np.random.Generator) -> Floats:
        """One seed's probabilities, float[n, K], of rows whose true log odds are known."""
        sharp = self.sharp * np.exp(self.wobble * rng.normal())
        said = sharp * (logits + self.churn * rng.normal(size=logits.shape))
        said[:, -1] += self.bias + self.wobble * rng.normal()
        p = softmax(said, axis=1)
        return np.asarray(rng.multinomial(self.trees, p) / self.trees if self.trees else p)


def rows(
    n: int, classes: int, rng: np.random.Generator, spread: float = 1.5, rare: float = 0.0
) -> tuple[Codes, Floats]:
    """True classes, int[n], and log odds, float[n, K]; `rare` lowers those of the last class."""
    logits = rng.normal(size=(n, classes)) * spread
    logits[:, -1] -= rare
    logits = log_softmax(logits, axis=1)
    truth = (np.exp(logits).cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return np.minimum(truth, classes - 1), logits


def event(truth: Codes, p: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Whether it came true, and its probability: the last of two classes, or the most probable of more."""
    if p.shape[1] == 2:
        return truth == 1, p[:, 1]
    return truth == p.argmax(axis=1), p.max(axis=1)


LEARNERS: Sequence[Learner] = (
    Learner(churn=0.2),
    Learner(churn=0.2, wobble=0.1),
    Learner(churn=1.0),
    Learner(churn=0.3, sharp=2.0),
    Learner(churn=0.3, sharp=0.6, bias=0.5),
    Learner(churn=0.3, trees=50),
)
"""Calibrated, unstable over seeds, full of churn, overconfident, underconfident and biased, and a forest's votes."""
