"""The Case: all that judge may know, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from gatebot.config.document import Rules
from gatebot.core.finding import Priority
from gatebot.core.needs import Effort, Fit, Need, Predict, Score, Side
from gatebot.core.report import Base, Costs, Head, State
from gatebot.evidence.kinds import Ending, Predictions, Training
from gatebot.evidence.snapshot import Snapshot


class Value(BaseModel):
    """A value inside the Facts."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckRecord(Value):
    """How often a check has run here and how often it found something new, from stored Reports of main."""

    runs: int = 0
    found: int = 0


class Approval(Value):
    """Somebody with write access accepts a commit. Never the pull request's author.

    Attributes:
        login: who.
        sha: the whole id of the commit.
        priority: the weightiest that it accepts; None accepts all that may be accepted.
        at: when, by GitHub's clock.
        kind: by what: a review or a comment.
        url: of it.
        reason: in its own words, untrusted.
    """

    login: str
    sha: str
    priority: Priority | None = None
    at: datetime | None = None
    kind: str = ""
    url: str = ""
    reason: str = ""


class Changes(Value):
    """Paths that the pull request touches, None where that is unknown; and those of them that hold the gate itself."""

    paths: tuple[str, ...] | None = None
    gate: tuple[str, ...] = ()


class Anchor(Value):
    """The release that head is held against besides base.

    Attributes:
        name: as the Rules say it; empty where they name none.
        commit: what that means; None where it is not to be found.
        missing: why there is no evidence of it, and what to do; empty where there is some.
    """

    name: str = ""
    commit: str | None = None
    missing: str = ""


class Facts(Value):
    """What judge knows besides evidence. Stored beside the Snapshot, so that a verdict can be derived again.

    Attributes:
        project: keys the status, the comment section, the seeds and the baseline.
        now: the only clock.
        rules: from the base branch, at `rules_sha`.
        effort: seeds and folds of each tier.
        chosen: which base, and why that.
        judged: which commit.
        anchor: which release besides.
        branch: to be merged into; empty for the default branch.
        states: named situations that are known before judging.
        history: by check id.
        is_first: nothing of the author's was merged here before.
        costs: what collecting took.
    """

    project: str
    now: datetime
    rules: Rules
    rules_sha: str | None = None
    effort: Effort = Effort()
    chosen: Base = Base()
    judged: Head = Head()
    anchor: Anchor = Anchor()
    branch: str = ""
    states: tuple[State, ...] = ()
    changes: Changes = Changes()
    history: Mapping[str, CheckRecord] = {}
    approvals: tuple[Approval, ...] = ()
    is_fork: bool = False
    is_first: bool = False
    can_review: bool = True
    run_url: str = ""
    reproduce: str = ""
    costs: Costs = Costs()


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One question put to the judge: the facts, and the evidence of both sides; None where there is none (yet).

    `anchor` is a release's evidence, from trusted stores alone, as base's is.
    """

    facts: Facts
    head: Snapshot | None = None
    base: Snapshot | None = None
    anchor: Snapshot | None = None

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
        if snapshot is None:
            return "no baseline" if need.side is Side.BASE else "nothing was collected"
        return snapshot.why_unmet(need)

    def failed(self, need: Need, side: Side) -> bool:
        """Whether the user's own code ran for this need on that side, and did not end well."""
        predict = need.predict if isinstance(need, Score) else need
        snapshot, fit = self.side(side), predict.fit if isinstance(predict, Predict) else predict
        if snapshot is None or not isinstance(fit, Fit):
            return False
        training, predictions = snapshot.get(fit, Training), snapshot.get(Predict(fit), Predictions)
        ran = [each.effects.ended for each in (training, predictions) if each is not None]
        return any(ended is not Ending.OK for ended in ran)

    def by_rules(self, rules: Rules) -> "Case":
        """The same evidence under other Rules."""
        return replace(self, facts=self.facts.model_copy(update={"rules": rules}))

    def cut(self, reasons: Mapping[Need, str]) -> "Case":
        """This Case with why some needs will not be met; on a side without a Snapshot there is nowhere to say so."""
        sides = {side: {n.key: why for n, why in reasons.items() if n.side is side} for side in Side}
        head, base = (
            None if snapshot is None else snapshot.with_evidence({}, sides[side])
            for side, snapshot in ((Side.HEAD, self.head), (Side.BASE, self.base))
        )
        return replace(self, head=head, base=base)

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
