"""How a run of user code failed, and whether two runs failed alike."""

import re
from dataclasses import dataclass

from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.training import Training

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")
_PATH = re.compile(r"(?<![\w.:/])/[^\s'\"`,;:()\[\]{}<>]+")
_SAYS = {
    Ending.CRASHED: "{stage} crashed (exit code {code})",
    Ending.TIMEOUT: "{stage} was stopped at its time limit, after {seconds:.0f} s",
    Ending.MEMORY: "{stage} was stopped at its memory limit",
    Ending.DISK: "{stage} was stopped at its disk limit",
    Ending.PROCESSES: "{stage} was stopped at its limit of processes",
    Ending.NO_OUTPUT: "{stage} ended without an error and without a result",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that did not end well.

    Attributes:
        stage: `training` or `predicting`.
        effects: how it ended.
        problem: why its predictions cannot be read, where it ended without an error; empty otherwise.
    """

    stage: str
    effects: Effects
    problem: str = ""

    @property
    def says(self) -> str:
        """The ending in words of our own, which hold nothing that user code printed."""
        if self.problem:
            return "its predictions cannot be read"
        effects = self.effects
        return _SAYS[effects.ended].format(stage=self.stage, code=effects.exit_code, seconds=effects.seconds)

    @property
    def last_line(self) -> str:
        """The last line of the log, which of a Python program names the error; empty if nothing was printed."""
        return next((line.strip() for line in reversed(self.effects.log_tail) if line.strip()), "")

    @property
    def cause(self) -> str:
        """The problem, or the last line of the log of code that ended by itself, or how a limit stopped it."""
        if self.problem:
            return self.problem
        ended_itself = self.effects.ended in (Ending.CRASHED, Ending.NO_OUTPUT)
        return (self.last_line if ended_itself else "") or self.says

    def kind(self, seed: int) -> tuple[str, Ending, int | None, str]:
        """Return what equals that of another run that failed in the same way.

        Args:
            seed: the value of the run's seed. Where it, a path or an address stands in the last line does not matter.
        """
        line = _PATH.sub("PATH", _ADDRESS.sub("ADDRESS", self.problem or self.last_line))
        line = re.sub(rf"(?<!\d){seed}(?!\d)", "SEED", line)
        return self.stage, self.effects.ended, self.effects.exit_code, line


def failure_of(training: Training | None, predictions: Predictions | None) -> Failure | None:
    """Return how a training or its predictions failed; None if neither did."""
    stages = (("training", training), ("predicting", predictions))
    return next(
        (
            Failure(stage, each.effects)
            for stage, each in stages
            if each is not None and each.effects.ended is not Ending.OK
        ),
        None,
    )
