"""What holds for every test: names that are the same in every process, and property tests without a clock."""

import os
import signal
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.container.engine import Engine

STATE = TemporaryDirectory(prefix="gatebot-tests-")

settings.register_profile("gatebot", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gatebot")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their length: what a compressor makes differs from process to process."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None


def pytest_configure() -> None:
    """Ctrl-C ends things here too: what a shell starts in the background ignores it, with all that it starts.

    Nothing is kept in the user's own home. The system's Python comes before a user's own: it needs no mirror.
    """
    os.environ["XDG_STATE_HOME"] = STATE.name
    os.environ["PATH"] = f"/usr/bin:/bin:{os.environ['PATH']}"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def engine() -> "Iterator[Engine]":
    """One Docker engine for all tests of a session."""
    from tests.container.engine import open_engine, uids_of_our_own

    with open_engine() as running, uids_of_our_own():
        yield running


@pytest.fixture(scope="session")
def image(engine: "Engine") -> str:
    """The action's image, built once."""
    from tests.container.image import build_image

    return build_image(engine)
