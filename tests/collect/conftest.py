from collections.abc import Iterator
from pathlib import Path

import pytest

from gatebot.sandbox import scratch


@pytest.fixture(scope="session")
def shared_cache() -> Iterator[Path]:
    """A cache that all tests may share: mirrors of interpreters are made once."""
    with scratch("gatebot-test-cache-") as folder:
        (folder / "cache").mkdir()
        yield folder / "cache"


@pytest.fixture
def open_path() -> Iterator[Path]:
    """Like `tmp_path`, but the sandbox's user may pass through it."""
    with scratch("gatebot-test-") as folder:
        yield folder
