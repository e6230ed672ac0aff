"""Reads Python's tracebacks in a log: folds the frames of libraries, and finds the last frame of the user's own code.

A log is untrusted: what is found here is quoted for people, and decides nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MOST_NAMED = 3
_FRAME = re.compile(r'(\s*)File "([^"]{1,500})", line (\d{1,9})(?:, in (.{1,200}))?')
_FOLDED = re.compile(r"\s*\[(\d{1,6}) (?:frame|frames) of [^\]]*\]")
_REPEATED = re.compile(r"\s*\[Previous line repeated \d+ more times?\]")
_PACKAGE = re.compile(r"/(?:site|dist)-packages/([A-Za-z0-9_-]{1,60})")
_STANDARD = re.compile(r"/lib/python3\.\d+/")
_NO_FILE = ("<string>", "<stdin>")
_OF_ANOTHER_PROCESS = "subprocess.CalledProcessError"


@dataclass(frozen=True, slots=True)
class OwnFrame:
    """The place in the user's own code at which a program has failed.

    Attributes:
        path: the file, relative to the repository.
        line: its line, counted from 1.
        name: the function; empty where the file could not be compiled.
        source: the text of the line; empty if it is unknown.
        error: the line with the exception; empty if the log ends before it.
        libraries: the number of frames of libraries that it called into.
    """

    path: str
    line: int
    name: str
    source: str
    error: str
    libraries: int


@dataclass(slots=True)
class _Frame:
    """A frame, or frames that were folded already, with the lines that show it."""

    lines: list[str]
    path: str = ""
    line: int = 0
    name: str = ""
    count: int = 1

    @property
    def is_own(self) -> bool:
        return bool(self.path) and not self.path.startswith(("/", "<")) and not _PACKAGE.search(f"/{self.path}")

    @property
    def is_library(self) -> bool:
        return bool(self.path) and not self.is_own and self.path not in _NO_FILE

    @property
    def source(self) -> str:
        return self.lines[1].strip() if len(self.lines) > 1 else ""


@dataclass(slots=True)
class _Traceback:
    """Frames one below the other, and the first line after them."""

    frames: list[_Frame] = field(default_factory=list)
    error: str = ""


def folded(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the lines with adjacent frames of libraries as one line, where a traceback has frames of the user's, too.

    Paths of the user's own files must be relative already.
    """
    told: list[str] = []
    for part in _parts(lines):
        if isinstance(part, str):
            told.append(part)
        elif any(frame.is_own for frame in part.frames):
            told += _shortened(part.frames)
        else:
            told += [line for frame in part.frames for line in frame.lines]
    return tuple(told)


def own_frame(lines: Sequence[str]) -> OwnFrame | None:
    """Return the user's own last frame in the last traceback of a log that has one; None if there is none.

    Where that traceback only tells that another process has failed, the one before it is taken, which tells why.
    """
    parts = [part for part in _parts(lines) if isinstance(part, _Traceback)]
    own = [part for part in parts if any(frame.is_own for frame in part.frames)]
    if not own:
        return None
    chosen = own[-2] if len(own) > 1 and own[-1].error.startswith(_OF_ANOTHER_PROCESS) else own[-1]
    at = max(number for number, frame in enumerate(chosen.frames) if frame.is_own)
    last = chosen.frames[at]
    libraries = sum(frame.count for frame in chosen.frames[at + 1 :])
    return OwnFrame(last.path, last.line, last.name, last.source, chosen.error, libraries)


def _parts(lines: Sequence[str]) -> Iterator[_Traceback | str]:
    """Yield tracebacks, each as soon as it is complete, and all other lines as they are."""
    open_traceback: _Traceback | None = None
    indent = 0
    for line in lines:
        frame = _frame(line)
        if frame is not None:
            open_traceback = open_traceback or _Traceback()
            open_traceback.frames.append(frame)
            indent = len(line) - len(line.lstrip())
            continue
        if open_traceback is not None and _belongs(line, indent):
            open_traceback.frames[-1].lines.append(line)
            continue
        if open_traceback is not None:
            open_traceback.error = line.strip()
            yield open_traceback
            open_traceback = None
        yield line
    if open_traceback is not None:
        yield open_traceback


def _frame(line: str) -> _Frame | None:
    if (found := _FRAME.fullmatch(line)) is not None:
        return _Frame([line], found[2], int(found[3]), found[4] or "")
    if (found := _FOLDED.fullmatch(line)) is not None:
        return _Frame([line], count=int(found[1]))
    return None


def _belongs(line: str, indent: int) -> bool:
    """Return whether a line shows the source of the frame above it."""
    return len(line) - len(line.lstrip()) > indent or _REPEATED.fullmatch(line) is not None


def _shortened(frames: list[_Frame]) -> list[str]:
    told: list[str] = []
    libraries: list[_Frame] = []
    for frame in (*frames, None):
        if frame is not None and frame.is_library:
            libraries.append(frame)
            continue
        if libraries:
            told.append(_fold(libraries))
            libraries = []
        told += [] if frame is None else frame.lines
    return told


def _fold(frames: list[_Frame]) -> str:
    names = list(dict.fromkeys(_library(frame.path) for frame in frames))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"  [{len(frames)} {'frame' if len(frames) == 1 else 'frames'} of {', '.join(names[:MOST_NAMED])}{more}]"


def _library(path: str) -> str:
    if (found := _PACKAGE.search(path)) is not None:
        return found[1]
    return "Python" if path.startswith("<") or _STANDARD.search(path) else "other code"
