"""The margin of a metric that is as wide as what the eval rows can see."""

from dataclasses import replace

import numpy as np

from gatebot.checks.row_views import View, metric_of
from gatebot.comparison.comparison import Comparison
from gatebot.evidence.need import Tier
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Estimand
from gatebot.stats.decision import Levels
from gatebot.stats.detectable_effect import Demand, guarded, noise_of, rounded_up
from gatebot.tasks.task import Declared, Margin

POWER = 0.95
"""Probability with which smoke evidence holds a harmless change."""


def visible_margin(comparison: Comparison, declared: Declared) -> Margin:
    """Return the declared margin or, if it is larger, what main's own runs show that smoke evidence can see.

    Only base's evidence counts, on all rows that base predicts, so that no pull request widens its own margin. Without
    two runs of base, and where the metric has no value, it is the declared margin.
    """
    margin, metric, main = declared.margin, metric_of(declared), comparison.base
    if main is None:
        return margin
    view = View(replace(comparison, head=main))
    tables = view.alone(Tier.SMOKE, declared.own).main
    values = np.array([metric.value(table) for table in tables])
    influence = [found for table in tables if (found := metric.influence(table)) is not None]
    if not tables or len(influence) != len(tables) or not np.isfinite(values).all():
        return margin
    artifact = main.about.estimand == Estimand.ARTIFACT
    base, levels = float(values.mean()), Levels()
    if margin.relative and base == 0:
        return margin
    try:
        noise = noise_of(
            values,
            np.stack(influence),
            clusters=view.clusters,
            step=metric.step(tables[0]),
            scale=abs(base) if margin.relative else 1.0,
            artifact=artifact,
        )
    except StatError:
        return margin
    demand = Demand(levels.alpha if artifact else levels.smoke, levels.worse_confirm, margin.size)
    sees = guarded(noise, demand, noise.n, comparison.effort.smoke_seeds, POWER)
    return margin if sees <= margin.size else Margin(rounded_up(sees), margin.relative)
