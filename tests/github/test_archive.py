"""Intake of a foreign zip: the expected files, or an error that says why, and never a trace elsewhere."""

import io
import os
import resource
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebot.errors import GateError
from gatebot.github.archive import ArchiveError, Limits, unpack

ANY = ("*",)


def packed(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as zipped:
        for name, data in files.items():
            zipped.writestr(name, data)
    return raw.getvalue()


def special(name: str, kind: int) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as zipped:
        entry = zipfile.ZipInfo(name)
        entry.create_system = 3
        entry.external_attr = (kind | 0o777) << 16
        zipped.writestr(entry, "/etc/passwd")
    return raw.getvalue()


def unpacked(
    tmp_path: Path, data: bytes, names: tuple[str, ...] = ANY, limits: Limits | None = None
) -> dict[str, bytes]:
    archive, into = tmp_path / "a.zip", tmp_path / "room" / "out"
    into.parent.mkdir(exist_ok=True)
    archive.write_bytes(data)
    listed = unpack(archive, into, names, limits)
    found = {str(p.relative_to(into)): p.read_bytes() for p in into.rglob("*") if p.is_file()}
    assert sorted(found) == list(listed)
    return found


def refused(tmp_path: Path, data: bytes, why: str, names: tuple[str, ...] = ANY, limits: Limits | None = None) -> None:
    with pytest.raises(ArchiveError, match=why):
        unpacked(tmp_path, data, names, limits)
    assert [p.name for p in tmp_path.rglob("*")] in (["a.zip", "room"], ["room", "a.zip"])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_is_expected_arrives(tmp_path: Path, method: int) -> None:
    files = {"snapshot.json": b"{}", "fits/fit-user-smoke-s0-f0.parquet": b"PAR1" * 1000, "empty": b""}
    assert unpacked(tmp_path, packed(files, method=method), ("snapshot.json", "fits/*.parquet", "empty")) == files


def test_directories_are_made_as_needed(tmp_path: Path) -> None:
    assert unpacked(tmp_path, packed({"a/": b"", "a/b/c.json": b"1"})) == {"a/b/c.json": b"1"}


def test_an_empty_archive_is_an_empty_directory(tmp_path: Path) -> None:
    assert unpacked(tmp_path, packed({})) == {}


@pytest.mark.parametrize(
    "name",
    [
        "../up", "a/../../up", "/etc/passwd", "C:\\x", "a\\..\\b", ".hidden", "a/.git/config", "a//b", "./a", "-rf",
        "a b", "a\nb", "ünï", "a" * 201, "con:1", "a/\u202etxt", "~/x",
    ],
)  # fmt: skip
def test_names_that_are_not_plain(tmp_path: Path, name: str) -> None:
    if name == "-rf":
        assert unpacked(tmp_path, packed({name: b"x"})) == {name: b"x"}  # nobody passes it to a shell
        return
    refused(tmp_path, packed({name: b"x"}), "not a plain relative path")


def test_a_name_that_ends_before_its_end(tmp_path: Path) -> None:
    data = packed({"a.jsonX.exe": b"x"}).replace(b"a.jsonX.exe", b"a.json\0.exe")
    refused(tmp_path, data, "zero byte")


def test_an_offset_before_the_beginning(tmp_path: Path) -> None:
    data = bytearray(packed({"a": b"x", "b": b"y"}))
    end = data.find(b"PK\x05\x06")
    struct.pack_into("<I", data, end + 16, struct.unpack_from("<I", data, end + 16)[0] + 200)
    refused(tmp_path, bytes(data), "damaged")


def test_names_that_nobody_expects(tmp_path: Path) -> None:
    refused(tmp_path, packed({"a.json": b"1", "model.pkl": b"2"}), "'model.pkl' is not expected", ("*.json",))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    refused(tmp_path, special("a", kind), "link or a device")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["a.json", "A.JSON"])
def test_a_name_that_occurs_twice(tmp_path: Path, second: str) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as zipped:
        zipped.writestr("a.json", "1")
        zipped.writestr(second, "2")
    refused(tmp_path, raw.getvalue(), "occurs twice")


@pytest.mark.parametrize("order", [("a", "a/b"), ("a/b", "a")])
def test_a_file_that_is_also_a_directory(tmp_path: Path, order: tuple[str, str]) -> None:
    refused(tmp_path, packed(dict.fromkeys(order, b"x")), "both a file and a directory|below a file")


@pytest.mark.parametrize(
    ("files", "limits", "why"),
    [
        ({f"{i}": b"" for i in range(11)}, Limits(files=10), "11 files"),
        ({"a": b"x" * 101}, Limits(file_bytes=100), "too many bytes"),
        ({"a": b"x" * 60, "b": b"x" * 60}, Limits(total_bytes=100), "more than 100 bytes"),
        ({"a": os.urandom(300)}, Limits(packed_bytes=200), "at most 200"),
        ({"a": bytes(3 * 2**20)}, Limits(ratio=100), "bomb"),
    ],
)
def test_limits(tmp_path: Path, files: dict[str, bytes], limits: Limits, why: str) -> None:
    refused(tmp_path, packed(files), why, limits=limits)


def test_a_header_that_lies_about_sizes(tmp_path: Path) -> None:
    """It says one byte and unpacks to a megabyte."""
    data = bytearray(packed({"a": bytes(2**20)}))
    central = data.find(b"PK\x01\x02")
    struct.pack_into("<I", data, central + 24, 1)
    struct.pack_into("<I", data, 22, 1)
    refused(tmp_path, bytes(data), "damaged|too many|bomb", limits=Limits(file_bytes=1000))


def test_a_table_of_contents_without_end(tmp_path: Path) -> None:
    """It is refused by its size: no object is made for any of its entries."""
    refused(tmp_path, packed({f"{i:06}": b"" for i in range(9000)}), "far more than 10 files", limits=Limits(files=10))


def test_a_table_of_contents_that_a_zip64_record_describes(tmp_path: Path) -> None:
    data = bytearray(packed({"a": b"x"}))
    end = data.find(b"PK\x05\x06")
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    data[end:end] = record + locator
    refused(tmp_path, bytes(data), "far more")


def test_an_encrypted_file(tmp_path: Path) -> None:
    data = bytearray(packed({"a": b"secret"}))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    refused(tmp_path, bytes(data), "encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_unusual_packing(tmp_path: Path, method: int) -> None:
    refused(tmp_path, packed({"a": b"x" * 100}, method=method), "unusual method")


@pytest.mark.parametrize("data", [b"", b"PK", b'{"raw": "artifact"}', b"PK\x05\x06" + b"\0" * 5, b"\x1f\x8b" * 50])
def test_what_is_no_zip(tmp_path: Path, data: bytes) -> None:
    refused(tmp_path, data, "no zip|damaged")


def test_a_directory_that_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "a.zip").write_bytes(packed({"a": b"x"}))
    with pytest.raises(ArchiveError, match="exists"):
        unpack(tmp_path / "a.zip", tmp_path / "out", ANY)
    assert list((tmp_path / "out").iterdir()) == []


SEEDS = [
    packed({"a.json": b"{}", "d/b.parquet": b"PAR1" * 40}),
    packed({"a": b"x" * 500}, method=zipfile.ZIP_STORED),
    special("link", stat.S_IFLNK),
    packed({"a": b"y" * 2000}, method=zipfile.ZIP_LZMA),
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    cut = draw(st.integers(0, 10))
    return bytes(data[: len(data) - cut]) + draw(st.binary(max_size=10))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300) | damaged())
def test_any_bytes_are_files_or_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    tmp_path = tmp_path_factory.mktemp("zip")
    try:
        unpacked(tmp_path, data)
    except GateError:
        assert not (tmp_path / "room" / "out").exists()
        assert list((tmp_path / "room").iterdir()) == []
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "room"}


@pytest.mark.whole
@pytest.mark.parametrize("limits", [Limits(file_bytes=2**20), Limits(total_bytes=2**20), Limits(ratio=10)])
@pytest.mark.parametrize("lies", [False, True], ids=["says its size", "says less"])
def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path, limits: Limits, lies: bool) -> None:
    """Never more than a chunk beyond the limit is in memory or on the disk."""
    data = bytearray(packed({"a": bytes(128 * 2**20)}))
    if lies:
        for signature, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
            at = data.rindex(signature) + place
            data[at : at + 4] = (1000).to_bytes(4, "little")
    archive = tmp_path / "bomb.zip"
    archive.write_bytes(bytes(data))
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 2**20, kept[1]))  # to write more than this would be another error
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError):
            unpack(archive, tmp_path / "into", ANY, limits)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.zip"]
