"""The comment on a pull request. It has a section per project, is found by author and marker, and updated in place."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from gatebot.github import responses
from gatebot.github.api import Api, Purpose
from gatebot.github.api_errors import AMBIGUOUS, ForbiddenError, GoneError, LockedError, MissingError
from gatebot.github.comment_section import MARKER, Section, fitted, joined, parted, tidied
from gatebot.github.outcome import NoCommentNeeded, NotPermitted, Superseded, Unchanged, Written

PERMISSION = "pull-requests: write"
MAX_ROUNDS = 6


class Mode(StrEnum):
    """When to comment. `on-change` creates no comment if there is nothing to report, but updates an existing one."""

    ON_CHANGE = "on-change"
    ALWAYS = "always"
    NEVER = "never"


Outcome = Written | Unchanged | NoCommentNeeded | Superseded | NotPermitted


@dataclass(frozen=True, slots=True)
class Found:
    """A comment that gatebot wrote."""

    id: int
    url: str
    author: str
    body: str


def publish(
    api: Api,
    number: int,
    section: Section,
    *,
    mode: Mode = Mode.ON_CHANGE,
    notable: bool = True,
    known: Sequence[Found] | None = None,
    checks: bool = True,
) -> Outcome:
    """Create or update the comment of a pull request so that it shows this section.

    If other jobs may publish at the same time, the comments are read again after writing, until there is exactly one
    comment by gatebot and it contains the section. This handles concurrent jobs, lost writes and lost answers.

    Args:
        api: GitHub's API.
        number: number of the pull request, from the event or the API.
        section: the section to show; its body is Markdown that is safe to post.
        mode: when to comment.
        notable: whether there is something to report (a verdict other than a plain pass, a named state).
        known: gatebot's comments, if they have just been read.
        checks: read the comments again after writing; not needed if the caller detects concurrent jobs later.

    Raises:
        ApiError: A request fails for a reason other than a missing permission.
    """
    if mode is Mode.NEVER:
        return NoCommentNeeded()
    try:
        return _converge(api, number, tidied(section), opens=mode is Mode.ALWAYS or notable, known=known, checks=checks)
    except (ForbiddenError, LockedError, GoneError) as error:
        return NotPermitted(error.message, error.hint)


def _converge(
    api: Api, number: int, section: Section, *, opens: bool, known: Sequence[Found] | None, checks: bool
) -> Outcome:
    authors = {api.login}
    written: Written | None = None
    for _ in range(MAX_ROUNDS):
        ours = find(api, number, authors) if known is None else known
        known = None
        sections = _merged(ours)
        shown = sections.get(section.project)
        if shown is not None and shown.stamp.order > section.stamp.order:
            return Superseded(f"run {shown.stamp.order.text} is newer and has already reported")
        wanted = fitted(sections, section)
        if len(ours) == 1 and shown == wanted[section.project]:
            return written or Unchanged(ours[0].url)
        if not ours and not opens:
            return NoCommentNeeded()
        posted = _write(api, number, ours, joined(wanted), authors)
        if posted is not None:
            authors.add(posted.author)  # the author as GitHub reports it
            written = Written(posted.url, created=not ours or (written is not None and written.created))
            if not checks:
                return written
    return written or Superseded("other runs kept changing the comment")


def hand_over(api: Api, number: int, ended: Mapping[str | None, Section]) -> bool:
    """Replace sections that are older than the newest ended run of their project, and add missing ones.

    An overwritten section is lost, so its replacement shows the result of that run in short.

    Args:
        api: GitHub's API.
        number: number of the pull request.
        ended: short section of the newest ended run, by project; the key is None if there is only one project.

    Returns:
        Whether anything was written.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    authors = {api.login}
    for past in range(MAX_ROUNDS):
        ours = find(api, number, authors)
        sections = _merged(ours)
        stale: list[Section] = []
        for name in {*sections, *(project for project in ended if project)} if ours else ():
            known, short = sections.get(name), ended.get(name, ended.get(None))
            if short is not None and (known is None or known.stamp.order < short.stamp.order):
                stale.append(replace(short, project=name))
        if len(ours) < 2 and not stale:
            return past > 0
        for section in stale:
            sections = fitted(sections, tidied(section))
        _write(api, number, ours, joined(sections), authors)
    return True


def find(api: Api, number: int, authors: set[str]) -> list[Found]:
    """Return gatebot's comments, the oldest first: those by one of these authors that begin with the marker.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    why = Purpose(f"list the comments of pull request {number}", "pull-requests: read")
    pages = api.pages(api.path("issues", number, "comments"), responses.Page[responses.Comment], why)
    return found_in((comment for page in pages for comment in page.items), authors)


def found_in(comments: Iterable[responses.Comment], authors: Collection[str]) -> list[Found]:
    """Return those of the comments that are gatebot's, the oldest first."""
    ours = [_found(comment) for comment in comments]
    return sorted((c for c in ours if c.author in authors and c.body.startswith(MARKER)), key=lambda c: c.id)


def _write(api: Api, number: int, ours: Sequence[Found], body: str, authors: set[str]) -> Found | None:
    """Create or update the comment; None if the comments must be read again to know the result."""
    if not ours:
        why = Purpose(f"comment on pull request {number}", PERMISSION)
        path = api.path("issues", number, "comments")
        try:
            return _found(api.send("POST", path, responses.Comment, why, {"body": body}, repeatable=False))
        except AMBIGUOUS as trouble:
            if find(api, number, authors):
                return None  # the comment was created, but the answer was lost
            raise trouble
    why = Purpose(f"update the comment on pull request {number}", PERMISSION)
    try:
        kept = api.send("PATCH", _path(api, ours[0]), responses.Comment, why, {"body": body})
    except MissingError:
        return None  # it was deleted in the meantime
    for extra in ours[1:]:
        _delete(api, extra)
    return _found(kept)


def _delete(api: Api, extra: Found) -> None:
    with suppress(MissingError):  # another run has deleted it
        api.delete(_path(api, extra), Purpose("delete a duplicate of our comment", PERMISSION))


def _path(api: Api, comment: Found) -> str:
    return api.path("issues", "comments", comment.id)


def _merged(ours: Sequence[Found]) -> dict[str, Section]:
    """Return the sections of all of gatebot's comments; the newer one if a project has two."""
    sections: dict[str, Section] = {}
    for comment in ours:
        for section in parted(comment.body):
            known = sections.get(section.project)
            if known is None or section.stamp.order > known.stamp.order:
                sections[section.project] = section
    return sections


def _found(comment: responses.Comment) -> Found:
    body = (comment.body or "").replace("\r\n", "\n")  # line ends of the web editor
    return Found(comment.id, comment.html_url, comment.user.login if comment.user else "", body)
