"""The newest run has the last word, whatever the order in which runs begin, end, are run again, fail or are killed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from gatebot.core.report import Report
from gatebot.github.checkrun import name_of
from gatebot.github.comment_section import parted
from gatebot.github.publish import SupersededError, Target, Texts, announced, finish, publish, status_of
from gatebot.github.run_order import RunOrder
from gatebot.github.status import ALL, ENDED, Safeguards
from gatebot.github.status_log import context_of
from tests.github.interleaving import Actor, Chances, Crossing, KilledError, Stage
from tests.render import reports

HOME = "https://github.com/octo/model/actions/runs/"
VERDICTS = (reports.passed, reports.blocked, reports.review)


@dataclass
class Job:
    """A job of a run: what it says, and whether it lived to say it."""

    target: Target
    report: Report
    again: bool = False  # it judges stored evidence: what stands there stays until it has a verdict
    actor: Actor = field(init=False)

    @property
    def words(self) -> str:
        return f"verdict of {self.target.order.text}"

    def work(self, stage: Stage, actor: Actor) -> None:
        """As a runner: the step, and a last step that always runs."""
        try:
            with Crossing(stage, actor) as api:
                self._step(api)
        except (SupersededError, KilledError):
            pass
        actor.mortal = False
        with Crossing(stage, actor) as api:
            finish(self.target, api)

    def _step(self, api: Crossing) -> None:
        if not self.again:
            with announced(self.target, api, lambda _: None):
                pass
        texts = Texts(self.words, f"## gatebot\n\n{self.words}", self.words)
        publish(self.report.model_copy(update={"project": self.target.project or "tickets"}), texts, self.target, api)


@dataclass(frozen=True)
class Played:
    """What came of one seed."""

    stage: Stage
    jobs: tuple[Job, ...]
    projects: tuple[str, ...]
    sha: str
    number: int

    def faults(self) -> Iterator[str]:
        """The places in which another than the newest run had the last word."""
        expected = {}
        for project in self.projects or (None,):
            said = self._said(project)
            if not said:
                continue
            expected[project] = said[max(said)][-1]
            yield from self._status_faults(project, said)
            yield from self._check_faults(project)
        if self.projects:
            shown = self.stage.github.latest_statuses(self.sha).get("gatebot", {}).get("state")
            states = [expected.get(project, ("pending", ""))[0] for project in self.projects]
            worst = next((s for s in ("failure", "error", "pending") if s in states), "success")
            if shown not in (worst, None if not expected else worst):
                yield "aggregate"
        yield from self._comment_faults(expected)
        yield from self._intrusions()

    def _said(self, project: str | None) -> dict[RunOrder, list[tuple[str, str]]]:
        """By run, what it has itself written as its status."""
        found: dict[RunOrder, list[tuple[str, str]]] = {}
        for job in self.jobs:
            if job.target.project == project:
                rows = [
                    (e.body["state"], e.body["description"])
                    for e in self.stage.events
                    if e.actor == job.actor.name
                    and "/statuses/" in e.path
                    and (e.body["context"], e.body["target_url"]) == (context_of(project), job.target.url)
                ]
                found |= {job.target.order: rows} if rows else {}
        return found

    def _status_faults(self, project: str | None, said: dict[RunOrder, list[tuple[str, str]]]) -> Iterator[str]:
        newest = max(said)
        row = self.stage.github.latest_statuses(self.sha)[context_of(project)]
        if (row["state"], row["description"]) != said[newest][-1] or self._order(row["target_url"]) != newest:
            yield "status"
        [job] = [job for job in self.jobs if (job.target.order, job.target.project) == (newest, project)]
        if not job.actor.killed and said[newest][-1] != (status_of(job.report).value, job.words):
            yield "verdict"
        if said[newest][-1] not in ((status_of(job.report).value, job.words), ("error", ENDED)):
            yield "left pending"

    def _check_faults(self, project: str | None) -> Iterator[str]:
        rows = [row for row in self.stage.github.state.check_runs if row["name"] == name_of(context_of(project))]
        if rows:
            newest = max(order for row in rows if (order := RunOrder.of_text(row["external_id"])))
            shown = max(rows, key=lambda row: (row["completed_at"], row["id"]))
            if shown["output"]["title"] != f"verdict of {newest.text}":
                yield "check run"

    def _comment_faults(self, expected: dict[str | None, tuple[str, str]]) -> Iterator[str]:
        bodies = self.stage.github.bodies(self.number)
        if len(bodies) > 1:
            yield "comments"
        for body in bodies:
            for section in parted(body):
                project = section.project if self.projects else None
                if expected[project][1] not in section.body:
                    yield "comment"

    def _intrusions(self) -> Iterator[str]:
        """An older run that has written although it could have seen that a newer one has the word."""
        for job in self.jobs:
            looked = -1
            for place, event in enumerate(self.stage.events):
                ours = event.actor == job.actor.name
                if ours and event.verb == "GET" and event.path.endswith("/statuses"):
                    looked = place
                if ours and self._is_status(event, job) and self._began_before(looked, job):
                    yield "intrusion"

    def _is_status(self, event: object, job: Job) -> bool:
        body = getattr(event, "body", None) or {}
        return (body.get("context"), body.get("target_url")) == (job.target.place.context, job.target.url)

    def _began_before(self, looked: int, job: Job) -> bool:
        rows = [e for e in self.stage.events[: max(looked, 0)] if "/statuses/" in e.path and e.body]
        orders = [self._order(e.body["target_url"]) for e in rows if e.body["context"] == job.target.place.context]
        return any(order is not None and order > job.target.order for order in orders)

    def _order(self, url: str) -> RunOrder | None:
        return RunOrder.of_url(url, HOME)


def played(seed: int, safeguards: Safeguards = ALL, chances: Chances | None = None) -> Played:
    """Some runs on one commit: of one project or two, run again, judged again."""
    stage = Stage(seed, chances or Chances())
    draw = random.Random(seed)  # noqa: S311
    number = stage.github.pull()
    sha = stage.github.state.pulls[str(number)]["head_sha"]
    projects = ("a", "b") if seed % 3 == 0 else ()
    jobs: list[Job] = []
    for order in _orders(draw):
        for project in projects or (None,):
            run_url = f"{HOME}{order.judge_id}/attempts/{order.judge_attempt}"
            target = Target(sha, order, run_url, number, project=project, projects=projects, safeguards=safeguards)
            job = Job(target, draw.choice(VERDICTS)(), again=not order.judges_itself)
            # a second attempt begins when the first has ended, and so does a second judgement
            first = [each for each in jobs if each.target.order.run_id == order.run_id]
            before = first if order.attempt > 1 else [each for each in first if not each.again]
            job.actor = Actor(
                f"{order.text} {project}",
                lambda actor, job=job: job.work(stage, actor),  # type: ignore[misc]
                tuple(each.actor for each in before),
            )
            jobs.append(job)
    stage.play([job.actor for job in jobs])
    return Played(stage, tuple(jobs), projects, sha, number)


def _orders(draw: random.Random) -> list[RunOrder]:
    """Two runs, and at times a third, a second attempt, or a second judgement."""
    orders = [RunOrder.of_run(11), RunOrder.of_run(12)]
    if draw.random() < 0.4:
        orders.append(RunOrder.of_run(13))
    if draw.random() < 0.4:
        orders.append(RunOrder(11, 2, 11, 2))
    if draw.random() < 0.4:
        orders += [RunOrder(12, 1, 14, 1), RunOrder(12, 1, 15, 1)]
    return sorted(orders)


def failed(seeds: range, safeguards: Safeguards = ALL) -> dict[str, int]:
    """In how many interleavings there was which fault."""
    counts: dict[str, int] = {}
    for seed in seeds:
        for fault in set(played(seed, safeguards).faults()):
            counts[fault] = counts.get(fault, 0) + 1
    return counts


@pytest.mark.whole
def test_the_newest_run_has_the_last_word() -> None:
    assert failed(range(240)) == {}


@pytest.mark.simulation
def test_the_newest_run_has_the_last_word_in_thousands_of_interleavings() -> None:
    assert failed(range(1000, 9000)) == {}


@pytest.mark.whole
@pytest.mark.parametrize("place", sorted(ALL.settles))
def test_without_settling_the_probe_fails(place: str) -> None:
    """What cannot fail shows nothing: one interleaving in ten goes wrong where nobody looks again."""
    seeds = range(0, 180, 3) if place == "aggregate" else range(60)  # of three, one has two projects
    counts = failed(seeds, replace(ALL, settles=ALL.settles - {place}))
    assert counts.get(place, 0) >= 0.1 * len(seeds), counts


def test_without_deferring_the_probe_fails() -> None:
    counts = failed(range(60), replace(ALL, defers=False))
    assert counts.get("intrusion", 0) >= 6, counts


def test_without_any_safeguard_an_old_verdict_is_often_what_stands() -> None:
    counts = failed(range(60), Safeguards(defers=False, settles=frozenset()))
    assert counts.get("status", 0) >= 15, counts
