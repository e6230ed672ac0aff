"""Sentences as pieces: what gatebot says in its own words, and what it quotes from the user."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatebot.core.report import ReportedFinding
from gatebot.render.escape import MOST_PROSE, plain
from gatebot.render.numbers import grouped, number, together

MOST_NAMED = 5
_PLACE = re.compile(r"`?\{(\w+)\}`?")
_COMPARED = re.compile(r"base|head|limit|reference")  # facts of such names are read side by side


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence. A quoted one is a name, a path or a value of the user's, which is set apart."""

    text: str
    quoted: bool = False


Sentence = tuple[Piece, ...]


def words(text: str) -> Sentence:
    """Gatebot's own words, or prose that it passes on."""
    return (Piece(text),)


def quote(text: str) -> Sentence:
    """Something of the user's."""
    return (Piece(text, quoted=True),)


def joined(*parts: Sentence | str) -> Sentence:
    """One sentence of several parts."""
    return tuple(piece for part in parts for piece in (words(part) if isinstance(part, str) else part))


def flat(sentence: Iterable[Piece], most: int = MOST_PROSE) -> str:
    """The sentence as plain text on one line."""
    return plain("".join(plain_piece(piece) for piece in sentence), most)


def capital(sentence: Sentence) -> Sentence:
    """The sentence with a capital, unless it begins with something quoted."""
    if not sentence or sentence[0].quoted:
        return sentence
    first = sentence[0].text
    return (Piece(first[:1].upper() + first[1:]), *sentence[1:])


def plain_piece(piece: Piece) -> str:
    """The piece without any mark-up: a name keeps to one line, and the backticks of our own prose go."""
    return plain(piece.text) if piece.quoted else piece.text.replace("`", "")


def said(finding: ReportedFinding) -> Sentence:
    """What a finding says, its facts filled in; a place for which there is no fact stays as it is."""
    return filled(finding.says, finding.facts)


def noted(finding: ReportedFinding) -> Sentence:
    """What it tells besides, of what to do; nothing where it tells nothing."""
    return filled(finding.note, finding.facts)


def filled(template: str, facts: Mapping[str, Any]) -> Sentence:
    """A template with its facts. Numbers that are compared get equally many digits, enough to tell them apart."""
    known = _facts(facts)
    pieces: list[Piece] = []
    end = 0
    for place in _PLACE.finditer(template):
        if place[1] in known:
            pieces += [Piece(template[end : place.start()]), *known[place[1]]]
            end = place.end()
    return tuple(piece for piece in (*pieces, Piece(template[end:])) if piece.text)


def listed(names: Iterable[str], most: int = MOST_NAMED) -> Sentence:
    """`a, b and 3 more`."""
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
