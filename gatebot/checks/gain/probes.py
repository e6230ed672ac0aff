"""What the probes of a gain show: its proven causes, and hints where nothing is proven."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from gatebot.checks.gain import looked_up, near_copies, single_column
from gatebot.checks.gain.answers import Answers, Facts
from gatebot.checks.gain.asked_rows import EXCHANGED, NEAR, taken
from gatebot.core.finding import Finding
from gatebot.evidence.need import Side
from gatebot.evidence.predictions.rows import AnyRows


@dataclass(frozen=True, eq=False)
class Probes:
    """What the probes show of a gain.

    Head's own code answers them, so that it may answer anything. What it says under a probe can only count against it:
    a gain that is gone under a probe rests on what the probe takes away, and a crash leaves the finding as it is.

    Attributes:
        answers: both sides' answers.
        alone: the share of rows in which one column that gives the target away tells it.
    """

    answers: Answers
    alone: float

    @property
    def asked(self) -> bool:
        """Whether any probe was carried out."""
        return self.answers.traces(Side.HEAD) is not None or any(
            self.answers.parts(Side.HEAD, rows) is not None for rows in (EXCHANGED, NEAR)
        )

    @cached_property
    def causes(self) -> list[Finding]:
        """What is proven to give the answers away."""
        found = [
            *single_column.telling(self.answers, self.alone),
            *single_column.computed_with_labels(self.answers),
            *looked_up.by_id(self.answers, self.alone),
            *looked_up.by_content(self.answers),
            *near_copies.in_train_rows(self.answers),
        ]
        return list({each.subject: each for each in found}.values())

    @cached_property
    def hints(self) -> Facts:
        """Facts of the probes that prove nothing."""
        found: Facts = {"probed": ", ".join(self._probed())}
        if (best := single_column.best_column(self.answers)) is not None:
            found |= {"column": best[0], "told": best[1]}
        if (decisive := looked_up.decisive_column(self.answers)) is not None:
            found |= {"carrier": decisive[0], "kept": decisive[1]}
        for name, rows in (("kept_exchanged", EXCHANGED), ("kept_near", NEAR)):
            if (kept := self.answers.kept_share(rows)) is not None:
                found[name] = kept
        if failed := self._failed():
            found["failed"] = ", ".join(failed)
        return found

    @property
    def notes(self) -> Iterator[str]:
        """Sentences about these facts."""
        if "column" in self.hints:
            yield "The column `{column}` alone tells {told} of the rows"
        if "carrier" in self.hints:
            yield "Without `{carrier}`, {kept} of the gain is left"
        if self.answers.is_gone(EXCHANGED):
            yield "With exchanged ids, {kept_exchanged} of the gain is left"
        if self.answers.is_gone(NEAR):
            yield "On near-copies of the rows, {kept_near} of the gain is left"
        if "failed" in self.hints:
            yield "Head does not answer: {failed}"

    @property
    def _spellings(self) -> tuple[AnyRows, ...]:
        return (EXCHANGED, NEAR, *taken(self.answers.comparison))

    def _probed(self) -> Iterator[str]:
        traces = self.answers.traces(Side.HEAD)
        if traces is not None:
            yield f"{traces.searched} columns alone"
            if traces.near_copies is not None:
                yield "near-copies across the split"
        yield from (rows.text for rows in self._spellings if self.answers.table(Side.HEAD, rows) is not None)

    def _failed(self) -> list[str]:
        """Return the rows that head does not predict, though it predicts the eval rows."""
        asked = (rows for rows in self._spellings if self.answers.parts(Side.HEAD, rows) is not None)
        return [rows.text for rows in asked if self.answers.table(Side.HEAD, rows) is None]
