"""Waivers: findings that an owner accepts, up to a ceiling, until a day, for a reason."""

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase

from gatebot.config.sections.policy import Waiver


def waiver_for(
    check: str, subject: str, loss: float | None, today: date, waivers: Iterable[Waiver]
) -> tuple[Waiver | None, str]:
    """The waiver that covers a finding, and why one that names it does not.

    Args:
        check: id of the check.
        subject: the finding's.
        loss: how much worse it is, positive, in the metric's units; None where nothing was measured.
        today: waivers end on the day after `until`.
        waivers: from the base branch.

    Returns:
        The waiver or None; and the reason ("ended 2026-10-01") why the last one that names the finding does not cover
        it, or an empty string.
    """
    refused = ""
    for waiver in waivers:
        named = subject == waiver.subject or fnmatchcase(subject, waiver.subject)  # a subject may hold [ and ]
        if waiver.check != check or not named:
            continue
        if today > waiver.until:
            refused = f"its waiver ended on {waiver.until}"
        elif waiver.ceiling is not None and loss is None:
            refused = f"its waiver has a ceiling of {waiver.ceiling:g}, and nothing was measured"
        elif waiver.ceiling is not None and loss is not None and loss > waiver.ceiling:
            refused = f"it is beyond its waiver's ceiling of {waiver.ceiling:g}"
        else:
            return waiver, ""
    return None, refused
