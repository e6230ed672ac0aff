"""The Case: everything that the judge may know, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from gatebot.config.document import Rules
from gatebot.core.finding import Priority
from gatebot.core.report import Base, Costs, Head, State
from gatebot.evidence.effort import Effort
from gatebot.evidence.failure import Failure, failure_of
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Training, training_of


class Value(BaseModel):
    """Base class of the values inside `Facts`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckRecord(Value):
    """How often a check has run on main, and how often it found something, according to stored baselines."""

    runs: int = 0
    found: int = 0


class Approval(Value):
    """The approval of a commit by a person with write access, never by the pull request's author.

    Attributes:
        login: login of the person.
        sha: the full SHA of the commit.
        priority: the highest priority that it accepts; None accepts everything that may be accepted.
        at: time of the approval, by GitHub's clock.
        kind: `review` or `comment`.
        url: address of the review or comment.
        reason: the person's own words; untrusted.
    """

    login: str
    sha: str
    priority: Priority | None = None
    at: datetime | None = None
    kind: str = ""
    url: str = ""
    reason: str = ""


class Changes(Value):
    """Paths that the pull request changes, None if they are unknown; and those of them that belong to the gate."""

    paths: tuple[str, ...] | None = None
    gate: tuple[str, ...] = ()


class Anchor(Value):
    """The release that head is compared with in addition to base.

    Attributes:
        name: name in the Rules; empty if they name none.
        commit: commit of the release; None if it cannot be found.
        missing: why there is no evidence of it, and what to do; empty if there is evidence.
    """

    name: str = ""
    commit: str | None = None
    missing: str = ""


class Facts(Value):
    """What the judge knows besides evidence. It is stored with the Snapshot, so that a verdict can be derived again.

    Attributes:
        project: name that identifies the status, the comment section, the seeds and the baseline.
        now: the current time; the judge uses no other clock.
        rules: the Rules of the base branch, at `rules_sha`.
        effort: number of seeds and folds of each tier.
        chosen: the base, and why it was chosen.
        judged: the commit that is judged.
        anchor: the release to compare with in addition.
        branch: the branch to merge into; empty for the default branch.
        states: named situations that are known before judging.
        history: record of each check, by check id.
        is_first: the author has had nothing merged in this repository before.
        costs: costs of collecting the evidence.
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
    """The facts and the evidence of both sides; a side is None if it has no evidence (yet).

    `anchor` is the evidence of a release. Like base's, it comes from trusted stores only.
    """

    facts: Facts
    head: Snapshot | None = None
    base: Snapshot | None = None
    anchor: Snapshot | None = None

    def side(self, side: Side) -> Snapshot | None:
        """Return the Snapshot of one side."""
        return self.head if side is Side.HEAD else self.base

    def has(self, need: Need) -> bool:
        """Whether there is evidence for this need."""
        snapshot = self.side(need.side)
        return snapshot is not None and snapshot.has(need)

    def why_unmet(self, need: Need) -> str:
        """Return why there is no evidence for this need."""
        snapshot = self.side(need.side)
        if snapshot is None:
            return "no baseline" if need.side is Side.BASE else "nothing was collected"
        return snapshot.why_unmet(need)

    def failed(self, need: Need, side: Side) -> bool:
        """Whether the user's code ran for this need on that side, and failed or gave no usable predictions."""
        return self.failure(need, side) is not None

    def failure(self, need: Need, side: Side) -> Failure | None:
        """Return how the user's code failed for this need on that side; None if it did not, or did not run."""
        snapshot, fit = self.side(side), training_of(need)
        if snapshot is None or fit is None:
            return None
        predictions = snapshot.get(Predict(fit), Predictions)
        failure = failure_of(snapshot.get(fit, Training), predictions)
        if failure is None and predictions is not None and predictions.problem:
            return Failure("predicting", predictions.effects, predictions.problem)
        return failure

    def broken(self, side: Side) -> bool:
        """Whether user code failed on that side, and no seed of the smoke tier has usable predictions.

        Base is broken too if it was to be trained here, and could not be prepared.
        """
        if self.side(side) is None:
            return side is Side.BASE and State.RETRAINED in self.facts.states
        fits = self.facts.effort.fits(side)
        if not any(self.failed(fit, side) for fit in fits):
            return False
        works = {fit: self.has(Predict(fit)) and not self.failed(fit, side) for fit in fits}
        seeds = {fit.seed for fit in fits}
        return not any(all(works[fit] for fit in fits if fit.seed == seed) for seed in seeds)

    def by_rules(self, rules: Rules) -> "Case":
        """Return the Case with the same evidence and other Rules."""
        return replace(self, facts=self.facts.model_copy(update={"rules": rules}))

    def cut(self, reasons: Mapping[Need, str]) -> "Case":
        """Return the Case with reasons why needs are not met; reasons for a side without a Snapshot are dropped."""
        sides = {side: {n: why for n, why in reasons.items() if n.side is side} for side in Side}
        head, base = (
            None if snapshot is None else snapshot.with_evidence({}, sides[side])
            for side, snapshot in ((Side.HEAD, self.head), (Side.BASE, self.base))
        )
        return replace(self, head=head, base=base)

    def with_evidence(self, found: Mapping[Side, Snapshot]) -> "Case":
        """Return the Case with more evidence; existing evidence takes precedence."""
        head, base = found.get(Side.HEAD), found.get(Side.BASE)
        return replace(
            self,
            head=_more(self.head, head) if head else self.head,
            base=_more(self.base, base) if base else self.base,
        )


def _more(known: Snapshot | None, new: Snapshot) -> Snapshot:
    if known is None:
        return new
    labels = [each.truth for each in (known, new) if each.truth is not None]
    truth = labels[0].joined(labels[-1]) if labels else None  # a later round may have predicted training rows
    return replace(known.with_evidence(new.evidence, new.unmet), truth=truth)
