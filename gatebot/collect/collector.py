"""Carries out needs: prepares each side once, and runs trainings in separate workspaces, several at a time."""

import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import reduce
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

from gatebot.collect import files
from gatebot.collect.adapters.adapter import RunSettings
from gatebot.collect.budget import Budget
from gatebot.collect.denied_paths import denied
from gatebot.collect.early_stop import EarlyStop
from gatebot.collect.interpreter_copy import open_place
from gatebot.collect.job import Job, Tree
from gatebot.collect.needs_by_training import Collected, TrainingJob, grouped
from gatebot.collect.predict_rate import rows_to_predict
from gatebot.collect.prepared import PreparedSide, equip, open_tree, run_settings, with_environment
from gatebot.collect.progress import NullProgress, Progress, ProgressReporter
from gatebot.collect.provenance import eval_digest
from gatebot.collect.retry import twice
from gatebot.collect.runner import InterruptedRunError, Runner
from gatebot.collect.session import CollectorSession
from gatebot.collect.setup import SetupError
from gatebot.collect.training_cache import TrainingCache
from gatebot.collect.trainings import Trainings
from gatebot.errors import GateError, MachineError, UsageError
from gatebot.evidence.failure import failure_of
from gatebot.evidence.need import Need, Side, Tier, with_prerequisites
from gatebot.evidence.own_score import Score
from gatebot.evidence.predictions import Predict
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Model
from gatebot.evidence.truth import Truth
from gatebot.sandbox import Isolation, probe, scratch, take_plain_name, terminate_as_interrupt

WORKER_SOURCE = Path(__file__).parents[1] / "worker"  # copied, not imported: it runs in the user's interpreter


def collect(needs: Iterable[Need], job: Job, progress: Progress | None = None) -> dict[Side, Snapshot]:
    """Carry out needs once, and return only the evidence. Use a `Collector` for several rounds.

    Raises:
        MachineError: fetch, set-up or the machine failed twice (exit 5).
        UsageError: head's configuration or data cannot be used (exit 2).
        GateError: user code must not be started here (exit 5).
        KeyboardInterrupt: Ctrl-C or SIGTERM was received; all processes that were started have ended.
    """
    with Collector(job, progress) as collector:
        return collector.collect(needs)


class Collector:
    """Collects evidence in rounds, and keeps what was fetched, set up and trained for the next round.

    Attributes:
        broken: why a side could not be prepared. Only for base: the errors of head are raised.
    """

    def __init__(self, job: Job, progress: Progress | None = None) -> None:
        self.broken: dict[Side, UsageError | SetupError] = {}
        self._job = job
        self._reporter = ProgressReporter(progress or NullProgress())
        self._cache = TrainingCache()
        self._budget = Budget(job)
        self._early_stop = EarlyStop(job.project)
        self._base_profile: DataProfile | None = None
        self._tried_again = False
        self._prepared: dict[Side, PreparedSide] = {}
        self._metrics: RunSettings | str | None = None
        self._cancel = Event()
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        self._folder = self._exit.enter_context(scratch())
        self._worker = self._folder / secrets.token_hex(8) / f"m{secrets.token_hex(8)}"  # must be a valid package name
        self._worker.mkdir(parents=True)
        for module in WORKER_SOURCE.glob("*.py"):
            shutil.copyfile(module, self._worker / module.name)
        reach = self._job.reach or probe()
        if reach.level is Isolation.FULL:  # user code can list all processes of the container
            take_plain_name()
        cache = open_place(self._job.cache) if reach.level is Isolation.FULL else self._job.cache
        trees = [*self._job.trees.values(), *([self._job.rules_tree] if self._job.rules_tree else [])]
        hidden = tuple(dict.fromkeys([*(tree.path for tree in trees), self._job.cache, cache]))
        kept = [*self._job.kept, *(each / "baseline" for each in {self._job.cache, cache})]
        self._runner = Runner(self._job, reach, hidden, denied(self._job, kept), self._cancel, cache)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def collect(self, needs: Iterable[Need]) -> dict[Side, Snapshot]:
        """Return the evidence for needs, by side. Needs that could not be met are in `unmet`, with the reason.

        Needs are started in the given order. A side without files and without a known Snapshot has no entry. Raises the
        same errors as the function `collect`.
        """
        asked = list(dict.fromkeys(needs))
        with terminate_as_interrupt(), self._masking():
            for side in (Side.BASE, Side.HEAD):
                binds = side is Side.BASE and self._job.known_base is None
                used = {each.side for need in asked for each in with_prerequisites(need)}
                if side in self._job.trees and (binds or side in used):
                    self._open(side)
            self._open_base_again()
            found = self._carried_out(asked)
        sides = [side for side in Side if any(need.side is side for need in asked)]
        snapshots = {side: self._snapshot(side, asked, found) for side in sides}
        return {side: snapshot for side, snapshot in snapshots.items() if snapshot is not None}

    @contextmanager
    def _masking(self) -> Iterator[None]:
        """Remove secrets from the messages of errors that are raised in the block: user code may have printed them."""
        try:
            yield
        except GateError as error:
            known = self._runner.redactor
            error.message, error.hint = known.mask(error.message), known.mask(error.hint)
            error.args = (error.message,)
            raise

    def allow(self, seconds: float) -> None:
        """Let everything that is still to be trained end within this time from now; set-up does not count."""
        self._budget.end_at(time.monotonic() + seconds)

    def saves(self, side: Side) -> bool | None:
        """Return whether a side's models are saved to files and can be loaded again; None before the first training."""
        workspace = self._cache.first_workspace(side) if side in self._prepared else None
        return None if workspace is None else not getattr(self._prepared[side].adapter, "in_one_process", "")

    def why_broken(self, side: Side) -> str:
        """Return why a side could not be prepared, without secrets; empty if it could, or was not tried yet."""
        return self._runner.redactor.mask(self.broken[side].message) if side in self.broken else ""

    def _open(self, side: Side) -> None:
        if side in self._prepared or side in self.broken:
            return
        known = self._job.known_base.get(Profile(Side.BASE), DataProfile) if self._job.known_base else None
        if known is None and side is Side.HEAD:
            known = self._base_profile
        try:
            prepared_side = twice(lambda: self._ready(side, known))
        except (UsageError, SetupError) as error:
            if side is Side.HEAD:
                raise
            self.broken[side] = error
        else:
            self._prepared[side] = prepared_side
            if known is None and self._job.measures and self._job.auto_rows is None:
                self._choose_eval_rows(prepared_side)

    def _choose_eval_rows(self, prepared_side: PreparedSide) -> None:
        """Predict as many rows as there is time for, where `smoke.eval_rows` is `auto` and no base binds them."""
        rows = rows_to_predict(prepared_side, self._trainings({}))
        if rows is None or rows == prepared_side.dataset.split.rules.auto_rows:
            return
        prepared_side.dataset.predict_only(rows)
        update = {"eval_digest": eval_digest(prepared_side.dataset)}
        prepared_side.about = prepared_side.about.model_copy(update=update)
        if prepared_side.side is Side.BASE:
            self._base_profile = prepared_side.dataset.profile

    def _open_base_again(self) -> None:
        """Try base's set-up once more where head's has worked: perhaps it was the network, and not base."""
        if self._tried_again or Side.HEAD not in self._prepared:
            return
        if isinstance(self.broken.get(Side.BASE), SetupError):
            self._tried_again = True
            del self.broken[Side.BASE]
            self._open(Side.BASE)

    def _ready(self, side: Side, known: DataProfile | None) -> PreparedSide:
        folder = self._folder / secrets.token_hex(8)  # a random name: user code must not learn which side it runs for
        has_own = any(rule.python for rule in self._job.rules.metrics)
        if side is Side.HEAD and has_own and self._job.code_tree not in self._job.trees.values():
            self._metrics_settings()  # first, so that head reuses base's environment if both are the same
        before = next((other.dataset for other in self._prepared.values()), None)
        prepared_side = open_tree(self._runner, side, folder, known, self._reporter, read_before=before)
        if side is Side.BASE:
            self._base_profile = prepared_side.dataset.profile  # binds head, also if base's set-up fails
        equip(prepared_side, self._worker, self._reporter)
        return prepared_side

    def _carried_out(self, asked: list[Need]) -> Collected:
        found = Collected()
        served_by = {need: self._served_by(need) for need in asked if self._is_prepared(need)}
        needs = list(dict.fromkeys(served_by.values()))
        jobs = grouped(needs)
        session = self._session(needs, jobs)
        self._early_stop.expect(job.fit for job in jobs)
        new = [job for job in jobs if self._is_to_train(job.fit)]
        self._reporter.planned(len(new))
        self._at_once(session, jobs, found)
        in_jobs = {need for job in jobs for need in job.needs}
        found.add(session.carry_out(need for need in needs if need not in in_jobs))
        found.share(served_by)
        found.unmet |= {need: self._why_not_prepared(need) for need in asked if need not in served_by}
        return found

    def _is_prepared(self, need: Need) -> bool:
        return all(each.side in self._prepared for each in with_prerequisites(need))

    def _session(self, needs: list[Need], jobs: list[TrainingJob]) -> CollectorSession:
        scored = any(isinstance(part, Score) for need in needs for part in with_prerequisites(need))
        planned = {job.fit: job.predicts for job in jobs}
        metrics_from = self._metrics_from() if scored else "no metric of the user's is asked for"
        return CollectorSession(self._trainings(planned), metrics_from, self._early_stop)

    def _trainings(self, planned: Mapping[Fit, tuple[Predict, ...]]) -> Trainings:
        return Trainings(self._prepared, self._cache, self._budget, self._reporter, planned)

    def _served_by(self, need: Need) -> Need:
        """Return the need that provides the evidence for this one.

        This is the need of the smoke tier if both tiers train on the same rows.
        """
        return need.at(Tier.SMOKE) if self._prepared[need.side].dataset.profile.one_tier else need

    def _why_not_prepared(self, need: Need) -> str:
        sides = {each.side for each in with_prerequisites(need)} - self._prepared.keys()
        side = min(sides)
        return self.broken[side].message if side in self.broken else f"the files of {side} are not here"

    def _at_once(self, session: CollectorSession, jobs: list[TrainingJob], found: Collected) -> None:
        """Carry out training jobs in threads, which wait for the processes that run user code."""
        for side in (Side.BASE, Side.HEAD):  # one side after the other: no process of head can reach base's code
            self._threads(session, [job for job in jobs if job.fit.side is side], found)

    def _threads(self, session: CollectorSession, jobs: list[TrainingJob], found: Collected) -> None:
        """Carry out jobs in their order.

        Reference models take seconds, and no slot of a training. They start when the first training is done, because
        it tells how long they may take.
        """
        own = [job for job in jobs if job.fit.model is Model.USER]
        references = [job for job in jobs if job.fit.model is not Model.USER]
        to_train = [job.fit for job in own if self._is_to_train(job.fit)]
        pools = [ThreadPoolExecutor(slots, thread_name_prefix="worker") for slots in (self._job.slots, 1)]
        futures = [pools[0].submit(self._carry_out, session, job) for job in own]
        first = futures[:1]
        futures += [pools[1].submit(_carried_out_after, first, session, job.needs) for job in references]
        try:
            _wait(futures)
        finally:
            if not all(future.done() and future.exception() is None for future in futures):
                self._cancel.set()
            for pool in pools:
                pool.shutdown(wait=True, cancel_futures=True)
        errors = [error for future in futures if not future.cancelled() and (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda error: isinstance(error, InterruptedRunError)):
            self._cancel.clear()
            raise error
        for job, future in zip([*own, *references], futures, strict=True):
            why = self._early_stop.why_not(job.fit)  # also of what ran at the same time as those that failed
            found.add(Collected(unmet=dict.fromkeys(job.needs, why)) if why else future.result())
        self._tell_left_out(to_train)

    def _carry_out(self, session: CollectorSession, job: TrainingJob) -> Collected:
        """Carry out the needs of one training, and record how it ended."""
        self._early_stop.wait(job.fit)
        try:
            return session.carry_out(job.needs)
        finally:
            done = self._cache.done(job.fit)
            training = None if done is None else done.training
            failure = failure_of(training, self._cache.predictions(Predict(job.fit)))
            self._early_stop.ended(job.fit, failure, worked=done is not None and failure is None)

    def _is_to_train(self, fit: Fit) -> bool:
        return fit.model is Model.USER and self._cache.done(fit) is None and not self._early_stop.why_not(fit)

    def _tell_left_out(self, fits: list[Fit]) -> None:
        """Report how many of these trainings were not run after all."""
        left_out = [why for fit in fits if (why := self._early_stop.why_not(fit)) and self._cache.done(fit) is None]
        if left_out:
            self._reporter.left_out(fits[0].side, len(left_out), left_out[0])

    def _metrics_from(self) -> tuple[Tree, RunSettings] | str:
        """Return the tree and the run settings of the user's own metrics, or the reason why they cannot run."""
        settings, tree = self._metrics_settings(), self._job.code_tree
        if isinstance(settings, str):
            return settings
        return "no files of base are here" if tree is None else (tree, settings)

    def _metrics_settings(self) -> RunSettings | str:
        """Return where the user's own metrics run, or the reason why they cannot.

        They read labels, so they run in an environment that was made from base's files.
        """
        if self._metrics is None:
            self._metrics = self._made_for_metrics()
        return self._metrics

    def _made_for_metrics(self) -> RunSettings | str:
        tree = self._job.code_tree
        if tree is None:
            return "no files of base are here, and those of a pull request never run beside labels"
        prepared_side = next(
            (prepared_side for prepared_side in self._prepared.values() if prepared_side.tree is tree), None
        )
        if prepared_side is not None and prepared_side.settings is not None:
            return prepared_side.settings
        try:
            return twice(lambda: self._equipped(tree))
        except (MachineError, UsageError) as error:
            return f"base's environment cannot be made: {error.message}"

    def _equipped(self, tree: Tree) -> RunSettings:
        folder = self._folder / secrets.token_hex(8)
        folder.mkdir()
        folder.chmod(0o711)
        step = (self._reporter, Side.BASE)
        environment = with_environment(self._runner, tree, tree.path, files.listed(tree.path), step)
        return run_settings(self._runner, environment, folder, self._worker, None)

    def _snapshot(self, side: Side, asked: list[Need], found: Collected) -> Snapshot | None:
        prepared_side, known = self._prepared.get(side), self._job.known_base if side is Side.BASE else None
        about = prepared_side.about if prepared_side is not None else known.about if known is not None else None
        if about is None:
            return None
        return Snapshot(
            about,
            {need: evidence for need, evidence in found.evidence.items() if need.side is side},
            {need: self._runner.redactor.mask(why) for need, why in found.unmet.items() if need.side is side},
            None if prepared_side is None else _truth(prepared_side, asked),
        )


def _carried_out_after(first: "list[Future[Collected]]", session: CollectorSession, needs: list[Need]) -> Collected:
    wait(first)
    return session.carry_out(needs)


def _wait(futures: "list[Future[Collected]]") -> None:
    """Wait for all futures, or until one fails.

    The timeout is short, because a long wait can delay the handling of Ctrl-C.
    """
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=0.2, return_when=FIRST_EXCEPTION)
        if any(future.exception() is not None for future in done):
            return


def _truth(prepared_side: PreparedSide, asked: list[Need]) -> Truth | None:
    """Return the labels of the eval rows, and those of the training rows that were predicted."""
    truth = prepared_side.dataset.truth
    needs = [
        need for need in asked if isinstance(need, Predict) and need.rows.is_train and need.side is prepared_side.side
    ]
    parts = [part for need in needs if (part := prepared_side.dataset.truth_of(need)) is not None]
    return truth if truth is None else reduce(Truth.joined, parts, truth)
