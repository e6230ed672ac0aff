"""Everything about a run that is known before any evidence is collected."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatebot.comparison.case import Facts
from gatebot.config.document import Recipe
from gatebot.config.load import FILE_NAME
from gatebot.core.report import State
from gatebot.repository.git import Repository


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run.

    Attributes:
        facts: what the judge will know; costs, effort and base's age are filled in later.
        recipe: of the tree at `root`.
        root: the repository, or the configuration's folder where there is none.
        folder: of the configuration, relative to `root`.
        repository: None outside git.
        base_commit: the commit to compare with; None where there is none.
        as_baseline: this is main's own run, whose evidence is kept for pull requests.
        trusts_head: the tree's own files may run with a secret where no base decides: not a pull request's that brings
            its own Rules.
        may_train_base: base's code may run here: it is trusted, and not a fork's job.
        rules_path: of base's configuration, relative to `root`.
        run: workflow run and attempt; zeros outside Actions.
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
    """The facts with more named states."""
    return facts.model_copy(update={"states": (*facts.states, *states)})
