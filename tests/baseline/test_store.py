"""What every store must do, whatever it keeps baselines in."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gatebot.baseline.artifact import ArtifactStore, Fetched
from gatebot.baseline.folder import FolderBackend
from gatebot.baseline.mlflow import MlflowBackend
from gatebot.baseline.refs import RefBackend
from gatebot.baseline.store import BackendStore, Found, Missing, Part, Store
from gatebot.baseline.url import UrlBackend
from gatebot.baseline.web import Web
from gatebot.errors import UsageError
from gatebot.evidence.snapshot import SnapshotError
from gatebot.evidence.training import Training
from tests.baseline.kept import COMMITS, FIT, NOW, TRUTH, folder_of
from tests.baseline.servers import StoreServer, serving
from tests.evidence.evidence import same

Left = tuple[tuple[int, int], float]
"""By which run and attempt, and how many hours ago."""


def _repository(path: Path, *arguments: str) -> Path:
    subprocess.run(["git", "init", "--quiet", *arguments, str(path)], check=True)
    return path


def _clone(tmp_path: Path) -> Path:
    remote = _repository(tmp_path / "remote.git", "--bare")
    clone = _repository(tmp_path / "clone")
    subprocess.run(["git", "-C", str(clone), "remote", "add", "origin", str(remote)], check=True)
    return clone


def _artifacts(root: Path) -> ArtifactStore:
    """Runs the errands as the API would: an artifact is a folder."""

    def fetch(part: Part, commits: Sequence[str], into: Path) -> Fetched:
        for commit in commits:
            if (root / part / commit).exists():
                shutil.copytree(root / part / commit, into)
                return Fetched(commit)
        return Fetched(None, ("no run has left one",))

    def send(part: Part, commit: str, folder: Path) -> None:
        shutil.copytree(folder, root / part / commit, dirs_exist_ok=True)

    return ArtifactStore(fetch, send)


@pytest.fixture(params=["folder", "refs", "refs of a remote", "url", "mlflow", "artifact"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with ExitStack() as stack:
        backend: Any
        match request.param:
            case "folder":
                backend = FolderBackend(tmp_path / "baseline")
            case "refs":
                backend = RefBackend(_repository(tmp_path / "repository"), "tickets", remote=None)
            case "refs of a remote":
                backend = RefBackend(_clone(tmp_path), "tickets..lock")
            case "url":
                backend = UrlBackend(Web(stack.enter_context(serving(StoreServer())).address + "/kept"), "tickets")
            case "mlflow":
                backend = MlflowBackend(Web(stack.enter_context(serving(StoreServer())).address), "tickets")
            case "artifact":
                yield _artifacts(tmp_path / "artifacts")
                return
        yield BackendStore(backend)


def _found(store: Store, commits: Sequence[str], *, labels: bool = False) -> Found:
    answer = store.find(commits, NOW, labels=labels)
    assert isinstance(answer, Found), answer
    return answer


def test_an_empty_store_says_that_it_has_none(stored: Store) -> None:
    answer = stored.find(COMMITS[:3], NOW)
    assert isinstance(answer, Missing)
    assert "the 2 before it" in answer.reason
    assert answer.source


def test_the_wanted_commit_comes_first(stored: Store, tmp_path: Path) -> None:
    for commit in COMMITS[:2]:
        stored.keep(folder_of(tmp_path, commit), commit)
    found = _found(stored, COMMITS[:3])
    assert (found.commit, found.distance, found.age_s) == (COMMITS[0], 0, 3600)
    assert found.reason == "of the wanted commit itself"
    assert found.snapshot.about.commit == COMMITS[0]


def test_else_the_nearest_ancestor_and_it_says_so(stored: Store, tmp_path: Path) -> None:
    for commit in (COMMITS[4], COMMITS[2]):
        stored.keep(folder_of(tmp_path, commit, hours=5), commit)
    found = _found(stored, COMMITS[:6])
    assert (found.commit, found.distance, found.age_s) == (COMMITS[2], 2, 5 * 3600)
    assert found.reason.startswith("2 commits before the wanted one")


def test_another_commits_baseline_is_never_taken(stored: Store, tmp_path: Path) -> None:
    stored.keep(folder_of(tmp_path, COMMITS[9]), COMMITS[9])
    assert isinstance(stored.find(COMMITS[:3], NOW), Missing)


def test_labels_come_only_when_they_are_asked_for(stored: Store, tmp_path: Path) -> None:
    stored.keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    assert _found(stored, COMMITS[:1]).snapshot.truth is None
    assert same(_found(stored, COMMITS[:1], labels=True).snapshot.truth, TRUTH)


@pytest.mark.whole
def test_a_baseline_without_labels_is_none_for_who_needs_them(stored: Store, tmp_path: Path) -> None:
    stored.keep(folder_of(tmp_path, COMMITS[0], labels=False), COMMITS[0])
    stored.keep(folder_of(tmp_path, COMMITS[1]), COMMITS[1])
    assert _found(stored, COMMITS[:2]).distance == 0
    found = _found(stored, COMMITS[:2], labels=True)
    assert found.distance == 1
    assert "its labels are missing" in found.reason


@pytest.mark.whole
def test_what_is_kept_again_replaces_the_old(stored: Store, tmp_path: Path) -> None:
    stored.keep(folder_of(tmp_path, COMMITS[0], rows=1, hours=2), COMMITS[0])
    stored.keep(folder_of(tmp_path, COMMITS[0], rows=2, hours=1), COMMITS[0])
    training = _found(stored, COMMITS[:1]).snapshot.get(FIT, Training)
    assert training is not None
    assert training.rows == 2


@pytest.mark.whole
@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        pytest.param(((7, 1), 2), ((8, 1), 1), 2, id="in order"),
        pytest.param(((8, 1), 1), ((7, 1), 2), 1, id="an older run is late"),
        pytest.param(((8, 1), 2), ((7, 1), 1), 1, id="an older run began late too"),
        pytest.param(((8, 1), 2), ((7, 2), 1), 1, id="an older run is run again"),
        pytest.param(((7, 2), 2), ((7, 10), 1), 2, id="a run is run again"),
        pytest.param(((0, 0), 1), ((0, 0), 2), 1, id="without runs, made earlier"),
    ],
)
def test_of_one_commit_the_newest_runs_evidence_stays(
    stored: Store,
    tmp_path: Path,
    first: tuple[tuple[int, int], float],
    second: tuple[tuple[int, int], float],
    stays: int,
) -> None:
    if isinstance(stored, ArtifactStore):
        pytest.skip("every run leaves its own; which of them is taken, test_artifacts says")
    for rows, (run, hours) in enumerate((first, second), 1):
        stored.keep(folder_of(tmp_path, COMMITS[0], rows=rows, hours=hours, run=run), COMMITS[0])
    training = _found(stored, COMMITS[:1], labels=True).snapshot.get(FIT, Training)
    assert training is not None
    assert training.rows == stays


@pytest.mark.whole
def test_a_newer_run_of_an_older_commit_shadows_nothing(stored: Store, tmp_path: Path) -> None:
    stored.keep(folder_of(tmp_path, COMMITS[0], run=(7, 1), hours=3), COMMITS[0])
    stored.keep(folder_of(tmp_path, COMMITS[1], run=(8, 1), hours=1), COMMITS[1])
    assert _found(stored, COMMITS[:2]).commit == COMMITS[0]


def test_the_snapshot_of_another_commit_is_not_kept(stored: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is of commit"):
        stored.keep(folder_of(tmp_path, COMMITS[0]), COMMITS[1])


def test_nothing_is_kept_from_an_empty_folder(stored: Store, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="does not exist"):
        stored.keep(tmp_path / "nothing", COMMITS[0])


@pytest.mark.parametrize("commit", ["", "main", "../../etc/passwd", "a" * 39, "A" * 40])
def test_only_a_full_id_is_a_commit(stored: Store, tmp_path: Path, commit: str) -> None:
    with pytest.raises(UsageError, match="not a full commit id"):
        stored.find([commit], NOW)
    with pytest.raises(UsageError, match="not a full commit id"):
        stored.keep(folder_of(tmp_path, COMMITS[0]), commit)


def test_a_clock_that_is_behind_makes_no_negative_age(stored: Store, tmp_path: Path) -> None:
    stored.keep(folder_of(tmp_path, COMMITS[0], hours=-3), COMMITS[0])
    assert _found(stored, COMMITS[:1]).age_s == 0


def _damage(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:-100])


def test_what_cannot_be_read_is_passed_over_and_named(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    stored = BackendStore(FolderBackend(root))
    for commit in COMMITS[:2]:
        stored.keep(folder_of(tmp_path, commit), commit)
    _damage(root / COMMITS[0] / "snapshot" / "snapshot.zip")
    found = _found(stored, COMMITS[:2])
    assert found.distance == 1
    assert f"that of {COMMITS[0][:12]} cannot be used" in found.reason


def test_an_artifact_that_cannot_be_read_is_passed_over_and_named(tmp_path: Path) -> None:
    stored = _artifacts(tmp_path / "artifacts")
    for commit in COMMITS[:2]:
        stored.keep(folder_of(tmp_path, commit), commit)
    _damage(tmp_path / "artifacts" / "snapshot" / COMMITS[0] / "snapshot.zip")
    assert _found(stored, COMMITS[:2]).distance == 1
    _damage(tmp_path / "artifacts" / "snapshot" / COMMITS[1] / "snapshot.zip")
    answer = stored.find(COMMITS[:2], NOW)
    assert isinstance(answer, Missing)
    assert COMMITS[0][:12] in answer.reason
    assert COMMITS[1][:12] in answer.reason


def test_a_snapshot_under_another_commits_name_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    stored = BackendStore(FolderBackend(root))
    stored.keep(folder_of(tmp_path, COMMITS[5]), COMMITS[5])
    (root / COMMITS[5]).rename(root / COMMITS[0])
    answer = stored.find(COMMITS[:1], NOW)
    assert isinstance(answer, Missing)
    assert "it is of commit" in answer.reason
