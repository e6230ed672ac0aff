"""One engine and one image for all container tests."""

from collections.abc import Iterator

import pytest

from .engine import Engine, open_engine
from .image import build_image


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with open_engine() as running:
        yield running


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    return build_image(engine)
