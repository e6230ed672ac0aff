"""Cuts GitHub's OpenAPI description down to the operations that the fake serves.

    npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-*.tgz
    python -m tests.github.cut_openapi package/generated/api.github.com.json

What is kept is as GitHub published it (MIT licence, (c) Octokit contributors; see `octokit.LICENSE`),
without prose, examples and headers.
"""

import json
import sys
from pathlib import Path
from typing import Any

REPO = "/repos/{owner}/{repo}"
OPERATIONS = {
    "/user": ["get"],
    REPO: ["get"],
    f"{REPO}/pulls": ["get"],
    f"{REPO}/pulls/{{pull_number}}": ["get"],
    f"{REPO}/pulls/{{pull_number}}/files": ["get"],
    f"{REPO}/issues/{{issue_number}}/comments": ["get", "post"],
    f"{REPO}/issues/{{issue_number}}/timeline": ["get"],
    f"{REPO}/issues/comments/{{comment_id}}": ["get", "patch", "delete"],
    f"{REPO}/commits": ["get"],
    f"{REPO}/commits/{{ref}}/statuses": ["get"],
    f"{REPO}/statuses/{{sha}}": ["post"],
    f"{REPO}/check-runs": ["post"],
    f"{REPO}/check-runs/{{check_run_id}}": ["get", "patch"],
    f"{REPO}/check-runs/{{check_run_id}}/annotations": ["get"],
    f"{REPO}/commits/{{ref}}/check-runs": ["get"],
    f"{REPO}/actions/workflows/{{workflow_id}}/runs": ["get"],
    f"{REPO}/actions/runs/{{run_id}}/artifacts": ["get"],
    f"{REPO}/actions/artifacts/{{artifact_id}}/{{archive_format}}": ["get"],
    f"{REPO}/collaborators/{{username}}/permission": ["get"],
}
PROSE = {"description", "summary", "tags", "externalDocs", "example", "examples", "headers", "x-github", "title"}
TARGET = Path(__file__).with_name("openapi.json")


def cut(spec: dict[str, Any]) -> dict[str, Any]:
    paths = {path: {verb: bare(spec["paths"][path][verb]) for verb in verbs} for path, verbs in OPERATIONS.items()}
    kept: dict[str, Any] = {}
    wanted = references(paths)
    while wanted:
        reference = wanted.pop()
        if reference not in kept:
            kept[reference] = bare(looked_up(spec, reference))
            wanted |= references(kept[reference])
    components: dict[str, dict[str, Any]] = {}
    for reference in sorted(kept):
        _, _, kind, name = reference.split("/")
        components.setdefault(kind, {})[name] = kept[reference]
    info = {"title": spec["info"]["title"], "version": spec["info"]["version"], "license": spec["info"]["license"]}
    return {"openapi": spec["openapi"], "info": info, "paths": paths, "components": components}


def bare(node: Any, *, names: bool = False) -> Any:
    """The node without prose. In a mapping from names (`properties`) every key is a name and stays."""
    match node:
        case dict():
            kept = {key: value for key, value in node.items() if names or key not in PROSE}
            return {key: bare(value, names=not names and key == "properties") for key, value in kept.items()}
        case list():
            return [bare(item) for item in node]
        case _:
            return node


def references(node: Any) -> set[str]:
    match node:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return set().union(*(references(value) for value in node.values()))
        case list():
            return set().union(*(references(item) for item in node))
        case _:
            return set()


def looked_up(spec: dict[str, Any], reference: str) -> Any:
    node: Any = spec
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


if __name__ == "__main__":
    published = json.loads(Path(sys.argv[1]).read_text())
    TARGET.write_text(json.dumps(cut(published), separators=(",", ":")) + "\n")
