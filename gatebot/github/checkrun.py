"""The check run `gatebot report`, which shows the Report with annotations in the diff. The status is the gate."""

from dataclasses import dataclass
from enum import StrEnum

from gatebot.github import responses
from gatebot.github.api import Api, Json, Purpose
from gatebot.github.api_errors import AMBIGUOUS, ForbiddenError
from gatebot.github.comment_section import cut
from gatebot.github.outcome import NotPermitted, Written
from gatebot.github.run_order import RunOrder
from gatebot.github.status_log import AGGREGATE

NAME = "gatebot report"
PERMISSION = "checks: write"
MAX_TEXT = 65_535
MAX_TITLE = 255
MAX_MESSAGE = 16_000  # GitHub allows 64 KB, and a character has at most four bytes
PER_REQUEST = 50
MAX_ROUNDS = 4


class Conclusion(StrEnum):
    """Conclusions of a check run, without `neutral` and `skipped`, which would satisfy branch protection."""

    SUCCESS = "success"
    FAILURE = "failure"
    ACTION_REQUIRED = "action_required"


class Level(StrEnum):
    """The level of an annotation."""

    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation on lines of a file. `path` is relative to the repository; lines count from 1."""

    path: str
    line: int
    level: Level
    message: str
    title: str = ""
    end_line: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The content of the check run. `summary` and `text` are Markdown that is safe to post."""

    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    url: str = ""
    annotations: tuple[Annotation, ...] = ()


def name_of(context: str) -> str:
    """Return the name of the check run for a status; it is unique, because check runs of one name hide each other."""
    return NAME + context.removeprefix(AGGREGATE)


def publish(api: Api, sha: str, check: Check, order: RunOrder, *, name: str = NAME) -> Written | NotPermitted:
    """Write the completed check run, in as many requests as its annotations need.

    Annotations are appended. A batch whose answer was lost is not sent again, because missing annotations are better
    than duplicates. A check run cannot be deleted; `hand_over` handles the case that a newer run's exists already.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    why = _why(name, sha)
    whole: Json = {"name": name, "head_sha": sha, "external_id": order.text, "status": "completed"}
    whole |= {"conclusion": check.conclusion.value, "output": _output(check, 0)}
    if check.url:
        whole["details_url"] = check.url
    try:
        run = api.send("POST", api.path("check-runs"), responses.CheckRun, why, whole)
    except ForbiddenError as error:
        return NotPermitted(error.message, error.hint)
    path = api.path("check-runs", run.id)
    for start in range(PER_REQUEST, len(check.annotations), PER_REQUEST):
        try:
            body = {"output": _output(check, start)}
            api.send("PATCH", path, responses.CheckRun, why, body, repeatable=False)
        except AMBIGUOUS:
            continue
    return Written(run.html_url or "", created=True)


def hand_over(api: Api, sha: str, order: RunOrder, *, name: str = NAME) -> None:
    """Copy a newer run's check run into this run's, if the newer one existed before this run wrote its own.

    GitHub shows the check run that was completed last. A check run that a newer run writes from now on is completed
    later, so it needs no copy.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    why, mine = _why(name, sha), set[int]()
    query = {"check_name": name, "filter": "all"}
    for past in range(MAX_ROUNDS):
        pages = api.pages(api.path("commits", sha, "check-runs"), responses.Page[responses.CheckRun], why, query)
        runs = [run for page in pages for run in page.items]
        known = [(run_order, run.id, run) for run in runs if (run_order := RunOrder.of_text(run.external_id or ""))]
        mine |= {number for run_order, number, _ in known if past == 0 and run_order == order}
        ended = [each for each in known if each[2].conclusion in set(Conclusion)]
        if not mine or not ended:
            return
        newest, newest_id, shown = max(ended, key=lambda each: each[:2])
        # an updated check run counts as completed again, regardless of its id
        late = [id_ for run_order, id_, _ in known if id_ in mine and run_order < newest and (past or id_ > newest_id)]
        if not late:
            return
        for number in late:
            api.send("PATCH", api.path("check-runs", number), responses.CheckRun, why, _copy(shown))


def _copy(check_run: responses.CheckRun) -> Json:
    output = check_run.output or responses.CheckOutput()
    words: Json = {"title": _line(output.title or "") or NAME, "summary": cut(output.summary or "", MAX_TEXT)}
    if output.text:
        words["text"] = cut(output.text, MAX_TEXT)
    copy: Json = {"status": "completed", "conclusion": check_run.conclusion, "external_id": check_run.external_id}
    return {**copy, "output": words, **({"details_url": check_run.details_url} if check_run.details_url else {})}


def _why(name: str, sha: str) -> Purpose:
    return Purpose(f"write the check run {name!r} on {sha[:12]}", PERMISSION)


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
    payload: Json = {
        "path": annotation.path,
        "start_line": line,
        "end_line": max(annotation.end_line or line, line),
        "annotation_level": annotation.level.value,
        "message": annotation.message[:MAX_MESSAGE] or "(no message)",
    }
    if annotation.title:
        payload["title"] = _line(annotation.title)
    return payload


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_TITLE]
