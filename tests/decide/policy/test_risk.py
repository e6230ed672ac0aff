"""Impact x likelihood, and what raises a likelihood."""

import pytest

from gatebot.config.sections.policy import LikelihoodRule, Policy
from gatebot.core.finding import Level, Priority
from gatebot.decide.policy.risk import MATRIX, Prior, risk_of

HIGH, MEDIUM, LOW = Level.HIGH, Level.MEDIUM, Level.LOW
FEATURES = Policy(likelihood=(LikelihoodRule.model_validate({"paths": ["features/**"], "raise": ["data.*"]}),))


def prior(check: str = "data.schema", likelihood: Level = LOW, runs: int = 0, found: int = 0) -> Prior:
    return Prior(check, HIGH, likelihood, runs, found)


def test_matrix_falls_with_both_factors() -> None:
    order, ladder = list(Priority), [HIGH, MEDIUM, LOW]
    assert len(MATRIX) == 9
    for impact in range(3):
        row = [order.index(MATRIX[ladder[impact], likelihood]) for likelihood in ladder]
        column = [order.index(MATRIX[level, ladder[impact]]) for level in ladder]
        assert row == sorted(row)
        assert column == sorted(column)


@pytest.mark.parametrize(
    ("policy", "touched", "record", "likelihood"),
    [
        (Policy(), (), (0, 0), LOW),
        (FEATURES, ("README.md",), (0, 0), LOW),
        (FEATURES, ("features/age.sql",), (0, 0), MEDIUM),
        (Policy(), (), (40, 1), LOW),
        (Policy(), (), (10, 4), MEDIUM),
        (FEATURES, ("features/age.sql",), (10, 4), HIGH),
    ],
)
def test_likelihood_is_raised_by_touched_paths_and_by_history(
    policy: Policy, touched: tuple[str, ...], record: tuple[int, int], likelihood: Level
) -> None:
    risk = risk_of(prior(runs=record[0], found=record[1]), policy, touched)
    assert risk.likelihood is likelihood
    assert risk.priority is MATRIX[HIGH, likelihood]


def test_history_never_lowers_a_likelihood() -> None:
    assert risk_of(prior(likelihood=HIGH, runs=10_000, found=0), Policy()).likelihood is HIGH


def test_policy_overrides_impact_and_says_so() -> None:
    risk = risk_of(prior(), Policy(impact={"data.schema": LOW}))
    assert risk.priority is Priority.P4
    assert "impact low by policy" in risk.why


def test_every_raise_is_explained() -> None:
    why = risk_of(prior(runs=10, found=4), FEATURES, ("features/age.sql",)).why
    assert "features/age.sql is touched" in why
    assert "found in 4 of the last 10 runs" in why


def test_a_findings_own_likelihood_replaces_the_checks() -> None:
    assert risk_of(prior(), Policy(), own=HIGH).priority is Priority.P0
