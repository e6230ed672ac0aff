"""Computes the detectable effect of every declared metric from a baseline's Snapshot, by comparing main with itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gatebot.checks.row_views import View, Views, metric_of
from gatebot.comparison.case import Case, Facts
from gatebot.comparison.comparison import Comparison
from gatebot.config.document import Rules
from gatebot.decide.judge import comparison_of, first_failure
from gatebot.decide.plan import SMOKE_SEEDS, SMOKE_SEEDS_WITHOUT_LEDGER
from gatebot.errors import UsageError
from gatebot.evidence.effort import AA_SEEDS, Effort
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Training
from gatebot.render.escape import plain
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Estimand
from gatebot.stats.decision import Levels
from gatebot.stats.detectable_effect import Demand, Noise, guarded, noise_of, proven, rounded_up, rows_for, seeds_for
from gatebot.tasks.task import Declared

SEEDS = (1, 2, 3, 5, 10)
TIMES = (1, 2, 4)
MOST_DETAILED = 6
ENDLESS = 1e6
MOST_CAUSE = 300


@dataclass(frozen=True, slots=True)
class Cost:
    """The seconds that one seed of one side took: for training, and for predicting `rows` rows."""

    train_s: float
    predict_s: float
    rows: int

    def of(self, rows: float, seeds: int) -> float:
        """Return the seconds for training and predicting head with this many eval rows and seeds."""
        return seeds * (self.train_s + self.predict_s * rows / max(self.rows, 1))


@dataclass(frozen=True, slots=True)
class ObservedEffect:
    """What an amount of evidence can detect, in units of the margin, and its cost in seconds of running head."""

    rows: int
    seeds: int
    held: float
    worse: float
    smoke_s: float
    confirm_s: float


@dataclass(frozen=True, slots=True)
class DetectableEffect:
    """The effect that can be detected in one declared metric, on all rows or on a slice.

    Attributes:
        metric: the name of the metric, as in reports.
        slice: `column=value`, or None for all rows.
        higher_is_better: the direction of the metric.
        value: main's value, in the metric's own units.
        relative: whether the margin is a share of main's value.
        demand: the margin and the levels.
        seeds: the number of seeds that pull requests get.
        smoke: the noise of the smoke tier, which usually decides "held".
        confirm: the noise of the confirm tier, which decides "worse".
        costs: the costs by tier.
    """

    metric: str
    slice: str | None
    higher_is_better: bool
    value: float
    relative: bool
    demand: Demand
    seeds: int
    smoke: Noise
    confirm: Noise
    costs: Mapping[Tier, Cost]

    @property
    def subject(self) -> str:
        """The name of metric and slice, such as `recall(urgent)@region=south`."""
        return f"{self.metric}@{self.slice}" if self.slice else self.metric

    @property
    def now(self) -> ObservedEffect:
        """What the current rows and seeds can detect."""
        return self.seen(self.smoke.n, self.seeds)

    @property
    def guards(self) -> bool:
        """Whether the current rows and seeds can guard the margin."""
        return self.now.held <= self.demand.margin

    @property
    def artifact(self) -> bool:
        """Whether the model is an artifact, so that seeds do not count."""
        return bool(np.isinf(self.smoke.seeds_df))

    @property
    def rows_needed(self) -> int | None:
        """The number of eval rows that guards the margin with the current seeds, or None."""
        return rows_for(self.smoke, self.demand, self.seeds)

    @property
    def seeds_needed(self) -> int | None:
        """The number of seeds that guards the margin with the current rows, or None."""
        return seeds_for(self.smoke, self.demand, self.smoke.n)

    @property
    def both_needed(self) -> tuple[int, int] | None:
        """The fewest seeds of `SEEDS` with which some number of rows guards the margin, and these rows."""
        ways = ((rows_for(self.smoke, self.demand, seeds), seeds) for seeds in self.columns)
        return next(((rows, seeds) for rows, seeds in ways if rows is not None), None)

    @property
    def proposed(self) -> float | None:
        """A margin that unlimited rows would guard if the current margin fails because of seed noise alone; else None.

        It is never derived from the current number of rows: few rows are a reason for a warning, not for a larger
        margin.
        """
        endless = guarded(self.smoke, self.demand, ENDLESS * self.smoke.n, self.seeds)
        return None if endless <= self.demand.margin else rounded_up(endless)

    @property
    def columns(self) -> tuple[int, ...]:
        """The numbers of seeds that get a column."""
        return (1,) if self.artifact else SEEDS

    def seen(self, rows: int, seeds: int) -> ObservedEffect:
        """Return what this many rows and seeds can detect."""
        return ObservedEffect(
            rows,
            seeds,
            guarded(self.smoke, self.demand, rows, seeds),
            proven(self.confirm, self.demand, rows, seeds),
            self.costs[Tier.SMOKE].of(rows, seeds),
            self.costs[Tier.CONFIRM].of(rows, seeds),
        )

    def grid(self) -> tuple[tuple[ObservedEffect, ...], ...]:
        """Return what one, two and four times the current rows can detect, by number of seeds."""
        return tuple(tuple(self.seen(times * self.smoke.n, seeds) for seeds in self.columns) for times in TIMES)


@dataclass(frozen=True, slots=True)
class NotDetectable:
    """A declared metric without a detectable effect, and the reason."""

    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result of the analysis, and the part of it that gets tables or curves.

    Attributes:
        found: all results, in the order in which the Rules declare the metrics.
        detailed: the detectable effects with a table or curve, those on all rows first.
    """

    found: tuple[DetectableEffect | NotDetectable, ...]
    detailed: tuple[DetectableEffect, ...]

    @property
    def left_out(self) -> int:
        """The number of detectable effects without a table."""
        return sum(isinstance(each, DetectableEffect) for each in self.found) - len(self.detailed)


def chosen(found: Iterable[DetectableEffect | NotDetectable], metric: str | None = None) -> Analysis:
    """Select all results, or those of one metric on all rows and on its slices.

    Raises:
        UsageError: no declared metric has this name.
    """
    everything = tuple(found)
    kept = tuple(each for each in everything if metric in (None, each.subject, each.subject.partition("@")[0]))
    if not kept:
        names = ", ".join(dict.fromkeys(each.subject.partition("@")[0] for each in everything))
        raise UsageError(f"no declared metric is called {metric!r}", f"there is {names}")
    effects = sorted(
        (each for each in kept if isinstance(each, DetectableEffect)), key=lambda each: each.slice is not None
    )
    overall = [each for each in effects if each.slice is None or metric is not None]
    return Analysis(kept, tuple((overall or effects)[:MOST_DETAILED]))


def analyse(baseline: Snapshot, rules: Rules) -> Iterator[DetectableEffect | NotDetectable]:
    """Yield what pull requests against this baseline could detect of each declared metric.

    Raises:
        UsageError: the Rules name a metric that does not exist, or the baseline holds no usable predictions or labels.
    """
    compared = with_itself(baseline, rules)
    if not compared.base_runs():
        if failure := first_failure(_alone(baseline, rules), Side.BASE):
            raise UsageError(
                f"there is nothing to look at: no model of this baseline works ({plain(failure.cause, MOST_CAUSE)})",
                "Make main train and predict; then `gatebot run --as-baseline` there leaves a baseline.",
            )
        raise UsageError(
            "this baseline holds no predictions of labelled eval rows",
            "`gatebot run --as-baseline` on the main branch leaves one",
        )
    levels, views = Levels(), Views(compared)
    overall = sum(declared.slice is None for declared in compared.declared)
    artifact = compared.head.about.estimand == Estimand.ARTIFACT
    worse = levels.worse if artifact else levels.worse_confirm
    share = worse / max(overall, 1) / (2 if compared.task.per_class(compared.base_runs()[0]) else 1)
    for declared in compared.declared:
        for view in views.of(declared.slice):
            try:
                yield _sight(view, declared, levels, share, _seeds(compared, rules))
            except StatError as error:
                yield NotDetectable(view.subject(declared.name), str(error))


def with_itself(baseline: Snapshot, rules: Rules) -> Comparison:
    """Compare main with itself."""
    return comparison_of(_alone(baseline, rules))


def _alone(baseline: Snapshot, rules: Rules) -> Case:
    about = baseline.about
    facts = Facts(project=about.project, now=about.created_at, rules=rules, effort=Effort(folds=_folds(baseline)))
    return Case(facts, head=baseline, base=baseline)


def _folds(baseline: Snapshot) -> int:
    profile = baseline.get(Profile(Side.BASE), DataProfile)
    return 1 if profile is None else int(profile.eval_rows.folds.max(initial=0)) + 1


def _seeds(compared: Comparison, rules: Rules) -> int:
    """Return the number of seeds that a pull request gets."""
    if compared.head.about.estimand == Estimand.ARTIFACT:
        return 1
    if rules.smoke.seeds != "auto":
        return rules.smoke.seeds
    known = len(compared.base_runs()) >= AA_SEEDS or compared.effort.folds > 1
    return SMOKE_SEEDS if known else SMOKE_SEEDS_WITHOUT_LEDGER


def _sight(view: View, declared: Declared, levels: Levels, share: float, seeds: int) -> DetectableEffect:
    """Return the detectable effect of one metric on one view.

    Raises:
        StatError: there is none.
    """
    metric, compared = metric_of(declared), view.comparison
    margin = declared.improve_by or declared.margin
    artifact = compared.head.about.estimand == Estimand.ARTIFACT
    noises, value = dict[Tier, Noise](), float("nan")
    for tier in Tier:
        tables = view.alone(tier, declared.own).main
        found = [metric.influence(table) for table in tables]
        known = [each for each in found if each is not None]
        values = np.array([metric.value(table) for table in tables])
        if not tables or len(known) != len(found) or not np.isfinite(values).all():
            if tier is Tier.CONFIRM and Tier.SMOKE in noises:
                continue
            raise StatError("its uncertainty is unknown")
        value = float(values.mean()) if tier is Tier.SMOKE else value
        noises[tier] = noise_of(
            values,
            np.stack(known),
            clusters=view.clusters,
            step=metric.step(tables[0]),
            scale=abs(value) if margin.relative else 1.0,
            artifact=artifact,
        )
    return DetectableEffect(
        metric=declared.name,
        slice=view.name,
        higher_is_better=declared.higher_is_better,
        value=value,
        relative=margin.relative,
        demand=Demand(levels.alpha if artifact else levels.smoke, share, margin.size),
        seeds=seeds,
        smoke=noises[Tier.SMOKE],
        confirm=noises.get(Tier.CONFIRM, noises[Tier.SMOKE]),
        costs=_costs(compared.head, noises[Tier.SMOKE].n),
    )


def _costs(baseline: Snapshot, rows: int) -> Mapping[Tier, Cost]:
    """Return the cost of one seed by tier. A tier that was not trained is assumed to cost the same as the other."""
    costs = {tier: cost for tier in Tier if (cost := _cost(baseline, tier, rows)) is not None}
    first = next(iter(costs.values()), Cost(0.0, 0.0, rows))
    return {tier: costs.get(tier, first) for tier in Tier}


def _cost(baseline: Snapshot, tier: Tier, rows: int) -> Cost | None:
    folds = _folds(baseline)
    fits = [Fit(Side.BASE, tier, seed, fold) for seed in range(AA_SEEDS) for fold in range(folds)]
    trainings = [baseline.get(fit, Training) for fit in fits]
    answers = [baseline.get(Predict(fit), Predictions) for fit in fits]
    trained = [each.effects.seconds for each in trainings if each is not None]
    answered = [each.effects.seconds for each in answers if each is not None]
    if not answered:
        return None
    return Cost(_mean(trained) * folds, _mean(answered) * folds, rows)


def _mean(seconds: Sequence[float]) -> float:
    return float(np.mean(seconds)) if seconds else 0.0
