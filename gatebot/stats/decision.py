"""Decides which measures held, got worse or stay undecided, and which of them need more evidence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from gatebot.stats.arrays import StatError, fraction
from gatebot.stats.contrast import Contrast
from gatebot.stats.multiplicity import benjamini_hochberg, holm


class Outcome(StrEnum):
    """The outcome of a measure, from best to worst: held, undecided, worse."""

    HELD = "held"
    UNDECIDED = "undecided"
    WORSE = "worse"


class Evidence(StrEnum):
    """The evidence that an answer is based on."""

    NONE = "none"
    IDENTITY = "identity"
    SMOKE = "smoke"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Levels:
    """Error rates of the decisions.

    Attributes:
        alpha: probability that a measure which is worse by its margin is called held.
        smoke: the part of `alpha` that the smoke tier uses.
        confirm: the part of `alpha` that the confirm tier uses; both parts together are at most `alpha`.
        worse: probability that any question of a report is answered "worse" although nothing is worse.
        worse_smoke: the part of `worse` that the smoke tier uses, for declared measures without confirm evidence.
        worse_confirm: the part of `worse` that the confirm tier uses; both parts together are at most `worse`.
        alarm: false discovery rate at which undeclared measures (classes, slices) stand out: smoke evidence then asks
            for the confirm tier, confirm evidence causes a warning. It never blocks.
    """

    alpha: float = 0.05
    smoke: float = 0.025
    confirm: float = 0.025
    worse: float = 0.0025
    worse_smoke: float = 0.0005
    worse_confirm: float = 0.0020
    alarm: float = 0.10

    def __post_init__(self) -> None:
        for name in ("alpha", "smoke", "confirm", "worse", "worse_smoke", "worse_confirm", "alarm"):
            fraction(name, getattr(self, name))
        _within(self.alpha, self.smoke, self.confirm)
        _within(self.worse, self.worse_smoke, self.worse_confirm)


def _within(level: float, *parts: float) -> None:
    """Raise StatError if the looks at a measure spend more than its level."""
    if sum(parts) > level * (1 + 1e-12):
        raise StatError(f"levels: {' + '.join(map(str, parts))} spend more than {level}")


@dataclass(frozen=True, slots=True)
class Question:
    """Is head, in this measure, not worse than base by more than the margin?

    Attributes:
        smoke: the contrast on smoke evidence.
        confirm: the contrast on confirm evidence, collected once; its size is fixed beforehand. If there is only one
            tier (stored predictions, tiny data), its contrast goes here, `smoke` is None, and all of alpha is used.
        margin: how much worse head may be, positive, in the units of the contrasts.
        identical: predictions are equal byte for byte in all runs; the measure is then held.
        declared: the owner declared it as an overall measure; these measures share half of the level of "worse".
        enforced: False if there are too few rows to decide; the measure is then shown, but decides nothing.
        harmless: the contrast that the confirm tier would show for a change without a loss; None if unknown.
        can_settle: whether the confirm tier could change the answer.
    """

    smoke: Contrast | None
    confirm: Contrast | None
    margin: float
    harmless: Contrast | None = None
    identical: bool = False
    declared: bool = True
    enforced: bool = True
    can_settle: bool = True

    kept: ClassVar[str] = "the loss is within the margin"
    broken: ClassVar[str] = "proven worse, and by the margin or more"
    likely: ClassVar[str] = "likely regression, unproven"
    unclear: ClassVar[str] = "the interval reaches beyond the margin"

    def __post_init__(self) -> None:
        if not 0 < self.margin < math.inf:
            raise StatError(f"margin: {self.margin} is not positive")

    def held(self, contrast: Contrast, alpha: float) -> bool:
        """Return whether head is shown not to be worse by the margin."""
        return contrast.lower(alpha) > -self.margin

    def promising(self, alpha: float) -> bool:
        """Return whether the measure is declared and the confirm tier can guard its margin; this never blocks."""
        return self.declared and self.harmless is not None and self.held(self.harmless, alpha)

    def beyond(self, contrast: Contrast) -> bool:
        """Return whether the estimate itself is worse by the margin."""
        return contrast.delta <= -self.margin

    def p_worse(self, contrast: Contrast) -> float:
        """Return the one-sided p-value of "nothing was lost"."""
        return contrast.p_worse()

    def suspect(self, contrast: Contrast) -> bool:
        """Return whether the estimate loses half the margin, which justifies the confirm tier."""
        return contrast.delta <= -self.margin / 2


@dataclass(frozen=True, slots=True)
class Floor:
    """Is head by itself below its floor?

    A floor is held unless the estimate is below it, and broken only if that is proven.

    Attributes:
        smoke: head minus floor on smoke evidence.
        confirm: head minus floor on confirm evidence; see `Question`.
        declared: as in `Question`.
        enforced: as in `Question`.
    """

    smoke: Contrast | None
    confirm: Contrast | None
    declared: bool = True
    enforced: bool = True

    identical: ClassVar[bool] = False
    can_settle: ClassVar[bool] = True
    kept: ClassVar[str] = "at or above the floor"
    broken: ClassVar[str] = "proven below the floor"
    likely: ClassVar[str] = "below the floor, unproven"
    unclear: ClassVar[str] = "below the floor, unproven"

    def held(self, contrast: Contrast, alpha: float) -> bool:
        """Return whether the estimate is at or above the floor."""
        return contrast.delta >= 0

    def promising(self, alpha: float) -> bool:
        """Return False: a floor is held already if the estimate is at or above it."""
        return False

    def beyond(self, contrast: Contrast) -> bool:
        """Return whether the estimate is below the floor."""
        return contrast.delta < 0

    def p_worse(self, contrast: Contrast) -> float:
        """Return the one-sided p-value of "head is at or above the floor"."""
        return contrast.p_worse()

    def suspect(self, contrast: Contrast) -> bool:
        """Return whether the estimate is below the floor, which justifies the confirm tier."""
        return contrast.delta < 0


@dataclass(frozen=True, slots=True)
class Gain:
    """Is head better than base by more than the required gain?

    Attributes:
        smoke: as in `Question`.
        confirm: as in `Question`.
        gain: how much better head has to be, positive, in the units of the contrasts.
        foreseen: the contrast that the confirm tier would show with the same estimate; None if unknown.
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
    can_settle: ClassVar[bool] = True
    kept: ClassVar[str] = "better by more than was asked for"
    broken: ClassVar[str] = "proven to gain less than was asked for"
    likely: ClassVar[str] = "gains less than was asked for, unproven"
    unclear: ClassVar[str] = "gains enough, unproven"

    def __post_init__(self) -> None:
        if not 0 < self.gain < math.inf:
            raise StatError(f"gain: {self.gain} is not positive")

    def held(self, contrast: Contrast, alpha: float) -> bool:
        """Return whether head is shown to gain more than required."""
        return contrast.lower(alpha) > self.gain

    def promising(self, alpha: float) -> bool:
        """Return whether the measure is declared and the confirm tier would show the gain, if the estimate is right."""
        return self.declared and self.foreseen is not None and self.held(self.foreseen, alpha)

    def beyond(self, contrast: Contrast) -> bool:
        """Return whether the estimate itself is below the required gain."""
        return contrast.delta < self.gain

    def p_worse(self, contrast: Contrast) -> float:
        """Return the one-sided p-value of "head gains what is required"."""
        return contrast.p_worse(-self.gain)

    def suspect(self, contrast: Contrast) -> bool:
        """Return whether the estimate is below the required gain, which justifies the confirm tier."""
        return self.beyond(contrast)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Attributes:
        outcome: held, undecided or worse.
        wants_confirm: the confirm tier has not run yet, and is needed: smoke evidence looks bad enough, or it leaves a
            declared measure undecided that the confirm tier can guard.
        likely: undecided, and the estimate itself is beyond the margin: "likely regression, unproven".
        p: p-value for the answer "worse", adjusted for all questions of the report; 1 without confirm evidence.
        low: lower confidence bound of the difference, at the level of the tier in `evidence`; None without evidence.
        high: upper confidence bound, likewise.
        evidence: the evidence that the answer is based on.
        reason: one clause for people.
        stands_out: undeclared and likely, and confirm evidence makes it stand out among all undeclared measures.
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
    """Answer all questions of a report, in order.

    A measure is held if its one-sided lower bound is above -margin on smoke or confirm evidence, each with its part of
    alpha. This needs no correction for many questions, because all must hold (intersection-union test, Berger 1982). A
    measure whose estimate on confirm evidence is beyond the margin is not held by smoke evidence.

    A measure is worse if its estimate is beyond the margin and "no loss" is rejected, by weighted Holm over all
    enforced questions: on confirm evidence where there is any, whatever smoke evidence shows. A declared measure
    without confirm evidence may be worse on smoke evidence; an undeclared one never is, because smoke evidence chose
    it. The level is split between these two looks, so P(any worse | no loss anywhere) <= levels.worse under any
    dependence between measures and tiers.

    All other measures are undecided. An undecided and undeclared measure stands out if smoke evidence doubts it and, on
    confirm evidence, the estimate is beyond the margin and "no loss" is rejected at a false discovery rate of
    levels.alarm (Benjamini & Hochberg 1995).
    """
    levels = levels or Levels()
    doubts = _doubted(questions, levels)
    proven = _proven(questions, levels)
    soft = {at: each for at, each in enumerate(questions) if each.enforced and not each.declared}
    p = [_p_seen_twice(each, doubted=doubts[at]) for at, each in soft.items()]
    discovered = dict(zip(soft, benjamini_hochberg(p), strict=True)) if soft else {}
    return [
        _answer(
            question,
            proven[place],
            levels,
            doubted=doubts[place],
            discovered=bool(discovered.get(place, 1.0) <= levels.alarm),
        )
        for place, question in enumerate(questions)
    ]


def _doubted(questions: Sequence[Question | Floor | Gain], levels: Levels) -> list[bool]:
    """Return for each question whether smoke evidence casts doubt on it, which asks for the confirm tier.

    For a declared question, the estimate alone is enough. Among many undeclared questions some look bad by chance, so
    the estimate must be beyond the margin and "no loss" rejected at a false discovery rate (Benjamini & Hochberg).
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


def _p_seen_twice(question: Question | Floor | Gain, *, doubted: bool) -> float:
    """Return the p-value of "no loss" on confirm evidence; 1 without it, and where smoke evidence has no doubt."""
    if question.confirm is None or question.identical or not doubted:
        return 1.0
    return question.p_worse(question.confirm)


@dataclass(frozen=True, slots=True)
class _Proof:
    """The adjusted p-value of "no loss", and the level at which it is rejected."""

    p: float
    level: float

    @property
    def is_given(self) -> bool:
        return self.p <= self.level


def _proven(questions: Sequence[Question | Floor | Gain], levels: Levels) -> list[_Proof]:
    """Return the proof of "worse" for each question, adjusted over all enforced questions of its look.

    A question that the other look answers counts in the family too, so that the family does not depend on the evidence.
    """
    enforced = [place for place, question in enumerate(questions) if question.enforced]
    family = [questions[place] for place in enforced]
    at_smoke = [each.smoke if each.declared and each.confirm is None else None for each in family]
    confirmed = [each.confirm for each in family]
    one_look = all(each.smoke is None for each in family)
    looks = (
        (confirmed, levels.worse if one_look else levels.worse_confirm),
        (at_smoke, levels.worse_smoke),
    )
    found = [_Proof(1.0, levels.worse_smoke)] * len(questions)
    for contrasts, level in looks:
        p = [
            1.0 if contrast is None or question.identical else question.p_worse(contrast)
            for question, contrast in zip(family, contrasts, strict=True)
        ]
        for place, contrast, each in zip(enforced, contrasts, _adjusted(family, p), strict=True):
            if contrast is not None:
                found[place] = _Proof(each, level)
    return found


def _adjusted(family: Sequence[Question | Floor | Gain], p: Sequence[float]) -> list[float]:
    """Adjust p by Holm over the whole family; declared questions get half of the level, all others the other half."""
    if not family:
        return []
    declared = sum(question.declared for question in family)
    share = {True: 1.0 / max(declared, 1), False: 1.0 / max(len(family) - declared, 1)}
    return [float(each) for each in holm(p, [share[question.declared] for question in family])]


def _answer(
    question: Question | Floor | Gain, proof: _Proof, levels: Levels, *, doubted: bool, discovered: bool
) -> Answer:
    smoke, confirm = question.smoke, question.confirm
    if question.identical:
        return Answer(Outcome.HELD, False, False, proof.p, 0.0, 0.0, Evidence.IDENTITY, "identical predictions")
    held_at_smoke = smoke is not None and question.held(smoke, levels.smoke)
    if smoke is not None and (confirm is None or (held_at_smoke and not question.beyond(confirm))):
        contrast, alpha, evidence = smoke, levels.smoke, Evidence.SMOKE
    elif confirm is not None:
        contrast, evidence = confirm, Evidence.CONFIRM
        alpha = levels.alpha if smoke is None else levels.confirm
    else:
        return Answer(Outcome.UNDECIDED, False, False, proof.p, None, None, Evidence.NONE, "no evidence")

    def say(outcome: Outcome, reason: str, *, wants: bool = False, likely: bool = False) -> Answer:
        return Answer(outcome, wants, likely, proof.p, contrast.lower(alpha), contrast.upper(alpha), evidence, reason)

    if not question.enforced:
        return say(Outcome.UNDECIDED, "not enforced: too few rows")
    if question.held(contrast, alpha):
        return say(Outcome.HELD, question.kept)
    beyond = question.beyond(contrast)
    wants = evidence is Evidence.SMOKE and question.can_settle and (doubted or question.promising(levels.confirm))
    if beyond and proof.is_given:
        return say(Outcome.WORSE, question.broken, wants=wants)
    answer = say(Outcome.UNDECIDED, question.likely if beyond else question.unclear, wants=wants, likely=beyond)
    return replace(answer, stands_out=beyond and discovered)
