"""Finds the stored evidence of base and of the release that head is compared with."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile

from gatebot.baseline.fit import Mismatch, Remedy, fits
from gatebot.baseline.store import Found, Missing, Store
from gatebot.collect.provenance import rules_digest
from gatebot.comparison.case import Anchor, Case, Facts
from gatebot.core.report import Base, Relation
from gatebot.errors import UsageError
from gatebot.evidence.intake import read_whole
from gatebot.evidence.need import Side
from gatebot.evidence.snapshot import Snapshot
from gatebot.repository.git import REMOTE, TAGS, Repository
from gatebot.run.context.changes import differ
from gatebot.run.context.run_context import RunContext
from gatebot.run.places import HERE, Places

MOST_ANCESTORS = 50
MOST_ALIKE = 30  # commits that are examined before base is trained; each takes a git command


def may_train(run_context: RunContext) -> bool:
    """Whether base can be trained in this run."""
    retrains = run_context.facts.rules.baseline.missing == "retrain"
    return retrains and run_context.may_train_base and run_context.repository is not None


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
    if not may_train(run_context):
        return list(repository.ancestors(base, MOST_ANCESTORS))
    line = repository.ask("rev-list", "--first-parent", f"--max-count={MOST_ALIKE}", base).decode().split()
    return [base, *takewhile(lambda commit: not differ(run_context, commit, base), line[1:])]


def _unfit(run_context: RunContext, found: Found) -> str:
    """Return why base must be trained again despite a stored Snapshot; empty if it need not, or cannot, be trained.

    Base that did not work is tried again: perhaps it was a package that was missing on that day, or on that machine.
    """
    if not may_train(run_context):
        return ""
    if Case(run_context.facts, base=found.snapshot).broken(Side.BASE):
        return "no training or prediction worked"
    grave = _grave(found, run_context.facts, run_context.facts.rules.baseline.max_age)
    return ", ".join(f"{each.what} differs" for each in grave)


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


def _aged(chosen: Base, snapshot: Snapshot, now: datetime) -> Base:
    age = max(0.0, (now - snapshot.about.created_at).total_seconds())
    return chosen.model_copy(update={"age_s": round(age)})
