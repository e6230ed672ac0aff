"""The same work at every level of isolation: what an unprivileged user's laptop can give, too."""

import os
from pathlib import Path

import pytest

from gatebot.collect import collect
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Training
from gatebot.sandbox import Isolation, probe, secrets_in
from gatebot.sandbox.token_guard import initial_environ
from tests.collect.repository import document, git, job, repository

FIT, ASK = Fit(Side.HEAD), Predict(Fit(Side.HEAD))
CODE = """
def train(rows):
    for name in ("pipeline.py", "large.bin"):
        with open(name, "a") as file:
            file.write("# changed")
    return 1
def predict(model, rows):
    return ["yes"] * len(rows)
"""


@pytest.mark.whole
@pytest.mark.parametrize("level", list(Isolation))
@pytest.mark.skipif(bool(secrets_in(initial_environ() | os.environ)), reason="below full nothing starts beside a token")
def test_a_round_at_each_level(open_path: Path, shared_cache: Path, level: Isolation) -> None:
    reach = probe()
    if reach.level < level:
        pytest.skip(f"only {reach.level} can be reached here")
    root = repository(open_path / "repo", {"pipeline.py": CODE, "large.bin": "x" * 2_000_000})
    setup = {"setup": "python -c 'print(1)'"} if level is Isolation.PARTIAL else {}  # it takes a while
    question = job(root, open_path / "cache", document(smoke=setup), reach=reach.at(level))
    found = collect([FIT, ASK], question)[Side.HEAD]
    training, predictions = found.get(FIT, Training), found.get(ASK, Predictions)
    assert training is not None
    assert predictions is not None
    assert training.effects.ended is Ending.OK, training.effects.log_tail
    assert len(predictions.ids) == 20
    assert found.about.isolation == level
    assert git(root, "status", "--porcelain") == ""
