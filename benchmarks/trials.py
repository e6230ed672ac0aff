"""One pull request, drawn and judged by everybody: as `gate` would, and by the rules of others."""

from dataclasses import dataclass
from statistics import mean

import numpy as np

from benchmarks.changes import Change, Kind
from benchmarks.faults import Family, Fault, session
from benchmarks.learners import GENERATORS, Harmless
from benchmarks.learners import pull as trained
from benchmarks.pull import AA_SEEDS, CONFIRM_SEEDS, SMOKE_SEEDS, Pull
from benchmarks.rivals import Seen, margin, rules
from benchmarks.session import MemorySession, gated
from benchmarks.world import draw
from gatebot.core.report import Report, VerdictName
from gatebot.decide.judge import judge
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import TRAIN
from gatebot.evidence.training import Fit

SEED = 20261120
DRAWN = "drawn predictions"


@dataclass(frozen=True, slots=True)
class Trial:
    """One pull request, judged by everybody.

    Attributes:
        world: where its rows and models come from: drawn, or a generator with a learner.
        name: what it changes.
        kind: what it deserves.
        rows: eval rows.
        loss: the true loss of accuracy where it is graded.
        verdict: gatebot's.
        blocking: checks with a finding that blocks.
        undecided: declared measures over all rows that stayed undecided.
        confirmed: the second tier was bought.
        warned: it said something that is more than a note.
        rivals: who else would have blocked.
        repeats: verdicts of the same commit when it is run again by code that ignores its seed.
        family: of a fault that the headline metric does not show, or of a harmless change with the same evidence.
        moved: of these, by how much the headline metric got worse on these rows, as a share of its margin.
        said: checks with a finding that is more than a note.
    """

    world: str
    name: str
    kind: Kind
    rows: int
    loss: float | None
    verdict: VerdictName
    blocking: tuple[str, ...]
    undecided: tuple[str, ...]
    confirmed: bool
    warned: bool
    rivals: tuple[str, ...]
    repeats: tuple[VerdictName, ...] = ()
    family: Family | None = None
    moved: float = 0.0
    said: tuple[str, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether gatebot stops it."""
        return self.verdict is VerdictName.BLOCKED

    @property
    def trainings(self) -> int:
        """Of head."""
        return SMOKE_SEEDS + CONFIRM_SEEDS * self.confirmed


@dataclass(frozen=True, slots=True)
class Task:
    """One pull request to be judged: picklable, and the same whoever draws it."""

    change: Change | Harmless | Fault
    rows: int
    number: int
    world: str = DRAWN
    loss: float | None = None
    metrics: tuple[str, ...] = ()
    repeats: int = 0

    @property
    def name(self) -> str:
        return self.change.value if isinstance(self.change, Harmless) else self.change.name

    @property
    def _rng(self) -> np.random.Generator:
        return np.random.default_rng([SEED, self.rows, self.number, *self.world.encode(), *self.name.encode()])

    def trial(self) -> Trial:
        """Draw it, gate it as `gate` does, and ask the rivals."""
        return self._of_fault(self.change) if isinstance(self.change, Fault) else self._of_pull(self.change)

    def _of_pull(self, change: Change | Harmless) -> Trial:
        if isinstance(change, Harmless):
            pull = trained(self._rng, GENERATORS[self.world], change, self.rows)
        else:
            pull = draw(self._rng, self.rows, change.recipe)
        report, confirmed = self._gated(pull)
        return Trial(
            world=self.world,
            name=self.name,
            kind=Kind.HARMLESS if isinstance(change, Harmless) else change.kind,
            rows=self.rows,
            loss=self.loss,
            verdict=report.verdict,
            blocking=_blocking(report),
            undecided=_open(report),
            confirmed=confirmed,
            warned=bool(report.decisive),
            rivals=_against(Seen.of(pull)),
            repeats=tuple(self._again(pull, number) for number in range(self.repeats)),
        )

    def _of_fault(self, fault: Fault) -> Trial:
        made = session(self._rng, fault, self.world, self.rows)
        gate = gated(made, self.metrics if made.task == "classification" else ())
        report, head = gate.report, gate.case.head
        return Trial(
            world=self.world,
            name=self.name,
            kind=Kind.HARMLESS if fault.family is Family.HARMLESS else Kind.SILENT,
            rows=self.rows,
            loss=self.loss,
            verdict=report.verdict,
            blocking=_blocking(report),
            undecided=_open(report),
            confirmed=head is not None and head.has(Fit(Side.HEAD, Tier.CONFIRM)),
            warned=bool(report.decisive),
            rivals=_against(_seen(made)),
            family=fault.family,
            moved=moved(made),
            said=tuple(sorted({each.check for each in report.decisive})),
        )

    def _gated(self, pull: Pull) -> tuple[Report, bool]:
        metrics = self.metrics if pull.task == "classification" else ()
        report = judge(pull.case(Tier.SMOKE, metrics=metrics))
        if not any(want.tier == Tier.CONFIRM for want in report.wants):
            return report, False
        return judge(pull.case(*Tier, metrics=metrics)), True

    def _again(self, pull: Pull, number: int) -> VerdictName:
        """The verdict on the same commit, rows and baseline, with other luck in head's trainings."""
        rng = np.random.default_rng([SEED, self.rows, self.number, number, *self.name.encode()])
        return self._gated(pull.again(rng))[0].verdict


def moved(made: MemorySession, tier: Tier = Tier.SMOKE) -> float:
    """By how much head is worse than base on the eval rows, over the smoke tier's seeds, as a share of the margin."""
    base, head = (
        [made.goodness(Fit(side, tier, seed)) for seed in range(SMOKE_SEEDS)] for side in (Side.BASE, Side.HEAD)
    )
    return float(mean(b.mean() - h.mean() for b, h in zip(base, head, strict=True)) / margin(base[0]))


def _seen(made: MemorySession) -> Seen:
    base, earlier = (made.goodness(Fit(Side.BASE, seed=seed)) for seed in (0, AA_SEEDS - 1))
    head = Fit(Side.HEAD)
    return Seen(base, made.goodness(head), earlier, made.goodness(head, TRAIN))


def _against(seen: Seen) -> tuple[str, ...]:
    return tuple(name for name, blocks in rules(seen).items() if blocks)


def _blocking(report: Report) -> tuple[str, ...]:
    return tuple(sorted({each.check for each in report.decisive if each.action == "block"}))


def _open(report: Report) -> tuple[str, ...]:
    """Declared measures over all rows that are undecided."""
    overall = [each for each in report.measures if each.declared and each.slice is None]
    return tuple(each.metric for each in overall if each.outcome == "undecided")
