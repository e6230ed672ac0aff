"""A kind of evidence: its need, its value, and how it is collected. One folder each, found by the registry."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from gatebot.evidence.need import Need, Side

if TYPE_CHECKING:
    from gatebot.evidence.column_sketches import TableSketch
    from gatebot.evidence.files_read import ReadFiles
    from gatebot.evidence.history import History, RunHistory
    from gatebot.evidence.leakage import Leakage, LeakageTraces
    from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
    from gatebot.evidence.own_score import OwnScore, Score
    from gatebot.evidence.predictions import Predict, Predictions
    from gatebot.evidence.profile import DataProfile
    from gatebot.evidence.service import Service, ServiceProbe
    from gatebot.evidence.training import Fit, Training


MOST = 2.0**53
"""The largest number that a process of the user's may report; larger integers are not exact as floats."""


class Evidence:
    """Base class of what collecting a need leaves. Subclasses are frozen dataclasses that pydantic can read and write.

    Arrays are annotated with the types of `evidence.column`, and are then stored apart from the JSON.
    """

    __slots__ = ()

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong beyond the types, one sentence each, and everything that is too large."""
        return iter(())

    @property
    def seconds(self) -> float | None:
        """How long it took to collect it; None if that is unknown or does not matter."""
        return None


class UnmetError(Exception):
    """A need cannot be met. The message gives the reason and is shown to users."""


class Session(Protocol):
    """What the collector does for the kinds of evidence. A training or prediction is carried out once.

    Every method raises `UnmetError` if the repository does not offer what is asked for or the time is up,
    `MachineError` if the machine failed twice, and `GateError` if user code must not be started here.
    """

    def profile(self, side: Side) -> "DataProfile":
        """Return the profile of a side's data."""

    def sketches(self, side: Side, table: str) -> "TableSketch":
        """Return the sketches of one table: `train`, `eval` or `all` rows of the data, or a further table by path."""

    def leakage(self, need: "Leakage") -> "LeakageTraces":
        """Search a side's data for what gives the target away."""

    def train(self, fit: "Fit") -> "Training":
        """Train a model."""

    def predict(self, need: "Predict") -> "Predictions":
        """Predict with a trained model. If it has not been trained in this run, it is trained first."""

    def score(self, need: "Score") -> "OwnScore":
        """Compute one of the user's own metrics."""

    def metrics_file(self, need: "MetricsFile") -> "ReportedMetrics":
        """Read the metrics file that the user's own tools wrote in a training."""

    def read_file(self, side: Side, path: str, most: int) -> bytes:
        """Return a file of at most `most` bytes, as the first training left it, or else as the commit has it."""

    def files_read(self, fit: "Fit") -> "ReadFiles":
        """Return the files of the commit that a training and its predictions of the eval rows read."""

    def history(self, need: "History") -> "RunHistory":
        """Return the values of earlier runs."""

    def service(self, need: "Service") -> "ServiceProbe":
        """Start a service and ask its endpoints."""

    def inspect(self, fit: "Fit", program: Path, facts: Mapping[str, Any]) -> "Inspection":
        """Run a program of gatebot's inside the user's interpreter, beside a loaded model.

        Args:
            fit: the training of the model.
            program: a Python file of the kind's folder, of the standard library only. Its function
                `run(predict, rows, facts)` gets the user's `predict` as a function of rows, the eval rows and `facts`,
                and returns JSON values. It runs in the user's process, so that what it returns is untrusted.
            facts: JSON values.
        """


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a program beside a model returned, and what its process used.

    Attributes:
        values: JSON values, untrusted; None if it returned none.
        why: why there are none; empty if there are.
        start_s: the seconds from the start of the process until the model was loaded.
        peak_rss_bytes: the maximum memory of the process.
    """

    values: Any
    why: str = ""
    start_s: float = 0.0
    peak_rss_bytes: int = 0


def number(value: object) -> float | None:
    """Return an untrusted JSON value as a finite number, or None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MOST:
        return None
    return float(value) if value == value else None  # noqa: PLR0124 - not NaN


N = TypeVar("N", bound=Need)
V = TypeVar("V", bound=Evidence)


@dataclass(frozen=True, slots=True)
class Kind(Generic[N, V]):
    """A kind of evidence. Its need tells the prerequisites and the cost, its value what is too large or wrong.

    Attributes:
        need: the type of its needs.
        value: the type of the evidence.
        collect: collects the evidence for a need.
    """

    need: type[N]
    value: type[V]
    collect: Callable[[N, Session], V]

    @property
    def name(self) -> str:
        """The name of its folder, and the first part of its keys."""
        return self.need.kind
