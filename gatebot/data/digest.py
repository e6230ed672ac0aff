"""Computes digests of files and bytes, which identify a version of the data."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gatebot.core.checkout import UnsafePathError
from gatebot.data.identity import joined
from gatebot.data.packing import LARGEST
from gatebot.data.source import Source, locate
from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_SIZE = 16  # bytes


def bytes_digest(data: bytes) -> str:
    """Return the hexadecimal digest of some bytes."""
    return blake2b(data, digest_size=_SIZE).hexdigest()


def frame_digest(frame: "pl.DataFrame") -> str:
    """Return the hexadecimal digest of a table's column names and values, if its bytes are not available."""
    hasher = blake2b(digest_size=_SIZE)
    hasher.update("\x1f".join(frame.columns).encode())
    for text in joined(frame, frame.columns).to_list():
        hasher.update(b"\n" + text.encode())
    return hasher.hexdigest()


def content(source: Source, path: PurePosixPath, name: str) -> bytes:
    """Return the bytes of a file of a source.

    Raises:
        UsageError: the file cannot be read, or is too large.
    """
    try:
        return source.checkout.read(path, LARGEST)
    except UnsafePathError as error:
        raise UsageError(f"`{name}` is not read: {error.message}.", error.hint) from error
    except OSError as error:
        raise UsageError(f"`{name}` cannot be read: {error.strerror}.", "Check that gatebot may read it.") from error


def version_digests(source: Source, patterns: tuple[str, ...]) -> Mapping[str, str]:
    """Return name -> digest of the files under `data.version.files`, which represent data that is not in git."""
    if not patterns:
        return {}
    return {
        place.name: bytes_digest(content(source, place.path, place.name))
        for place in locate(source, patterns)
        if place.path is not None
    }


def data_version(digests: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """Return one digest for a set of files. It depends on names and bytes, not on the order."""
    pairs = digests.items() if isinstance(digests, Mapping) else digests
    return bytes_digest("\n".join(f"{digest}  {name}" for name, digest in sorted(pairs)).encode())
