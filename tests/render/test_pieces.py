"""Templates are filled without ever raising, and facts keep apart from our own words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.render.pieces import Piece, capital, filled, flat, listed, quote, words
from tests.render.hostility import HOSTILE_TEXTS

FACTS = st.dictionaries(
    st.sampled_from(["name", "base", "head", "rows"]),
    st.none() | st.booleans() | st.integers() | st.floats() | HOSTILE_TEXTS | st.lists(HOSTILE_TEXTS, max_size=8),
)


@pytest.mark.parametrize(
    ("template", "facts", "told"),
    [
        ("{rows} of {all} rows", {"rows": 3, "all": 2000}, "3 of 2,000 rows"),
        ("`{column}` is gone", {"column": "mood"}, "mood is gone"),
        (
            "{metric} went from {base} to {head}",
            {"metric": "f1", "base": 0.91, "head": 0.91004},
            "f1 went from 0.91000 to 0.91004",
        ),
        ("{missing} stays", {}, "{missing} stays"),
        ("{0} {} {x!r} {x:>10} {", {"x": 1}, "{0} {} {x!r} {x:>10} {"),
        ("{names}", {"names": ["a", "b", "c", "d", "e", "f", "g"]}, "a, b, c, d, e and 2 more"),
        ("{names}", {"names": ()}, "none"),
        ("{base_mb} MB → {head_mb} MB", {"base_mb": 3.0, "head_mb": 5.25}, "3.000 MB → 5.250 MB"),
        ("{a} {b}", {"a": None, "b": float("nan")}, "— —"),
        ("{name}", {"name": "a\nb\u202e"}, "a b�"),
        ("{name}", {"name": "{rows}", "rows": 1}, "{rows}"),
    ],
)
def test_filling(template: str, facts: dict[str, Any], told: str) -> None:
    assert flat(filled(template, facts)) == told


@given(HOSTILE_TEXTS, FACTS)
def test_filling_never_raises_and_quotes_every_text(template: str, facts: dict[str, Any]) -> None:
    sentence = filled(template + " {name} {base} {head} {rows} {other}", facts)
    assert flat(sentence).isprintable()
    texts = {fact for fact in facts.values() if isinstance(fact, str) and len(fact) > 3}
    ours = {piece.text for piece in sentence if not piece.quoted}
    assert not texts & ours


def test_names_are_quoted_and_numbers_are_not() -> None:
    assert filled("{name} has {rows}", {"name": "x", "rows": 2}) == (
        Piece("x", quoted=True),
        Piece(" has "),
        Piece("2"),
    )


def test_few_names_are_all_listed() -> None:
    assert flat(listed(["a", "b"])) == "a, b"


def test_capitals_are_for_our_own_words() -> None:
    assert flat(capital(words("no metric is worse"))) == "No metric is worse"
    assert flat(capital(quote("recall"))) == "recall"
    assert capital(()) == ()
