"""Ends the trainings of a side that does not work: two failed alike, and none has worked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Condition

from gatebot.evidence.failure import Failure
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.training import Fit, Model, seed_of


@dataclass(slots=True)
class EarlyStop:
    """Decides which trainings are not worth their time. It is used by several threads.

    Trainings have an order, in which they are started. A side's trainings end with the first that fails as an earlier
    one of the same tier did, if none of the tier before it has worked: later ones of the tier, and of both tiers if it
    is the smoke tier, are not run. What later ones did that ran at the same time does not count, so the decision
    depends on the order alone and not on which thread was faster.

    Attributes:
        project: the key of the seeds.
    """

    project: str
    _order: dict[Side, list[Fit]] = field(default_factory=dict)
    _ended: dict[Fit, Failure | None] = field(default_factory=dict)
    _worked: set[Fit] = field(default_factory=set)
    _changed: Condition = field(default_factory=Condition)

    def expect(self, fits: Iterable[Fit]) -> None:
        """Add trainings that are about to be carried out, in their order. Those of reference models are ignored."""
        with self._changed:
            for fit in fits:
                order = self._order.setdefault(fit.side, [])
                if fit.model is Model.USER and fit not in order:
                    order.append(fit)

    def ended(self, fit: Fit, failure: Failure | None, *, worked: bool) -> None:
        """Record how a training and its predictions ended; neither failed nor worked if they were not possible."""
        with self._changed:
            self._ended[fit] = failure
            if worked:
                self._worked.add(fit)
            self._changed.notify_all()

    def wait(self, fit: Fit) -> None:
        """Wait for earlier trainings that are running, if one of them has failed and another could fail alike."""
        with self._changed:
            self._changed.wait_for(lambda: not any(self._is_open(fit, tier) for tier in _tiers(fit)))

    def why_not(self, fit: Fit) -> str:
        """Return why a training is not run, by what is known of those before it; empty if it is run."""
        if fit.model is not Model.USER:
            return ""
        with self._changed:
            return next((why for tier in _tiers(fit) if (why := self._why(fit, tier))), "")

    def _is_open(self, fit: Fit, tier: Tier) -> bool:
        """Whether earlier trainings of a tier, of which one has failed and none has worked, have not ended yet."""
        if fit not in self._order.get(fit.side, ()):
            return False
        before = [each for each in self._before(fit) if each.tier is tier and each.is_plain]
        failed = any(self._ended.get(each) is not None for each in before)
        return failed and self._worked.isdisjoint(before) and any(each not in self._ended for each in before)

    def _why(self, fit: Fit, tier: Tier) -> str:
        """Return why a training is not run, by what trainings of a tier before it did."""
        seen: dict[object, Fit] = {}
        for each in self._before(fit):
            if each.tier is not tier or not each.is_plain:
                continue
            if each not in self._ended or each in self._worked:
                return ""
            failure = self._ended[each]
            if failure is None:
                continue
            kind = failure.kind(seed_of(self.project, each.seed))
            if kind in seen:
                return f"not run, because two trainings before it failed alike ({seen[kind].label}; {each.label})"
            seen[kind] = each
        return ""

    def _before(self, fit: Fit) -> Iterator[Fit]:
        for each in self._order.get(fit.side, ()):
            if each == fit:
                return
            yield each


def _tiers(fit: Fit) -> tuple[Tier, ...]:
    """Return the tiers whose failures can end a training."""
    return tuple(dict.fromkeys((Tier.SMOKE, fit.tier)))
