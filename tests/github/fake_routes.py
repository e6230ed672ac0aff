"""What each operation of the fake GitHub does: one function an operation, in a table with its permission."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.github.contract import Contract
from tests.github.fake_state import Row, State

MAX_COMMENT = 65_536


@dataclass(frozen=True)
class Asked:
    """A request that the contract allows."""

    state: State
    contract: Contract
    values: dict[str, str]
    query: dict[str, str]
    body: Any
    token: Row
    store_url: str


@dataclass(frozen=True)
class Reply:
    """An answer: a body, or `items` to be paged (as an array, or `under` a name)."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    items: list[Any] | None = None
    under: str = ""
    raw: bytes | None = None


def refusal(status: int, message: str, **more: Any) -> Reply:
    return Reply(
        status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status), **more}
    )


def _invalid(resource: str, fault: str, message: str) -> Reply:
    error = {"resource": resource, "code": "custom", "field": fault, "message": message}
    return refusal(422, "Validation Failed", errors=[error])


# -- how rows look in an answer


def _user(asked: Asked, login: str) -> Any:
    user = asked.contract.named_sample("simple-user")
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {**user, "login": login, "id": 10_000 + asked.state.users.index(login), "type": kind}


def _repository(asked: Asked, number: int, kind: str = "repository") -> Any:
    name = asked.state.repository if number == asked.state.repository_id else f"someone-{number}/model"
    shape = asked.contract.named_sample(kind)
    branch = {} if kind == "minimal-repository" else {"default_branch": asked.state.default_branch}
    return {**shape, "id": number, "full_name": name, "name": "model", **branch}


def _tip(asked: Asked, pull: Row, end: str, sample: Any) -> Any:
    number = pull["head_repository_id"] if end == "head" else asked.state.repository_id
    home = None if number == 0 else _repository(asked, number)
    ref, sha = pull[f"{end}_ref"], pull[f"{end}_sha"]
    return {**sample, "ref": ref, "sha": sha, "repo": home, "label": f"{pull['head_owner']}:{ref}"}


def _pull(asked: Asked, pull: Row, kind: str = "pull-request") -> Any:
    shape = asked.contract.named_sample(kind)
    author = _user(asked, pull["author"]) if pull["author"] else None
    ends = {end: _tip(asked, pull, end, shape[end]) for end in ("head", "base")}
    kept = {key: pull[key] for key in ("number", "state", "draft", "locked")}
    return {**shape, **kept, **ends, "user": author}


def _comment(asked: Asked, row: Row) -> Any:
    url = f"https://github.com/{asked.state.repository}/pull/{row['number']}#issuecomment-{row['id']}"
    return {
        **asked.contract.named_sample("issue-comment"),
        "id": row["id"],
        "body": row["body"],
        "html_url": url,
        "user": _user(asked, row["login"]),
        "created_at": row["made"],
        "updated_at": row["changed"],
    }


def _status(asked: Asked, row: Row) -> Any:
    shown = {key: row[key] for key in ("id", "state", "context", "description", "target_url")}
    times = {"created_at": row["made"], "updated_at": row["made"]}
    return {**asked.contract.named_sample("status"), **shown, **times, "creator": _user(asked, row["login"])}


def _check(asked: Asked, row: Row) -> Any:
    shape = asked.contract.named_sample("check-run")
    output = {**shape["output"], **{k: row["output"].get(k) for k in ("title", "summary", "text")}}
    output["annotations_count"] = len(row["annotations"])
    shown = {key: row[key] for key in ("id", "name", "head_sha", "status", "conclusion", "details_url", "external_id")}
    url = f"https://github.com/{asked.state.repository}/runs/{row['id']}"
    return {**shape, **shown, "html_url": url, "output": output}


def _run(asked: Asked, row: Row) -> Any:
    shown = {k: row[k] for k in ("id", "event", "status", "conclusion", "head_branch", "head_sha", "path")}
    head = row["head_repository_id"]
    return {
        **asked.contract.named_sample("workflow-run"),
        **shown,
        "created_at": row["made"],
        "run_attempt": row["attempt"],
        "run_started_at": row["started"],
        "repository": _repository(asked, row.get("repository_id", asked.state.repository_id), "minimal-repository"),
        "head_repository": _repository(asked, head, "minimal-repository"),
        "pull_requests": None,
    }


def _artifact(asked: Asked, row: Row) -> Any:
    run = next(run for run in asked.state.workflow_runs if run["id"] == row["run_id"])
    home = {"repository_id": asked.state.repository_id, "head_repository_id": run["head_repository_id"]}
    return {
        **asked.contract.named_sample("artifact"),
        **{key: row[key] for key in ("id", "name", "expired", "digest")},
        "size_in_bytes": row["size"],
        "created_at": row["made"],
        "workflow_run": {
            "id": run["id"],
            **home,
            "head_branch": run["head_branch"],
            "head_sha": run["head_sha"],
            **row["claims"],
        },
    }


# -- operations


def get_user(asked: Asked) -> Reply:
    return Reply(200, {**asked.contract.named_sample("public-user"), **_user(asked, asked.token["login"])})


def get_repository(asked: Asked) -> Reply:
    return Reply(200, _repository(asked, asked.state.repository_id, "full-repository"))


def list_pulls(asked: Asked) -> Reply:
    state, head = asked.query.get("state", "open"), asked.query.get("head", "")
    rows = [p for p in asked.state.pulls.values() if state in ("all", p["state"])]
    rows = [p for p in rows if head in ("", f"{p['head_owner']}:{p['head_ref']}")]
    return Reply(200, items=[_pull(asked, p, "pull-request-simple") for p in rows])


def get_pull(asked: Asked) -> Reply:
    pull = asked.state.pulls.get(asked.values["pull_number"])
    return Reply(200, _pull(asked, pull)) if pull else refusal(404, "Not Found")


def list_files(asked: Asked) -> Reply:
    rows = asked.state.files.get(asked.values["pull_number"], [])
    shape = {**asked.contract.named_sample("diff-entry"), "sha": "0" * 40}
    return Reply(200, items=[{**shape, **{k: v for k, v in row.items() if v is not None}} for row in rows])


def _review(asked: Asked, number: str, row: Row) -> Any:
    url = f"https://github.com/{asked.state.repository}/pull/{number}#pullrequestreview-{row['id']}"
    shown = {"id": row["id"], "state": row["state"].lower(), "commit_id": row["sha"], "submitted_at": row["at"]}
    shown |= {"body": row["body"], "html_url": url, "user": _user(asked, row["login"]), "event": "reviewed"}
    return {**asked.contract.named_sample("timeline-reviewed-event"), **shown}


def list_timeline(asked: Asked) -> Reply:
    """Comments and reviews in the order in which they were made. Reviews that are not submitted are not shown."""
    number = asked.values["issue_number"]
    if number not in asked.state.pulls:
        return refusal(404, "Not Found")
    moments = []
    for row in asked.state.comments:
        if str(row["number"]) == number:
            shown = {**asked.contract.named_sample("timeline-comment-event"), **_comment(asked, row)}
            moments.append((row["made"], row["id"], {**shown, "event": "commented", "actor": shown["user"]}))
    submitted = [row for row in asked.state.reviews.get(number, []) if row["state"] != "PENDING"]
    moments += [(row["at"], row["id"], _review(asked, number, row)) for row in submitted]
    return Reply(200, items=[moment for *_, moment in sorted(moments, key=lambda each: each[:2])])


def list_comments(asked: Asked) -> Reply:
    number = asked.values["issue_number"]
    if number not in asked.state.pulls:
        return refusal(404, "Not Found")
    return Reply(200, items=[_comment(asked, c) for c in asked.state.comments if str(c["number"]) == number])


def create_comment(asked: Asked) -> Reply:
    pull = asked.state.pulls.get(asked.values["issue_number"])
    if pull is None:
        return refusal(404, "Not Found")
    if pull["locked"]:
        return refusal(403, "Unable to create comment because issue is locked.")
    if fault := _too_long(asked.body["body"]):
        return fault
    made = asked.state.now()
    row: Row = {"id": asked.state.next_id(), "number": pull["number"], "login": asked.token["login"], "made": made}
    row |= {"body": asked.body["body"], "changed": made}
    asked.state.comments.append(row)
    return Reply(201, _comment(asked, row))


def get_comment(asked: Asked) -> Reply:
    row = _find(asked.state.comments, asked.values["comment_id"])
    return Reply(200, _comment(asked, row)) if row else refusal(404, "Not Found")


def edit_comment(asked: Asked) -> Reply:
    row = _find(asked.state.comments, asked.values["comment_id"])
    if row is None:
        return refusal(404, "Not Found")
    if fault := _too_long(asked.body["body"]):
        return fault
    row |= {"body": asked.body["body"], "changed": asked.state.now()}
    return Reply(200, _comment(asked, row))


def delete_comment(asked: Asked) -> Reply:
    row = _find(asked.state.comments, asked.values["comment_id"])
    if row is None:
        return refusal(404, "Not Found")
    asked.state.comments.remove(row)
    return Reply(204)


def list_commits(asked: Asked) -> Reply:
    shape = asked.contract.named_sample("commit")
    someone = _user(asked, asked.state.users[0])
    found: list[str] = []
    ahead = [asked.query["sha"]]
    while ahead:
        sha = ahead.pop(0)
        if sha in asked.state.commits and sha not in found:
            found.append(sha)
            ahead += asked.state.commits[sha]
    if not found:
        return refusal(404, "Not Found")
    return Reply(200, items=[{**shape, "sha": sha, "author": someone, "committer": someone} for sha in found])


def list_statuses(asked: Asked) -> Reply:
    rows = [row for row in asked.state.statuses if row["sha"] == asked.values["ref"]]
    return Reply(200, items=[_status(asked, row) for row in reversed(rows)])


def create_status(asked: Asked) -> Reply:
    sha = asked.values["sha"]
    if sha not in asked.state.commits:
        return refusal(422, f"No commit found for SHA: {sha}")
    if len(asked.body.get("description") or "") > 140:
        return _invalid("Status", "description", "description is too long (maximum is 140 characters)")
    row: Row = {"id": asked.state.next_id(), "sha": sha, "login": asked.token["login"], "made": asked.state.now()}
    row |= {"context": "default", "description": None, "target_url": None, **asked.body}
    asked.state.statuses.append(row)
    return Reply(201, _status(asked, row))


def create_check(asked: Asked) -> Reply:
    if not asked.token["installation"]:
        return refusal(403, "You must authenticate via a GitHub App.")
    if asked.body["head_sha"] not in asked.state.commits:
        return refusal(422, f"No commit found for SHA: {asked.body['head_sha']}")
    row: Row = {"id": asked.state.next_id(), "status": "queued", "conclusion": None, "details_url": None}
    row |= {"external_id": None, "output": {}, "annotations": [], "completed_at": None}
    asked.state.check_runs.append(row)
    _apply(row, asked.body, asked.state.now())
    return Reply(201, _check(asked, row))


def edit_check(asked: Asked) -> Reply:
    row = _find(asked.state.check_runs, asked.values["check_run_id"])
    if row is None:
        return refusal(404, "Not Found")
    _apply(row, asked.body, asked.state.now())
    return Reply(200, _check(asked, row))


def get_check(asked: Asked) -> Reply:
    row = _find(asked.state.check_runs, asked.values["check_run_id"])
    return Reply(200, _check(asked, row)) if row else refusal(404, "Not Found")


def list_annotations(asked: Asked) -> Reply:
    row = _find(asked.state.check_runs, asked.values["check_run_id"])
    shape = asked.contract.named_sample("check-annotation")
    return Reply(200, items=[{**shape, **annotation} for annotation in row["annotations"]]) if row else refusal(404, "")


def list_checks(asked: Asked) -> Reply:
    """The newest first. With the filter `latest`, of each name the one that was completed last."""
    rows = [row for row in asked.state.check_runs if row["head_sha"] == asked.values["ref"]]
    rows = [row for row in rows if asked.query.get("check_name", row["name"]) == row["name"]]
    rows.sort(key=lambda row: (row["completed_at"] or "", row["id"]), reverse=True)
    if asked.query.get("filter", "latest") == "latest":
        rows = [row for place, row in enumerate(rows) if row["name"] not in {each["name"] for each in rows[:place]}]
    return Reply(200, items=[_check(asked, row) for row in rows], under="check_runs")


def list_runs(asked: Asked) -> Reply:
    file, query = asked.values["workflow_id"], asked.query
    rows = [run for run in asked.state.workflow_runs if run["path"].rpartition("/")[2] == file]
    if not rows:
        return refusal(404, "Not Found")
    if not asked.state.ignores_filters:
        rows = [run for run in rows if query.get("event", run["event"]) == run["event"]]
        rows = [run for run in rows if query.get("branch", run["head_branch"]) == run["head_branch"]]
        rows = [run for run in rows if query.get("head_sha", run["head_sha"]) == run["head_sha"]]
    return Reply(200, items=[_run(asked, run) for run in reversed(rows)], under="workflow_runs")


def list_artifacts(asked: Asked) -> Reply:
    name = None if asked.state.ignores_filters else asked.query.get("name")
    rows = [a for a in asked.state.artifacts if str(a["run_id"]) == asked.values["run_id"]]
    rows = [a for a in rows if name in (None, a["name"])]
    return Reply(200, items=[_artifact(asked, a) for a in rows], under="artifacts")


def download_artifact(asked: Asked) -> Reply:
    row = _find(asked.state.artifacts, asked.values["artifact_id"])
    if row is None:
        return refusal(404, "Not Found")
    if row["expired"] or row["gone"]:
        return refusal(410, "Artifact has expired")
    return Reply(302, None, {"Location": f"{asked.store_url}/signed/{row['id']}"}, raw=b"")


def get_permission(asked: Asked) -> Reply:
    login = asked.values["username"]
    if login not in asked.state.users:
        return refusal(404, f"{login} is not a user")
    held = asked.state.permissions.get(login, "read")
    return Reply(200, {"permission": held, "role_name": held, "user": None})


def _find(rows: list[Row], number: str) -> Row | None:
    return next((row for row in rows if str(row["id"]) == number), None)


def _too_long(body: str) -> Reply | None:
    if len(body) > MAX_COMMENT:
        return _invalid("IssueComment", "body", f"body is too long (maximum is {MAX_COMMENT} characters)")
    return None if body.strip() else _invalid("IssueComment", "body", "body cannot be blank")


def _apply(row: Row, body: Row, now: str) -> None:
    """As GitHub does: fields replace, annotations are appended, a conclusion completes."""
    output = dict(body.get("output") or {})
    row["annotations"] += output.pop("annotations", [])
    row["output"] |= output
    row |= {key: value for key, value in body.items() if key != "output"}
    if body.get("conclusion"):
        row |= {"status": "completed", "completed_at": now}


_R = "/repos/{owner}/{repo}"
ROUTES: dict[tuple[str, str], tuple[str, Callable[[Asked], Reply]]] = {
    ("get", "/user"): ("user:read", get_user),
    ("get", _R): ("", get_repository),
    ("get", f"{_R}/pulls"): ("pull_requests:read", list_pulls),
    ("get", f"{_R}/pulls/{{pull_number}}"): ("pull_requests:read", get_pull),
    ("get", f"{_R}/pulls/{{pull_number}}/files"): ("pull_requests:read", list_files),
    ("get", f"{_R}/issues/{{issue_number}}/comments"): ("pull_requests:read", list_comments),
    ("post", f"{_R}/issues/{{issue_number}}/comments"): ("pull_requests:write", create_comment),
    ("get", f"{_R}/issues/{{issue_number}}/timeline"): ("pull_requests:read", list_timeline),
    ("get", f"{_R}/issues/comments/{{comment_id}}"): ("pull_requests:read", get_comment),
    ("patch", f"{_R}/issues/comments/{{comment_id}}"): ("pull_requests:write", edit_comment),
    ("delete", f"{_R}/issues/comments/{{comment_id}}"): ("pull_requests:write", delete_comment),
    ("get", f"{_R}/commits"): ("contents:read", list_commits),
    ("get", f"{_R}/commits/{{ref}}/statuses"): ("statuses:read", list_statuses),
    ("post", f"{_R}/statuses/{{sha}}"): ("statuses:write", create_status),
    ("post", f"{_R}/check-runs"): ("checks:write", create_check),
    ("get", f"{_R}/check-runs/{{check_run_id}}"): ("checks:read", get_check),
    ("patch", f"{_R}/check-runs/{{check_run_id}}"): ("checks:write", edit_check),
    ("get", f"{_R}/check-runs/{{check_run_id}}/annotations"): ("checks:read", list_annotations),
    ("get", f"{_R}/commits/{{ref}}/check-runs"): ("checks:read", list_checks),
    ("get", f"{_R}/actions/workflows/{{workflow_id}}/runs"): ("actions:read", list_runs),
    ("get", f"{_R}/actions/runs/{{run_id}}/artifacts"): ("actions:read", list_artifacts),
    ("get", f"{_R}/actions/artifacts/{{artifact_id}}/{{archive_format}}"): ("actions:read", download_artifact),
    ("get", f"{_R}/collaborators/{{username}}/permission"): ("", get_permission),
}
