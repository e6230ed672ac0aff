"""Code that does not work on base, on head or on both, through the real command line."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gatebot.evidence.training import seed_of
from tests.collect.repository import PLAIN_PYTHON

from . import tiny
from .laptop import Done, commit, inside, report_in, repository

pytestmark = pytest.mark.whole

MODULE = "a_module_that_is_not_there"
NO_MODULE = {"pipeline.py": f"import {MODULE}\n{tiny.PIPELINE}"}
IN_TRAIN = {"pipeline.py": tiny.PIPELINE.replace("    sums = ", "    raise RuntimeError('broken here')\n    sums = ")}
IN_PREDICT = {
    "pipeline.py": tiny.PIPELINE.replace("    return [", "    raise KeyError('no such column')\n    return [")
}
HANGS = {"pipeline.py": tiny.PIPELINE.replace("    sums = ", "    while True: pass\n    sums = ")}
WORKS = {"pipeline.py": tiny.PIPELINE}
MODES = ("enforce", "observe")
SMOKE = "train_rows: 60, budget: 30m, memory: 1GiB, python: " + PLAIN_PYTHON


def files(changed: Mapping[str, str], mode: str = "enforce", **lines: str) -> dict[str, str]:
    """Main's files, of which some are broken."""
    return {**tiny.files(policy=f"policy: {{mode: {mode}}}", **lines), **changed}


def run(folder: Path, main: Mapping[str, str], head: Mapping[str, str], *arguments: str) -> Done:
    """`gatebot run` on a branch."""
    commit(repository(folder, main), head, branch="head")
    return inside(folder, "run", *arguments)


def told(folder: Path, done: Done) -> tuple[str, str]:
    """What the terminal and the comment say."""
    return " ".join(done.out.split()), (folder / ".gatebot" / "comment.md").read_text()


@pytest.mark.parametrize("mode", MODES)
def test_where_nothing_works_on_either_side_it_is_an_error(mode: str, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    done = run(folder, files(NO_MODULE, mode), {"pipeline.py": NO_MODULE["pipeline.py"] + "\n# head\n"})
    assert done.code == 5, done.err
    terminal, comment = told(folder, done)
    assert "gatebot: error" in terminal
    assert comment.startswith("## gatebot: error\n")
    for text in (terminal, comment):  # in the reason, and in the advice, which quotes the line as well
        assert text.count(f"No module named '{MODULE}'") == 2
        assert text.count(MODULE) >= 3
    assert (
        report_in(folder / ".gatebot")["costs"] | {"trainings": 2, "base_trainings": 2}
        == report_in(folder / ".gatebot")["costs"]
    )
    for left_out in ("base: 2 trainings", "head: 1 training"):
        assert f"{left_out} not run, because two trainings before" in done.err
    power = inside(folder, "power")
    assert "nothing to look at" in power.err
    assert MODULE in power.err
    again = inside(folder, "run", "--base", ".gatebot/base", "--quiet")
    assert again.code == 5
    assert told(folder, again)[0].count(f"No module named '{MODULE}'") == 2


@pytest.mark.parametrize(("broken", "mode"), [(NO_MODULE, "enforce"), (IN_TRAIN, "observe"), (IN_PREDICT, "enforce")])
def test_head_repairs_a_broken_base(broken: Mapping[str, str], mode: str, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    done = run(folder, files(broken, mode), WORKS, "--quiet")
    assert done.code == 0, done.out
    for text in told(folder, done):
        assert "Base is broken, head repairs it" in text
    again = inside(folder, "run", "--base", ".gatebot/base", "--quiet")
    assert again.code == 0
    assert "Base is broken, head repairs it" in told(folder, again)[0]


def test_a_stored_base_that_did_not_work_is_tried_again(tmp_path: Path) -> None:
    """It was the machine that lacked a module: what is stored says nothing of base, and head must be compared."""
    folder = tmp_path / "tiny"
    broken = {"pipeline.py": "import os\nif not os.environ.get('HAS_IT'): raise ImportError('x')\n" + tiny.PIPELINE}
    smoke = f"smoke: {{{SMOKE}, timeout: 60s, env: {{pass: [HAS_IT]}}}}"
    assert run(folder, files(broken, smoke=smoke), {"pipeline.py": broken["pipeline.py"] + "\n"}, "--quiet").code == 5
    commit(folder, {"pipeline.py": broken["pipeline.py"].replace('row["x"] > model["cut"]', 'row["x"] < 2')})
    done = inside(folder, "run", "--quiet", env={"HAS_IT": "1"})
    assert done.code == 1, done.out
    assert "broken" not in told(folder, done)[0]


IN_AWK = {
    "model.txt": "0.5\n",
    "predict.awk": 'NR == 1 { print "id,prediction" > out; next } { print $1 "," ($2 > 0.5 ? "yes" : "no") > out }\n',
}
"""A model without Python, so that no virtual environment is made."""
FAILS, SUCCEEDS = {"setup.sh": "exit 3\n"}, {"setup.sh": "exit 0\n"}


def in_awk(mode: str = "enforce") -> dict[str, str]:
    """Main's files, with a set-up that fails."""
    train, predict = "cp {train} {model}", "awk -F, -v out={predictions} -f predict.awk {rows}"
    smoke = "smoke: {train_rows: 60, budget: 30m, timeout: 10m, python: no-python-here, setup: sh setup.sh}"
    return files(IN_AWK | FAILS, mode, smoke=smoke, model=f"model: {{train: '{train}', predict: '{predict}'}}")


def test_a_base_whose_environment_cannot_be_made_is_repaired_by_one_that_can(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    done = run(folder, in_awk(), {**SUCCEEDS, "notes.py": ""})
    assert done.code == 0, done.out + done.err
    assert "Base is broken, head repairs it" in told(folder, done)[0]
    assert "failed: exit code 3" in told(folder, done)[0]


def test_where_no_environment_can_be_made_nothing_was_judged(tmp_path: Path) -> None:
    done = run(tmp_path / "tiny", in_awk("observe"), {"notes.py": ""}, "--quiet")
    assert done.code == 5
    assert done.err.count("exit code 3") == 1


def test_a_head_that_crashes_where_base_works_is_blocked(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    done = run(folder, files({}), IN_TRAIN)
    assert done.code == 1, done.out
    for text in told(folder, done):
        assert text.count("RuntimeError: broken here") == 2  # in the advice and in the log
    assert "head: 1 training not run" in done.err


def test_a_base_that_works_with_some_seeds_is_not_broken(tmp_path: Path) -> None:
    folder, seed = tmp_path / "tiny", seed_of("tiny", 0)
    flaky = {"pipeline.py": tiny.PIPELINE.replace("    sums = ", f"    assert seed != {seed}, 'unlucky'\n    sums = ")}
    harmful = {"pipeline.py": flaky["pipeline.py"].replace('row["x"] > model["cut"]', 'row["x"] < 2')}
    done = run(folder, files(flaky), harmful, "--quiet")
    assert done.code == 1, done.out
    assert "broken" not in told(folder, done)[0]
    (measure,) = [each for each in report_in(folder / ".gatebot")["measures"] if each["metric"] == "accuracy"]
    assert measure["outcome"] == "worse"


def test_a_time_limit_on_both_sides_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    smoke = f"smoke: {{{SMOKE}, timeout: 3s}}"
    done = run(folder, files(HANGS, "observe", smoke=smoke), {"pipeline.py": HANGS["pipeline.py"] + "\n# head\n"})
    assert done.code == 5, done.out
    for text in told(folder, done):
        assert text.count("training was stopped at its time limit, after") == 1
    assert done.err.count("timeout") == 4


@pytest.mark.parametrize("mode", MODES)
def test_mains_own_run_in_which_nothing_works_is_no_success(mode: str, tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", files(IN_TRAIN, mode))
    done = inside(folder, "run", "--as-baseline")
    assert done.code == 1, done.out
    for text in told(folder, done):
        assert "RuntimeError: broken here" in text
        assert "would be" not in text
