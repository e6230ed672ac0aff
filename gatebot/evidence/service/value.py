"""The answers of a service as evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gatebot.evidence.flaws import negative
from gatebot.evidence.kind import Evidence

MAX_ENDPOINTS = 100
MAX_LATENCIES = 10_000  # of one endpoint
_MAX_ERRORS = 2**53


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The answers of one endpoint.

    Attributes:
        status: the HTTP status of most answers, 100 to 599; None if nothing answered.
        latencies: the seconds until each answer, in the order of the requests.
        errors: the number of requests that failed or got no answer.
    """

    status: int | None
    latencies: tuple[float, ...] = ()
    errors: int = 0

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        if self.status is not None and not 100 <= self.status <= 599:
            yield "the status is not an HTTP status"
        if len(self.latencies) > MAX_LATENCIES:
            yield f"there are more than {MAX_LATENCIES:,} latencies"
        yield from negative("the latencies", self.latencies)
        if not 0 <= self.errors <= _MAX_ERRORS:
            yield "the number of errors is out of range"


@dataclass(frozen=True, slots=True)
class ServiceProbe(Evidence):
    """The answers of a service, by the path of the endpoint."""

    endpoints: Mapping[str, Endpoint]

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        if len(self.endpoints) > MAX_ENDPOINTS:
            yield f"there are more than {MAX_ENDPOINTS} endpoints"
        for path, endpoint in self.endpoints.items():
            for flaw in endpoint.flaws():
                yield f"{path}: {flaw}"
