"""The Report: the complete result of a run and the only input of render and publish. `report.json` is its JSON."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gatebot.core.finding import Action, Bound, Direction, Level, Location, Priority, Provenance, Status
from gatebot.errors import ExitCode

SCHEMA_VERSION = 1


class VerdictName(StrEnum):
    """The verdicts, the worst first."""

    BLOCKED = "blocked"
    ERROR = "error"
    INCONCLUSIVE = "inconclusive"
    REVIEW = "review"
    PASS = "pass"  # noqa: S105  # a verdict, not a password

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the process."""
        return _EXIT[self]


_EXIT = {
    VerdictName.BLOCKED: ExitCode.BLOCKED,
    VerdictName.ERROR: ExitCode.COULD_NOT_JUDGE,
    VerdictName.INCONCLUSIVE: ExitCode.UNDECIDED,
    VerdictName.REVIEW: ExitCode.REVIEW,
    VerdictName.PASS: ExitCode.PASS,
}


class State(StrEnum):
    """A named situation that the comment explains in a sentence."""

    BOOTSTRAP = "bootstrap"  # the base branch has no gatebot.yml
    BASELINE = "baseline"  # this run collects main's baseline
    NO_BASELINE = "no_baseline"  # no baseline is stored, and base was not trained
    RETRAINED = "retrained"  # no baseline was stored; base was trained in this run
    BASE_BROKEN = "base_broken"  # on base, no training or no prediction works
    NOTHING_TRAINS = "nothing_trains"  # neither on base nor on head does any training or prediction work
    NOTHING_RELEVANT = "nothing_relevant"  # the pull request changes no path that can change the verdict
    IDENTICAL = "identical"  # every prediction equals base's
    DRAFT = "draft"  # drafts are not judged
    NO_DATA = "no_data"  # the data is not accessible in this job (mostly for forks)


class Relation(StrEnum):
    """How base was chosen."""

    FIRST_PARENT = "first_parent"  # the first parent of the merge commit that was trained
    MERGE_BASE = "merge_base"
    GIVEN = "given"  # given with --base
    NONE = "none"


class Part(BaseModel):
    """A value inside the Report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _finite(value: float | None) -> float | None:
    return value if value is not None and abs(value) < float("inf") else None


Number = Annotated[float | None, AfterValidator(_finite)]
"""A number, or null if it is undefined or infinite, because JSON has no NaN."""


class Base(Part):
    """The commit that head was compared with, and how it was chosen."""

    sha: str | None = None
    relation: Relation = Relation.NONE
    source: str = ""
    age_s: Number = None
    distance: int | None = None
    why: str = ""
    failure: str = Field(default="", description="How base fails if it is broken: its error, or how it was stopped.")


class Head(Part):
    """The commit that was judged: `sha` gets the status, `tested_sha` is the tree that was trained."""

    sha: str | None = None
    tested_sha: str | None = None
    failure: str = Field(default="", description="How head fails if it is as broken as base.")


class ReportedMeasure(Part):
    """A metric of base and head. `delta`, `low`, `high` are head minus base in the metric's own units."""

    check: str
    metric: str
    slice: str | None
    direction: Direction
    bound: Bound
    base: Number
    head: Number
    delta: Number
    low: Number
    high: Number
    margin: Number
    limit: Number = None
    relative: bool = False
    outcome: str
    p: Number = None
    reason: str = ""
    tier: str = ""
    n: int
    seeds: int
    declared: bool = False
    stands_out: bool = False  # not declared, undecided, and likely worse, given the number of undeclared measures
    not_enforced: str = ""
    provenance: Provenance
    sees: Number = None  # smallest loss that this evidence would show, in the metric's own units
    needs_rows: int | None = None  # rows that would settle an undecided measure
    needs_seeds: int | None = None
    by_seed: tuple[float, ...] = ()  # head minus base for each seed, in the metric's own units


class ReportedValue(Part):
    """A metric of head alone, where there is no base, in the metric's own units."""

    metric: str
    slice: str | None
    direction: Direction
    tier: str
    value: float
    low: Number
    high: Number
    trivial: Number = Field(default=None, description="Of the model that always gives the same answer.")
    n: int
    seeds: int
    provenance: Provenance


class ReportedFinding(Part):
    """A finding, its priority, and the action that follows."""

    check: str
    title: str
    subject: str
    says: str
    status: Status
    priority: Priority
    impact: Level
    likelihood: Level
    why_priority: str
    action: Action
    facts: Mapping[str, Any] = {}
    where: tuple[Location, ...] = ()
    log: tuple[str, ...] = ()
    note: str = ""  # what to do about this finding; with placeholders for facts, as in `says`
    fix: str = ""
    measure: str | None = None  # subject of the measure that caused the finding
    undecided: bool = False


class SkippedCheck(Part):
    """A check that did not run, and why. It is excused if that leaves no gap in the verdict."""

    check: str
    title: str
    reason: str
    excused: bool = False


class CrashedCheck(Part):
    """A check that failed because of a bug in gatebot; it never counts as a pass."""

    check: str
    error: str


class WaivedFinding(Part):
    """A finding that somebody accepted."""

    finding: ReportedFinding
    owner: str
    reason: str
    until: date
    days_left: int


class ReportedApproval(Part):
    """Who accepted the head commit, when, why, and by which comment or review."""

    login: str
    at: datetime | None = None
    kind: str = ""  # review, comment
    url: str = ""
    priority: Priority | None = None  # the highest priority that it accepts; null for all
    reason: str = ""  # in the reviewer's words; untrusted


class EnvironmentChange(Part):
    """A difference between the environments of base and head."""

    name: str
    base: str | None
    head: str | None


class Costs(Part):
    """The time and memory that the run took. `gate_s` is gatebot's own share."""

    train_s: float = 0.0
    predict_s: float = 0.0
    gate_s: float = 0.0
    peak_rss_mb: float = 0.0
    trainings: int = 0
    base_trainings: int = 0


class Want(Part):
    """Evidence that would decide an undecided measure, or confirm a finding.

    It is that of the confirm tier; if `check` is set, it is what this check needs for it.
    """

    measure: str
    tier: str
    reason: str
    check: str = ""


class ReportedGuarantee(Part):
    """The guarantee over many commits. It contains no estimates, because showing them would use up the eval rows."""

    condition: str
    reliability: float
    steps: int
    adaptivity: str
    mode: str
    answer: str  # held, broken, undecided, not given
    rows_needed: int
    rows: int
    merges: int  # commits of main after which the eval rows are spent


class Report(Part):
    """A verdict with everything that it is based on."""

    schema_version: int = SCHEMA_VERSION
    gatebot_version: str
    generated_at: datetime
    verdict: VerdictName
    exit_code: int
    priority: Priority | None = None
    observed: bool = Field(default=False, description="mode: observe; the verdict says what would have happened.")
    project: str
    states: tuple[State, ...] = ()
    base: Base
    head: Head
    branch: str = Field(default="", description="To be merged into; empty for the default branch.")
    rules_sha: str | None = None
    rules_digest: str = ""
    rows: int = 0
    drawn_from: int = Field(
        default=0, description="Labelled rows that the eval rows were drawn from; 0 if they are all."
    )
    heaviest: float = Field(default=1.0, description="Most rows that one of them stands for in every metric.")
    seeds: int = 0  # number of head's seeds, in the tier with more seeds
    isolation: str = ""
    isolation_why: tuple[str, ...] = ()
    granted: tuple[str, ...] = Field(
        default=(), description="Folders that user code could read besides the system's and its own copy of the tree."
    )
    findings: tuple[ReportedFinding, ...] = ()
    measures: tuple[ReportedMeasure, ...] = ()
    values: tuple[ReportedValue, ...] = Field(default=(), description="Where the model stands, if there is no base.")
    skipped: tuple[SkippedCheck, ...] = ()
    crashed: tuple[CrashedCheck, ...] = ()
    clean: tuple[str, ...] = ()
    waived: tuple[WaivedFinding, ...] = ()
    approvals: tuple[ReportedApproval, ...] = ()
    wants: tuple[Want, ...] = ()
    guarantee: ReportedGuarantee | None = None
    eval_uses: int | None = None  # number of main's commits that were judged with base's eval rows
    environment_changes: tuple[EnvironmentChange, ...] = ()
    costs: Costs = Costs()
    run_url: str = ""
    reproduce: str = ""

    @property
    def decisive(self) -> tuple[ReportedFinding, ...]:
        """New or worse findings whose action is more than a note, the highest priority first."""
        return tuple(f for f in self.findings if f.status in (Status.NEW, Status.WORSE) and f.action is not Action.NOTE)
