"""A session over several rounds, and what surrounds the trainings."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

from gatebot.collect import Collector, Phase, Step, Tree, collect
from gatebot.collect.prepared import PreparedSide, equip
from gatebot.collect.setup import SetupError
from gatebot.errors import MachineError, UsageError
from gatebot.evidence import column_sketches as sketched
from gatebot.evidence.column_sketches import ColumnSketches, TableSketch
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.external_result import ExternalFile, ExternalResult, Format
from gatebot.evidence.history import History
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import TRAIN, Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.service import Service
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Training
from tests.collect.repository import PIPELINE, Recorded, document, git, job, repository, tickets, with_folds, write

FIT, ASK = Fit(Side.HEAD), Predict(Fit(Side.HEAD))
BASE_ASK = Predict(Fit(Side.BASE))


def both(open_path: Path) -> tuple[Path, Path]:
    """Head, and base in a work tree of its own."""
    root = repository(open_path / "head")
    git(root, "worktree", "add", "-q", str(open_path / "base"), "HEAD")
    return root, open_path / "base"


def test_a_later_round_finds_what_an_earlier_one_trained(open_path: Path, shared_cache: Path) -> None:
    progress = Recorded()
    with Collector(job(repository(open_path / "repo"), shared_cache), progress) as collector:
        first = collector.collect([FIT])[Side.HEAD]
        second = collector.collect([ASK, Predict(FIT, TRAIN)])[Side.HEAD]
        assert collector.saves(Side.HEAD) is True
    phases = [step.phase for step, _ in progress.finished_steps]
    assert phases.count(Phase.TRAIN) == 1
    assert phases.count(Phase.PREDICT) == 2
    assert phases.count(Phase.READ) == 1
    assert first.get(FIT, Training) == second.get(FIT, Training)
    assert progress.trainings == 1


def test_where_both_tiers_train_on_the_same_rows_a_training_serves_both(open_path: Path, shared_cache: Path) -> None:
    progress, effort = Recorded(), Effort(smoke_seeds=2, confirm_seeds=3)
    smoke, confirm = effort.predictions(Side.HEAD), effort.predictions(Side.HEAD, Tier.CONFIRM)
    with Collector(job(repository(open_path / "repo"), shared_cache), progress) as collector:
        first = collector.collect([*effort.fits(Side.HEAD), *smoke])[Side.HEAD]
        second = collector.collect([*effort.fits(Side.HEAD, Tier.CONFIRM), *confirm])[Side.HEAD]
    trained = sorted(step.what for step, _ in progress.finished_steps if step.phase is Phase.TRAIN)
    assert trained == [f"seed {seed}, smoke" for seed in (1, 2, 3)]
    assert progress.trainings == 3
    for one, same in zip(smoke, confirm[: len(smoke)], strict=True):
        assert second.evidence[same] is first.evidence[one]
        assert second.evidence[same.fit] is first.evidence[one.fit]
    asked: set[Need] = {*effort.fits(Side.HEAD, Tier.CONFIRM), *confirm}
    assert set(second.evidence) == set(asked)


def test_a_training_that_serves_both_tiers_fails_in_both(open_path: Path, shared_cache: Path) -> None:
    broken = repository(open_path / "repo", {"pipeline.py": "def train(rows):\n    raise ValueError(len(rows))\n"})
    asked = [need for tier in Tier for need in (FIT.at(tier), ASK.at(tier))]
    found = collect(asked, job(broken, shared_cache))[Side.HEAD]
    for tier in Tier:
        training = found.get(FIT.at(tier), Training)
        assert training is not None
        assert training.effects.ended is Ending.CRASHED
        assert "crashed" in found.why_unmet(ASK.at(tier))


def test_nothing_is_left_behind(open_path: Path, shared_cache: Path) -> None:
    with Collector(job(repository(open_path / "repo"), shared_cache)) as collector:
        collector.collect([ASK])
        folder = collector._folder
        assert folder.exists()
    assert not folder.exists()


def test_the_same_recipe_on_both_sides_gives_the_same_answers(open_path: Path, shared_cache: Path) -> None:
    root, base = both(open_path)
    config = document()
    head = job(root, shared_cache, config)
    trees = {**head.trees, Side.BASE: Tree(base, config.recipe, "b" * 40)}
    found = collect([ASK, BASE_ASK], job(root, shared_cache, config, trees=trees))
    one, other = found[Side.HEAD].get(ASK, Predictions), found[Side.BASE].get(BASE_ASK, Predictions)
    assert one is not None
    assert other is not None
    assert np.array_equal(one.ids, other.ids)
    assert found[Side.BASE].about.commit == "b" * 40
    for field in ("rules_digest", "recipe_digest", "eval_digest", "environment_digest", "data_version", "runner"):
        assert getattr(found[Side.HEAD].about, field) == getattr(found[Side.BASE].about, field)


def test_bases_eval_rows_bind_head(open_path: Path, shared_cache: Path) -> None:
    """Head renames its folds; what base predicts stays unseen by head's training all the same."""
    root, base = both(open_path)
    csv = (root / "data/tickets.csv").read_text()
    write(root, {"data/tickets.csv": csv.replace(",eval", ",x").replace(",train", ",eval", 15)})
    config = document()
    trees = {**job(root, shared_cache, config).trees, Side.BASE: Tree(base, config.recipe)}
    found = collect([Profile(Side.HEAD), Profile(Side.BASE)], job(root, shared_cache, config, trees=trees))
    profiles = [found[side].get(Profile(side), DataProfile) for side in (Side.HEAD, Side.BASE)]
    head, old = profiles
    assert head is not None
    assert old is not None
    assert np.isin(old.eval_rows.ids, head.eval_rows.ids).all()
    stored = Snapshot(found[Side.BASE].about, {Profile(Side.BASE): old})
    again = collect([Profile(Side.HEAD)], job(root, shared_cache, config, known_base=stored))[Side.HEAD]
    bound = again.get(Profile(Side.HEAD), DataProfile)
    assert bound is not None
    assert np.isin(old.eval_rows.ids, bound.eval_rows.ids).all()


def test_a_base_that_cannot_be_read_leaves_head_alone(open_path: Path, shared_cache: Path) -> None:
    root, base = both(open_path)
    (base / "data/tickets.csv").unlink()
    config = document()
    trees = {**job(root, shared_cache, config).trees, Side.BASE: Tree(base, config.recipe)}
    with Collector(job(root, shared_cache, config, trees=trees)) as collector:
        found = collector.collect([ASK, BASE_ASK])
        assert "data/tickets.csv" in collector.broken[Side.BASE].message
    assert set(found) == {Side.HEAD}
    assert found[Side.HEAD].has(ASK)


@pytest.mark.parametrize(("failures", "tried"), [(0, 1), (1, 2), (2, 3), (9, 4)])
def test_base_is_set_up_again_where_heads_set_up_has_worked(
    failures: int, tried: int, open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, base = both(open_path)
    csv = (root / "data/tickets.csv").read_text()
    write(root, {"data/tickets.csv": csv.replace(",eval", ",x").replace(",train", ",eval", 15)})
    config, calls = document(), list[Side]()

    def failing(prepared_side: PreparedSide, *arguments: Any) -> None:
        calls.append(prepared_side.side)
        if prepared_side.side is Side.BASE and calls.count(Side.BASE) <= failures:
            raise SetupError("`smoke.setup` (pip install x) failed: exit code 1.")
        equip(prepared_side, *arguments)

    monkeypatch.setattr("gatebot.collect.collector.equip", failing)
    trees = {**job(root, shared_cache, config).trees, Side.BASE: Tree(base, config.recipe)}
    with Collector(job(root, shared_cache, config, trees=trees)) as collector:
        found = collector.collect([Profile(Side.HEAD), Profile(Side.BASE)])
        why = collector.why_broken(Side.BASE)
        collector.collect([Profile(Side.HEAD), Profile(Side.BASE)])
    assert calls.count(Side.BASE) == tried
    assert why == ("`smoke.setup` (pip install x) failed: exit code 1." if tried == 4 else "")
    assert set(found) == ({Side.HEAD} if tried == 4 else set(Side))
    profile = found[Side.HEAD].get(Profile(Side.HEAD), DataProfile)
    assert profile is not None
    assert len(profile.eval_rows) == 35, "the 20 eval rows of base bind head even so"


def test_heads_set_up_that_fails_is_an_error(
    open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise SetupError("`smoke.setup` (pip install x) failed: exit code 1.")

    root, base = both(open_path)
    config = document()
    trees = {**job(root, shared_cache, config).trees, Side.BASE: Tree(base, config.recipe)}
    monkeypatch.setattr("gatebot.collect.collector.equip", failing)
    with pytest.raises(MachineError, match="pip install x"):
        collect([FIT], job(root, shared_cache, config, trees=trees))


def test_needs_of_a_base_that_is_not_here_stay_unmet(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo")
    assert set(collect([ASK, BASE_ASK], job(root, shared_cache))) == {Side.HEAD}
    known = collect([Profile(Side.HEAD)], job(root, shared_cache))[Side.HEAD]
    found = collect([BASE_ASK], job(root, shared_cache, known_base=known))
    assert found[Side.BASE].unmet == {ASK: "the files of base are not here"}


def test_heads_data_that_cannot_be_read_is_the_users_error(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo")
    (root / "data/tickets.csv").unlink()
    with pytest.raises(UsageError, match=r"data/tickets\.csv"):
        collect([FIT], job(root, shared_cache))


def test_when_time_is_up_no_training_starts(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo")
    found = collect([FIT, ASK], job(root, shared_cache, deadline=time.monotonic() - 1))[Side.HEAD]
    assert found.unmet == {FIT: "budget: 0 s needed, 0 s left", ASK: "budget: 0 s needed, 0 s left"}


def test_a_training_that_would_not_end_in_time_is_not_started(open_path: Path, shared_cache: Path) -> None:
    """Base's stored training says what one takes; a larger tier takes more."""
    root = repository(open_path / "repo")
    known = collect([Fit(Side.HEAD)], job(root, shared_cache))[Side.HEAD]
    stored = Snapshot(known.about, {FIT: Training(Effects(Ending.OK, seconds=500), 10, "")})
    config, end = document(smoke={"train_rows": 10}), time.monotonic() + 100
    confirm = Fit(Side.HEAD, Tier.CONFIRM)
    found = collect([FIT, confirm], job(root, shared_cache, config, known_base=stored, deadline=end))[Side.HEAD]
    assert found.why_unmet(FIT).startswith("budget: 500 s needed, ")
    assert found.why_unmet(confirm).startswith("budget: 1250 s needed, ")


@pytest.mark.whole
def test_a_training_that_the_deadline_ended_is_no_evidence_against_it(open_path: Path, shared_cache: Path) -> None:
    code = "import time\ndef train(rows):\n    time.sleep(60)\n"
    root = repository(open_path / "repo", {"pipeline.py": code})
    with Collector(job(root, shared_cache, deadline=time.monotonic() + 3)) as collector:
        found = collector.collect([FIT])[Side.HEAD]
    assert found.evidence == {}
    assert "when the time was up" in found.why_unmet(FIT)


def test_needs_start_in_their_order(open_path: Path, shared_cache: Path) -> None:
    progress = Recorded()
    fits = [Fit(Side.HEAD, seed=seed) for seed in (3, 1, 2)]
    collect(fits, job(repository(open_path / "repo"), shared_cache, parallel=1), progress)
    trained = [step.what for step in progress.started_steps if step.phase is Phase.TRAIN]
    assert trained == [fit.label for fit in fits]


def test_a_machine_that_fails_twice_stops_everything(open_path: Path, shared_cache: Path) -> None:
    """A file stands where rows are to be written."""
    root = repository(open_path / "repo")

    class Breaking(Recorded):
        def started(self, step: Step) -> None:
            super().started(step)
            if step.phase is Phase.TRAIN:
                for rows in collector._folder.glob("*/rows"):
                    shutil.rmtree(rows)
                    rows.touch()

    full = pytest.raises(MachineError, match="cannot be written")
    with Collector(job(root, shared_cache), Breaking()) as collector, full:
        collector.collect([FIT])


def test_folders_of_a_monorepo(open_path: Path, shared_cache: Path) -> None:
    """Paths and commands are relative to gatebot.yml's folder; the rest of the repository is there too."""
    code = "import sys; sys.path.append('..')\nimport shared\n" + PIPELINE.replace(
        'row["label"] == "yes"', "shared.yes(row)"
    )
    files = {
        "one/pipeline.py": code,
        "one/data/tickets.csv": with_folds(tickets()),
        "shared.py": "def yes(row):\n    return row['label'] == 'yes'\n",
    }
    root = repository(open_path / "repo", files)
    config = document()
    tree = Tree(root, config.recipe, folder=PurePosixPath("one"))
    found = collect([ASK], job(root, shared_cache, config, trees={Side.HEAD: tree}))[Side.HEAD]
    assert found.unmet == {}


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from gatebot.collect import Collector
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Side
from tests.collect.repository import document, job
root, cache = Path(sys.argv[2]), Path(sys.argv[3])
class Told:
    def planned(self, trainings): pass
    def left_out(self, side, trainings, why): pass
    def advanced(self, step, what, size): pass
    def started(self, step):
        if step.phase == "train":
            print("training", flush=True)
    def finished(self, step, seconds, outcome): pass
try:
    with Collector(job(root, cache, document()), Told()) as collector:
        collector.collect(Effort(smoke_seeds=6).fits(Side.HEAD))
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(130)
"""


@pytest.mark.whole
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_every_training(open_path: Path, shared_cache: Path, number: signal.Signals) -> None:
    mark = f"gatebot-test-mark-{os.getpid()}-{number}"
    code = f"import subprocess\ndef train(rows):\n    subprocess.run(['{mark}', '300'], executable='/bin/sleep')\n"
    root = repository(open_path / "repo", {"pipeline.py": code})
    here = str(Path(__file__).parents[2])
    argv = [sys.executable, "-c", INTERRUPTED, here, str(root), str(shared_cache)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=here)
    assert process.stdout is not None
    assert process.stdout.readline() == "training\n"
    while not running(mark):
        time.sleep(0.02)
    process.send_signal(number)
    try:
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert rest.endswith("interrupted\n")
    assert not running(mark)


def running(mark: str) -> list[str]:
    """Processes with this first word."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].decode(errors="replace") == mark:
                found.append(entry.name)
    return found


def test_effort_of_a_plan_is_met_whole(open_path: Path, shared_cache: Path) -> None:
    effort = Effort(smoke_seeds=2, folds=2)
    config = document(data={"split": {"folds": 2}})
    needs: list[Need] = [*effort.fits(Side.HEAD), *effort.predictions(Side.HEAD)]
    found = collect(needs, job(repository(open_path / "repo"), shared_cache, config, effort={"smoke_seeds": 2}))[
        Side.HEAD
    ]
    assert found.unmet == {}
    assert len(found.evidence) == 8
    assert found.about.effort == {"smoke_seeds": 2}


def test_every_table_is_sketched(open_path: Path, shared_cache: Path) -> None:
    """The rows of the data by side, and a further table of base; neither ids nor the labels of eval rows."""
    root = repository(open_path / "repo", {"cases.csv": "text,label\na,yes\nb,no\n"})
    needs = [ColumnSketches(Side.HEAD, table) for table in (sketched.TRAIN, sketched.EVAL, sketched.ALL, "cases.csv")]
    missing = ColumnSketches(Side.HEAD, "absent.csv")
    found = collect([*needs, missing], job(root, shared_cache))[Side.HEAD]
    tables = [found.get(need, TableSketch) for need in needs]
    train, held, whole, cases = (table for table in tables if table is not None)
    assert (train.rows, held.rows, whole.rows, cases.rows) == (40, 20, 60, 2)
    assert [column.name for column in whole.columns] == ["x", "kind", "label", "fold"]
    assert [column.name for column in held.columns] == ["x", "kind", "fold"]
    by_name = {column.name: column for column in whole.columns}
    assert by_name["x"].distinct == 60
    assert by_name["x"].frequent is None
    assert by_name["kind"].frequent == {"a": 30, "b": 30}
    both = {column.name: column for column in train.columns}
    assert {**(both["label"].frequent or {})}.keys() == {"yes", "no"}
    assert "absent.csv" in found.why_unmet(missing)


WRITES = PIPELINE + '\nimport pathlib\npathlib.Path("build").mkdir(exist_ok=True)\n'


def test_results_of_other_tools_are_read_from_the_first_training_or_the_commit(
    open_path: Path, shared_cache: Path
) -> None:
    code = WRITES + "pathlib.Path('build/numbers.json').write_text('{\"a\": 2}')\n"
    files = {"pipeline.py": code, "build/numbers.json": '{"a": 1}', "lint.txt": "hello"}
    root = repository(open_path / "repo", files)
    (open_path / "outside.json").write_text('{"a": 3}')
    numbers = ExternalResult(Side.HEAD, "build/numbers.json")
    others = [ExternalResult(Side.HEAD, path) for path in ("lint.txt", "../outside.json", "/etc/passwd", "absent")]
    with Collector(job(root, shared_cache)) as collector:
        committed = collector.collect([numbers, *others])[Side.HEAD]
        trained = collector.collect([FIT])[Side.HEAD].get(FIT, Training)
        left = collector.collect([numbers])[Side.HEAD]
    assert trained is not None
    assert committed.get(numbers, ExternalFile) == ExternalFile(Format.JSON, numbers={"a": 1.0})
    assert left.get(numbers, ExternalFile) == ExternalFile(Format.JSON, numbers={"a": 2.0})
    assert "neither XML nor JSON" in committed.why_unmet(others[0])
    assert all("was not written" in committed.why_unmet(need) for need in others[1:])


def test_history_and_services_are_not_collected_yet(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo")
    history, service = History("accuracy", side=Side.HEAD), Service(Side.HEAD, "api")
    found = collect([history, service], job(root, shared_cache))[Side.HEAD]
    assert found.unmet == {history: "no history is kept yet", service: "no service is started yet"}
