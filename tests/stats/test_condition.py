import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatebot.stats.arrays import StatError
from gatebot.stats.condition import Clause, Condition, Mode, Variable, parse
from gatebot.stats.guarantee import Adaptivity, log_inverse_level, rows_bennett, rows_chernoff, rows_hoeffding

N, O, D = Variable.NEW, Variable.OLD, Variable.DIFFERENCE  # noqa: E741
EASEML = "n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01"


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (EASEML, [([(N, 1), (O, -1)], ">", -0.02, 0.01), ([(D, 1)], "<", 0.1, 0.01)]),
        (r"n > 0.8 +/- .05 /\ d<0.1 ± 1e-2", [([(N, 1)], ">", 0.8, 0.05), ([(D, 1)], "<", 0.1, 0.01)]),
        ("-o + 1.1*n - 2 * d > 0 +/- 1", [([(O, -1), (N, 1.1), (D, -2)], ">", 0, 1)]),
        ("n + n - o > 0 +/- 1", [([(N, 2), (O, -1)], ">", 0, 1)]),
    ],
)
def test_what_a_condition_says(
    text: str, clauses: list[tuple[list[tuple[Variable, float]], str, float, float]]
) -> None:
    read = [(list(c.terms), c.sign, c.threshold, c.tolerance) for c in parse(text).clauses]
    assert read == clauses


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "n, o or d expected, not the end, at character 1"),
        ("n - o > -0.02", "`\\+/-` expected, not the end"),
        ("n - o >= 0 +/- 1", "a number or an operator expected, not `=`"),
        ("n - o > 0 +/- 0.01 or d < 1 +/- 1", "expected, not `or`, at character"),
        ("x > 0 +/- 1", "expected, not `x`"),
        ("nod > 0 +/- 1", "expected"),
        ("__import__('os').system('id') > 0 +/- 1", "expected"),
        ("n ** 2 > 0 +/- 1", "`>` or `<` expected, not `\\*`"),
        ("2 n > 0 +/- 1", "`\\*` expected"),
        ("n > 0 +/- 0", "endless rows"),
        ("n > 0 +/- -1", "a number expected"),
        ("n - n > 0 +/- 1", "cancel"),
        ("n > 1e99 +/- 1", "smaller number"),
        ("n > 0 +/- 1 and", "n, o or d expected, not the end"),
        ("n > 0 +/- 1 d", "`and` or the end expected"),
        ("n" * 2000, "longer than"),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(StatError, match=why):
        parse(text)


@given(st.text(alphabet="nod0123456789.+-*/\\<>± ande", max_size=60))
@example("n > " + "9" * 500 + " +/- 1")
def test_any_text_is_a_condition_or_a_stat_error(text: str) -> None:
    try:
        condition = parse(text)
    except StatError:
        return
    assert condition.clauses


@given(
    st.lists(
        st.tuples(
            st.lists(
                st.tuples(st.sampled_from([N, O, D]), st.integers(1, 9)),
                min_size=1,
                max_size=3,
                unique_by=lambda t: t[0],
            ),
            st.sampled_from("<>"),
            st.integers(-99, 99),
            st.integers(1, 99),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_written_is_read(
    drawn: list[tuple[list[tuple[Variable, int]], str, int, int]],
) -> None:
    text = " and ".join(
        f"{' - '.join(f'{c} * {v}' for v, c in terms)} {sign} {t / 100} +/- {e / 100}" for terms, sign, t, e in drawn
    )
    for clause, (terms, sign, t, e) in zip(parse(text).clauses, drawn, strict=True):
        signed = [(v, c if i == 0 else -c) for i, (v, c) in enumerate(terms)]
        assert (list(clause.terms), clause.sign) == (signed, sign)
        assert [clause.threshold, clause.tolerance] == pytest.approx([t / 100, e / 100])


@pytest.mark.parametrize(
    ("n", "o", "d", "holds"),
    [
        (0.85, 0.85, 0.05, True),
        (0.80, 0.85, 0.05, False),
        (0.825, 0.85, 0.05, None),
        (0.85, 0.85, 0.105, None),
        (0.80, 0.85, 0.105, False),
        (0.85, 0.85, 0.2, False),
    ],
)
def test_an_estimate_near_its_threshold_says_neither(n: float, o: float, d: float, holds: bool | None) -> None:
    condition, values = parse(EASEML), {N: n, O: o, D: d}
    assert condition.holds(values) is holds
    assert condition.passes(values, Mode.FP_FREE) is (holds is True)
    assert condition.passes(values, Mode.FN_FREE) is (holds is not False)
    assert condition.passes(values, Mode.TERNARY) is holds


def test_a_variable_without_a_value_is_refused() -> None:
    for values in ({N: 0.8}, {N: 0.8, O: math.nan, D: 0.1}):
        with pytest.raises(StatError, match="no value for o"):
            parse(EASEML).holds(values)


def test_rows_use_what_the_condition_says_about_changes() -> None:
    level = log_inverse_level(0.001, 32, Adaptivity.FULL)
    condition = parse(EASEML)
    shared = level + math.log(2)
    assert condition.most_changed == pytest.approx(0.12)
    assert condition.rows(level) == max(rows_bennett(0.01, shared, 0.12), rows_chernoff(0.1, 0.01, shared))
    assert condition.rows_by_range(level) == rows_hoeffding(0.01, shared, width=2)
    assert (
        parse("2*d < 0.2 +/- 0.02").rows(level)
        == parse("-d > -0.1 +/- 0.01").rows(level)
        == rows_chernoff(0.1, 0.01, level)
    )
    alone = parse("n - o > -0.02 +/- 0.01")
    assert alone.most_changed is None
    assert alone.rows(level) == rows_hoeffding(0.01, level, width=2)
    assert alone.rows(level, changed=0.05) == rows_bennett(0.01, level, 0.05)


def test_a_scaled_gain_is_the_same_question() -> None:
    once, twice = parse("n - o > -0.02 +/- 0.01"), parse("2*n - 2*o > -0.04 +/- 0.02")
    assert once.rows(10.0, changed=0.1) == twice.rows(10.0, changed=0.1)
    assert parse("1.1*n - o > 0 +/- 0.1").rows(10.0, changed=0.1) == rows_hoeffding(0.1, 10.0, width=2.1)


def test_conditions_are_values() -> None:
    assert parse("n > 0 +/- 1") == Condition((Clause(((N, 1.0),), ">", 0.0, 1.0),))
