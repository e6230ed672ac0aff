"""The pipeline trains and predicts end to end.

Why: A change that crashes, hangs, runs out of memory or leaves no model cannot be merged.
Fix: Run the command that the report gives on your machine; the last lines of the log are quoted with the finding.
"""

import re
from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.checks.missing_paths import advice_on
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact, Finding, Level, Location
from gatebot.core.tracebacks import own_frame
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.failure import Failure, failure_of
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Training

SAYS = {
    Ending.CRASHED: "{stage} crashed (exit code {exit_code}) in {runs} of {all_runs} runs",
    Ending.TIMEOUT: "{stage} was stopped after {seconds} s, its time limit, in {runs} of {all_runs} runs",
    Ending.MEMORY: "{stage} was stopped at {peak_mb} MB, its memory limit, in {runs} of {all_runs} runs",
    Ending.DISK: "{stage} was stopped at its disk limit in {runs} of {all_runs} runs",
    Ending.PROCESSES: "{stage} was stopped at its limit of processes in {runs} of {all_runs} runs",
    Ending.NO_OUTPUT: "{stage} ended without an error and without a result in {runs} of {all_runs} runs",
}
NO_MODULE = (
    "The Python that ran it finds no `{module}`: if that is a package, install it in `smoke.setup`; on your machine it"
    " is enough to activate the environment that has it"
)
_ABSENT = re.compile(r"ModuleNotFoundError: No module named '([A-Za-z_][A-Za-z0-9_.]{0,80})'")
NONE_WORKS = 2.0
"""The size of a finding where no run works: more than any share of runs, so that it is worse where base has one."""
LIMITS = frozenset({Ending.TIMEOUT, Ending.MEMORY, Ending.DISK, Ending.PROCESSES})


def needs(effort: Effort) -> tuple[Need, ...]:
    """Every smoke training; none where predictions are brought."""
    return effort.fits(Side.HEAD) if effort.trains else ()


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Predictions, which are not there when the training failed; and base's runs, to tell what is inherited."""
    return (
        *(effort.predictions(Side.HEAD)),
        *(effort.fits(Side.BASE) if effort.trains else ()),
        *effort.predictions(Side.BASE),
    )


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """One finding a tier, for the commonest way of failing: base that fails there in any way has it too.

    Where both tiers are the same trainings, they fail once.
    """
    profile = comparison.profile(Side.HEAD)
    for tier in Tier:
        runs = [
            run for fit in comparison.effort.fits(Side.HEAD, tier) if (run := _of_head(comparison, fit)) != (None, None)
        ]
        failed = [failure for run in runs if (failure := failure_of(*run)) is not None]
        if failed:
            yield _finding(comparison, tier, failed, len(runs))
            if profile is not None and profile.one_tier:
                return


def _finding(comparison: Comparison, tier: Tier, failed: list[Failure], all_runs: int) -> Finding:
    kinds = [(failure.stage, failure.effects.ended) for failure in failed]
    stage, ending = max(kinds, key=kinds.count)
    alike = [failure.effects for kind, failure in zip(kinds, failed, strict=True) if kind == (stage, ending)]
    worst = max(alike, key=lambda effects: (effects.peak_rss_bytes, effects.seconds))
    facts: dict[str, Fact] = {
        "stage": stage if tier is Tier.SMOKE else f"{stage} on more rows",
        "ending": ending.value,
        "exit_code": worst.exit_code,
        "seconds": round(worst.seconds, 1),
        "peak_mb": round(worst.peak_rss_bytes / 1e6),
        "runs": len(alike),
        "all_runs": all_runs,
    }
    log = alike[0].log_tail
    frame = own_frame(log)
    if absent := next((found[1] for line in log[-3:] if (found := _ABSENT.search(line))), ""):
        facts["module"] = absent
    missing = next((effects.missing for effects in alike if effects.missing is not None), None)
    note, quoted = (NO_MODULE, {}) if absent or missing is None else advice_on(missing)
    unknown = ending in LIMITS and tier is Tier.CONFIRM and not _base_ran(comparison, tier)
    return Finding(
        f"{tier} runs",
        SAYS[ending],
        facts,
        likelihood=Level.LOW if unknown else None,  # a limit of ours blocks where base is known to keep it
        where=() if frame is None or ".." in frame.path else (Location(frame.path, frame.line),),
        log=log,
        note=note if absent or quoted else "",
        quoted=quoted,
        size=len(failed) / all_runs if len(failed) < all_runs else NONE_WORKS,
    )


def _base_ran(comparison: Comparison, tier: Tier) -> bool:
    base = comparison.base
    return base is not None and any(base.has(fit) for fit in comparison.effort.fits(Side.BASE, tier))


def _of_head(comparison: Comparison, fit: Fit) -> tuple[Training | None, Predictions | None]:
    return comparison.head.get(fit, Training), comparison.head.get(Predict(fit), Predictions)


CHECK = Check("code.smoke_train", Level.HIGH, Level.HIGH, run, __doc__, needs=needs, wishes=wishes)
