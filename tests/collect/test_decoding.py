"""Packed files and Parquet are decoded in the sandbox, and what holds too much is refused while it unpacks."""

import bz2
import gzip
import io
import lzma
import resource
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from gatebot.collect import collect
from gatebot.collect.decoding import Decoding
from gatebot.collect.program import Programs
from gatebot.errors import UsageError
from gatebot.evidence.need import Side
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.sandbox import Isolation, probe
from tests.collect.repository import document, job, repository
from tests.data.test_read import zipped, zstd

FRAME = pl.DataFrame({"x": [1, 2, None], "when": ["2026-01-01", None, "b"]})
BOMB = b"x" * 1_000_000 + b"\n"


def one_file(data: bytes) -> bytes:
    return zipped({"t.csv": data})


def parquet(frame: pl.DataFrame = FRAME) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


@pytest.fixture
def programs(shared_cache: Path) -> Programs:
    return Programs(probe(), Isolation.NONE, shared_cache)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd, one_file])
def test_packed_bytes_are_unpacked(programs: Programs, pack: Callable[[bytes], bytes]) -> None:
    assert Decoding(programs)(pack(b"a\n1\n"), "t") in (b"a\n1\n", b"a\n1")


@pytest.mark.parametrize("data", [parquet(), gzip.compress(parquet()), one_file(parquet())])
def test_parquet_becomes_a_table(programs: Programs, data: bytes) -> None:
    found = Decoding(programs)(data, "t")
    assert isinstance(found, pl.DataFrame)
    assert found.equals(FRAME)
    assert found.schema == FRAME.schema


def test_what_is_plain_starts_nothing(tmp_path: Path) -> None:
    nothing = Programs(probe(), Isolation.NONE, tmp_path / "no" / "cache")
    assert Decoding(nothing)(b"a,b\n1,2\n", "t.csv.gz") == b"a,b\n1,2\n"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd, one_file])
def test_what_unpacks_to_too_much_is_refused_and_never_held_here(
    programs: Programs, pack: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(UsageError, match="`t` holds more than 1000 bytes"):
        Decoding(programs, most=1000)(pack(BOMB), "t")


def test_a_bomb_does_not_grow_in_this_process(programs: Programs) -> None:
    bomb = gzip.compress(bytes(600 << 20), 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UsageError, match="holds more than"):
        Decoding(programs, most=500 << 20)(bomb, "bomb.gz")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (gzip.compress(BOMB)[:-9], "`t` cannot be unpacked"),
        (b"\x1f\x8bjunk", "`t` cannot be unpacked"),
        (b"PK\x03\x04junk", "`t` cannot be unpacked"),
        (zipped({"a": b"1", "b": b"2"}), "`t` is an archive of 2 files"),
        (b"\x28\xb5\x2f\xfdjunk", "`t` cannot be unpacked"),
        (b"PAR1junkPAR1", "`t` is not readable as Parquet"),
        (gzip.compress(b"PAR1junkPAR1"), "`t` is not readable as Parquet"),
    ],
)
def test_what_is_broken_is_told_in_one_line(programs: Programs, data: bytes, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        Decoding(programs)(data, "t")
    assert "\n" not in caught.value.message


def test_a_pull_requests_data_is_decoded_outside_of_this_process(
    open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("decoded in the trusted process")

    rows = pl.DataFrame({"id": range(60), "label": ["a", "b"] * 30, "fold": ["eval", "train", "train"] * 20})
    root = repository(open_path / "repo")
    (root / "data" / "t.parquet").write_bytes(parquet(rows))
    for name in ("read_parquet", "scan_parquet"):
        monkeypatch.setattr(pl, name, never)
    found = collect([Profile(Side.HEAD)], job(root, shared_cache, document(data={"path": "data/t.parquet"})))
    profile = found[Side.HEAD].get(Profile(Side.HEAD), DataProfile)
    assert profile is not None
    assert profile.rows == 60
