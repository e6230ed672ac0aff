"""The Snapshot: the evidence of one commit by need, with the provenance that is needed to compare it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from gatebot.errors import GateError
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.truth import Truth

SCHEMA_VERSION = 3

E = TypeVar("E")


class SnapshotError(GateError):
    """The bytes are not a Snapshot that this version can read (exit 5)."""


class SeedNoise(BaseModel):
    """The seed noise that earlier commits of main have shown in one metric, all on the same rows.

    Attributes:
        variance: the variance of one run over seeds, pooled over these commits with less weight for older ones.
        df: its degrees of freedom; 0 if this commit is the first.
        cross: the sum of products of two successive commits' values with the same seeds, each less its mean.
        square: the sum of squares of the same values, averaged over both commits.
        pairs: the degrees of freedom of `cross` and `square`.
        last: this commit's own values, by seed.
        steps: the changes of the mean over seeds from commit to commit, the latest last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    variance: float = Field(default=0.0, ge=0)
    df: float = Field(default=0.0, ge=0, le=1000)
    cross: float = 0.0
    square: float = Field(default=0.0, ge=0)
    pairs: float = Field(default=0.0, ge=0, le=1000)
    last: tuple[float, ...] = Field(default=(), max_length=100)
    steps: tuple[float, ...] = Field(default=(), max_length=100)


class SnapshotProvenance(BaseModel):
    """The origin of a Snapshot, and what it can be compared with.

    Attributes:
        commit: the commit that the evidence is recorded for; None for a working tree with changes.
        tested: the commit whose tree was trained (a merge commit, on pull requests).
        rules_digest, recipe_digest, eval_digest, data_version, environment_digest: equal if evidence is comparable.
        run: the workflow run and attempt that stored it as main's, else zeros; for each commit the greatest counts.
        runner: the class of the machine (system, processor, cores). Times are only compared within a class.
        history: by check id, the number of runs of main and the number of them with a finding.
        noise: by tier and measure (`smoke:accuracy@region=south`), the seed noise that main has shown before.
        eval_uses: how many commits of main these eval rows have judged, including this one unless it introduced them;
            None if unknown, as on pull requests.
        isolation: the isolation level, with the reasons why it is not higher in `isolation_why`.
        granted: the folders that user code could read, besides the system's and its own copy of the tree.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    gatebot: str
    project: str = Field(max_length=64)
    task: str
    commit: str | None
    tested: str | None
    created_at: datetime
    rules_digest: str
    recipe_digest: str
    eval_digest: str
    data_version: str
    environment_digest: str
    runner: str
    isolation: str
    isolation_why: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    estimand: str = "recipe"
    effort: dict[str, int] = {}
    history: dict[str, tuple[int, int]] = {}
    eval_uses: int | None = Field(default=None, ge=0)
    noise: dict[str, SeedNoise] = Field(default={}, max_length=2000)
    run: tuple[int, int] = (0, 0)


def noise_key(tier: Tier, subject: str) -> str:
    """Return the key under which a Snapshot stores the seed noise of a measure."""
    return f"{tier}:{subject}"


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Evidence by need, and the reasons for missing evidence. It is append-only: existing evidence is never replaced.

    A Snapshot holds the evidence of one commit, so all its needs name head as their side, and are found whatever side
    they are looked up for.
    """

    about: SnapshotProvenance
    evidence: Mapping[Need, Evidence] = field(default_factory=dict)
    unmet: Mapping[Need, str] = field(default_factory=dict)
    truth: Truth | None = None

    def __post_init__(self) -> None:
        for name in ("evidence", "unmet"):
            by_need = {need.on(Side.HEAD): value for need, value in getattr(self, name).items()}
            object.__setattr__(self, name, by_need)

    def has(self, need: Need) -> bool:
        """Return whether there is evidence for a need."""
        return need.on(Side.HEAD) in self.evidence

    def get(self, need: Need, kind: type[E]) -> E | None:
        """Return the evidence for a need, or None if there is none of the given kind."""
        found = self.evidence.get(need.on(Side.HEAD))
        return found if isinstance(found, kind) else None

    def why_unmet(self, need: Need) -> str:
        """Return why there is no evidence for a need."""
        return self.unmet.get(need.on(Side.HEAD), "not collected")

    def with_evidence(self, new: Mapping[Need, Evidence], unmet: Mapping[Need, str]) -> "Snapshot":
        """Return this Snapshot with further evidence. Existing evidence is kept."""
        more = Snapshot(self.about, new, unmet, self.truth)
        evidence = {**more.evidence, **self.evidence}
        reasons = {need: why for need, why in {**self.unmet, **more.unmet}.items() if need not in evidence}
        return replace(more, evidence=evidence, unmet=reasons)
