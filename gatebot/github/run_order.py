"""Which of two runs is the newer one, by numbers that GitHub gives out and that stand in what each run wrote."""

import re
from dataclasses import dataclass
from typing import Self

_URL = re.compile(
    r"(?P<home>https?://\S+/actions/runs/)(?P<run>\d{1,18})(?:/attempts/(?P<attempt>\d{1,6}))?"
    r"(?:#evidence-(?P<of>\d{1,18})\.(?P<of_attempt>\d{1,6}))?"
)
_TEXT = re.compile(r"(\d{1,18})\.(\d{1,6})(?:\.(\d{1,18})\.(\d{1,6}))?")


@dataclass(frozen=True, slots=True, order=True)
class RunOrder:
    """The place of a run among all runs of a repository; the greater one has the last word.

    GitHub numbers runs in the order of the events that made them, and the attempts of one run. What is judged counts
    before who judges: a run that judges stored evidence again comes after the run that left it, and before any
    newer run, whenever it begins itself.

    Attributes:
        run_id: of the run that has collected the evidence.
        attempt: of that run.
        judge_id: of the run that judges it; the same, mostly.
        judge_attempt: of that run.
    """

    run_id: int
    attempt: int
    judge_id: int
    judge_attempt: int

    @classmethod
    def of_run(cls, run_id: int, attempt: int = 1) -> Self:
        """Of a run that judges what it has collected itself."""
        return cls(run_id, attempt, run_id, attempt)

    @classmethod
    def of_url(cls, url: str, home: str) -> Self | None:
        """What a status's link says; None where it leads to no run below `home`, as `url` writes it."""
        found = _URL.fullmatch(url)
        if found is None or found["home"] != home_of(home):
            return None
        run, attempt = int(found["run"]), int(found["attempt"] or 1)
        return cls(int(found["of"] or run), int(found["of_attempt"] or attempt), run, attempt)

    @classmethod
    def of_text(cls, text: str) -> Self | None:
        """What `text` wrote, or None."""
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        run, attempt = int(found[1]), int(found[2])
        return cls(run, attempt, int(found[3] or run), int(found[4] or attempt))

    @property
    def text(self) -> str:
        """To be kept in a marker: `7.1` or, where another run judges, `7.1.9.1`."""
        own = f"{self.run_id}.{self.attempt}"
        return own if self.judges_itself else f"{own}.{self.judge_id}.{self.judge_attempt}"

    @property
    def judges_itself(self) -> bool:
        """Whether evidence and verdict are of one run."""
        return (self.run_id, self.attempt) == (self.judge_id, self.judge_attempt)

    def url(self, run_url: str) -> str:
        """The address of the judging run, so that the order can be told from it alone."""
        return run_url if self.judges_itself else f"{run_url}#evidence-{self.run_id}.{self.attempt}"


def home_of(url: str) -> str:
    """What the addresses of all runs of one repository begin with."""
    head, between, _ = url.partition("/actions/runs/")
    return head + between
