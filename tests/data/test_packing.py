"""Packing is told by the bytes, and what unpacks without end is stopped."""

import gzip

import pytest

from gatebot.data import packing
from gatebot.errors import UsageError


def test_what_is_not_packed_is_itself() -> None:
    assert packing.unpacked(b"a,b\n", "t.csv.gz") == b"a,b\n"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("T.CSV.GZ", "t.csv"),
        ("t.jsonl.zst", "t.jsonl"),
        ("t.csv.zip", "t.csv"),
        ("http://h/t.csv.xz?sig=a.gz", "http://h/t.csv"),
        ("t", "t"),
    ],
)
def test_names_without_their_packing(name: str, plain: str) -> None:
    assert packing.plain_name(name) == plain


def test_more_than_the_largest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "LARGEST", 1000)
    assert len(packing.unpacked(gzip.compress(b"x" * 1000), "t.gz")) == 1000
    with pytest.raises(UsageError, match=r"`t\.gz` holds more than"):
        packing.unpacked(gzip.compress(b"x" * 1001), "t.gz")
