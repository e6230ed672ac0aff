"""Commits with anything that git can hold: links, modes, submodules and names that no checkout of ours would make."""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.container.scenario import IDENTITY

WHO = f"{IDENTITY['GIT_AUTHOR_NAME']} <{IDENTITY['GIT_AUTHOR_EMAIL']}> 1790000000 +0000"


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True, slots=True)
class Program:
    """A file that may be executed."""

    text: str


@dataclass(frozen=True, slots=True)
class Submodule:
    """A commit of another repository."""

    sha: str


Entry = str | bytes | Link | Program | Submodule | None
"""What stands at a path; None deletes."""


def committed(
    origin: Path, files: Mapping[str, Entry], ref: str, parents: Iterable[str] = (), message: str = "change"
) -> str:
    """A commit of the first parent's files with these in place, on a ref. Returns its SHA."""
    before = list(parents)
    stream = [f"commit {ref}\nmark :1\ncommitter {WHO}\n".encode(), _data(message.encode())]
    stream += [f"{'merge' if at else 'from'} {sha}\n".encode() for at, sha in enumerate(before)]
    stream += [_written(path, entry) for path, entry in files.items()]
    done = subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=origin,
        env={"PATH": "/usr/bin:/bin", **IDENTITY},
        input=b"".join([*stream, b"\nget-mark :1\n"]),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def _written(path: str, entry: Entry) -> bytes:
    name = _quoted(path)
    match entry:
        case None:
            return b"D " + name + b"\n"
        case Submodule(sha=sha):
            return b"M 160000 " + sha.encode() + b" " + name + b"\n"
        case Link(target=target):
            return b"M 120000 inline " + name + b"\n" + _data(target.encode())
        case Program(text=text):
            return b"M 100755 inline " + name + b"\n" + _data(text.encode())
        case str():
            return b"M 100644 inline " + name + b"\n" + _data(entry.encode())
        case bytes():
            return b"M 100644 inline " + name + b"\n" + _data(entry)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    """As git quotes names: every byte that is not plain as three octal digits."""
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ./_-+,=:;@!#$%&()[]{}<>?*|^~`'"
    return b'"' + b"".join(bytes([one]) if one in plain else b"\\%03o" % one for one in path.encode()) + b'"'
