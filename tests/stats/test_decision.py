from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast
from gatebot.stats.decision import Answer, Evidence, Floor, Gain, Levels, Outcome, Question, decide

BADNESS = [Outcome.HELD, Outcome.UNDECIDED, Outcome.WORSE]
SURE, VAGUE = 0.002, 0.02
LOST, DIM = Contrast(-0.05, SURE), Contrast(-0.05, VAGUE)

contrasts = st.builds(Contrast, st.floats(-0.2, 0.2), st.sampled_from([0.0, 0.002, 0.01, 0.05]))
maybe = st.none() | contrasts
flag = st.booleans()
questions = st.one_of(
    st.builds(Question, maybe, maybe, st.sampled_from([0.01, 0.02]), declared=flag, enforced=flag),
    st.builds(Floor, maybe, maybe, declared=flag, enforced=flag),
    st.builds(Gain, maybe, maybe, st.sampled_from([0.01, 0.02]), declared=flag, enforced=flag),
)


def ask(
    smoke: Contrast | None, confirm: Contrast | None = None, *, identical: bool = False, enforced: bool = True
) -> Answer:
    return decide([Question(smoke, confirm, 0.02, identical=identical, enforced=enforced)])[0]


@pytest.mark.parametrize(
    ("case", "smoke", "confirm", "outcome", "wants", "likely", "evidence"),
    [
        ("no loss, seen clearly", (0.0, SURE), None, "held", False, False, "smoke"),
        ("no loss, seen dimly", (0.0, VAGUE), None, "undecided", False, False, "smoke"),
        ("half the margin lost", (-0.01, VAGUE), None, "undecided", True, False, "smoke"),
        ("the margin lost", (-0.02, VAGUE), None, "undecided", True, True, "smoke"),
        ("a disaster, on smoke alone: worse, and looked at again", (-0.5, SURE), None, "worse", True, False, "smoke"),
        ("sure enough for confirm evidence only", (-0.06, VAGUE), None, "undecided", True, True, "smoke"),
        ("and confirmed", (-0.5, SURE), (-0.3, SURE), "worse", False, False, "confirm"),
        ("a handicap that fades", (-0.05, SURE), (0.0, SURE), "held", False, False, "confirm"),
        (
            "lost for sure, but less than the margin",
            (-0.05, SURE),
            (-0.017, SURE),
            "undecided",
            False,
            False,
            "confirm",
        ),
        ("beyond the margin, but not for sure", (-0.05, SURE), (-0.04, VAGUE), "undecided", False, True, "confirm"),
        ("not suspect at smoke, and still worse", (-0.005, VAGUE), (-0.3, SURE), "worse", False, False, "confirm"),
        ("held at smoke, and still worse", (0.0, SURE), (-0.3, SURE), "worse", False, False, "confirm"),
        ("held at smoke, and not beyond the margin", (0.0, SURE), (-0.01, VAGUE), "held", False, False, "smoke"),
        ("held at smoke, and beyond, unproven", (0.0, SURE), (-0.03, VAGUE), "undecided", False, True, "confirm"),
        ("held at confirm without being suspect", (0.0, VAGUE), (0.0, SURE), "held", False, False, "confirm"),
        ("one tier only, worse", None, (-0.3, SURE), "worse", False, False, "confirm"),
        ("nothing", None, None, "undecided", False, False, "none"),
    ],
)
def test_the_rule(
    case: str,
    smoke: tuple[float, float] | None,
    confirm: tuple[float, float] | None,
    outcome: str,
    wants: bool,
    likely: bool,
    evidence: str,
) -> None:
    answer = ask(Contrast(*smoke) if smoke else None, Contrast(*confirm) if confirm else None)
    assert (answer.outcome, answer.wants_confirm, answer.likely, answer.evidence) == (outcome, wants, likely, evidence)
    assert answer.reason


@pytest.mark.parametrize(
    ("case", "question", "crowd", "stands_out"),
    [
        ("likely", Question(LOST, DIM, 0.02, declared=False), 0, True),
        ("and one of many", Question(LOST, DIM, 0.02, declared=False), 40, False),
        ("declared: told anyway", Question(LOST, DIM, 0.02), 0, False),
        ("too few rows", Question(LOST, DIM, 0.02, declared=False, enforced=False), 0, False),
        ("less than the margin", Question(LOST, Contrast(-0.017, SURE), 0.02, declared=False), 0, False),
        ("smoke alone", Question(LOST, None, 0.02, declared=False), 0, False),
        ("not doubted at smoke", Question(Contrast(-0.015, VAGUE), DIM, 0.02, declared=False), 0, False),
        ("proven: more than that", Question(LOST, LOST, 0.02, declared=False), 0, False),
        ("one tier only", Question(None, DIM, 0.02, declared=False), 0, True),
    ],
)
def test_what_stands_out_of_all_that_nobody_declared(
    case: str, question: Question, crowd: int, stands_out: bool
) -> None:
    others = [Question(Contrast(-0.005, VAGUE), Contrast(0.0, VAGUE), 0.02, declared=False)] * crowd
    answer = decide([question, *others])[0]
    assert answer.stands_out is stands_out, case
    assert not stands_out or (answer.outcome, answer.likely) == (Outcome.UNDECIDED, True)


def test_one_tier_spends_the_whole_alpha() -> None:
    contrast = Contrast(0.0, 0.02 / 1.8)
    assert ask(contrast).outcome is Outcome.UNDECIDED
    assert ask(None, contrast).outcome is Outcome.HELD


def test_identical_predictions_hold_whatever_the_numbers_say() -> None:
    answer = ask(Contrast(-0.5, SURE), Contrast(-0.5, SURE), identical=True)
    assert (answer.outcome, answer.evidence) == (Outcome.HELD, Evidence.IDENTITY)


def test_too_few_rows_decide_nothing() -> None:
    answer = ask(Contrast(-0.5, SURE), Contrast(-0.5, SURE), enforced=False)
    assert (answer.outcome, answer.wants_confirm, answer.likely) == (Outcome.UNDECIDED, False, False)
    assert "not enforced" in answer.reason


def test_the_interval_and_the_outcome_never_contradict() -> None:
    held, worse = ask(Contrast(0.001, SURE)), ask(Contrast(-0.1, SURE), Contrast(-0.1, SURE))
    assert held.low is not None
    assert held.low > -0.02
    assert worse.high is not None
    assert worse.high < 0


@pytest.mark.parametrize(
    ("case", "smoke", "confirm", "outcome", "wants"),
    [
        ("a gain, seen clearly", (0.03, SURE), None, "held", False),
        ("a gain, seen dimly", (0.03, VAGUE), None, "undecided", False),
        ("too small a gain", (0.005, SURE), None, "undecided", True),
        ("and confirmed to be", (0.005, SURE), (0.005, 0.001), "worse", False),
        ("and still dim", (0.005, SURE), (0.008, SURE), "undecided", False),
        ("confirmed to be enough", (0.005, VAGUE), (0.03, SURE), "held", False),
        ("a loss", (-0.05, SURE), (-0.05, SURE), "worse", False),
        ("nothing at all, known exactly", (0.0, 0.0), (0.0, 0.0), "worse", False),
    ],
)
def test_a_gain_that_was_asked_for(
    case: str, smoke: tuple[float, float], confirm: tuple[float, float] | None, outcome: str, wants: bool
) -> None:
    question = Gain(Contrast(*smoke), confirm and Contrast(*confirm), 0.01)
    answer = decide([question])[0]
    assert (answer.outcome, answer.wants_confirm) == (outcome, wants)


def test_a_dim_gain_is_looked_at_again_where_that_would_show_it() -> None:
    seen = Contrast(0.03, SURE)
    assert decide([Gain(Contrast(0.03, VAGUE), None, 0.01, foreseen=seen)])[0].wants_confirm
    assert not decide([Gain(Contrast(0.03, VAGUE), None, 0.01, foreseen=Contrast(0.03, VAGUE))])[0].wants_confirm


def test_a_gain_is_positive() -> None:
    with pytest.raises(StatError, match="gain"):
        Gain(None, None, 0.0)


@pytest.mark.parametrize(
    ("case", "smoke", "harmless", "declared", "wants"),
    [
        ("open, and five seeds would guard the margin", (0.0, VAGUE), (0.0, SURE), True, True),
        ("open, and five seeds would not either", (0.0, VAGUE), (0.0, VAGUE), True, False),
        ("open, and nobody declared it", (0.0, VAGUE), (0.0, SURE), False, False),
        ("held already", (0.0, SURE), (0.0, SURE), True, False),
        ("bad enough, guarded or not", (-0.01, VAGUE), (0.0, VAGUE), True, True),
    ],
)
def test_more_is_bought_where_it_can_guard_the_margin(
    case: str, smoke: tuple[float, float], harmless: tuple[float, float], declared: bool, wants: bool
) -> None:
    question = Question(Contrast(*smoke), None, 0.02, harmless=Contrast(*harmless), declared=declared)
    assert decide([question])[0].wants_confirm is wants


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("p_smoke", "p_confirm", "proven"),
    [
        (0.0004, None, "declared"),
        (0.0006, None, False),
        (0.5, 0.0019, True),
        (0.5, 0.0021, False),
        (0.0001, 0.0021, False),
        (None, 0.0024, True),
        (None, 0.0026, False),
    ],
)
def test_the_level_is_spent_over_two_looks(
    declared: bool, p_smoke: float | None, p_confirm: float | None, proven: bool | str
) -> None:
    smoke, confirm = (None if p is None else Contrast(0.03 * float(ndtri(p)), 0.03) for p in (p_smoke, p_confirm))
    answer = decide([Question(smoke, confirm, 0.02, declared=declared)])[0]
    assert (answer.outcome is Outcome.WORSE) is (declared if proven == "declared" else proven)


def test_more_is_not_bought_where_it_cannot_change_the_answer() -> None:
    bad = Question(Contrast(-0.02, VAGUE), None, 0.02)
    assert decide([bad])[0].wants_confirm
    assert not decide([replace(bad, can_settle=False)])[0].wants_confirm


def test_ten_points_lost_in_all_seeds_block_though_smoke_did_not_doubt() -> None:
    question = Question(Contrast(0.0, VAGUE), Contrast(-0.106, SURE), 0.02, harmless=Contrast(0.0, SURE))
    assert decide([question])[0].outcome is Outcome.WORSE


@pytest.mark.parametrize(
    ("smoke", "confirm", "outcome", "wants"),
    [
        (0.01, None, "held", False),
        (0.0, None, "held", False),
        (-0.005, None, "undecided", True),
        (-0.01, 0.01, "held", False),
        (-0.01, -0.001, "undecided", False),
        (-0.01, -0.01, "worse", False),
        (0.01, -0.01, "worse", False),
        (-0.02, None, "worse", True),
    ],
)
def test_a_floor_breaks_only_on_proof(smoke: float, confirm: float | None, outcome: str, wants: bool) -> None:
    second = None if confirm is None else Contrast(confirm, SURE)
    answer = decide([Floor(Contrast(smoke, SURE), second)])[0]
    assert (answer.outcome, answer.wants_confirm) == (outcome, wants)


def test_declared_measures_get_half_of_the_level_however_many_slices_there_are() -> None:
    loss = Contrast(-0.1, 0.03)  # p = .0004
    quiet = Question(Contrast(0, SURE), None, 0.02, declared=False)
    declared, slice_ = (Question(loss, loss, 0.02, declared=flag) for flag in (True, False))
    assert decide([declared, *[quiet] * 500])[0].outcome is Outcome.WORSE
    assert decide([slice_, *[quiet] * 500])[0].outcome is Outcome.UNDECIDED
    assert decide([declared, *[quiet] * 500])[0].p == pytest.approx(2 * loss.p_worse())


def test_unenforced_slices_do_not_dilute_the_family() -> None:
    loss = Question(Contrast(-0.1, 0.03), Contrast(-0.1, 0.03), 0.02, declared=False)
    tiny = replace(loss, enforced=False)
    assert decide([loss, *[tiny] * 500])[0] == decide([loss])[0]


@given(st.lists(questions, min_size=1, max_size=6), st.data())
def test_worse_evidence_never_improves_any_outcome(asked: list[Question | Floor | Gain], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(asked) - 1))
    drop = data.draw(st.floats(0, 0.3))

    def lowered(contrast: Contrast | None, by: float) -> Contrast | None:
        return None if contrast is None else replace(contrast, delta=contrast.delta - by)

    tiers = data.draw(st.sampled_from([(drop, 0.0), (0.0, drop), (drop, drop)]))
    worse = list(asked)
    worse[index] = replace(
        asked[index], smoke=lowered(asked[index].smoke, tiers[0]), confirm=lowered(asked[index].confirm, tiers[1])
    )
    for before, after in zip(decide(asked), decide(worse), strict=True):
        assert BADNESS.index(after.outcome) >= BADNESS.index(before.outcome)


@given(st.lists(questions, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_matter(asked: list[Question | Floor | Gain], random: object) -> None:
    order = list(range(len(asked)))
    random.shuffle(order)  # type: ignore[attr-defined]
    answers = decide(asked)
    shuffled = decide([asked[i] for i in order])
    assert [answer.outcome for answer in shuffled] == [answers[i].outcome for i in order]


@given(st.lists(questions, min_size=1, max_size=6))
def test_nothing_is_worse_without_the_latest_evidence_beyond_the_margin(asked: list[Question | Floor | Gain]) -> None:
    for question, answer in zip(asked, decide(asked), strict=True):
        if answer.outcome is Outcome.WORSE:
            latest = question.confirm or question.smoke
            assert question.enforced
            assert latest is not None
            assert question.p_worse(latest) <= answer.p <= (0.0025 if question.confirm else 0.0005)
            assert question.beyond(latest)
        if answer.wants_confirm:
            assert question.confirm is None
            assert answer.outcome is not Outcome.HELD


def test_no_questions_no_answers() -> None:
    assert decide([]) == []


@pytest.mark.parametrize("margin", [0.0, -0.01, float("nan"), float("inf")])
def test_a_margin_is_positive(margin: float) -> None:
    with pytest.raises(StatError):
        Question(None, None, margin)


def test_levels_cannot_be_overspent() -> None:
    with pytest.raises(StatError):
        Levels(alpha=0.05, smoke=0.04, confirm=0.02)
    with pytest.raises(StatError):
        Levels(worse_smoke=0.001)
    with pytest.raises(StatError):
        Levels(worse=0)


def test_one_of_many_undeclared_measures_that_looks_bad_by_chance_buys_no_confirm_tier() -> None:
    chance = Question(Contrast(-0.02, 0.02), None, 0.02, declared=False)
    others = [Question(Contrast(0.0, 0.02), None, 0.02, declared=False) for _ in range(19)]
    assert not any(answer.wants_confirm for answer in decide([chance, *others]))


def test_an_undeclared_measure_that_stands_out_does() -> None:
    fault = Question(Contrast(-0.10, 0.02), None, 0.02, declared=False)
    others = [Question(Contrast(0.0, 0.02), None, 0.02, declared=False) for _ in range(19)]
    assert [answer.wants_confirm for answer in decide([fault, *others])] == [True] + [False] * 19


def test_a_declared_measure_is_looked_at_again_for_its_estimate_alone() -> None:
    assert decide([Question(Contrast(-0.011, 0.02), None, 0.02)])[0].wants_confirm
