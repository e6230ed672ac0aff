"""The whole flow of a pull request against an emulator that others wrote."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from gatebot.github.api import Api, Pace
from gatebot.github.checkrun import Annotation, Check, Conclusion, Level
from gatebot.github.checkrun import publish as publish_check
from gatebot.github.comment import publish
from gatebot.github.comment_section import Section, SectionStamp, parted
from gatebot.github.outcome import Superseded, Unchanged, Written
from gatebot.github.pull import pull, pulls_with_head
from gatebot.github.run_order import RunOrder
from tests.github import emulator

pytestmark = pytest.mark.skipif(bool(emulator.missing_tools()), reason=emulator.missing_tools() or "never")


@dataclass(frozen=True)
class Scene:
    """A repository with one pull request."""

    url: str
    number: int
    head_sha: str

    def ask(self, verb: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": "Bearer tok_owner"}
        answer = requests.request(verb, f"{self.url}/repos/acme/model/{path}", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def commit(self, path: str, content: str, branch: str) -> str:
        body = {"message": path, "content": content, "branch": branch}
        return str(self.ask("PUT", f"contents/{path}", body)["commit"]["sha"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator.running(tmp_path_factory.mktemp("emulate")) as url:
        yield url


@pytest.fixture
def scene(server: str, request: pytest.FixtureRequest) -> Scene:
    owner = Scene(server, 0, "")
    branch = f"change-{abs(hash(request.node.name))}"
    main = owner.ask("GET", "git/ref/heads/main")["object"]["sha"]
    owner.ask("POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": main})
    head = owner.commit(f"{branch}.txt", "aGVsbG8=", branch)
    opened = owner.ask("POST", "pulls", {"title": "change", "head": branch, "base": "main"})
    return Scene(server, opened["number"], head)


@pytest.fixture
def api(server: str) -> Iterator[Api]:
    with Api("tok_bot", "acme/model", url=server, pace=Pace(between_requests_s=0, between_writes_s=0)) as client:
        yield client


def bodies(scene: Scene) -> list[str]:
    return [comment["body"] for comment in scene.ask("GET", f"issues/{scene.number}/comments?per_page=100")]


@pytest.mark.whole
def test_one_comment_through_the_life_of_a_pull_request(scene: Scene, api: Api) -> None:
    first = Section(
        "tickets", SectionStamp(scene.head_sha, RunOrder.of_run(1)), "## gatebot: blocked (P1)\n\n| a | b |\n|---|---|"
    )
    second = Section("ranking", SectionStamp(scene.head_sha, RunOrder.of_run(2)), "## gatebot: pass")
    for index in range(40):
        scene.ask("POST", f"issues/{scene.number}/comments", {"body": f"remark {index}"})
    assert isinstance(publish(api, scene.number, first), Written)
    assert isinstance(publish(api, scene.number, first), Unchanged)
    assert isinstance(publish(api, scene.number, second), Written)
    (ours,) = [body for body in bodies(scene) if body.startswith("<!-- gatebot -->")]
    assert {section.project: section.body for section in parted(ours)} == {
        "tickets": first.body,
        "ranking": second.body,
    }


def test_an_older_run_writes_nothing(scene: Scene, api: Api) -> None:
    publish(api, scene.number, Section("tickets", SectionStamp(scene.head_sha, RunOrder.of_run(2)), "new"))
    old = Section("tickets", SectionStamp("0" * 40, RunOrder.of_run(1)), "old")
    assert isinstance(publish(api, scene.number, old), Superseded)


def test_a_deleted_comment_is_made_again(scene: Scene, api: Api) -> None:
    section = Section("tickets", SectionStamp(scene.head_sha, RunOrder.of_run(1)), "text")
    publish(api, scene.number, section)
    (comment,) = scene.ask("GET", f"issues/{scene.number}/comments")
    scene.ask("DELETE", f"issues/comments/{comment['id']}")
    assert isinstance(publish(api, scene.number, section), Written)
    assert len(bodies(scene)) == 1


def test_the_check_run_is_concluded(scene: Scene, api: Api) -> None:
    remarks = tuple(Annotation("a.py", i + 1, Level.NOTICE, f"remark {i}") for i in range(70))
    outcome = publish_check(
        api,
        scene.head_sha,
        Check(Conclusion.FAILURE, "blocked (P1)", "summary", annotations=remarks),
        RunOrder.of_run(1),
    )
    assert isinstance(outcome, Written)
    (run,) = scene.ask("GET", f"commits/{scene.head_sha}/check-runs")["check_runs"]
    assert (run["name"], run["status"], run["conclusion"]) == ("gatebot report", "completed", "failure")


def test_who_we_are_and_what_is_open(scene: Scene, api: Api) -> None:
    assert api.login == "gatebot"
    now = pull(api, scene.number)
    assert (now.author, now.base_ref, now.is_fork, now.is_open) == ("acme", "main", False, True)
    assert pulls_with_head(api, scene.head_sha, "acme", now.head_ref) == (now,)
