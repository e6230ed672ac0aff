"""A guarantee on a repository that brings its predictions: real git, the real process, from count to comment."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gatebot.evidence.intake import read_whole
from tests.collect.repository import PLAIN_PYTHON
from tests.container.scenario import git

from .laptop import Done, commit, gatebot, inside, report_in, repository

pytestmark = pytest.mark.whole

ROWS = 800
CONDITION = "n - o > -0.2 +/- 0.1 and d < 0.4 +/- 0.1"
CONFIG = f"""\
version: 1
project: tiny
data: {{path: data/rows.csv, target: label, id: id}}
model: {{predictions: answers.csv}}
smoke: {{python: {PLAIN_PYTHON}}}
metrics: [{{metric: accuracy, margin: 0.05}}]
guarantee:
  condition: "{CONDITION}"
  reliability: 0.9
  steps: 2
"""


def answers(wrong: float, noise: int = 0) -> str:
    """Predictions of which about this share is wrong."""
    draw = random.Random(noise)  # noqa: S311 - a table, not a secret
    lines = [f"t{n},{'no' if (n % 2 == 0) == (draw.random() < wrong) else 'yes'}" for n in range(ROWS)]
    return "\n".join(["id,prediction", *lines]) + "\n"


def rows(count: int = ROWS) -> str:
    lines = [f"t{n},{n * 377 % 1009},{'yes' if n % 2 == 0 else 'no'}" for n in range(count)]
    return "\n".join(["id,x,label", *lines]) + "\n"


FILES = {"gatebot.yml": CONFIG, "data/rows.csv": rows(), "answers.csv": answers(0.1)}


@dataclass(frozen=True, slots=True)
class Told:
    """What a run said of the guarantee."""

    done: Done
    report: dict[str, Any]
    comment: str

    @property
    def found(self) -> dict[str, str]:
        """Subject -> action."""
        findings = [each for each in self.report["findings"] if each["check"] == "model.guarantee"]
        return {each["subject"]: each["action"] for each in findings}


def told(folder: Path) -> Told:
    done = gatebot(folder, "run", "--quiet")
    return Told(done, report_in(folder / ".gatebot"), (folder / ".gatebot/comment.md").read_text())


def leave_baseline(folder: Path) -> int | None:
    """Main's own run; how often it says that it has used its eval rows."""
    done = inside(folder, "run", "--as-baseline", "--quiet")
    assert done.code == 0, done.err
    return read_whole(folder / ".gatebot/head").about.eval_uses


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = repository(tmp_path / "tiny", FILES)
    assert leave_baseline(made) == 0
    return made


def test_what_keeps_it_passes_and_the_comment_says_what_was_promised(folder: Path) -> None:
    commit(folder, {"answers.csv": answers(0.1, noise=1)}, branch="better")
    said = told(folder)
    assert (said.done.code, said.found) == (0, {}), said.done.out
    assert "model.guarantee" in said.report["clean"]
    given = said.report["guarantee"]
    assert (given["condition"], given["answer"], given["rows"]) == (CONDITION, "held", ROWS)
    assert said.report["eval_uses"] == 0
    assert "<summary>The guarantee holds</summary>" in said.comment
    assert "exempt from the limit on false blocks" in said.comment
    assert "Eval set used 0 times by main, of 2 promised" in said.comment


def test_what_breaks_it_is_blocked_without_a_number(folder: Path) -> None:
    commit(folder, {"answers.csv": answers(0.6)}, branch="harm")
    said = told(folder)
    assert (said.done.code, said.found) == (1, {"guarantee": "block"}), said.done.out
    assert "is proven to be broken" in said.comment
    (found,) = [each for each in said.report["findings"] if each["subject"] == "guarantee"]
    assert {*found["facts"]} == {
        "condition", "reliability", "steps", "merges", "needed", "rows", "missing", "uses",
    }  # fmt: skip


def test_a_doubt_warns_and_is_shown_as_one(folder: Path) -> None:
    commit(folder, {"answers.csv": answers(0.3)}, branch="doubt")
    assert told(folder).found == {"guarantee": "warn"}


def test_main_s_merges_use_the_eval_rows_up_and_new_rows_begin_anew(folder: Path) -> None:
    for merged in (1, 2):
        commit(folder, {"answers.csv": answers(0.1, noise=merged)})
        assert leave_baseline(folder) == merged
    assert leave_baseline(folder) == 2  # the same commit again is not another one
    commit(folder, {"answers.csv": answers(0.1, noise=3)}, branch="third")
    said = told(folder)
    assert said.found == {"uses": "warn"}
    assert said.report["guarantee"]["answer"] == "not given"
    assert "main has used these eval rows 2 times, of 2 that were promised" in said.comment
    git(folder, "checkout", "--quiet", "main")
    commit(folder, {"data/rows.csv": rows().replace("t0,0,", "t0,5,")})
    assert leave_baseline(folder) == 0


def test_too_few_rows_are_counted(tmp_path: Path) -> None:
    known = {**FILES, "gatebot.yml": CONFIG.replace("steps: 2", "steps: 32\n  mode: fp-free")}
    folder = repository(tmp_path / "tiny", known)
    leave_baseline(folder)
    commit(folder, {"answers.csv": answers(0.1, noise=1)}, branch="better")
    said = told(folder)
    assert {*said.found} == {"rows"}
    assert "eval rows, and there are 800" in said.comment


def test_who_turns_to_training_is_refused_with_the_way_out(folder: Path) -> None:
    with_it = CONFIG.replace("predictions: answers.csv", "python: pipeline.py")
    without = with_it.partition("guarantee:")[0]
    pipeline = "def train(rows, seed):\n    return 1\n\n\ndef predict(model, rows):\n    return ['no' for _ in rows]\n"
    trained = {"pipeline.py": pipeline, "data/rows.csv": rows(2 * ROWS)}  # base's are eval rows for good
    commit(folder, {**trained, "gatebot.yml": with_it}, branch="trains")
    refused = inside(folder, "run", "--quiet")
    assert refused.code == 2
    assert "gatebot.yml:7: guarantee: holds for fixed models only" in refused.err
    commit(folder, {"gatebot.yml": without})
    refused = inside(folder, "run", "--quiet")
    assert refused.code == 2, refused.err
    assert "bring predictions (`model.run` or `model.predictions`)" in refused.err
