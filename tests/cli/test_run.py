"""`gatebot run` on a laptop: real repositories, the real process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gatebot.evidence.intake import read_whole
from tests.collect.repository import PLAIN_PYTHON
from tests.container.scenario import git

from . import tiny
from .laptop import ROOT, Done, commit, gatebot, inside, report_in, repository, start, write


@dataclass(frozen=True, slots=True)
class Story:
    """Main, a branch that does harm, and two runs on it."""

    folder: Path
    main: str
    head: str
    first: Done
    second: Done

    @property
    def out(self) -> Path:
        return self.folder / ".gatebot"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = repository(tmp_path_factory.mktemp("laptop") / "tiny", tiny.files())
    main = git(folder, "rev-parse", "HEAD")
    head = commit(folder, tiny.HARMFUL, branch="harm")
    return Story(folder, main, head, gatebot(folder, "run"), gatebot(folder, "run"))


@pytest.mark.whole
def test_without_a_baseline_base_is_trained_in_a_work_tree_and_the_report_says_so(story: Story) -> None:
    assert story.first.code == 1, story.first.err
    assert "base was trained here" in story.first.out
    assert "base: training" in story.first.err
    assert git(story.folder, "worktree", "list").count("\n") == 0


@pytest.mark.whole
def test_the_second_run_takes_what_the_first_has_left_of_base(story: Story) -> None:
    assert story.second.code == 1, story.second.err
    assert "base: training" not in story.second.err
    base = report_in(story.out)["base"]
    assert (base["sha"], base["source"], base["relation"]) == (story.main, "this machine", "merge_base")


@pytest.mark.whole
def test_no_path_of_this_machine_stands_in_what_may_be_published(story: Story) -> None:
    for name in ("report.json", "comment.md", "report.html"):
        assert str(story.folder.parent) not in (story.out / name).read_text(), name


@pytest.mark.whole
def test_git_and_user_code_see_nothing_of_what_a_run_leaves(story: Story) -> None:
    assert git(story.folder, "status", "--porcelain") == ""


@pytest.mark.whole
def test_judge_comes_to_the_same_report_byte_for_byte(story: Story, tmp_path: Path) -> None:
    judged = gatebot(
        story.folder, "judge", "--base", ".gatebot/base", "--head", ".gatebot/head", "--out", str(tmp_path)
    )
    assert judged.code == 1, judged.err
    assert (tmp_path / "report.json").read_bytes() == (story.out / "report.json").read_bytes()
    assert (tmp_path / "comment.md").read_bytes() == (story.out / "comment.md").read_bytes()


@pytest.mark.whole
@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        ("terminal", "gatebot: blocked"),
        ("markdown", "## gatebot: blocked"),
        ("summary", "gatebot: blocked"),
        ("html", "<!doctype html>"),
        ("sarif", '"$schema"'),
        ("junit", "<testsuite"),
    ],
)
def test_render(story: Story, kind: str, sign: str) -> None:
    done = inside(story.folder, "render", "--format", kind)
    assert done.code == 0, done.err
    assert sign.lower() in done.out.lower()


@pytest.mark.whole
def test_collect_and_judge_say_what_run_says(story: Story, tmp_path: Path) -> None:
    collected = inside(story.folder, "collect", "--out", str(tmp_path / "evidence"), "--quiet")
    assert collected.code == 0, collected.err
    assert not (tmp_path / "evidence/report.json").exists()
    evidence = tmp_path / "evidence"
    judged = gatebot(
        story.folder, "judge", "--head", str(evidence / "head"), "--base", str(evidence / "base"), "--json"
    )
    assert judged.code == 1, judged.err
    assert json.loads(judged.out)["verdict"] == "blocked"


@pytest.mark.whole
def test_plan_shows_and_trains_nothing(story: Story) -> None:
    done = inside(story.folder, "run", "--plan")
    assert done.code == 0, done.err
    assert "trainings" in done.out
    assert "ok" not in done.err
    planned = json.loads(inside(story.folder, "run", "--plan", "--json").out)
    assert {need["side"] for need in planned["needs"]} == {"head"}
    assert report_in(story.out)["verdict"] == "blocked", "what the last run left is still there"


@pytest.mark.whole
def test_json_is_the_report_and_nothing_else(story: Story, tmp_path: Path) -> None:
    done = gatebot(story.folder, "run", "--base", ".gatebot/base", "--json", "--out", str(tmp_path / "out"))
    assert done.code == 1, done.err
    said = json.loads(done.out)
    assert said == report_in(tmp_path / "out")
    assert (said["base"]["relation"], said["base"]["source"], done.err) == ("given", "this machine", "")


@pytest.mark.whole
def test_base_can_be_any_reference(story: Story, tmp_path: Path) -> None:
    done = inside(story.folder, "run", "--base", "HEAD~1", "--quiet", "--out", str(tmp_path / "out"))
    assert done.code == 1, done.err
    assert report_in(tmp_path / "out")["base"]["sha"] == story.main


@pytest.mark.whole
@pytest.mark.parametrize("base", ["nonsense", "HEAD~99", ".gatebot/nowhere", "--upload-pack=x"])
def test_base_that_is_nothing(story: Story, base: str) -> None:
    done = inside(story.folder, "run", f"--base={base}")
    assert done.code == 2
    assert "neither a folder with a Snapshot nor a commit" in done.err


# --- what main keeps -----------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_as_baseline_keeps_a_clean_tree_and_refuses_an_unclean_one(tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", tiny.files())
    kept = inside(folder, "run", "--as-baseline", "--quiet")
    assert kept.code == 0, kept.err
    main = git(folder, "rev-parse", "HEAD")
    assert (folder / ".gatebot/baseline" / main / "labels/truth.zip").is_file()

    commit(folder, tiny.HARMLESS, branch="better")
    passed = inside(folder, "run")
    assert (passed.code, "base: training" in passed.err) == (0, False), passed.out
    assert report_in(folder / ".gatebot")["base"]["sha"] == main

    write(folder, {"notes.txt": "new\n"})
    refused = inside(folder, "run", "--as-baseline")
    assert refused.code == 2
    assert "notes.txt" in refused.err
    assert "commit first" in refused.err


@pytest.mark.whole
def test_main_s_seed_noise_travels_from_baseline_to_baseline(tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", tiny.files())
    assert inside(folder, "run", "--as-baseline", "--quiet").code == 0
    commit(folder, tiny.HARMLESS)
    assert inside(folder, "run", "--as-baseline", "--quiet").code == 0
    second = git(folder, "rev-parse", "HEAD")
    known = read_whole(folder / ".gatebot/baseline" / second).about.noise["smoke:accuracy"]
    assert (known.df, len(known.last)) == (4, 5), "what the first commit's five seeds have shown"


@pytest.mark.whole
def test_more_of_a_base_that_was_trained_here_is_trained_when_it_is_wanted(tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", tiny.files())
    commit(folder, tiny.HARMLESS, branch="better")
    assert inside(folder, "run", "--quiet").code == 0
    commit(folder, tiny.HARMFUL)
    done = inside(folder, "run")
    assert done.code == 1, done.out
    kept = [name for name in done.err.splitlines() if "base: training" in name]
    assert all("smoke" not in line for line in kept), "the smoke tier is there already"


# --- situations ----------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_outside_git(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    write(folder, tiny.files())
    done = inside(folder, "run", "--quiet")
    assert done.code == 0, done.err
    assert report_in(folder / ".gatebot")["states"] == ["no_baseline"]
    for args in (["--base", "main"], ["--as-baseline"]):
        refused = inside(folder, "run", *args)
        assert (refused.code, "is not a git repository" in refused.err) == (2, True)


@pytest.mark.whole
def test_bootstrap(tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", {"README.md": "before gatebot\n"})
    commit(folder, tiny.files(), branch="add-gatebot")
    done = inside(folder, "run", "--quiet")
    assert done.code == 0, done.err
    assert report_in(folder / ".gatebot")["states"] == ["bootstrap"]
    assert "no gatebot.yml yet" in " ".join(done.out.split()) or "bootstrap" in done.out.lower()


@pytest.mark.whole
def test_nothing_relevant_changed(story: Story, tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(story.folder), str(folder))
    commit(folder, tiny.UNIMPORTANT, branch="words")
    done = inside(folder, "run")
    assert (done.code, report_in(folder / ".gatebot")["states"]) == (0, ["nothing_relevant"]), done.err
    assert "training" not in done.err


@pytest.mark.whole
def test_an_unclean_tree_is_judged_and_stands_for_no_commit(story: Story, tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(story.folder), str(folder))
    shutil.copytree(story.out / "baseline", folder / ".gatebot/baseline")
    write(folder, tiny.HARMFUL)
    done = inside(folder, "run", "--quiet")
    assert done.code == 1, done.err
    report = report_in(folder / ".gatebot")
    assert (report["head"]["sha"], report["base"]["sha"]) == (None, story.main)


# --- what ends a run -----------------------------------------------------------------------------------------------

SLOW = {"pipeline.py": "import time\n\n" + tiny.PIPELINE.replace("    sums", "    time.sleep(77.125)\n    sums")}


@pytest.fixture
def slow(story: Story, tmp_path: Path) -> Path:
    folder = tmp_path / "slow"
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(story.folder), str(folder))
    shutil.copytree(story.out, folder / ".gatebot")
    commit(folder, SLOW, branch="slow")
    return folder


@pytest.fixture
def space() -> Iterator[Path]:
    """Where a run keeps its scratch. Not below `tmp_path`, which is closed to the sandbox's users."""
    with tempfile.TemporaryDirectory(prefix="gatebot-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def in_training(folder: Path, tmp: Path) -> "subprocess.Popen[str]":
    """A run that has begun to train."""
    process = start(folder, "run", env={"TMPDIR": str(tmp)})
    for _ in range(600):
        if list(tmp.glob("tmp*/*/*/work/pipeline.py")):
            time.sleep(0.5)
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("training did not begin")


def running_below(tmp: Path) -> list[str]:
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                words = (place / "cmdline").read_bytes() + str((place / "cwd").readlink()).encode()
            except OSError:
                continue
            if str(tmp).encode() in words:
                found.append(words.decode(errors="replace"))
    return found


@pytest.mark.whole
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_everything(slow: Path, space: Path, number: signal.Signals) -> None:
    process = in_training(slow, space)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert running_below(space) == []
    assert not (slow / ".gatebot/report.json").exists(), "an older report must not look like this run's"
    assert git(slow, "worktree", "list").count("\n") == 0


@pytest.mark.whole
def test_after_a_kill_nothing_half_written_is_taken_for_whole(slow: Path, space: Path) -> None:
    process = in_training(slow, space)
    process.kill()
    process.communicate(timeout=60)
    assert inside(slow, "render").code == 2
    commit(slow, tiny.HARMLESS)
    done = inside(slow, "run", "--quiet")
    assert done.code == 0, done.err
    for _ in range(100):
        if not running_below(space):
            break
        time.sleep(0.2)
    assert running_below(space) == []


@pytest.mark.whole
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="a small file system takes root")
def test_a_full_disk_is_said_once(story: Story, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", small], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        done = gatebot(story.folder, "run", "--base", ".gatebot/base", "--quiet", "--out", str(small / "out"))
    finally:
        subprocess.run(["umount", small], check=True)
    assert done.code == 5
    assert done.err.count("error:") == 1
    assert "Is the disk full?" in done.err


# --- data and configuration that cannot be used --------------------------------------------------------------------

ROWS = tiny.data(40)


@pytest.mark.parametrize(
    ("files", "code", "says"),
    [
        pytest.param({"gatebot.yml": None}, 2, "no such file", id="no configuration"),
        pytest.param({"gatebot.yml": "version: 1\nmodle: {}\n"}, 2, "modle", id="unknown key"),
        pytest.param({"gatebot.yml": b"\xff\xfe"}, 2, "UTF-8", id="configuration is no text"),
        pytest.param({"data/rows.csv": None}, 2, "data/rows.csv", id="no data"),
        pytest.param({"data/rows.csv": ROWS.replace("label", "tag")}, 2, "label", id="no target"),
        pytest.param({"data/rows.csv": ""}, 2, "data/rows.csv", id="nothing"),
        pytest.param({"data/rows.csv": "id,x,label,fold\n"}, 2, "row", id="no row"),
        pytest.param({"data/rows.csv": "id,x,label,fold\nt1,0.1,no,train\n"}, 2, "one class only", id="one row"),
        pytest.param({"data/rows.csv": ROWS.replace(",no,", ",yes,")}, 2, "one class only", id="one class"),
        pytest.param({"data/rows.csv": ROWS.encode() + b"t\x81\xff,0.1,no,eval\n"}, 2, "UTF-8", id="no text"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, files: dict[str, str | bytes | None], code: int, says: str) -> None:
    folder = tmp_path / "plain"
    write(folder, {name: content for name, content in {**tiny.files(), **files}.items() if content is not None})
    done = inside(folder, "run", "--quiet")
    assert done.code == code, done.out + done.err
    assert done.err.count("error:") == 1, done.err
    assert "Traceback" not in done.err
    assert says.lower() in done.err.lower()


@pytest.mark.whole
@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        pytest.param(ROWS.replace(",no,train", ",yes,train"), 1, "training crashed", id="one class in the train rows"),
        pytest.param(ROWS + "t0001,0.2,no,eval\n", 0, "pass", id="an id twice: its second row is one of its own"),
    ],
)
def test_what_can_be_used_after_all(tmp_path: Path, rows: str, code: int, says: str) -> None:
    folder = tmp_path / "plain"
    write(folder, {**tiny.files(), "data/rows.csv": rows})
    done = inside(folder, "run", "--quiet")
    assert (done.code, says in done.out) == (code, True), done.out + done.err


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root is below full already, and the sandbox tests that")
def test_beside_a_token_nothing_of_the_users_is_started_below_full() -> None:
    libraries = next((path for path in sys.path if path.endswith("site-packages")), "")
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{libraries}", "PYTHONDONTWRITEBYTECODE": "1"}
    ordinary: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
    probe = [PLAIN_PYTHON, "-c", "import gatebot.run"]
    if subprocess.run(probe, env=environment, cwd="/", capture_output=True, check=False, **ordinary).returncode:
        pytest.skip("an ordinary user of this machine cannot import what the tests import")
    with tempfile.TemporaryDirectory(prefix="gatebot-test-") as scratch:
        folder = repository(Path(scratch, "tiny"), tiny.files())
        for path in (Path(scratch), *Path(scratch).rglob("*")):
            os.chown(path, 65534, 65534)
        done = subprocess.run(
            [PLAIN_PYTHON, "-m", "gatebot", "run", "--quiet"],
            env={**environment, "GITHUB_TOKEN": "secret", "HOME": scratch},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **ordinary,
        )
    assert (done.returncode, "GITHUB_TOKEN" in done.stderr, "secret" in done.stderr) == (5, True, False), done.stderr


@pytest.mark.whole
def test_code_that_ignores_its_seed_shows_more_than_one_draw(tmp_path: Path) -> None:
    drawn = tiny.PIPELINE.replace(
        "    sums =", "    import random\n    rows = random.Random(3).sample(listed(rows), 12)\n    sums ="
    )
    folder = repository(tmp_path / "tiny", {**tiny.files(), "pipeline.py": drawn})
    commit(folder, {"pipeline.py": drawn.replace("Random(3)", "Random(4)")}, branch="other-draw")
    done = gatebot(folder, "run")
    assert done.code == 0, done.err
    report = report_in(folder / ".gatebot")
    assert {each["check"] for each in report["findings"]} >= {"code.seed_ignored"}
    assert "ignores its seed" in (folder / ".gatebot" / "comment.md").read_text()
    (accuracy,) = (each for each in report["measures"] if each["metric"] == "accuracy" and each["declared"])
    assert len(set(accuracy["by_seed"])) > 1


def _with_refunds() -> str:
    """The table with a column that gives the label away: money is paid back to those who say yes."""
    header, *lines = tiny.data().splitlines()
    paid = (f"{line},{(7 + number % 50) * (line.split(',')[2] == 'yes')}.5" for number, line in enumerate(lines))
    return "\n".join([f"{header},refund", *paid]) + "\n"


LOOKED_UP = """
KNOWN = dict(line.split(",")[::2] for line in open("notes.txt").read().split())


def predict(model, rows):
    return [KNOWN.get(row["id"]) or ("yes" if row["x"] > model["cut"] else "no") for row in listed(rows)]
"""


@pytest.mark.whole
@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (
            {
                "data/rows.csv": _with_refunds(),
                "pipeline.py": tiny.PIPELINE.replace('row["x"] > model["cut"]', 'row["refund"] > 1'),
            },
            "column refund",
        ),
        (
            {
                "notes.txt": "\n".join(line.rpartition(",")[0] for line in tiny.data().splitlines()[1:]),
                "pipeline.py": tiny.PIPELINE + LOOKED_UP,
            },
            "ids",
        ),
    ],
    ids=["target given away", "answers looked up"],
)
def test_a_gain_that_is_a_leak_is_blocked_by_its_cause(change: dict[str, str], cause: str, tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", tiny.files())
    commit(folder, change, branch="leap")
    done = gatebot(folder, "run")
    assert done.code == 1, done.err + done.out
    found = [each for each in report_in(folder / ".gatebot")["findings"] if each["check"] == "model.suspicious_gain"]
    assert [(each["subject"], each["action"]) for each in found] == [(cause, "block")]
