"""The results of a check: findings (facts) and measures (comparisons with a margin), and how much they matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from gatebot.errors import GateError
from gatebot.stats.contrast import Contrast, Spread
from gatebot.stats.decision import Answer, Evidence

Fact = str | int | float | bool | None | tuple[str, ...]


class Area(StrEnum):
    """The four areas that checks belong to."""

    CODE = "code"
    DATA = "data"
    MODEL = "model"
    INFRA = "infra"


class Level(StrEnum):
    """Impact and likelihood."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Priority(StrEnum):
    """How much a finding matters. P0 is the most."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class Action(StrEnum):
    """What a finding does to the pull request, the strongest first."""

    BLOCK = "block"
    REVIEW = "review"
    WARN = "warn"
    NOTE = "note"


class Status(StrEnum):
    """How a finding relates to base: new, worse, inherited or fixed."""

    NEW = "new"
    WORSE = "worse"
    INHERITED = "inherited"
    FIXED = "fixed"


class Direction(StrEnum):
    """Which way a metric is better."""

    HIGHER = "higher"
    LOWER = "lower"

    @property
    def sign(self) -> float:
        """The factor that makes higher values better: 1.0 or -1.0."""
        return 1.0 if self is Direction.HIGHER else -1.0


class Provenance(StrEnum):
    """Where a number comes from, the most trustworthy first."""

    COMPUTED = "computed"
    RESCORED = "rescored"
    CLAIMED = "claimed"
    UNTRUSTED = "untrusted"


class Bound(StrEnum):
    """What a measure is compared with."""

    CHANGE = "change"  # base's value minus the margin
    FLOOR = "floor"  # a fixed value: the `floor` or `ceiling` of the Rules
    GAIN = "gain"  # base's value plus the required gain


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file of the repository."""

    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes:
        subject: what the finding is about. It is the same in every run, because waivers and statuses refer to it.
        says: one sentence, with a `{name}` placeholder for each fact that it quotes.
        facts: values for the placeholders. Numbers stay numbers; text is untrusted and is escaped by the renderer.
        status: status relative to base. The judge sets it, by running the same check on base alone, unless the check
            has compared both sides itself and says that it is worse or inherited.
        likelihood: the likelihood of this finding, if it differs from the check's.
        action: a fixed exception to the policy (`code.gate_tamper`); if None, the priority decides.
        where: locations in the repository's files.
        log: the last lines of the user's log, if they explain the finding.
        note: a second sentence that says what to do about this finding, with placeholders as in `says`; may be empty.
        quoted: further facts for the note, taken from the log. Where logs are not shown, both are left out.
        size: severity as a number, for example a share of rows. If base has the finding too and head has a much
            larger size, the status is `worse` instead of `inherited`.
        unconfirmed: the finding rests on noisy smoke evidence alone. It requests the confirm tier, and only warns
            until it is confirmed.
        undecided: the finding is a doubt, not a fault; `policy.undecided` decides what follows.
    """

    subject: str
    says: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    status: Status = Status.NEW
    likelihood: Level | None = None
    action: Action | None = None
    where: tuple[Location, ...] = ()
    log: tuple[str, ...] = ()
    note: str = ""
    quoted: Mapping[str, Fact] = field(default_factory=dict)
    size: float | None = None
    unconfirmed: bool = False
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of a measure in one tier; the fields correspond to those of `Measure`."""

    base: float | None
    head: float
    seeds: int
    spread: Spread | None = None
    by_seed: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of base and head, and whether it got worse by more than its margin.

    Attributes:
        metric: name of the metric, with its class: `recall(urgent)`.
        slice: `column=value`, or None for all rows.
        base, head: values in the metric's own units.
        margin: positive. The required gain if `bound` is a gain; NaN if `bound` is a floor. It is a share of base's
            value if `relative`, otherwise in the metric's own units.
        limit: the floor or ceiling, if `bound` is a floor.
        smoke, confirm: contrasts by tier; positive means that head is better. They have the units of `margin`: a share
            of base's value if `relative`.
        spread: the spread in the latest tier, split by source of variance.
        is_share: the metric lies between 0 and 1, and so do the ends of its interval.
        by_seed: head minus base for each seed of the latest tier, in the metric's own units.
        identical: predictions are equal byte for byte in every run.
        warns_only: the measure uses a tighter margin, and only warns; it never blocks.
        note: an additional sentence for its finding, with a `{name}` placeholder for each of `facts` that it quotes;
            may be empty.
        inherited: base has already lost as much, so this pull request is not the cause.
        not_enforced: why the measure is shown but decides nothing ("n=14 < 50"); empty if it decides.
        at_smoke: the values of the smoke tier, if `base`, `head` and so on are those of the confirm tier.
        answer: filled in by the judge, which decides all measures of a Report together.
    """

    metric: str
    slice: str | None
    direction: Direction
    base: float | None
    head: float
    margin: float
    units: int
    seeds: int
    smoke: Contrast | None = None
    confirm: Contrast | None = None
    identical: bool = False
    declared: bool = False
    bound: Bound = Bound.CHANGE
    limit: float | None = None
    relative: bool = False
    spread: Spread | None = None
    is_share: bool = False
    by_seed: tuple[float, ...] = ()
    provenance: Provenance = Provenance.COMPUTED
    inherited: bool = False
    not_enforced: str = ""
    warns_only: bool = False
    note: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    at_smoke: Reading | None = None
    answer: Answer | None = None

    @property
    def subject(self) -> str:
        """The name that waivers use, such as `recall(urgent)@region=south`."""
        return f"{self.metric}@{self.slice}" if self.slice else self.metric

    def answered(self, answer: Answer) -> "Measure":
        """Return the measure with its answer, and with the numbers of the tier that the answer is based on."""
        shown = self.at_smoke if answer.evidence is Evidence.SMOKE else None
        numbers = {} if shown is None else {each.name: getattr(shown, each.name) for each in fields(shown)}
        return replace(self, answer=answer, **numbers)


@dataclass(frozen=True, slots=True)
class Clean:
    """The check ran and found nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """The check ran and reports findings."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """The check ran, and the evidence does not decide the result."""

    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """The check did not run, and why. It is excused if that leaves no gap: switched off, or nothing to compare with."""

    reason: str
    excused: bool = False


@dataclass(frozen=True, slots=True)
class Crashed:
    """The check itself failed, which never counts as a pass."""

    error: str


Outcome = Clean | Found | Undecided | Skipped | Crashed


class EvidenceError(GateError):
    """The evidence contradicts itself: somebody changed a Snapshot, or gatebot has a bug."""
