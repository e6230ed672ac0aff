"""Tries a configuration that nobody has used yet: one smoke training in the sandbox, and what comes of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from gatebot.collect.collector import Collector
from gatebot.collect.isolation_level import reach_for
from gatebot.collect.job import Job, Tree
from gatebot.collect.progress import Progress
from gatebot.comparison.case import Case, Facts
from gatebot.config.document import Document, Rules
from gatebot.core.finding import Action
from gatebot.core.report import Report, ReportedFinding, ReportedValue, State
from gatebot.decide.declarations import declared_metrics
from gatebot.decide.judge import first_failure, judge
from gatebot.decide.plan import plan_baseline
from gatebot.errors import GateError
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.training import Fit, Model, Training
from gatebot.run.context.from_git import accepting
from gatebot.run.gate import effort_of
from gatebot.sandbox import Isolation

SECONDS = 60.0
"""The longest that training and predicting may take together. To make the environment does not count."""

MUST_HOLD = ("code.smoke_train", "code.output_shape", "code.output_range")
"""Checks whose findings say that a configuration does not work, rather than that a model is not good."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a configuration will stand.

    Attributes:
        root: the root of the repository.
        folder: the folder of the configuration, relative to it.
        cache: the folder that keeps environments.
    """

    root: Path
    folder: PurePosixPath
    cache: Path


@dataclass(frozen=True, slots=True)
class Trial:
    """What one training has shown.

    Attributes:
        isolation: the isolation that it ran at.
        values: the declared metrics with their intervals; empty if it failed.
        train_rows: the number of rows that one model was trained on.
        train_seconds: how long one model took to train.
        seconds: how long training and predicting took.
        failure: why it does not work, in one line; empty if it does, or if a finding says it.
        hint: the error itself, or what to do about it; may be empty.
        finding: what a check says of it; None if it works, or did not get as far.
        log: the last lines that the code printed, if it failed.
        silent: declared metrics without a value.
        baseline_trainings: how many trainings a baseline takes; 0 if that is not known.
    """

    isolation: Isolation
    values: tuple[ReportedValue, ...] = ()
    train_rows: int = 0
    train_seconds: float = 0.0
    seconds: float = 0.0
    failure: str = ""
    hint: str = ""
    log: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    baseline_trainings: int = 0
    finding: ReportedFinding | None = None

    @property
    def works(self) -> bool:
        """Whether it trains, predicts and can be scored."""
        return not self.failure and self.finding is None


def isolation_for(document: Document, place: Place) -> Isolation:
    """Return the isolation that a trial would run at.

    Raises:
        UsageError: the interpreter is a file of the tree.
    """
    return reach_for(document.recipe, Isolation.NONE, place.root / place.folder, place.root).level


def tried(document: Document, place: Place, added: Mapping[PurePosixPath, str], progress: Progress) -> Trial:
    """Train once with a configuration, and predict. Nothing of the tree is changed.

    Args:
        document: the configuration.
        place: where it will stand.
        added: files that will be written beside it, by path relative to the configuration's folder.
        progress: receives the steps.

    Returns:
        What came of it; also where it does not work.
    """
    start = time.monotonic()
    rules = _of_trial(document)
    reach = reach_for(document.recipe, Isolation.NONE, place.root / place.folder, place.root)
    files = {place.folder / path: text for path, text in added.items()}
    tree = Tree(place.root, document.recipe, folder=place.folder, added=files)
    project = rules.project or "project"
    facts = Facts(
        project=project,
        now=datetime.now(UTC),
        rules=rules,
        effort=replace(effort_of(document.model, rules), confirm_seeds=0),
        states=(State.BOOTSTRAP,),
    )
    job = Job(project=project, rules=rules, trees={Side.HEAD: tree}, cache=place.cache, reach=reach)
    try:
        declared_metrics(rules, None)
        with Collector(job, progress) as collector:
            case = _surveyed(Case(facts), collector)
            start = time.monotonic()
            collector.allow(SECONDS)
            trainings = _baseline_trainings(case, document)
            case = case.with_evidence(collector.collect(_needs(case)))
        seen = _seen(case, reach.level, time.monotonic() - start)
        return replace(seen, baseline_trainings=trainings)
    except GateError as error:
        return Trial(reach.level, seconds=time.monotonic() - start, failure=error.message, hint=error.hint)


def _of_trial(document: Document) -> Rules:
    """Return the Rules for one short training at any isolation, with the data that is here."""
    rules = accepting(document.rules, "none")
    smoke = rules.smoke.model_copy(update={"timeout": min(rules.smoke.timeout, SECONDS), "seeds": 1})
    return rules.model_copy(update={"smoke": smoke, "data": rules.data.model_copy(update={"fetch": None})})


def _surveyed(case: Case, collector: Collector) -> Case:
    """Return the Case with the data's profile, and with as many folds as the data needs."""
    case = case.with_evidence(collector.collect([Profile(Side.HEAD)]))
    declared_metrics(case.facts.rules, case.head.truth if case.head else None)
    profile = case.head.get(Profile(Side.HEAD), DataProfile) if case.head else None
    folds = 1 if profile is None else int(profile.eval_rows.folds.max(initial=0)) + 1
    effort = replace(case.facts.effort, folds=folds)
    return replace(case, facts=case.facts.model_copy(update={"effort": effort}))


def _baseline_trainings(case: Case, document: Document) -> int:
    """Return how many trainings main's own run plans for this configuration."""
    effort = replace(effort_of(document.model, document.rules), folds=case.facts.effort.folds)
    planned = replace(case, facts=case.facts.model_copy(update={"rules": document.rules, "effort": effort}))
    return len(plan_baseline(planned, document.smoke.budget).trainings)


def _needs(case: Case) -> list[Need]:
    """Return one seed of the user's model, and the trivial model's answers on the same rows."""
    effort = case.facts.effort
    trivial = [Predict(Fit(Side.HEAD, fold=fold, model=Model.TRIVIAL)) for fold in range(effort.folds)]
    if not effort.trains:
        return [*effort.predictions(Side.HEAD), *trivial]
    return [*effort.fits(Side.HEAD), *effort.predictions(Side.HEAD), *effort.scores(Side.HEAD), *trivial]


def _seen(case: Case, isolation: Isolation, seconds: float) -> Trial:
    report = judge(case)
    training = case.head.get(Fit(Side.HEAD), Training) if case.head is not None else None
    silent = _silent(case, report)
    trial = Trial(
        isolation,
        values=report.values,
        train_rows=0 if training is None else training.rows,
        train_seconds=0.0 if training is None else training.effects.seconds,
        seconds=seconds,
        silent=silent,
    )
    failure = first_failure(case, Side.HEAD)
    if failure is not None:
        return replace(trial, failure=failure.says, hint=failure.cause, log=failure.effects.log_tail)
    found = next((each for each in report.findings if each.check in MUST_HOLD and each.action is Action.BLOCK), None)
    if found is not None:
        return replace(trial, finding=found, log=found.log)
    if not report.values:
        unmet = next(iter(case.head.unmet.values()), "") if case.head is not None else ""
        return replace(trial, failure=unmet or "no metric has a value")
    return trial


def _silent(case: Case, report: Report) -> tuple[str, ...]:
    """Return the declared metrics that have no value, though others have one."""
    known = {each.metric for each in report.values}
    truth = None if case.head is None else case.head.truth
    named = (each.name for each in declared_metrics(case.facts.rules, truth))
    return tuple(dict.fromkeys(name for name in named if known and name not in known))
