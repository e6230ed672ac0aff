from pathlib import Path
from threading import Event

import pytest

from gatebot.collect.growth import growing


def test_what_starts_is_told_and_then_how_large_the_folder_has_grown(tmp_path: Path) -> None:
    told: list[tuple[str, int | None]] = []
    grown = Event()

    def tell(what: str, size: int | None) -> None:
        told.append((what, size))
        if size is not None and size > 1_000_000:
            grown.set()

    with growing(tmp_path, "pip install x", tell, every_s=0.01):
        (tmp_path / "lib").mkdir()
        (tmp_path / "lib/x.so").write_bytes(b"x" * 2_000_000)
        assert grown.wait(10)
    count = len(told)
    assert told[0] == ("pip install x", None)
    assert all(what == "pip install x" for what, _ in told)
    assert len(told) == count, "nothing is told once the command has ended"


def test_what_fails_ends_the_telling(tmp_path: Path) -> None:
    told: list[int | None] = []
    with pytest.raises(KeyError), growing(tmp_path, "x", lambda _what, size: told.append(size), every_s=0.001):
        raise KeyError
    count = len(told)
    Event().wait(0.05)
    assert len(told) == count
