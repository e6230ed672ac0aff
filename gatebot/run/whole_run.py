"""One whole run: finds base's evidence, lends the trees to collect, gates, and leaves files."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path, PurePosixPath

from gatebot.baseline.fit import Mismatch, Remedy, fits
from gatebot.baseline.folder import FolderBackend
from gatebot.baseline.store import BackendStore, Found, Missing, Store
from gatebot.collect.collector import Collector
from gatebot.collect.isolation_level import reach_for
from gatebot.collect.job import Job, Tree, runs_code_of_base
from gatebot.collect.progress import Progress
from gatebot.collect.provenance import rules_digest
from gatebot.collect.stopwatch import Stopwatch
from gatebot.comparison.case import Anchor, Case, Facts
from gatebot.core.needs import Model, Need, Side, Tier
from gatebot.core.report import Base, Relation, State
from gatebot.decide.judge import NOTHING_TO_JUDGE, judge
from gatebot.decide.seed_values import seed_values
from gatebot.errors import GateError, UsageError
from gatebot.evidence.intake import read_whole
from gatebot.evidence.snapshot import Snapshot, SnapshotProvenance
from gatebot.repository.git import REMOTE, TAGS, Repository
from gatebot.repository.worktrees import worktree
from gatebot.run.context.changes import differ
from gatebot.run.context.rules_found import document_from
from gatebot.run.context.run_context import RunContext, with_state
from gatebot.run.gate import Gated, gate, surveyed
from gatebot.run.history import eval_uses, grown, noise, records
from gatebot.run.output import forget, leave, without_secrets
from gatebot.sandbox import Isolation

HERE = "this machine"
"""What a report calls a place on the machine that it was made on: no path of it is published."""
MOST_ANCESTORS = 50
MOST_ALIKE = 30  # commits that are looked at before base is trained; each is a question to git


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one run.

    Attributes:
        out: where the verdict and its evidence go.
        cache: environments, fetched data and local baselines, kept between runs.
        given_base: a Snapshot to compare with, as it lies there.
        shared: others than the user may have written into `cache`: baselines are neither kept nor looked for there.
    """

    out: Path
    cache: Path
    given_base: Path | None = None
    shared: bool = False

    @property
    def local_baselines(self) -> tuple[Store, ...]:
        """Baselines that runs on this machine have left."""
        return () if self.shared else (BackendStore(FolderBackend(self.cache / "baseline", name=HERE)),)


@dataclass(frozen=True, slots=True)
class Here:
    """A collector with its trees and its clock, as the pipe wants it."""

    collector: Collector
    sides: frozenset[Side]
    clock: Stopwatch

    def collect(self, needs: Iterable[Need]) -> Mapping[Side, Snapshot]:
        """Evidence for these needs, and why there is none for the others."""
        return self.collector.collect(needs)

    @property
    def user_s(self) -> float:
        """Seconds so far during which the user's code, set-up or fetch ran."""
        return self.clock.user_s


def run(run_context: RunContext, places: Places, stores: Sequence[Store], progress: Progress) -> Gated:
    """Run the gate once and leave everything in `places.out`.

    Raises:
        GateError: configuration, set-up, fetch or the machine; never the user's training.
    """
    if NOTHING_TO_JUDGE & set(run_context.facts.states):
        forget(places.out)
        case = Case(run_context.facts)
        gated = Gated(case, judge(case))
    else:
        with collecting(run_context, places, stores, progress) as (case, collector):
            forget(places.out)
            gated = gate(case, collector, as_baseline=run_context.as_baseline)
        if run_context.as_baseline:
            gated = _remembering(gated, _previous(run_context, places, stores), run_context.run)
    gated = replace(gated, report=without_secrets(gated.report))
    leave(gated.case, gated.report, places.out)
    _keep(run_context, gated, places, stores, known=case.base)
    return gated


def planned(run_context: RunContext, places: Places, stores: Sequence[Store], progress: Progress) -> tuple[Case, Here]:
    """The Case and the collector as `run` would have them before the first training; for `--plan`."""
    with collecting(run_context, places, stores, progress) as (case, collector):
        return surveyed(case, collector, as_baseline=run_context.as_baseline), collector


@contextmanager
def collecting(
    run_context: RunContext, places: Places, stores: Sequence[Store], progress: Progress
) -> Iterator[tuple[Case, Here]]:
    """The Case with base's stored evidence, and a collector that can train what is missing."""
    facts, base = stored_base(run_context, places, stores)
    head = Tree(run_context.root, run_context.recipe, facts.judged.sha, facts.judged.tested_sha, run_context.folder)
    with ExitStack() as stack:
        trees = {Side.HEAD: head}
        trains_base = run_context.base_commit if _may_train(run_context) and places.given_base is None else None
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
            deadline=time.monotonic() + facts.rules.smoke.budget,
            reach=reach_for(run_context.recipe, least, run_context.root / run_context.folder, run_context.root),
        )
        clock = Stopwatch(progress)
        facts = facts.model_copy(update={"history": records(base.about if base else None)})
        facts, anchor = stored_anchor(run_context.repository, facts, (*places.local_baselines, *stores))
        yield (
            Case(facts, base=base, anchor=anchor),
            Here(stack.enter_context(Collector(job, clock)), frozenset(trees), clock),
        )


def _commit_of(trees: Mapping[Side, Tree]) -> str | None:
    return trees[Side.BASE].commit if Side.BASE in trees else None


def _previous(run_context: RunContext, places: Places, stores: Sequence[Store]) -> SnapshotProvenance | None:
    """What the baseline before this one says of itself."""
    repository, commit = run_context.repository, run_context.facts.judged.tested_sha
    if repository is None or commit is None:
        return None
    commits = repository.ancestors(commit, MOST_ANCESTORS)[1:]
    searched: tuple[Store, ...] = (*places.local_baselines, *stores) if commits else ()
    for each in searched:
        found = each.find(commits, run_context.facts.now)
        if isinstance(found, Found):
            return found.snapshot.about
    return None


def _remembering(gated: Gated, previous: SnapshotProvenance | None, run: tuple[int, int]) -> Gated:
    """The same, with what main has shown so far carried on in the Snapshot."""
    head = gated.case.head
    if head is None:
        return gated
    shown = noise(previous, head.about, seed_values(gated.case))
    uses = eval_uses(previous, head.about)
    update = {"history": grown(previous, gated.report), "noise": shown, "eval_uses": uses, "run": run}
    about = head.about.model_copy(update=update)
    return replace(gated, case=replace(gated.case, head=replace(head, about=about)))


def stored_base(run_context: RunContext, places: Places, stores: Sequence[Store]) -> tuple[Facts, Snapshot | None]:
    """Base's Snapshot where one is stored that fits, and the facts with where it is from."""
    facts = run_context.facts
    if places.given_base is not None:
        snapshot = read_whole(places.given_base)
        chosen = Base(sha=snapshot.about.commit, relation=Relation.GIVEN, source=HERE, why="a Snapshot that was given")
        return facts.model_copy(update={"chosen": _aged(chosen, snapshot, facts.now)}), snapshot
    if run_context.base_commit is None or run_context.repository is None or run_context.as_baseline:
        return facts, None
    reasons = []
    searched: tuple[Store, ...] = (*places.local_baselines, *stores)
    for each in searched:
        found = each.find(_comparable(run_context), facts.now, labels=True)
        match found:
            case Missing(source=source, reason=reason):
                reasons.append(f"{source}: {reason}")
            case Found(snapshot=snapshot):
                unfit = _unfit(run_context, found)
                if unfit:
                    reasons.append(f"{found.source}: {unfit}")
                    continue
                why = f"{facts.chosen.why}; {found.reason}"
                update = {"source": found.source, "distance": found.distance, "why": why}
                chosen = _aged(facts.chosen.model_copy(update=update), snapshot, facts.now)
                return facts.model_copy(update={"chosen": chosen}), snapshot
    why = "; ".join([facts.chosen.why, *reasons])
    return facts.model_copy(update={"chosen": facts.chosen.model_copy(update={"why": why})}), None


def stored_anchor(
    repository: Repository | None, facts: Facts, stores: Sequence[Store]
) -> tuple[Facts, Snapshot | None]:
    """The Snapshot of the release that the Rules name, and the facts with why there is none. It is never trained."""
    name = facts.rules.baseline.anchor
    if name is None:
        return facts, None
    commit = None if repository is None else _release(repository, name)
    found, why = None, f"{name} is no tag, branch or commit that is here or can be fetched: correct `baseline.anchor`"
    if commit is not None:
        found, why = _stored_release(name, commit, facts, stores)
    anchor = Anchor(name=name, commit=commit, missing=why)
    return facts.model_copy(update={"anchor": anchor}), found


def _release(repository: Repository, name: str) -> str | None:
    """The commit of a tag, a branch or a commit; what a shallow clone lacks is fetched."""
    for meant in (name, f"{TAGS}{name}", f"{REMOTE}{name}"):
        with suppress(UsageError):
            return repository.fetched(meant)
    return None


def _stored_release(name: str, commit: str, facts: Facts, stores: Sequence[Store]) -> tuple[Snapshot | None, str]:
    """What is stored of a release, or why it cannot be compared with."""
    unfit = ""
    for each in stores:
        found = each.find([commit], facts.now)
        if isinstance(found, Found):
            other = [each.what for each in _grave(found, facts)]
            if not other:
                return found.snapshot, ""
            unfit = f"the baseline of {name} cannot be compared with: {', '.join(other)} differs"
    hint = "`gatebot run --as-baseline` on a checkout of it leaves one"
    return None, unfit or f"no baseline of {name} ({commit[:12]}) is stored; {hint}"


def _comparable(run_context: RunContext) -> list[str]:
    """Base, and those commits before it whose evidence may stand for base's.

    Where base can be trained, those from which on nothing changed that can change a verdict; else what there is.
    """
    repository, base = run_context.repository, run_context.base_commit
    if repository is None or base is None:
        return []
    if not _may_train(run_context):
        return list(repository.ancestors(base, MOST_ANCESTORS))
    line = repository.ask("rev-list", "--first-parent", f"--max-count={MOST_ALIKE}", base).decode().split()
    return [base, *takewhile(lambda commit: not differ(run_context, commit, base), line[1:])]


def _unfit(run_context: RunContext, found: Found) -> str:
    """Why base has to be trained again although a Snapshot of it is stored; empty where it has not, or cannot be."""
    grave = _grave(found, run_context.facts, run_context.facts.rules.baseline.max_age)
    return ", ".join(f"{each.what} differs" for each in grave) if grave and _may_train(run_context) else ""


def _grave(found: Found, facts: Facts, max_age_s: float | None = None) -> list[Mismatch]:
    """What a stored Snapshot says that one collected by these Rules would not."""
    wanted = found.snapshot.about.model_copy(
        update={
            "project": facts.project,
            "task": facts.rules.task.value,
            "rules_digest": rules_digest(facts.project, facts.rules),
        }
    )
    mismatches = fits(found.snapshot.about, wanted, found.age_s, max_age_s)
    return [each for each in mismatches if each.remedy is Remedy.RETRAIN]


def _is_partial(base: Snapshot) -> bool:
    """Whether base's evidence is only what some earlier run asked for, so that more of it may be wanted now."""
    confirm = f"fit-{Model.USER}-{Tier.CONFIRM}-"
    return base.about.estimand == "recipe" and not any(key.startswith(confirm) for key in base.evidence)


def _may_train(run_context: RunContext) -> bool:
    retrains = run_context.facts.rules.baseline.missing == "retrain"
    return retrains and run_context.may_train_base and run_context.repository is not None


@contextmanager
def _base_tree(run_context: RunContext, commit: str) -> Iterator[Tree]:
    """Base's files in a work tree of their own, with base's own Recipe."""
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
    """Keep main's evidence, and base's where some of it was trained here, for the runs to come."""
    head, base, anchor = gated.case.head, gated.case.base, gated.case.facts.anchor.commit
    spared = () if anchor is None else (anchor,)
    if run_context.as_baseline and head is not None and head.about.commit:
        for each in (*places.local_baselines, *stores):
            each.keep(places.out / Side.HEAD, head.about.commit, spared=spared)
    elif base is not None and base.about.commit and places.given_base is None:
        learned = known is None or len(base.evidence) > len(known.evidence)
        for each in places.local_baselines if learned else ():
            each.keep(places.out / Side.BASE, base.about.commit, spared=spared)


def _aged(chosen: Base, snapshot: Snapshot, now: datetime) -> Base:
    age = max(0.0, (now - snapshot.about.created_at).total_seconds())
    return chosen.model_copy(update={"age_s": round(age)})
