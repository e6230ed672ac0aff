"""Untrusted text made harmless for every output: one line, printable, of a bounded length."""

import re
import unicodedata

REPLACED = "�"
MOST_NAME = 120
MOST_PROSE = 600

# Printable as Unicode has it, and yet nothing to see: fillers, selectors, joiners.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SPACES = re.compile(r"\s+")
_MARKS = 4  # combining marks in a row; more of them would climb over the lines above


def plain(text: str, most: int = MOST_NAME) -> str:
    """The text on one line, without anything invisible, cut at `most` characters."""
    start = _SPACES.sub(" ", text[: most * 4]).strip()
    shown = visible(start)
    return shown if len(shown) <= most and len(text) <= most * 4 else f"{shown[: most - 1].rstrip()}…"


def line(text: str, most: int = 1_000) -> str:
    """A line of a log: its spaces are kept, tabs become spaces."""
    shown = visible(text[: most * 4].expandtabs(4).rstrip())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def visible(text: str) -> str:
    """The text with a replacement character for each control, bidirectional, invisible or unassigned one."""
    kept, marks = [], 0
    for char in _UNSEEN.sub(REPLACED, text):
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS:
            kept.append(char if char.isprintable() else REPLACED)
    return "".join(kept)
