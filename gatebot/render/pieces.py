"""Represents sentences as pieces: gatebot's own words, and quotations from the user."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatebot.core.report import ReportedFinding
from gatebot.render.escape import MOST_PROSE, plain
from gatebot.render.numbers import grouped, number, together

MOST_NAMED = 5
_PLACE = re.compile(r"`?\{(\w+)\}`?")
_COMPARED = re.compile(r"base|head|limit|reference")  # facts with these names are formatted together


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence. A quoted piece is a name, path or value from the user, and is shown as code."""

    text: str
    quoted: bool = False


Sentence = tuple[Piece, ...]


def words(text: str) -> Sentence:
    """Return a sentence of gatebot's own words, or of prose that it passes on."""
    return (Piece(text),)


def quote(text: str) -> Sentence:
    """Return a sentence that quotes text from the user."""
    return (Piece(text, quoted=True),)


def joined(*parts: Sentence | str) -> Sentence:
    """Join parts to one sentence."""
    return tuple(piece for part in parts for piece in (words(part) if isinstance(part, str) else part))


def flat(sentence: Iterable[Piece], most: int = MOST_PROSE) -> str:
    """Return the sentence as plain text on one line."""
    return plain("".join(plain_piece(piece) for piece in sentence), most)


def capital(sentence: Sentence) -> Sentence:
    """Return the sentence with a capital first letter, unless it begins with a quoted piece."""
    if not sentence or sentence[0].quoted:
        return sentence
    first = sentence[0].text
    return (Piece(first[:1].upper() + first[1:]), *sentence[1:])


def plain_piece(piece: Piece) -> str:
    """Return the piece without mark-up: a quoted piece on one line, other text without backticks."""
    return plain(piece.text) if piece.quoted else piece.text.replace("`", "")


def said(finding: ReportedFinding) -> Sentence:
    """Return the sentence of a finding with its facts; placeholders without a fact stay as they are."""
    return filled(finding.says, finding.facts)


def noted(finding: ReportedFinding) -> Sentence:
    """Return the additional advice of a finding; empty if it has none."""
    return filled(finding.note, finding.facts)


def filled(template: str, facts: Mapping[str, Any]) -> Sentence:
    """Fill a template with facts. Compared numbers get the same number of digits, enough to distinguish them."""
    known = _facts(facts)
    pieces: list[Piece] = []
    end = 0
    for place in _PLACE.finditer(template):
        if place[1] in known:
            pieces += [Piece(template[end : place.start()]), *known[place[1]]]
            end = place.end()
    return tuple(piece for piece in (*pieces, Piece(template[end:])) if piece.text)


def listed(names: Iterable[str], most: int = MOST_NAMED) -> Sentence:
    """Return a list of names: `a, b and 3 more`."""
    every = tuple(names)
    shown = joined(*(joined(", " if number else "", quote(name)) for number, name in enumerate(every[:most])))
    left = len(every) - most
    return joined(shown, f" and {grouped(left)} more") if left > 0 else shown


def _facts(facts: Mapping[str, Any]) -> dict[str, Sentence]:
    compared = {
        name: float(value) for name, value in facts.items() if _COMPARED.match(name) and isinstance(value, float)
    }
    side_by_side = dict(zip(compared, together(list(compared.values())), strict=True))
    return {name: words(side_by_side[name]) if name in side_by_side else _fact(facts[name]) for name in facts}


def _fact(value: Any) -> Sentence:
    match value:
        case None:
            return words("—")
        case bool() | int() | float():
            return words(number(value))
        case str():
            return quote(value)
        case list() | tuple():
            return listed(str(each) for each in value) if value else words("none")
        case _:
            return quote(str(value))
