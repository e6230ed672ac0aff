"""Tells which files of a repository a training reaches by its imports and commands, and which it never calls."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gatebot.discovery.code import Module
from gatebot.discovery.entrypoints import Builder, Commands, Functions, Native, PredictionScript, Script, Way
from gatebot.discovery.repository_files import RepositoryFiles

_FILE = re.compile(r"[\w./-]+\.(?:py|sh)\b")
_MODULE = re.compile(r"-m\s+([\w.]+)")
MAKEFILES = ("Makefile", "makefile", "GNUmakefile")


@dataclass(frozen=True, slots=True)
class Reached:
    """The Python files that a training calls, and the others.

    A file that could be called counts as called: what is said of the others holds.
    """

    called: tuple[PurePosixPath, ...] = ()
    never: tuple[PurePosixPath, ...] = ()


def reached(files: RepositoryFiles, modules: Sequence[Module], way: Way) -> Reached:
    """Follow a way to train through the repository. Files that only define a package are left out."""
    by_path = {one.path: one for one in modules}
    open_paths = [path for text in _starts(way) for path in _mentioned(files, by_path, text)]
    found: set[PurePosixPath] = set()
    while open_paths:
        path = open_paths.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".py":
            open_paths += _imported(files, by_path, path)
            open_paths += [other for word in by_path[path].words for other in _named(files, by_path, word)]
        else:
            open_paths += _mentioned(files, by_path, files.text(path))
    listed = [path for path in by_path if path.name != "__init__.py"]
    called = tuple(path for path in listed if path in found)
    return Reached(called, tuple(path for path in listed if path not in found) if called else ())


def _starts(way: Way) -> Iterator[str]:
    """Yield texts that mention the files with which a training begins."""
    match way:
        case Native(path=path):
            yield path
        case Commands(train=train, predict=predict, where=where):
            yield from (train, predict, where)
        case Functions(module=module, predict_module=other):
            yield from (f"-m {name}" for name in (module, other) if name)
        case Builder(module=module):
            yield f"-m {module}"
        case Script(commands=commands, ask=ask):
            yield from (" ".join(words) for words in (*commands, ask))
        case PredictionScript(command=command):
            yield " ".join(command)


def _mentioned(files: RepositoryFiles, by_path: Iterable[PurePosixPath], text: str) -> Iterator[PurePosixPath]:
    """Yield the files that a command or a script mentions: by name, as a module, or in a Makefile."""
    for name in _FILE.findall(text):
        yield from _named(files, by_path, name)
    for module in _MODULE.findall(text):
        yield from _of_module(by_path, module)
    if text.split(" ", 1)[0] == "make":
        yield from (path for name in MAKEFILES for path in files.named(name))


def _named(files: RepositoryFiles, by_path: Iterable[PurePosixPath], name: str) -> Iterator[PurePosixPath]:
    """Yield the files that a name may mean, relative to any folder."""
    parts = tuple(part for part in PurePosixPath(name).parts if part not in (".", "..", "/"))
    if parts and parts[-1].endswith((".py", ".sh")):
        others = files.named("*.sh") if parts[-1].endswith(".sh") else ()
        yield from (path for path in (*by_path, *others) if path.parts[-len(parts) :] == parts)


def _of_module(by_path: Iterable[PurePosixPath], name: str) -> Iterator[PurePosixPath]:
    """Yield the files that an import of a dotted name runs, wherever they are in the repository."""
    parts = tuple(name.split("."))
    for path in by_path:
        own = path.parts[:-1] if path.name in ("__init__.py", "__main__.py") else (*path.parts[:-1], path.stem)
        if any(own[-length:] == parts[:length] for length in range(len(parts), 0, -1) if length <= len(own)):
            yield path


def _imported(files: RepositoryFiles, by_path: Iterable[PurePosixPath], path: PurePosixPath) -> Iterator[PurePosixPath]:
    try:
        tree = ast.parse(files.text(path))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for each in names:
                    yield from _of_module(by_path, each.name)
            case ast.ImportFrom(module=module, names=names, level=level):
                before = path.parts[:-level] if level else ()
                start = ".".join((*before, *([module] if module else [])))
                yield from _of_module(by_path, start) if start else ()
                for each in names:
                    yield from _of_module(by_path, f"{start}.{each.name}" if start else each.name)
