"""The need for a training."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, ClassVar

from pydantic import Field

from gatebot.evidence.need import Count, Need, PastSeconds, Side, Tier, with_prerequisites
from gatebot.evidence.profile.need import Profile

CONFIRM_COST = 2.5
"""Assumed cost of a confirm training, in smoke trainings, if none was measured; it follows from the rows."""

SIMPLE_COLUMNS = 200
"""The most columns that the simple reference model learns from."""


class Labels(StrEnum):
    """The labels that a training sees."""

    TRUE = "true"
    SHUFFLED = "shuffled"


class Model(StrEnum):
    """The model that is trained: the user's, or one of the two reference models."""

    USER = "user"
    TRIVIAL = "trivial"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True)
class Fit(Need):
    """One training.

    Attributes:
        side: whose code is trained.
        tier: how much of the data it gets.
        seed: an index; the value that the training gets is `seed_of(project, seed)`.
        fold: which fold's rows are left out.
        labels: whether it sees the true labels.
        repeat: tells trainings apart that are equal in everything else.
        model: the user's model, or a reference model.
        rows: the number of training rows, of which there are as many of each class as possible; None for all of the
            tier.
        capacity: the factor by which the user's code is asked to enlarge the model.
        rows_of: the index of the seed whose train rows it gets; None for those of its own seed.
    """

    kind: ClassVar[str] = "training"

    side: Side
    tier: Tier = Tier.SMOKE
    seed: Count = 0
    fold: Count = 0
    labels: Labels = Labels.TRUE
    repeat: Count = 0
    model: Model = Model.USER
    rows: Annotated[int, Field(gt=0, lt=10_000)] | None = None
    capacity: Annotated[float, Field(gt=0, le=1000)] = 1.0
    rows_of: Count | None = None

    @property
    def prerequisites(self) -> tuple[Need, ...]:
        """The data."""
        return (Profile(self.side),)

    @property
    def text(self) -> str:
        """The evidence in words."""
        if self.model is not Model.USER:
            return f"{self.model} reference model"
        if self._special:
            return " ".join(["training", *self._special]).replace(f" repetition {self.repeat}", ", repeated")
        return "trainings of the confirm tier" if self.tier is Tier.CONFIRM else "smoke trainings"

    @property
    def label(self) -> str:
        """A description of this one training, such as `seed 2, smoke`."""
        parts = [f"seed {self.seed + 1}" if self.model is Model.USER else f"{self.model} model", self.tier.value]
        parts += [f"fold {self.fold + 1}"] if self.fold else []
        return ", ".join([*parts, *self._special])

    @property
    def _special(self) -> list[str]:
        """What distinguishes it from the trainings that are compared."""
        return [
            *([f"on {self.labels} labels"] if self.labels is not Labels.TRUE else []),
            *([f"on {self.rows} rows"] if self.rows is not None else []),
            *([f"with {self.capacity:g} times the capacity"] if self.capacity != 1 else []),
            *([f"on the rows of seed {self.rows_of + 1}"] if self.rows_of is not None else []),
            *([f"repetition {self.repeat}"] if self.repeat else []),
        ]

    @property
    def varied_by(self) -> int:
        """The index of the seed that chooses the train rows."""
        return self.seed if self.rows_of is None else self.rows_of

    @property
    def is_plain(self) -> bool:
        """Whether it is one of the trainings that are compared: the user's model, on all rows with true labels."""
        return self.model is Model.USER and not self._special

    def cost(self, past: PastSeconds) -> float:
        """Return what such a training took, or one of the other tier, scaled by its rows; 0 if nothing is known."""
        if self.model is not Model.USER:
            return 0.0
        known = past(Fit(self.side, self.tier))
        if known is not None:
            return known
        other, factor = (Tier.SMOKE, CONFIRM_COST) if self.tier is Tier.CONFIRM else (Tier.CONFIRM, 1 / CONFIRM_COST)
        return factor * (past(Fit(self.side, other)) or 0.0)


def training_of(need: Need) -> Fit | None:
    """Return the training that a need is, or is made from; None if there is none."""
    return next((each for each in with_prerequisites(need) if isinstance(each, Fit)), None)


def seed_of(project: str, index: int) -> int:
    """Return the seed with this index, in [0, 2**31). It is a hash, so that nobody can choose a favourable seed."""
    digest = blake2b(f"seed:{project}:{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 2**31
