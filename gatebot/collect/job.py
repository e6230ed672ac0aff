"""What collect is told: which trees, by which Rules, with what at hand."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gatebot.config.model import Recipe, Rules
from gatebot.needs import Side
from gatebot.sandbox import Reach
from gatebot.snapshot.snapshot import Snapshot


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
        known_base: base's Snapshot: its eval rows bind, its trainings say what one costs.
        rules_tree: where the Rules and the user's own metric functions come from; base's tree by default, head's
            where there is no base at all.
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
    known_base: Snapshot | None = None
    rules_tree: Tree | None = None
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
    def metrics_tree(self) -> Tree | None:
        """Where the user's own metric functions come from."""
        if self.rules_tree is not None:
            return self.rules_tree
        if Side.BASE in self.trees:
            return self.trees[Side.BASE]
        return None if self.known_base is not None else self.trees.get(Side.HEAD)


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))
