"""Computes the values of the declared metrics for each seed, from which seed noise is estimated."""

from dataclasses import replace

from gatebot.checks.row_views import Views, metric_of
from gatebot.comparison.case import Case
from gatebot.decide.judge import comparison_of
from gatebot.evidence.need import Tier
from gatebot.evidence.snapshot import noise_key


def seed_values(case: Case) -> dict[str, tuple[float, ...]]:
    """Return head's value for each seed by tier and measure, for declared metrics on all rows or on their slices."""
    if case.head is None or not case.facts.effort.trains:
        return {}
    compared = comparison_of(replace(case, base=case.head))
    views, found = Views(compared), {}
    for declared in compared.declared:
        metric = metric_of(declared)
        for view in views.of(declared.slice):
            for tier in Tier:
                tables = view.alone(tier, declared.own).main
                found[noise_key(tier, view.subject(metric.name))] = tuple(metric.value(table) for table in tables)
    return found
