"""Answers that are looked up: by the id, the place or the content of a row."""

from collections.abc import Iterator

from gatebot.checks.gain.answers import A_LEAK, WENT, Answers, Facts
from gatebot.checks.gain.asked_rows import EXCHANGED, NEAR, SHUFFLED, suspects, without
from gatebot.checks.gain.told_rows import nearly_all, told
from gatebot.core.finding import Finding
from gatebot.evidence.need import Side

BY_ID = 5.0
"""An id tells the target if it misses no more than so many times the share that a column may miss: no feature is it."""


def by_id(answers: Answers, alone: float) -> Iterator[Finding]:
    """Yield a finding if predictions go with the id, or the place, of a row, whatever its features.

    They tell the target of the row whose id they got, in nearly all rows. Less could be features that are kept by
    id elsewhere, such as images: that is a hint only. Base must not do the same.

    Args:
        answers: both sides' answers.
        alone: the share of rows in which a column that gives the target away tells it.
    """
    if answers.base_moves(EXCHANGED) or not answers.is_gone(EXCHANGED):
        return
    named = answers.table(Side.HEAD, EXCHANGED, by_id=True)
    right = None if named is None else told(answers.comparison.task, named)
    if right is None or not nearly_all(answers, right, BY_ID * (1 - alone)):
        return
    facts: Facts = {"told": int(right.sum()), "rows": len(right)}
    still = "with the features of other rows, {told} of {rows} are still right"
    if answers.is_gone(SHUFFLED):
        yield Finding("order", f"the answers go with the places of rows: {still}{WENT}", facts, note=A_LEAK)
    else:
        yield Finding("ids", f"the answers are looked up by id: {still}{WENT}", facts, note=A_LEAK)


def by_content(answers: Answers) -> Iterator[Finding]:
    """Yield a finding if the gain is gone on near-copies of the rows, whose change base hardly notices."""
    if answers.table(Side.BASE, NEAR) is None or answers.base_moves(NEAR) or not answers.is_gone(NEAR):
        return
    facts: Facts = {"kept": answers.kept_share(NEAR) or 0.0}
    says = "the answers are looked up by content: {kept} of the gain is left when last digits or spaces change"
    yield Finding("content", says + WENT, facts, note=A_LEAK)


def decisive_column(answers: Answers) -> tuple[str, float] | None:
    """Return the column without which least of the gain is left, and how much; None if it is not gone without any."""
    kept = [
        (name, share)
        for name in suspects(answers.comparison)
        if answers.is_gone(without(name)) and (share := answers.kept_share(without(name))) is not None
    ]
    return min(kept, key=lambda each: each[1], default=None)
