"""Computes the priority of a finding from impact and likelihood, with an explanation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gatebot.config.sections.policy import Policy
from gatebot.core.finding import Level, Priority
from gatebot.decide.policy.paths import first_match

MATRIX: Mapping[tuple[Level, Level], Priority] = {
    (Level.HIGH, Level.HIGH): Priority.P0,
    (Level.HIGH, Level.MEDIUM): Priority.P1,
    (Level.HIGH, Level.LOW): Priority.P2,
    (Level.MEDIUM, Level.HIGH): Priority.P1,
    (Level.MEDIUM, Level.MEDIUM): Priority.P2,
    (Level.MEDIUM, Level.LOW): Priority.P3,
    (Level.LOW, Level.HIGH): Priority.P2,
    (Level.LOW, Level.MEDIUM): Priority.P3,
    (Level.LOW, Level.LOW): Priority.P4,
}
"""Rows are impact, columns likelihood."""

_LADDER = (Level.LOW, Level.MEDIUM, Level.HIGH)

# Without history, a check is assumed to find something in one run of ten (prior Beta(1, 9)). If the rate reaches one
# run in four, its likelihood is raised.
_PRIOR_FOUND, _PRIOR_CLEAN, _OFTEN = 1.0, 9.0, 0.25

# Changed paths that raise the likelihood of checks in every project; a project's own are in `policy.likelihood`.
_TOUCHED: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("requirements*.txt", "*.lock", "poetry.lock", "uv.lock", "environment*.yml"), ("code.environment",)),
)


@dataclass(frozen=True, slots=True)
class Risk:
    """Impact, likelihood and a sentence that explains them."""

    impact: Level
    likelihood: Level
    why: str

    @property
    def priority(self) -> Priority:
        """The priority, from `MATRIX`."""
        return MATRIX[self.impact, self.likelihood]


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known about a check before it runs: its defaults, and how often it found something in this project."""

    check: str
    impact: Level
    likelihood: Level
    runs: int = 0
    found: int = 0


def risk_of(prior: Prior, policy: Policy, touched: Iterable[str] = (), own: Level | None = None) -> Risk:
    """Return the risk of a finding of this check.

    Likelihood starts at the finding's own or the check's default. Changed paths and a record of failures each raise it
    by one step; nothing lowers it.

    Args:
        prior: defaults and record of the check.
        policy: policy of the Rules, which may change the impact and name paths that raise the likelihood of checks.
        touched: paths that the pull request changes.
        own: the finding's own likelihood, if it differs from the check's.
    """
    impact = policy.impact.get(prior.check, prior.impact)
    likelihood = own or prior.likelihood
    reasons = [f"impact {impact} by policy" if prior.check in policy.impact else f"impact {impact}"]
    reasons.append(f"likelihood {likelihood}")
    for why in _raises(prior, policy, tuple(touched)):
        higher = _LADDER[min(_LADDER.index(likelihood) + 1, len(_LADDER) - 1)]
        if higher is not likelihood:
            likelihood = higher
            reasons.append(f"raised to {likelihood}: {why}")
    return Risk(impact, likelihood, ", ".join(reasons))


def _raises(prior: Prior, policy: Policy, touched: tuple[str, ...]) -> Iterable[str]:
    rules = [*_TOUCHED, *((rule.paths, rule.raise_) for rule in policy.likelihood)]
    for patterns, checks in rules:
        if any(fnmatchcase(prior.check, check) for check in checks) and (hit := first_match(patterns, touched)):
            yield f"{hit} is touched"
            break
    rate = (_PRIOR_FOUND + prior.found) / (_PRIOR_FOUND + _PRIOR_CLEAN + prior.runs)
    if prior.runs and rate >= _OFTEN:
        yield f"found in {prior.found} of the last {prior.runs} runs"
