"""Bytes out of their compression: gzip, bzip2, xz and zstd, told by their first bytes and not by the name."""

import bz2
import gzip
import io
import lzma
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

LARGEST = min(16 * 2**30, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8)
"""Bytes of one file, as it is and after unpacking: an eighth of what the machine has in memory, at most 16 GiB."""

_OPENERS: tuple[tuple[bytes, Callable[[io.BytesIO], io.BufferedIOBase]], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_ZSTD = b"\x28\xb5\x2f\xfd"
PARQUET = b"PAR1"
_ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".zstd")


def is_packed(data: bytes) -> bool:
    """Whether bytes have to be decoded before they are text: packed ones, and Parquet."""
    return data.startswith((PARQUET, _ZSTD, *(magic for magic, _ in _OPENERS)))


def decoded(data: bytes, name: str) -> "bytes | pl.DataFrame":
    """Plain bytes, or a table where they are Parquet; decoded in this process.

    For files of the user's own only. What a pull request brings is decoded in the sandbox.

    Raises:
        UsageError: it cannot be decoded.
    """
    plain = unpacked(data, name)
    return _parquet(plain, name) if plain.startswith(PARQUET) else plain


def unpacked(data: bytes, name: str) -> bytes:
    """The bytes themselves, or what is packed in them.

    Raises:
        UsageError: the packing is broken, holds more than `LARGEST` bytes, or is an archive of several files.
    """
    refuse_archive(data, name)
    if data.startswith(_ZSTD):
        return _zstd(data, name)
    for magic, opened in _OPENERS:
        if data.startswith(magic):
            return _unpacked(opened(io.BytesIO(data)), name)
    return data


def plain_name(name: str) -> str:
    """A file's name without what says how it is packed, in lower case."""
    lower = name.lower().partition("?")[0]
    return next((lower.removesuffix(ending) for ending in _ENDINGS if lower.endswith(ending)), lower)


def _unpacked(file: io.BufferedIOBase, name: str) -> bytes:
    try:
        data = file.read(LARGEST + 1)
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise broken(name, str(error)) from error
    if len(data) > LARGEST:
        raise too_large(name, LARGEST)
    return data


def _parquet(data: bytes, name: str) -> "pl.DataFrame":
    import polars as pl

    try:
        return pl.read_parquet(data)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise bad_parquet(name, first_line(error)) from error


def _zstd(data: bytes, name: str) -> bytes:
    """Python 3.11 has no zstd of its own; polars has."""
    import polars as pl

    try:
        lines = pl.scan_lines(data).collect().to_series()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise broken(name, str(error)) from error
    return "\n".join(lines.to_list()).encode()


def refuse_archive(data: bytes, name: str) -> None:
    """Raises: UsageError: it is an archive of several files."""
    if data.startswith(b"PK\x03\x04"):
        raise UsageError(f"`{name}` is a ZIP archive or a spreadsheet.", "Unpack it, or export it as CSV or Parquet.")


def too_large(name: str, most: int) -> UsageError:
    """The error for a file that holds too much."""
    said = f"{most >> 30} GiB" if most >> 30 else f"{most >> 20} MiB" if most >> 20 else f"{most} bytes"
    return UsageError(f"`{name}` holds more than {said}.", "Give several smaller files, or Parquet.")


def bad_parquet(name: str, why: str) -> UsageError:
    """The error for a file that is not Parquet, or not whole."""
    return UsageError(f"`{name}` is not readable as Parquet: {why}.", "Is it complete? Write or fetch it again.")


def broken(name: str, why: str) -> UsageError:
    """The error for a packed file that does not unpack."""
    return UsageError(
        f"`{name}` cannot be unpacked: {why.strip() or 'it is cut off'}.", "Is the file complete? Fetch it again."
    )


def first_line(error: BaseException) -> str:
    """What a reader says, in one line."""
    return (str(error).strip().splitlines() or ["unreadable"])[0].rstrip(".")
