"""Pull requests whose worth is known: harmless ones, small losses, and faults from just over the margin to blatant."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from benchmarks.world import BASE, Recipe, accuracy, log_loss, worse_by

GRADES = (0.0, 0.01, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.10)
"""True losses of accuracy in the power curve; the margin is .02."""


class Kind(StrEnum):
    """What a change deserves."""

    HARMLESS = "harmless"
    WITHIN = "within the margin"
    WHOLE = "whole"
    SLICE = "slice only"
    SILENT = "within the margin of accuracy"


@dataclass(frozen=True, slots=True)
class Change:
    """A pull request: what it is, what it deserves, and head's recipe; None where no prediction changes."""

    name: str
    kind: Kind
    recipe: Recipe | None

    @property
    def truth(self) -> tuple[float, float]:
        """How much accuracy is truly lost, and by what share log loss truly rises."""
        if self.recipe is None:
            return 0.0, 0.0
        return accuracy(BASE) - accuracy(self.recipe), log_loss(self.recipe) / log_loss(BASE) - 1.0


def harmless() -> Iterator[Change]:
    """What nobody should stop."""
    yield Change("refactoring", Kind.HARMLESS, None)
    yield Change("other seed", Kind.HARMLESS, BASE)
    yield Change("row order", Kind.HARMLESS, replace(BASE, kinship=0.97))
    yield Change("equal hyper-parameters", Kind.HARMLESS, replace(BASE, kinship=0.90))
    yield Change("another model, as good", Kind.HARMLESS, replace(BASE, kinship=0.70))


def faulty() -> Iterator[Change]:
    """What should be stopped; the losses within the margin should not."""
    yield Change("loss of 0.4 points", Kind.WITHIN, _kin(worse_by(0.004)))
    for loss in (0.025, 0.03, 0.05, 0.08, 0.15):
        yield Change(f"loss of {100 * loss:g} points", Kind.WHOLE, _kin(worse_by(loss)))
    yield Change("a third of a slice's features lost", Kind.SLICE, replace(BASE, kinship=0.97, spoilt=0.33))
    yield Change("all of a slice's features lost", Kind.SLICE, replace(BASE, kinship=0.97, spoilt=1.0))
    yield Change("loss of 1.5 points", Kind.SILENT, _kin(worse_by(0.015)))
    yield Change("scores too sure", Kind.SILENT, replace(BASE, kinship=0.97, heat=1.1))
    yield Change("rare class held back", Kind.SILENT, replace(BASE, kinship=0.97, swapped=1.5))


def graded() -> Iterator[tuple[float, Change]]:
    """True loss of accuracy and the change that makes it, for power curves."""
    for loss in GRADES:
        recipe = BASE if loss == 0 else worse_by(loss)
        yield loss, Change(f"loss of {100 * loss:g} points", Kind.WHOLE, _kin(recipe))


def _kin(recipe: Recipe) -> Recipe:
    return replace(recipe, kinship=0.97)
