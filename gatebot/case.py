"""The Case: all that judge may know, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gatebot.config.model import Rules
from gatebot.needs import Effort, Need, Side
from gatebot.report import Base, Head, State
from gatebot.snapshot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """How often a check has run here and how often it found something new, from stored Reports of main."""

    runs: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody with write access accepts a commit. Never the pull request's author."""

    login: str
    sha: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths that the pull request touches, None where that is unknown; and those of them that hold the gate itself."""

    paths: tuple[str, ...] | None = None
    gate: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One question put to the judge.

    Attributes:
        project: keys the status, the comment section, the seeds and the baseline.
        rules: from the base branch.
        effort: seeds and folds of each tier.
        head, base: evidence; None where there is none (yet).
        chosen: which base, and why that.
        judged: which commit.
        states: named situations that are known before judging.
        history: by check id.
        now: the only clock.
    """

    project: str
    rules: Rules
    effort: Effort
    now: datetime
    head: Snapshot | None = None
    base: Snapshot | None = None
    chosen: Base = field(default_factory=Base)
    judged: Head = field(default_factory=Head)
    rules_sha: str | None = None
    states: tuple[State, ...] = ()
    changes: Changes = field(default_factory=Changes)
    history: Mapping[str, CheckRecord] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    is_fork: bool = False
    run_url: str = ""
    gate_s: float = 0.0

    def side(self, side: Side) -> Snapshot | None:
        """The Snapshot of one side."""
        return self.head if side is Side.HEAD else self.base

    def has(self, need: Need) -> bool:
        """Whether there is evidence for this need."""
        snapshot = self.side(need.side)
        return snapshot is not None and snapshot.has(need)

    def why_unmet(self, need: Need) -> str:
        """Why there is no evidence for this need."""
        snapshot = self.side(need.side)
        return f"no evidence of {need.side}" if snapshot is None else snapshot.why_unmet(need)

    def with_evidence(self, found: Mapping[Side, Snapshot]) -> "Case":
        """This Case and more evidence. What is there already wins."""
        head, base = found.get(Side.HEAD), found.get(Side.BASE)
        return replace(
            self,
            head=_more(self.head, head) if head else self.head,
            base=_more(self.base, base) if base else self.base,
        )


def _more(known: Snapshot | None, new: Snapshot) -> Snapshot:
    return new if known is None else known.with_evidence(new.evidence, new.unmet)
