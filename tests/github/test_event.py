"""GitHub's own example payloads (octokit/webhooks, MIT), and what hostile ones come to."""

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebot.errors import ExitCode, UsageError
from gatebot.github.event import Base, Event, Kind, Relation, base_of, read

EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("webhooks.json").read_text())
MERGE = "9" * 40
OTHER = "5" * 40


def job(tmp_path: Path, name: str, payload: Any = None, **more: str) -> dict[str, str]:
    """The environment of a job that an example event started."""
    payload = EXAMPLES[name] if payload is None else payload
    path = tmp_path / "event.json"
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    home = EXAMPLES.get(name, {}).get("repository", {"full_name": "octo-org/octo-repo", "id": 17273051})
    return {
        "GITHUB_EVENT_NAME": name.split("/", maxsplit=1)[0],
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REPOSITORY": home["full_name"],
        "GITHUB_REPOSITORY_ID": str(home["id"]),
        "GITHUB_SHA": MERGE,
        "GITHUB_REF": "refs/pull/2/merge",
        "GITHUB_RUN_ID": "123",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_WORKFLOW_REF": f"{home['full_name']}/.github/workflows/gatebot.yml@refs/heads/main",
        "GITHUB_ACTOR": "octocat",
        **more,
    }


def changed(name: str, path: str, value: Any) -> Any:
    payload = copy.deepcopy(EXAMPLES[name])
    *steps, last = path.split(".")
    node = payload
    for step in steps:
        node = node[step]
    node[last] = value
    return payload


@pytest.mark.parametrize("action", ["opened", "synchronize", "ready_for_review", "converted_to_draft"])
def test_a_pull_request(tmp_path: Path, action: str) -> None:
    payload = EXAMPLES[f"pull_request/{action}"]
    event = read(job(tmp_path, f"pull_request/{action}"))
    assert (event.kind, event.action) == (Kind.PULL_REQUEST, action)
    assert event.head_sha == payload["pull_request"]["head"]["sha"]
    assert event.tested_sha == MERGE
    assert event.pull_number == payload["pull_request"]["number"]
    assert event.is_draft == payload["pull_request"]["draft"]
    assert (event.base_ref, event.default_branch) == ("master", "master")
    assert event.base_sha == payload["pull_request"]["base"]["sha"]
    assert event.author == "Codertocat"
    assert not event.is_fork
    assert not event.on_default_branch
    assert event.run.url == "https://github.com/Codertocat/Hello-World/actions/runs/123/attempts/2"
    assert event.run.workflow_path == ".github/workflows/gatebot.yml"


@pytest.mark.parametrize(
    ("association", "first"),
    [
        ("NONE", True),
        ("FIRST_TIMER", True),
        ("FIRST_TIME_CONTRIBUTOR", True),
        ("CONTRIBUTOR", False),
        ("COLLABORATOR", False),
        ("MEMBER", False),
        ("OWNER", False),
    ],
)
def test_whose_first_pull_request_it_is(tmp_path: Path, association: str, first: bool) -> None:
    payload = changed("pull_request/opened", "pull_request.author_association", association)
    assert read(job(tmp_path, "pull_request/opened", payload)).is_first is first


@pytest.mark.parametrize("repo", [None, {"id": 4711, "full_name": "stranger/Hello-World"}], ids=["deleted", "fork"])
def test_a_pull_request_from_a_fork(tmp_path: Path, repo: Any) -> None:
    event = read(job(tmp_path, "pull_request/opened", changed("pull_request/opened", "pull_request.head.repo", repo)))
    assert event.is_fork
    assert event.expects_read_only_token


def test_dependabot_gets_the_token_of_a_fork(tmp_path: Path) -> None:
    event = read(job(tmp_path, "pull_request/opened", GITHUB_ACTOR="dependabot[bot]"))
    assert not event.is_fork
    assert event.expects_read_only_token


def test_a_push_to_the_default_branch_makes_a_baseline(tmp_path: Path) -> None:
    payload = changed("push/refs/heads/master", "deleted", False)
    event = read(job(tmp_path, "push/refs/heads/master", payload))
    assert event.on_default_branch
    assert event.head_sha == payload["after"]


def test_a_push_elsewhere_does_not(tmp_path: Path) -> None:
    event = read(job(tmp_path, "push/refs/tags/simple-tag"))
    assert not event.on_default_branch
    assert event.base_sha == ""  # the tag did not exist before


def test_a_deleted_branch_has_no_head(tmp_path: Path) -> None:
    event = read(job(tmp_path, "push/deleted"))
    assert event.is_deletion
    assert event.head_sha is None
    assert not event.on_default_branch


def test_a_merge_group(tmp_path: Path) -> None:
    event = read(job(tmp_path, "merge_group/checks_requested"))
    group = EXAMPLES["merge_group/checks_requested"]["merge_group"]
    assert (event.head_sha, event.base_sha, event.base_ref) == (group["head_sha"], group["base_sha"], "main")
    assert event.pull_number is None


def test_a_finished_run_of_a_fork(tmp_path: Path) -> None:
    name = "workflow_run/completed"
    payload = changed(name, "workflow_run.head_repository", {"id": 99, "full_name": "stranger/Hello-World"})
    event = read(job(tmp_path, name, payload))
    assert event.trigger is not None
    assert event.trigger.run_id == payload["workflow_run"]["id"]
    assert event.trigger.head_repository_id == 99
    assert event.trigger.is_fork
    assert event.trigger.workflow_path == EXAMPLES[name]["workflow"]["path"]
    assert event.is_fork
    assert not event.expects_read_only_token  # this half holds the write token
    assert event.head_sha == payload["workflow_run"]["head_sha"]


def test_a_comment_on_an_issue_has_no_pull_request(tmp_path: Path) -> None:
    assert read(job(tmp_path, "issue_comment/created")).pull_number is None


def test_a_comment_on_a_pull_request_leaves_the_head_to_the_api(tmp_path: Path) -> None:
    payload = changed("issue_comment/created", "issue.pull_request", {"url": "https://api.github.com/x"})
    event = read(job(tmp_path, "issue_comment/created", payload))
    assert event.pull_number == payload["issue"]["number"]
    assert event.head_sha is None
    assert event.author == payload["issue"]["user"]["login"]


def test_a_review(tmp_path: Path) -> None:
    event = read(job(tmp_path, "pull_request_review/submitted"))
    assert event.kind is Kind.REVIEW
    assert event.head_sha == EXAMPLES["pull_request_review/submitted"]["pull_request"]["head"]["sha"]


def test_a_dispatch(tmp_path: Path) -> None:
    event = read(job(tmp_path, "workflow_dispatch/0", GITHUB_REF="refs/heads/main"))
    assert event.on_default_branch
    assert event.head_sha == MERGE


def test_a_schedule_runs_on_the_default_branch(tmp_path: Path) -> None:
    """Older servers send nothing but the timer."""
    event = read(job(tmp_path, "schedule", {"schedule": "0 4 * * *"}, GITHUB_REF="refs/heads/trunk"))
    assert event.default_branch == "trunk"
    assert event.on_default_branch


@pytest.mark.parametrize(
    ("name", "path", "value", "said"),
    [
        ("pull_request/opened", "pull_request.number", "2; rm -rf /", "pull_request.number"),
        ("pull_request/opened", "pull_request.number", True, "pull_request.number"),
        ("pull_request/opened", "pull_request.head.sha", "HEAD", "pull_request.head.sha"),
        ("pull_request/opened", "pull_request.head.sha", "a" * 40 + "\n", "pull_request.head.sha"),
        ("pull_request/opened", "pull_request.head.ref", "a\n::error::b", "pull_request.head.ref"),
        ("pull_request/opened", "pull_request.base", None, "pull_request.base"),
        ("pull_request/opened", "repository.id", 1, "the payload is about"),
        ("push/refs/heads/master", "ref", 7, "ref"),
        ("merge_group/checks_requested", "merge_group", {}, "merge_group.head_sha"),
        ("workflow_run/completed", "workflow_run.id", -1, "workflow_run.id"),
    ],
)
def test_what_github_would_not_send_is_named(tmp_path: Path, name: str, path: str, value: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace(".", r"\.")) as caught:
        read(job(tmp_path, name, changed(name, path, value)))
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GITHUB_EVENT_NAME", ""),
        ("GITHUB_EVENT_NAME", "pull_request_target"),
        ("GITHUB_EVENT_NAME", "watch"),
        ("GITHUB_EVENT_PATH", "/nowhere/event.json"),
        ("GITHUB_REPOSITORY", "octo/../../etc"),
        ("GITHUB_REPOSITORY_ID", "-1"),
        ("GITHUB_REPOSITORY_ID", "٣"),
        ("GITHUB_SHA", "main"),
        ("GITHUB_REF", ""),
        ("GITHUB_RUN_ID", "0"),
    ],
)
def test_a_broken_environment_is_named(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(UsageError, match="event" if "EVENT" in variable and value else variable):
        read(job(tmp_path, "pull_request/opened", **{variable: value}))


@pytest.mark.parametrize("raw", ["", "{", "[]", "null", "[" * 100_000, '{"pull_request": {}}', "1" * 5000])
def test_no_payload(tmp_path: Path, raw: str) -> None:
    with pytest.raises(UsageError, match="payload"):
        read(job(tmp_path, "pull_request/opened", raw))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(EXAMPLES)), value=JSON, data=st.data())
def test_any_damage_is_an_event_or_a_usage_error(tmp_path: Path, name: str, value: Any, data: st.DataObject) -> None:
    payload = copy.deepcopy(EXAMPLES[name])
    node = payload
    while True:
        key = data.draw(st.sampled_from(sorted(node)))
        if isinstance(node[key], dict) and node[key] and data.draw(st.booleans()):
            node = node[key]
            continue
        node[key] = value
        break
    with suppress(UsageError):
        assert isinstance(read(job(tmp_path, name, payload)), Event)


@pytest.mark.parametrize(
    ("name", "more", "tested", "expected"),
    [
        pytest.param("pull_request/opened", {}, MERGE, ("parent", Relation.FIRST_PARENT), id="the merge commit"),
        pytest.param("pull_request/opened", {}, "head", ("fork point", Relation.MERGE_BASE), id="the branch tip"),
        pytest.param("merge_group/checks_requested", {}, "head", ("group", Relation.GROUP_PARENT), id="a merge group"),
        pytest.param("push/refs/heads/master", {}, "head", ("parent", Relation.PREVIOUS), id="the default branch"),
        pytest.param(
            "workflow_dispatch/0",
            {"GITHUB_REF": "refs/heads/topic"},
            MERGE,
            ("fork point", Relation.MERGE_BASE),
            id="another branch",
        ),
    ],
)
def test_which_base(tmp_path: Path, name: str, more: dict[str, str], tested: str, expected: tuple[str, str]) -> None:
    payload = changed(name, "deleted", False) if name.startswith("push") else None
    event = read(job(tmp_path, name, payload, **more))
    tested_sha = event.head_sha or "" if tested == "head" else tested
    found = base_of(event, tested_sha, lambda _: "parent", lambda *_: "fork point")
    wanted = event.base_sha if expected[0] == "group" else expected[0]
    assert found == Base(wanted, Relation(expected[1]))
