"""The Snapshot: evidence that one commit left, by need, with what one must know to compare it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from gatebot.core.needs import Need, Tier
from gatebot.errors import GateError
from gatebot.evidence.kinds import Evidence, Truth

SCHEMA_VERSION = 1

E = TypeVar("E")


class SnapshotError(GateError):
    """Bytes that are not a Snapshot, or not one that this version can read (exit 5)."""


class SeedNoise(BaseModel):
    """What earlier commits of main have shown of one metric's seed noise, all of them on the same rows.

    Attributes:
        variance: over seeds, of one run; pooled over those commits, the older ones faded.
        df: its degrees of freedom; 0 where this commit is the first.
        cross: sum of products of what two commits in a row have with the same seeds, each less its mean.
        square: sum of squares of the same, the mean of both.
        pairs: degrees of freedom of `cross` and `square`.
        last: this commit's own values, by seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    variance: float = Field(default=0.0, ge=0)
    df: float = Field(default=0.0, ge=0, le=1000)
    cross: float = 0.0
    square: float = Field(default=0.0, ge=0)
    pairs: float = Field(default=0.0, ge=0, le=1000)
    last: tuple[float, ...] = Field(default=(), max_length=100)


class SnapshotProvenance(BaseModel):
    """What a Snapshot is of, and where it fits.

    Attributes:
        commit: the commit that the evidence speaks for; None for an unclean working tree.
        tested: the commit whose tree was trained (a merge commit, on pull requests).
        rules_digest, recipe_digest, eval_digest, data_version, environment_digest: equal where evidence is comparable.
        run: workflow run and attempt that have left it as main's, zeros for any other; of a commit the greatest counts.
        runner: class of the machine (system, processor, cores): times compare only within one.
        history: by check id, how many runs of main there were and how many of them found something.
        noise: by tier and measure (`smoke:accuracy@region=south`), what main has shown of seed noise before.
        eval_uses: how many commits of main these eval rows have judged, this one among them unless it brought them;
            None where nobody has counted, as on pull requests.
        isolation: the level that was reached, with the reasons why not more.
        granted: folders that user code could read besides the system's and its own copy of the tree.
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
    """Under which a Snapshot keeps the seed noise of a measure."""
    return f"{tier}:{subject}"


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Evidence by need. Append-only: a filled key is never refilled."""

    about: SnapshotProvenance
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    unmet: Mapping[str, str] = field(default_factory=dict)
    truth: Truth | None = None

    def has(self, need: Need) -> bool:
        """Whether there is evidence for this need."""
        return need.key in self.evidence

    def get(self, need: Need, kind: type[E]) -> E | None:
        """The evidence for a need, or None. Evidence of another kind than `kind` is as good as none."""
        found = self.evidence.get(need.key)
        return found if isinstance(found, kind) else None

    def why_unmet(self, need: Need) -> str:
        """Why there is no evidence for this need."""
        return self.unmet.get(need.key, "not collected")

    def with_evidence(self, new: Mapping[str, Evidence], unmet: Mapping[str, str]) -> "Snapshot":
        """This and more. What is there already wins."""
        evidence = {**new, **self.evidence}
        reasons = {key: why for key, why in {**self.unmet, **unmet}.items() if key not in evidence}
        return replace(self, evidence=evidence, unmet=reasons)
