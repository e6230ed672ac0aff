"""The double itself: it keeps to GitHub's description, and catches us where we would not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from gatebot.github import responses
from gatebot.github.api import Api, Purpose
from gatebot.github.api_errors import InvalidError
from tests.github.cut_openapi import OPERATIONS
from tests.github.fake_github import BOT_TOKEN, FakeGitHub
from tests.github.fake_routes import ROUTES


def test_every_operation_of_the_cut_description_is_served() -> None:
    assert set(ROUTES) == {(verb, path) for path, verbs in OPERATIONS.items() for verb in verbs}


def test_the_cut_description_is_small_and_says_whose_it_is() -> None:
    path = Path(__file__).with_name("openapi.json")
    assert path.stat().st_size < 700_000
    assert json.loads(path.read_text())["info"]["license"]["name"] == "MIT"
    assert "MIT License" in path.with_name("octokit.LICENSE").read_text()


SHA = "a" * 40
REMARK = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}


def check(**output: object) -> dict[str, object]:
    return {"name": "x", "head_sha": SHA, "output": {"title": "t", "summary": "s", **output}}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("check-runs", {"name": "x", "head_sha": SHA, "conclusion": "passed"}, "conclusion"),
        ("check-runs", check(summary="s" * 70_000), "summary"),
        ("check-runs", check(annotations=[REMARK] * 51), "annotations"),
        (f"statuses/{SHA}", {"state": "neutral"}, "state"),
        ("issues/1/comments", {}, "body"),
    ],
)
def test_what_the_description_forbids_is_refused(
    github: FakeGitHub, api: Api, path: str, body: dict[str, object], said: str
) -> None:
    github.pull(SHA)
    with pytest.raises(InvalidError, match=said):
        api.send("POST", f"/repos/octo/model/{path}", responses.Nothing, Purpose("break a rule"), body)
    assert github.faults
    github.faults.clear()


def test_a_request_outside_of_the_description_is_noticed(github: FakeGitHub, api: Api) -> None:
    with pytest.raises(Exception, match="404"):
        api.get("/repos/octo/model/rulesets", responses.Nothing, Purpose("go astray"))
    assert github.faults == ["GET /repos/octo/model/rulesets is not in the cut description"]
    github.faults.clear()


def test_an_unknown_commit_has_no_status(github: FakeGitHub, api: Api) -> None:
    with pytest.raises(InvalidError, match="No commit found"):
        api.send("POST", api.path("statuses", "f" * 40), responses.Nothing, Purpose("x"), {"state": "success"})


def test_from_the_command_line_it_keeps_its_state(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.github.fake_github", "--port", "0", "--state", str(tmp_path)]
    root = Path(__file__).parents[2]
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    for expected in (1, 2):
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            state = json.loads((tmp_path / "state.json").read_text())
            if expected == 1:  # a scene is set by writing the file before the start
                state["commits"]["a" * 40] = []
                (tmp_path / "state.json").write_text(json.dumps(state))
            else:
                body = {"state": "success", "context": "gatebot"}
                path = f"{url}/repos/octo/model/statuses/{'a' * 40}"
                assert requests.post(path, json=body, headers=headers, timeout=10).status_code == 201
                assert json.loads((tmp_path / "state.json").read_text())["statuses"][0]["context"] == "gatebot"
            process.terminate()
