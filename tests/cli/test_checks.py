"""`gatebot checks`: all of them by area, or one explained."""

import json

import pytest

from gatebot.checks.registry import all_checks
from gatebot.cli.checks import in_words
from gatebot.cli.main import main
from gatebot.evidence.metrics_file import MetricsFile
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.own_score import Score
from gatebot.evidence.predictions import Predict
from gatebot.evidence.profile import Profile
from gatebot.evidence.training import Fit, Labels, Model

IDS = tuple(all_checks())


def test_list_has_every_check_with_its_risk(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks"]) == 0
    shown = capsys.readouterr().out
    for check in all_checks().values():
        [line] = [line for line in shown.splitlines() if line.split()[:1] == [check.id]]
        assert check.title in line
        assert f"{check.impact} x {check.likelihood}" in line
    assert [line for line in shown.splitlines() if line in ("code", "data", "model", "infra")] == [
        "code",
        "data",
        "model",
        "infra",
    ]


@pytest.mark.parametrize("name", IDS)
def test_one_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", name]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    check = all_checks()[name]
    for part in (check.title, check.section("Why"), check.section("Fix"), *check.options.model_fields):
        assert " ".join(part.split()) in shown
    assert "Fix:" not in check.section("Why")


def test_unknown_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "model.regresion"]) == 2
    assert "did you mean model.regression?" in capsys.readouterr().err


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "--json"]) == 0
    assert [each["id"] for each in json.loads(capsys.readouterr().out)] == list(IDS)
    assert main(["checks", "model.slices", "--json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert {option["name"] for option in one["options"]} == set(all_checks()["model.slices"].options.model_fields)


def test_needs_in_words_each_kind_once() -> None:
    needs: list[Need] = [
        Fit(Side.HEAD), Fit(Side.HEAD, seed=1), Predict(Fit(Side.BASE)), Profile(Side.HEAD),
        Fit(Side.HEAD, Tier.CONFIRM), Fit(Side.HEAD, labels=Labels.SHUFFLED), Fit(Side.HEAD, repeat=1),
        Predict(Fit(Side.HEAD, model=Model.SIMPLE)), MetricsFile(Side.HEAD),
        Score(Predict(Fit(Side.HEAD)), "m.py:cost"),
    ]  # fmt: skip
    assert in_words(needs) == [
        "head's smoke trainings",
        "base's predictions of eval rows",
        "head's data",
        "head's trainings of the confirm tier",
        "head's training on shuffled labels",
        "head's training, repeated",
        "head's predictions of eval rows of the simple reference model",
        "head's metrics file",
        "head's value of the metric m.py:cost",
    ]
