"""Whatever a text was, it is one printable line of a bounded length afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.render.escape import line, plain
from tests.render.hostility import HOSTILE_TEXTS


@given(HOSTILE_TEXTS | st.text(), st.integers(1, 50))
def test_any_text_is_one_printable_line(text: str, most: int) -> None:
    for shown in (plain(text, most), line(text, most)):
        assert len(shown) <= most
        assert shown.isprintable()
        shown.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("recall(urgent)", "recall(urgent)"),
        ("  a \n b\t c ", "a b c"),
        ("a\u202eb", "a�b"),
        ("a\u200bb", "a�b"),
        ("a\u3164b", "a�b"),
        ("\ud800", "�"),
        ("Zürich 漢字 🦊", "Zürich 漢字 🦊"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
    ],
)
def test_what_is_kept_and_what_is_not(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_long_texts_end_with_an_ellipsis() -> None:
    assert plain("x" * 500, 10) == "x" * 9 + "…"
    assert plain(" " * 500 + "x", 10) == "…"


def test_lines_of_a_log_keep_their_indent() -> None:
    assert line("\tx  = 1 ") == "    x  = 1"
