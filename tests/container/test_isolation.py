"""A hostile script gets nowhere in the container that GitHub gives us: no namespaces, no cgroups, Docker's filter."""

import json
import shutil
from pathlib import Path

import pytest

from .engine import Engine
from .runner import SECRETS, Job, run_container
from .scenario import Repository, push_job

pytestmark = pytest.mark.container

SANDBOX = Path(__file__).parents[1] / "sandbox"
SECRET = "s3cret-4711"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    origin = Repository.create(tmp_path / "origin")
    origin.commit({"train.py": "pass\n"}, "Begin")
    made = push_job(origin, tmp_path, before="0" * 40, token=SECRET)
    for name in ("hostile.py", "scenario.py"):
        shutil.copy(SANDBOX / name, made.workspace)
    return made


ABSTRACT = "talk to an abstract socket"
"""Only Landlock from ABI 6 on keeps these apart. They end at the container, in which nothing of ours listens on one."""


@pytest.mark.parametrize(
    ("options", "allowed"),
    [([], set()), (["--landlock", "4"], {ABSTRACT}), (["--landlock", "0"], {ABSTRACT})],
    ids=["this kernel", "Landlock of Ubuntu 24.04", "no Landlock"],
)
def test_every_attempt_is_blocked_at_level_full(
    engine: Engine, image: str, job: Job, options: list[str], allowed: set[str]
) -> None:
    variables = {"GITHUB_TOKEN": SECRET, "INPUT_TOKEN": SECRET, **dict.fromkeys(SECRETS, SECRET)}
    args = ["-I", "/github/workspace/scenario.py", *options]
    step = run_container(engine, image, job, variables, args, entrypoint="/opt/venv/bin/python")
    assert step.exit_code == 0, step.log
    said = json.loads(step.log.splitlines()[-1])
    assert (said["reach"]["level"], said["completed"]["isolation"]) == ("full", "full")
    if said["reach"]["landlock"] < 6:
        allowed = {ABSTRACT}
    assert {name: what for name, what in said["attempts"].items() if what == "succeeded" and name not in allowed} == {}
    assert sum(what.startswith("blocked") for what in said["attempts"].values()) > 30


TRAINING = """
import json, sys
import pandas
from sklearn.ensemble import RandomForestClassifier
frame = pandas.DataFrame({"a": range(200), "b": [0, 1] * 100})
model = RandomForestClassifier(20, n_jobs=2).fit(frame[["a"]], frame.b)
print(json.dumps([sys.prefix, len(model.predict(frame[["a"]]))]))
"""

GATE = """
import dataclasses, json, os, sys
from gatebot.sandbox import Command, run, scratch
with scratch() as place:
    command = Command(argv=("python3", "-c", sys.argv[1]), scratch=place, env={"PATH": os.environ["PATH"]})
    print(json.dumps(dataclasses.asdict(run(command))))
"""


def test_training_without_an_environment_of_its_own_uses_what_the_image_has(
    engine: Engine, image: str, job: Job
) -> None:
    step = run_container(engine, image, job, {}, ["-I", "-c", GATE, TRAINING], entrypoint="/opt/venv/bin/python")
    assert step.exit_code == 0, step.log
    said = json.loads(step.log)
    assert (said["exit_code"], said["isolation"]) == (0, "full"), said
    assert json.loads(said["log_tail"]) == ["/opt/venv", 200]
