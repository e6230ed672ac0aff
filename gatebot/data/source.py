"""Resolves patterns to a list of files and addresses. Errors suggest similar names."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from gatebot.core.address import is_address
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import UsageError

_WILD = re.compile(r"[*?\[]")
NEVER = frozenset({".git", ".gatebot"})
"""Folders that are never read: they may hold a token, labels or evidence."""
HINT = "Keep data in the repository as regular files, bring it with `data.fetch`, or give an address."


@dataclass(frozen=True, slots=True)
class Source:
    """The files and addresses of the rows: either `path`, or `train` and `eval`.

    Attributes:
        folder: folder of `gatebot.yml`, to which paths are relative.
        path, train, eval: files, globs (also with `**`) and addresses (`s3://`, `gs://`, `az://`, `http(s)://`).
        root: root of the repository; default `folder`. Files must be inside it after links are followed, because the
            commit under test chooses these paths and its code gets what is read.
    """

    folder: Path
    path: tuple[str, ...] = ()
    train: tuple[str, ...] = ()
    eval: tuple[str, ...] = ()
    root: Path | None = None

    @property
    def checkout(self) -> Checkout:
        """The files that may be read."""
        return Checkout(self.root or self.folder)

    @property
    def inside(self) -> PurePosixPath:
        """The folder of `gatebot.yml`, relative to the root."""
        if self.root is None:
            return PurePosixPath()
        if self.folder.is_relative_to(self.root):
            return PurePosixPath(self.folder.relative_to(self.root))
        return PurePosixPath(self.folder.resolve().relative_to(self.root.resolve()))


@dataclass(frozen=True, slots=True)
class Place:
    """One file or address.

    Attributes:
        name: name to show; the address itself for an address.
        path: path of a file relative to the root, without links; None for an address.
    """

    name: str
    path: PurePosixPath | None = None


def locate(source: Source, patterns: tuple[str, ...]) -> tuple[Place, ...]:
    """Return every file and address that the patterns match, once each, in the order of patterns; globs are sorted.

    Raises:
        UsageError: a pattern matches nothing, is not a regular file, or leads out of the repository.
    """
    if not patterns:
        raise UsageError("`data.path` is not set.", "Set `data.path`, or `data.train` and `data.eval`, in gatebot.yml.")
    places = {place.name: place for pattern in patterns for place in _places(source, pattern)}
    return tuple(places.values())


def _places(source: Source, pattern: str) -> Iterator[Place]:
    if is_address(pattern):
        yield Place(pattern)
        return
    whole = _beneath(source, pattern)
    try:
        kind = _kind(source.checkout, whole)
        if kind is None:
            found = _globbed(source, whole)
            paths = [path for path in found if _kind(source.checkout, path) not in (None, stat.S_IFDIR)]
        else:
            paths = [whole]
        if kind == stat.S_IFDIR:
            raise UsageError(f"`{pattern}` is a folder.", f"Name its files, for example `{pattern.rstrip('/')}/*.csv`.")
        if not paths:
            raise UsageError(f"`{pattern}` does not exist in {source.folder}.", _near(source, whole))
        for path in paths:
            yield Place(_name(source, path), _readable(source.checkout, path))
    except UnsafePathError as error:
        raise UsageError(f"`{pattern}` is not read: {error.message}.", HINT) from error
    except FileNotFoundError as error:
        raise UsageError(f"`{pattern}` is not read: it went while it was looked for.", HINT) from error


def _beneath(source: Source, pattern: str) -> PurePosixPath:
    """Return a pattern relative to the root; it may still contain `..`."""
    given = PurePosixPath(pattern)
    root = source.checkout.root
    if given.is_absolute():
        if given.is_relative_to(root):
            return given.relative_to(root)
        raise UsageError(f"`{pattern}` is not read: it is not inside the repository.", HINT)
    return source.inside / given


def _kind(checkout: Checkout, path: PurePosixPath) -> int | None:
    """Return the file type of a path's target, as `stat.S_IFMT` does; None if there is nothing."""
    try:
        status = checkout.status(checkout.resolved(path))
    except FileNotFoundError:
        return None
    return None if status is None else stat.S_IFMT(status.st_mode)


def _readable(checkout: Checkout, path: PurePosixPath) -> PurePosixPath:
    """Return the path of a regular file of the project, with links resolved.

    Raises:
        UnsafePathError: it is not such a file, or its name contains a control character.
    """
    real = checkout.resolved(path)
    if NEVER & {part.casefold() for part in real.parts}:
        raise UnsafePathError(f"{real} is not inside the project's own files")
    if not str(path).isprintable():
        raise UnsafePathError("its name holds a control character")
    with checkout.opened(real):
        return real


def _globbed(source: Source, pattern: PurePosixPath) -> list[PurePosixPath]:
    """Return the paths that a glob matches, sorted. Hidden names match only if the pattern has a hidden part."""
    parts = pattern.parts
    first = next((at for at, part in enumerate(parts) if _WILD.search(part)), None)
    if first is None:
        return []
    wants_hidden = any(_is_hidden(part) for part in parts[first:])
    start = PurePosixPath(*parts[:first])
    if _kind(source.checkout, start) != stat.S_IFDIR:
        return []
    return sorted(set(_matching(source.checkout, start, parts[first:], wants_hidden=wants_hidden)))


def _matching(
    checkout: Checkout, folder: PurePosixPath, parts: tuple[str, ...], *, wants_hidden: bool
) -> Iterator[PurePosixPath]:
    """Yield paths below a folder whose parts match `parts`. `**` matches any number of folders and follows no links."""
    pattern, rest = parts[0], parts[1:]
    if pattern == "**":
        yield from _matching(checkout, folder, rest or ("*",), wants_hidden=wants_hidden)
    for name in checkout.names(checkout.resolved(folder)):
        path = folder / name
        if name.casefold() in NEVER or (_is_hidden(name) and not wants_hidden):
            continue
        if pattern == "**":
            status = checkout.status(checkout.resolved(folder) / name)
            if status is not None and stat.S_ISDIR(status.st_mode):
                yield from _matching(checkout, path, parts, wants_hidden=wants_hidden)
        elif fnmatchcase(name, pattern):
            if not rest:
                yield path
            elif _kind(checkout, path) == stat.S_IFDIR:
                yield from _matching(checkout, path, rest, wants_hidden=wants_hidden)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name not in (".", "..")


def _name(source: Source, path: PurePosixPath) -> str:
    """Return a path relative to the folder of `gatebot.yml`."""
    return os.path.relpath(path, source.inside)


def _near(source: Source, path: PurePosixPath) -> str:
    """Return a hint for a pattern that matches nothing."""
    checkout, parent = source.checkout, path.parent
    while _WILD.search(str(parent)) or _kind(checkout, parent) != stat.S_IFDIR:
        parent = parent.parent
    names = [
        _name(source, parent / name) for name in checkout.names(checkout.resolved(parent)) if not name.startswith(".")
    ]
    close = get_close_matches(_name(source, path), names, n=3, cutoff=0.5)
    if close:
        return "Did you mean " + " or ".join(f"`{name}`" for name in close) + "?"
    if names:
        return "There are " + ", ".join(f"`{name}`" for name in names[:5]) + (" and more." if len(names) > 5 else ".")
    return "Is it fetched (`data.fetch`), and is the path relative to gatebot.yml?"
