from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.collect import argv
from gatebot.errors import UsageError


@pytest.mark.parametrize(
    ("line", "values", "words"),
    [
        ("python train.py --seed {seed}", {"seed": 7}, ("python", "train.py", "--seed", "7")),
        ("make SEED={seed} IN={rows}", {"seed": 7, "rows": Path("/a b")}, ("make", "SEED=7", "IN=/a b")),
        ("sh -c 'echo {seed} > {out}'", {"seed": 1, "out": "/o"}, ("sh", "-c", "echo 1 > /o")),
        ("awk '{print $1}' {{seed}}", {"seed": 1}, ("awk", "{print $1}", "{seed}")),
        ("a '{ if (x) { y } }'", {}, ("a", "{ if (x) { y } }")),
        ("a 'b c' \"d\"", {}, ("a", "b c", "d")),
    ],
)
def test_values_are_put_into_words(line: str, values: dict[str, int | str | Path], words: tuple[str, ...]) -> None:
    assert argv.fill(argv.split(line, "model.train"), values) == words


@given(st.text(min_size=1))
def test_a_value_stays_one_word_whatever_is_in_it(value: str) -> None:
    filled = argv.fill(argv.split("run --in {rows} -x", "model.run"), {"rows": value})
    assert filled == ("run", "--in", value, "-x")


@given(st.sampled_from(["{seed}", "{rows}"]))
def test_a_value_is_not_read_again(value: str) -> None:
    assert argv.fill(("{rows}",), {"rows": value, "seed": 1}) == (value,)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "empty"),
        ("a 'b", "No closing quotation"),
        ("a | b > c", "`>` and `|`"),
        ("a && b", "no shell reads it"),
    ],
)
def test_lines_that_are_no_list_of_words(line: str, says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("|", r"\|")):
        argv.split(line, "model.run")


def test_an_unknown_place_is_named_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"asks for \{sead\}") as caught:
        argv.check(("a", "{sead}"), "model.run", ("seed", "rows"))
    assert "{seed}, {rows}" in caught.value.hint


def test_a_place_that_is_needed_is_missed() -> None:
    with pytest.raises(UsageError, match=r"where \{rows\} goes"):
        argv.check(("a", "{seed}"), "model.predict", ("seed", "rows"), needed=("seed", "rows"))
