"""Where the data lies: patterns become a sorted list of files and addresses, or an error that names what is near."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from gatebot.address import is_address
from gatebot.errors import UsageError

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from. Either `path`, or `train` and `eval`.

    Attributes:
        folder: what paths are relative to: the folder of `gatebot.yml`.
        path, train, eval: files, globs (`**` too) and addresses (`s3://`, `gs://`, `az://`, `http(s)://`).
        within: folders that files may lie in, after links are followed; default: `folder`. A commit under test
            chooses these paths, and whatever is read here is shown to its code.
    """

    folder: Path
    path: tuple[str, ...] = ()
    train: tuple[str, ...] = ()
    eval: tuple[str, ...] = ()
    within: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One file or address: the name for people, and where it is."""

    name: str
    path: Path | None = None


def locate(source: Source, patterns: tuple[str, ...]) -> tuple[Place, ...]:
    """Every file and address that the patterns mean: patterns in their order, files of one glob sorted, each once.

    Raises:
        UsageError: a pattern matches nothing, is a folder, lies outside of `within`, or has an unknown scheme.
    """
    if not patterns:
        raise UsageError("`data.path` is not set.", "Set `data.path`, or `data.train` and `data.eval`, in gatebot.yml.")
    places = {place.name: place for pattern in patterns for place in _places(source, pattern)}
    return tuple(places.values())


def _places(source: Source, pattern: str) -> Iterator[Place]:
    if is_address(pattern):
        yield Place(pattern)
        return
    whole = source.folder / pattern
    if whole.is_dir():
        raise UsageError(f"`{pattern}` is a folder.", f"Name its files, for example `{pattern.rstrip('/')}/*.csv`.")
    paths = [whole] if whole.exists() else _globbed(source.folder, pattern)
    if not paths:
        raise UsageError(f"`{pattern}` does not exist in {source.folder}.", _near(source.folder, pattern))
    for path in paths:
        yield Place(_name(source.folder, path), _allowed(source, path))


def _globbed(folder: Path, pattern: str) -> list[Path]:
    """Files that a glob matches, in the order of their names; hidden folders are not searched unless named."""
    if not _WILD.search(pattern):
        return []
    root = Path(pattern).anchor
    start, rest = (Path(root), str(Path(pattern).relative_to(root))) if root else (folder, pattern)
    wants_hidden = any(part.startswith(".") and part not in (".", "..") for part in Path(rest).parts)
    found = (path for path in start.glob(rest) if path.is_file())
    return sorted(path for path in found if wants_hidden or not _hidden(path.relative_to(start)))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") and part not in (".", "..") for part in path.parts)


def _allowed(source: Source, path: Path) -> Path:
    real = path.resolve()
    homes = [home.resolve() for home in source.within or (source.folder,)]
    if ".git" in real.parts or not any(real.is_relative_to(home) for home in homes):
        raise UsageError(
            f"`{_name(source.folder, path)}` is not inside the repository (links are followed), so it is not read.",
            "Keep data in the repository, bring it with `data.fetch`, or give an address.",
        )
    if not real.is_file():
        raise UsageError(
            f"`{_name(source.folder, path)}` is not a regular file.", "Give a file that can be read twice."
        )
    return real


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _near(folder: Path, pattern: str) -> str:
    """What to do about a pattern that matches nothing."""
    parent = (folder / pattern).parent
    while _WILD.search(str(parent)) or not parent.is_dir():
        parent = parent.parent
    names = [_name(folder, path) for path in sorted(parent.iterdir()) if not path.name.startswith(".")]
    close = get_close_matches(pattern, names, n=3, cutoff=0.5)
    if close:
        return "Did you mean " + " or ".join(f"`{name}`" for name in close) + "?"
    if names:
        return "There are " + ", ".join(f"`{name}`" for name in names[:5]) + (" and more." if len(names) > 5 else ".")
    return "Is it fetched (`data.fetch`), and is the path relative to gatebot.yml?"
