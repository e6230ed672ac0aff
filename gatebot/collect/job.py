"""The input of the collector: the trees, the Rules and what is already known."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gatebot.config.document import Recipe, Rules
from gatebot.core.redact import is_secret
from gatebot.evidence.need import Side
from gatebot.evidence.snapshot import Snapshot
from gatebot.sandbox import Reach


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one commit.

    Attributes:
        path: the repository's root on disk (the checkout, or a git worktree).
        recipe: how this commit is trained.
        commit: the commit that the evidence is recorded for; None for a working tree with changes.
        tested: the commit whose files these are.
        folder: the folder of gatebot.yml, relative to `path`. User commands start there, and paths are relative to it.
        added: files that user code gets in place of the tree's own, by path relative to `path`; for what is only about
            to be written.
    """

    path: Path
    recipe: Recipe
    commit: str | None = None
    tested: str | None = None
    folder: PurePosixPath = field(default_factory=PurePosixPath)
    added: Mapping[PurePosixPath, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that the collector needs to know. It is the same for all rounds of a run.

    Attributes:
        project: the key for seeds and hashes.
        rules: the Rules, from the base branch.
        trees: the trees that can be trained here. Without base's tree, needs of base stay unmet.
        cache: the folder that keeps fetched data and environments between runs; made if missing.
        kept: further paths with labels or baselines, which user code must not see.
        known_base: base's Snapshot. Its eval rows are binding, and its trainings tell what a training costs.
        rules_tree: the commit that the Rules come from; base's tree by default.
        trusts_head: whether head's own files may run with a secret and beside labels if there is no base. True for runs
            of main and on a developer's machine, never for a pull request that brings its own Rules.
        deadline: a time of `time.monotonic()`; no training starts that would probably not end before it.
        measures: whether a model may be trained to measure how many rows can be predicted.
        auto_rows: the rows that `smoke.eval_rows: auto` predicted on an earlier commit of main; None measures them.
        effort: the numbers of seeds and folds by name, as recorded in the Snapshot.
        parallel: how many user commands run at once; by default the number of processors, or one on a GPU.
        environ: gatebot's own environment, of which only what the Rules name is passed on.
        reach: the isolation that is possible here; detected by default.
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
    measures: bool = True
    auto_rows: int | None = None
    effort: Mapping[str, int] = field(default_factory=dict)
    parallel: int | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    reach: Reach | None = None

    @property
    def slots(self) -> int:
        """How many user commands run at once."""
        if self.parallel is not None:
            return max(1, self.parallel)
        return 1 if self.rules.smoke.device == "cuda" else processors()

    @property
    def threads(self) -> int:
        """The number of threads of each command. It is fixed per machine, because it affects sums."""
        return max(1, processors() // self.slots)

    @property
    def code_tree(self) -> Tree | None:
        """The tree that may run with a secret and beside labels: base's, or None if no merged files are available."""
        if self.rules_tree is not None:
            return self.rules_tree
        if Side.BASE in self.trees:
            return self.trees[Side.BASE]
        return self.trees.get(Side.HEAD) if self.trusts_head else None

    def is_of_base(self, tree: Tree) -> bool:
        """Return whether a tree's files and Recipe are merged, so that they may run with a secret."""
        head = self.trees.get(Side.HEAD)
        is_merged = tree is self.trees.get(Side.BASE) and (head is None or tree.recipe is not head.recipe)
        return tree is self.code_tree or is_merged


def runs_code_of_base(rules: Rules, environ: Mapping[str, str]) -> bool:
    """Return whether a step for head requires files of base, because it runs with secrets or beside labels."""
    own_metrics = any(rule.python for rule in rules.metrics)
    credentials = any(is_secret(name, environ[name]) for name in rules.smoke.env.pass_ if environ.get(name))
    return own_metrics or rules.data.fetch is not None or credentials


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))
