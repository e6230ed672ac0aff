"""A stored Snapshot fits, or each way in which it does not is named."""

import pytest

from gatebot.baseline.fit import REMEDIES, Mismatch, Remedy, fits
from tests.evidence.evidence import ABOUT


def test_the_same_fits() -> None:
    assert fits(ABOUT, ABOUT) == []


def test_what_differs_from_commit_to_commit_is_no_mismatch() -> None:
    other = ABOUT.model_copy(update={"commit": "b" * 40, "tested": "c" * 40, "recipe_digest": "other", "gatebot": "9"})
    assert fits(ABOUT, other) == []


@pytest.mark.parametrize(
    ("field", "remedy"),
    [
        ("rules_digest", Remedy.RETRAIN),
        ("eval_digest", Remedy.RETRAIN),
        ("data_version", Remedy.RETRAIN),
        ("project", Remedy.RETRAIN),
        ("task", Remedy.RETRAIN),
        ("estimand", Remedy.RETRAIN),
        ("environment_digest", Remedy.WARN),
        ("runner", Remedy.WARN),
    ],
)
def test_each_mismatch_is_named(field: str, remedy: Remedy) -> None:
    other = ABOUT.model_copy(update={field: "other"})
    assert fits(ABOUT, other) == [Mismatch(field, str(getattr(ABOUT, field)), "other", remedy)]


def test_another_schema_is_a_mismatch() -> None:
    assert fits(ABOUT, ABOUT.model_copy(update={"schema_version": 1})) == [
        Mismatch("schema_version", "3", "1", Remedy.RETRAIN)
    ]


def test_all_mismatches_are_named_at_once() -> None:
    other = ABOUT.model_copy(update=dict.fromkeys(REMEDIES, "other"))
    assert [mismatch.what for mismatch in fits(ABOUT, other)] == list(REMEDIES)


@pytest.mark.parametrize("too_old", Remedy)
def test_age(too_old: Remedy) -> None:
    assert fits(ABOUT, ABOUT, 100, 100, too_old) == []
    assert fits(ABOUT, ABOUT, 101, None, too_old) == []
    assert fits(ABOUT, ABOUT, 101, 100, too_old) == [Mismatch("max_age", "101", "100", too_old)]
