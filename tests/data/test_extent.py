"""Few bytes do not become a table that fills memory."""

import pytest

from gatebot.data.text import table
from gatebot.errors import UsageError

WIDE = ",".join(f"c{at}" for at in range(5000))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("t.csv", WIDE + "\n" + "\n" * 100_000, "next to no values"),
        ("t.csv", ",".join(f"c{at}" for at in range(100_001)) + "\n", "100,001 columns"),
        ("t.jsonl", "".join(f'{{"k{at}": 1}}\n' for at in range(20_000)), "next to no values"),
        ("t.json", "[" + ",".join(f'{{"k{at}": 1}}' for at in range(20_000)) + "]", "next to no values"),
        ("t.jsonl", "{" + ",".join(f'"k{at}": 1' for at in range(100_001)) + "}\n", "100,001 columns"),
    ],
)
def test_a_table_of_gaps_is_refused_before_it_is_made(name: str, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        table(text.encode(), name, "." + name.partition(".")[2])


def test_wide_and_sparse_tables_are_read() -> None:
    assert table(f"{WIDE}\n{WIDE}\n".encode(), "t.csv", ".csv").shape == (1, 5000)
    assert table((",".join("ab") + "\n" + ",\n" * 3 + "1,2\n").encode(), "t.csv", ".csv").width == 2
    rare = "".join(f'{{"id": {at}, "some text": "written out", "k{at % 40}": 1}}\n' for at in range(3000))
    assert table(rare.encode(), "t.jsonl", ".jsonl").shape == (3000, 42)
