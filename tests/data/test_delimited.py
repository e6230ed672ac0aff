"""CSV: the quick look at its lines never misses what the slow one would find."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.data import delimited
from gatebot.data.layout import AUTO, Layout
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
        assert delimited.delimited(("a,b\n" + text).encode(), "t.csv").frame.columns == ["a", "b"]


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), st.text("ab,\"\n\r'")),
        min_size=1,
    )
)
def test_what_a_csv_writer_writes_is_read_back(records: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *records])
    frame = delimited.delimited(out.getvalue().encode(), "t.csv").frame
    assert frame.fill_null("").rows() == records


ROWS = {"a": ["1", "2"], "b": ["x y", None]}


@pytest.mark.parametrize(
    ("text", "layout", "rows"),
    [
        ("a,b\n1,x y\n2,\n", AUTO, ROWS),
        ("a;b\n1;x y\n2;\n", AUTO, ROWS),
        ("a|b\n1|x y\n2|\n", AUTO, ROWS),
        ("a\tb\n1\tx y\n2\t\n", AUTO, ROWS),
        ("a;b\n1,5;2,25\n-1.234,5;3\n", Layout(decimal=","), {"a": ["1.5", "-1234.5"], "b": ["2.25", "3"]}),
        ("a;b\n1,5;x,y\n2;z\n", Layout(decimal=","), {"a": ["1.5", "2"], "b": ["x,y", "z"]}),
        ("a,b\n1,'x,y'\n2,\n", Layout(quote="'"), {"a": ["1", "2"], "b": ["x,y", None]}),
        ('a,b\n1,5"\n2,"\n', Layout(quote=""), {"a": ["1", "2"], "b": ['5"', '"']}),
        ("1,x y\n2,\n", Layout(header="none", columns=("a", "b")), ROWS),
        ("1,x y\n2,\n", Layout(header="none"), {"column_1": ["1", "2"], "column_2": ["x y", None]}),
        ("made by hand\n\na,b\n1,x y\n2,\n", Layout(header=3), ROWS),
        ("old,names\n1,x y\n2,\n", Layout(columns=("a", "b")), ROWS),
        (",b\n1,x\n", AUTO, {"Unnamed: 0": ["1"], "b": ["x"]}),
        ("a,b\nNA,?\nnan,x\n", Layout(missing=("?",)), {"a": ["NA", "nan"], "b": [None, "x"]}),
        ('a\n1\n""\n\n2\n', AUTO, {"a": ["1", None, "2"]}),
        ("a\nNA\n\n2\n", Layout(missing=("NA",)), {"a": [None, "2"]}),
        ('a,b\n"",1\n"NA",2\n', AUTO, {"a": [None, "NA"], "b": ["1", "2"]}),
        ("0,1\n5,6\n", AUTO, {"0": ["5"], "1": ["6"]}),
        ("7,8\n5,6\n", Layout(header=1), {"7": ["5"], "8": ["6"]}),
        ("  a   b\n1 x\n  2\ty  \n", Layout(separator="whitespace"), {"a": ["1", "2"], "b": ["x", "y"]}),
        ('a b\n1 "x  y"\n2 z\n', Layout(separator="whitespace"), {"a": ["1", "2"], "b": ["x  y", "z"]}),
    ],
)
def test_a_layout(text: str, layout: Layout, rows: dict[str, list[str | None]]) -> None:
    assert delimited.delimited(text.encode(), "t.csv", layout).frame.to_dict(as_series=False) == rows


def test_spaces_separate_only_where_they_may() -> None:
    text = b"a b\n1 x\n2 y\n"
    assert delimited.delimited(text, "t.data", spaces=True).frame.columns == ["a", "b"]
    assert delimited.delimited(text, "t.csv").frame.columns == ["a b"]


@pytest.mark.parametrize(
    ("text", "layout", "says"),
    [
        ("5.1,3.5,setosa\n4,3,x,1\n", Layout(header="none"), "line 2 has 4 values, the header has 3"),
        ("5.1,3.5\n4.9,3.0\n", AUTO, "line 1 holds numbers only (5.1, 3.5, …): it is no header"),
        ("a;b\n1;2\n", Layout(separator=","), "line 1 has no comma (data.separator)"),
        ("a;b\n1,2\n3;4\n", AUTO, "line 2 has 1 value, the header has 2"),
        ("a,b\n1,2\n", Layout(header=7), "has no line 7, which should name the columns (data.header)"),
        ("a,b\n1,2\n", Layout(columns=("a",)), "line 1 has 2 values, but `data.columns` names 1 columns"),
        ("x\ny\na,b\n1,2\n3\n", Layout(header=3), "line 5 has 1 value, the header has 2"),
        ("1,2\n3,'4\n", Layout(header="none", quote="'"), "line 2: the quotes of a value are not closed"),
        ("old,names\n1,2\n3\n", Layout(columns=("a", "b")), "line 3 has 1 value, the header has 2"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(text: str, layout: Layout, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        delimited.delimited(text.encode(), "t.csv", layout)
    assert says in caught.value.message
    assert caught.value.hint
