"""One spelling for each label, and none that cannot be stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.evidence.column import MAX_TEXT, label, names_of, short

SPELLINGS = [
    (1, "1"),
    (1.0, "1"),
    ("1.0", "1"),
    ("1.", "1"),
    (1.5, "1.5"),
    (True, "true"),
    ("FALSE", "false"),
    (" yes ", "yes"),
    ("none", "none"),
    (None, None),
    (float("nan"), None),
    ("", None),
    ("<NA>", None),
    ("v1.x2", "v1.x2"),
    ("a\ud800", "a?"),
]


@pytest.mark.parametrize(("value", "spelled"), SPELLINGS)
def test_a_label_has_one_spelling(value: object, spelled: str | None) -> None:
    assert label(value) == spelled


@given(st.text())
def test_a_short_text_is_left_alone_unless_utf8_cannot_say_it(text: str) -> None:
    assert short(text) == text.encode(errors="replace").decode()


@given(st.text(min_size=1), st.integers(MAX_TEXT, 3 * MAX_TEXT))
def test_a_long_text_is_shortened_once(text: str, times: int) -> None:
    found = short(text * times)
    assert len(found) <= MAX_TEXT
    assert short(found) == found


def test_long_labels_stay_apart() -> None:
    column = names_of(["x" * 2000 + "a", "x" * 2000 + "b", "x" * 2000 + "a"])
    assert len(column.names) == 2
    assert column.codes[0] == column.codes[2] != column.codes[1]
