"""What follows from a finding: block, review, warn or note."""

from gatebot.config.sections.policy import Policy
from gatebot.core.finding import Action, Priority, Status


def action_of(priority: Priority, status: Status, policy: Policy, *, can_review: bool, fixed: Action | None) -> Action:
    """The action for one finding.

    Findings that base has too never block, and fixed ones are only noted. A priority that the policy does not list is
    a note.

    Args:
        priority: from the risk.
        status: against base.
        policy: the Rules' own.
        can_review: somebody other than the author could approve; else `review` is a warning.
        fixed: what the check itself insists on, whatever the priority (`code.gate_tamper`).
    """
    if status is Status.FIXED:
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
