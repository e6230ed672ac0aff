"""The headline and the sentences under it."""

import pytest
from hypothesis import given

from gatebot.core.finding import Action, Bound, Priority, Provenance, Status
from gatebot.core.report import Report, State, VerdictName
from gatebot.render import sentences
from gatebot.render.pieces import flat
from tests.render.hostility import HOSTILE_TEXTS
from tests.render.reports import REALISTIC, blocked, finding, hostile, huge, measure, poisoned, report, warned

HEADLINES = {
    "passed": "pass: no metric is worse; 4 measures held",
    "warned": (
        "pass with 2 warnings: no metric is worse, but training takes 2 times base's processor time: 31.20 s → 62.40 s,"
        " and 1 more finding"
    ),
    "blocked": "blocked (P1): recall(urgent) fell 4.1 points, and 1 more finding",
    "crashed training": "blocked (P0): training crashed (exit code 1) in 2 of 2 runs",
    "observed": "would be blocked (P1): recall(urgent) fell 4.1 points, and 1 more finding",
    "error": "could not judge: the check model.calibration failed: ValueError: bins must increase",
    "review": (
        "review needed (P0): gatebot.yml belongs to the gate; this pull request is judged by the base branch's copy"
    ),
    "fork": "review needed: the policy asks for an approval of what comes from a fork",
    "undecided": "inconclusive (P0): accuracy may have fallen 1.9 points",
    "bootstrap": "pass: nothing to compare with yet",
    "draft": "a draft: judged when it is ready for review",
}


@pytest.mark.parametrize("name", REALISTIC)
def test_the_headline(name: str) -> None:
    assert sentences.headline(REALISTIC[name]()) == HEADLINES[name]


OWED = report(VerdictName.ERROR).model_copy(update={"skipped": REALISTIC["error"]().skipped})
ASKED = measure(
    "accuracy", 0.842, 0.845, bound=Bound.GAIN, delta=0.003, low=0.0, high=0.006, margin=0.01, outcome="worse"
)
FLOOR = measure("accuracy", 0.861, 0.842, bound=Bound.FLOOR, limit=0.85, delta=-0.008, margin=None, outcome="worse")
CEILING = FLOOR.model_copy(update={"direction": "lower", "head": 0.9, "delta": 0.05})
GAIN = measure("log_loss", 0.4, 0.5, direction="lower", relative=True, margin=0.02, outcome="worse")


def _blocked_by(found_measure: object) -> Report:
    found = finding("model.regression", FLOOR.metric, "it is worse", measure=found_measure.metric)  # type: ignore[attr-defined]
    return report(VerdictName.BLOCKED, priority=Priority.P1, findings=(found,), measures=(found_measure,))


@pytest.mark.parametrize(
    ("given_report", "headline"),
    [
        pytest.param(
            OWED, "could not judge: code.output_range could not run: budget: 42 s needed, 10 s left", id="owed"
        ),
        pytest.param(report(VerdictName.ERROR), "could not judge: evidence is missing", id="nothing known"),
        pytest.param(
            report(VerdictName.ERROR, states=(State.NO_BASELINE,)),
            "could not judge: there is no baseline, and the policy blocks that",
            id="no baseline",
        ),
        pytest.param(
            _blocked_by(ASKED),
            "blocked (P1): accuracy changed by +0.3 points; +1 points or more was asked for",
            id="asked for",
        ),
        pytest.param(_blocked_by(FLOOR), "blocked (P1): accuracy is 0.842, below its floor of 0.850", id="floor"),
        pytest.param(_blocked_by(CEILING), "blocked (P1): accuracy is 0.900, above its ceiling of 0.850", id="ceiling"),
        pytest.param(_blocked_by(GAIN), "blocked (P1): log_loss rose 25.0%", id="relative"),
        pytest.param(_blocked_by(measure("f1", None, 0.5, outcome="worse")), "blocked (P1): it is worse", id="no base"),
        pytest.param(report(), "pass: nothing was found", id="nothing measured"),
        pytest.param(
            report(measures=(measure("f1", 0.9, 0.9), measure("f2", 0.9, 0.88, outcome="undecided"))),
            "pass: no metric is proven worse; 1 of 2 measures held",
            id="one is open",
        ),
        pytest.param(
            report(measures=(measure("f1", 0.9, 0.8, outcome="worse"),)),
            "pass: 0 of 1 measure held",
            id="worse and waived",
        ),
        pytest.param(
            report(findings=(finding("code.gate_tamper", "x", "x", action=Action.REVIEW),)),
            "pass: 1 finding accepted by a reviewer of this commit",
            id="approved",
        ),
        pytest.param(report(observed=True), "would pass: nothing was found", id="observed pass"),
    ],
)
def test_other_headlines(given_report: Report, headline: str) -> None:
    assert sentences.headline(given_report) == headline


@given(HOSTILE_TEXTS)
def test_the_headline_is_one_short_printable_line(text: str) -> None:
    for given_report in (hostile(text), poisoned(blocked(), text), poisoned(REALISTIC["error"](), text)):
        line = sentences.headline(given_report)
        assert 0 < len(line) <= sentences.MOST_HEADLINE
        assert line.isprintable()


def test_the_headline_of_very_much_is_short() -> None:
    assert len(sentences.headline(huge())) <= sentences.MOST_HEADLINE


@pytest.mark.parametrize("state", State)
def test_every_state_is_explained_in_a_sentence(state: State) -> None:
    told = [flat(sentence) for sentence in sentences.lead(report(states=(state,)))]
    assert sentences.STATES[state] in told
    assert sentences.STATES[state].endswith(".")


def test_observing_is_said() -> None:
    assert "Only observed" in flat(sentences.lead(blocked().model_copy(update={"observed": True}))[-1])
    assert all("Only observed" not in flat(each) for each in sentences.lead(blocked()))


def test_every_verdict_action_status_and_source_has_its_words() -> None:
    assert set(sentences.TITLES) == set(VerdictName)
    assert set(sentences.ACTIONS) == set(Action)
    assert set(sentences.STATUSES) == set(Status)
    assert set(sentences.PROVENANCE) == set(Provenance)


def test_warnings_are_counted() -> None:
    assert sentences.title_of(warned()) == "pass with 2 warnings"
