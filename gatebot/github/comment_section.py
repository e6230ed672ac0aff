"""The format of a comment with the sections of several projects: markers, order, and the limit on its length."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from urllib.parse import quote, unquote

from gatebot.github.run_order import RunOrder

MARKER = "<!-- gatebot -->"
MAX_COMMENT = 65_536
USUAL_END = 80  # length of the note and the closing tags at the end of a cut text
LEAST = 1_000  # minimum length to which a section is cut to make room for others

_OPEN = re.compile(
    r"<!-- gatebot section project=(?P<project>[A-Za-z0-9%._~-]*) head=(?P<head>[0-9a-f]{40}(?:[0-9a-f]{24})?)"
    r"(?: began=\d{1,12})? run=(?P<order>[0-9.]{3,60}) -->"  # older versions wrote the start time of the run
)
_CLOSE = "<!-- gatebot end -->"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_OURS = re.compile(r"<!--(?=\s*gatebot\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SectionStamp:
    """The run that wrote a section, and the commit that it judged.

    Attributes:
        head_sha: the head commit that was judged.
        order: order of the run; of two runs, on one commit or on two, the section of the newer is shown.
    """

    head_sha: str
    order: RunOrder


@dataclass(frozen=True, slots=True)
class Section:
    """The section of one project in the comment, as Markdown."""

    project: str
    stamp: SectionStamp
    body: str


def joined(sections: Mapping[str, Section]) -> str:
    """Join sections into one comment, sorted by project name and otherwise unchanged."""
    return "\n".join([MARKER, *(_framed(sections[project]) for project in sorted(sections))])


def tidied(section: Section) -> Section:
    """Remove everything that would break the comment's format: forged markers, control characters, lone surrogates."""
    body = _OURS.sub("&lt;!--", _sound(section.body)).strip("\n")
    return replace(section, project=_sound(section.project), body=body)


def fitted(others: Mapping[str, Section], section: Section) -> dict[str, Section]:
    """Cut sections to the length of one comment: first the new one, then, if necessary, the longest of all."""
    sections = {**others, section.project: section}
    excess = length(joined(sections)) - MAX_COMMENT
    if excess > 0:
        room = max(length(section.body) - excess, LEAST)
        sections[section.project] = replace(section, body=cut(section.body, room))
    while (excess := length(joined(sections)) - MAX_COMMENT) > 0:
        longest = max(sections.values(), key=lambda known: length(known.body))
        if not longest.body:
            break  # hundreds of projects: the markers alone are too long, and GitHub refuses it
        room = max(length(longest.body) - excess, 0)
        sections[longest.project] = replace(longest, body=cut(longest.body, room))
    return sections


def parted(comment: str) -> Iterator[Section]:
    """Yield the sections of a comment with unchanged bodies. Text outside of sections is dropped."""
    lines = comment.split("\n")
    at = 0
    while at < len(lines):
        opened = _OPEN.fullmatch(lines[at])
        order = RunOrder.of_text(opened["order"]) if opened is not None else None
        if opened is not None and order is not None and _CLOSE in lines[at + 1 :]:
            end = lines.index(_CLOSE, at + 1)
            stamp = SectionStamp(opened["head"], order)
            yield Section(unquote(opened["project"]), stamp, "\n".join(lines[at + 1 : end]))
            at = end
        at += 1


def cut(text: str, limit: int) -> str:
    """Cut a text to its first lines and close all that they open, so that it has at most `limit` characters."""
    if length(text) <= limit:
        return text
    lines = text.split("\n")
    ends = list(accumulate(length(line) + 1 for line in lines))
    kept = lines[: bisect_right(ends, limit - USUAL_END)]
    while True:
        short = "\n".join([*kept, *_closing(kept), "", f"*{len(lines) - len(kept)} lines cut: too long for GitHub.*"])
        if length(short) <= limit:
            return short
        if not kept:
            return ""
        kept.pop()


def length(text: str) -> int:
    """Return the number of UTF-16 units, the largest number of characters that GitHub could count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _sound(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode().replace("\r\n", "\n")
    return _CONTROL.sub(" ", whole)


def _framed(section: Section) -> str:
    stamp = section.stamp
    opened = (
        f"<!-- gatebot section project={quote(section.project, safe='')} head={stamp.head_sha}"
        f" run={stamp.order.text} -->"
    )
    return "\n".join([opened, section.body, _CLOSE])


def _closing(lines: list[str]) -> list[str]:
    """Return lines that close an open code fence, HTML comment and `<details>` elements."""
    closing: list[str] = []
    fence = _open_fence(lines)
    if fence:
        closing.append(fence)
    outside = "\n".join(_outside_fences(lines))
    if outside.rfind("<!--") > outside.rfind("-->"):
        closing.append("-->")
    depth = len(re.findall(r"<details\b", outside)) - outside.count("</details>")
    if depth > 0:
        closing += ["", "</details>" * depth]
    return closing


def _fences(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield every line with the code fence that is open after it."""
    fence = ""
    for line in lines:
        found = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        yield line, fence


def _open_fence(lines: list[str]) -> str:
    return list(_fences(lines))[-1][1] if lines else ""


def _outside_fences(lines: list[str]) -> list[str]:
    return [line for line, fence in _fences(lines) if not fence]
