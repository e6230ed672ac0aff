"""The files that `gatebot init` writes: refuses what is there, remembers what was, and takes them back."""

import base64
import json
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

from gatebot.core.checkout import Checkout
from gatebot.errors import GateError, UsageError
from gatebot.repository import own_folder
from gatebot.run.output import write_text

IGNORED = f"{own_folder.NAME}/"
IGNORE_FILE = ".gitignore"
RECORD = "init.json"
MOST_BYTES = 1 << 20
MOST_RECORD = 32 << 20

Texts = Mapping[PurePosixPath, str]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a configuration is written.

    Attributes:
        root: the root of the repository, or the configuration's folder outside of one.
        folder: the folder of the configuration, relative to the root.
    """

    root: Path
    folder: PurePosixPath

    def shown(self, path: PurePosixPath) -> str:
        """Return a path below the root as seen from the current folder."""
        return os.path.relpath(self.root / path)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: a digest of its text, and what stood there before, as base64 or as a link's target."""

    digest: str
    before: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What one or several runs of `gatebot init` have written, with paths relative to the root.

    Attributes:
        files: what was written.
        folders: the folders that were made for it.
        ignores: the path of the file that got lines for what git must not track; empty if it had them.
        lines: these lines.
    """

    files: Mapping[str, Written]
    folders: tuple[str, ...] = ()
    ignores: str = ""
    lines: tuple[str, ...] = ()


def require_free(target: Target, paths: Iterable[PurePosixPath], *, force: bool) -> None:
    """Refuse to write over files.

    Raises:
        UsageError: a file is there, and `force` is not set; or a path leads through a link.
    """
    checkout = Checkout(target.root)
    there = [target.shown(path) for path in paths if checkout.status(path) is not None]
    if there and not force:
        raise UsageError(
            f"{', '.join(there)}: there already",
            "Use --force to write over it (--undo then brings it back), or --print to see what would be written.",
        )


def write(target: Target, texts: Texts, ignored: Sequence[str] = ()) -> None:
    """Write all files, and remember what stood there. If one cannot be written, none is.

    Args:
        target: where they are written.
        texts: the files by path.
        ignored: folders that git must not track, besides gatebot's own.

    Raises:
        GateError: a file cannot be written, or is too large to be remembered.
    """
    checkout, known = Checkout(target.root), _read(target)
    before = known or Record({})
    now = {str(path): _standing(checkout, path) for path in texts}
    files = {str(path): _remembered(now[str(path)], before.files.get(str(path)), text) for path, text in texts.items()}
    parents = (parent for path in texts for parent in reversed(path.parents[:-1]))
    made = tuple(dict.fromkeys(str(parent) for parent in parents if checkout.status(parent) is None))
    ignores = str(target.folder / IGNORE_FILE)
    text = _text(checkout, ignores)
    lines = _missing(text, (IGNORED, *ignored))
    listed = ignores if lines else before.ignores
    _store(target, Record({**before.files, **files}, (*before.folders, *made), listed, (*before.lines, *lines)))
    try:
        for path, content in texts.items():
            write_text(content, target.root / path)  # replaces a link, instead of writing through it
        if lines:
            own = [text.rstrip()] if text.strip() else []
            write_text("\n".join([*own, *lines, ""]), target.root / ignores)
    except GateError:
        for name, standing in now.items():
            _bring_back(target.root / name, standing)
        _remove_empty(target, made)
        _forget(target) if known is None else _store(target, known)
        raise


def undo(target: Target, *, force: bool) -> tuple[list[str], list[str]]:
    """Take back what was written, and bring back what stood there.

    Returns:
        The paths that were taken back, and those that were edited since and are kept unless `force` is set.

    Raises:
        UsageError: nothing is known of what was written here.
    """
    record = _read(target)
    if record is None:
        raise UsageError(
            f"{own_folder.NAME}/{RECORD}: no such file, so it is not known what `gatebot init` wrote here",
            "Remove gatebot.yml, gatebot_pipeline.py and .github/workflows/gatebot*.yml by hand, or with git.",
        )
    checkout = Checkout(target.root)
    done, kept = [], dict[str, Written]()
    for name, written in record.files.items():
        status = checkout.status(name)
        if status is None and written.before is None and written.link is None:
            continue
        if not force and status is not None and _digest_at(checkout, name, status) != written.digest:
            kept[name] = written
            continue
        _bring_back(target.root / name, written)
        done.append(name)
    if record.ignores and not kept:
        done += _unignored(target, record.ignores, record.lines)
    if kept:
        _store(target, replace(record, files=kept))
    else:
        _remove_empty(target, record.folders)
        _forget(target)
    return done, list(kept)


def _standing(checkout: Checkout, path: PurePosixPath) -> Written:
    """Return what stands at a path now."""
    status = checkout.status(path)
    if status is None:
        return Written("")
    if stat.S_ISLNK(status.st_mode):
        return Written("", link=checkout.link(path))
    content = checkout.read(path, MOST_BYTES)
    return Written(_digest(content), before=base64.b64encode(content).decode())


def _remembered(standing: Written, earlier: Written | None, text: str) -> Written:
    """Return the record of a file that is about to be written, with the user's own content from before."""
    own = earlier if earlier is not None and earlier.digest == standing.digest else standing
    return Written(_digest(text.encode("utf-8", "replace")), own.before, own.link)


def _bring_back(path: Path, written: Written) -> None:
    if written.link is not None:
        path.unlink(missing_ok=True)
        path.symlink_to(written.link)
    elif written.before is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(base64.b64decode(written.before))
    else:
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()


def _remove_empty(target: Target, folders: tuple[str, ...]) -> None:
    checkout = Checkout(target.root)
    for folder in reversed(folders):
        if checkout.is_folder(folder) and not checkout.names(folder):
            (target.root / folder).rmdir()


def _digest_at(checkout: Checkout, name: str, status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
        return ""
    return _digest(checkout.read(name, MOST_BYTES))


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _text(checkout: Checkout, path: str) -> str:
    try:
        return checkout.read(path, MOST_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _missing(text: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the folders that a file of ignored paths does not list."""
    known = {line.strip().strip("/") for line in text.splitlines()}
    return tuple(name for name in names if name.strip("/") not in known)


def _unignored(target: Target, path: str, lines: Sequence[str]) -> list[str]:
    """Take lines out of the file that lists what git ignores."""
    text = _text(Checkout(target.root), path)
    left = "".join(line for line in text.splitlines(keepends=True) if line.strip() not in lines)
    if left == text:
        return []
    if left.strip():
        write_text(left, target.root / path)
    else:
        (target.root / path).unlink()
    return [path]


def _own(target: Target) -> Path:
    """Return gatebot's own folder, which no commit may have made.

    Raises:
        UsageError: it is not gatebot's.
    """
    return own_folder.require_owned(target.root / target.folder / own_folder.NAME)


def _store(target: Target, record: Record) -> None:
    folder = _own(target)
    folder.mkdir(exist_ok=True)
    write_text("*\n", folder / IGNORE_FILE)
    write_text(json.dumps(asdict(record), indent=1) + "\n", folder / RECORD)


def _read(target: Target) -> Record | None:
    """Return what is known to be written; None if nothing is.

    Raises:
        UsageError: gatebot's own folder is not gatebot's, or the file is not readable.
    """
    folder = _own(target)
    if not folder.is_dir():
        return None
    try:
        value: Any = json.loads(Checkout(folder).read(RECORD, MOST_RECORD))
        files = {str(PurePosixPath(name)): Written(**written) for name, written in value["files"].items()}
        folders, lines = (tuple(map(str, value[name])) for name in ("folders", "lines"))
        return Record(files, folders, str(value["ignores"]), lines)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{folder / RECORD} is not readable", "Remove it, and what was written by hand.") from error


def _forget(target: Target) -> None:
    """Remove the record, and gatebot's own folder if nothing else is in it."""
    folder = _own(target)
    (folder / RECORD).unlink(missing_ok=True)
    if {each.name for each in folder.iterdir()} <= {IGNORE_FILE}:
        (folder / IGNORE_FILE).unlink(missing_ok=True)
        folder.rmdir()
