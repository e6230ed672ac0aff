"""Which files of a repository run the gate: workflows that name it, and the workflows and actions that these call."""

import posixpath
import re
from collections.abc import Collection, Mapping

from gatebot.repository.git import Repository

WORKFLOWS = ".github/workflows/"
_LOCAL = re.compile(rb"""(?:^|[\s{,\[-])['"]?uses['"]?[ \t]*:\s*['"]?\./([^\s'"#@},\]]+)""", re.MULTILINE)
_ACTIONS = ("action.yml", "action.yaml")


def gate_files(repository: Repository, commit: str, own: Collection[str] = ()) -> frozenset[str]:
    """Files, and folders with a slash at their end.

    A workflow is the gate's where it, or anything of the repository that it calls, names gatebot. What a gate's
    workflow calls decides what is judged, whatever it says itself.

    Args:
        repository: where.
        commit: whose workflows count.
        own: paths of workflows that are the gate's whatever they say: this job's.
    """
    texts = repository.contents(commit, _may_matter)
    found: set[str] = set()
    for path in texts:
        if path.startswith(WORKFLOWS):
            called = _called(texts, path)
            if path in own or any(b"gatebot" in texts.get(file, b"") for each in called for file in _texts_of(each)):
                found |= called
    return frozenset(found)


def _may_matter(path: str) -> bool:
    return path.startswith(WORKFLOWS) or posixpath.basename(path) in _ACTIONS


def _called(texts: Mapping[str, bytes], path: str) -> set[str]:
    """A workflow and all of the repository that it calls, whatever calls it in between."""
    found: set[str] = set()
    queue = [path]
    while queue:
        each = queue.pop()
        if each in found:
            continue
        found.add(each)
        for file in _texts_of(each):
            for name in _LOCAL.findall(texts.get(file, b"")):
                target = posixpath.normpath(name.decode("utf-8", "replace"))
                queue.append(target if target.endswith((".yml", ".yaml")) else f"{target}/")
    return found


def _texts_of(called: str) -> tuple[str, ...]:
    """The files that say what a workflow or an action does."""
    folder = called.rstrip("/")
    return tuple(posixpath.normpath(f"{folder}/{name}") for name in _ACTIONS) if called.endswith("/") else (called,)
