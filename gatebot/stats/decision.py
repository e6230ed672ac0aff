"""The rule: which measures held, which got worse, which stay undecided, and which of them deserve more evidence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from gatebot.stats.arrays import StatError, fraction
from gatebot.stats.contrast import Contrast
from gatebot.stats.multiplicity import benjamini_hochberg, holm


class Outcome(StrEnum):
    """What is known about a measure. Ordered by how bad it is: held, undecided, worse."""

    HELD = "held"
    UNDECIDED = "undecided"
    WORSE = "worse"


class Evidence(StrEnum):
    """What an answer rests on."""

    NONE = "none"
    IDENTITY = "identity"
    SMOKE = "smoke"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Levels:
    """How much error is spent where.

    Attributes:
        alpha: chance that a measure which is worse by its margin is called held.
        smoke: the part of it that the smoke tier spends.
        confirm: the part of it that the confirm tier spends; both together are at most `alpha`.
        worse: chance that anything at all is called worse although nothing is, over all questions of a report.
        alarm: false discovery rate at which what nobody declared (classes, slices) stands out: on smoke evidence it is
            doubted, on confirm evidence it is warned about. It blocks nothing.
    """

    alpha: float = 0.05
    smoke: float = 0.025
    confirm: float = 0.025
    worse: float = 0.0025
    alarm: float = 0.10

    def __post_init__(self) -> None:
        for name in ("alpha", "smoke", "confirm", "worse", "alarm"):
            fraction(name, getattr(self, name))
        if self.smoke + self.confirm > self.alpha * (1 + 1e-12):
            raise StatError(f"levels: {self.smoke} + {self.confirm} spend more than {self.alpha}")


@dataclass(frozen=True, slots=True)
class Question:
    """Is head, in this measure, not worse than base by more than the margin?

    Attributes:
        smoke: the contrast on smoke evidence.
        confirm: the contrast on confirm evidence, collected once and fixed beforehand. Where there is one tier only
            (stored predictions, tiny data) it goes here, `smoke` is None, and the whole alpha is spent on it.
        margin: how much worse head may be, positive, in the units of the contrasts.
        identical: predictions are equal byte for byte in all runs: held, whatever the contrasts say.
        declared: one of the overall measures that the owner declared; they share half of the level of "worse".
        enforced: False when there are too few rows to decide; the measure is shown and decides nothing.
        harmless: what the confirm tier would show of a change that loses nothing; None where there is no telling.
    """

    smoke: Contrast | None
    confirm: Contrast | None
    margin: float
    harmless: Contrast | None = None
    identical: bool = False
    declared: bool = True
    enforced: bool = True

    kept: ClassVar[str] = "the loss is within the margin"
    broken: ClassVar[str] = "proven worse, and by the margin or more"
    likely: ClassVar[str] = "likely regression, unproven"
    unclear: ClassVar[str] = "the interval reaches beyond the margin"

    def __post_init__(self) -> None:
        if not 0 < self.margin < math.inf:
            raise StatError(f"margin: {self.margin} is not positive")

    def held(self, contrast: Contrast, alpha: float) -> bool:
        """Shown not to be worse by the margin."""
        return contrast.lower(alpha) > -self.margin

    def promising(self, alpha: float) -> bool:
        """The confirm tier can guard the margin: worth its price where the owner asked, and no step towards a block."""
        return self.declared and self.harmless is not None and self.held(self.harmless, alpha)

    def beyond(self, contrast: Contrast) -> bool:
        """The estimate itself is worse by the margin."""
        return contrast.delta <= -self.margin

    def p_worse(self, contrast: Contrast) -> float:
        """One-sided p-value against "nothing was lost"."""
        return contrast.p_worse()

    def suspect(self, contrast: Contrast) -> bool:
        """Bad enough to look again: half the margin. Needs no error control, since it can only prevent a block."""
        return contrast.delta <= -self.margin / 2


@dataclass(frozen=True, slots=True)
class Floor:
    """Is head, taken alone, below its floor?

    A floor counts as kept until the estimate is below it, and as broken only when that is proven.

    Attributes:
        smoke: head minus floor on smoke evidence.
        confirm: head minus floor on confirm evidence; as in `Question`.
        declared: as in `Question`.
        enforced: as in `Question`.
    """

    smoke: Contrast | None
    confirm: Contrast | None
    declared: bool = True
    enforced: bool = True

    identical: ClassVar[bool] = False
    kept: ClassVar[str] = "at or above the floor"
    broken: ClassVar[str] = "proven below the floor"
    likely: ClassVar[str] = "below the floor, unproven"
    unclear: ClassVar[str] = "below the floor, unproven"

    def held(self, contrast: Contrast, alpha: float) -> bool:
        """The estimate is at or above the floor."""
        return contrast.delta >= 0

    def promising(self, alpha: float) -> bool:
        """Never: at or above the floor it is kept already."""
        return False

    def beyond(self, contrast: Contrast) -> bool:
        """The estimate is below the floor."""
        return contrast.delta < 0

    def p_worse(self, contrast: Contrast) -> float:
        """One-sided p-value against "it is at the floor or above"."""
        return contrast.p_worse()

    def suspect(self, contrast: Contrast) -> bool:
        """Below the floor at all is bad enough to look again."""
        return contrast.delta < 0


@dataclass(frozen=True, slots=True)
class Gain:
    """Is head better than base by more than was asked for?

    Attributes:
        smoke: as in `Question`.
        confirm: as in `Question`.
        gain: how much better head has to be, positive, in the units of the contrasts.
        foreseen: what the confirm tier would show if the estimate stayed as it is; None where there is no telling.
        declared: as in `Question`.
        enforced: as in `Question`.
    """

    smoke: Contrast | None
    confirm: Contrast | None
    gain: float
    foreseen: Contrast | None = None
    declared: bool = True
    enforced: bool = True

    identical: ClassVar[bool] = False
    kept: ClassVar[str] = "better by more than was asked for"
    broken: ClassVar[str] = "proven to gain less than was asked for"
    likely: ClassVar[str] = "gains less than was asked for, unproven"
    unclear: ClassVar[str] = "gains enough, unproven"

    def __post_init__(self) -> None:
        if not 0 < self.gain < math.inf:
            raise StatError(f"gain: {self.gain} is not positive")

    def held(self, contrast: Contrast, alpha: float) -> bool:
        """Shown to gain more than was asked for."""
        return contrast.lower(alpha) > self.gain

    def promising(self, alpha: float) -> bool:
        """The confirm tier would show the gain, if it is as large as it looks."""
        return self.declared and self.foreseen is not None and self.held(self.foreseen, alpha)

    def beyond(self, contrast: Contrast) -> bool:
        """The estimate itself gains less."""
        return contrast.delta < self.gain

    def p_worse(self, contrast: Contrast) -> float:
        """One-sided p-value against "it gains what was asked for"."""
        return contrast.p_worse(-self.gain)

    def suspect(self, contrast: Contrast) -> bool:
        """Too small a gain is bad enough to look again."""
        return self.beyond(contrast)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rule says about one question.

    Attributes:
        outcome: held, undecided or worse.
        wants_confirm: smoke evidence looks bad enough to ask for the confirm tier, or leaves open what was declared
            and the confirm tier can guard; it has not been seen yet.
        likely: undecided, and the estimate itself is beyond the margin: "likely regression, unproven".
        p: p-value of "worse", adjusted for all questions of the report; 1 while there is no confirm evidence.
        low: lower confidence bound of the difference at the level of the tier it rests on; None without evidence.
        high: upper bound, likewise.
        evidence: the tier that the answer rests on.
        reason: one clause for people.
        stands_out: nobody declared it, and it is likely, by confirm evidence, among all that nobody declared.
    """

    outcome: Outcome
    wants_confirm: bool
    likely: bool
    p: float
    low: float | None
    high: float | None
    evidence: Evidence
    reason: str
    stands_out: bool = False


def decide(questions: Sequence[Question | Floor | Gain], levels: Levels | None = None) -> list[Answer]:
    """Answers to all questions of a report, in order.

    held: one-sided lower bound above -margin, at smoke or at confirm, each with its part of alpha; no correction for
    many questions, because all must hold (intersection-union test, Berger 1982). worse: suspect at smoke, and on
    confirm evidence alone both the estimate beyond the margin and "no loss" refuted, by weighted Holm over all
    enforced questions. Everything else is undecided. P(any worse | no loss anywhere) <= levels.worse, whatever the
    dependence between measures and tiers. What is undecided and nobody declared stands out where the same two things
    hold at a false discovery rate of levels.alarm (Benjamini & Hochberg 1995).
    """
    levels = levels or Levels()
    doubts = _doubted(questions, levels)
    enforced = [place for place, question in enumerate(questions) if question.enforced]
    p = [_p_worse(questions[place], doubts[place], levels) for place in enforced]
    adjusted = dict(zip(enforced, _adjusted([questions[place] for place in enforced], p), strict=True))
    soft = {place: each for place, each in zip(enforced, p, strict=True) if not questions[place].declared}
    discovered = dict(zip(soft, benjamini_hochberg(list(soft.values())), strict=True)) if soft else {}
    return [
        _answer(
            question,
            adjusted.get(place, 1.0),
            levels,
            doubted=doubts[place],
            discovered=bool(discovered.get(place, 1.0) <= levels.alarm),
        )
        for place, question in enumerate(questions)
    ]


def _doubted(questions: Sequence[Question | Floor | Gain], levels: Levels) -> list[bool]:
    """Which questions smoke evidence gives cause to look at again.

    For a declared one the estimate alone is enough. Among many undeclared ones some always look bad by chance: there
    the estimate must lie beyond the margin and the loss stand out at a false discovery rate (Benjamini & Hochberg).
    """
    doubted = [question.smoke is None or question.suspect(question.smoke) for question in questions]
    soft = [
        (place, question, question.smoke)
        for place, question in enumerate(questions)
        if question.enforced and not question.declared and question.smoke is not None
    ]
    if soft:
        adjusted = benjamini_hochberg([question.p_worse(smoke) for _, question, smoke in soft])
        for (place, question, smoke), p in zip(soft, adjusted, strict=True):
            doubted[place] = question.beyond(smoke) and bool(p <= levels.alarm)
    return doubted


def _adjusted(family: Sequence[Question | Floor | Gain], p: Sequence[float]) -> list[float]:
    """Holm over the whole family: half of the level to what was declared, half to the rest."""
    if not family:
        return []
    declared = sum(question.declared for question in family)
    share = {True: 1.0 / max(declared, 1), False: 1.0 / max(len(family) - declared, 1)}
    return [float(each) for each in holm(p, [share[question.declared] for question in family])]


def _p_worse(question: Question | Floor | Gain, doubted: bool, levels: Levels) -> float:
    """1 where the rule cannot come to "worse": the question then still counts, so that the family is not selected."""
    smoke, confirm = question.smoke, question.confirm
    if confirm is None or question.identical:
        return 1.0
    if smoke is not None and (question.held(smoke, levels.smoke) or not doubted):
        return 1.0
    return question.p_worse(confirm)


def _answer(question: Question | Floor | Gain, p: float, levels: Levels, *, doubted: bool, discovered: bool) -> Answer:
    smoke, confirm = question.smoke, question.confirm
    if question.identical:
        return Answer(Outcome.HELD, False, False, p, 0.0, 0.0, Evidence.IDENTITY, "identical predictions")
    if smoke is not None and (confirm is None or question.held(smoke, levels.smoke)):
        contrast, alpha, evidence = smoke, levels.smoke, Evidence.SMOKE
    elif confirm is not None:
        contrast, evidence = confirm, Evidence.CONFIRM
        alpha = levels.alpha if smoke is None else levels.confirm
    else:
        return Answer(Outcome.UNDECIDED, False, False, p, None, None, Evidence.NONE, "no evidence")

    def say(outcome: Outcome, reason: str, *, wants: bool = False, likely: bool = False) -> Answer:
        return Answer(outcome, wants, likely, p, contrast.lower(alpha), contrast.upper(alpha), evidence, reason)

    if not question.enforced:
        return say(Outcome.UNDECIDED, "not enforced: too few rows")
    if question.held(contrast, alpha):
        return say(Outcome.HELD, question.kept)
    beyond = question.beyond(contrast)
    if evidence is Evidence.CONFIRM and beyond and p <= levels.worse:
        return say(Outcome.WORSE, question.broken)
    wants = evidence is Evidence.SMOKE and (doubted or question.promising(levels.confirm))
    answer = say(Outcome.UNDECIDED, question.likely if beyond else question.unclear, wants=wants, likely=beyond)
    return replace(answer, stands_out=beyond and discovered)
