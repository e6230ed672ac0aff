"""What a check can say: Findings (facts) and Measures (comparisons with a margin), and how much they matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from gatebot.errors import GateError
from gatebot.stats.contrast import Contrast, Spread
from gatebot.stats.decision import Answer, Evidence

Fact = str | int | float | bool | None | tuple[str, ...]


class Area(StrEnum):
    """The four quadrants of what can go wrong."""

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
    """A finding against base's."""

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
        """Multiply by this and higher is better."""
        return 1.0 if self is Direction.HIGHER else -1.0


class Provenance(StrEnum):
    """Where a number comes from, the most trustworthy first."""

    COMPUTED = "computed"
    RESCORED = "rescored"
    CLAIMED = "claimed"
    UNTRUSTED = "untrusted"


class Bound(StrEnum):
    """What a measure is held against."""

    CHANGE = "change"  # base's value, less the margin
    FLOOR = "floor"  # a fixed value, `floor` or `ceiling`
    GAIN = "gain"  # base's value, plus the gain that is asked for


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file of the repository."""

    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes:
        subject: what it is about, stable from run to run: waivers and statuses are keyed by it.
        says: one sentence, with a `{name}` for each fact that it quotes.
        facts: numbers stay numbers; text may be hostile and is escaped where it is rendered.
        status: against base; the verdict sets it, by running the same check on base alone.
        likelihood: this finding's own, where it differs from the check's.
        action: a fixed exception to the policy (`code.gate_tamper`); otherwise the priority decides.
        where: places in the repository's files.
        log: the last lines of the user's log, where they explain it.
        note: a second sentence, on what to do about this very finding; with places as `says`, or empty.
        size: how bad it is, where that is a number (a share of rows, say): what base has too, and head has much more
            of, is `worse` and not `inherited`.
        unconfirmed: it rests on noisy smoke evidence alone: it wants the confirm tier, and until then warns.
        undecided: it is a doubt and no fault: what follows is what `policy.undecided` says.
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
    size: float | None = None
    unconfirmed: bool = False
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What one tier shows of a measure: the fields of `Measure` that have these names."""

    base: float | None
    head: float
    seeds: int
    spread: Spread | None = None
    by_seed: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of base and head, and whether it got worse by more than its margin.

    Attributes:
        metric: name, with its class: `recall(urgent)`.
        slice: `column=value`, or None for all rows.
        base, head: in the metric's own units.
        margin: positive, the gain where `bound` is one; a share of base's value where `relative`, else in the metric's
            own units; NaN where `bound` is a floor.
        limit: the floor or ceiling where `bound` is one.
        smoke, confirm: contrasts by tier, oriented so that positive means head is better; in units of `margin`, so as
            a share of base's value where `relative`.
        spread: the latest tier's, with its sources of variance apart.
        is_share: the metric lies between 0 and 1, and so do the ends of its interval.
        by_seed: head minus base for each seed of that tier, in the metric's own units.
        identical: predictions are equal byte for byte on every run.
        warns_only: held against a tighter margin that warns and never blocks.
        note: what its finding tells besides, with a `{name}` for each of `facts` that it quotes; or empty.
        inherited: base has lost as much already, so that this change is not to blame.
        not_enforced: why it is shown but decides nothing ("n=14 < 50"), or empty.
        at_smoke: what the smoke tier shows, where `base`, `head` and so on are the confirm tier's.
        answer: filled by the verdict, for all measures of a report together.
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
        """`recall(urgent)@region=south`: what waivers name."""
        return f"{self.metric}@{self.slice}" if self.slice else self.metric

    def answered(self, answer: Answer) -> "Measure":
        """The measure with its answer, and with the numbers of the tier that this rests on."""
        shown = self.at_smoke if answer.evidence is Evidence.SMOKE else None
        numbers = {} if shown is None else {each.name: getattr(shown, each.name) for each in fields(shown)}
        return replace(self, answer=answer, **numbers)


@dataclass(frozen=True, slots=True)
class Clean:
    """The check ran and found nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """The check ran and this is what it found."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """The check ran, and the evidence cannot tell."""

    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """The check did not run, and why. Excused where that leaves no gap: switched off, or nothing to compare with."""

    reason: str
    excused: bool = False


@dataclass(frozen=True, slots=True)
class Crashed:
    """The check itself failed: never a pass."""

    error: str


Outcome = Clean | Found | Undecided | Skipped | Crashed


class EvidenceError(GateError):
    """Evidence contradicts itself: a Snapshot was tampered with, or gatebot has a bug."""
