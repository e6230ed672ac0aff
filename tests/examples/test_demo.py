"""`make demo` does what it promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from examples import demo
from examples.gate import Gate
from examples.repository import example

ROOT = Path(__file__).parents[2]


@pytest.mark.whole
def test_the_demo_shows_a_pass_and_a_block(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo", str(tmp_path / "demo")],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gatebot: pass" in done.stdout
    assert "gatebot: blocked" in done.stdout
    for name in demo.PULLS:
        for page in ("comment.md", "report.html"):
            path = tmp_path / "demo" / name / page
            assert str(path) in done.stdout
            assert path.stat().st_size > 500


@pytest.mark.parametrize(
    ("verdict", "found", "right"),
    [
        ("blocked", "model.regression", True),
        ("blocked", "code.smoke_train", False),
        ("pass", "model.regression", False),
    ],
)
def test_it_is_right_only_for_the_right_reason(tmp_path: Path, verdict: str, found: str, right: bool) -> None:
    finding = f'{{"check": "{found}", "action": "block", "status": "new", "undecided": false}}'
    (tmp_path / "report.json").write_text(f'{{"verdict": "{verdict}", "findings": [{finding}]}}')
    shown = demo.Shown(example(demo.EXAMPLE).changes["skip-unlabelled"], Gate(1, tmp_path), 1.0)
    assert shown.as_expected is right


def test_its_own_folder_is_emptied_and_nobody_elses(tmp_path: Path) -> None:
    mine, theirs, link = tmp_path / "mine", tmp_path / "theirs", tmp_path / "link"
    theirs.mkdir()
    (theirs / "thesis.tex").touch()
    link.symlink_to(demo.open_folder(mine))
    (mine / "old").touch()
    for place in (theirs, link):
        with pytest.raises(FileExistsError):
            demo.open_folder(place)
    assert demo.open_folder(theirs, link, mine) == mine
    assert [path.name for path in mine.iterdir()] == [demo.MARK]
    assert (theirs / "thesis.tex").exists()
