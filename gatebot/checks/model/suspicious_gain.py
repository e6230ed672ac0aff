"""No metric gets better than a change of the model explains.

Why: A leap is the surest sign that a model sees the answers: in a column, by a row's id, or among the train rows.
Fix: Take out what the finding names. If the gain is real, say in the pull request where it comes from; where a column
may tell the target, waive the finding.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.gain.answers import LEVEL, Answers
from gatebot.checks.gain.asked_rows import probing
from gatebot.checks.gain.probes import Probes
from gatebot.checks.measures import change_of
from gatebot.checks.row_views import Views
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Fact, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Tier
from gatebot.tasks.task import Declared, Margin, Metric

FEWEST_STEPS = 10
"""Changes of main from commit to commit that are needed to say what is usual."""
FAR_FROM = 5.0
"""Base is far from nearly perfect with so many times as much left to gain."""
BEST = {"r2": 1.0, "mcc": 1.0}
"""Perfect values of rates that are no shares."""


class GainOptions(Options):
    """Settings of this check."""

    share: float = Field(
        default=0.5, gt=0, le=1, description="share of what was left to gain beyond which a gain is looked at"
    )
    perfect: float = Field(
        default=0.01, ge=0, lt=0.2, description="what may be left to gain in a value that counts as nearly perfect"
    )
    alone: float = Field(
        default=0.99, ge=0.9, lt=1, description="share of rows in which one column that gives the target away tells it"
    )
    unexplained: Literal["warn", "review"] = Field(
        default="warn", description="what a gain does whose cause no probe proves"
    )


def needs(effort: Effort) -> tuple[Need, ...]:
    """Predictions of both sides."""
    return effort.compared()


def confirm(comparison: Comparison) -> tuple[Need, ...]:
    """Other spellings of the eval rows for the first models, and a search of the data."""
    return probing(comparison)


@dataclass(frozen=True, slots=True, eq=False)
class Leap:
    """A metric that got better by more than a change explains.

    Attributes:
        declared: the metric.
        base, head: its values.
        why: why it is looked at, in words.
        at_least: the lower bound of the gain.
    """

    declared: Declared
    base: float
    head: float
    why: str
    at_least: float

    @property
    def facts(self) -> dict[str, Fact]:
        """The facts of a finding."""
        return {
            "metric": self.declared.name,
            "base": self.base,
            "head": self.head,
            "why": self.why,
            "at_least": self.at_least,
        }


def run(comparison: Comparison, options: GainOptions) -> Iterator[Finding]:
    """Yield what is proven to cause the gain, which blocks; if nothing is, the gain itself, which asks for a look."""
    leaps = list(_leaps(comparison, options))
    if not leaps:
        return
    leap = leaps[0]
    probes = Probes(Answers(comparison, _metric(comparison, leap)), options.alone)
    proven = [replace(found, facts={**leap.facts, **found.facts}) for found in probes.causes]
    yield from proven
    if not proven:
        yield _unexplained(leap, probes, Action(options.unexplained))


def _unexplained(leap: Leap, probes: Probes, action: Action) -> Finding:
    says = "{metric} went from {base} to {head}: {why}"
    facts = {**leap.facts, **probes.hints}
    if not probes.asked:
        note = "It has to be probed before it is believed."
        return Finding(leap.declared.name, says, facts, action=action, note=note, unconfirmed=True)
    notes = ["Look at where it comes from; no leak is proven. Probed: {probed}", *probes.notes]
    return Finding(leap.declared.name, says, facts, action=action, note=". ".join(notes))


# --- what is looked at ---


def _leaps(comparison: Comparison, options: GainOptions) -> Iterator[Leap]:
    """Yield the declared metrics of all rows whose gain is surely more than a change explains."""
    whole = Views(comparison).whole
    for declared in comparison.declared:
        if declared.slice is not None or comparison.base is None:
            continue
        measure = change_of(whole, declared, Margin(declared.margin.size))
        seen = None if measure is None else measure.confirm or measure.smoke
        if measure is None or seen is None or measure.base is None or measure.not_enforced or measure.identical:
            continue
        leap = Leap(declared, measure.base, measure.head, "", seen.lower(LEVEL))
        if why := _why(leap, _steps(comparison, declared), options):
            yield replace(leap, why=why)


def _why(leap: Leap, steps: tuple[float, ...], options: GainOptions) -> str:
    """Return why a gain is looked at, or an empty text."""
    best, margin = _best(leap.declared), leap.declared.margin.absolute(leap.base)
    if best is not None and leap.at_least > 0 and abs(leap.head - leap.base) > margin:
        left, now = abs(best - leap.base), abs(best - leap.head)
        if abs(leap.head - leap.base) > options.share * left and leap.at_least > options.share / 2 * left:
            return f"more than {100 * options.share:.0f} % of what was left to gain"
        scale = 1.0 if leap.declared.higher_is_better else left
        if now <= options.perfect * scale and left >= FAR_FROM * options.perfect * scale:
            return "nearly perfect, which base is far from"
    largest = max(map(abs, steps), default=0.0)
    if len(steps) >= FEWEST_STEPS and leap.at_least > max(largest, 2 * margin):
        return f"more than any of the last {len(steps)} changes of main"
    return ""


def _best(declared: Declared) -> float | None:
    """Return the value of a perfect model; None if the user's own metric or score does not tell."""
    metric = declared.metric
    if metric is None:
        return None
    name = metric.name.partition("(")[0]
    if metric.higher_is_better:
        return 1.0 if metric.is_share else BEST.get(name)
    return None if name == "mean" else 0.0


def _steps(comparison: Comparison, declared: Declared) -> tuple[float, ...]:
    """Return the changes of the metric from commit to commit of main, as far as baselines have passed them on."""
    tiers = (comparison.earlier(tier, declared.name) for tier in (Tier.SMOKE, Tier.CONFIRM))
    return max((known.steps for known in tiers if known is not None), key=len, default=())


def _metric(comparison: Comparison, leap: Leap) -> Metric | None:
    """Return the metric that probes are judged by: what the user's own code computes has no value on probed rows."""
    if leap.declared.metric is not None:
        return leap.declared.metric
    truth = comparison.truth
    return None if truth is None else comparison.task.default_metrics(truth)[0]


CHECK = Check(
    "model.suspicious_gain",
    Level.HIGH,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    options=GainOptions,
    relative=True,
    confirm=confirm,
)
