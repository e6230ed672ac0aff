"""Small made-up evidence of two commits, so that a check's test is three lines.

    planted = world(loss=0.1)                          # head is right on 10 points fewer rows
    assert said("model.regression", planted) == {"accuracy": Status.NEW}
    assert silent("model.regression", world())         # equally good, other answers

Faults that no knob has are edits of one side: `world().head_with(predictions=lambda p: replace(p, columns={}))`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gatebot.checks.registry import check_named
from gatebot.collect import reported_metrics
from gatebot.comparison.case import Case, Facts
from gatebot.comparison.comparison import Comparison
from gatebot.config.document import Rules
from gatebot.core.finding import Action, Crashed, Finding, Measure, Status
from gatebot.core.report import Head, ReportedFinding
from gatebot.decide.decisions import answered
from gatebot.decide.judge import comparison_of
from gatebot.decide.prioritise import prioritise
from gatebot.decide.run_checks import CheckResults, run_checks
from gatebot.evidence.column import Column, Hashes, Names, Numbers, concatenated
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.files_read import FilesRead, ReadFiles
from gatebot.evidence.kind import Evidence
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.own_score import OwnScore, Score
from gatebot.evidence.predictions import EVAL, TRAIN, Predict, Predictions
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.evidence.profile import ColumnProfile, DataProfile, Levels, Profile, RowTable, Trait
from gatebot.evidence.snapshot import Snapshot, SnapshotProvenance
from gatebot.evidence.training import Fit, Model, Training
from gatebot.evidence.truth import Truth

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OK = Effects(Ending.OK, 0, seconds=10.0, cpu_seconds=20.0, peak_rss_bytes=500_000_000)
SHA = "9c1e4f7a2b3d5e6f8091a2b3c4d5e6f708192a3b"

Answers = NDArray[np.float64]
E = TypeVar("E", bound=Evidence)


@dataclass(frozen=True)
class World:
    """Two commits' evidence, and the Rules that hold them."""

    head: Snapshot
    base: Snapshot | None
    effort: Effort
    rules: Rules
    facts: Mapping[str, Any] = field(default_factory=dict)
    anchor: Snapshot | None = None

    def case(self) -> Case:
        """The question for the judge."""
        known = {"project": "tickets", "now": NOW, "judged": Head(sha=SHA, tested_sha=SHA)}
        facts = Facts(**{**known, "rules": self.rules, "effort": self.effort, **self.facts})
        return Case(facts, self.head, self.base, self.anchor)

    def comparison(self) -> Comparison:
        """What checks see."""
        return comparison_of(self.case())

    def head_with(self, **edits: Callable[[Any], Any]) -> "World":
        """Head's evidence changed: `predictions`, `trainings`, `profile`, `truth` or `about` as functions."""
        return replace(self, head=edited(self.head, **edits))

    def base_with(self, **edits: Callable[[Any], Any]) -> "World":
        """Base's evidence changed."""
        return self if self.base is None else replace(self, base=edited(self.base, **edits))

    def both_with(self, **edits: Callable[[Any], Any]) -> "World":
        """The same change on both sides."""
        return self.head_with(**edits).base_with(**edits)

    def without_base(self) -> "World":
        """No baseline."""
        return replace(self, base=None)

    def ruled(self, **rules: Any) -> "World":
        """Under other Rules; keys of `gatebot.yml`."""
        return replace(self, rules=Rules.model_validate({**self.rules.model_dump(by_alias=True), **rules}))

    def knowing(self, **facts: Any) -> "World":
        """With other facts of the Case."""
        return replace(self, facts={**self.facts, **facts})

    def plus(self, side: Side, evidence: Mapping[Need, Evidence]) -> "World":
        """With more evidence on one side; it replaces what is there."""
        snapshot = self.head if side is Side.HEAD else self.base
        assert snapshot is not None
        new = replace(snapshot, evidence={**snapshot.evidence, **evidence})
        return replace(self, head=new) if side is Side.HEAD else replace(self, base=new)

    def minus(self, side: Side, *needs: Need, why: str = "not collected") -> "World":
        """Without some evidence on one side."""
        snapshot = self.head if side is Side.HEAD else self.base
        assert snapshot is not None
        keys = {need.on(Side.HEAD) for need in needs}
        left = {key: each for key, each in snapshot.evidence.items() if key not in keys}
        new = replace(snapshot, evidence=left, unmet={**snapshot.unmet, **dict.fromkeys(keys, why)})
        return replace(self, head=new) if side is Side.HEAD else replace(self, base=new)


def reading(what: World, head: tuple[str, ...], base: tuple[str, ...] | None = None) -> World:
    """A world in which every smoke training of a side has read these files; base the same as head by default."""
    for side, paths in ((Side.HEAD, head), (Side.BASE, head if base is None else base)):
        what = what.plus(side, {FilesRead(fit): ReadFiles(paths) for fit in what.effort.fits(side)})
    return what


def world(
    *,
    task: str = "classification",
    rows: int = 2000,
    classes: tuple[str, ...] = ("no", "yes"),
    skill: float = 0.85,
    loss: float = 0.0,
    loss_in: str | None = None,
    churn: float = 0.03,
    wobble: float = 0.0,
    noise: int = 0,
    seeds: int = 2,
    confirm: bool = False,
    folds: int = 1,
    scores: bool = True,
    slices: Mapping[str, tuple[str, ...]] | None = None,
    columns: Mapping[str, tuple[str, ...]] | None = None,
    groups: int = 0,
    trains: bool = True,
    metrics: tuple[Mapping[str, Any], ...] = (),
    shares: tuple[float, ...] | None = None,
    **facts: Any,
) -> World:
    """Two equally good models, unless the knobs say otherwise.

    Args:
        task: classification (right with the chance `skill`), regression (noise of 1 - skill), scores (mean skill).
        rows: eval rows.
        classes: labels.
        skill: of base.
        loss: how much less head has.
        loss_in: only in the slice `column=value` of either kind, or only in rows of one class.
        churn: how much each seed moves the rows that are nearly right or nearly wrong.
        wobble: standard deviation of the skill of single trainings.
        noise: seed of all that is drawn; another one is another harmless world.
        seeds: of head's smoke tier; base has five.
        confirm: both sides have the confirm tier, too.
        folds: models a seed; each row is predicted by one.
        scores: probabilities are given, not only labels.
        slices: column -> its values.
        columns: the same of columns that nobody declared.
        groups: how many groups the rows come in, or none.
        trains: False for predictions that are brought.
        metrics: the Rules' `metrics:`; by default what the task holds by default.
        shares: of the classes; equal by default.
        facts: of the Case.
    """
    rng = np.random.default_rng(noise)
    ids = rng.permutation(np.arange(1, rows + 1)).astype(np.uint64)
    target = rng.choice(len(classes), rows, p=shares)
    given = {**(slices or {}), **(columns or {})}
    drawn_columns = {name: rng.choice(len(values), rows).astype(np.int32) for name, values in given.items()}
    levels = {name: Names(codes, tuple(f"{name}={v}" for v in given[name])) for name, codes in drawn_columns.items()}
    table = RowTable(
        ids=ids,
        contents=ids * np.uint64(7),
        groups=rng.integers(0, groups, rows).astype(np.uint64) if groups else None,
        folds=(np.arange(rows) % folds).astype(np.uint64),
        slices={name: Names(drawn_columns[name], values) for name, values in (slices or {}).items()},
        levels=tuple(Levels(name, Trait.VALUE, names) for name, names in levels.items()),
    )
    effort = Effort(
        smoke_seeds=seeds if trains else 1, confirm_seeds=5 if trains else 0, folds=folds, trains=trains, calls=trains
    )
    drawn = _Drawn(task, classes, target, rng.uniform(size=rows), rng.normal(size=rows), table, churn, scores, trains)
    where = np.ones(rows, dtype=bool)
    if loss_in is not None:
        column, _, value = loss_in.rpartition("=")
        where = drawn_columns[column] == given[column].index(value) if column else target == classes.index(value)
    lost = np.where(where, loss, 0.0)
    sides = {}
    for side, less in ((Side.BASE, np.zeros(rows)), (Side.HEAD, lost)):
        count = 5 if side is Side.BASE and trains else effort.smoke_seeds
        tiers = {Tier.SMOKE: count} | ({Tier.CONFIRM: 5} if confirm else {})
        evidence: dict[Need, Evidence] = {Profile(side): drawn.profile()}
        for tier, runs in tiers.items():
            for seed in range(runs):
                one = np.random.default_rng([noise, seed, tier is Tier.CONFIRM, side is Side.HEAD])
                luck = wobble * one.normal() if wobble else 0.0
                answers = drawn.answers(skill - less + luck, one)
                evidence |= drawn.evidence(Fit(side, tier, seed), answers)
        evidence |= drawn.reference_models(side, rng)
        estimand = "recipe" if trains else "artifact"
        sides[side] = Snapshot(about(task=task, estimand=estimand), evidence, truth=drawn.truth())
    rules = Rules.model_validate(
        {"task": task, "metrics": list(metrics), "data": {"slices": tuple(slices or ())}, "version": 1}
    )
    return World(sides[Side.HEAD], sides[Side.BASE], effort, rules, facts)


def about(**changes: Any) -> SnapshotProvenance:
    """What a Snapshot is of."""
    known: dict[str, Any] = {
        "gatebot": "0",
        "project": "tickets",
        "task": "classification",
        "commit": SHA,
        "tested": SHA,
        "created_at": NOW,
        "rules_digest": "r",
        "recipe_digest": "",
        "eval_digest": "",
        "data_version": "",
        "environment_digest": "",
        "runner": "linux x2",
        "isolation": "full",
        "environment": {"python": "3.11.9", "numpy": "2.1.0"},
    }
    return SnapshotProvenance(**{**known, **changes})


@dataclass(frozen=True)
class _Drawn:
    """What both sides share: rows, labels, and how hard each row is."""

    task: str
    classes: tuple[str, ...]
    target: NDArray[np.int64]
    hard: Answers
    value: Answers
    table: RowTable
    churn: float
    scores: bool
    trains: bool

    def truth(self) -> Truth:
        """Labels of the eval rows."""
        match self.task:
            case "classification":
                return Truth(self.table.ids, Names(self.target.astype(np.int32), self.classes))
            case "regression":
                return Truth(self.table.ids, Numbers(10.0 + self.value))
        return Truth(self.table.ids, Numbers(np.full(len(self.table), np.nan)))

    def profile(self) -> DataProfile:
        """Data as it was read."""
        count = len(self.table)
        names = [("text", "text"), ("amount", "number"), ("channel", "category"), ("target", "category")]
        columns = tuple(ColumnProfile(name, kind, 3 * count, 0, 10) for name, kind in names)
        trained = dict.fromkeys(self.classes, count) if self.task == "classification" else {}
        return DataProfile(3 * count, 2 * count, columns, ("text", "amount"), self.table, train_classes=trained)

    def answers(self, skill: Answers, rng: np.random.Generator) -> Mapping[str, Column]:
        """One run's answers to all rows."""
        moved = self.hard + self.churn * rng.normal(size=len(self.hard))
        match self.task:
            case "classification":
                return self._labels(moved - skill, rng)
            case "regression":
                error = (1 - skill) * (self.hard - 0.5) * 4 + self.churn * rng.normal(size=len(self.hard))
                return {"prediction": Numbers(10.0 + self.value + error)}
        return {"prediction": Numbers(skill + 0.2 * (self.hard - 0.5) + self.churn * rng.normal(size=len(self.hard)))}

    def _labels(self, short: Answers, rng: np.random.Generator) -> Mapping[str, Column]:
        """Right where nothing is short; as probabilities the surer the farther from that."""
        many = len(self.classes)
        wrong = (self.target + 1 + (self.hard * 1000).astype(int) % (many - 1)) % many
        said = np.where(short < 0, self.target, wrong)
        sure = 0.5 + 0.45 * np.minimum(np.abs(short) * 2, 1.0)
        columns: dict[str, Column] = {"prediction": Names(said.astype(np.int32), self.classes)}
        if self.scores:
            for code, name in enumerate(self.classes):
                columns[f"score_{name}"] = Numbers(np.where(said == code, sure, (1 - sure) / (many - 1)))
        return columns

    def evidence(self, fit: Fit, columns: Mapping[str, Column]) -> dict[Need, Evidence]:
        """One seed's training and predictions, fold by fold."""
        found: dict[Need, Evidence] = {}
        for fold in range(int(self.table.folds.max()) + 1):
            one = replace(fit, fold=fold)
            rows = np.flatnonzero(self.table.folds == fold)
            taken = {name: column.take(rows) for name, column in columns.items()}
            found[Predict(one)] = Predictions(OK, self.table.ids[rows], taken, rescored=not self.trains)
            if self.trains:
                found[one] = Training(OK, 2 * len(self.table), "rows", artifact_bytes=1_000_000)
        return found

    def reference_models(self, side: Side, rng: np.random.Generator) -> dict[Need, Evidence]:
        """A constant, and a model with less skill."""
        if self.task == "scores":
            return {}
        trivial, simple = Fit(side, model=Model.TRIVIAL), Fit(side, model=Model.SIMPLE)
        if self.task == "classification":
            share = 1 / len(self.classes)
            constant: dict[str, Column] = {
                f"score_{name}": Numbers(np.full(len(self.hard), share)) for name in self.classes
            }
        else:
            constant = {"prediction": Numbers(np.full(len(self.hard), 10.0))}
        less = replace(self, churn=0.1)
        return self.evidence(trivial, constant) | self.evidence(simple, less.answers(np.full(len(self.hard), 0.7), rng))


def edited(snapshot: Snapshot, **edits: Callable[[Any], Any]) -> Snapshot:
    """A Snapshot with each piece of evidence of a kind passed through a function."""
    chosen: Mapping[str, Callable[[Need], bool]] = {
        "predictions": lambda need: isinstance(need, Predict) and need.fit.is_plain and need.rows == EVAL,
        "trainings": lambda need: isinstance(need, Fit) and need.is_plain,
        "profile": lambda need: isinstance(need, Profile),
    }
    evidence = dict(snapshot.evidence)
    for name, edit in edits.items():
        if name in chosen:
            evidence |= {need: edit(each) for need, each in snapshot.evidence.items() if chosen[name](need)}
    truth = snapshot.truth
    return Snapshot(
        edits["about"](snapshot.about) if "about" in edits else snapshot.about,
        evidence,
        snapshot.unmet,
        edits["truth"](truth) if "truth" in edits else truth,
    )


def ended(ending: Ending, **facts: Any) -> Callable[[E], E]:
    """An edit of trainings or predictions: all of them ended like this."""

    def edit(each: Any) -> Any:
        failed = replace(each, effects=replace(each.effects, ended=ending, **facts))
        return replace(failed, ids=each.ids[:0], columns={}) if isinstance(each, Predictions) else failed

    return edit


def column(name: str, change: Callable[[Answers], Answers]) -> Callable[[Predictions], Predictions]:
    """An edit of predictions: one column of numbers passed through a function."""

    def edit(each: Predictions) -> Predictions:
        was = each.columns[name]
        assert isinstance(was, Numbers)
        return replace(each, columns={**each.columns, name: Numbers(change(was.values.copy()))})

    return edit


def rows_of(index: Callable[[Hashes], NDArray[np.intp]]) -> Callable[[Predictions], Predictions]:
    """An edit of predictions: other rows, or the same in another order."""

    def edit(each: Predictions) -> Predictions:
        at = index(each.ids)
        return replace(each, ids=each.ids[at], columns={name: was.take(at) for name, was in each.columns.items()})

    return edit


def scored(from_: World, name: str, values: Callable[[Side, Tier, int], OwnScore]) -> World:
    """With values of one of the user's own metrics for every prediction that there is."""
    effort = replace(from_.effort, own=(name,))
    found = replace(from_, effort=effort)
    for side in Side:
        snapshot = found.head if side is Side.HEAD else found.base
        for tier in Tier:
            for seed in range(5):
                predict = Predict(Fit(side, tier, seed))
                if snapshot is not None and snapshot.has(predict):
                    found = found.plus(side, {Score(predict, name): values(side, tier, seed)})
    return found


def asked_again(
    from_: World,
    rows: AnyRows,
    edit: Callable[[Predictions], Predictions] = lambda same: same,
    *,
    sides: tuple[Side, ...] = tuple(Side),
    repeat: int = 0,
) -> World:
    """With what the first model, or a repetition of its training, answers to other rows: the same, unless edited."""
    for side in sides:
        snapshot = from_.head if side is Side.HEAD else from_.base
        plain = None if snapshot is None else snapshot.get(Predict(Fit(side)), Predictions)
        if plain is not None:
            again = rows_of(lambda ids: rows.select(np.arange(len(ids))))(plain)
            from_ = from_.plus(side, {Predict(Fit(side, repeat=repeat), rows): edit(again)})
    return from_


def trained_on(from_: World, other: World, sides: tuple[Side, ...] = tuple(Side), first_id: int = 10**7) -> World:
    """With what each model answers to its training rows: those of another world, whose eval rows they are."""
    offset = np.uint64(first_id)
    for side in sides:
        snapshot, theirs = (from_.head, other.head) if side is Side.HEAD else (from_.base, other.base)
        if snapshot is None or theirs is None or theirs.truth is None:
            continue
        answers: dict[Need, Evidence] = {
            Predict(replace(need.fit, side=side), TRAIN): replace(each, ids=each.ids + offset)
            for need, each in theirs.evidence.items()
            if isinstance(need, Predict) and isinstance(each, Predictions) and need.fit.is_plain and need.rows == EVAL
        }
        from_ = from_.plus(side, answers)
        known, more = snapshot.truth, theirs.truth
        assert known is not None
        target = concatenated([known.target, more.target])
        truth = Truth(np.append(known.ids, more.ids + offset), target)
        edit = {"truth": lambda _, truth=truth: truth}
        from_ = from_.head_with(**edit) if side is Side.HEAD else from_.base_with(**edit)
    return from_


def claiming(from_: World, side: Side, **values: float | str) -> World:
    """With a metrics file of the user's own, in which texts such as "0.93" stand as they are printed."""
    document = {key.replace("__", "."): value for key, value in values.items()}
    found = reported_metrics.read(json.dumps(document).encode())
    assert isinstance(found, ReportedMetrics), found
    return from_.plus(side, {MetricsFile(side): found})


def examined(check: str, what: World) -> CheckResults:
    """What one check says, its measures answered."""
    case = what.case()
    return answered([run_checks(check_named(check), comparison_of(case), case)])[0]


def weighed(check: str, what: World) -> Mapping[str, ReportedFinding]:
    """The findings of one check by subject, with priority and action."""
    return {found.subject: found for found in prioritise(what.case(), [examined(check, what)]).findings}


def said(check: str, what: World) -> dict[str, Status]:
    """Subject -> status of all that one check found."""
    return {subject: found.status for subject, found in weighed(check, what).items()}


def facts(check: str, what: World, subject: str) -> Mapping[str, Any]:
    """The facts of one finding."""
    return weighed(check, what)[subject].facts


def measures(check: str, what: World) -> Mapping[str, Measure]:
    """The measures of one check by subject."""
    return {measure.subject: measure for measure in examined(check, what).measures}


def silent(check: str, what: World) -> bool:
    """Whether the check did not fail, and has nothing to say that is more than a note."""
    found = examined(check, what)
    acting = [each for each in prioritise(what.case(), [found]).findings if each.action is not Action.NOTE]
    return not isinstance(found.outcome, Crashed) and not acting


def run(check: str, comparison: Comparison, **options: Any) -> list[Finding | Measure]:
    """What a check's own function yields, without any judge."""
    one = check_named(check)
    return list(one.run(comparison, one.options(**options)))


SLICES = {"region": ("north", "south", "east"), "channel": ("web", "mail")}
COLUMNS = {f"c{width}": tuple("abcdefgh"[:width]) for width in range(2, 9)}


def _spelled(each: Predictions) -> Predictions:
    """Labels `1` and `0` as the numbers that a data frame makes of them."""
    names = each.columns["prediction"]
    assert isinstance(names, Names)
    values = np.array([float(names.names[code]) for code in names.codes])
    return replace(each, columns={**each.columns, "prediction": Numbers(values)})


def _more_rows(profile: DataProfile) -> DataProfile:
    """Forty eval rows that base does not have, as a data set that grows has them."""
    rows, extra = profile.eval_rows, np.arange(10**6, 10**6 + 40, dtype=np.uint64)
    slices = {name: Names(np.append(was.codes, np.zeros(40, np.int32)), was.names) for name, was in rows.slices.items()}
    groups = None if rows.groups is None else np.append(rows.groups, extra)
    table = RowTable(
        np.append(rows.ids, extra),
        np.append(rows.contents, extra),
        groups,
        np.append(rows.folds, extra * np.uint64(0)),
        slices,
    )
    return replace(profile, rows=profile.rows + 120, train_rows=profile.train_rows + 80, eval_rows=table)


def _answered_more(each: Predictions) -> Predictions:
    at = np.append(np.arange(len(each.ids)), np.zeros(40, dtype=np.intp))
    extra = np.arange(10**6, 10**6 + 40, dtype=np.uint64)
    columns = {name: was.take(at) for name, was in each.columns.items()}
    return replace(each, ids=np.append(each.ids, extra), columns=columns)


def _turned(each: Predictions) -> Predictions:
    return rows_of(lambda ids: np.arange(len(ids))[::-1])(each)


def _noisy(noise: int) -> Callable[[Training], Training]:
    """Noisy neighbours: each run takes up to twice as long, whatever the code."""
    rng = np.random.default_rng(noise)

    def edit(each: Training) -> Training:
        factor = rng.uniform(1.0, 2.0)
        was = each.effects
        effects = replace(was, seconds=was.seconds * factor, cpu_seconds=was.cpu_seconds * factor)
        return replace(each, effects=effects, artifact_bytes=1_040_000)

    return edit


def same(**knobs: Any) -> World:
    """Head left what base left."""
    found = world(**knobs)
    assert found.base is not None
    return replace(found, head=found.base)


def harmless() -> Iterator[tuple[str, World]]:
    """Twenty and more changes that no check may complain about."""
    for noise in range(1, 6):
        yield f"other draws {noise}", world(noise=noise, slices=SLICES)
    for noise in range(6, 10):
        yield f"high churn {noise}", world(noise=noise, churn=0.25, rows=4000, skill=0.8)
    yield "the same predictions", same()
    yield "a better model", world(loss=-0.03, noise=11)
    yield "rows in another order", world(noise=12, slices=SLICES).head_with(predictions=_turned)
    yield "a data set that grows", world(noise=13).head_with(profile=_more_rows, predictions=_answered_more)
    yield "labels as numbers", world(noise=14, classes=("0", "1")).head_with(predictions=_spelled)
    yield "a noisy machine", world(noise=15).head_with(trainings=_noisy(1)).base_with(trainings=_noisy(2))
    yield "out of fold", world(noise=16, folds=5, seeds=3)
    yield "rows in groups", world(noise=17, groups=200)
    yield "four classes", world(noise=18, classes=("a", "b", "c", "d"), slices=SLICES)
    yield "a rare class", world(noise=19, shares=(0.97, 0.03), rows=4000)
    yield "labels only", world(noise=20, scores=False)
    yield "both tiers", world(noise=21, confirm=True, slices=SLICES)
    yield "regression", world(noise=22, task="regression", slices=SLICES)
    yield "scores", world(noise=23, task="scores")
    yield "brought predictions", world(noise=24, trains=False, rows=4000)
    for noise in range(26, 29):
        yield f"columns that nobody declared {noise}", world(noise=noise, columns=COLUMNS, rows=4000, churn=0.1)
    yield "no base", world(noise=25).without_base()


HARMLESS = dict(harmless())
"""Name -> world; made once, for nothing changes them."""
