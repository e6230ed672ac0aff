"""Finds the files that run the gate: workflows that name gatebot, and the workflows and actions that they call."""

import posixpath
import re
from collections.abc import Collection, Mapping

from gatebot.repository.git import Repository

WORKFLOWS = ".github/workflows/"
_LOCAL = re.compile(rb"""(?:^|[\s{,\[-])['"]?uses['"]?[ \t]*:\s*['"]?\./([^\s'"#@},\]]+)""", re.MULTILINE)
_ACTIONS = ("action.yml", "action.yaml")


def gate_files(repository: Repository, commit: str, own: Collection[str] = ()) -> frozenset[str]:
    """Return the gate's files, and its folders with a trailing slash.

    A workflow belongs to the gate if it, or any workflow or action of the repository that it calls, names gatebot.
    Everything that such a workflow calls belongs to the gate too, because it can influence what is judged.

    Args:
        repository: the repository.
        commit: the commit whose workflows are read.
        own: paths of this job's workflows, which belong to the gate whatever they contain.
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
    """Return a workflow and everything in the repository that it calls, directly or indirectly."""
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
    """Return the files that define a workflow or an action."""
    folder = called.rstrip("/")
    return tuple(posixpath.normpath(f"{folder}/{name}") for name in _ACTIONS) if called.endswith("/") else (called,)
