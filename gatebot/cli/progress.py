"""Shows progress: as a live line in a terminal, as plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gatebot.cli.console import colourful, printable
from gatebot.collect.progress import NullProgress, Phase, Progress, Step
from gatebot.evidence.need import Side
from gatebot.render.escape import plain

GROWN_EVERY_S = 30.0
MOST_LIVE = 60

_WORK = {
    Phase.FETCH: "fetching data",
    Phase.READ: "reading data",
    Phase.SETUP: "setting up the environment",
    Phase.TRAIN: "training",
    Phase.REFERENCE: "reference model",
    Phase.PREDICT: "predicting",
    Phase.SCORE: "scoring",
    Phase.INSPECT: "measuring",
}


@contextmanager
def progress_for(*, quiet: bool) -> Iterator[Progress]:
    """Yield the progress display that suits standard error."""
    if quiet:
        yield NullProgress()
    elif colourful(sys.stderr):
        with _Live() as live:
            yield live
    else:
        yield Lines()


class Lines:
    """Prints one line for each training and each step that took long or failed; for logs."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._planned = self._done = 0
        self._grown_at = 0.0

    def planned(self, trainings: int) -> None:
        """Print how many trainings there will be."""
        self._planned += trainings
        if trainings:
            self._say(f"{trainings} {'training' if trainings == 1 else 'trainings'} to do")

    def left_out(self, side: Side, trainings: int, why: str) -> None:
        """Print how many trainings are not run, and why."""
        self._planned -= trainings
        self._say(_left_out(side, trainings, why))

    def started(self, step: Step) -> None:
        """Do nothing: logs show finished steps only."""

    def advanced(self, step: Step, what: str, size: int | None) -> None:
        """Print what starts, and from time to time how much it has written."""
        now = time.monotonic()
        if size is None or now - self._grown_at >= GROWN_EVERY_S:
            self._grown_at = now
            self._say(f"{_described(step)}: {_grown(what, size)}")

    def finished(self, step: Step, seconds: float, outcome: str) -> None:
        """Print a finished step."""
        self._done += step.phase is Phase.TRAIN
        if step.phase is Phase.TRAIN or seconds > 2 or outcome not in ("ok", "cached"):
            count = f" {self._done} of {self._planned}" if step.phase is Phase.TRAIN and self._planned else ""
            self._say(f"{_described(step, count)}: {outcome}, {seconds:.1f} s")

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._start:6.1f} s] {printable(text)}", file=sys.stderr, flush=True)


class _Live:
    """A live line with the running step, the number of finished trainings and the elapsed time."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bars.add_task("starting", total=None)
        self._running: list[Step] = []
        self._planned = 0

    def __enter__(self) -> "_Live":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def planned(self, trainings: int) -> None:
        """Raise the total number of trainings."""
        self._planned += trainings
        self._bars.update(self._task, total=self._planned)

    def left_out(self, side: Side, trainings: int, why: str) -> None:
        """Lower the total number of trainings, and print why above the line."""
        self.planned(-trainings)
        self._bars.console.print(_left_out(side, trainings, why), markup=False, highlight=False)

    def started(self, step: Step) -> None:
        """Show the step."""
        self._running.append(step)
        self._show()

    def advanced(self, step: Step, what: str, size: int | None) -> None:
        """Show what the step does, cut off so that the line stays one."""
        self._bars.update(self._task, description=f"{_described(step)}: {_grown(plain(what, MOST_LIVE), size)}")

    def finished(self, step: Step, seconds: float, outcome: str) -> None:
        """Show a step that still runs."""
        if step in self._running:
            self._running.remove(step)
        if step.phase is Phase.TRAIN:
            self._bars.advance(self._task)
        if outcome.startswith("ok, "):
            self._bars.console.print(f"{_described(step)}: {outcome}", markup=False, highlight=False)
        self._show()

    def _show(self) -> None:
        self._bars.update(self._task, description=_described(self._running[-1]) if self._running else "judging")


def _left_out(side: Side, trainings: int, why: str) -> str:
    return f"{side}: {trainings} {'training' if trainings == 1 else 'trainings'} {why}"


def _grown(what: str, size: int | None) -> str:
    return what if size is None else f"{what}, {size / 1e6:,.0f} MB so far"


def _described(step: Step, count: str = "") -> str:
    return f"{step.side}: {_WORK[step.phase]}{count}{f' ({step.what})' if step.what else ''}"
