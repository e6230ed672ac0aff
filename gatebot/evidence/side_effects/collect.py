"""Watches `predict` from inside the user's process."""

from pathlib import Path
from time import monotonic

from gatebot.evidence.column import MAX_TEXT, short
from gatebot.evidence.kind import Session, number
from gatebot.evidence.side_effects.need import SideEffects
from gatebot.evidence.side_effects.value import MAX_NAMES, Observed

PROGRAM = Path(__file__).with_name("program.py")  # copied, not imported: it runs in the user's interpreter
ROWS = 200


def observed(need: SideEffects, session: Session) -> Observed:
    """Return what calls of `predict` changed, or how its process failed.

    Raises:
        UnmetError: the user's code cannot be watched.
    """
    start = monotonic()
    inspection = session.inspect(need.fit, PROGRAM, {"rows": ROWS})
    took_s = monotonic() - start
    match inspection.values:
        case {
            "rows": rows,
            "input": list(changed),
            "files": list(files),
            "random": list(random),
            "folder": bool(folder),
        } if (count := number(rows)) is not None and 0 <= count <= ROWS:
            return Observed(int(count), _names(changed), _names(files), _names(random), folder, took_s)
    return Observed(0, took_s=took_s, problem=short(inspection.why or "its process reported something else"))


def _names(values: list[object]) -> tuple[str, ...]:
    return tuple(short(str(value)[:MAX_TEXT]) for value in values[:MAX_NAMES])
