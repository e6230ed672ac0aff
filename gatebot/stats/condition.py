"""Conditions such as `n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01`; they are parsed, and never evaluated as code."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NoReturn

from gatebot.stats.arrays import StatError
from gatebot.stats.guarantee import rows_bennett, rows_chernoff, rows_hoeffding


class Variable(StrEnum):
    """n: accuracy of the new model; o: accuracy of the old one; d: share of rows whose predictions differ."""

    NEW = "n"
    OLD = "o"
    DIFFERENCE = "d"


class Mode(StrEnum):
    """The result if an estimate is too near its threshold: it fails, it passes, or it stays undecided."""

    FP_FREE = "fp-free"
    FN_FREE = "fn-free"
    TERNARY = "ternary"


@dataclass(frozen=True, slots=True)
class Clause:
    """One inequality: sum of coefficient x variable, `>` or `<`, threshold +/- tolerance.

    Attributes:
        terms: pairs (variable, coefficient), each variable once, in order of appearance.
        sign: `>` or `<`.
        threshold: the value that the left side is compared with.
        tolerance: half-width of the interval of the left side, positive.
    """

    terms: tuple[tuple[Variable, float], ...]
    sign: Literal[">", "<"]
    threshold: float
    tolerance: float

    def holds(self, values: Mapping[Variable, float]) -> bool | None:
        """Return whether the inequality holds for the whole interval; None if the interval contains the threshold.

        Raises:
            StatError: a variable has no finite value.
        """
        left = 0.0
        for variable, coefficient in self.terms:
            value = values.get(variable, math.nan)
            if not math.isfinite(value):
                raise StatError(f"condition: no value for {variable}")
            left += coefficient * value
        above = left - self.threshold if self.sign == ">" else self.threshold - left
        return None if abs(above) <= self.tolerance else above > 0

    @property
    def width(self) -> float:
        """Highest minus lowest possible value of the left side for one row."""
        return sum(abs(coefficient) for _, coefficient in self.terms)

    @property
    def is_gain(self) -> bool:
        """Whether the left side is c (n - o), which depends only on rows with changed outcomes."""
        terms = dict(self.terms)
        return set(terms) == {Variable.NEW, Variable.OLD} and terms[Variable.NEW] == -terms[Variable.OLD]


@dataclass(frozen=True, slots=True)
class Condition:
    """Clauses that must all hold."""

    clauses: tuple[Clause, ...]

    def holds(self, values: Mapping[Variable, float]) -> bool | None:
        """Return False if a clause fails, else None if a clause is undecided, else True."""
        answers = [clause.holds(values) for clause in self.clauses]
        if False in answers:
            return False
        return None if None in answers else True

    def passes(self, values: Mapping[Variable, float], mode: Mode) -> bool | None:
        """Return whether the condition passes; if undecided, False in fp-free, True in fn-free and None in ternary."""
        answer = self.holds(values)
        return mode is Mode.FN_FREE if answer is None and mode is not Mode.TERNARY else answer

    @property
    def most_changed(self) -> float | None:
        """The largest share of changed rows with which the condition can pass; None if no clause bounds d alone."""
        bounds = [
            (clause.threshold + 2 * clause.tolerance) / clause.terms[0][1]
            for clause in self.clauses
            if clause.sign == "<" and [v for v, _ in clause.terms] == [Variable.DIFFERENCE] and clause.terms[0][1] > 0
        ]
        return min(1.0, *bounds) if bounds and min(bounds) > 0 else None

    def rows(self, log_level: float, *, changed: float | None = None) -> int:
        """Return the rows with which the interval of each clause has its half-width, all clauses together at one level.

        Differences n - o use Bennett's bound with the share of changed rows, single variables use Chernoff's bound at
        their threshold, and all others use Hoeffding's.

        Args:
            log_level: ln(1 / level), see `guarantee.log_inverse_level`.
            changed: a known bound of the share of changed rows; by default the bound that the condition sets.
        """
        bound = self.most_changed if changed is None else changed
        return self._rows(log_level, bound)

    def rows_by_range(self, log_level: float) -> int:
        """Return the rows by Hoeffding's bound alone, which depends on neither the changed rows nor the thresholds."""
        return max(_by_range(clause, self._shared(log_level)) for clause in self.clauses)

    def _rows(self, log_level: float, changed: float | None) -> int:
        return max(_rows(clause, self._shared(log_level), changed) for clause in self.clauses)

    def _shared(self, log_level: float) -> float:
        """Return ln(1 / level) of one clause."""
        return log_level + math.log(len(self.clauses))


def parse(text: str) -> Condition:
    r"""Parse a condition.

    Grammar: clause (("and" | "/\") clause)*; clause = sum (">" | "<") number "+/-" number;
    sum = ["-"] term (("+" | "-") term)*; term = [number "*"] ("n" | "o" | "d").

    Raises:
        StatError: `text` is not a condition; the message says where, and what was expected.
    """
    return _Reader(text).condition()


def _rows(clause: Clause, log_level: float, changed: float | None) -> int:
    by_range, factor = _by_range(clause, log_level), clause.terms[0][1]
    if len(clause.terms) == 1:
        return min(by_range, rows_chernoff(clause.threshold / factor, clause.tolerance / abs(factor), log_level))
    if not clause.is_gain or changed is None:
        return by_range
    return min(by_range, rows_bennett(clause.tolerance / abs(factor), log_level, changed))


def _by_range(clause: Clause, log_level: float) -> int:
    return rows_hoeffding(clause.tolerance, log_level, width=clause.width)


_LONGEST = 1000
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?)|(?P<within>\+/-|\u00b1)|(?P<and>/\\|and\b)"
    r"|(?P<variable>[nod]\b)|(?P<sign>[<>])|(?P<plus>\+)|(?P<minus>-)|(?P<times>\*)|(?P<end>$))"
)


class _Reader:
    """Recursive descent parser; `condition`, `clause`, `sum` and `number` each parse one rule of the grammar."""

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise StatError(f"condition: longer than {_LONGEST} characters")
        self.text = text.rstrip()
        self.at = self.end = 0
        self.kind = self.token = ""
        self.advance()

    def advance(self) -> str:
        token = self.token
        self.at = self.end
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            self.kind = "unknown"
            self.token = self.text[self.at :].split()[0]
            self.fail("n, o, d, a number or an operator")
        self.kind, self.token = str(found.lastgroup), str(found[str(found.lastgroup)])
        self.end = found.end()
        return token

    def fail(self, expected: str) -> NoReturn:
        seen = f"`{self.token}`" if self.token else "the end"
        raise StatError(f"condition: {expected} expected, not {seen}, at character {self.at + 1} of `{self.text}`")

    def take(self, kind: str, expected: str) -> str:
        return self.advance() if self.kind == kind else self.fail(expected)

    def condition(self) -> Condition:
        clauses = [self.clause()]
        while self.kind == "and":
            self.advance()
            clauses.append(self.clause())
        self.take("end", "`and` or the end")
        return Condition(tuple(clauses))

    def clause(self) -> Clause:
        terms = self.sum()
        sign = self.take("sign", "`>` or `<`")
        negative = self.kind == "minus" and bool(self.advance())
        threshold = self.number()
        self.take("within", "`+/-`")
        tolerance = self.number()
        if tolerance == 0:
            raise StatError("condition: a tolerance of 0 would need endless rows")
        return Clause(terms, ">" if sign == ">" else "<", -threshold if negative else threshold, tolerance)

    def sum(self) -> tuple[tuple[Variable, float], ...]:
        terms: dict[Variable, float] = {}
        factor = -1.0 if self.kind == "minus" and self.advance() else 1.0
        while True:
            if self.kind == "number":
                factor *= self.number()
                self.take("times", "`*`")
            variable = Variable(self.take("variable", "n, o or d"))
            terms[variable] = terms.get(variable, 0.0) + factor
            if self.kind not in {"plus", "minus"}:
                break
            factor = -1.0 if self.advance() == "-" else 1.0
        left = tuple((variable, c) for variable, c in terms.items() if c != 0)
        if not left:
            raise StatError("condition: the variables cancel out")
        return left

    def number(self) -> float:
        value = float(self.take("number", "a number"))
        return value if math.isfinite(value) and value < 1e6 else self.fail("a smaller number")
