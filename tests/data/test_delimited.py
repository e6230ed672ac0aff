"""CSV: the quick look at its lines never misses what the slow one would find."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.data import delimited
from gatebot.errors import UsageError

PIECES = st.sampled_from(["a", "é", ",", ",,", "\n", "\r\n", "\n\n", '"', '"x,y"', '"x\ny"', ",1\n", "1,2\n"])


@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from([1, 3, 1 << 20]))
def test_the_quick_look_misses_nothing(text: str, piece: int) -> None:
    data = ("a,b\n" + text).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_PIECE", piece)
        suspicious = delimited._may_be_uneven(data, ",", 2)
    uneven = any(record and len(record) != 2 for record in csv.reader(io.StringIO("a,b\n" + text, newline="")))
    assert suspicious or not uneven


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_a_table_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert delimited.delimited(("a,b\n" + text).encode(), "t.csv").columns == ["a", "b"]


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), st.text("ab,\"\n\r'")),
        min_size=1,
    )
)
def test_what_a_csv_writer_writes_is_read_back(records: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *records])
    frame = delimited.delimited(out.getvalue().encode(), "t.csv")
    assert frame.fill_null("").rows() == records
