"""Counts the rows of the data before a run, and how many of them would be eval rows."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatebot.errors import GateError

if TYPE_CHECKING:
    from gatebot.config.document import Document
    from gatebot.evidence.truth import Truth


@dataclass(frozen=True, slots=True)
class EvalRows:
    """The numbers of rows and columns that were read, of labelled rows, and of eval rows, and the labels of those."""

    rows: int
    columns: int
    labelled: int | None
    eval_rows: int
    truth: "Truth | None" = None


def eval_rows(config: Path, document: "Document", project: str = "") -> EvalRows:
    """Read the data, and split it as a run does.

    Raises:
        GateError: the data cannot be read or split.
    """
    from gatebot.collect.load import columns, layout, readers, split_rules
    from gatebot.collect.program import Programs
    from gatebot.data.profile import truth
    from gatebot.data.read import read
    from gatebot.data.source import Source
    from gatebot.data.split import split
    from gatebot.data.target import present, target_of
    from gatebot.sandbox import Isolation, probe, scratch

    folder, recipe, rules = config.resolve().parent, document.recipe.data, document.rules
    source = Source(folder, recipe.path, recipe.train, recipe.eval, _root(folder))
    with scratch() as cache:
        programs = Programs(probe(), Isolation.NONE, cache)
        rows = read(source, columns(rules), readers(rules, programs, os.environ), layout(rules, document.recipe))
    target = target_of(rows, document.task.value)
    parts = split(rows, split_rules(project or rules.project or "", rules, None))
    labelled = None if target is None else int(present(target).sum())
    return EvalRows(len(rows), rows.frame.width, labelled, len(parts.eval), truth(parts))


def _root(folder: Path) -> Path:
    """Return the folder that may hold data: the repository, or the folder alone outside of one."""
    from gatebot.repository.git import open_repository

    try:
        return open_repository(folder).root
    except GateError:
        return folder
