"""Writes GitHub's Markdown so that untrusted text cannot become mark-up: spans, tables, fences, folds.

GitHub links mentions, issues and addresses in rendered *text*, so escaping the source does not prevent it; code does. A
quoted name is therefore always code: a backtick span if all its characters are safe, else `<code>` with the unsafe
characters as character references, and a `<wbr>` after characters by which an address could be recognised.
"""

import re
from collections.abc import Iterable, Sequence

from gatebot.render.escape import MOST_PROSE, line, plain, visible
from gatebot.render.numbers import grouped
from gatebot.render.pieces import Sentence, capital

MOST_CELL = 90
MOST_QUOTED = 200
MOST_BYTES = 4_000  # of a sentence, including character references and tags

_TAME_CODE = re.compile(r"[\w .,;:=()+*/%^'\"?#~{}−→–—…-]+")
_LITERAL = re.compile(r"[^\W_]|[ ,()/=+%;?'\"−→–—…-]")
_TAME_WORD = re.compile(r"(?:[^\W_]|[.,;()'\"%/+=?×−→–—…≥≤<>-])+:?")
_REFERENCE = re.compile(r"(?i)www\.|GH-\d|\b[0-9a-f]{7,40}\b")
_SPAN = re.compile(r"`([^`]*)`")
_BLOCK_START = re.compile(r"(\d+)?([-+=~*#>.)])")
_SPACES = re.compile(r"\s+")


def code(text: str, most: int = MOST_QUOTED) -> str:
    """Return a name of the user as code, which is never interpreted."""
    shown = plain(text, most)
    if not shown:
        return "—"
    return f"`{shown}`" if _TAME_CODE.fullmatch(shown) else tag_code(shown, most)


def tag_code(text: str, most: int = MOST_QUOTED) -> str:
    """Return the text as a `<code>` element, which also works inside HTML."""
    return f"<code>{''.join(_referred(char) for char in plain(text, most))}</code>"


def prose(text: str) -> str:
    """Return sentences in which whatever could be mark-up, a mention, a link or an identifier becomes code."""
    shown = visible(_SPACES.sub(" ", text[: MOST_PROSE * 2]))
    shown = shown if len(shown) <= MOST_PROSE else f"{shown[: MOST_PROSE - 1]}…"
    parts = _SPAN.split(shown)
    told = _glued(code(part) if number % 2 else _words(part) for number, part in enumerate(parts) if part)
    return told if len(told.encode()) < MOST_BYTES - 1_000 else code(shown, MOST_CELL)


def inline(sentence: Sentence, most: int = MOST_QUOTED) -> str:
    """Return a sentence for use within a line that begins with gatebot's own words; cut at `MOST_BYTES`."""
    parts, room = [], MOST_BYTES
    for piece in sentence:
        part = code(piece.text, most) if piece.quoted else prose(piece.text)
        room -= len(part.encode())
        if room < 0:
            parts.append("…")
            break
        parts.append(part)
    return _glued(parts)


def paragraph(sentence: Sentence) -> str:
    """Return a sentence as a paragraph with a capital and a full stop; it cannot become a list or a heading."""
    text = inline(capital(sentence)).strip()
    start = _BLOCK_START.match(text)
    if start is not None:
        text = f"{start[1] or ''}\\{text[start.start(2) :]}"
    ends = text.endswith((".", "!", "?"))
    return text if ends else f"{text}."


def fence(lines: Iterable[str], language: str = "") -> str:
    """Return lines in a code fence that none of them can close."""
    shown = [line(each) for each in lines]
    longest = max((len(run) for each in shown for run in re.findall("`+", each)), default=0)
    ticks = "`" * max(3, longest + 1)
    return "\n".join([f"{ticks}{language}", *shown, ticks])


def fold(summary: str, body: str, *, is_open: bool = False) -> str:
    """Return a collapsible part. `summary` is trusted HTML."""
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def bullets(items: Iterable[str]) -> str:
    """Return a list; each item must begin with gatebot's own words or with code."""
    return "\n".join(f"- {item}" for item in items)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], align: str, room: int) -> str:
    """Return a table of the first rows that fit, followed by the number of rows left out.

    Args:
        headers: trusted texts.
        rows: escaped cells, the most important row first.
        align: `l` or `r` for each column.
        room: available space in bytes.
    """
    from tabulate import tabulate

    columns = zip(headers, *rows, strict=True)
    per_row = sum(max(len(cell.encode()) for cell in column) + 3 for column in columns) + 2
    kept = rows[: max(1, room // per_row - 2)]
    sides = {"l": "left", "r": "right"}
    text = tabulate(kept, headers, tablefmt="pipe", disable_numparse=True, colalign=[sides[letter] for letter in align])
    left = len(rows) - len(kept)
    return f"{text}\n\n{grouped(left)} more of less weight are left out." if left else text


def within(items: Sequence[str], room: int) -> list[str]:
    """Return the first items that fit into `room` bytes, at least one, and a note of how many are left out."""
    kept: list[str] = []
    for item in items:
        room -= len(item.encode()) + 3
        if room < 0 and kept:
            break
        kept.append(item)
    left = len(items) - len(kept)
    return [*kept, f"{grouped(left)} more are left out."] if left else kept


def _words(text: str) -> str:
    return _glued(part if part == " " else _word(part) for part in re.split("( )", text) if part)


def _word(word: str) -> str:
    if _REFERENCE.search(word) or not _TAME_WORD.fullmatch(word):
        return code(word)
    return word.replace("<", "&lt;").replace(">", "&gt;")


def _referred(char: str) -> str:
    if _LITERAL.fullmatch(char):
        return char
    return f"&#{ord(char)};<wbr>" if char in "@:" else f"&#{ord(char)};"


def _glued(parts: Iterable[str]) -> str:
    """Concatenate the parts, with a space between adjacent code spans, which would otherwise merge."""
    text = ""
    for part in parts:
        text += f" {part}" if text.endswith("`") and part.startswith("`") else part
    return text
