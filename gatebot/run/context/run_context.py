"""The run context: everything about a run that is known before evidence is collected."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatebot.comparison.case import Facts
from gatebot.config.document import Recipe
from gatebot.config.load import FILE_NAME
from gatebot.core.report import State
from gatebot.repository.git import Repository


@dataclass(frozen=True, slots=True)
class RunContext:
    """The context of one run.

    Attributes:
        facts: the facts for the judge; costs, effort and base's age are filled in later.
        recipe: Recipe of the tree at `root`.
        root: root of the repository, or the configuration's folder outside git.
        folder: folder of the configuration, relative to `root`.
        repository: None outside git.
        base_commit: the commit to compare with; None if there is none.
        as_baseline: this is main's own run, whose evidence is stored for pull requests.
        trusts_head: the tree's own files may run with secrets if no base decides. It is False for a pull request,
            which may bring its own Rules.
        may_train_base: base's code may run in this job, because it is trusted; False in a fork's job.
        rules_path: path of base's configuration, relative to `root`.
        run: ids of the workflow run and of the attempt; zeros outside Actions.
    """

    facts: Facts
    recipe: Recipe
    root: Path
    folder: PurePosixPath
    repository: Repository | None = None
    base_commit: str | None = None
    as_baseline: bool = False
    trusts_head: bool = True
    may_train_base: bool = True
    rules_path: str = FILE_NAME
    run: tuple[int, int] = (0, 0)


def with_state(facts: Facts, *states: State) -> Facts:
    """Return the facts with additional states."""
    return facts.model_copy(update={"states": (*facts.states, *states)})
