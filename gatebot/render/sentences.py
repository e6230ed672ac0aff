"""Defines the sentences of the Report."""

from collections.abc import Mapping

from gatebot.core.finding import Action, Bound, Provenance, Status
from gatebot.core.report import Report, ReportedApproval, ReportedFinding, ReportedMeasure, State, VerdictName
from gatebot.render.numbers import NOTHING, counted, grouped
from gatebot.render.pieces import Sentence, capital, flat, joined, noted, quote, said, words
from gatebot.render.rows import WATCHED, measure_behind, outcome_of, row_of, share_of_margin

MOST_UNGUARDED = 3
UNREAD = "code.unread_changes"
MOST_HEADLINE = 140  # characters that a commit status can hold

TITLES: Mapping[VerdictName, str] = {
    VerdictName.BLOCKED: "blocked",
    VerdictName.ERROR: "could not judge",
    VerdictName.INCONCLUSIVE: "inconclusive",
    VerdictName.REVIEW: "review needed",
    VerdictName.PASS: "pass",
}
_OBSERVED: Mapping[VerdictName, str] = {
    VerdictName.BLOCKED: "would be blocked",
    VerdictName.ERROR: "could not judge",
    VerdictName.INCONCLUSIVE: "would be inconclusive",
    VerdictName.REVIEW: "would need a review",
    VerdictName.PASS: "would pass",
}
ACTIONS: Mapping[Action, str] = {
    Action.BLOCK: "blocks",
    Action.REVIEW: "needs review",
    Action.WARN: "warns",
    Action.NOTE: "note",
}
STATUSES: Mapping[Status, str] = {
    Status.NEW: "new",
    Status.WORSE: "worse than on base",
    Status.INHERITED: "base has it too",
    Status.FIXED: "fixed here",
}
PROVENANCE: Mapping[Provenance, str] = {
    Provenance.COMPUTED: "gatebot ran the model",
    Provenance.RESCORED: "predictions were brought, gatebot scored them",
    Provenance.CLAIMED: "the pull request's own number",
    Provenance.UNTRUSTED: "from a job that is not trusted",
}
DRAFT = "a draft: judged when it is ready for review"
STATES: Mapping[State, str] = {
    State.BOOTSTRAP: (
        "The base branch has no gatebot.yml yet, so there is nothing to compare with. This run shows where the model"
        " stands; comparisons begin once this is merged."
    ),
    State.BASELINE: "This is the base branch's own run: its evidence is what pull requests will be compared with.",
    State.NO_BASELINE: (
        "No baseline is stored and none could be made here, so nothing was compared. A run on base leaves one."
    ),
    State.RETRAINED: "No baseline was stored that fits, so base was trained here as well.",
    State.BASE_BROKEN: (
        "Base is broken, head repairs it: nothing works on base, so nothing was compared, and this change is judged by"
        " absolute checks alone."
    ),
    State.NOTHING_TRAINS: (
        "Neither base nor head works: no training gave a model whose predictions can be judged, so nothing was judged."
    ),
    State.NOTHING_RELEVANT: (
        "No file that can change the verdict differs from base, so nothing was trained: what holds for base holds here."
    ),
    State.IDENTICAL: "Every prediction equals base's.",
    State.DRAFT: "A draft: it is judged when it is ready for review, and its status stays pending until then.",
    State.NO_DATA: "The data cannot be reached from here, so nothing was trained.",
}
NEW_WITHOUT_DATA = (
    "Bringing the data takes secrets, and these go to files of the base branch alone, which has no gatebot.yml yet: so"
    " nothing was trained. Once this is reviewed and merged, the base branch's own run brings the data."
)
"""Replaces the sentences of BOOTSTRAP and NO_DATA if both states hold."""
STILL_BROKEN = "Nothing works on base, so nothing was compared."
"""Replaces the sentence of BASE_BROKEN if head could not be judged."""
_SHORT_STATES: Mapping[State, str] = {
    State.DRAFT: DRAFT,
    State.NOTHING_RELEVANT: "nothing that can change the verdict was touched",
    State.NO_DATA: "the data cannot be reached from here",
    State.BASELINE: "this is the base branch's own run",
    State.BOOTSTRAP: "nothing to compare with yet",
    State.NO_BASELINE: "there was no baseline to compare with",
    State.NOTHING_TRAINS: "neither base nor head works, so nothing was judged",
    State.BASE_BROKEN: "base is broken, head repairs it",
    State.IDENTICAL: "every prediction equals base's",
}


def headline(report: Report) -> str:
    """Return the verdict on one line of plain text, at most 140 characters long."""
    if State.DRAFT in report.states:
        return DRAFT
    reason, title = why(report), title_of(report)
    return flat(joined(f"{title}: ", reason) if reason else words(title), MOST_HEADLINE)


def title_of(report: Report) -> str:
    """Return the verdict with its priority: `blocked (P1)`, `pass with 2 warnings`."""
    if State.DRAFT in report.states:
        return "not judged"
    title = (_OBSERVED if report.observed else TITLES)[report.verdict]
    unjudged = State.NOTHING_TRAINS in report.states
    if unjudged and report.verdict is VerdictName.ERROR:
        return VerdictName.ERROR.value
    if report.verdict is VerdictName.PASS:
        warnings = len([each for each in report.decisive if each.action is Action.WARN]) + unjudged
        return f"{title} with {counted(warnings, 'warning')}" if warnings else title
    return title if report.priority is None else f"{title} ({report.priority})"


def why(report: Report) -> Sentence:
    """Return the clause that explains the verdict."""
    if State.DRAFT in report.states:
        return words(DRAFT)
    match report.verdict:
        case VerdictName.BLOCKED:
            return _first(report, [each for each in _acting(report, Action.BLOCK) if not each.undecided])
        case VerdictName.INCONCLUSIVE:
            return _first(report, _acting(report, Action.BLOCK))
        case VerdictName.REVIEW:
            return _first(report, _acting(report, Action.REVIEW)) or words(
                "the policy asks for an approval of what comes from a fork"
            )
        case VerdictName.ERROR:
            return _not_judged(report)
        case VerdictName.PASS:
            return _passed(report)


def about(report: Report, finding: ReportedFinding) -> Sentence:
    """Return a finding as a clause: `recall(urgent) fell 4.1 points`."""
    measure = measure_behind(report, finding)
    clause = None if measure is None else _moved(measure)
    return clause or said(finding)


def _first(report: Report, findings: list[ReportedFinding]) -> Sentence:
    if not findings:
        return ()
    more = len(findings) - 1
    clause = about(report, findings[0])
    return joined(clause, f", and {counted(more, 'more finding')}") if more else clause


def _acting(report: Report, action: Action) -> list[ReportedFinding]:
    return [each for each in report.decisive if each.action is action]


def _moved(measure: ReportedMeasure) -> Sentence | None:
    """Return how a measure changed; None if it has no numbers or did not change."""
    row = row_of(measure)
    if measure.delta is None or row.amount == NOTHING:
        return None
    undecided = measure.outcome == "undecided"
    if measure.bound is Bound.FLOOR:
        short = "below its floor" if row.allowed.startswith("≥") else "above its ceiling"
        doubt = ", not proven" if undecided else ""
        return joined(quote(row.subject), f" is {row.head}, {short} of {row.allowed[2:]}{doubt}")
    if measure.bound is Bound.GAIN:
        asked, doubt = row.allowed.removeprefix("better than "), ", not proven" if undecided else ""
        return joined(quote(row.subject), f" changed by {row.delta}; {asked} or more was asked for{doubt}")
    if measure.delta == 0:
        return None
    verb = ("may have fallen", "fell") if measure.delta < 0 else ("may have risen", "rose")
    return joined(quote(row.subject), f" {verb[not undecided]} {row.amount}")


def _not_judged(report: Report) -> Sentence:
    if report.crashed:
        crash = report.crashed[0]
        return joined("the check ", quote(crash.check), " failed: ", quote(crash.error))
    if State.NOTHING_TRAINS in report.states:
        short = words("neither base nor head works")
        return joined(short, ": ", quote(report.head.failure)) if report.head.failure else short
    if State.NO_BASELINE in report.states:
        return words("there is no baseline, and the policy blocks that")
    owed = [each for each in report.skipped if not each.excused] or list(report.skipped)
    if owed:
        return joined(quote(owed[0].check), " could not run: ", words(owed[0].reason))
    return words("evidence is missing")


def _passed(report: Report) -> Sentence:
    for state, short in _SHORT_STATES.items():
        if state in report.states:
            return words(short)
    accepted = len([each for each in report.decisive if each.action is Action.REVIEW])
    if accepted:
        return words(f"{counted(accepted, 'finding')} accepted by a reviewer of this commit")
    outcomes = [outcome_of(each) for each in report.measures]
    held, watched = outcomes.count("held"), outcomes.count(WATCHED)
    decided = held + outcomes.count("undecided") + outcomes.count("worse")
    worse = "worse" in outcomes
    if warnings := [each for each in _acting(report, Action.WARN) if not _only_open(report, each)]:
        metrics = f"no metric is {'' if held == decided else 'proven '}worse, but " if decided and not worse else ""
        return joined(metrics, _first(report, warnings))
    also = f"; {grouped(watched)} more watched, none stands out" if watched else ""
    if not decided:
        return words("nothing was found")
    if held == decided:
        return words(f"no metric is worse; {counted(held, 'measure')} held{also}")
    return words(f"{'' if worse else 'no metric is proven worse; '}{held} of {counted(decided, 'measure')} held{also}")


def _only_open(report: Report, finding: ReportedFinding) -> bool:
    """Return whether a finding is undecided and its estimate is within the margin."""
    measure = measure_behind(report, finding) if finding.undecided else None
    return measure is not None and share_of_margin(measure) < 1


def _meaning(report: Report, state: State) -> str:
    if state is State.BASE_BROKEN and report.verdict is VerdictName.ERROR:
        return STILL_BROKEN
    return STATES[state]


def _failures(report: Report) -> list[Sentence]:
    """Return how base and head fail, once if they fail alike."""
    base, head = report.base.failure, report.head.failure
    told = [("Both end with: ", base)] if base == head else [("Base ends with: ", base), ("Head ends with: ", head)]
    return [joined(start, quote(failure)) for start, failure in told if failure]


def _unguarded(report: Report) -> list[Sentence]:
    """Return the declared metrics that have no value on base either: they would be silent for ever."""
    found = [f for f in report.findings if f.check == "model.vanished_metric" and f.status is Status.INHERITED]
    more = len(found) - MOST_UNGUARDED
    told = [
        joined("On base too: ", said(each), ". " if each.note else "", noted(each), ".")
        for each in found[:MOST_UNGUARDED]
    ]
    return [*told, *([words(f"{counted(more, 'more finding')} of this kind.")] if more > 0 else [])]


def log_of(report: Report, finding: ReportedFinding) -> tuple[str, ...]:
    """Return a finding's log without what `lead` quotes: its last line and, if a module is missing, all of it."""
    if State.NOTHING_TRAINS not in report.states or not finding.log:
        return finding.log
    if "module" in finding.facts:
        return ()
    quoted = finding.log[-1].strip() in (report.base.failure, report.head.failure)
    return finding.log[:-1] if quoted else finding.log


def _accepted(approval: ReportedApproval) -> Sentence:
    """Return who has accepted the commit, when, how and why."""
    limit = f" from {approval.priority} down" if approval.priority else ""
    what = f" by a {approval.kind}" if approval.kind in ("review", "comment") else ""
    who = joined("Accepted", limit, " by ", quote(approval.login))
    who = joined(who, " on ", quote(f"{approval.at:%Y-%m-%d %H:%M} UTC"), what) if approval.at else who
    return joined(who, ", with the words ", quote(approval.reason), ".") if approval.reason else joined(who, ".")


def lead(report: Report) -> list[Sentence]:
    """Return the sentences under the title: the reason, then the meaning of the states, then approvals."""
    states = [state for state in STATES if state in report.states]
    unjudged = State.NOTHING_TRAINS in states
    explained = State.DRAFT in states or (
        report.verdict is VerdictName.PASS and any(state in _SHORT_STATES for state in states)
    )
    explained = explained or (report.verdict is VerdictName.ERROR and unjudged and not report.crashed)
    told = [] if explained else [why(report)]
    new = {State.BOOTSTRAP, State.NO_DATA} <= set(states)
    told += (
        [words(NEW_WITHOUT_DATA)]
        if new
        else [words(_meaning(report, state)) for state in states if not (unjudged and state is State.BASE_BROKEN)]
    )
    told += _failures(report)
    told += _unguarded(report)
    told += [capital(said(each)) for each in report.findings if each.check == UNREAD and each.facts.get("whole")]
    told += [_accepted(each) for each in report.approvals]
    if report.observed:
        told.append(words("Only observed: the status is a success whatever is said here."))
    return [sentence for sentence in told if sentence]
