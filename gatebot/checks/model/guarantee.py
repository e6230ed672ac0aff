"""The guarantee that gatebot.yml gives is kept.

Why: A margin errs now and then; a guarantee holds for all of its commits together, but for the chance that it names.
Fix: Bring a better model, or one that changes fewer answers. Where no guarantee can be given, bring more eval rows
(`smoke.eval_rows` limits them), or new ones where they are spent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gatebot.checks.check import Check, Options
from gatebot.checks.guarantee import GuaranteeOutcome, Judged, Lack, judged
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Fact, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need
from gatebot.stats.condition import Mode

LACKS: Mapping[Lack, tuple[str, str]] = {
    Lack.ROWS: (
        "rows",
        "the guarantee cannot be given: for {steps} commits {condition} needs {needed} eval rows, and there are {rows}",
    ),
    Lack.ANSWERS: (
        "answers",
        "the guarantee cannot be given: {missing} of {rows} eval rows are not answered, or not the same, on both sides",
    ),
    Lack.USES: (
        "uses",
        "the guarantee is spent: main has used these eval rows {uses} times, of {merges} that were promised",
    ),
}
"""Subject and sentence."""

BROKEN: Mapping[Mode, str] = {
    Mode.FP_FREE: "{condition} is not proven, as `mode: fp-free` asks",
    Mode.FN_FREE: "{condition} is proven to be broken",
    Mode.TERNARY: "{condition} is proven to be broken",
}


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def excuse(comparison: Comparison) -> str:
    """There is nothing to keep."""
    return "" if comparison.promise is not None else "gatebot.yml gives no guarantee"


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """A finding unless the condition holds. No estimate is told: the rows are counted for verdicts alone."""
    found = judged(comparison)
    if found is None:
        return
    match found.answer:
        case GuaranteeOutcome.HELD:
            return
        case GuaranteeOutcome.BROKEN:
            yield Finding("guarantee", BROKEN[found.promise.mode], _facts(found))
        case GuaranteeOutcome.UNDECIDED:
            yield Finding("guarantee", "{condition} is neither proven nor broken", _facts(found), undecided=True)
        case GuaranteeOutcome.NOT_GIVEN:
            yield _not_given(found)


def _not_given(found: Judged) -> Finding:
    """No verdict is a doubt, and never silent. It is hardly the author's fault: an approval is enough for `fp-free`."""
    subject, says = LACKS[found.lack or Lack.ROWS]
    finding = Finding(subject, says, _facts(found))
    match found.promise.mode:
        case Mode.FP_FREE:
            return replace(finding, action=Action.REVIEW)
        case Mode.FN_FREE:
            return replace(finding, action=Action.WARN)
        case Mode.TERNARY:
            return replace(finding, undecided=True)


def _facts(found: Judged) -> dict[str, Fact]:
    promise = found.promise
    return {
        "condition": promise.text,
        "reliability": promise.reliability,
        "steps": promise.steps,
        "merges": promise.merges,
        "needed": promise.rows,
        "rows": found.rows,
        "missing": found.missing,
        "uses": found.uses,
    }


CHECK = Check("model.guarantee", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, relative=True, excuse=excuse)
