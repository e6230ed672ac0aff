"""Runs that cross: every request of every run waits for its turn, and a seed decides whose turn it is."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatebot.github.api import Api, Json, Pace, Query
from tests.github.fake_github import BOT_TOKEN, FakeGitHub, Seen

LOST_S = 60.0


class KilledError(BaseException):
    """The machine of a run is gone."""


@dataclass(frozen=True)
class Chances:
    """How often what happens, of one."""

    delayed_write: float = 0.5  # others go first, for as long as they like
    lost_reply: float = 0.06  # it is done, and the answer never comes
    refused: float = 0.06  # 502, and nothing is done
    killed: float = 0.015  # at each request


@dataclass
class Event:
    """A request that was carried out: by whom, and what."""

    actor: str
    verb: str
    path: str
    body: Any


@dataclass
class Actor:
    """A thread that goes on when it is told to."""

    name: str
    work: Callable[["Actor"], None]
    after: tuple["Actor", ...] = ()
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    ended: bool = False
    killed: bool = False
    mortal: bool = True
    error: BaseException | None = None


class Stage:
    """One GitHub, and actors of whom one moves at a time."""

    def __init__(self, seed: int, chances: Chances) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a schedule, not a secret
        self.chances = chances
        self.github = FakeGitHub(judges=False)
        self.events: list[Event] = []
        self.bursts = self.random.random() < 0.75  # else everybody is as likely at every step
        self._yielded = threading.Semaphore(0)
        self._rank: dict[str, float] = {}

    def play(self, actors: list[Actor]) -> None:
        """Until all have ended."""
        self._rank = {actor.name: self.random.random() for actor in actors}
        threads = {actor.name: threading.Thread(target=self._live, args=(actor,), daemon=True) for actor in actors}
        for thread in threads.values():
            thread.start()
        while waiting := [a for a in actors if not a.ended and all(before.ended for before in a.after)]:
            chosen = max(waiting, key=lambda a: self._rank[a.name]) if self.bursts else self.random.choice(waiting)
            chosen.turn.release()
            if not self._yielded.acquire(timeout=LOST_S):
                raise RuntimeError(f"{chosen.name} hangs")
        for thread in threads.values():
            thread.join(LOST_S)
        for actor in actors:
            if actor.error is not None:
                raise actor.error

    def _live(self, actor: Actor) -> None:
        actor.turn.acquire()
        try:
            actor.work(actor)
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            actor.error = error
        actor.ended = True
        self._yielded.release()

    def wait(self, actor: Actor) -> None:
        """Let the others go."""
        self._yielded.release()
        actor.turn.acquire()

    def request(self, actor: Actor, verb: str, path: str, query: Mapping[str, Any], body: Any) -> Any:
        """Carry a request out in its turn, unless something happens to it."""
        draw = self.random.random
        self._perhaps_killed(actor)
        if verb != "GET" and self.bursts and draw() < self.chances.delayed_write:
            self._rank[actor.name] = -draw()
        self.wait(actor)
        self._perhaps_killed(actor)
        if draw() < self.chances.refused:
            return 502, {}, {"message": "Bad Gateway"}
        headers = {"authorization": f"Bearer {BOT_TOKEN}"}
        reply = self.github.answer(Seen(verb, path, {k: str(v) for k, v in query.items()}, body, headers))
        assert reply is not None
        self.events.append(Event(actor.name, verb, path, body))
        self.wait(actor)
        self._perhaps_killed(actor)
        return (0, {}, None) if draw() < self.chances.lost_reply else (reply.status, reply.headers, reply.body)

    def _perhaps_killed(self, actor: Actor) -> None:
        if actor.mortal and self.random.random() < self.chances.killed:
            actor.killed = True
        if actor.killed and actor.mortal:
            raise KilledError


class Crossing(Api):
    """The client, with the stage in the place of a connection."""

    def __init__(self, stage: Stage, actor: Actor) -> None:
        pace = Pace(between_requests_s=0, between_writes_s=0, attempts=8, sleep=lambda _: None)
        super().__init__(BOT_TOKEN, stage.github.repository, pace=pace)
        self.stage, self.actor = stage, actor

    def exchange(
        self, verb: str, path: str, query: Query | None, headers: Mapping[str, str], body: Json | None
    ) -> tuple[Mapping[str, Any], Any]:
        import requests
        from github import GithubException

        status, answered, data = self.stage.request(self.actor, verb, path, query or {}, body)
        if status == 0:
            raise requests.ConnectionError
        if status >= 400:
            raise GithubException(status, data, {})
        return {name.lower(): value for name, value in answered.items()}, data
