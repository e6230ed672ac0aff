"""Writes and reads the output folder of a run: the Report, and everything that is needed to judge again."""

import json
from pathlib import Path
from typing import Any

from gatebot.comparison.case import Case, Facts
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.core.redact import Redactor, redactor
from gatebot.core.report import Report
from gatebot.errors import MachineError, UsageError
from gatebot.evidence import store as snapshots
from gatebot.evidence.disk import flush, remove, writing
from gatebot.evidence.intake import read_whole
from gatebot.evidence.need import Side
from gatebot.repository import own_folder

ANCHOR = "anchor"
"""Name of the release's evidence in head's folder, so that this folder is all that is needed to judge again."""
FACTS_FILE, REPORT_FILE, COMMENT_FILE, PAGE_FILE = "facts.json", "report.json", "comment.md", "report.html"
MAX_BYTES = 8_000_000
_FREE_TEXT = frozenset(
    {"subject", "says", "facts", "where", "log", "note", "measure", "metric", "slice", "reason", "error"}
    | {"environment_changes", "isolation_why", "why", "reproduce"}
)


def forget(out: Path) -> None:
    """Remove the output of an earlier run, so that it cannot be mistaken for this run's output if this run fails.

    Raises:
        MachineError: The output cannot be removed.
    """
    try:
        for name in (REPORT_FILE, COMMENT_FILE, PAGE_FILE, *Side):
            remove(out / name)
    except OSError as trouble:
        hint = "Check who owns it, or name another folder with --out."
        raise MachineError(f"{out} cannot be emptied: {trouble.strerror}", hint) from trouble


def leave(case: Case, report: Report, out: Path) -> None:
    """Write the Report and everything that is needed to judge again.

    The Report is written last: its presence shows that the rest is complete.

    Raises:
        MachineError: The disk is full, or the folder is not writable.
    """
    leave_evidence(case, out)
    write_text(report_json(report), out / REPORT_FILE)


def leave_evidence(case: Case, out: Path) -> None:
    """Write the facts and the Snapshots, replacing those of an earlier run.

    Raises:
        MachineError: The disk is full, or the folder is not writable.
    """
    _ignored_by_git(out)
    for side in Side:
        remove(out / side)
        snapshot = case.side(side)
        if snapshot is not None:
            snapshots.write(snapshot, out / side)
            if snapshot.truth is not None:
                snapshots.write_truth(snapshot.truth, out / side)
    if case.anchor is not None:
        snapshots.write(case.anchor, out / Side.HEAD / ANCHOR)
    write_text(case.facts.model_dump_json(by_alias=True, indent=1), out / Side.HEAD / FACTS_FILE)


def _ignored_by_git(out: Path) -> None:
    """Add a `.gitignore`, so that commits and user code's copy of the tree lack the folder; not to a user's folder."""
    if out.name == own_folder.NAME or not out.exists():
        write_text("*\n", out / ".gitignore")


def write_text(text: str, path: Path) -> None:
    """Write a file atomically.

    Raises:
        MachineError: The disk is full, or the folder is not writable.
    """
    with writing(path.parent) as temporary:
        flush(text.encode("utf-8", "replace"), temporary)
        temporary.replace(path)


def report_json(report: Report) -> str:
    """Return the Report as JSON as it is published: sorted keys, indented, with a final line break."""
    return json.dumps(report.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def without_secrets(report: Report) -> Report:
    """Return the Report with secrets masked, because texts from the user may contain what a fetch command printed."""
    known, text = redactor(), report.model_dump_json()
    if known.mask(text) == text:
        return report
    return Report.model_validate(_masked(report.model_dump(mode="json"), known))


def _masked(value: Any, known: Redactor) -> Any:
    """Return the value with secrets masked in all fields that can contain text from the user."""
    match value:
        case dict():
            return {
                name: known.redact_all(inner) if name in _FREE_TEXT else _masked(inner, known)
                for name, inner in value.items()
            }
        case list():
            return [_masked(inner, known) for inner in value]
        case _:
            return value


def stored_case(head: Path, base: Path | None) -> Case:
    """Read the Case that a run has stored.

    Raises:
        UsageError: The folder contains no facts, or they cannot be read.
        SnapshotError: The evidence cannot be read.
    """
    path = head / FACTS_FILE
    try:
        facts = Facts.model_validate_json(Checkout(head).read(FACTS_FILE, MAX_BYTES))
    except (OSError, ValueError, UnsafePathError) as error:
        problem = str(error).splitlines()[0]
        raise UsageError(f"{path}: {problem}", "give the folder that `gatebot run` left as head") from error
    has_head, anchor = (head / "snapshot").exists(), head / ANCHOR
    return Case(
        facts,
        read_whole(head) if has_head else None,
        read_whole(base) if base is not None else None,
        read_whole(anchor) if anchor.exists() else None,
    )


def stored_report(path: Path) -> Report:
    """Read a Report from a file.

    Raises:
        UsageError: The file does not exist, or this version cannot read it.
    """
    try:
        return Report.model_validate_json(Checkout(path.parent).read(path.name, MAX_BYTES))
    except (OSError, ValueError, UnsafePathError) as error:
        raise UsageError(
            f"{path}: {str(error).splitlines()[0]}", "give the report.json that `gatebot run` left"
        ) from error
