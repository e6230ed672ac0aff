"""Base and head were trained in the same environment.

Why: Another interpreter, library or processor can move a metric by itself; then the difference is not the code's alone.
Fix: Pin the environment in a lock file, or let the change of it be a pull request of its own.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile


class EnvironmentOptions(Options):
    """Settings of this check."""

    ignore: tuple[str, ...] = Field(default=(), description="names that may differ, as patterns: `cpu`, `lib-*`")


def needs(_effort: Effort) -> tuple[Need, ...]:
    """Anything of both sides: every Snapshot says what it was made in."""
    return (Profile(Side.HEAD), Profile(Side.BASE))


def run(comparison: Comparison, options: EnvironmentOptions) -> Iterator[Finding]:
    """One finding for all differences together."""
    if comparison.base is None:
        return
    base, head = comparison.base.about.environment, comparison.head.about.environment
    changed = [name for name in sorted({*base, *head}) if base.get(name) != head.get(name)]
    changed = [name for name in changed if not any(fnmatchcase(name, pattern) for pattern in options.ignore)]
    if changed:
        listed = tuple(f"{name} {base.get(name, '-')} → {head.get(name, '-')}" for name in changed[:20])
        facts: dict[str, Fact] = {"count": len(changed), "changes": listed}
        yield Finding("environment", "{count} parts of the environment differ: {changes}", facts)


CHECK = Check(
    "code.environment",
    Level.MEDIUM,
    Level.LOW,
    run,
    __doc__,
    needs=needs,
    options=EnvironmentOptions,
    relative=True,
)
