"""Decompresses gzip, bzip2, xz, zstd and ZIP, which are recognised by their first bytes, not by the file name."""

import bz2
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

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
ZIP = b"PK\x03\x04"
_ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".zstd", ".zip")


def is_packed(data: bytes) -> bool:
    """Return whether bytes are compressed or Parquet, so that they must be decoded before they are text."""
    return data.startswith((PARQUET, _ZSTD, ZIP, *(magic for magic, _ in _OPENERS)))


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
    if data.startswith(_ZSTD):
        return _zstd(data, name)
    if data.startswith(ZIP):
        return _unzipped(data, name)
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
    except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as error:
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


def _unzipped(data: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [each.filename for each in archive.infolist() if is_member(each.filename)]
            if len(inside) != 1:
                raise several_files(name, inside)
            with archive.open(inside[0]) as file:
                return _unpacked(cast("io.BufferedIOBase", file), name)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise broken(name, str(error)) from error


def is_member(path: str) -> bool:
    """Return whether an entry of a ZIP archive is a file of the user's, and no folder or note of a packing program."""
    return not path.endswith("/") and not path.startswith("__MACOSX/")


def several_files(name: str, inside: Sequence[str]) -> UsageError:
    """Return the error for an archive that does not hold exactly one file."""
    if "[Content_Types].xml" in inside:
        return UsageError(f"`{name}` is a spreadsheet or document.", "Export it as CSV or Parquet.")
    what = ", ".join(f"`{each[:40]}`" for each in inside[:3]) + (" and more" if len(inside) > 3 else "")
    return UsageError(
        f"`{name}` is an archive of {len(inside)} files{f' ({what})' if inside else ''}.",
        "Pack one file into each archive, or give the files themselves.",
    )


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
