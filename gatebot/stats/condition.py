"""Conditions such as `n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01`: parsed, never evaluated as code."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NoReturn

from gatebot.stats.arrays import StatError
from gatebot.stats.guarantee import rows_bennett, rows_chernoff, rows_hoeffding


class Variable(StrEnum):
    """n: accuracy of the new model; o: of the old one; d: share of rows where their predictions differ."""

    NEW = "n"
    OLD = "o"
    DIFFERENCE = "d"


class Mode(StrEnum):
    """What an estimate means that is too near its threshold: it fails, it passes, or it stays undecided."""

    FP_FREE = "fp-free"
    FN_FREE = "fn-free"
    TERNARY = "ternary"


@dataclass(frozen=True, slots=True)
class Clause:
    """One inequality: sum of coefficient x variable, `>` or `<`, threshold +/- tolerance.

    Attributes:
        terms: (variable, coefficient), each variable once, in order of appearance.
        sign: `>` or `<`.
        threshold: what the left side is compared with.
        tolerance: half-width of the interval of the left side, positive.
    """

    terms: tuple[tuple[Variable, float], ...]
    sign: Literal[">", "<"]
    threshold: float
    tolerance: float

    def holds(self, values: Mapping[Variable, float]) -> bool | None:
        """True or False when the whole interval lies on one side of the threshold, None when it straddles it.

        Raises:
            StatError: a variable without a finite value.
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
        """Highest minus lowest value that one row can give the left side."""
        return sum(abs(coefficient) for _, coefficient in self.terms)

    @property
    def is_gain(self) -> bool:
        """Whether the left side is c (n - o), so that only rows with changed outcomes count."""
        terms = dict(self.terms)
        return set(terms) == {Variable.NEW, Variable.OLD} and terms[Variable.NEW] == -terms[Variable.OLD]


@dataclass(frozen=True, slots=True)
class Condition:
    """Clauses that must all hold."""

    clauses: tuple[Clause, ...]

    def holds(self, values: Mapping[Variable, float]) -> bool | None:
        """False if a clause fails, else None if one straddles its threshold, else True."""
        answers = [clause.holds(values) for clause in self.clauses]
        if False in answers:
            return False
        return None if None in answers else True

    def passes(self, values: Mapping[Variable, float], mode: Mode) -> bool | None:
        """What is told: in doubt fp-free fails and fn-free passes; ternary alone says None."""
        answer = self.holds(values)
        return mode is Mode.FN_FREE if answer is None and mode is not Mode.TERNARY else answer

    @property
    def most_changed(self) -> float | None:
        """The largest share of changed rows with which the condition can still pass, if it bounds d alone."""
        bounds = [
            (clause.threshold + 2 * clause.tolerance) / clause.terms[0][1]
            for clause in self.clauses
            if clause.sign == "<" and [v for v, _ in clause.terms] == [Variable.DIFFERENCE] and clause.terms[0][1] > 0
        ]
        return min(1.0, *bounds) if bounds and min(bounds) > 0 else None

    def rows(self, log_level: float, *, changed: float | None = None) -> int:
        """Rows with which every clause's interval has its half-width, all clauses together at one level.

        Differences n - o take Bennett's bound with the share of changed rows, one variable alone takes Chernoff's at
        its threshold, everything else Hoeffding's.

        Args:
            log_level: ln(1 / level), see `guarantee.log_inverse_level`.
            changed: a known bound of the share of changed rows; by default the one that the condition itself sets.
        """
        bound = self.most_changed if changed is None else changed
        return self._rows(log_level, bound)

    def rows_by_range(self, log_level: float) -> int:
        """The same by Hoeffding's bound alone, whatever share of rows changes and whatever the thresholds are."""
        return max(_by_range(clause, self._shared(log_level)) for clause in self.clauses)

    def _rows(self, log_level: float, changed: float | None) -> int:
        return max(_rows(clause, self._shared(log_level), changed) for clause in self.clauses)

    def _shared(self, log_level: float) -> float:
        """The level of one clause."""
        return log_level + math.log(len(self.clauses))


def parse(text: str) -> Condition:
    r"""The condition that `text` states.

    Grammar: clause (("and" | "/\") clause)*; clause = sum (">" | "<") number "+/-" number;
    sum = ["-"] term (("+" | "-") term)*; term = [number "*"] ("n" | "o" | "d").

    Raises:
        StatError: anything else; the message says where and what was expected.
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
    """Recursive descent over tokens; each method reads one rule of the grammar."""

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
