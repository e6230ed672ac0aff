"""The order of runs. It uses numbers that GitHub assigns and that each run includes in what it writes."""

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
    """The position of a run among all runs of a repository; the result of the greater one takes precedence.

    GitHub numbers runs in the order of the events that trigger them, and numbers the attempts of a run. The run that
    collected the evidence is compared first. So a run that judges stored evidence again comes after the run that
    collected it and before any newer run, regardless of when it starts.

    Attributes:
        run_id: id of the run that collected the evidence.
        attempt: attempt of that run.
        judge_id: id of the run that judges the evidence; usually the same run.
        judge_attempt: attempt of that run.
    """

    run_id: int
    attempt: int
    judge_id: int
    judge_attempt: int

    @classmethod
    def of_run(cls, run_id: int, attempt: int = 1) -> Self:
        """Create the order of a run that judges its own evidence."""
        return cls(run_id, attempt, run_id, attempt)

    @classmethod
    def of_url(cls, url: str, home: str) -> Self | None:
        """Parse the order from the link of a status, as `url` writes it; None if it is not a run below `home`."""
        found = _URL.fullmatch(url)
        if found is None or found["home"] != home_of(home):
            return None
        run, attempt = int(found["run"]), int(found["attempt"] or 1)
        return cls(int(found["of"] or run), int(found["of_attempt"] or attempt), run, attempt)

    @classmethod
    def of_text(cls, text: str) -> Self | None:
        """Parse the order from `text`; None if it is malformed."""
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        run, attempt = int(found[1]), int(found[2])
        return cls(run, attempt, int(found[3] or run), int(found[4] or attempt))

    @property
    def text(self) -> str:
        """The order as text for markers: `7.1` or, if another run judges, `7.1.9.1`."""
        own = f"{self.run_id}.{self.attempt}"
        return own if self.judges_itself else f"{own}.{self.judge_id}.{self.judge_attempt}"

    @property
    def judges_itself(self) -> bool:
        """Whether one run collected the evidence and judges it."""
        return (self.run_id, self.attempt) == (self.judge_id, self.judge_attempt)

    def url(self, run_url: str) -> str:
        """Return the address of the judging run, which encodes the order."""
        return run_url if self.judges_itself else f"{run_url}#evidence-{self.run_id}.{self.attempt}"


def home_of(url: str) -> str:
    """Return the common prefix of the addresses of all runs of one repository."""
    head, between, _ = url.partition("/actions/runs/")
    return head + between
