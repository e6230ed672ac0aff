"""Reports as literals: one for each kind of verdict, for whoever needs a Report without judging anything."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from gatebot.core.finding import Action, Bound, Direction, Level, Location, Priority, Provenance, Status
from gatebot.core.report import (
    Base,
    Costs,
    CrashedCheck,
    EnvironmentChange,
    Head,
    Part,
    Relation,
    Report,
    ReportedApproval,
    ReportedFinding,
    ReportedGuarantee,
    ReportedMeasure,
    ReportedValue,
    SkippedCheck,
    State,
    VerdictName,
    WaivedFinding,
    Want,
)
from gatebot.errors import ExitCode

HEAD_SHA = "9c1e4f7a2b3d5e6f8091a2b3c4d5e6f708192a3b"
BASE_SHA = "4d2b8e6f1a3c5e7f9b0d2f4a6c8e0a2b4d6f8a1c"
RULES_SHA = BASE_SHA
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
FIX = "Look at the rows that changed; if the loss is meant, ask for a waiver with a ceiling and an end."


def measure(metric: str, base: float | None, head: float | None, **changes: Any) -> ReportedMeasure:
    """A measure that held, of accuracy's kind, unless `changes` say otherwise."""
    delta = None if base is None or head is None else head - base
    values: dict[str, Any] = {
        "check": "model.regression",
        "metric": metric,
        "slice": None,
        "direction": Direction.HIGHER,
        "bound": Bound.CHANGE,
        "base": base,
        "head": head,
        "delta": delta,
        "low": None if delta is None else delta - 0.006,
        "high": None if delta is None else delta + 0.006,
        "margin": 0.02,
        "outcome": "held",
        "p": 1.0,
        "reason": "the loss is within the margin",
        "tier": "smoke",
        "n": 2000,
        "seeds": 2,
        "declared": True,
        "provenance": Provenance.COMPUTED,
        "sees": 0.008,
        "by_seed": () if delta is None else (delta - 0.002, delta + 0.002),
    }
    return ReportedMeasure.model_validate(values | changes)


def value(metric: str, at: float, low: float | None, high: float | None, **changes: Any) -> ReportedValue:
    """A value of head without a base, of two smoke seeds, unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "metric": metric,
        "slice": None,
        "direction": Direction.HIGHER,
        "tier": "smoke",
        "value": at,
        "low": low,
        "high": high,
        "n": 2000,
        "seeds": 2,
        "provenance": Provenance.COMPUTED,
    }
    return ReportedValue.model_validate(values | changes)


def finding(check: str, subject: str, says: str, **changes: Any) -> ReportedFinding:
    """A new finding of P1 that blocks, unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "check": check,
        "title": "No metric is worse than base by more than its margin",
        "subject": subject,
        "says": says,
        "status": Status.NEW,
        "priority": Priority.P1,
        "impact": Level.HIGH,
        "likelihood": Level.MEDIUM,
        "why_priority": "impact high, likelihood medium",
        "action": Action.BLOCK,
        "fix": FIX,
    }
    return ReportedFinding.model_validate(values | changes)


def report(verdict: VerdictName = VerdictName.PASS, **changes: Any) -> Report:
    """A Report of the project `tickets` with nothing in it but what `changes` say."""
    values: dict[str, Any] = {
        "gatebot_version": "0.1.0",
        "generated_at": NOW,
        "verdict": verdict,
        "exit_code": verdict.exit_code,
        "project": "tickets",
        "base": Base(
            sha=BASE_SHA,
            relation=Relation.FIRST_PARENT,
            source="artifact gatebot-baseline-tickets of run 4711",
            age_s=172_800.0,
            distance=0,
            why="first parent of the merge; exact",
        ),
        "head": Head(sha=HEAD_SHA, tested_sha="77aa0f3c9d1e2b4a6c8d0e1f2a3b4c5d6e7f8091"),
        "rules_sha": RULES_SHA,
        "rules_digest": "0f1e2d3c4b5a6978",
        "rows": 2000,
        "seeds": 2,
        "isolation": "full",
        "costs": Costs(train_s=184.2, predict_s=9.8, gate_s=6.4, peak_rss_mb=812.5, trainings=4),
        "run_url": "https://github.com/octo/tickets/actions/runs/123456789",
        "reproduce": f"gatebot run --base {BASE_SHA[:12]}",
    }
    return Report.model_validate(values | changes)


def guarantee(**changes: Any) -> ReportedGuarantee:
    """One that holds, unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "condition": "n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01",
        "reliability": 0.999,
        "steps": 32,
        "adaptivity": "full",
        "mode": "ternary",
        "answer": "held",
        "rows_needed": 61_000,
        "rows": 64_000,
        "merges": 32,
    }
    return ReportedGuarantee.model_validate(values | changes)


def passed() -> Report:
    """Quiet: everything held."""
    return report(measures=_held(), skipped=_skipped(), clean=("code.smoke_train", "data.schema", "model.floor"))


def warned() -> Report:
    """A pass with two warnings."""
    return report(
        priority=Priority.P2,
        measures=_held(),
        findings=(
            finding(
                "infra.train_cost",
                "cpu",
                "training takes {ratio} times base's processor time: {base} s → {head} s",
                title="Training takes about as long as on base",
                priority=Priority.P2,
                impact=Level.LOW,
                likelihood=Level.HIGH,
                action=Action.WARN,
                facts={"ratio": 2.0, "base": 31.2, "head": 62.4},
                fix="Profile the training; if the cost is meant, waive it with a ceiling.",
            ),
            finding(
                "data.schema",
                "new: mood",
                "column {column} is new",
                title="The data has base's columns, of base's types",
                priority=Priority.P2,
                likelihood=Level.LOW,
                action=Action.WARN,
                facts={"column": "mood"},
                fix="Bring the column back, or change the consumers first.",
                where=(Location(path="data/tickets.csv"),),
            ),
        ),
    )


def blocked() -> Report:
    """A recall of one class fell, in one slice far more than its margin; and there is much else to tell."""
    recall, south = "recall(urgent)", "region=south"
    measures = (
        *_held(),
        measure(
            recall,
            0.861,
            0.820,
            low=-0.052,
            high=-0.030,
            outcome="worse",
            p=0.0004,
            tier="confirm",
            seeds=5,
            margin=0.03,
            reason="proven worse, and by the margin or more",
            by_seed=(-0.036, -0.040, -0.047, -0.043, -0.039),
        ),
        measure(
            recall,
            0.874,
            0.791,
            slice=south,
            check="model.slices",
            low=-0.118,
            high=-0.048,
            outcome="worse",
            p=0.0011,
            tier="confirm",
            seeds=5,
            margin=0.04,
            n=412,
            sees=0.031,
            reason="proven worse, and by the margin or more",
            by_seed=(-0.07, -0.09, -0.11, -0.06, -0.085),
        ),
        measure(
            "precision(billing)",
            0.912,
            0.896,
            low=-0.031,
            high=-0.001,
            outcome="undecided",
            declared=True,
            reason="the interval reaches beyond the margin",
            needs_rows=4800,
            needs_seeds=6,
            n=388,
        ),
        measure(
            "accuracy",
            0.8610,
            0.8420,
            bound=Bound.FLOOR,
            check="model.floor",
            limit=0.85,
            delta=-0.008,
            low=-0.021,
            high=0.004,
            margin=None,
            outcome="undecided",
            sees=None,
            by_seed=(),
            reason="below the floor, unproven",
        ),
    )
    return report(
        VerdictName.BLOCKED,
        priority=Priority.P1,
        measures=measures,
        findings=(
            _of_measure(measures[-4], Priority.P1, Action.BLOCK),
            _of_measure(
                measures[-3],
                Priority.P1,
                Action.BLOCK,
                likelihood=Level.MEDIUM,
                why_priority="impact high, likelihood low, raised to medium: features/text.py is touched",
            ),
            _of_measure(measures[-2], Priority.P1, Action.WARN, undecided=True),
            _of_measure(measures[-1], Priority.P1, Action.WARN, undecided=True),
            finding(
                "data.eval_identity",
                "relabelled",
                "{rows} of {all} eval rows have another label; base's labels are used",
                facts={"rows": 3, "all": 2000, "ids": ("1f00c3a4d5e6f708", "2a11d4b5e6f70819")},
                action=Action.WARN,
                title="The eval rows and their labels are base's",
            ),
            finding(
                "code.environment",
                "environment",
                "{count} parts of the environment differ: {changes}",
                priority=Priority.P3,
                action=Action.NOTE,
                facts={"count": 1, "changes": ("scikit-learn",)},
                fix="",
            ),
            finding(
                "data.leakage_rows",
                "rows",
                "{count} eval rows stand in the training data with the same content",
                status=Status.INHERITED,
                action=Action.WARN,
                facts={"count": 4},
            ),
            finding(
                "infra.artifact_size",
                "size",
                "the model is {ratio} times base's size",
                status=Status.FIXED,
                priority=Priority.P3,
                action=Action.NOTE,
                facts={"ratio": 1.71},
            ),
        ),
        skipped=_skipped(),
        clean=("code.smoke_train", "code.output_shape", "model.negative_flips"),
        waived=(
            WaivedFinding(
                finding=finding(
                    "model.slices",
                    "recall(spam)@channel=chat",
                    "{metric} went from {base} to {head}",
                    facts={"metric": "recall(spam)@channel=chat", "base": 0.71, "head": 0.68},
                    fix="",
                ),
                owner="octocat",
                reason="the spam filter before it takes these now",
                until=date(2027, 1, 31),
                days_left=72,
            ),
        ),
        environment_changes=(
            EnvironmentChange(name="scikit-learn", base="1.7.2", head="1.8.0"),
            EnvironmentChange(name="pandas", base=None, head="3.0.1"),
        ),
        wants=(Want(measure="precision(billing)", tier="confirm", reason="the interval reaches beyond the margin"),),
        costs=Costs(train_s=1912.4, predict_s=41.0, gate_s=12.2, peak_rss_mb=1312.5, trainings=7, base_trainings=5),
    )


def crashed_training() -> Report:
    """The pipeline itself fails: a P0 without any measure, and a log."""
    log = (
        "Traceback (most recent call last):",
        '  File "pipeline.py", line 41, in train',
        "    frame = frame.drop(columns=['chanel'])",
        "  [2 frames of pandas]",
        "KeyError: \"['chanel'] not found in axis\"",
    )
    return report(
        VerdictName.BLOCKED,
        priority=Priority.P0,
        rows=0,
        seeds=0,
        findings=(
            finding(
                "code.smoke_train",
                "training: crashed",
                "{stage} crashed (exit code {exit_code}) in {runs} of {all_runs} runs",
                title="The pipeline trains and predicts end to end",
                priority=Priority.P0,
                likelihood=Level.HIGH,
                why_priority="impact high, likelihood high",
                facts={"stage": "training", "exit_code": 1, "runs": 2, "all_runs": 2},
                log=log,
                where=(Location(path="pipeline.py", line=41),),
                fix="Run the command that the report gives on your machine; the last lines of the log are quoted.",
            ),
        ),
        skipped=(
            SkippedCheck(
                check="model.regression",
                title="No metric is worse",
                reason="training crashed, so nothing was predicted",
            ),
        ),
    )


def observed() -> Report:
    """What would have been blocked."""
    return blocked().model_copy(update={"observed": True, "exit_code": ExitCode.PASS})


def error() -> Report:
    """A check of gatebot's crashed, and one lacks evidence."""
    return report(
        VerdictName.ERROR,
        measures=_held(),
        crashed=(CrashedCheck(check="model.calibration", error="ValueError: bins must increase"),),
        skipped=(
            *_skipped(),
            SkippedCheck(
                check="code.output_range", title="Outputs are numbers", reason="budget: 42 s needed, 10 s left"
            ),
        ),
    )


def review() -> Report:
    """Somebody must look: the pull request touches the gate."""
    says = "{path} belongs to the gate; this pull request is judged by the base branch's copy"
    return report(
        VerdictName.REVIEW,
        priority=Priority.P0,
        measures=_held(),
        findings=(
            finding(
                "code.gate_tamper",
                "gatebot.yml",
                says,
                title="The gate is not changed unseen",
                priority=Priority.P0,
                action=Action.REVIEW,
                facts={"path": "gatebot.yml"},
                where=(Location(path="gatebot.yml", line=1),),
                fix="Change the gate in a pull request of its own.",
            ),
        ),
    )


def fork() -> Report:
    """Nothing is wrong, and the policy wants somebody to look at what comes from a fork."""
    return report(VerdictName.REVIEW, measures=_held())


def undecided() -> Report:
    """The evidence cannot tell, and the policy blocks that."""
    open_measure = measure(
        "accuracy",
        0.861,
        0.842,
        low=-0.034,
        high=-0.004,
        outcome="undecided",
        reason="the interval reaches beyond the margin",
        needs_rows=5200,
    )
    return report(
        VerdictName.INCONCLUSIVE,
        priority=Priority.P0,
        measures=(open_measure, *_held()[1:]),
        findings=(_of_measure(open_measure, Priority.P0, Action.BLOCK, undecided=True),),
        wants=(Want(measure="accuracy", tier="confirm", reason="the interval reaches beyond the margin"),),
    )


def bootstrap() -> Report:
    """The first pull request, before main has a gatebot.yml."""
    floor = measure(
        "accuracy",
        None,
        0.842,
        bound=Bound.FLOOR,
        check="model.floor",
        limit=0.80,
        delta=0.042,
        low=0.03,
        high=0.054,
        margin=None,
        sees=None,
        by_seed=(),
        reason="at or above the floor",
    )
    return report(
        states=(State.BOOTSTRAP,),
        base=Base(why="the base branch has no gatebot.yml"),
        measures=(floor,),
        values=(
            value("accuracy", 0.842, 0.830, 0.854, trivial=0.41),
            value("log_loss", 0.418, 0.391, 0.445, trivial=1.214, direction=Direction.LOWER),
            value("recall(urgent)", 0.79, None, None, slice="region=south", n=212),
        ),
    )


def accepted() -> Report:
    """Somebody has looked."""
    approval = ReportedApproval(
        login="octocat",
        at=NOW,
        kind="comment",
        url="https://github.com/octo/tickets/pull/7#issuecomment-1",
        priority=Priority.P2,
        reason="the loss in `south` is known",
    )
    return review().model_copy(update={"verdict": VerdictName.PASS, "exit_code": 0, "approvals": (approval,)})


def draft() -> Report:
    """Nothing was run."""
    nothing = report(states=(State.DRAFT,), rows=0, seeds=0, costs=Costs())
    return nothing.model_copy(update={"verdict": VerdictName.INCONCLUSIVE, "exit_code": 4})


def huge(count: int = 500) -> Report:
    """Very many measures, a good part of them worse."""
    measures = tuple(
        measure(
            f"recall(class {index:03})",
            0.9,
            0.9 - index * 1e-4,
            slice=f"region=a rather long name of a region, number {index}",
            outcome="worse" if index > count * 0.6 else "held",
        )
        for index in range(count)
    )
    worse = [each for each in measures if each.outcome == "worse"]
    return report(
        VerdictName.BLOCKED,
        priority=Priority.P1,
        measures=measures,
        findings=tuple(_of_measure(each, Priority.P1, Action.BLOCK) for each in reversed(worse)),
        environment_changes=tuple(EnvironmentChange(name=f"package-{i}", base="1.0", head="2.0") for i in range(300)),
        skipped=tuple(SkippedCheck(check=f"model.check_{i}", title="", reason="no reason " * 30) for i in range(100)),
    )


HOSTILE = (
    "@octocat [x](https://evil.example) ![p](https://evil.example/p.png) <img src=x onerror=alert(1)> </details>"
    " <!-- gatebot end --> | a | b |\n# heading\n```\n* item\r\n#1 GH-2 octo/repo#3 :tada: $x$ \u202eevil\u200b\x1b[31m"
    " https://evil.example www.evil.example a@evil.example {{ 7*7 }} {% raw %} &lt;b&gt; `code` ::error::x ]]> \\"
)


def hostile(text: str = HOSTILE) -> Report:
    """Every text that a pull request can choose is this one."""
    attacked = measure(text, 0.9, 0.8, slice=text, outcome="worse", reason=text, not_enforced="", check=text, tier=text)
    shown = measure(text, 0.9, 0.8, reason=text, not_enforced=text or "n=1 < 50", provenance=Provenance.CLAIMED)
    found = finding(
        text,
        text,
        f"{text} {{name}} and {{names}}",
        title=text,
        why_priority=text,
        fix=text,
        facts={"name": text, "names": (text, text), text: text},
        log=(text, *text.split("\n")),
        where=(Location(path=text or "x", line=3),),
    )
    behind = finding(text, f"{text}@{text}", text, measure=f"{text}@{text}" if text else text, title=text)
    quiet = [found.model_copy(update={"status": status}) for status in (Status.INHERITED, Status.FIXED)]
    return report(
        VerdictName.BLOCKED,
        priority=Priority.P1,
        gatebot_version=text,
        project=text,
        states=tuple(state for state in State if state is not State.DRAFT),
        approvals=(ReportedApproval(login=text, at=NOW, kind=text, url=text, reason=text),),
        base=Base(sha=text, relation=Relation.MERGE_BASE, source=text, age_s=1e9, distance=3, why=text),
        head=Head(sha=text, tested_sha=text[::-1]),
        rules_sha=text,
        rules_digest=text,
        isolation=text,
        isolation_why=(text,),
        findings=(found, behind, *quiet, found.model_copy(update={"action": Action.NOTE})),
        measures=(attacked, shown),
        skipped=(SkippedCheck(check=text, title=text, reason=text),),
        crashed=(CrashedCheck(check=text, error=text),),
        clean=(text,),
        waived=(WaivedFinding(finding=found, owner=text, reason=text, until=date(2027, 1, 31), days_left=72),),
        wants=(Want(measure=text, tier=text, reason=text),),
        environment_changes=(EnvironmentChange(name=text, base=text, head=text),),
        guarantee=guarantee(condition=text, adaptivity=text, mode=text, answer=text),
        eval_uses=3,
        run_url=text,
        reproduce=text,
    )


def poisoned(value: Any, text: str) -> Any:
    """The same value with this text in place of every text that is free: names, paths, reasons, keys of facts."""
    if type(value) is str:
        return text
    if isinstance(value, Part):
        changes = {name: poisoned(getattr(value, name), text) for name in type(value).model_fields}
        return value.model_copy(update=changes)
    if isinstance(value, Location):
        return Location(text, value.line)
    if isinstance(value, tuple):
        return tuple(poisoned(each, text) for each in value)
    if isinstance(value, Mapping):
        return {poisoned(key, text): poisoned(each, text) for key, each in value.items()}
    return value


def _held() -> tuple[ReportedMeasure, ...]:
    loss = measure(
        "log_loss",
        0.412,
        0.418,
        direction=Direction.LOWER,
        relative=True,
        margin=0.0206,
        low=-0.002,
        high=0.014,
        sees=0.011,
        by_seed=(0.004, 0.008),
    )
    few = measure(
        "recall(vip)",
        0.8,
        0.76,
        n=25,
        not_enforced="n=25 < 50",
        outcome="undecided",
        low=-0.2,
        high=0.12,
        declared=False,
        sees=0.2,
        by_seed=(-0.08, 0.0),
    )
    return (
        measure("accuracy", 0.861, 0.859),
        loss,
        measure("recall(billing)", 0.902, 0.911, declared=False, n=388),
        measure("precision(urgent)", 0.774, 0.779, declared=False, n=301, low=-0.01, high=0.02),
        few,
    )


def _skipped() -> tuple[SkippedCheck, ...]:
    return (
        SkippedCheck(check="data.pii", title="No personal data", reason="switched off in gatebot.yml", excused=True),
    )


def _of_measure(of: ReportedMeasure, priority: Priority, action: Action, **changes: Any) -> ReportedFinding:
    subject = f"{of.metric}@{of.slice}" if of.slice else of.metric
    says = "{metric} went from {base} to {head}: {reason}"
    if of.bound is Bound.FLOOR:
        says = "{metric} is {head}, beyond its floor of {limit}: {reason}"
    facts = {"metric": subject, "base": of.base, "head": of.head, "limit": of.limit, "reason": of.reason}
    return finding(of.check, subject, says, measure=subject, priority=priority, action=action, facts=facts, **changes)


REALISTIC = {
    "passed": passed,
    "warned": warned,
    "blocked": blocked,
    "crashed training": crashed_training,
    "observed": observed,
    "error": error,
    "review": review,
    "fork": fork,
    "undecided": undecided,
    "bootstrap": bootstrap,
    "draft": draft,
}
"""By name, for tests that walk them all; `hostile` and `huge` are apart."""
