"""Builds the Case for judging stored evidence again; of a fork's run only head's evidence is used."""

from collections.abc import Sequence
from dataclasses import replace

from gatebot.baseline.store import Store
from gatebot.collect.provenance import rules_digest
from gatebot.comparison.case import Approval, Case
from gatebot.decide.judge import NOTHING_TO_JUDGE
from gatebot.errors import MachineError
from gatebot.evidence.need import Side
from gatebot.run.context.run_context import RunContext
from gatebot.run.gate import sized
from gatebot.run.places import Places
from gatebot.run.stored_base import stored_anchor, stored_base

AGAIN = "run the gate again"


def trusted_case(stored: Case, head_sha: str, branch: str, approvals: Sequence[Approval]) -> Case:
    """Return the Case of a run from this repository, with the current approvals.

    Raises:
        MachineError: It is the Case of another commit, or of a pull request into another branch with its own Rules.
    """
    if stored.facts.judged.sha != head_sha:
        raise MachineError(f"the stored evidence is of {stored.facts.judged.sha}, the head is {head_sha[:12]}", AGAIN)
    if stored.facts.branch != branch:
        meant = f"a pull request into {stored.facts.branch or 'the default branch'}"
        raise MachineError(f"the stored evidence of {head_sha[:12]} is of {meant}", AGAIN)
    return replace(stored, facts=stored.facts.model_copy(update={"approvals": tuple(approvals)}))


def untrusted_case(stored: Case, run_context: RunContext, places: Places, stores: Sequence[Store]) -> Case:
    """Return the Case of a fork's run: head's evidence from that run, all else from the base branch and the API.

    Args:
        stored: the stored Case of the fork's run. Its facts, its base and its labels are not used.
        run_context: run context of the pull request, from trusted sources.
        places: folders of this run.
        stores: stores of trusted baselines.

    Raises:
        MachineError: There is no evidence, or it was not collected for this commit with these Rules.
    """
    facts, head = run_context.facts, stored.head
    if NOTHING_TO_JUDGE & set(facts.states):
        return Case(facts)
    if head is None:
        raise MachineError("the run has left no evidence", AGAIN)
    expected = (facts.project, facts.judged.sha, rules_digest(facts.project, facts.rules))
    if (head.about.project, head.about.commit, head.about.rules_digest) != expected:
        raise MachineError("the evidence is of another commit, or of other Rules than the base branch has now", AGAIN)
    facts, base = stored_base(run_context, places, stores)
    if base is None:
        raise MachineError(f"main has left no evidence: {facts.chosen.why}", "run the gate on the default branch first")
    facts, anchor = stored_anchor(run_context.repository, facts, (*places.local_baselines, *stores))
    return sized(Case(facts, replace(head, truth=None), base, anchor), Side.BASE)
