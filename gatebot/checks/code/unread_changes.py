"""What the pull request changes is read by training or predicting.

Why: A change that no training reads cannot change the model: what the trainings of this run say is not about it.
Fix: Nothing is wrong. If the file was meant to matter, look at where it is read; its tests are what can judge it.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Fact, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.files_read import FilesRead, ReadFiles
from gatebot.evidence.need import Need, Side


def needs(effort: Effort) -> tuple[Need, ...]:
    """What every smoke training of both sides read: a file that head has deleted was read by base."""
    if not effort.trains:
        return ()
    return tuple(FilesRead(fit) for side in (Side.HEAD, Side.BASE) for fit in effort.fits(side))


def excuse(comparison: Comparison) -> str:
    """Return why nothing can be told of the change."""
    if not comparison.effort.trains:
        return "predictions are brought: nothing is read in a run"
    if comparison.changed_paths is None:
        return "the changed files are not known"
    base = comparison.base
    if base is not None and not all(base.has(need) for need in needs(comparison.effort) if need.side is Side.BASE):
        return "what base's trainings read is not known"
    return next((found.why for found in _found(comparison) if found.why), "")


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """One note, about all changed files that neither side has read.

    Head's code can make a file look unread that it has read. So this is a note, whatever the policy says of its
    priority: it can be wrong and then says too little, and it never lets anything pass that is not passed without it.
    What base has read counts as read, whatever head's code says.
    """
    read = {path for found in _found(comparison) for path in found.paths}
    folders = {path[: place + 1] for path in read for place, char in enumerate(path) if char == "/"}
    changed = [path for path in comparison.changed_paths or () if path not in comparison.rule_paths]
    unread = tuple(path for path in changed if path not in read and f"{path}/" not in folders)
    if not unread:
        return
    whole = len(unread) == len(changed) and not comparison.rule_paths
    says = "{unread} of {changed} changed files are read by neither training nor predicting: {files}"
    if whole:
        says = "none of the changed files is read by training or predicting: {files}"
    facts: dict[str, Fact] = {"files": unread, "unread": len(unread), "changed": len(changed), "whole": whole}
    yield Finding("files", says, facts, action=Action.NOTE)


def _found(comparison: Comparison) -> Iterator[ReadFiles]:
    for need in needs(comparison.effort):
        snapshot = comparison.side(need.side)
        found = None if snapshot is None else snapshot.get(need, ReadFiles)
        if found is not None:
            yield found


CHECK = Check("code.unread_changes", Level.LOW, Level.LOW, run, __doc__, needs=needs, excuse=excuse, relative=True)
