"""One engine and one image for all container tests."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from gatebot.sandbox.identity import state
from gatebot.sandbox.isolation import SANDBOX_UIDS

from .engine import Engine, open_engine
from .image import build_image

CONTAINERS_UIDS = SANDBOX_UIDS[:16]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with open_engine() as running, uids_of_our_own():
        yield running


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    return build_image(engine)


@contextmanager
def uids_of_our_own() -> Iterator[None]:
    """Keep gatebots on the bare machine, such as other tests start, off the uids that those in containers use.

    The machine's root sees into containers, but not the other way round: a run that ends on the machine kills all
    that bears its uid, in containers too. GitHub's runners start none on the bare machine beside a container.
    """
    with ExitStack() as held:
        for uid in CONTAINERS_UIDS if os.geteuid() == 0 else ():
            lock = held.enter_context((state("locks") / str(uid)).open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
