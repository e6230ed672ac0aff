"""Performs a complete run: finds base's evidence, checks out the trees, runs the gate, and writes the output."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from gatebot.baseline.store import Found, Store
from gatebot.collect.collector import Collector
from gatebot.collect.isolation_level import reach_for
from gatebot.collect.job import Job, Tree, runs_code_of_base
from gatebot.collect.progress import Progress
from gatebot.collect.stopwatch import Stopwatch
from gatebot.comparison.case import Case
from gatebot.core.report import State
from gatebot.decide.judge import NOTHING_TO_JUDGE, judge
from gatebot.decide.seed_values import seed_values
from gatebot.errors import GateError
from gatebot.evidence.need import Need, Side, Tier, with_prerequisites
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.snapshot import Snapshot, SnapshotProvenance
from gatebot.evidence.training import Fit
from gatebot.repository.own_folder import used
from gatebot.repository.worktrees import worktree
from gatebot.run.context.rules_found import document_from
from gatebot.run.context.run_context import RunContext, with_state
from gatebot.run.gate import Gated, gate, surveyed
from gatebot.run.history import eval_uses, grown, noise, records
from gatebot.run.model_file import require_model_file
from gatebot.run.output import forget, leave, without_secrets
from gatebot.run.places import Places
from gatebot.run.stored_base import MOST_ANCESTORS, may_train, stored_anchor, stored_base
from gatebot.sandbox import Isolation


@dataclass(frozen=True, slots=True)
class Here:
    """A collector with its trees and its stopwatch; fits the protocol of `gate`."""

    collector: Collector
    sides: frozenset[Side]
    clock: Stopwatch
    beside_base: Callable[[], Collector] | None = None

    @property
    def reachable(self) -> frozenset[Side]:
        """The sides whose commits can be trained at all."""
        return self.sides if self.beside_base is None else frozenset(Side)

    def collect(self, needs: Iterable[Need]) -> Mapping[Side, Snapshot]:
        """Collect these needs; the Snapshots also record why a need could not be met.

        What is measured in turn with base, where base's evidence is stored, needs another collector: its models are
        trained again.
        """
        asked = tuple(needs)
        far = [need for need in asked if any(each.side not in self.sides for each in with_prerequisites(need))]
        found = dict(self.collector.collect(need for need in asked if need not in far))
        if far and self.beside_base is not None:
            for side, snapshot in self.beside_base().collect(far).items():
                known = found.get(side)
                found[side] = snapshot if known is None else known.with_evidence(snapshot.evidence, snapshot.unmet)
        return found

    @property
    def base_failure(self) -> str:
        """Why base could not be prepared; empty if it could, or was not tried yet."""
        return self.collector.why_broken(Side.BASE)

    @property
    def user_s(self) -> float:
        """Seconds so far in which the user's code, set-up or fetch ran."""
        return self.clock.user_s


def run(run_context: RunContext, places: Places, stores: Sequence[Store], progress: Progress) -> Gated:
    """Run the gate once and write everything to `places.out`.

    Raises:
        GateError: The configuration, the set-up, the fetch or the machine fails. A failed training does not raise.
    """
    if NOTHING_TO_JUDGE & set(run_context.facts.states):
        forget(places.out)
        case = Case(run_context.facts)
        gated = Gated(case, judge(case))
    else:
        previous = _previous(run_context, places, stores) if run_context.as_baseline else None
        with collecting(run_context, places, stores, progress, previous=previous) as (case, collector):
            forget(places.out)
            gated = gate(case, collector, as_baseline=run_context.as_baseline)
        if run_context.as_baseline:
            gated = _remembering(gated, None if previous is None else previous.about, run_context.run)
    gated = replace(gated, report=without_secrets(gated.report))
    leave(gated.case, gated.report, places.out)
    _keep(run_context, gated, places, stores, known=case.base)
    return gated


def planned(run_context: RunContext, places: Places, stores: Sequence[Store], progress: Progress) -> tuple[Case, Here]:
    """Return the Case and the collector as `run` has them before the first training; for `--plan`."""
    with collecting(run_context, places, stores, progress, measures=False) as (case, collector):
        return surveyed(case, collector, as_baseline=run_context.as_baseline), collector


@contextmanager
def collecting(
    run_context: RunContext,
    places: Places,
    stores: Sequence[Store],
    progress: Progress,
    *,
    previous: Snapshot | None = None,
    measures: bool = True,
) -> Iterator[tuple[Case, Here]]:
    """Yield the Case with base's stored evidence, and a collector that can train what is missing.

    `previous` is the previous baseline in a run of main. Without `measures`, nothing is trained before it is asked for.
    """
    with used(places.cache):
        yield from _collecting(run_context, places, stores, progress, measures=measures, previous=previous)


def _collecting(
    run_context: RunContext,
    places: Places,
    stores: Sequence[Store],
    progress: Progress,
    *,
    measures: bool,
    previous: Snapshot | None,
) -> Iterator[tuple[Case, Here]]:
    facts, base = stored_base(run_context, places, stores)
    if run_context.base_commit is None and base is None:  # of a pull request, it is a finding: what base has is gone
        require_model_file(run_context.root, run_context.folder, run_context.recipe)
    head = Tree(run_context.root, run_context.recipe, facts.judged.sha, facts.judged.tested_sha, run_context.folder)
    with ExitStack() as stack:
        trees = {Side.HEAD: head}
        trains_base = run_context.base_commit if may_train(run_context) and places.given_base is None else None
        if trains_base and (base is None or _is_partial(base)):
            trees[Side.BASE] = stack.enter_context(_base_tree(run_context, trains_base))
        if Side.BASE in trees and base is None:
            facts = with_state(facts, State.RETRAINED).model_copy(
                update={"chosen": facts.chosen.model_copy(update={"source": "trained here"})}
            )
        elif base is None and not run_context.as_baseline and State.BOOTSTRAP not in facts.states:
            facts = with_state(facts, State.NO_BASELINE)
        rules_tree = None
        if facts.rules_sha and runs_code_of_base(facts.rules, os.environ) and facts.rules_sha != _commit_of(trees):
            rules_tree = stack.enter_context(_base_tree(run_context, facts.rules_sha))
        least = Isolation(facts.rules.smoke.isolation)
        job = Job(
            project=facts.project,
            rules=facts.rules,
            trees=trees,
            rules_tree=rules_tree,
            trusts_head=run_context.trusts_head and facts.rules_sha is None,
            cache=places.cache,
            kept=(*(places.out / side for side in Side), *([places.given_base] if places.given_base else [])),
            known_base=base,
            measures=measures,
            auto_rows=_eval_rows_drawn(previous),
            deadline=time.monotonic() + facts.rules.smoke.budget,
            reach=reach_for(run_context.recipe, least, run_context.root / run_context.folder, run_context.root),
        )
        clock = Stopwatch(progress)
        facts = facts.model_copy(update={"history": records(base.about if base else None)})
        facts, anchor = stored_anchor(run_context.repository, facts, (*places.local_baselines, *stores))
        beside_base = None
        if Side.BASE not in trees and trains_base:

            def beside_base() -> Collector:
                both = {**trees, Side.BASE: stack.enter_context(_base_tree(run_context, trains_base))}
                return stack.enter_context(Collector(replace(job, trees=both), clock))

        collector = stack.enter_context(Collector(job, clock))
        yield Case(facts, base=base, anchor=anchor), Here(collector, frozenset(trees), clock, beside_base)


def _commit_of(trees: Mapping[Side, Tree]) -> str | None:
    return trees[Side.BASE].commit if Side.BASE in trees else None


def _eval_rows_drawn(previous: Snapshot | None) -> int | None:
    """Return how many eval rows the previous baseline drew, so that main keeps to that; None if it drew none."""
    profile = None if previous is None else previous.get(Profile(Side.HEAD), DataProfile)
    rows = None if profile is None else profile.eval_rows
    return None if rows is None or rows.pool <= len(rows) else len(rows)


def _previous(run_context: RunContext, places: Places, stores: Sequence[Store]) -> Snapshot | None:
    """Return the previous baseline."""
    repository, commit = run_context.repository, run_context.facts.judged.tested_sha
    if repository is None or commit is None:
        return None
    commits = repository.ancestors(commit, MOST_ANCESTORS)[1:]
    searched: tuple[Store, ...] = (*places.local_baselines, *stores) if commits else ()
    for each in searched:
        found = each.find(commits, run_context.facts.now)
        if isinstance(found, Found):
            return found.snapshot
    return None


def _remembering(gated: Gated, previous: SnapshotProvenance | None, run: tuple[int, int]) -> Gated:
    """Return the result with main's history added to the Snapshot."""
    head = gated.case.head
    if head is None:
        return gated
    shown = noise(previous, head.about, seed_values(gated.case))
    uses = eval_uses(previous, head.about)
    update = {"history": grown(previous, gated.report), "noise": shown, "eval_uses": uses, "run": run}
    about = head.about.model_copy(update=update)
    return replace(gated, case=replace(gated.case, head=replace(head, about=about)))


def _is_partial(base: Snapshot) -> bool:
    """Whether base's evidence comes from a run that collected only what it needed, so that this run may need more."""
    confirmed = any(isinstance(need, Fit) and need.is_plain and need.tier is Tier.CONFIRM for need in base.evidence)
    return base.about.estimand == "recipe" and not confirmed


@contextmanager
def _base_tree(run_context: RunContext, commit: str) -> Iterator[Tree]:
    """Check out base's files in a separate work tree, with base's own Recipe."""
    repository = run_context.repository
    if repository is None:
        raise GateError("there is no repository to take base from")
    path = run_context.rules_path
    raw = repository.file(commit, path)
    recipe = run_context.recipe if raw is None else document_from(raw, f"{path} at {commit[:12]}").recipe
    with worktree(repository, commit) as tree:
        yield Tree(tree, recipe, commit, commit, PurePosixPath(path).parent)


def _keep(
    run_context: RunContext, gated: Gated, places: Places, stores: Sequence[Store], *, known: Snapshot | None
) -> None:
    """Store main's evidence, and base's evidence if some of it was trained here, for later runs."""
    head, base, anchor = gated.case.head, gated.case.base, gated.case.facts.anchor.commit
    spared = () if anchor is None else (anchor,)
    if run_context.as_baseline and head is not None and head.about.commit:
        for each in (*places.local_baselines, *stores):
            each.keep(places.out / Side.HEAD, head.about.commit, spared=spared)
    elif base is not None and base.about.commit and places.given_base is None:
        learned = known is None or len(base.evidence) > len(known.evidence)
        for each in places.local_baselines if learned else ():
            each.keep(places.out / Side.BASE, base.about.commit, spared=spared)
