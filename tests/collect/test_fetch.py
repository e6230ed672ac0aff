"""Data that is not in git."""

import os
import sys
from pathlib import Path

import pytest

from gatebot.collect import Phase, Step, collect
from gatebot.errors import MachineError, UsageError
from gatebot.needs import Fit, Predict, Side
from gatebot.snapshot.evidence import Ending, Predictions, Training
from tests.collect.repository import Recorded, document, job, repository, tickets, with_folds, write

FIT = Fit(Side.HEAD)
ASK = Predict(FIT)
FETCH = """
echo fetched >> log
test -d .git
mkdir -p data models
cp source.txt data/tickets.csv
echo weights > models/base
echo "token $TOKEN" > models/token
"""


def without_data(root: Path, **files: str) -> Path:
    repository(
        root, {"fetch.sh": FETCH, "source.txt": with_folds(tickets()), ".gitignore": "data/\nmodels/\n", **files}
    )
    (root / "data/tickets.csv").unlink()
    return root


def fetching(**facts: object) -> dict[str, object]:
    return {"fetch": {"run": "sh fetch.sh", "network": False, **facts}}


def test_data_comes_before_user_code_and_once_for_each_state(open_path: Path) -> None:
    root, cache = without_data(open_path / "repo"), open_path / "cache"
    words = []
    for _ in range(2):
        progress = Recorded()
        found = collect([ASK], job(root, cache, document(data=fetching())), progress)[Side.HEAD]
        predictions = found.get(ASK, Predictions)
        assert predictions is not None
        assert predictions.effects.ended is Ending.OK
        words += [word for step, word in progress.finished_steps if step.phase is Phase.FETCH]
    assert words == ["ok", "cached"]
    assert not (root / "log").exists()
    write(root, {"source.txt": with_folds(tickets(30))})
    found = collect([ASK], job(root, cache, document(data=fetching())))[Side.HEAD]
    assert found.truth is not None
    assert len(found.truth.ids) == 10


def test_other_things_that_were_fetched_are_there_for_user_code_and_the_data_is_not(open_path: Path) -> None:
    code = """
import os
def train(rows):
    print(open("models/base").read().strip(), os.path.exists("data/tickets.csv"), os.path.exists("source.txt"))
    return 1
"""
    root = without_data(open_path / "repo", **{"pipeline.py": code})
    training = collect([FIT], job(root, open_path / "cache", document(data=fetching())))[Side.HEAD].get(FIT, Training)
    assert training is not None
    assert training.effects.log_tail == ("weights False True",)


def test_only_named_secrets_reach_it_and_nothing_that_the_commit_sets(open_path: Path) -> None:
    script = FETCH + 'echo "got $WANTED,$OTHER,$SET"; exit 1\n'
    root = without_data(open_path / "repo", **{"fetch.sh": script})
    config = document(data=fetching(secrets=["WANTED"]), smoke={"env": {"set": {"SET": "by head"}}})
    environ = {**os.environ, "WANTED": "wanted-secret", "OTHER": "other"}
    with pytest.raises(MachineError) as caught:
        collect([FIT], job(root, open_path / "cache", config, environ=environ))
    assert "got ***,," in caught.value.hint


def test_it_finds_the_python_on_the_path_and_what_is_installed_there(open_path: Path, shared_cache: Path) -> None:
    script = "import os, shutil, polars\nos.mkdir('data')\nshutil.copy('source.txt', 'data/tickets.csv')\n"
    root = without_data(open_path / "repo", **{"fetch.py": script})
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    config = document(data=fetching(run="python3 fetch.py"))
    found = collect([FIT], job(root, shared_cache, config, environ=environ))[Side.HEAD]
    assert found.truth is not None


def test_a_fetch_that_fails_is_tried_twice_and_is_the_machines_fault(open_path: Path) -> None:
    root = without_data(open_path / "repo", **{"fetch.sh": "echo remote is down; exit 9\n"})
    progress = Recorded()
    with pytest.raises(MachineError, match="exit code 9") as caught:
        collect([FIT], job(root, open_path / "cache", document(data=fetching())), progress)
    assert "remote is down" in caught.value.hint
    assert [word for _, word in progress.finished_steps] == ["error", "error"]


def test_the_second_try_may_succeed(open_path: Path) -> None:
    root = without_data(open_path / "repo", **{"fetch.sh": "exit 9\n"})

    class Repairing(Recorded):
        def finished(self, step: Step, seconds: float, outcome: str) -> None:
            write(root, {"fetch.sh": FETCH})
            super().finished(step, seconds, outcome)

    progress = Repairing()
    found = collect([FIT], job(root, open_path / "cache", document(data=fetching())), progress)[Side.HEAD]
    assert found.has(FIT)
    assert [word for step, word in progress.finished_steps if step.phase is Phase.FETCH] == ["error", "ok"]


def test_data_that_was_not_brought_is_the_users_error(open_path: Path) -> None:
    root = without_data(open_path / "repo", **{"fetch.sh": "true\n"})
    with pytest.raises(UsageError, match=r"data/tickets\.csv"):
        collect([FIT], job(root, open_path / "cache", document(data=fetching())))
