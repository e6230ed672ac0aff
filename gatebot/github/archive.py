"""Unpacks an untrusted zip into a directory. Only expected file names are accepted, and sizes are limited."""

import errno
import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from gatebot.errors import GateError, MachineError

CHUNK = 1 << 16
SAFE_NAME = re.compile(r"[A-Za-z0-9_@=+,-][A-Za-z0-9._@=+,-]*(/[A-Za-z0-9_@=+,-][A-Za-z0-9._@=+,-]*)*", re.ASCII)
DIRECTORY_ENTRY = 46  # size in bytes of the smallest entry in a zip's central directory
MAX_NAME = 200
_DAMAGED = (  # all that `zipfile` raises for bytes that are not a valid zip
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,
    ValueError,
    IndexError,
    OverflowError,
    MemoryError,
)


class ArchiveError(GateError):
    """The archive is not a zip, or has content that is not allowed. Nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the content of an archive.

    Attributes:
        packed_bytes: size of the archive itself.
        files: number of files.
        file_bytes: size of one file, unpacked.
        total_bytes: size of all files, unpacked.
        ratio: ratio of unpacked to packed size, of a file larger than 1 MiB.
    """

    packed_bytes: int = 256 * 2**20
    files: int = 2_000
    file_bytes: int = 512 * 2**20
    total_bytes: int = 1024 * 2**20
    ratio: int = 200


def unpack(archive: Path, into: Path, names: Sequence[str], limits: Limits | None = None) -> tuple[str, ...]:
    """Write all files of a zip into a new directory, or raise an error and write none.

    Args:
        archive: path of the archive, whose content is untrusted.
        into: the new directory; it must not exist, but its parent must.
        names: patterns (as for `fnmatch`) of expected paths; an archive with any other path is refused.
        limits: limits on the content.

    Returns:
        The relative paths of the files, sorted.

    Raises:
        ArchiveError: The archive is not a zip, is damaged, or violates a rule.
    """
    limits = limits or Limits()
    if into.exists():
        raise ArchiveError(f"{into} exists already")
    staging = Path(tempfile.mkdtemp(prefix=f".{into.name}.", dir=into.parent))
    try:
        written = _unpack(archive, staging, names, limits)
        staging.chmod(0o755)
        staging.rename(into)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return written


def _unpack(archive: Path, staging: Path, names: Sequence[str], limits: Limits) -> tuple[str, ...]:
    try:
        with archive.open("rb") as raw:
            _check_directory_size(raw, limits)
            with zipfile.ZipFile(raw) as zipped:
                members = [member for member in zipped.infolist() if not member.is_dir()]
                _check_members(members, names, limits)
                _write_all(zipped, members, staging, limits)
    except _DAMAGED as error:
        raise ArchiveError(f"the archive is damaged or no zip: {type(error).__name__}: {error}") from None
    except OSError as error:
        if error.errno == errno.EINVAL:  # an offset before the start of the file
            raise ArchiveError("the archive is damaged: it points outside of itself") from None
        raise MachineError(f"the archive cannot be unpacked: {error.strerror}") from error
    return tuple(sorted(member.filename for member in members))


def _check_directory_size(raw: IO[bytes], limits: Limits) -> None:
    """Refuse a huge central directory before `zipfile` creates an object for each of its entries."""
    size = raw.seek(0, os.SEEK_END)
    if size > limits.packed_bytes:
        raise ArchiveError(f"the archive has {size:,} bytes; at most {limits.packed_bytes:,} are accepted")
    start = max(0, size - 22 - 0xFFFF)
    raw.seek(start)
    tail = raw.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        raise ArchiveError("the archive is no zip", "An artifact of this name was uploaded by something else.")
    (directory,) = struct.unpack_from("<I", tail, end + 12)
    if directory == 0xFFFFFFFF or tail[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        record = tail.rfind(b"PK\x06\x06", 0, end)
        if record < 0 or len(tail) - record < 56:
            raise ArchiveError("the archive's end record is damaged")
        (directory,) = struct.unpack_from("<Q", tail, record + 40)
    if directory > limits.files * (DIRECTORY_ENTRY + 2 * MAX_NAME + 256):
        raise ArchiveError(f"the archive lists far more than {limits.files:,} files")
    raw.seek(0)


def _check_members(members: Sequence[zipfile.ZipInfo], names: Sequence[str], limits: Limits) -> None:
    if len(members) > limits.files:
        raise ArchiveError(f"the archive has {len(members):,} files; at most {limits.files:,} are accepted")
    seen: set[str] = set()
    for member in members:
        fault = next((fault for fault, is_so in _FAULTS if is_so(member)), None)
        if fault is None and not any(fnmatchcase(member.filename, pattern) for pattern in names):
            fault = "is not expected here"
        if fault is None and member.filename.casefold() in seen:
            fault = "occurs twice"
        if fault is not None:
            raise ArchiveError(f"the archive is refused: {member.filename[:MAX_NAME]!r} {fault}")
        seen.add(member.filename.casefold())
    if sum(member.file_size for member in members) > limits.total_bytes:
        raise ArchiveError(f"the archive unpacks to more than {limits.total_bytes:,} bytes")


def _is_special(member: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(member.external_attr >> 16)
    return kind not in (0, stat.S_IFREG)


_FAULTS: Sequence[tuple[str, Callable[[zipfile.ZipInfo], bool]]] = (
    ("is not a plain relative path", lambda m: not SAFE_NAME.fullmatch(m.filename) or len(m.filename) > MAX_NAME),
    ("had another name that was cut at a zero byte", lambda m: m.filename != m.orig_filename),
    ("is a link or a device", _is_special),
    ("is encrypted", lambda m: bool(m.flag_bits & 0x1)),
    ("is packed by an unusual method", lambda m: m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)),
)


def _write_all(zipped: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], staging: Path, limits: Limits) -> None:
    total = 0
    for member in members:
        target = staging / PurePosixPath(member.filename)
        if target.parent.is_file() or target.is_dir():
            raise ArchiveError(f"the archive is refused: {member.filename!r} is both a file and a directory")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise ArchiveError(f"the archive is refused: {member.filename!r} lies below a file") from None
        with zipped.open(member) as source, target.open("xb") as sink:
            total += _copy(source, sink, member, limits, limits.total_bytes - total)


def _copy(source: IO[bytes], sink: IO[bytes], member: zipfile.ZipInfo, limits: Limits, left: int) -> int:
    """Copy a file and count its bytes, because the sizes in the header are untrusted."""
    size = 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > min(limits.file_bytes, left):
            raise ArchiveError(f"the archive is refused: {member.filename!r} unpacks to too many bytes")
        if size > 2**20 and size > limits.ratio * max(member.compress_size, 1):
            raise ArchiveError(f"the archive is refused: {member.filename!r} is packed like a bomb")
        sink.write(chunk)
    return size
