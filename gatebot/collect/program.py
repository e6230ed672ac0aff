"""Runs gatebot's own programs in the sandbox. Each is one file without imports of gatebot: request in, files out."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Event

from gatebot.collect import bounded_read, interpreter_copy
from gatebot.collect.interpreter import Interpreter, at
from gatebot.collect.runner import InterruptedRunError, Runner
from gatebot.sandbox import Command, Completed, Ended, Isolation, Limits, Reach, run, scratch
from gatebot.sandbox.environment import THREADS

FLAGS = ("-I", "-S", "-B")
QUESTION = "question"
LIBRARIES = ("numpy", "polars", "requests", "sklearn")
# No site module: `.pth` files and `sitecustomize` are not run, and imports come only from these folders.
_START = (
    "import runpy, sys; sys.path += sys.argv.pop(1).split(':'); runpy.run_path(sys.argv.pop(1), run_name='__main__')"
)


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that has ended.

    Attributes:
        completed: how it ended.
        folder: the files that it wrote; deleted at the end of the `ran` block.
    """

    completed: Completed
    folder: Path

    def read(self, name: str, most: int) -> bytes:
        """Return the bytes of a file that the program wrote.

        Raises:
            FileNotFoundError: there is no such file.
            UnreadableError: it is a link, a device, a pipe or too large.
        """
        return bounded_read.read(self.folder / name, most)


@dataclass(frozen=True, slots=True)
class Programs:
    """Starts gatebot's own programs. They process data of a pull request and see nothing else of it, nor of gatebot.

    Attributes:
        reach: the isolation to run at.
        least: the lowest level that is accepted.
        cache: the folder for a mirror of gatebot's interpreter, if only its owner may enter that interpreter's folder.
        hidden: paths that no program may see, except what is granted inside of them.
        denied: paths that no program may see, whatever is granted.
        cancel: set to end all programs.
        threads: the number of threads of each program.
    """

    reach: Reach
    least: Isolation
    cache: Path
    hidden: tuple[Path, ...] = ()
    denied: tuple[Path, ...] = ()
    cancel: Event = field(default_factory=Event)
    threads: int = 1

    @classmethod
    def beside(cls, runner: Runner) -> "Programs":
        """Return programs with the isolation of a runner's user code, which end together with it."""
        job = runner.job
        least = Isolation(job.rules.smoke.isolation)
        return cls(runner.reach, least, runner.cache, runner.hidden, runner.denied, runner.cancel, job.threads)

    @contextmanager
    def ran(
        self,
        source: Path,
        question: bytes,
        limits: Limits,
        *,
        network: bool = False,
        env: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Iterator[Ran]:
        """Run a program until it ends.

        It is called with the path of the request, in an empty folder that it may write to.

        Args:
            source: the file of the program.
            question: the request.
            limits: the limits for its resources.
            network: whether it may open network connections.
            env: environment variables, in addition to the sandbox's defaults.
            files: files for it to read: the content by the variable that will hold the path.

        Raises:
            GateError: nothing may be started here (see `sandbox.run`).
            MachineError: the sandbox could not be set up.
            InterruptedRunError: gatebot is shutting down.
        """
        own = at(Path(sys.executable))
        usable = interpreter_copy.opened(own, self.cache) if self.reach.level is Isolation.FULL else own
        libraries = tuple(_moved(folder, own, usable) for folder in _libraries())
        with scratch("gatebot-program-") as home:
            folder, program, asked = home / "left", home / "program.py", home / QUESTION
            folder.mkdir()
            shutil.copyfile(source, program)
            asked.write_bytes(question)
            lent = {name: home / name for name in files or {}}
            for name, path in lent.items():
                path.write_bytes((files or {})[name])
            for each in (program, asked, *lent.values()):
                each.chmod(0o644)
            start = (str(usable.python), *FLAGS, "-c", _START)
            command = Command(
                argv=(*start, ":".join(map(str, libraries)), str(program), str(asked)),
                scratch=folder,
                env={**dict.fromkeys(THREADS, str(self.threads)), **(env or {}), **_texts(lent)},
                readable=(*usable.readable, *libraries, program, asked, *lent.values()),
                hidden=self.hidden,
                denied=self.denied,
                network=network,
                isolation=self.least,
                limits=limits,
            )
            completed = run(command, cancel=self.cancel, reach=self.reach)
            if completed.ended is Ended.INTERRUPTED:
                raise InterruptedRunError
            yield Ran(completed, folder)


def _texts(paths: Mapping[str, Path]) -> dict[str, str]:
    return {name: str(path) for name, path in paths.items()}


@cache
def _libraries() -> tuple[Path, ...]:
    """Return the folders with the packages that gatebot itself uses."""
    found = [spec.origin for name in LIBRARIES if (spec := find_spec(name)) is not None and spec.origin is not None]
    return tuple(dict.fromkeys(Path(origin).parents[1] for origin in found))


def _moved(folder: Path, own: Interpreter, usable: Interpreter) -> Path:
    """Return the path of a folder of gatebot's installation as seen from the interpreter that is used."""
    for python, other in ((own.python, usable.python), (own.python.resolve(), usable.python.resolve())):
        home = python.parent.parent
        if folder.is_relative_to(home):
            return other.parent.parent / folder.relative_to(home)
    return folder
