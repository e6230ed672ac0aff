"""Baselines come from trusted runs of the default branch, the nearest first, and say why not a nearer one."""

import gzip
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gatebot.github.api import Api
from gatebot.github.api_errors import ForbiddenError, GoneError, OfflineError, UnavailableError
from gatebot.github.archive import ArchiveError, Limits
from gatebot.github.artifacts import Absent, Found, Search, ancestors, fetch_baseline, find_baseline, find_in_run
from gatebot.github.download import Parcel, download
from tests.github.fake_github import FakeGitHub
from tests.github.test_archive import packed

NAME = "gatebot-baseline-tickets"
WORKFLOW = ".github/workflows/gatebot.yml"
ZIP = packed({"snapshot.json": b'{"of": "main"}'})
NAMES = ("snapshot.json",)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def history(github: FakeGitHub) -> list[str]:
    """Five commits of main, the newest first."""
    shas = [character * 40 for character in "abcde"]
    for sha, *parents in zip(shas, [*shas[1:], None], strict=True):
        github.commit(sha, *[p for p in parents if p])
    return shas


def search(github: FakeGitHub, commits: list[str], **more: Any) -> Search:
    wanted = Search(NAME, commits, "main", github.state.repository_id, WORKFLOW, NOW)
    return replace(wanted, **more)


def test_the_wanted_commit_has_one(github: FakeGitHub, api: Api, history: list[str], tmp_path: Path) -> None:
    run = github.run(history[0])
    github.artifact(run, NAME, ZIP, made="2026-11-20T00:00:00Z")
    found = fetch_baseline(api, search(github, history), tmp_path / "base", NAMES)
    assert isinstance(found, Found)
    assert (found.commit, found.distance, found.age, found.run_id) == (history[0], 0, timedelta(days=2), run)
    assert found.why == ()
    assert (tmp_path / "base" / "snapshot.json").read_bytes() == b'{"of": "main"}'


def test_the_nearest_ancestor_and_why(github: FakeGitHub, api: Api, history: list[str], tmp_path: Path) -> None:
    github.artifact(github.run(history[4]), NAME, ZIP)
    github.artifact(github.run(history[3]), NAME, ZIP)
    github.artifact(github.run(history[2]), NAME, ZIP, expired=True)
    github.run(history[1], conclusion="cancelled")
    github.run(history[0], status="in_progress")
    found = fetch_baseline(api, search(github, history), tmp_path / "base", NAMES)
    assert isinstance(found, Found)
    assert (found.commit, found.distance) == (history[3], 3)
    assert found.why == (
        f"the run for {'a' * 12} is still in progress",
        f"the run for {'b' * 12} ended as cancelled",
        f"the artifact of {'c' * 12} has expired",
    )


def test_gone_at_the_last_moment(github: FakeGitHub, api: Api, history: list[str], tmp_path: Path) -> None:
    """It is listed as alive, and the download says 410."""
    github.artifact(github.run(history[1]), NAME, ZIP)
    github.artifact(github.run(history[0]), NAME, ZIP, gone=True)
    found = fetch_baseline(api, search(github, history), tmp_path / "base", NAMES)
    assert isinstance(found, Found)
    assert found.commit == history[1]
    assert found.why == (f"the artifact of {'a' * 12} has expired",)


def test_an_unusable_one_is_passed_over(github: FakeGitHub, api: Api, history: list[str], tmp_path: Path) -> None:
    github.artifact(github.run(history[1]), NAME, ZIP)
    github.artifact(github.run(history[0]), NAME, packed({"../evil": b"x"}))
    found = fetch_baseline(api, search(github, history), tmp_path / "base", NAMES)
    assert isinstance(found, Found)
    assert found.commit == history[1]
    assert "unusable" in found.why[0]


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch"])
def test_trusted_events(github: FakeGitHub, api: Api, history: list[str], event: str) -> None:
    github.artifact(github.run(history[0], event=event), NAME, ZIP)
    assert isinstance(find_baseline(api, search(github, history)), Found)


@pytest.mark.parametrize("ignores_filters", [False, True], ids=["", "on a server that ignores filters"])
@pytest.mark.parametrize(
    "run",
    [
        pytest.param({"event": "pull_request"}, id="a pull request"),
        pytest.param({"event": "workflow_run"}, id="another privileged event"),
        pytest.param({"branch": "topic"}, id="another branch"),
        pytest.param({"head_repository_id": 666}, id="a fork whose branch is called main"),
        pytest.param({"path": ".github/workflows/other.yml"}, id="another workflow"),
        pytest.param({"path": "evil/workflows/gatebot.yml"}, id="a workflow file of the same name elsewhere"),
    ],
)
def test_poisoned_baselines_are_not_taken(
    github: FakeGitHub, api: Api, history: list[str], tmp_path: Path, run: dict[str, Any], ignores_filters: bool
) -> None:
    github.state.ignores_filters = ignores_filters
    github.run(history[4])
    github.artifact(github.run(history[0], **run), NAME, ZIP)
    found = fetch_baseline(api, search(github, history), tmp_path / "base", NAMES)
    assert isinstance(found, Absent)
    assert not (tmp_path / "base").exists()


def test_a_run_of_a_fork_whose_artifact_says_otherwise(github: FakeGitHub, api: Api, history: list[str]) -> None:
    claims = {"head_repository_id": github.state.repository_id}
    github.artifact(github.run(history[0], head_repository_id=666), NAME, ZIP, claims=claims)
    assert isinstance(find_baseline(api, search(github, history)), Absent)


def test_a_run_of_another_repository(github: FakeGitHub, api: Api, history: list[str]) -> None:
    github.artifact(github.run(history[0]), NAME, ZIP)
    github.state.workflow_runs[0]["repository_id"] = 666
    assert isinstance(find_baseline(api, search(github, history)), Absent)


@pytest.mark.parametrize(
    "claims", [{"id": 1}, {"head_sha": "f" * 40}, {"repository_id": 666}, {"head_repository_id": 666}]
)
def test_an_artifact_that_does_not_belong_to_its_run(
    github: FakeGitHub, api: Api, history: list[str], claims: dict[str, Any]
) -> None:
    github.artifact(github.run(history[0]), NAME, ZIP, claims=claims)
    found = find_baseline(api, search(github, history))
    assert found == Absent((f"the artifact of {'a' * 12} does not belong to its run",))


def test_of_the_artifacts_of_a_run_the_newest_of_that_name(github: FakeGitHub, api: Api, history: list[str]) -> None:
    github.state.ignores_filters = True
    run = github.run(history[0])
    github.artifact(run, NAME, ZIP)
    wanted = github.artifact(run, NAME, ZIP)
    github.artifact(run, NAME + "-labels", ZIP)
    found = find_baseline(api, search(github, history))
    assert isinstance(found, Found)
    assert found.parcel.id == wanted


def test_a_commit_that_is_no_ancestor_is_not_taken(github: FakeGitHub, api: Api, history: list[str]) -> None:
    github.artifact(github.run(github.commit("f" * 40)), NAME, ZIP)
    assert isinstance(find_baseline(api, search(github, history)), Absent)


def test_too_old(github: FakeGitHub, api: Api, history: list[str]) -> None:
    github.artifact(github.run(history[0]), NAME, ZIP, made="2026-09-01T00:00:00Z")
    found = find_baseline(api, search(github, history, max_age=timedelta(days=30)))
    assert found == Absent((f"the artifact of {'a' * 12} is 82 days old",))


def test_no_workflow_has_run_yet(github: FakeGitHub, api: Api, history: list[str]) -> None:
    found = find_baseline(api, search(github, history))
    assert found == Absent(("gatebot.yml is not known on main yet",))


def test_of_two_runs_for_one_commit_the_newer(github: FakeGitHub, api: Api, history: list[str]) -> None:
    github.artifact(github.run(history[0]), NAME, ZIP)
    newer = github.run(history[0], event="schedule")
    github.artifact(newer, NAME, ZIP)
    found = find_baseline(api, search(github, history))
    assert isinstance(found, Found)
    assert found.run_id == newer


@pytest.mark.parametrize("commits", [1, 5], ids=["the wanted commit alone", "and those before it"])
def test_an_older_run_that_ends_or_is_run_again_later_does_not_count(
    github: FakeGitHub, api: Api, history: list[str], commits: int
) -> None:
    older, newer = github.run(history[0]), github.run(history[0], event="schedule")
    github.artifact(newer, NAME, ZIP)
    github.run_again(older)
    github.artifact(older, NAME, ZIP)
    found = find_baseline(api, search(github, history[:commits]))
    assert isinstance(found, Found)
    assert found.run_id == newer


@pytest.mark.parametrize(("floods", "asked"), [(0, 1), (60, 1), (250, 3), (400, 6)])
def test_a_flood_from_forks_hides_nothing(
    github: FakeGitHub, api: Api, history: list[str], floods: int, asked: int
) -> None:
    """Their branches may bear the default branch's name."""
    run = github.run(history[2])
    github.artifact(run, NAME, ZIP)
    for _ in range(floods):
        github.run(history[0], event="pull_request", branch="main", head_repository_id=90)
    found = find_baseline(api, search(github, history))
    assert isinstance(found, Found)
    assert found.run_id == run
    assert len(github.asked("GET", "/workflows/")) == asked


def test_one_commit_is_one_question(github: FakeGitHub, api: Api, history: list[str]) -> None:
    for _ in range(150):
        github.run(history[1])
    github.artifact(github.run(history[0]), NAME, ZIP)
    assert isinstance(find_baseline(api, search(github, history[:1])), Found)
    assert len(github.asked("GET", "/workflows/")) == 1


def test_what_lies_beside_belongs_to_the_same_run(github: FakeGitHub, api: Api, history: list[str]) -> None:
    run = github.run(history[0])
    github.artifact(run, NAME, ZIP)
    labels = github.artifact(run, f"{NAME}-labels", ZIP)
    github.artifact(run, "expired", ZIP, expired=True)
    github.artifact(run, "strange", ZIP, claims={"head_sha": "0" * 40})
    found = find_baseline(api, search(github, history[:1]))
    assert isinstance(found, Found)
    assert {name: parcel.id for name, parcel in found.beside.items() if name != NAME} == {f"{NAME}-labels": labels}


def test_the_search_is_bounded(github: FakeGitHub, api: Api, history: list[str]) -> None:
    for _ in range(350):
        github.run(history[0])
    found = find_baseline(api, search(github, history, most_pages=2, most_runs=5))
    assert isinstance(found, Absent)
    assert "looked at 5 runs only" in found.why
    assert len(github.asked("GET", "/runs")) <= 2 + 1 + 1 + 5


def test_artifacts_of_one_run(github: FakeGitHub, api: Api, history: list[str], tmp_path: Path) -> None:
    run = github.run(history[0], event="pull_request", head_repository_id=666)
    github.artifact(run, "gatebot-head", ZIP)
    found = find_in_run(api, run, "gatebot-head", NOW)
    assert isinstance(found, Found)
    assert download(api, found.parcel, tmp_path / "head", NAMES) == ("snapshot.json",)
    assert isinstance(find_in_run(api, run, "other", NOW), Absent)


def test_ancestors_without_history(github: FakeGitHub, api: Api, history: list[str]) -> None:
    assert ancestors(api, history[1]) == tuple(history[1:])
    assert ancestors(api, history[0], most=2) == tuple(history[:2])


def parcel(github: FakeGitHub, data: bytes, **changes: Any) -> Parcel:
    number = github.artifact(github.run(github.commit()), NAME, data)
    row = github.state.artifacts[-1]
    return replace(Parcel(number, NAME, row["size"], row["digest"]), **changes)


def test_the_store_never_sees_the_token(github: FakeGitHub, api: Api, tmp_path: Path) -> None:
    download(api, parcel(github, ZIP), tmp_path / "out", NAMES)
    (headers,) = github.store_seen
    assert "authorization" not in headers
    assert github.asked("GET", "/zip")[0].headers["authorization"] == f"Bearer {api.token}"


def test_a_netrc_adds_no_credentials(
    github: FakeGitHub, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    download(api, parcel(github, ZIP), tmp_path / "out", NAMES)
    assert "authorization" not in github.store_seen[0]


@pytest.mark.parametrize(
    ("data", "changes", "limits", "why"),
    [
        (ZIP, {"digest": "sha256:" + "0" * 64}, Limits(), "digest"),
        (ZIP, {"size": 10**12}, Limits(), "are accepted"),
        (ZIP, {"size": 1, "digest": ""}, Limits(packed_bytes=50), "more than 50"),
        (b"a raw file", {}, Limits(), "no zip"),
    ],
)
def test_what_is_not_accepted(
    github: FakeGitHub, api: Api, tmp_path: Path, data: bytes, changes: dict[str, Any], limits: Limits, why: str
) -> None:
    with pytest.raises(ArchiveError, match=why):
        download(api, parcel(github, data, **changes), tmp_path / "out", NAMES, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [0, 403, 503])
def test_an_address_that_lapsed_is_asked_for_again(
    github: FakeGitHub, api: Api, tmp_path: Path, waits: list[float], status: int
) -> None:
    github.fail("STORE", "/signed", status)
    assert download(api, parcel(github, ZIP), tmp_path / "out", NAMES) == NAMES
    assert waits == [1]
    assert len(github.asked("GET", "/zip")) == 2


def test_a_download_that_breaks_off_is_repeated(github: FakeGitHub, api: Api, tmp_path: Path) -> None:
    github.fail("STORE", "/signed", 200, raw=ZIP[:40], headers={"Content-Length": "999", "Connection": "close"})
    assert download(api, parcel(github, ZIP), tmp_path / "out", NAMES) == NAMES


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("file:///etc/passwd", UnavailableError),
        ("ftp://x.test/y", UnavailableError),
        ("http://127.0.0.1:9/z", OfflineError),
    ],
)
def test_where_it_may_be_redirected(
    github: FakeGitHub, api: Api, tmp_path: Path, location: str, error: type[Exception]
) -> None:
    github.fail("GET", "/zip", 302, headers={"Location": location}, times=9)
    with pytest.raises(error):
        download(api, parcel(github, ZIP), tmp_path / "out", NAMES)


def test_a_circle_of_redirections_ends(github: FakeGitHub, api: Api, tmp_path: Path) -> None:
    wanted = parcel(github, ZIP)
    github.fail("GET", "/zip", 302, headers={"Location": api.path("actions", "artifacts", wanted.id, "zip")}, times=99)
    with pytest.raises(UnavailableError, match="too often"):
        download(api, wanted, tmp_path / "out", NAMES)


@pytest.mark.parametrize(("status", "error"), [(410, GoneError), (403, ForbiddenError)])
def test_the_api_refuses(github: FakeGitHub, api: Api, tmp_path: Path, status: int, error: type[Exception]) -> None:
    github.fail("GET", "/zip", status, "Resource not accessible by integration")
    with pytest.raises(error, match="could not download"):
        download(api, parcel(github, ZIP), tmp_path / "out", NAMES)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_coded_answer_is_refused_before_it_is_decoded(
    github: FakeGitHub, api: Api, tmp_path: Path, coding: str
) -> None:
    """Sixty-four kilobytes of it may be sixty-four megabytes."""
    bomb = gzip.compress(bytes(64 * 2**20))
    number = github.artifact(github.run(github.commit()), NAME, ZIP)
    github.fail("STORE", "/signed", 200, raw=bomb, headers={"Content-Encoding": coding}, times=9)
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match="encoding"):
            download(api, Parcel(number, NAME, len(bomb)), tmp_path / "into", NAMES)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
    assert not (tmp_path / "into").exists()


def test_what_arrives_is_what_github_says_was_uploaded(github: FakeGitHub, api: Api, tmp_path: Path) -> None:
    number = github.artifact(github.run(github.commit()), NAME, ZIP)
    [row] = github.state.artifacts
    download(api, Parcel(number, NAME, len(ZIP), row["digest"]), tmp_path / "right", NAMES)
    github.state.blobs[str(number)] = packed({"snapshot.json": b"{}"}).hex()
    with pytest.raises(ArchiveError, match=row["digest"]):
        download(api, Parcel(number, NAME, len(ZIP), row["digest"]), tmp_path / "wrong", NAMES)
    assert not (tmp_path / "wrong").exists()
