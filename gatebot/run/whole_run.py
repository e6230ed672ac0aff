"""Performs a complete run: finds base's evidence, checks out the trees, runs the gate, and writes the output."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from gatebot.core.report import Base, Relation, State
from gatebot.decide.judge import NOTHING_TO_JUDGE, judge
from gatebot.decide.seed_values import seed_values
from gatebot.errors import GateError, UsageError
from gatebot.evidence.intake import read_whole
from gatebot.evidence.need import Need, Side, Tier, with_prerequisites
from gatebot.evidence.snapshot import Snapshot, SnapshotProvenance
from gatebot.evidence.training import Fit
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
"""How a Report refers to a folder of the machine that produced it; its path is not published."""
MOST_ANCESTORS = 50
MOST_ALIKE = 30  # commits that are examined before base is trained; each takes a git command


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one run.

    Attributes:
        out: output folder for the Report and the evidence.
        cache: folder for environments, fetched data and local baselines, which are kept between runs.
        given_base: folder of a Snapshot to compare with.
        shared: other users may have written to `cache`, so no baselines are stored or searched there.
    """

    out: Path
    cache: Path
    given_base: Path | None = None
    shared: bool = False

    @property
    def local_baselines(self) -> tuple[Store, ...]:
        """The stores of baselines from earlier runs on this machine."""
        return () if self.shared else (BackendStore(FolderBackend(self.cache / "baseline", name=HERE)),)


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
    """Return the Case and the collector as `run` has them before the first training; for `--plan`."""
    with collecting(run_context, places, stores, progress) as (case, collector):
        return surveyed(case, collector, as_baseline=run_context.as_baseline), collector


@contextmanager
def collecting(
    run_context: RunContext, places: Places, stores: Sequence[Store], progress: Progress
) -> Iterator[tuple[Case, Here]]:
    """Yield the Case with base's stored evidence, and a collector that can train what is missing."""
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
        beside_base = None
        if Side.BASE not in trees and trains_base:

            def beside_base() -> Collector:
                both = {**trees, Side.BASE: stack.enter_context(_base_tree(run_context, trains_base))}
                return stack.enter_context(Collector(replace(job, trees=both), clock))

        collector = stack.enter_context(Collector(job, clock))
        yield Case(facts, base=base, anchor=anchor), Here(collector, frozenset(trees), clock, beside_base)


def _commit_of(trees: Mapping[Side, Tree]) -> str | None:
    return trees[Side.BASE].commit if Side.BASE in trees else None


def _previous(run_context: RunContext, places: Places, stores: Sequence[Store]) -> SnapshotProvenance | None:
    """Return the provenance of the previous baseline."""
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
    """Return the result with main's history added to the Snapshot."""
    head = gated.case.head
    if head is None:
        return gated
    shown = noise(previous, head.about, seed_values(gated.case))
    uses = eval_uses(previous, head.about)
    update = {"history": grown(previous, gated.report), "noise": shown, "eval_uses": uses, "run": run}
    about = head.about.model_copy(update=update)
    return replace(gated, case=replace(gated.case, head=replace(head, about=about)))


def stored_base(run_context: RunContext, places: Places, stores: Sequence[Store]) -> tuple[Facts, Snapshot | None]:
    """Return the facts with the source of base, and base's stored Snapshot if there is one that fits."""
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
    """Return the stored Snapshot of the release that the Rules name, or facts that say why it is missing.

    A release is never trained.
    """
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
    """Return the commit of a tag, a branch or a SHA; a shallow clone fetches what is missing."""
    for meant in (name, f"{TAGS}{name}", f"{REMOTE}{name}"):
        with suppress(UsageError):
            return repository.fetched(meant)
    return None


def _stored_release(name: str, commit: str, facts: Facts, stores: Sequence[Store]) -> tuple[Snapshot | None, str]:
    """Return the stored Snapshot of a release, or the reason why there is none to compare with."""
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
    """Return base and the earlier commits whose evidence may be used instead of base's.

    If base can be trained, these are the commits since which nothing that can change a verdict has changed; otherwise
    all recent ancestors.
    """
    repository, base = run_context.repository, run_context.base_commit
    if repository is None or base is None:
        return []
    if not _may_train(run_context):
        return list(repository.ancestors(base, MOST_ANCESTORS))
    line = repository.ask("rev-list", "--first-parent", f"--max-count={MOST_ALIKE}", base).decode().split()
    return [base, *takewhile(lambda commit: not differ(run_context, commit, base), line[1:])]


def _unfit(run_context: RunContext, found: Found) -> str:
    """Return why base must be trained again despite a stored Snapshot; empty if it need not, or cannot, be trained."""
    grave = _grave(found, run_context.facts, run_context.facts.rules.baseline.max_age)
    return ", ".join(f"{each.what} differs" for each in grave) if grave and _may_train(run_context) else ""


def _grave(found: Found, facts: Facts, max_age_s: float | None = None) -> list[Mismatch]:
    """Return the mismatches between a stored Snapshot and these Rules that require training again."""
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
    """Whether base's evidence comes from a run that collected only what it needed, so that this run may need more."""
    confirmed = any(isinstance(need, Fit) and need.is_plain and need.tier is Tier.CONFIRM for need in base.evidence)
    return base.about.estimand == "recipe" and not confirmed


def _may_train(run_context: RunContext) -> bool:
    retrains = run_context.facts.rules.baseline.missing == "retrain"
    return retrains and run_context.may_train_base and run_context.repository is not None


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


def _aged(chosen: Base, snapshot: Snapshot, now: datetime) -> Base:
    age = max(0.0, (now - snapshot.about.created_at).total_seconds())
    return chosen.model_copy(update={"age_s": round(age)})
