"""The pipeline trains and predicts end to end.

Why: A change that crashes, hangs, runs out of memory or leaves no model cannot be merged.
Fix: Run the command that the report gives on your machine; the last lines of the log are quoted with the finding.
"""

from collections import defaultdict
from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.comparison import Comparison
from gatebot.finding import Fact, Finding, Level
from gatebot.needs import Effort, Fit, Need, Predict, Side, Tier
from gatebot.snapshot.evidence import Effects, Ending, Predictions, Training

SAYS = {
    Ending.CRASHED: "{stage} crashed (exit code {exit_code}) in {runs} of {all_runs} runs",
    Ending.TIMEOUT: "{stage} was stopped after {seconds} s, its time limit, in {runs} of {all_runs} runs",
    Ending.MEMORY: "{stage} was stopped at {peak_mb} MB, its memory limit, in {runs} of {all_runs} runs",
    Ending.DISK: "{stage} was stopped at its disk limit in {runs} of {all_runs} runs",
    Ending.PROCESSES: "{stage} was stopped at its limit of processes in {runs} of {all_runs} runs",
    Ending.NO_OUTPUT: "{stage} ended without an error and without a result in {runs} of {all_runs} runs",
}


def needs(effort: Effort) -> tuple[Need, ...]:
    """Every smoke training."""
    return effort.fits(Side.HEAD)


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Predictions, which are not there when the training failed; and base's runs, to tell what is inherited."""
    return (*effort.predictions(Side.HEAD), *effort.predictions(Side.BASE))


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """One finding for each stage and way of failing."""
    seen: dict[tuple[str, Ending], list[Effects]] = defaultdict(list)
    runs: dict[str, int] = defaultdict(int)
    for stage, effects in _effects(comparison):
        runs[stage] += 1
        if effects.ended is not Ending.OK:
            seen[stage, effects.ended].append(effects)
    for (stage, ending), failed in seen.items():
        worst = max(failed, key=lambda effects: effects.peak_rss_bytes)
        facts: dict[str, Fact] = {
            "stage": stage,
            "exit_code": worst.exit_code,
            "seconds": round(worst.seconds, 1),
            "peak_mb": round(worst.peak_rss_bytes / 1e6),
            "runs": len(failed),
            "all_runs": runs[stage],
        }
        yield Finding(f"{stage}: {ending}", SAYS[ending], facts, log=failed[0].log_tail)


def _effects(comparison: Comparison) -> Iterator[tuple[str, Effects]]:
    for tier in Tier:
        for fit in comparison.effort.fits(Side.HEAD, tier):
            yield from _of(comparison, fit)


def _of(comparison: Comparison, fit: Fit) -> Iterator[tuple[str, Effects]]:
    training = comparison.head.get(fit, Training)
    predictions = comparison.head.get(Predict(fit), Predictions)
    if training is not None:
        yield "training", training.effects
    if predictions is not None:
        yield "predicting", predictions.effects


CHECK = Check("code.smoke_train", Level.HIGH, Level.HIGH, run, __doc__, needs=needs, wishes=wishes)
