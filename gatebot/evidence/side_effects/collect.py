"""Watches `predict` from inside the user's process."""

from pathlib import Path
from time import monotonic

from gatebot.evidence.column import short
from gatebot.evidence.kind import Session, UnmetError
from gatebot.evidence.side_effects.need import SideEffects
from gatebot.evidence.side_effects.value import MAX_NAMES, Observed

PROGRAM = Path(__file__).with_name("program.py")  # copied, not imported: it runs in the user's interpreter
ROWS = 200


def observed(need: SideEffects, session: Session) -> Observed:
    """Return what calls of `predict` changed.

    Raises:
        UnmetError: the user's code cannot be watched, or its process did not report what was asked for.
    """
    start = monotonic()
    inspection = session.inspect(need.fit, PROGRAM, {"rows": ROWS})
    match inspection.values:
        case {
            "rows": int(rows),
            "input": list(changed),
            "files": list(files),
            "random": list(random),
            "folder": bool(folder),
        }:
            return Observed(max(rows, 0), _names(changed), _names(files), _names(random), folder, monotonic() - start)
    raise UnmetError(f"`predict` could not be watched: {inspection.why or 'its process reported something else'}")


def _names(values: list[object]) -> tuple[str, ...]:
    return tuple(short(str(value)) for value in values[:MAX_NAMES])
