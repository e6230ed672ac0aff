"""What `init` finds out about the way in which a file is laid out and read."""

import pytest

from gatebot.data.layout import Layout
from gatebot.discovery.reading import layout_of, read_calls

IRIS = b"5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.9,virginica\n5.0,3.4,setosa\n"


@pytest.mark.parametrize(
    ("name", "data", "code", "layout"),
    [
        ("t.csv", b"a,b\n1,x\n2,y\n", "", Layout("utf-8", ",")),
        ("t.csv", "a;b\n1,5;é\n2,25;y\n".encode("cp1252"), "", Layout("cp1252", ";", decimal=",")),
        ("t.csv", "a;b\n1;é\n2;y\n".encode("utf-16"), "", Layout("utf-16-le", ";")),
        ("t.tsv", b"a\tb\n1\tx\n", "", Layout("utf-8", "\t")),
        ("t.data", b"a b\n1  2\n3 4\n", "", Layout("utf-8", "whitespace")),
        ("t.csv", IRIS, "", Layout("utf-8", ",", "none")),
        ("t.csv", b"1,2\n3,4\n5,6\n", "", Layout("utf-8", ",", "none")),
        ("t.csv", b"0,1\n3,4\n5,6\n", "", Layout("utf-8", ",")),
        ("t.csv", b"name,2019\na,4\nb,6\n", "", Layout("utf-8", ",")),
        ("t.csv", b"x,y\na,b\na,c\n", "pd.read_csv('t.csv', header=None)", Layout("utf-8", ",", "none")),
        ("t.csv", IRIS, "pd.read_csv(p, names=['l', 'w', 'c'])", Layout("utf-8", ",", "none", ("l", "w", "c"))),
        ("t.csv", b"a,b\n?,x\n", "pd.read_csv(p, na_values='?')", Layout("utf-8", ",", missing=("?",))),
        ("t.csv", b"a,b\n-1,'x'\n", 'pd.read_csv(p, quotechar="\'")', Layout("utf-8", ",", quote="'")),
        ("t.jsonl", b'{"a": "1;2"}\n', "", Layout("utf-8")),
    ],
)
def test_the_layout_of_a_file(name: str, data: bytes, code: str, layout: Layout) -> None:
    calls = read_calls("train.py", code)
    ending = name[name.index(".") :]
    assert layout_of(data, name, ending, calls[0] if calls else None) == layout


@pytest.mark.parametrize(
    ("code", "path", "plain"),
    [
        ("import pandas\nd = pandas.read_csv('data/a.csv')", "data/a.csv", True),
        ("d = pd.read_csv(args.data, sep=';')", "", True),
        ("d = pd.read_csv('a.csv', dtype={'zip': str})", "a.csv", False),
        ("d = pd.read_csv('a.csv', keep_default_na=False)", "a.csv", False),
        ("d = pd.read_csv('a.csv', **options)", "a.csv", False),
    ],
)
def test_calls_that_leave_all_values_to_pandas(code: str, path: str, plain: bool) -> None:
    (call,) = read_calls("src/train.py", code)
    assert (call.path, call.plain) == (path, plain)
    assert call.where.startswith("src/train.py:")


def test_code_that_is_none_calls_nothing() -> None:
    assert read_calls("a.py", "def (") == []
