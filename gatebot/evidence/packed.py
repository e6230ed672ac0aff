"""Stores arrays as `.npy` bytes of the smallest exact type, named by their content."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import core_schema

Array = NDArray[Any]

_MAGIC = b"\x93NUMPY\x01\x00"
_START = len(_MAGIC) + 2  # two bytes hold the length of the header
_HEADER = re.compile(
    rb"\{'descr': '(<f4|<f8|\|u1|<u2|<u4|<u8)', 'fortran_order': False, 'shape': [(0-9]{2,13},[)], \} *\n"
)
_UNSIGNED = ("|u1", "<u2", "<u4", "<u8")
_NAME = re.compile(r"[0-9a-f]{40}")


class Kind(StrEnum):
    """What an array holds, which determines its type in memory."""

    FLOATS = "float64"
    CODES = "int32"
    HASHES = "uint64"


def npy(array: Array) -> bytes:
    """Return a one-dimensional array as a `.npy` file, with the same bytes under every version of numpy."""
    return _head(array.dtype.str, len(array)) + array.tobytes()


def _head(dtype: str, length: int) -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({length},), }}".encode()
    header += b" " * (-(_START + len(header) + 1) % 64) + b"\n"
    return _MAGIC + struct.pack("<H", len(header)) + header


def of_npy(data: bytes) -> Array:
    """Read the array in a `.npy` file that `npy` wrote. The header is matched, never evaluated.

    Raises:
        ValueError: the bytes are not such a file, or have another length than the header states.
    """
    found = _HEADER.match(data, _START)
    if found is None:
        raise ValueError("an array has a header that gatebot does not write")
    dtype: np.dtype[Any] = np.dtype(found[1].decode())
    length, rest = divmod(len(data) - found.end(), dtype.itemsize)
    if rest or data[: found.end()] != _head(dtype.str, length):
        raise ValueError("an array is not as long as its header says")
    array: Array = np.frombuffer(data, dtype=dtype, offset=found.end())
    return array


def smallest(array: Array, kind: Kind) -> Array:
    """Return the same values in the smallest type that restores them bit for bit."""
    match kind:
        case Kind.FLOATS:
            with np.errstate(over="ignore", under="ignore", invalid="ignore"):
                half = array.astype("<f4")
                exact = half.astype("<f8").tobytes() == array.astype("<f8").tobytes()
            return half if exact else array.astype("<f8")
        case Kind.CODES:
            return _unsigned(array.astype(np.int64) + 1)
        case Kind.HASHES:
            return _unsigned(array)
        case _:
            assert_never(kind)


def _unsigned(values: Array) -> Array:
    if len(values) and values.min() < 0:
        raise ValueError("a code is below -1")
    top = int(values.max()) if len(values) else 0
    return values.astype(next(name for name in _UNSIGNED if top <= np.iinfo(name).max))


def restored(array: Array, kind: Kind) -> Array:
    """Return a stored array in its type in memory, read-only because pieces of evidence share it.

    Raises:
        ValueError: the array holds floats instead of integers or the reverse, or a code is out of range.
    """
    if (array.dtype.kind == "f") != (kind is Kind.FLOATS):
        raise ValueError(f"an array of {array.dtype} stands where {kind} is meant")
    if kind is Kind.CODES:
        if len(array) and int(array.max()) > np.iinfo(np.int32).max + 1:
            raise ValueError("a code is out of range")
        array = array.astype(np.int64) - 1
    array = array.astype(kind.value, copy=False)
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Arrays to write: name -> `.npy` bytes. Equal arrays are stored once."""

    members: dict[str, bytes] = field(default_factory=dict)

    def put(self, array: Array, kind: Kind) -> str:
        """Store an array, and return its name."""
        if array.dtype != kind.value or array.ndim != 1:
            raise ValueError(f"{array.ndim}-dimensional {array.dtype} where one-dimensional {kind} is meant")
        data = npy(smallest(array, kind))
        name = blake2b(data, digest_size=20).hexdigest()
        self.members[name] = data
        return name


class Incoming:
    """Arrays to read, by name, with at most `max_bytes` in memory."""

    def __init__(self, member: Callable[[str], bytes], max_bytes: int) -> None:
        self._member = member
        self._left = self._max_bytes = max_bytes
        self._seen: dict[tuple[str, Kind], Array] = {}

    def get(self, name: object, kind: Kind) -> Array:
        """Return the array with this name, the same object each time.

        Raises:
            ValueError: there is no such array, its content does not match its name, or it exceeds `max_bytes`.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError("an array is referred to by something that is not a name")
        if (name, kind) not in self._seen:
            self._seen[name, kind] = self._load(name, kind)
        return self._seen[name, kind]

    @property
    def names(self) -> frozenset[str]:
        """The names of the arrays that were requested."""
        return frozenset(name for name, _ in self._seen)

    def _load(self, name: str, kind: Kind) -> Array:
        data = self._member(name)
        if blake2b(data, digest_size=20).hexdigest() != name:
            raise ValueError(f"array {name} is damaged")
        stored = of_npy(data)
        self._left -= len(stored) * np.dtype(kind.value).itemsize
        if self._left < 0:
            raise ValueError(f"the arrays take more than {self._max_bytes:,} bytes")
        return restored(stored, kind)


@dataclass(frozen=True, slots=True)
class Packed:
    """Marks an array in a type annotation: written as a name into `Outgoing`, and read back through `Incoming`."""

    kind: Kind

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Return the schema by which pydantic reads and writes the array."""
        written = core_schema.plain_serializer_function_ser_schema(self._write, info_arg=True)
        return core_schema.with_info_plain_validator_function(self._read, serialization=written)

    def _write(self, array: Array, info: core_schema.SerializationInfo) -> str:
        if not isinstance(info.context, Outgoing):
            raise TypeError("arrays are written into `Outgoing`")
        return info.context.put(array, self.kind)

    def _read(self, name: object, info: ValidationInfo) -> Array:
        if not isinstance(info.context, Incoming):
            raise TypeError("arrays are read from `Incoming`")
        return info.context.get(name, self.kind)
