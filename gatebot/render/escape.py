"""Makes untrusted text safe for every output: printable, on one line, and of limited length."""

import re
import unicodedata

REPLACED = "�"
MOST_NAME = 120
MOST_PROSE = 600

# Characters that Unicode calls printable but that are invisible: fillers, selectors, joiners.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SPACES = re.compile(r"\s+")
_MARKS = 4  # most combining marks in a row; more would overlap the lines above


def plain(text: str, most: int = MOST_NAME) -> str:
    """Return the text on one line, with invisible characters replaced, cut at `most` characters."""
    start = _SPACES.sub(" ", text[: most * 4]).strip()
    shown = visible(start)
    return shown if len(shown) <= most and len(text) <= most * 4 else f"{shown[: most - 1].rstrip()}…"


def line(text: str, most: int = 1_000) -> str:
    """Return a line of a log; spaces are kept, tabs become spaces."""
    shown = visible(text[: most * 4].expandtabs(4).rstrip())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def visible(text: str) -> str:
    """Replace each control, bidirectional, invisible or unassigned character."""
    kept, marks = [], 0
    for char in _UNSEEN.sub(REPLACED, text):
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS:
            kept.append(char if char.isprintable() else REPLACED)
    return "".join(kept)
