"""Needs grouped by training, and what came of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, with_prerequisites
from gatebot.evidence.predictions import Predict
from gatebot.evidence.training import Fit, training_of

T = TypeVar("T")


@dataclass(slots=True)
class TrainingJob:
    """The needs of one training, in the order in which they were asked for."""

    fit: Fit
    needs: list[Need] = field(default_factory=list)

    @property
    def predicts(self) -> tuple[Predict, ...]:
        """All predictions that the needs require."""
        parts = (part for need in self.needs for part in with_prerequisites(need))
        return tuple(dict.fromkeys(part for part in parts if isinstance(part, Predict)))


@dataclass(slots=True)
class Collected:
    """Evidence for needs, and the reasons of unmet needs."""

    evidence: dict[Need, Evidence] = field(default_factory=dict)
    unmet: dict[Need, str] = field(default_factory=dict)

    def add(self, more: "Collected") -> None:
        """Add further results."""
        self.evidence |= more.evidence
        self.unmet |= more.unmet

    def share(self, served_by: Mapping[Need, Need]) -> None:
        """Copy to each need the result of the need that serves it, and drop serving needs that were not requested."""
        for need, server in served_by.items():
            if server in self.evidence:
                self.evidence[need] = self.evidence[server]
            elif server in self.unmet:
                self.unmet[need] = self.unmet[server]
        for server in set(served_by.values()) - served_by.keys():
            self.evidence.pop(server, None)
            self.unmet.pop(server, None)


def grouped(needs: Iterable[Need]) -> list[TrainingJob]:
    """Group needs by training, in the order in which the trainings were first requested.

    Needs without a training, and those that are collected while nothing else runs, are left out.
    """
    groups: dict[Fit, TrainingJob] = {}
    for need in needs:
        fit = training_of(need)
        if fit is not None and not need.alone:
            groups.setdefault(fit, TrainingJob(fit)).needs.append(need)
    return list(groups.values())
