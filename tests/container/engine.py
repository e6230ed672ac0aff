"""Finds a Docker engine for the tests, or starts one: the machine's own where it works, else Debian's.

A private engine needs root and Debian's package archive, nothing else: no network bridge, no firewall rules, no service
manager. Its data lie in `$GATEBOT_ENGINE`, or else in the user's cache, and are kept: a second run is ready in seconds.
`python -m tests.container.engine` prepares everything and says how long each step took.
"""

import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gatebot.sandbox.identity import state
from gatebot.sandbox.isolation import SANDBOX_UIDS

STARTED = time.monotonic()
PACKAGES = ("docker.io", "debootstrap")
MAX_OPEN_FILES = 16_384
"""A private engine must not ask for more than the machine grants: without CAP_SYS_RESOURCE no hard limit can rise."""


CONTAINERS_UIDS = SANDBOX_UIDS[:16]


class EngineError(Exception):
    """There is no engine, and none could be started; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One running Docker engine and the client that talks to it.

    Attributes:
        client: the `docker` program.
        host: where the engine listens, `unix://…`.
        home: where a private engine keeps its data and our files; never inside the repository.
        private: started by us, without a network bridge.
    """

    client: str
    host: str
    home: Path
    private: bool

    @property
    def socket(self) -> str:
        """The path of the engine's socket."""
        return self.host.removeprefix("unix://")

    @property
    def environment(self) -> dict[str, str]:
        """What the client needs to find the engine, on top of the caller's own environment."""
        return {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "1"}

    def run(
        self, *args: str, environment: Mapping[str, str] | None = None, check: bool = True, timeout: float = 900
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker ARGS` to its end.

        Args:
            args: the arguments.
            environment: further variables of the client's process; `-e NAME` takes its value from there.
            check: raise when the exit code is not zero.
            timeout: seconds.

        Raises:
            EngineError: the exit code was not zero and `check` is set.
        """
        done = subprocess.run(
            [self.client, *args],
            env={**(environment or {}), **self.environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise EngineError(f"docker {' '.join(args)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def has_image(self, name: str) -> bool:
        """Whether an image of this name is there already."""
        return self.run("image", "inspect", name, check=False).returncode == 0


def say(text: str) -> None:
    """One line of progress, with the seconds since the start."""
    print(f"[{time.monotonic() - STARTED:5.0f} s] {text}", file=sys.stderr, flush=True)


def default_home() -> Path:
    """Where a private engine lives."""
    if named := os.environ.get("GATEBOT_ENGINE"):
        return Path(named).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatebot-engine"


@contextmanager
def open_engine() -> Iterator[Engine]:
    """A running engine. A private one is shared by everybody who asks, and stopped by the last to leave."""
    home = default_home()
    home.mkdir(parents=True, exist_ok=True)
    if ambient := find_ambient(home):
        say(f"engine: the machine's own at {ambient.host}")
        yield ambient
        return
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        engine = start_private(home)
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            yield engine
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop_private(home)


@contextmanager
def uids_of_our_own() -> Iterator[None]:
    """Keep gatebots on the bare machine, such as other tests start, off the uids that those in containers use.

    The machine's root sees into containers, but not the other way round: a run that ends on the machine kills all
    that bears its uid, in containers too. GitHub's runners start none on the bare machine beside a container.
    """
    with ExitStack() as held:
        for uid in CONTAINERS_UIDS if os.geteuid() == 0 else ():
            lock = held.enter_context((state("locks") / str(uid)).open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_ambient(home: Path) -> Engine | None:
    """The machine's own engine, if it answers and can build with BuildKit."""
    client = shutil.which("docker")
    if client is None:
        return None

    def ask(*args: str) -> str | None:
        done = subprocess.run([client, *args], capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    if not ask("info", "--format", "{{.ServerVersion}}") or ask("buildx", "version") is None:
        return None
    host = os.environ.get("DOCKER_HOST") or ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    return Engine(client, host, home, private=False) if host and host.startswith("unix://") else None


def install_packages() -> None:
    """Install the engine and debootstrap from the distribution, where they are missing."""
    if Path("/usr/bin/docker").exists() and all(map(shutil.which, ("dockerd", "debootstrap"))):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise EngineError(
            "the container tests need a Docker engine: start Docker (with buildx), or run them as root on Debian"
        )
    say(f"installing {' and '.join(PACKAGES)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, check=True)


def start_private(home: Path) -> Engine:
    """Start our own engine unless it runs already, and wait until it answers.

    Raises:
        EngineError: it did not come up; the message holds the end of its log.
    """
    install_packages()
    # Debian's client brings BuildKit along; a newer client elsewhere on PATH may lack buildx.
    engine = Engine("/usr/bin/docker", f"unix://{home}/socket", home, private=True)
    if engine.run("info", check=False).returncode == 0:
        return engine
    files = min(MAX_OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    (home / "pid").unlink(missing_ok=True)
    places = ["--pidfile", f"{home}/pid", "--data-root", f"{home}/data", "--exec-root", f"{home}/exec"]
    off = [f"--{name}=false" for name in ("iptables", "ip6tables", "ip-forward", "ip-masq")]
    limits = ["--default-ulimit", f"nofile={files}:{files}"]
    command = ["dockerd", "--host", engine.host, *places, "--bridge", "none", *off, *limits]
    log = home / "dockerd.log"
    with log.open("w") as output:
        # Nobody's child: whoever leaves last stops it, and that need not be us.
        subprocess.run(
            ["setsid", "--fork", *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True
        )
    for _ in range(120):
        if engine.run("info", check=False).returncode == 0:
            say(f"engine: our own in {home}")
            return engine
        time.sleep(0.5)
    raise EngineError("dockerd did not come up:\n" + "\n".join(log.read_text().splitlines()[-20:]))


def stop_private(home: Path) -> None:
    """Stop our own engine and wait until it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        pid = int((home / "pid").read_text())
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return
            time.sleep(0.1)


if __name__ == "__main__":
    from .image import build_image

    with open_engine() as running:
        build_image(running)
