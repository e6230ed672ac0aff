"""What a payload leaves where it runs: who it was, and below which processes."""

import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = """\
#!/bin/sh
# Says who runs this, below which processes, and what their environments hold.
PATH=/usr/bin:/bin
mkdir -p -m 700 "CANARIES" 2> /dev/null
{
  echo "uid $(id -u)"
  echo "victim $(cat /proc/self/oom_score_adj)"
  echo "cwd $(pwd)"
  p=$$
  while [ "${p:-0}" -gt 1 ]; do
    printf 'process '; tr '\\0' ' ' < "/proc/$p/cmdline"; echo
    printf 'environ '; tr '\\0' ' ' < "/proc/$p/environ"; echo
    p=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$p/status")
  done
} > "CANARIES/$1.$$" 2> /dev/null
"""


def _secret(prefix: str) -> str:
    return prefix + secrets.token_hex(18)


SECRETS = {
    "file name": _secret("fn"),
    "token": _secret("ghs"),
    "runner token": _secret("rt"),
    "id token": _secret("it"),
    "fetch secret": _secret("fs"),
    "deploy key": _secret("dk"),
    "netrc password": _secret("np"),
    "index password": _secret("ip"),
}


@dataclass(frozen=True, slots=True)
class Canary:
    """What one payload has left."""

    name: str
    text: str

    @property
    def is_outside(self) -> bool:
        """Whether it ran outside of a sandbox: only there are processes the first that the kernel kills."""
        return "victim 1000" not in self.text.splitlines()

    def __str__(self) -> str:
        processes = [line[8:120] for line in self.text.splitlines() if line.startswith("process ")]
        return f"{self.name}: {self.text.partition(chr(10))[0]}, below {' < '.join(processes[1:4])}"


@dataclass(frozen=True, slots=True)
class Bait:
    """Where payloads leave canaries, and what they may go for.

    Attributes:
        canaries: a folder of root's alone, as payloads name it.
        script: what leaves one, as payloads name it.
        host: the same folder as the test sees it.
        port: of a listener on the loopback interface.
        python: the interpreter that projects here use.
        secrets: what must never come out, by name.
        jobs: a pattern of the folders of jobs, as payloads would look for them.
        earlier: the folder of the control's job, which an attacker has seen run.
    """

    canaries: str
    script: str
    host: Path
    port: int
    python: str
    jobs: str = ""
    earlier: Path | None = None
    secrets: Mapping[str, str] = field(default_factory=lambda: dict(SECRETS))

    def shell(self, name: str) -> str:
        """A command line that leaves a canary; a word of it never has a blank."""
        return f"sh {shlex.quote(self.script)} {name}"

    def python_line(self, name: str) -> str:
        """The same as one statement of Python."""
        return f'__import__("os").system("{self.shell(name)}")\n'

    def left(self) -> list[Canary]:
        """All canaries so far."""
        return [Canary(path.name.rpartition(".")[0], path.read_text()) for path in sorted(self.host.glob("*.*"))]

    @property
    def source(self) -> str:
        """Of the script."""
        return SCRIPT.replace("CANARIES", self.canaries)
