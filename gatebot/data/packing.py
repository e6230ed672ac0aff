"""Decompresses gzip, bzip2, xz and zstd, which are recognised by their first bytes, not by the file name."""

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
"""Largest size of one file in bytes, packed and unpacked: an eighth of the machine's memory, at most 16 GiB."""

_OPENERS: tuple[tuple[bytes, Callable[[io.BytesIO], io.BufferedIOBase]], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_ZSTD = b"\x28\xb5\x2f\xfd"
PARQUET = b"PAR1"
_ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".zstd")


def is_packed(data: bytes) -> bool:
    """Return whether bytes are compressed or Parquet, so that they must be decoded before they are text."""
    return data.startswith((PARQUET, _ZSTD, *(magic for magic, _ in _OPENERS)))


def decoded(data: bytes, name: str) -> "bytes | pl.DataFrame":
    """Return plain bytes, or a table if they are Parquet. Decodes in this process.

    Use it only for the user's own files. Files of a pull request are decoded in the sandbox.

    Raises:
        UsageError: the bytes cannot be decoded.
    """
    plain = unpacked(data, name)
    return _parquet(plain, name) if plain.startswith(PARQUET) else plain


def unpacked(data: bytes, name: str) -> bytes:
    """Return the bytes, decompressed if they are compressed.

    Raises:
        UsageError: they cannot be decompressed, hold more than `LARGEST` bytes, or are an archive of several files.
    """
    refuse_archive(data, name)
    if data.startswith(_ZSTD):
        return _zstd(data, name)
    for magic, opened in _OPENERS:
        if data.startswith(magic):
            return _unpacked(opened(io.BytesIO(data)), name)
    return data


def plain_name(name: str) -> str:
    """Return a file's name in lower case, without the suffix of its compression."""
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
    """Decompress zstd with polars; the standard library of Python 3.11 cannot."""
    import polars as pl

    try:
        lines = pl.scan_lines(data).collect().to_series()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise broken(name, str(error)) from error
    return "\n".join(lines.to_list()).encode()


def refuse_archive(data: bytes, name: str) -> None:
    """Refuse a ZIP archive.

    Raises:
        UsageError: the data is an archive of several files.
    """
    if data.startswith(b"PK\x03\x04"):
        raise UsageError(f"`{name}` is a ZIP archive or a spreadsheet.", "Unpack it, or export it as CSV or Parquet.")


def too_large(name: str, most: int) -> UsageError:
    """Return the error for a file that is too large."""
    limit = f"{most >> 30} GiB" if most >> 30 else f"{most >> 20} MiB" if most >> 20 else f"{most} bytes"
    return UsageError(f"`{name}` holds more than {limit}.", "Give several smaller files, or Parquet.")


def bad_parquet(name: str, why: str) -> UsageError:
    """Return the error for a file that is not Parquet, or incomplete."""
    return UsageError(f"`{name}` is not readable as Parquet: {why}.", "Is it complete? Write or fetch it again.")


def broken(name: str, why: str) -> UsageError:
    """Return the error for a file that cannot be decompressed."""
    return UsageError(
        f"`{name}` cannot be unpacked: {why.strip() or 'it is cut off'}.", "Is the file complete? Fetch it again."
    )


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without a full stop."""
    return (str(error).strip().splitlines() or ["unreadable"])[0].rstrip(".")
