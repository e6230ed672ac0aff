"""The data has base's columns, of base's types.

Why: A column that vanishes or changes its type breaks every consumer, or worse, is silently read as something else.
Fix: Bring the column back, or change the consumers first and let the schema change be reviewed by itself.
"""

from collections.abc import Iterator

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile

NUMERIC = frozenset({"number", "integer"})
WORDS = frozenset({"category", "text"})
"""Kinds that turn into each other with a few more rows, which is no change of type."""


class SchemaOptions(Options):
    """Settings of this check."""

    ignore: tuple[str, ...] = Field(default=(), description="columns that may come, go and change")


def needs(_effort: Effort) -> tuple[Need, ...]:
    """Both sides' columns."""
    return (Profile(Side.HEAD), Profile(Side.BASE))


def run(comparison: Comparison, options: SchemaOptions) -> Iterator[Finding]:
    """One finding for each column that is gone, new or of another type, and one for another order."""
    base, head = comparison.profile(Side.BASE), comparison.profile(Side.HEAD)
    if base is None or head is None:
        return
    old = {column.name: column.kind for column in base.columns if column.name not in options.ignore}
    new = {column.name: column.kind for column in head.columns if column.name not in options.ignore}
    for name, kind in old.items():
        if name not in new:
            yield Finding(f"gone: {name}", "column {column} is gone", {"column": name})
        elif not _same_kind(kind, new[name]):
            facts = {"column": name, "base": kind, "head": new[name]}
            yield Finding(f"type: {name}", "column {column} was {base} and is {head}", facts)
    for name in new:
        if name not in old:
            yield Finding(f"new: {name}", "column {column} is new", {"column": name}, likelihood=Level.LOW)
    common = [name for name in old if name in new]
    if common != [name for name in new if name in old]:
        yield Finding("order", "the columns are in another order", likelihood=Level.LOW)


def _same_kind(old: str, new: str) -> bool:
    return old in (new, "empty") or {old, new} <= NUMERIC or {old, new} <= WORDS


CHECK = Check("data.schema", Level.HIGH, Level.HIGH, run, __doc__, needs=needs, options=SchemaOptions, relative=True)
