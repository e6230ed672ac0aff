"""The contract of the answers of a service."""

import pytest

from gatebot.evidence.need import Side
from gatebot.evidence.service import Endpoint, Service, ServiceProbe

GOOD = Endpoint(200, (0.1, 0.0), 2)


def test_a_service_is_asked_while_nothing_else_runs() -> None:
    assert Service(Side.HEAD, "api").alone


@pytest.mark.parametrize(
    ("endpoints", "flaw"),
    [
        ({str(number): GOOD for number in range(101)}, "more than 100 endpoints"),
        ({"/a": Endpoint(99)}, "/a: the status"),
        ({"/a": Endpoint(600)}, "/a: the status"),
        ({"/a": Endpoint(200, (0.1,) * 10_001)}, "more than 10,000 latencies"),
        ({"/a": Endpoint(200, (-0.1,))}, "latencies are not finite"),
        ({"/a": Endpoint(200, (float("nan"),))}, "latencies are not finite"),
        ({"/a": Endpoint(None, (), -1)}, "number of errors"),
    ],
)
def test_flaws_of_a_service(endpoints: dict[str, Endpoint], flaw: str) -> None:
    assert any(flaw in each for each in ServiceProbe(endpoints).flaws())


def test_answers_within_the_limits_have_no_flaw() -> None:
    assert not list(ServiceProbe({"/a": GOOD, "/b": Endpoint(None, (), 5)}).flaws())
