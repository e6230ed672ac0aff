"""Packs a JSON manifest and arrays into a zip file. Equal content gives equal bytes, hostile bytes a SnapshotError."""

import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from gatebot.evidence.snapshot import SnapshotError

MANIFEST = "manifest.json"

_ARRAY = re.compile(r"[0-9a-f]{40}\.npy")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can store
_END = b"PK\x05\x06"
_END_SIZE = 22
_END64 = b"PK\x06\x07"
_ENTRY_SIZE = 46 + 64  # of the central directory, with a name that gatebot writes
_FREE_BYTES = 32 * 2**20  # up to this unpacked size, any compression ratio is accepted
_MAX_RATIO = 200  # row ids do not compress, so a genuine Snapshot stays far below
_TROUBLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # encrypted members; NotImplementedError is a RuntimeError too
    LookupError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for reading a file, in bytes unless noted otherwise."""

    file: int = 256 * 2**20
    manifest: int = 16 * 2**20
    members: int = 20_000  # a count
    arrays: int = 2**30  # in memory


LIMITS = Limits()


def pack(manifest: bytes, arrays: Mapping[str, bytes]) -> bytes:
    """Return the bytes of one bundle."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", allowZip64=False) as archive:
        _add(archive, MANIFEST, manifest)
        for name in sorted(arrays):
            _add(archive, f"{name}.npy", arrays[name])
    return out.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3  # the same on all systems, so that equal content gives equal bytes
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data, compresslevel=6)


class Bundle:
    """The members of one bundle, all checked before any is read."""

    def __init__(self, data: bytes, limits: Limits = LIMITS) -> None:
        if len(data) > limits.file:
            raise SnapshotError(f"the file has more than {limits.file:,} bytes")
        _refuse_long_directory(data, limits)
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except _TROUBLE as trouble:
            raise _not_a_bundle() from trouble
        self._members = {info.filename: info for info in self._archive.infolist()}
        self._refuse_strange_members(len(data), limits)

    @property
    def names(self) -> frozenset[str]:
        """The names of the arrays."""
        return frozenset(name.removesuffix(".npy") for name in self._members) - {MANIFEST}

    def manifest(self) -> bytes:
        """Return the JSON text."""
        return self._read(MANIFEST)

    def array(self, name: str) -> bytes:
        """Return the `.npy` bytes of one array."""
        return self._read(f"{name}.npy")

    def _read(self, name: str) -> bytes:
        if name not in self._members:
            raise SnapshotError(f"{name} is missing from the file", "Collect the evidence again.")
        size = self._members[name].file_size
        try:
            with self._archive.open(self._members[name]) as member:
                data = member.read(size)  # the size limits a member whose stated size is wrong
        except _TROUBLE as trouble:
            raise _damaged(name) from trouble
        if len(data) != size:
            raise _damaged(name)
        return data

    def _refuse_strange_members(self, size: int, limits: Limits) -> None:
        infos = self._archive.infolist()
        if len(self._members) != len(infos):
            raise SnapshotError("two members of the file have one name")
        for info in infos:
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits or info.extra:
                raise SnapshotError("a member of the file is packed in a way that gatebot does not write")
            if info.filename != MANIFEST and not _ARRAY.fullmatch(info.filename):
                raise SnapshotError("a member of the file has a name that gatebot does not write")
        if MANIFEST in self._members and self._members[MANIFEST].file_size > limits.manifest:
            raise SnapshotError(f"the manifest has more than {limits.manifest:,} bytes")
        whole = sum(info.file_size for info in infos)
        if whole > limits.arrays + limits.manifest or whole > _FREE_BYTES + _MAX_RATIO * size:
            raise SnapshotError(f"the file of {size:,} bytes would unpack to {whole:,}")


def _refuse_long_directory(data: bytes, limits: Limits) -> None:
    """Check the size of the zip directory first, because Python reads the whole directory at once."""
    end = data[-_END_SIZE:]
    if len(end) < _END_SIZE or not end.startswith(_END) or data[-_END_SIZE - 20 :].startswith(_END64):
        raise _not_a_bundle()
    _, _, _, _, members, directory, _, _ = struct.unpack("<4s4H2LH", end)
    if members > limits.members or directory > members * _ENTRY_SIZE:
        raise SnapshotError(f"the file has more than {limits.members:,} members")


def _damaged(name: str) -> SnapshotError:
    return SnapshotError(f"{name} in the file is damaged", "Collect the evidence again.")


def _not_a_bundle() -> SnapshotError:
    return SnapshotError("the file is not one that gatebot wrote, or it is cut off", "Collect the evidence again.")
