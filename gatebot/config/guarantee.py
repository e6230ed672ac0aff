"""Where no guarantee can be given, whatever the evidence: its bounds are for fixed models and independent rows."""

from collections.abc import Iterator

from gatebot.config.document import Rules, TaskName
from gatebot.config.sections.data import FoldSplit

FIXED = (
    "holds for fixed models only: what gatebot trains is trained anew for every commit, and no bound covers that noise;"
    " bring predictions (`model.run` or `model.predictions`), or remove it"
)


def obstacles(rules: Rules, *, trains: bool) -> Iterator[str]:
    """Why the guarantee that the Rules give can mean nothing; none where they give none.

    Args:
        rules: base's.
        trains: gatebot trains the model (`model.python`, `model.train`).
    """
    if rules.guarantee is None:
        return
    if trains:
        yield FIXED
    if rules.task is not TaskName.CLASSIFICATION:
        yield f"speaks of accuracies, which `task: {rules.task}` has not; use margins and floors"
    if rules.data.group is not None:
        yield "needs independent rows, and rows of one `data.group` are not; keep one row a group, or remove it"
    if isinstance(rules.data.split, FoldSplit):
        yield "needs one fixed model, and with folds each row has another; take a split, or remove it"
