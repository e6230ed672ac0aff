"""The check run `gatebot report`: the report beside the diff, with annotations. The gate is the status, not this."""

from dataclasses import dataclass
from enum import StrEnum

from gatebot.github import answers
from gatebot.github.api import Api, Json, Purpose
from gatebot.github.result import NotPermitted, Written
from gatebot.github.section import cut
from gatebot.github.trouble import AMBIGUOUS, ForbiddenError

NAME = "gatebot report"
PERMISSION = "checks: write"
MAX_TEXT = 65_535
MAX_TITLE = 255
MAX_MESSAGE = 16_000  # GitHub: 64 KB, and a character has at most four bytes
PER_REQUEST = 50


class Conclusion(StrEnum):
    """How a check run can end. `neutral` and `skipped` would satisfy branch protection: they are not here."""

    SUCCESS = "success"
    FAILURE = "failure"
    ACTION_REQUIRED = "action_required"


class Level(StrEnum):
    """How an annotation looks."""

    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on lines of a file. `path` is relative to the repository; lines count from 1."""

    path: str
    line: int
    level: Level
    message: str
    title: str = ""
    end_line: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What the check run shows. `summary` and `text` are Markdown that is safe to post."""

    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    url: str = ""
    annotations: tuple[Annotation, ...] = ()


def publish(api: Api, sha: str, check: Check, *, name: str = NAME) -> Written | NotPermitted:
    """Write the check run in as many requests as its annotations need; the last one concludes it.

    Annotations are appended, so a batch whose answer was lost is not sent again: a missing remark is better than
    fifty twice.

    Raises:
        ApiError: by cause.
    """
    why = Purpose(f"write the check run {name!r} on {sha[:12]}", PERMISSION)
    first: Json = {"name": name, "head_sha": sha, "status": "in_progress", "output": _output(check, 0)}
    if check.url:
        first["details_url"] = check.url
    try:
        run = api.send("POST", api.path("check-runs"), answers.CheckRun, why, first)
    except ForbiddenError as error:
        return NotPermitted(error.message, error.hint)
    path = api.path("check-runs", run.id)
    for start in range(PER_REQUEST, len(check.annotations), PER_REQUEST):
        try:
            body = {"output": _output(check, start)}
            api.send("PATCH", path, answers.CheckRun, why, body, repeatable=False)
        except AMBIGUOUS:
            continue
    end: Json = {"status": "completed", "conclusion": check.conclusion.value}
    done = api.send("PATCH", path, answers.CheckRun, why, end)
    return Written(done.html_url or "", created=True)


def _output(check: Check, start: int) -> Json:
    output: Json = {"title": _line(check.title) or NAME, "summary": cut(check.summary, MAX_TEXT)}
    if check.text:
        output["text"] = cut(check.text, MAX_TEXT)
    annotations = check.annotations[start : start + PER_REQUEST]
    if annotations:
        output["annotations"] = [_annotation(a) for a in annotations]
    return output


def _annotation(annotation: Annotation) -> Json:
    line = max(annotation.line, 1)
    said: Json = {
        "path": annotation.path,
        "start_line": line,
        "end_line": max(annotation.end_line or line, line),
        "annotation_level": annotation.level.value,
        "message": annotation.message[:MAX_MESSAGE] or "(no message)",
    }
    if annotation.title:
        said["title"] = _line(annotation.title)
    return said


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_TITLE]
