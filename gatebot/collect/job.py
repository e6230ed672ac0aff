"""What collect is told: which trees, by which Rules, with what at hand."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gatebot.config.document import Recipe, Rules
from gatebot.core.needs import Side
from gatebot.core.redact import is_secret
from gatebot.evidence.snapshot import Snapshot
from gatebot.sandbox import Reach


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one commit.

    Attributes:
        path: the repository's root on disk (the checkout, or a git worktree).
        recipe: how this commit is trained.
        commit: the commit that the evidence speaks for; None for an unclean working tree.
        tested: the commit whose tree this is.
        folder: of gatebot.yml, relative to `path`: where the user's commands run and what paths are relative to.
    """

    path: Path
    recipe: Recipe
    commit: str | None = None
    tested: str | None = None
    folder: PurePosixPath = field(default_factory=PurePosixPath)


@dataclass(frozen=True, slots=True)
class Job:
    """One question's surroundings. The same for all of its rounds.

    Attributes:
        project: keys seeds and hashes.
        rules: from the base branch.
        trees: what can be trained here. Without base's tree, needs of base stay unmet.
        cache: where fetched data and environments are kept between runs; made when it is missing.
        kept: further places that hold labels or baselines, which no user code may see.
        known_base: base's Snapshot: its eval rows bind, its trainings say what one costs.
        rules_tree: the commit that the Rules come from; base's tree by default.
        trusts_head: head's own files may run with a secret, and beside labels, where there is no base: main's own run
            and a developer's own machine, and never a pull request that brings its own Rules.
        deadline: of `time.monotonic()`; no training starts that would probably not end before it.
        effort: seeds and folds by name, as they shall stand in the Snapshot.
        parallel: user commands at once; by default as many as there are processors, one on a GPU.
        environ: gatebot's own environment, from which only what the Rules name crosses.
        reach: the isolation that is possible here; looked up by default.
    """

    project: str
    rules: Rules
    trees: Mapping[Side, Tree]
    cache: Path
    kept: tuple[Path, ...] = ()
    known_base: Snapshot | None = None
    rules_tree: Tree | None = None
    trusts_head: bool = True
    deadline: float | None = None
    effort: Mapping[str, int] = field(default_factory=dict)
    parallel: int | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    reach: Reach | None = None

    @property
    def slots(self) -> int:
        """User commands at once."""
        if self.parallel is not None:
            return max(1, self.parallel)
        return 1 if self.rules.smoke.device == "cuda" else processors()

    @property
    def threads(self) -> int:
        """Threads of each command. Fixed for a machine, because sums depend on how many threads add them."""
        return max(1, processors() // self.slots)

    @property
    def code_tree(self) -> Tree | None:
        """The files that may run with a secret, and beside labels: base's; None where nobody has merged any."""
        if self.rules_tree is not None:
            return self.rules_tree
        if Side.BASE in self.trees:
            return self.trees[Side.BASE]
        return self.trees.get(Side.HEAD) if self.trusts_head else None

    def is_of_base(self, tree: Tree) -> bool:
        """Whether somebody has merged a tree's files and its recipe, so that they may run with a secret."""
        head = self.trees.get(Side.HEAD)
        is_merged = tree is self.trees.get(Side.BASE) and (head is None or tree.recipe is not head.recipe)
        return tree is self.code_tree or is_merged


def runs_code_of_base(rules: Rules, environ: Mapping[str, str]) -> bool:
    """Whether something is run on head's behalf that only files of base may do: with secrets, or beside labels."""
    own_metrics = any(rule.python for rule in rules.metrics)
    credentials = any(is_secret(name, environ[name]) for name in rules.smoke.env.pass_ if environ.get(name))
    return own_metrics or rules.data.fetch is not None or credentials


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))
