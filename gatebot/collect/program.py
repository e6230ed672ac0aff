"""Runs a program of gatebot's own in the sandbox: one file that imports nothing of ours, a question in, files out."""

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
# No site module: neither a `.pth` file nor a `sitecustomize` is run, and nothing is imported but from these folders.
_START = (
    "import runpy, sys; sys.path += sys.argv.pop(1).split(':'); runpy.run_path(sys.argv.pop(1), run_name='__main__')"
)


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that has ended.

    Attributes:
        completed: how.
        folder: what it left; gone with the block that it was started in.
    """

    completed: Completed
    folder: Path

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a file that it left.

        Raises:
            FileNotFoundError: there is none.
            UnreadableError: it is a link, a device, a pipe or too large.
        """
        return bounded_read.read(self.folder / name, most)


@dataclass(frozen=True, slots=True)
class Programs:
    """Starts programs of gatebot's own: they handle a pull request's data and see nothing else of it, nor of the gate.

    Attributes:
        reach: the isolation to run at.
        least: the least that is accepted.
        cache: where a mirror of gatebot's interpreter is kept, should it lie where only its owner may go.
        hidden: what no program may see but for what is granted in it.
        denied: what none may see whatever is granted.
        cancel: set to end all of them.
        threads: of each.
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
        """At the isolation of user code, ended with it."""
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
        """Run a program to its end.

        It is called with the path of the question, in an empty folder that it may write.

        Args:
            source: its file.
            question: what it is asked.
            limits: what it may take.
            network: whether it may open network connections.
            env: its environment, on top of the sandbox's defaults.
            files: variables that name a file for it to read, and what is in that file.

        Raises:
            GateError: nothing may be started here (see `sandbox.run`).
            MachineError: the sandbox could not be set up.
            InterruptedRunError: everything is being ended.
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
    """The folders that hold what gatebot itself is installed with."""
    found = [spec.origin for name in LIBRARIES if (spec := find_spec(name)) is not None and spec.origin is not None]
    return tuple(dict.fromkeys(Path(origin).parents[1] for origin in found))


def _moved(folder: Path, own: Interpreter, usable: Interpreter) -> Path:
    """Where a folder of gatebot's installation is, seen from the interpreter that is used."""
    for python, other in ((own.python, usable.python), (own.python.resolve(), usable.python.resolve())):
        home = python.parent.parent
        if folder.is_relative_to(home):
            return other.parent.parent / folder.relative_to(home)
    return folder
