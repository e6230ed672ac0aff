"""Describes the basis of a verdict: commits, age of base, amount of evidence, and the losses it can detect."""

from collections.abc import Mapping

from gatebot.core.report import Relation, Report, ReportedGuarantee, ReportedMeasure
from gatebot.render.numbers import age, counted, duration, grouped, size
from gatebot.render.pieces import Sentence, joined, quote, words
from gatebot.render.rows import row_of, subject_of

SHORT_SHA = 7
OFTEN = 50
"""Number of commits of main after which new eval rows are suggested. In practice, reuse does mild harm."""
_ANSWERS: Mapping[str, str] = {
    "held": "holds",
    "broken": "does not hold",
    "undecided": "is undecided",
    "not given": "cannot be given",
}
_RELATIONS: Mapping[Relation, str] = {
    Relation.FIRST_PARENT: "first parent of the merge",
    Relation.MERGE_BASE: "merge base",
    Relation.GIVEN: "given on the command line",
    Relation.NONE: "",
}


def compared(report: Report) -> Sentence:
    """Return the commits: `head 1a2b3c4 against base 5d6e7f8 (first parent of the merge, 2 days old)`."""
    head, base = report.head, report.base
    parts = [joined("head ", commit(head.sha)) if head.sha else words("the work tree")]
    if head.tested_sha and head.tested_sha != head.sha:
        parts.append(joined(", trained as ", commit(head.tested_sha)))
    if base.sha is None:
        return joined(*parts, ", without a base")
    told = [_RELATIONS[base.relation]]
    if base.distance:
        told.append(f"{counted(base.distance, 'commit')} before it")
    if base.age_s is not None:
        told.append(f"{age(base.age_s)} old")
    known = ", ".join(each for each in told if each)
    return joined(*parts, " against base ", commit(base.sha), f" ({known})" if known else "")


def evidence(report: Report) -> Sentence:
    """Return the amount of evidence: `3 seeds, 2,000 rows; sees losses of 0.8 points and more in accuracy`."""
    first = sharpest(report)
    seeds = report.seeds if first is None else first.seeds
    told = [counted(count, what) for count, what in ((seeds, "seed"), (report.rows, "row")) if count]
    amount = ", ".join(told)
    if first is None:
        return words(amount)
    sight = f"sees losses of {row_of(first).sees} and more in "
    told_of = joined(f"{amount}; {sight}" if amount else sight, quote(subject_of(first)))
    unguarded = beyond_sight(report)
    if not unguarded:
        return told_of
    worst = unguarded[0]
    more = f" and {counted(len(unguarded) - 1, 'other')}" if len(unguarded) > 1 else ""
    row = row_of(worst)
    return joined(
        told_of, f"; too little to guard {row.allowed} of ", quote(subject_of(worst)), f" (sees {row.sees}){more}"
    )


def beyond_sight(report: Report) -> list[ReportedMeasure]:
    """Return declared measures, not proven worse, whose margin is too small to detect; the largest ratio first."""
    found = [
        (each.sees / each.margin, each)
        for each in report.measures
        if each.sees is not None and each.margin and each.sees > each.margin and _is_open(each)
    ]
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def _is_open(measure: ReportedMeasure) -> bool:
    return measure.declared and not measure.not_enforced and measure.outcome != "worse"


def sharpest(report: Report) -> ReportedMeasure | None:
    """Return the measure that describes what the evidence can detect: preferably declared and over all rows."""
    able = [each for each in report.measures if each.sees is not None and not each.not_enforced]
    ranked = sorted(able, key=lambda each: (not each.declared, each.slice is not None))
    return next(iter(ranked), None)


def guarantee(report: Report) -> Sentence:
    """Return the guarantee and its answer, the only facts that may be revealed; empty without a guarantee."""
    given = report.guarantee
    if given is None:
        return ()
    return joined(
        quote(given.condition),
        f" {answered(given)}, at a reliability of {given.reliability:.10g} for {counted(given.steps, 'commit')}"
        " together (adaptivity ",
        quote(given.adaptivity),
        ", ",
        quote(given.mode),
        f"); {counted(given.rows_needed, 'row')} needed, {grouped(given.rows)} there."
        " A guarantee is exempt from the limit on false blocks.",
    )


def answered(given: ReportedGuarantee) -> str:
    """Return the answer about the condition, as a predicate."""
    return _ANSWERS.get(given.answer, "is undecided")


def eval_set(report: Report) -> Sentence:
    """Return how the eval rows were drawn, how often main has used them, and whether new ones are due."""
    drawn, used = design(report), _uses(report)
    return joined(drawn, "; ", used) if drawn and used else drawn or used


def design(report: Report) -> Sentence:
    """Return how the eval rows were drawn; empty if all labelled rows that training leaves are predicted."""
    if not report.drawn_from:
        return ()
    drawn = f"{grouped(report.rows)} of {counted(report.drawn_from, 'labelled row')}"
    if report.heaviest <= 1:
        return words(f"{drawn}, drawn at random")
    stands = f"each stands for up to {report.heaviest:.2g} in every metric"
    return words(f"{drawn}, rare classes and small slices first; {stands}")


def _uses(report: Report) -> Sentence:
    uses, given = report.eval_uses, report.guarantee
    if uses is None:
        return ()
    told = f"eval set used {counted(uses, 'time')} by main"
    if given is not None:
        spent = "; the guarantee is spent, new eval rows are due" if uses >= given.merges else ""
        return words(f"{told}, of {grouped(given.merges)} promised{spent}")
    return words(
        f"{told}; what is chosen by the same rows so often fits them by luck: new ones are due"
        if is_worn(report)
        else told
    )


def is_worn(report: Report) -> bool:
    """Return whether the eval rows were used for so many commits that new ones are due."""
    if report.eval_uses is None:
        return False
    return report.eval_uses >= (OFTEN if report.guarantee is None else report.guarantee.merges)


def baseline(report: Report) -> Sentence:
    """Return the source of base's evidence and the reason for it; empty if both are unknown."""
    base = report.base
    source = joined("from ", quote(base.source)) if base.source else ()
    return joined(source, "; " if source and base.why else "", words(base.why)) if source or base.why else ()


def provenance(report: Report) -> list[tuple[str, Sentence]]:
    """Return the origin of the verdict, as pairs of name and value."""
    rows: list[tuple[str, Sentence]] = [
        ("project", quote(report.project)),
        ("head", quote(report.head.sha) if report.head.sha else words("the work tree")),
        ("trained", quote(report.head.tested_sha) if report.head.tested_sha else ()),
        ("base", quote(report.base.sha) if report.base.sha else words("none")),
        ("baseline", baseline(report)),
        ("guarantee", guarantee(report)),
        ("eval rows", eval_set(report)),
        ("rules", quote(report.rules_sha) if report.rules_sha else ()),
        ("rules digest", quote(report.rules_digest) if report.rules_digest else ()),
        ("isolation", isolation(report)),
        ("granted", granted(report)),
        ("gatebot", quote(report.gatebot_version)),
        ("judged", words(f"{report.generated_at:%Y-%m-%d %H:%M %Z}".strip())),
    ]
    return [(name, value) for name, value in rows if value]


def isolation(report: Report) -> Sentence:
    """Return how the user's code was isolated, and why not more strictly."""
    if not report.isolation:
        return ()
    return joined(quote(report.isolation), *(joined("; ", words(reason)) for reason in report.isolation_why))


def granted(report: Report) -> Sentence:
    """Return the folders that user code could read, besides system folders and its own copy of the tree."""
    if not report.granted:
        return ()
    first, *others = report.granted
    return joined(quote(first), *(joined(", ", quote(folder)) for folder in others))


def costs(report: Report) -> list[tuple[str, str]]:
    """Return the costs of the verdict, as pairs of name and value."""
    spent = report.costs
    trainings = grouped(spent.trainings)
    if spent.base_trainings:
        trainings += f" of head, {grouped(spent.base_trainings)} of base"
    rows = [
        ("trainings", trainings if spent.trainings or spent.base_trainings else ""),
        ("training", duration(spent.train_s) if spent.train_s else ""),
        ("predicting", duration(spent.predict_s) if spent.predict_s else ""),
        ("gatebot's own share", duration(spent.gate_s) if spent.gate_s else ""),
        ("peak memory", size(spent.peak_rss_mb * 1e6) if spent.peak_rss_mb else ""),
    ]
    return [(name, value) for name, value in rows if value]


def commit(sha: str) -> Sentence:
    """Return the short SHA of a commit."""
    return quote(sha[:SHORT_SHA])
