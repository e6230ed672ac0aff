"""Which trainings are not run, because those before them failed alike."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.collect import Collector, Phase
from gatebot.collect.early_stop import EarlyStop
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.failure import Failure, failure_of
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Model, Training, seed_of
from tests.collect.repository import PIPELINE, Recorded, document, job, repository

SEEDS = tuple(Fit(Side.HEAD, seed=seed) for seed in range(4))
CONFIRM = tuple(fit.at(Tier.CONFIRM) for fit in SEEDS)
WORKED = "worked"


def crash(line: str = "KeyError: 'x'", ending: Ending = Ending.CRASHED, stage: str = "training") -> Failure:
    return Failure(stage, Effects(ending, 1, log_tail=("Traceback", line)))


ALIKE, OTHER = crash(), crash("ValueError: y")


def stopped(ends: Sequence[tuple[Fit, Failure | str | None]], order: Sequence[Fit] = SEEDS) -> list[Fit]:
    """The trainings that are not run, after these have ended one after the other."""
    stop = EarlyStop("project")
    stop.expect(order)
    for fit, end in ends:
        stop.ended(fit, None if isinstance(end, str) else end, worked=end == WORKED)
    return [fit for fit in order if stop.why_not(fit)]


@pytest.mark.parametrize(
    ("ends", "left"),
    [
        ([], []),
        ([ALIKE], []),
        ([ALIKE, ALIKE], SEEDS[2:]),
        ([ALIKE, OTHER], []),
        ([ALIKE, OTHER, ALIKE], SEEDS[3:]),
        ([ALIKE, None, ALIKE], SEEDS[3:]),
        ([WORKED, ALIKE, ALIKE], []),
        ([ALIKE, WORKED, ALIKE], []),
        ([ALIKE, ALIKE, WORKED], SEEDS[2:]),
        ([crash(ending=Ending.TIMEOUT), crash(ending=Ending.TIMEOUT)], SEEDS[2:]),
        ([crash(ending=Ending.TIMEOUT), crash(ending=Ending.MEMORY)], []),
        ([crash(stage="predicting"), crash(stage="predicting")], SEEDS[2:]),
        ([crash(stage="predicting"), crash()], []),
    ],
)  # fmt: skip
def test_two_that_fail_alike_end_a_side_on_which_none_has_worked(
    ends: Sequence[Failure | str | None], left: Sequence[Fit]
) -> None:
    assert stopped(list(zip(SEEDS, ends, strict=False))) == list(left)


ENDS = st.lists(st.sampled_from([ALIKE, OTHER, WORKED, None]), min_size=4, max_size=4)


@given(ENDS, st.permutations(range(4)))
def test_what_is_left_out_does_not_depend_on_which_thread_was_faster(
    ends: list[Failure | str | None], finished: list[int]
) -> None:
    pairs = list(zip(SEEDS, ends, strict=True))
    assert stopped([pairs[at] for at in finished]) == stopped(pairs)


@given(ENDS)
def test_nothing_is_left_out_after_one_that_worked_or_before_two_have_failed(ends: list[Failure | str | None]) -> None:
    for fit in stopped(list(zip(SEEDS, ends, strict=True))):
        before = ends[: fit.seed]
        failures = [end for end in before if isinstance(end, Failure)]
        assert len(failures) > len(set(map(id, failures)))


def line_of(seed: int, folder: str, address: str) -> str:
    return f"RuntimeError: seed {seed}: <Model at {address}> in '/tmp/{folder}/work/m.py'"


def test_seeds_addresses_and_paths_do_not_matter() -> None:
    values = [seed_of("project", seed) for seed in range(2)]
    ends = [crash(line_of(values[0], "a/1", "0x7f01")), crash(line_of(values[1], "b/2", "0x7f02"))]
    assert stopped(list(zip(SEEDS, ends, strict=False))) == list(SEEDS[2:])
    others = [crash(line_of(7, "a", "0x7f01")), crash(line_of(8, "a", "0x7f01"))]
    assert stopped(list(zip(SEEDS, others, strict=False))) == []


def test_the_confirm_tier_ends_by_itself_and_with_the_smoke_tier() -> None:
    order = (*SEEDS[:2], *CONFIRM)
    both = [(fit, ALIKE) for fit in SEEDS[:2]]
    assert stopped(both, order) == list(CONFIRM)
    works = [(fit, WORKED) for fit in SEEDS[:2]]
    late = [(fit, ALIKE) for fit in CONFIRM[:2]]
    assert stopped([*works, *late], order) == list(CONFIRM[2:])
    assert stopped([(SEEDS[0], WORKED), (SEEDS[1], ALIKE), *late[:1]], order) == []


def test_sides_reference_models_and_special_trainings_are_apart() -> None:
    base = tuple(fit.on(Side.BASE) for fit in SEEDS)
    reference, again = Fit(Side.HEAD, model=Model.SIMPLE), replace(SEEDS[0], repeat=1)
    order = (*SEEDS, again, reference, *base)
    assert stopped([(SEEDS[0], ALIKE), (SEEDS[1], ALIKE)], order) == [*SEEDS[2:], again]
    assert stopped([(SEEDS[0], ALIKE), (again, ALIKE), (base[0], ALIKE)], order) == []


def test_one_waits_while_an_earlier_one_may_fail_as_another_did() -> None:
    stop, told = EarlyStop("project"), list[str]()
    stop.expect(SEEDS)
    stop.ended(SEEDS[1], ALIKE, worked=False)

    def wait() -> None:
        stop.wait(SEEDS[2])
        told.append(stop.why_not(SEEDS[2]))

    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    stop.ended(SEEDS[0], ALIKE, worked=False)
    waiting.join(30)
    assert told == ["not run, because two trainings before it failed alike (seed 1, smoke; seed 2, smoke)"]


def test_of_a_training_and_its_predictions_the_first_that_failed_counts() -> None:
    crashed, fine = Effects(Ending.CRASHED, 1, log_tail=("x", "")), Effects(Ending.OK)
    training = Training(crashed, 1, "")
    failure = failure_of(training, None)
    assert failure is not None
    assert (failure.stage, failure.last_line, failure.cause) == ("training", "x", "x")
    assert failure_of(replace(training, effects=fine), None) is None
    timeout = Failure("predicting", Effects(Ending.TIMEOUT, seconds=60.2, log_tail=("epoch 3",)))
    assert timeout.cause == timeout.says == "predicting was stopped at its time limit, after 60 s"


# --- with real trainings ---

EFFORT = Effort(smoke_seeds=4)
ASKED_PREDICTIONS = EFFORT.predictions(Side.HEAD)
ASKED: tuple[Need, ...] = (*EFFORT.fits(Side.HEAD), *ASKED_PREDICTIONS)
LATER: tuple[Need, ...] = (*EFFORT.fits(Side.HEAD, Tier.CONFIRM), *EFFORT.predictions(Side.HEAD, Tier.CONFIRM))
BROKEN = {
    "train": "def train(rows, seed):\n    raise ValueError(f'seed {seed}')\n",
    "predict": PIPELINE.replace("    return [{", "    raise KeyError('x')\n    return [{"),
    "import": "import a_module_that_is_not_there\n" + PIPELINE,
}


def collected(root: Path, cache: Path, parallel: int) -> tuple[Snapshot, Snapshot, Recorded]:
    progress = Recorded()
    config = document(smoke={"train_rows": 20})
    with Collector(job(root, cache, config, parallel=parallel), progress) as collector:
        first = collector.collect(ASKED)[Side.HEAD]
        second = collector.collect(LATER)[Side.HEAD]
    return first, second, progress


@pytest.mark.parametrize("stage", BROKEN)
@pytest.mark.parametrize("parallel", [1, 4])
def test_a_side_that_fails_twice_alike_is_not_trained_again(
    stage: str, parallel: int, open_path: Path, shared_cache: Path
) -> None:
    root = repository(open_path / "repo", {"pipeline.py": BROKEN[stage]})
    first, second, progress = collected(root, shared_cache, parallel)
    assert {need for need in first.evidence if isinstance(need, Fit)} == set(EFFORT.fits(Side.HEAD)[:2])
    failures = [failure_of(first.get(need.fit, Training), first.get(need, Predictions)) for need in ASKED_PREDICTIONS]
    assert [failure is not None for failure in failures] == [True, True, False, False]
    why = "not run, because two trainings before it failed alike (seed 1, smoke; seed 2, smoke)"
    assert {first.why_unmet(need) for need in (*EFFORT.fits(Side.HEAD)[2:], *ASKED_PREDICTIONS[2:])} == {why}
    assert not second.evidence
    assert set(second.unmet.values()) == {why}
    trained = sum(step.phase is Phase.TRAIN for step, _ in progress.finished_steps)
    assert trained == (2 if parallel == 1 else 4)
    assert progress.trainings == trained  # of those that were planned, as many were taken back as were not run


def test_a_side_that_works_with_some_seeds_is_trained_to_the_end(open_path: Path, shared_cache: Path) -> None:
    seeds = [seed_of("tickets", seed) for seed in (1, 2)]
    pipeline = PIPELINE.replace("    share =", f"    assert seed not in {seeds}, 'no'\n    share =")
    first, _, _ = collected(repository(open_path / "repo", {"pipeline.py": pipeline}), shared_cache, 2)
    ended = [each.effects.ended for fit in EFFORT.fits(Side.HEAD) if (each := first.get(fit, Training))]
    assert ended == [Ending.OK, Ending.CRASHED, Ending.CRASHED, Ending.OK]
