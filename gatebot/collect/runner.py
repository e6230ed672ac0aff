"""Runs user commands for one side: selects their environment variables, and records how they ended."""

import glob
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from gatebot.collect.interpreter import Interpreter, user_path
from gatebot.collect.interpreter_copy import is_open
from gatebot.collect.job import Job
from gatebot.collect.log_lines import last_lines
from gatebot.core.redact import Redactor, holds_password, is_secret, redactor, secrets_of
from gatebot.errors import MachineError
from gatebot.evidence.effects import Effects, Ending
from gatebot.sandbox import Command, Completed, Ended, Isolation, Limits, Reach, run
from gatebot.sandbox.environment import THREADS

DEVICES = ("/dev/nvidia*", "/dev/dri", "/dev/kfd")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
FIXED = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUNBUFFERED": "1",
    "MPLBACKEND": "Agg",
}
_ENDINGS = {
    Ended.TIMEOUT: Ending.TIMEOUT,
    Ended.MEMORY: Ending.MEMORY,
    Ended.DISK: Ending.DISK,
    Ended.PROCESSES: Ending.PROCESSES,
}


class InterruptedRunError(Exception):
    """A run was ended because gatebot is shutting down."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Starts user code.

    Attributes:
        job: limits and environment.
        reach: the isolation to run at.
        hidden: paths that user code must not see, except what is granted inside of them.
        denied: paths that user code must never see.
        cancel: set to end all runs.
        cache: the folder for environments and fetched data, which user code can be granted access to.
        env: variables of the side's environment and Recipe.
        readable: paths that every run may read.
    """

    job: Job
    reach: Reach
    hidden: tuple[Path, ...]
    denied: tuple[Path, ...]
    cancel: Event
    cache: Path
    env: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()

    def inside(self, interpreter: Interpreter | None, variables: Mapping[str, str]) -> "Runner":
        """Return this runner with an interpreter's programs first on the PATH, and with further variables."""
        path = user_path(self.job.environ)
        if self.reach.level is Isolation.FULL:
            path = ":".join(folder for folder in path.split(":") if Path(folder).is_dir() and is_open(Path(folder)))
        if interpreter is None:
            return replace(self, env={**self.env, "PATH": path, **variables})
        env = {**self.env, "PATH": f"{interpreter.folder}:{path}", **variables}
        return replace(self, env=env, readable=(*self.readable, *interpreter.readable))

    def run(
        self,
        argv: tuple[str, ...],
        scratch: Path,
        *,
        cwd: Path | None = None,
        readable: tuple[Path, ...] = (),
        writable: tuple[Path, ...] = (),
        network: bool = False,
        seconds: float | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run one command until it ends.

        Raises:
            MachineError: the sandbox or the machine failed, or a device is missing.
            GateError: the isolation is below what the Rules accept, or a token is within reach.
            InterruptedRunError: gatebot is shutting down.
        """
        smoke = self.job.rules.smoke
        limits = Limits(
            seconds=smoke.timeout if seconds is None else max(seconds, 0.1),
            memory_bytes=smoke.memory,
            disk_bytes=smoke.disk,
        )
        command = Command(
            argv=argv,
            scratch=scratch,
            env={**self._passed(), **self._threads(), **FIXED, **self.env, **(env or {})},
            cwd=cwd,
            readable=(*self.readable, *readable),
            writable=(*writable, *self._devices()),
            hidden=self.hidden,
            denied=self.denied,
            network=network,
            isolation=Isolation(smoke.isolation),
            limits=limits,
        )
        completed = run(command, cancel=self.cancel, reach=self.reach)
        if completed.ended is Ended.INTERRUPTED:
            raise InterruptedRunError
        return completed

    def log_of(self, completed: Completed, root: Path | None = None) -> tuple[str, ...]:
        """Return the last lines of a run's output that may be stored, with paths relative to `root`."""
        return self.masked(completed.log_tail, root)

    def masked(self, text: str, root: Path | None = None) -> tuple[str, ...]:
        """Return the last lines of a text that may be stored, with paths relative to `root`."""
        return last_lines(text, self.job.rules.privacy.log_tail, self.redactor, root)

    @property
    def redactor(self) -> Redactor:
        """The redactor that removes secrets from all that user code printed or wrote."""
        return redactor(self.job.environ, self._secret_names)

    @property
    def fetch_secrets(self) -> dict[str, str]:
        """The variables that only `data.fetch` may see."""
        fetch = self.job.rules.data.fetch
        return _held(self.job.environ, fetch.secrets if fetch is not None else ())

    @property
    def credentials(self) -> dict[str, str]:
        """Variables of `smoke.env.pass` with a secret. Only set-up may see them, and only if it runs code of base."""
        environ = self.job.environ
        named = (
            name for name in self.job.rules.smoke.env.pass_ if environ.get(name) and name not in self._secret_names
        )
        return {name: environ[name] for name in named if self._is_kept_back(name)}

    def effects(self, completed: Completed, root: Path | None = None) -> Effects:
        """Return how a run in a copy of the repository at `root` ended and what it used, as evidence."""
        code = completed.exit_code if completed.signal is None else 128 + completed.signal
        ended = _ENDINGS.get(completed.ended, Ending.OK if completed.ok else Ending.CRASHED)
        return Effects(
            ended=ended,
            exit_code=code,
            seconds=completed.seconds,
            cpu_seconds=completed.cpu_seconds,
            peak_rss_bytes=completed.peak_rss_bytes,
            log_tail=self.log_of(completed, root),
        )

    def must_succeed(self, completed: Completed, what: str, hint: str) -> None:
        """Raise an error if set-up or fetch failed.

        Raises:
            MachineError: the command failed; the hint holds the last lines of its log.
        """
        if completed.ok:
            return
        how = completed.ended if completed.ended is not Ended.EXITED else f"exit code {completed.exit_code}"
        log = "\n".join(f"  {line}" for line in self.log_of(completed)[-20:])
        raise MachineError(f"{self.redactor.mask(what)} failed: {how}.", f"{hint}\n{log}" if log else hint)

    @property
    def _secret_names(self) -> tuple[str, ...]:
        """The names of the secrets that only fetching and downloads are given."""
        data = self.job.rules.data
        addresses = (name for rule in data.addresses or () for name in rule.secrets)
        return (*(data.fetch.secrets if data.fetch is not None else ()), *addresses)

    def _passed(self) -> dict[str, str]:
        environ = self.job.environ
        passed = (name for name in self.job.rules.smoke.env.pass_ if name in environ and not self._is_kept_back(name))
        return {**ways_out(environ), **{name: environ[name] for name in passed}}

    def _is_kept_back(self, name: str) -> bool:
        """Return whether a variable holds a secret.

        It does by its name, by an address in its value, or if its value contains a secret that fetching is given.
        """
        value, fetched = self.job.environ.get(name, ""), _held(self.job.environ, self._secret_names)
        known = secrets_of(fetched, fetched)
        return name in self._secret_names or is_secret(name, value) or any(secret in value for secret in known)

    def _threads(self) -> dict[str, str]:
        return dict.fromkeys(THREADS, str(self.job.threads))

    def _devices(self) -> tuple[Path, ...]:
        if self.job.rules.smoke.device == "cpu":
            return ()
        devices = tuple(Path(path) for pattern in DEVICES for path in sorted(glob.glob(pattern)))  # noqa: PTH207
        if not devices:
            raise MachineError("`smoke.device` is cuda, but this machine shows no GPU.", "Use a runner that has one.")
        return devices


def _held(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: value for name in names if (value := environ.get(name))}


def ways_out(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for network access: proxies without a password, and certificates."""
    names = [*CERTIFICATES, *(name.lower() for name in CERTIFICATES)]
    return {name: environ[name] for name in names if name in environ and not holds_password(environ[name])}
