"""Determines the action of a finding: block, review, warn or note."""

from gatebot.config.sections.policy import Policy
from gatebot.core.finding import Action, Priority, Status


def action_of(priority: Priority, status: Status, policy: Policy, *, can_review: bool, fixed: Action | None) -> Action:
    """Return the action for one finding.

    Findings that base has too never block, and fixed ones are only noted. A priority that the policy does not list is
    a note; what a check only notes stays a note.

    Args:
        priority: priority of the finding.
        status: status relative to base.
        policy: policy of the Rules.
        can_review: whether a person other than the author can approve; if not, `review` becomes a warning.
        fixed: action that the check itself requires, regardless of the priority (`code.gate_tamper`).
    """
    if status is Status.FIXED or (status is Status.INHERITED and fixed is Action.NOTE):
        return Action.NOTE
    if status is Status.INHERITED:
        return Action(policy.inherited)
    action = fixed or _listed(priority, policy)
    return Action.WARN if action is Action.REVIEW and not can_review else action


def _listed(priority: Priority, policy: Policy) -> Action:
    for action, names in ((Action.BLOCK, policy.block), (Action.REVIEW, policy.review), (Action.WARN, policy.warn)):
        if priority.value in names:
            return action
    return Action.NOTE
