"""Matches findings with waivers. A waiver accepts a finding up to a ceiling and a date, with an owner and a reason."""

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase

from gatebot.config.sections.policy import Waiver


def waiver_for(
    check: str, subject: str, loss: float | None, today: date, waivers: Iterable[Waiver]
) -> tuple[Waiver | None, str]:
    """Return the waiver that covers a finding, and why a waiver that names the finding does not cover it.

    Args:
        check: id of the check.
        subject: subject of the finding.
        loss: how much worse head is, positive, in the metric's units; None if nothing was measured.
        today: the current date; waivers are valid up to and including `until`.
        waivers: waivers of the base branch.

    Returns:
        The waiver or None; and the reason ("ended 2026-10-01") why the last waiver that names the finding does not
        cover it, or an empty string.
    """
    refused = ""
    for waiver in waivers:
        named = subject == waiver.subject or fnmatchcase(subject, waiver.subject)  # a subject may contain [ and ]
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
