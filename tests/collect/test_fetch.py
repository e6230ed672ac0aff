"""Data that is not in git."""

import os
import sys
from pathlib import Path
from threading import Event

import pytest

from gatebot.collect import Job, Phase, Step, Tree, collect
from gatebot.collect.fetch import Fetched, fetched
from gatebot.collect.runner import Runner
from gatebot.config.document import Document
from gatebot.errors import MachineError, UsageError
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Training
from gatebot.sandbox import Isolation, Reach, probe
from tests.collect.repository import (
    FULL,
    PIPELINE,
    Recorded,
    document,
    git,
    job,
    repository,
    tickets,
    with_folds,
    write,
)

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


@pytest.mark.whole
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


STEALS = FETCH + 'echo "mine $TOKEN" > models/base\n'
POINTER = 'mkdir -p data\ncp $(cat data.dvc) data/tickets.csv\necho "$TOKEN" > proof\n'


def beside(root: Path, place: Path) -> Path:
    """The first commit of a repository in a work tree of its own: base."""
    git(root, "worktree", "add", "-q", str(place), "HEAD")
    return place


def fetched_for_head(root: Path, base: Path, cache: Path, config: Document, of_base: Document | None = None) -> Fetched:
    """What is brought for head where base's files are here."""
    environ = {**os.environ, "TOKEN": "the-secret"}
    rules_tree = Tree(base, (of_base or config).recipe)
    question = job(root, cache, config, environ=environ, rules_tree=rules_tree)
    return fetched(runner_of(question, cache), question.trees[Side.HEAD], root.parent / "laid-out")


def runner_of(question: Job, cache: Path) -> Runner:
    return Runner(question, probe() if FULL else Reach(Isolation.NONE), (), (), Event(), cache)


def test_the_command_runs_in_files_of_base_on_behalf_of_head(open_path: Path, shared_cache: Path) -> None:
    root = without_data(open_path / "repo")
    base = beside(root, open_path / "base")
    write(root, {"fetch.sh": STEALS, "source.txt": "id,x,kind,label,fold\n", "pipeline.py": PIPELINE + "# new\n"})
    got = fetched_for_head(root, base, shared_cache, document(data=fetching(secrets=["TOKEN"])))
    assert (got.root / "models/base").read_text() == "weights\n"
    assert (got.root / "models/token").read_text() == "token the-secret\n"
    assert (got.root / "data/tickets.csv").read_text() == with_folds(tickets())
    assert (got.root / "pipeline.py").read_text() == PIPELINE + "# new\n"
    assert (got.root / "fetch.sh").read_text() == STEALS


@pytest.mark.parametrize(
    ("files", "version", "of_head", "brought"),
    [
        (None, "data.dvc", "data.dvc", "new"),
        ("*.dvc", None, None, "new"),
        ("other.dvc", "data.dvc", "data.dvc", "old"),
        (None, None, "data.dvc", "old"),
        (None, "data.dvc", None, "new"),
    ],
    ids=[
        "base's version files",
        "named",
        "others are named",
        "head's own word does not count",
        "head's silence neither",
    ],
)
def test_of_head_it_sees_the_files_that_base_names(
    open_path: Path, shared_cache: Path, files: str | None, version: str | None, of_head: str | None, brought: str
) -> None:
    root = without_data(
        open_path / "repo", **{"fetch.sh": POINTER, "data.dvc": "old.txt", "old.txt": "old", "new.txt": "new"}
    )
    base = beside(root, open_path / "base")
    write(root, {"data.dvc": "new.txt", "fetch.sh": "exit 1\n", "new.txt": "forged"})
    section = fetching(secrets=["TOKEN"], **({} if files is None else {"files": files}))
    config = document(data=section | ({} if of_head is None else {"version": {"files": of_head}}))
    of_base = document(data=section | ({} if version is None else {"version": {"files": version}}))
    got = fetched_for_head(root, base, shared_cache, config, of_base)
    assert (got.root / "data/tickets.csv").read_text() == brought
    assert (got.root / "data.dvc").read_text() == "new.txt"


def test_a_file_that_says_which_data_is_meant_is_no_link(open_path: Path, shared_cache: Path) -> None:
    root = without_data(open_path / "repo", **{"fetch.sh": POINTER, "data.dvc": "source.txt"})
    base = beside(root, open_path / "base")
    (root / "data.dvc").unlink()
    (root / "data.dvc").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match=r"data\.dvc is a symbolic link"):
        fetched_for_head(root, base, shared_cache, document(data=fetching(files="data.dvc")))


def test_what_is_brought_goes_through_no_link_of_head(open_path: Path, shared_cache: Path) -> None:
    root = without_data(open_path / "repo")
    base, aside = beside(root, open_path / "base"), open_path / "aside"
    aside.mkdir()
    (root / "data").rmdir()
    (root / "data").symlink_to(aside)
    got = fetched_for_head(root, base, shared_cache, document(data=fetching()))
    assert list(aside.iterdir()) == []
    assert (got.root / "data/tickets.csv").read_text() == with_folds(tickets())


def test_no_secret_reaches_a_pull_request_that_brings_its_own_rules(open_path: Path, shared_cache: Path) -> None:
    root = without_data(open_path / "repo")
    environ = {**os.environ, "TOKEN": "the-secret"}
    config = document(data=fetching(secrets=["TOKEN"]))
    question = job(root, shared_cache, config, environ=environ, trusts_head=False)
    got = fetched(runner_of(question, shared_cache), question.trees[Side.HEAD], open_path / "laid-out")
    assert (got.root / "models/token").read_text() == "token \n"
