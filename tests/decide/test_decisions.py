"""Measures are answered together, and what cannot block takes nothing from what can."""

from dataclasses import replace

import pytest

from gatebot.checks.registry import check_named
from gatebot.core.finding import Bound, Clean, Direction, Found, Measure, Provenance, Reading, Status, Undecided
from gatebot.decide.decisions import answered, finding_of, reported, wanting
from gatebot.decide.run_checks import CheckResults
from gatebot.stats.contrast import Contrast, Spread
from gatebot.stats.decision import Outcome

GOOD, BAD, SURE = Contrast(0.0, 0.004), Contrast(-0.05, 0.03), Contrast(-0.05, 0.001)
LIKELY = Contrast(-0.05, 0.02)  # p = .006


def _measure(
    name: str = "accuracy", smoke: Contrast = GOOD, confirm: Contrast | None = None, **more: object
) -> Measure:
    known = Measure(name, None, Direction.HIGHER, 0.8, 0.75, 0.02, 2000, 2, smoke=smoke, confirm=confirm, declared=True)
    return replace(known, **more)  # type: ignore[arg-type]


def _one(*measures: Measure) -> CheckResults:
    return answered([CheckResults(check_named("model.regression"), Clean(), (), measures)])[0]


def _outcomes(*measures: Measure) -> list[Outcome]:
    return [measure.answer.outcome for measure in _one(*measures).measures if measure.answer]


@pytest.mark.parametrize(
    ("measure", "outcome"),
    [
        (_measure(), Outcome.HELD),
        (_measure(smoke=BAD), Outcome.UNDECIDED),
        (_measure(smoke=LIKELY), Outcome.UNDECIDED),
        (_measure(smoke=SURE), Outcome.WORSE),
        (_measure(smoke=BAD, confirm=SURE), Outcome.WORSE),
        (_measure(smoke=BAD, confirm=GOOD), Outcome.HELD),
        (_measure(smoke=BAD, confirm=SURE, identical=True), Outcome.HELD),
        (_measure(smoke=BAD, confirm=SURE, not_enforced="n=14 < 50"), Outcome.UNDECIDED),
    ],
)
def test_one_measure(measure: Measure, outcome: Outcome) -> None:
    assert _outcomes(measure) == [outcome]


@pytest.mark.parametrize(
    ("measures", "outcome"),
    [
        ((_measure(),), Clean),
        ((_measure(smoke=BAD),), Undecided),
        ((_measure(smoke=BAD, confirm=SURE), _measure("f1", smoke=BAD)), Found),
        ((_measure("recall(a)", smoke=BAD, declared=False),), Undecided),
        ((_measure(smoke=BAD, not_enforced="n=14 < 50"),), Clean),
    ],
)
def test_what_becomes_of_the_check(measures: tuple[Measure, ...], outcome: type) -> None:
    assert isinstance(_one(*measures).outcome, outcome)


def test_margins_that_only_warn_take_no_part_of_the_level() -> None:
    weak = Contrast(-0.05, 0.0165)  # proven among few questions, not among many
    soft = _measure("recall(a)", smoke=BAD, confirm=weak, declared=False)
    crowd = [_measure(f"m{n}", declared=False) for n in range(50)]
    assert _outcomes(soft) == [Outcome.WORSE]
    assert _outcomes(soft, *(replace(each, warns_only=True) for each in crowd))[0] is Outcome.WORSE
    assert _outcomes(soft, *crowd)[0] is Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("measure", "wants"),
    [
        (_measure(smoke=BAD), True),
        (_measure(smoke=Contrast(-0.05, 0.04), declared=False), False),
        (_measure(smoke=SURE, declared=False), True),
        (_measure(smoke=SURE, warns_only=True), False),
        (_measure(smoke=SURE, not_enforced="n=14 < 50"), False),
        (_measure(smoke=BAD, confirm=BAD), False),
        (_measure(), False),
    ],
)
def test_who_is_worth_more_trainings(measure: Measure, wants: bool) -> None:
    assert bool(wanting(_one(measure).measures)) is wants


def test_one_of_many_slices_looks_bad_by_chance() -> None:
    suspect = _measure("s0", smoke=BAD, declared=False)
    crowd = [_measure(f"s{n}", declared=False) for n in range(1, 20)]
    assert wanting(_one(suspect).measures)
    assert not wanting(_one(suspect, *crowd).measures)


@pytest.mark.parametrize(
    ("measure", "status"),
    [
        (_measure(), None),
        (_measure(smoke=BAD), Status.NEW),
        (_measure(smoke=BAD, declared=False), None),
        (_measure(smoke=Contrast(-0.015, 0.03), warns_only=True), None),
        (_measure(smoke=BAD, warns_only=True, declared=False), Status.NEW),
        (_measure(smoke=BAD, not_enforced="n=14 < 50"), None),
        (_measure(smoke=BAD, confirm=LIKELY, declared=False), Status.NEW),
        (_measure(smoke=BAD, confirm=Contrast(-0.015, 0.004), declared=False), None),
        (_measure(smoke=BAD, confirm=BAD, declared=False), Status.NEW),
        (_measure(smoke=BAD, confirm=Contrast(-0.03, 0.03), declared=False), None),
        (_measure(smoke=BAD, confirm=LIKELY, declared=False, not_enforced="n=14 < 50"), None),
    ],
)
def test_what_is_told(measure: Measure, status: Status | None) -> None:
    found = finding_of(_one(measure).measures[0])
    assert (found.status if found else None) == status


def test_what_nobody_declared_is_told_where_it_stands_out_among_all_of_it() -> None:
    one = _measure("s0", smoke=SURE, confirm=LIKELY, declared=False)
    crowd = [_measure(f"s{n}", confirm=GOOD, declared=False) for n in range(1, 40)]
    assert finding_of(_one(one).measures[0]) is not None
    assert finding_of(_one(one, *crowd).measures[0]) is None
    assert reported("model.slices", _one(one).measures[0]).stands_out
    assert not reported("model.slices", _one(one, *crowd).measures[0]).stands_out


def test_numbers_are_those_of_the_tier_that_the_answer_rests_on() -> None:
    smoke = Reading(base=0.81, head=0.805, seeds=2, by_seed=(-0.004, -0.006))
    open_at_smoke, held_at_smoke = Contrast(-0.015, 0.004), Contrast(-0.005, 0.004)
    for contrast, shown in ((open_at_smoke, (0.8, 0.75, 5, ())), (held_at_smoke, (0.81, 0.805, 2, smoke.by_seed))):
        measure = _one(_measure(smoke=contrast, confirm=GOOD, seeds=5, at_smoke=smoke)).measures[0]
        assert (measure.base, measure.head, measure.seeds, measure.by_seed) == shown


def test_differences_are_reported_as_head_minus_base_in_own_units() -> None:
    loss = Measure(
        "log_loss", None, Direction.LOWER, 0.4, 0.5, 0.05, 2000, 2, smoke=Contrast(-0.25, 0.01), relative=True
    )
    (measure,) = _one(loss).measures
    told = reported("model.regression", measure)
    assert (told.delta, told.margin) == pytest.approx((0.1, 0.02))
    assert told.low is not None
    assert told.high is not None
    assert told.low < 0.1 < told.high
    assert told.low == pytest.approx(0.4 * (0.25 - 1.96 * 0.01), abs=1e-4)


def test_open_measures_say_what_would_settle_them() -> None:
    spread = Spread(-0.005, 0.0001, 1999.0, 2000, 0.00001, 8.0, 2)
    told = reported("model.regression", _one(_measure(smoke=spread.contrast, spread=spread)).measures[0])
    assert told.outcome == "undecided"
    assert told.needs_rows is not None
    assert told.needs_rows > 2000
    assert told.sees is not None


def test_a_forks_numbers_are_untrusted_and_claims_stay_claims() -> None:
    claim = _measure(provenance=Provenance.CLAIMED)
    assert reported("model.claimed", claim, untrusted=True).provenance is Provenance.CLAIMED
    assert reported("model.regression", _measure(), untrusted=True).provenance is Provenance.UNTRUSTED


@pytest.mark.parametrize(
    ("share", "base", "low", "high"),
    [(True, 0.98, -0.5, 0.02), (True, 0.3, -0.3, 0.5), (False, 0.98, -0.5, 0.5)],
    ids=["not above 1", "not below 0", "no share"],
)
def test_an_interval_of_a_share_ends_where_shares_end(share: bool, base: float, low: float, high: float) -> None:
    measure = _measure(base=base, head=base, smoke=Contrast(0.0, 0.5 / 1.959964), is_share=share)
    found = reported("model.regression", _one(measure).measures[0])
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-4)


def test_a_gain_that_identical_models_cannot_have() -> None:
    measure = _measure(bound=Bound.GAIN, margin=0.01, smoke=GOOD, identical=True)
    assert _outcomes(measure) == [Outcome.WORSE]
    assert _outcomes(_measure(bound=Bound.GAIN, margin=0.01, smoke=Contrast(0.03, 0.004))) == [Outcome.HELD]
