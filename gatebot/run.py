"""One whole run: finds base's evidence, lends the trees to collect, gates, and leaves files."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gatebot.baseline.fit import Remedy, fits
from gatebot.baseline.folder import FolderShelf
from gatebot.baseline.store import Found, Missing, ShelfStore, Store
from gatebot.case import Case, Facts
from gatebot.collect.about import rules_digest
from gatebot.collect.collector import Collector
from gatebot.collect.job import Job, Tree
from gatebot.collect.progress import Progress
from gatebot.collect.reach import reach_for
from gatebot.collect.stopwatch import Stopwatch
from gatebot.errors import GateError, UsageError
from gatebot.gate import Gated, gate, surveyed
from gatebot.history import grown, records
from gatebot.needs import Need, Side
from gatebot.occasion.occasion import Occasion, document_from, with_state
from gatebot.report import Base, Relation, Report, State
from gatebot.sandbox import Isolation
from gatebot.snapshot import store as snapshots
from gatebot.snapshot.disk import flush, remove, writing
from gatebot.snapshot.intake import read_whole
from gatebot.snapshot.snapshot import About, Snapshot
from gatebot.verdict.judge import NOTHING_TO_JUDGE, judge

FACTS_FILE, REPORT_FILE = "facts.json", "report.json"
MOST_ANCESTORS = 50
MAX_FACTS = 8_000_000


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one run.

    Attributes:
        out: where the verdict and its evidence go.
        cache: environments, fetched data and local baselines, kept between runs.
        given_base: a Snapshot to compare with, as it lies there.
    """

    out: Path
    cache: Path
    given_base: Path | None = None

    @property
    def local_baselines(self) -> ShelfStore:
        """Baselines that runs on this machine have left."""
        return ShelfStore(FolderShelf(self.cache / "baseline"))


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


def run(occasion: Occasion, places: Places, stores: Sequence[Store], progress: Progress) -> Gated:
    """Gate one occasion and leave everything in `places.out`.

    Raises:
        GateError: configuration, set-up, fetch or the machine; never the user's training.
    """
    if NOTHING_TO_JUDGE & set(occasion.facts.states):
        case = Case(occasion.facts)
        gated = Gated(case, judge(case))
    else:
        with collecting(occasion, places, stores, progress) as (case, collector):
            gated = gate(case, collector, as_baseline=occasion.as_baseline)
        if occasion.as_baseline:
            gated = _remembering(gated, _previous(occasion, places, stores))
    leave(gated, places.out)
    _keep(occasion, gated, places, stores)
    return gated


def planned(occasion: Occasion, places: Places, stores: Sequence[Store], progress: Progress) -> tuple[Case, Here]:
    """The Case and the collector as `run` would have them before the first training; for `--plan`."""
    with collecting(occasion, places, stores, progress) as (case, collector):
        return surveyed(case, collector, as_baseline=occasion.as_baseline), collector


@contextmanager
def collecting(
    occasion: Occasion, places: Places, stores: Sequence[Store], progress: Progress
) -> Iterator[tuple[Case, Here]]:
    """The Case with base's stored evidence, and a collector that can train what is missing."""
    facts, base = stored_base(occasion, places, stores)
    head = Tree(occasion.root, occasion.recipe, facts.judged.sha, facts.judged.tested_sha, occasion.folder)
    with ExitStack() as stack:
        trees = {Side.HEAD: head}
        if base is None and occasion.base_commit and _may_train(occasion):
            trees[Side.BASE] = stack.enter_context(_base_tree(occasion, occasion.base_commit))
            facts = with_state(facts, State.RETRAINED).model_copy(
                update={"chosen": facts.chosen.model_copy(update={"source": "trained here"})}
            )
        elif base is None and not occasion.as_baseline and State.BOOTSTRAP not in facts.states:
            facts = with_state(facts, State.NO_BASELINE)
        least = Isolation(facts.rules.smoke.isolation)
        job = Job(
            project=facts.project,
            rules=facts.rules,
            trees=trees,
            cache=places.cache,
            known_base=base,
            reach=reach_for(occasion.recipe, least, occasion.root / occasion.folder),
        )
        clock = Stopwatch(progress)
        facts = facts.model_copy(update={"history": records(base.about if base else None)})
        yield Case(facts, base=base), Here(stack.enter_context(Collector(job, clock)), frozenset(trees), clock)


def _previous(occasion: Occasion, places: Places, stores: Sequence[Store]) -> About | None:
    """What the baseline before this one says of itself."""
    repository, commit = occasion.repository, occasion.facts.judged.tested_sha
    if repository is None or commit is None:
        return None
    commits = repository.ancestors(commit, MOST_ANCESTORS)[1:]
    for each in (places.local_baselines, *stores) if commits else ():
        found = each.find(commits, occasion.facts.now)
        if isinstance(found, Found):
            return found.snapshot.about
    return None


def _remembering(gated: Gated, previous: About | None) -> Gated:
    """The same, with main's history carried on in the Snapshot."""
    head = gated.case.head
    if head is None:
        return gated
    about = head.about.model_copy(update={"history": grown(previous, gated.report)})
    return replace(gated, case=replace(gated.case, head=replace(head, about=about)))


def stored_base(occasion: Occasion, places: Places, stores: Sequence[Store]) -> tuple[Facts, Snapshot | None]:
    """Base's Snapshot where one is stored that fits, and the facts with where it is from."""
    facts = occasion.facts
    if places.given_base is not None:
        snapshot = read_whole(places.given_base)
        chosen = Base(sha=snapshot.about.commit, relation=Relation.GIVEN, source=str(places.given_base), why="--base")
        return facts.model_copy(update={"chosen": _aged(chosen, snapshot, facts.now)}), snapshot
    if occasion.base_commit is None or occasion.repository is None or occasion.as_baseline:
        return facts, None
    reasons = []
    for each in (places.local_baselines, *stores):
        found = each.find(_comparable(occasion), facts.now, labels=True)
        match found:
            case Missing(source=source, reason=reason):
                reasons.append(f"{source}: {reason}")
            case Found(snapshot=snapshot):
                unfit = _unfit(occasion, found)
                if unfit:
                    reasons.append(f"{found.source}: {unfit}")
                    continue
                why = f"{facts.chosen.why}; {found.reason}"
                update = {"source": found.source, "distance": found.distance, "why": why}
                chosen = _aged(facts.chosen.model_copy(update=update), snapshot, facts.now)
                return facts.model_copy(update={"chosen": chosen}), snapshot
    why = "; ".join([facts.chosen.why, *reasons])
    return facts.model_copy(update={"chosen": facts.chosen.model_copy(update={"why": why})}), None


def _comparable(occasion: Occasion) -> list[str]:
    """Base, and those commits before it from which on nothing changed that can change a verdict."""
    repository, base = occasion.repository, occasion.base_commit
    if repository is None or base is None:
        return []
    return [base] if _may_train(occasion) else list(repository.ancestors(base, MOST_ANCESTORS))


def _unfit(occasion: Occasion, found: Found) -> str:
    """Why base has to be trained again although a Snapshot of it is stored; empty where it has not, or cannot be."""
    rules = occasion.facts.rules
    wanted = found.snapshot.about.model_copy(
        update={
            "project": occasion.facts.project,
            "task": rules.task.value,
            "rules_digest": rules_digest(occasion.facts.project, rules),
        }
    )
    mismatches = fits(found.snapshot.about, wanted, found.age_s, rules.baseline.max_age)
    grave = [each for each in mismatches if each.remedy is Remedy.RETRAIN]
    return ", ".join(f"{each.what} differs" for each in grave) if grave and _may_train(occasion) else ""


def _may_train(occasion: Occasion) -> bool:
    retrains = occasion.facts.rules.baseline.missing == "retrain"
    return retrains and occasion.may_train_base and occasion.repository is not None


@contextmanager
def _base_tree(occasion: Occasion, commit: str) -> Iterator[Tree]:
    """Base's files in a work tree of their own, with base's own Recipe."""
    repository = occasion.repository
    if repository is None:
        raise GateError("there is no repository to take base from")
    path = str(occasion.folder / "gatebot.yml")
    raw = repository.file(commit, path)
    recipe = occasion.recipe if raw is None else document_from(raw, f"{path} at {commit[:12]}").recipe
    with repository.worktree(commit) as tree:
        yield Tree(tree, recipe, commit, commit, occasion.folder)


def leave(gated: Gated, out: Path) -> None:
    """Write the Report and what `judge` needs to come to it again."""
    leave_evidence(gated.case, out)
    write_text(report_json(gated.report), out / REPORT_FILE)


def leave_evidence(case: Case, out: Path) -> None:
    """Write the facts and both Snapshots, in place of what an earlier run has left."""
    for side in Side:
        remove(out / side)
        snapshot = case.side(side)
        if snapshot is not None:
            snapshots.write(snapshot, out / side)
            if snapshot.truth is not None:
                snapshots.write_truth(snapshot.truth, out / side)
    write_text(case.facts.model_dump_json(by_alias=True, indent=1), out / Side.HEAD / FACTS_FILE)


def write_text(text: str, path: Path) -> None:
    """Write a file whole or not at all.

    Raises:
        MachineError: the disk is full, or the folder may not be written.
    """
    with writing(path.parent) as temporary:
        flush(text.encode("utf-8", "replace"), temporary)
        temporary.replace(path)


def report_json(report: Report) -> str:
    """The Report as it is published: sorted, indented, with a last line break."""
    return json.dumps(report.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def stored_case(head: Path, base: Path | None) -> Case:
    """The Case that a run has left.

    Raises:
        UsageError: there are no facts in the folder, or they cannot be read.
        SnapshotError: the evidence cannot be read.
    """
    path = head / FACTS_FILE
    try:
        raw = path.read_bytes()[: MAX_FACTS + 1]
        facts = Facts.model_validate_json(raw)
    except (OSError, ValueError) as error:
        said = str(error).splitlines()[0]
        raise UsageError(f"{path}: {said}", "give the folder that `gatebot run` left as head") from error
    has_head = (head / "snapshot").exists()
    return Case(facts, read_whole(head) if has_head else None, read_whole(base) if base is not None else None)


def stored_report(path: Path) -> Report:
    """The Report in a file.

    Raises:
        UsageError: there is none, or this version cannot read it.
    """
    try:
        return Report.model_validate_json(path.read_bytes()[: MAX_FACTS + 1])
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path}: {str(error).splitlines()[0]}", "give the report.json that `gatebot run` left"
        ) from error


def _keep(occasion: Occasion, gated: Gated, places: Places, stores: Sequence[Store]) -> None:
    """Keep main's evidence, and base's where it was trained here, for the runs to come."""
    local = places.local_baselines
    if occasion.as_baseline and gated.case.head is not None and gated.case.head.about.commit:
        for each in (local, *stores):
            each.keep(places.out / Side.HEAD, gated.case.head.about.commit)
    elif State.RETRAINED in gated.case.facts.states and gated.case.base is not None and gated.case.base.about.commit:
        local.keep(places.out / Side.BASE, gated.case.base.about.commit)


def _aged(chosen: Base, snapshot: Snapshot, now: datetime) -> Base:
    age = max(0.0, (now - snapshot.about.created_at).total_seconds())
    return chosen.model_copy(update={"age_s": round(age)})
