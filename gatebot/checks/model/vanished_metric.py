"""Every metric, class and slice that is declared, or that base had, has a value.

Why: A metric that is not a number compares as neither better nor worse, so it would pass.
Fix: Find out what is gone: rows, or answers. What is no longer wanted is taken out of gatebot.yml.
"""

from collections.abc import Iterator

import numpy as np

from gatebot.checks.check import Check, Options
from gatebot.checks.measures import FEWEST_COUNTED, FEWEST_ROWS, rests_on
from gatebot.checks.row_views import View, Views, metric_of
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.column import Names
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.own_score import OwnScore
from gatebot.evidence.profile import Profile
from gatebot.tasks.estimate import Formula
from gatebot.tasks.labels import PREFIX, SINGLE
from gatebot.tasks.table import Table
from gatebot.tasks.task import Declared, Metric

MADE_OF = "A log loss takes probabilities `score_<class>`, and precision takes rows that are predicted as the class"
OF_A_CLASS = (
    "A class without precision is one that is never predicted any more: look for its rows among those trained on"
)
NO_ROWS = "Base has rows of the slice: look for what filters them"


def needs(effort: Effort) -> tuple[Need, ...]:
    """Head's predictions, and what the user's own metrics say of them."""
    return (Profile(Side.HEAD), *effort.predictions(Side.HEAD), *effort.scores(Side.HEAD))


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what it had."""
    return (Profile(Side.BASE), *effort.predictions(Side.BASE), *effort.scores(Side.BASE))


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """One finding for each metric without a value: declared ones always, others where base has one."""
    if not len(comparison.units):  # no row in common, which `data.eval_identity` says
        return
    views = Views(comparison)
    for declared in comparison.declared:
        yield from _of_declared(views, declared)
    yield from _of_classes(views.whole)
    yield from _gone_slices(comparison)


def _of_declared(views: Views, declared: Declared) -> Iterator[Finding]:
    if not views.of(declared.slice):
        says = "{metric} is declared on `{column}`, which is no slice of the data: name it in `data.slices`"
        if declared.slice in views.comparison.slices:
            says = (
                "{metric} is declared on `{column}`, in which no eval row has a value: fill it, or name another slice"
            )
        subject = f"{declared.name}@{declared.slice}"
        yield Finding(subject, says, {"metric": declared.name, "column": declared.slice}, likelihood=Level.HIGH)
    for view in views.of(declared.slice):
        runs = view.alone(Tier.SMOKE, declared.own).head
        if declared.default:
            yield from _lost(view, metric_of(declared), view.pairs(Tier.SMOKE).base, runs, MADE_OF)
        elif (view.name is None or (runs and len(runs[0]) >= FEWEST_ROWS)) and _was_held(view, declared):
            yield from _absent(view, declared, runs)


def _was_held(view: View, declared: Declared) -> bool:
    """False where base's value rests on so few rows that it was never enforced; without a base nobody knows."""
    base = view.pairs(Tier.SMOKE, declared.own).base
    metric = metric_of(declared)
    return not base or max(rests_on(metric, table) for table in base) >= FEWEST_COUNTED


def _absent(view: View, declared: Declared, runs: tuple[Table, ...]) -> Iterator[Finding]:
    """A declared metric that some run, or every run, has no value of."""
    values = np.array([metric_of(declared).value(table) for table in runs])
    if len(values) and np.isfinite(values).all():
        return
    subject = view.subject(declared.name)
    facts: dict[str, Fact] = {"metric": subject, "runs": int((~np.isfinite(values)).sum()), "all_runs": len(values)}
    note = ""
    if not len(values):
        says = "{metric} is declared and has no value: no run predicts the rows that are compared"
    elif problem := _problem(view.comparison, declared.own):
        says = "{metric} is declared and has no value in {runs} of {all_runs} runs: {problem}"
        facts["problem"] = problem
    elif _lacks_probabilities(metric_of(declared), runs):
        says = "{metric} is declared and has no value: it takes probabilities, and `predict` gives labels alone"
        note = "Return a column of probabilities for each class, or take the metric out of gatebot.yml"
    else:
        says = "{metric} is declared and has no value in {runs} of {all_runs} runs, of predictions with {columns}"
        facts["columns"] = tuple(runs[0].payload)
        note = "" if declared.own else MADE_OF
    yield Finding(subject, says, facts, likelihood=Level.HIGH, note=note)


def _lacks_probabilities(metric: Metric, runs: tuple[Table, ...]) -> bool:
    columns = [name for table in runs for name in table.payload]
    needs_scores = isinstance(metric, Formula) and metric.needs_scores
    return needs_scores and not any(name == SINGLE or name.startswith(PREFIX) for name in columns)


def _problem(comparison: Comparison, own: str | None) -> str:
    """What the user's own metric said when it failed."""
    scores = (need for need in comparison.effort.scores(Side.HEAD) if need.metric == own)
    own_scores = (comparison.head.get(need, OwnScore) for need in scores)
    return next((each.problem for each in own_scores if each is not None and each.problem), "")


def _of_classes(whole: View) -> Iterator[Finding]:
    pairs = whole.pairs(Tier.SMOKE)
    known = {declared.name for declared in whole.comparison.declared}
    for name, metric in whole.comparison.task.per_class(pairs.head[0]).items() if pairs.base else ():
        if name not in known:
            yield from _lost(whole, metric, pairs.base, pairs.head, OF_A_CLASS)


def _lost(view: View, metric: Metric, base: tuple[Table, ...], head: tuple[Table, ...], note: str) -> Iterator[Finding]:
    """A metric that base has on every run and head lacks on some."""
    before, now = (np.array([metric.value(table) for table in tables]) for tables in (base, head))
    lost = int((~np.isfinite(now)).sum())
    held = len(before) and np.isfinite(before).all() and min(rests_on(metric, each) for each in base) >= FEWEST_COUNTED
    if lost and held:
        subject = view.subject(metric.name)
        facts: dict[str, Fact] = {
            "metric": subject,
            "base": float(before.mean()),
            "runs": lost,
            "all_runs": len(now),
        }
        yield Finding(subject, "{metric} was {base} and has no value in {runs} of {all_runs} runs", facts, note=note)


def _gone_slices(comparison: Comparison) -> Iterator[Finding]:
    """Slices that were large enough to be held on base and have no row any more."""
    base, head = comparison.profile(Side.BASE), comparison.profile(Side.HEAD)
    if base is None or head is None:
        return
    for column in dict.fromkeys((*comparison.slices, *comparison.protected)):
        was, now = base.eval_rows.slices.get(column), head.eval_rows.slices.get(column)
        if was is None:
            continue
        if now is None:
            yield Finding(f"slice {column}", "slice column {column} is gone", {"column": column})
            continue
        for value in sorted(_values(was, FEWEST_ROWS) - _values(now, 1)):
            named = f"{column}={value}"
            yield Finding(f"slice {named}", "slice {slice} has no row any more", {"slice": named}, note=NO_ROWS)


def _values(names: Names, fewest: int) -> set[str]:
    counts = np.bincount(names.codes[names.codes >= 0], minlength=len(names.names))
    return {name for name, count in zip(names.names, counts, strict=True) if count >= fewest}


CHECK = Check("model.vanished_metric", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes)
