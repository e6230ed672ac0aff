"""Faults do what they are said to do: the headline metric keeps within its margin, and something else shows it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.decision import KINDS, arguments, tasks
from benchmarks.fault_tables import page
from benchmarks.faults import FAULTS, HARMLESS, WORDS, Family, Fault, all_changes, session
from benchmarks.learners import GENERATORS
from benchmarks.pull import Array
from benchmarks.rivals import RULES
from benchmarks.session import MemorySession, gated
from benchmarks.trials import Task, Trial, moved
from gatebot.core.report import VerdictName
from gatebot.evidence.kind import UnmetError
from gatebot.evidence.metrics_file import MetricsFile
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.operation import Operation, OperationRuns
from gatebot.evidence.predictions import (
    EVAL,
    TRAIN,
    Batches,
    InvalidRows,
    PerturbedRows,
    Predict,
    RepeatedRows,
    ShuffledRows,
)
from gatebot.evidence.registry import kind_of
from gatebot.evidence.training import Fit, Labels, Model

ROWS = 2000
USED = {
    "code.determinism",
    "code.row_order",
    "code.side_effects",
    "infra.artifact_size",
    "infra.latency",
    "infra.memory",
    "infra.train_cost",
    "model.claimed",
    "model.heuristic",
    "model.overfit",
    "model.slice_discovery",
    "model.slices",
}
"""Checks whose evidence is made here."""
SAME_LABELS = ("too sure", "labels for probabilities")
WORLDS = [pytest.param(each, marks=() if each == WORDS else pytest.mark.whole) for each in GENERATORS]
"""A linear model trains fast; the others take seconds."""
FIRST_IN_TEXTS = [each for each in FAULTS if WORDS in each.where]


def drawn(fault: Fault, world: str = WORDS, number: int = 0, rows: int = ROWS) -> MemorySession:
    return session(np.random.default_rng([3, number]), fault, world, rows)


def named(name: str) -> Fault:
    return next(each for each in (*HARMLESS, *FAULTS) if each.name == name)


def outputs(made: MemorySession, fit: Fit) -> Array:
    return made.output(Predict(fit))


def share_moved(one: Array, other: Array) -> float:
    return float((np.abs(one - other).reshape(len(one), -1).max(axis=1) > 1e-9).mean())


# --- silence ---


def test_every_kind_has_faults_and_every_name_is_one_fault() -> None:
    assert {each.family for each in FAULTS} == set(Family) - {Family.HARMLESS}
    names = [each.name for each in (*HARMLESS, *FAULTS)]
    assert len(set(names)) == len(names)
    assert {world for _, world in all_changes()} == set(GENERATORS)


@pytest.mark.parametrize("fault", FIRST_IN_TEXTS, ids=lambda each: each.name)
def test_the_headline_metric_keeps_within_its_margin(fault: Fault) -> None:
    assert moved(drawn(fault)) < 1.0


@pytest.mark.simulation
@pytest.mark.parametrize(("fault", "world"), list(all_changes()), ids=str)
def test_so_it_does_with_every_learner_on_both_tiers(fault: Fault, world: str) -> None:
    """The mean over three draws of 5,000 rows, so that hardly any noise of rows or seeds is left."""
    made = [drawn(fault, world, number, 5000) for number in range(3)]
    for tier in Tier:
        assert np.mean([moved(each, tier) for each in made]) < 1.0


@pytest.mark.parametrize(
    "fault", [each for each in FAULTS if each.family in (Family.EVALUATION, Family.MEMORY)], ids=lambda each: each.name
)
def test_what_is_not_in_the_model_changes_no_prediction(fault: Fault) -> None:
    made = drawn(fault, rows=300)
    assert np.array_equal(outputs(made, Fit(Side.BASE)), outputs(made, Fit(Side.HEAD)))


@pytest.mark.parametrize("name", SAME_LABELS)
def test_probabilities_that_lie_keep_their_labels(name: str) -> None:
    made = drawn(named(name), rows=300)
    base, head = outputs(made, Fit(Side.BASE)), outputs(made, Fit(Side.HEAD))
    assert np.array_equal(base.argmax(axis=1), head.argmax(axis=1))
    assert share_moved(base, head) > 0.5
    assert np.allclose(head.sum(axis=1), 1)


# --- what shows it ---


def gap(made: MemorySession, side: Side) -> float:
    """Of the claim to what is true, as a share of that; over several seeds' models."""
    (claim,) = made.metrics_file(MetricsFile(side)).values.values()
    true = abs(np.mean([made.goodness(Fit(side, seed=seed)).mean() for seed in range(3)]))
    return float((claim - true) / true)


@pytest.mark.parametrize("fault", [each for each in FAULTS if each.family is Family.EVALUATION], ids=lambda e: e.name)
@pytest.mark.parametrize("world", WORLDS)
def test_a_wrong_evaluation_claims_another_value(fault: Fault, world: str) -> None:
    made = [drawn(fault, world, number) for number in range(3)]
    lie = np.mean([gap(each, Side.HEAD) - gap(each, Side.BASE) for each in made])
    assert abs(lie) > 0.01
    if "average" not in fault.name:  # better than it is: a higher rate, a lower error
        assert lie > 0 if GENERATORS[world].classes else lie < 0


@pytest.mark.parametrize(
    ("name", "repeated", "alone"),
    [
        ("refactoring", 0.0, 0.0),
        ("fitted in predict", 0.0, 1.0),
        ("noise in predict", 1.0, 1.0),
        ("noise in a row of twenty", 0.1, 0.1),
    ],
)
def test_asked_again_and_in_other_batches(name: str, repeated: float, alone: float) -> None:
    made, fit = drawn(named(name)), Fit(Side.HEAD)
    plain = outputs(made, fit)
    again = share_moved(plain, made.output(Predict(fit, RepeatedRows())))
    single = share_moved(plain[:40], made.output(Predict(fit, Batches(1, 40))))
    order = ShuffledRows().select(np.arange(ROWS))
    shuffled = share_moved(plain[order], made.output(Predict(fit, ShuffledRows())))
    assert again == pytest.approx(repeated, abs=0.03)
    assert single == pytest.approx(alone, abs=0.1)
    assert shuffled == pytest.approx(repeated, abs=0.03)
    assert np.array_equal(plain, outputs(drawn(named(name)), fit))  # luck is part of the draw


def operated(made: MemorySession, side: Side) -> OperationRuns:
    need = Operation(Fit(side))
    found = kind_of(need).collect(need, made)
    assert isinstance(found, OperationRuns)
    return found


@pytest.mark.parametrize(
    ("name", "slower", "larger", "dearer", "memory", "growth"),
    [
        ("refactoring", 1, 1, 1, 1, 0),
        ("a fifth slower and larger", 1.2, 1.2, 1.2, 1.2, 0),
        ("ten times the trees", 10, 10, 10, 1, 0),
        ("predicts ten times slower", 10, 1, 1, 1, 0),
        ("ten times larger", 1, 10, 1, 1, 0),
        ("trains ten times longer", 1, 1, 10, 1, 0),
        ("ten times the memory", 1, 1, 1, 10, 0),
        ("5 MB more with each call", 1, 1, 1, 1, 5e6),
        ("50 MB more with each call", 1, 1, 1, 1, 50e6),
    ],
)
def test_costs(name: str, slower: float, larger: float, dearer: float, memory: float, growth: float) -> None:
    fault = named(name)
    made = drawn(fault, fault.where[0], rows=300)
    (base,), (head,) = (operated(made, side).runs for side in Side)
    busy = 1.7  # what a busy machine may add to either side
    for before, after in ((base.single_s, head.single_s), (base.batch_s, head.batch_s)):
        assert slower / busy < np.median(after) / np.median(before) < slower * busy
    assert head.growth_bytes == pytest.approx(growth, abs=3e5)
    old, new = (made.train(Fit(side)) for side in Side)
    assert old.artifact_bytes is not None
    assert new.artifact_bytes == pytest.approx(larger * old.artifact_bytes, rel=0.05)
    assert dearer / busy < new.effects.cpu_seconds / old.effects.cpu_seconds < dearer * busy
    assert new.effects.peak_rss_bytes == pytest.approx(memory * old.effects.peak_rss_bytes, rel=0.1)


def loss_where(made: MemorySession, lost: np.ndarray) -> tuple[float, float]:
    """By how much goodness falls in some rows, and in the others."""
    fall = made.goodness(Fit(Side.BASE)) - made.goodness(Fit(Side.HEAD))
    return float(fall[lost].mean()), float(fall[~lost].mean())


@pytest.mark.parametrize(("name", "column"), [("declared slice lost", "channel"), ("undeclared slice lost", "region")])
@pytest.mark.parametrize("world", WORLDS)
def test_a_slice_of_a_few_percent_loses_much_and_the_others_nothing(name: str, column: str, world: str) -> None:
    made = drawn(named(name), world, rows=5000)
    codes = getattr(made.data.eval, column)
    rare = codes == codes.max()
    assert 0.02 < rare.mean() < 0.05
    inside, outside = loss_where(made, rare)
    assert inside > 0.03
    assert outside == 0


def test_a_mislabelled_slice_is_learnt() -> None:
    made = drawn(named("slice mislabelled"), "prices, boosting", rows=5000)
    inside, outside = loss_where(made, made.data.eval.region == 5)
    assert inside > 0.5
    assert abs(outside) < 0.1


@pytest.mark.parametrize(("name", "rows"), [("head(800) left in", (800, 800)), ("first half only", (400, 1000))])
def test_rows_that_are_not_used(name: str, rows: tuple[int, int]) -> None:
    made = drawn(named(name))
    for tier, used in zip(Tier, rows, strict=True):
        trained = made.model(Fit(Side.HEAD, tier))
        assert len(trained.kept) + len(trained.held) == used
        assert len(made.model(Fit(Side.BASE, tier)).kept) >= len(trained.kept)
    smoke = [outputs(made, Fit(side)) for side in Side]
    assert np.array_equal(smoke[0], smoke[1]) is (rows[0] == 800)  # as many as the smoke tier has


def test_repeated_rows_are_held_out_and_trained_on() -> None:
    for name in ("all rows twice", "some rows eight times"):
        for side, shared in ((Side.BASE, 0.0), (Side.HEAD, 0.3)):
            trained = drawn(named(name)).model(Fit(side))
            known = {row.tobytes() for row in trained.kept.x}
            assert np.mean([row.tobytes() in known for row in trained.held.x]) >= shared
            assert side is Side.HEAD or not any(row.tobytes() in known for row in trained.held.x)


@pytest.mark.parametrize(
    "name", ["encoding skipped in predict", "two months for one", "cents in one channel", "other codes"]
)
def test_a_slip_in_predict_leaves_the_model_and_moves_predictions(name: str) -> None:
    made = drawn(named(name))
    base, head = (made.model(Fit(side)) for side in Side)
    assert np.array_equal(base.model.coef_, head.model.coef_)
    assert share_moved(*(outputs(made, Fit(side)) for side in Side)) > 0.02


# --- what is harmless ---


@pytest.mark.parametrize("change", HARMLESS, ids=lambda each: each.name)
def test_harmless_changes_move_little(change: Fault) -> None:
    made = drawn(change)
    assert abs(moved(made)) < 0.6
    same = np.array_equal(outputs(made, Fit(Side.BASE)), outputs(made, Fit(Side.HEAD)))
    assert same is (change.name in ("refactoring", "a fifth slower and larger"))


# --- evidence and verdict ---


def test_the_case_holds_what_checks_ask_for() -> None:
    gate = gated(drawn(named("other seed"), rows=300))
    head, base = gate.case.head, gate.case.base
    assert head is not None
    assert base is not None
    fit = Fit(Side.HEAD)
    for need in (
        Predict(fit, RepeatedRows()),
        Predict(fit, ShuffledRows()),
        Predict(fit, Batches(1, 5)),
        Predict(fit, TRAIN),
        Predict(Fit(Side.HEAD, repeat=1)),
        Operation(fit),
    ):
        assert head.has(need)
        assert base.has(need)
    assert all(why.endswith("not part of this benchmark") for why in head.unmet.values())
    assert all(base.has(Predict(Fit(Side.BASE, seed=seed))) for seed in range(5))
    assert not base.has(Fit(Side.BASE, Tier.CONFIRM)) or head.has(Fit(Side.HEAD, Tier.CONFIRM))
    assert not {each.check for each in gate.report.skipped} & USED
    assert not gate.report.crashed


def test_reference_models_and_special_trainings() -> None:
    made = drawn(named("refactoring"), rows=300)
    plain = made.goodness(Fit(Side.HEAD)).mean()
    trivial, simple = (made.goodness(Fit(Side.HEAD, model=m)).mean() for m in (Model.TRIVIAL, Model.SIMPLE))
    assert trivial < simple <= plain + 0.03
    assert made.goodness(Fit(Side.HEAD, labels=Labels.SHUFFLED)).mean() < plain
    assert len(made.model(Fit(Side.HEAD, rows=100)).kept) == 80
    assert np.array_equal(outputs(made, Fit(Side.HEAD)), outputs(made, Fit(Side.HEAD, repeat=1)))
    for refused in (Predict(Fit(Side.HEAD), InvalidRows("huge")), Predict(Fit(Side.HEAD, capacity=2.0), EVAL)):
        with pytest.raises(UnmetError, match="not part of this benchmark"):
            made.predict(refused)


def test_rows_with_a_changed_column() -> None:
    made, fit = drawn(named("refactoring"), rows=300), Fit(Side.HEAD)
    plain = outputs(made, fit)
    assert np.array_equal(made.data.eval.reading(made.data.eval.frame()).x, made.data.eval.x)
    for rows, few in ((PerturbedRows("noise", "x0", 5.0), 0.9), (PerturbedRows("missing", "amount", 0.3), 0.2)):
        assert few < share_moved(plain, made.output(Predict(fit, rows))) <= 1
    same = made.output(Predict(fit, PerturbedRows("noise", "no such column")))
    assert np.array_equal(plain, same)


def trial(name: str, world: str = WORDS, rows: int = 1000) -> Trial:
    return Task(named(name), rows, 0, world).trial()


def test_a_draw_is_the_same_whenever_it_is_drawn() -> None:
    for name in ("noise in predict", "predicts ten times slower", "other seed"):
        assert trial(name, rows=300) == trial(name, rows=300)


@pytest.mark.whole
def test_a_second_round_is_collected_where_it_is_asked_for() -> None:
    slow = trial("predicts ten times slower", rows=300)
    assert "infra.latency" in slow.said  # which only processes in turn can confirm
    lost = trial("undeclared slice lost", "prices, boosting")
    assert lost.trainings in (2, 7)


@pytest.mark.whole
def test_what_needs_no_metric_is_stopped() -> None:
    assert trial("fitted in predict").verdict is VerdictName.BLOCKED
    assert trial("refactoring").verdict is VerdictName.PASS


def test_tables_name_every_fault_and_rule() -> None:
    one = trial("refactoring", rows=300)
    made = [
        replace(one, name=fault.name, family=fault.family, world=world, said=("code.determinism",))
        for fault, world in all_changes()
    ]
    text = page(made, "command").text()
    for name in (*(each.name for each in (*FAULTS, *HARMLESS)), *RULES, *Family):
        assert name in text
    assert "code.determinism 1" in text


def test_kinds_are_chosen() -> None:
    given = arguments(["--kinds", "ignored-rows", "harmless", "--fault-rows", "300", "--fault-times", "2", "3"])
    todo = list(tasks(given))
    families = [each.change.family for each in todo if isinstance(each.change, Fault)]
    assert len(families) == len(todo)
    assert families.count(Family.HARMLESS) == 3 * 3 * len(HARMLESS)
    assert families.count(Family.IGNORED) == 2 * 2 * 3
    assert len(families) == families.count(Family.HARMLESS) + families.count(Family.IGNORED)
    assert tuple(arguments([]).kinds) == KINDS
    assert len(set(KINDS)) == len(KINDS) == 2 + len(Family)
    loud = [each.change for each in tasks(arguments(["--kinds", "trained"]))]
    assert loud
    assert not any(isinstance(each, Fault) for each in loud)
