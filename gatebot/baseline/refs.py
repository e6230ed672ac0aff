"""Baselines in the repository itself: one ref per commit outside the branches, which is never checked out."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gatebot.baseline.store import Made, Part
from gatebot.errors import MachineError
from gatebot.evidence.bundle import LIMITS
from gatebot.evidence.snapshot import SnapshotError
from gatebot.repository import git

MOST_KEPT = 50
LOCAL_TIMEOUT_S = 60.0
REMOTE_TIMEOUT_S = 600.0

_IDENTITY = ("-c", "user.name=gatebot", "-c", "user.email=gatebot@localhost")


@dataclass(frozen=True, slots=True)
class _Ref:
    """A ref `refs/gatebot/<project>/<part>/<commit>-<unix time>[-<run>-<attempt>]`; names compare without a fetch."""

    name: str

    @property
    def commit(self) -> str:
        return self.name.rpartition("/")[2].partition("-")[0]

    @property
    def seconds(self) -> int:
        return self._numbers[0]

    @property
    def made(self) -> tuple[int, int, int]:
        """The order of refs of one commit; the greatest, from the newest run, is used."""
        seconds, run, attempt = self._numbers
        return run, attempt, seconds

    @property
    def _numbers(self) -> tuple[int, int, int]:
        texts = [*self.name.rpartition("/")[2].split("-")[1:], "0", "0", "0"][:3]
        seconds, run, attempt = (int(t) if t.isascii() and t.isdigit() and len(t) < 19 else 0 for t in texts)
        return seconds, run, attempt


@dataclass(frozen=True, slots=True)
class RefBackend:
    """Baselines as git objects.

    Attributes:
        repository: a work tree or a bare repository.
        project: separates several projects in one repository.
        remote: remote that refs are pushed to and fetched from; None to use only this repository.
        most: maximum number of baselines. A Snapshot takes some megabytes, and clones that fetch all refs get them all.
    """

    repository: Path
    project: str
    remote: str | None = "origin"
    most: int = MOST_KEPT

    @property
    def source(self) -> str:
        """The name of the store for people."""
        return f"git refs of {self.remote or self.repository}"

    def held(self, commits: Sequence[str]) -> Sequence[str]:
        """Return those of `commits` that have a ref."""
        there = {ref.commit for ref in self._refs(Part.SNAPSHOT)}
        return [commit for commit in commits if commit in there]

    def get(self, commit: str, part: Part) -> bytes | None:
        """Return one part of one commit, which is fetched first if there is a remote; None if it is missing."""
        refs = [ref for ref in self._refs(part) if ref.commit == commit]
        if not refs:
            return None
        newest = max(refs, key=lambda ref: ref.made)
        if self.remote is not None:
            quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--end-of-options")
            self._ask("fetch", *quiet, self.remote, f"+{newest.name}:{newest.name}", timeout_s=REMOTE_TIMEOUT_S)
        blob = f"{newest.name}:{part.file.name}"
        if int(self._ask("cat-file", "-s", blob)) > LIMITS.file:
            raise SnapshotError(f"{newest.name} has more than {LIMITS.file:,} bytes")
        return self._ask("cat-file", "blob", blob)

    def put(self, commit: str, made: Made, parts: Mapping[Part, bytes], *, spared: Collection[str] = ()) -> None:
        """Store the parts of one commit and remove the oldest baselines, and older ones of the same commit."""
        stamp = f"{int(made.at.timestamp())}-{made.run}-{made.attempt}"
        for part in sorted(parts, key=lambda part: part is Part.SNAPSHOT):
            ref = _Ref(f"{self._prefix(part)}{commit}-{stamp}")
            self._ask("update-ref", ref.name, self._commit_of(parts[part], part, commit))
            self._push(f"+{ref.name}:{ref.name}")
            self._prune(part, commit, spared)

    def _commit_of(self, data: bytes, part: Part, commit: str) -> str:
        """Create a commit without parents whose tree contains one file, and return its SHA."""
        with TemporaryDirectory(prefix="gatebot-ref-") as scratch:
            file = Path(scratch, part.file.name)
            file.write_bytes(data)
            blob = self._line("hash-object", "-w", "--no-filters", "--", os.fspath(file))
        tree = self._line("mktree", stdin=f"100644 blob {blob}\t{part.file.name}\n".encode())
        return self._line(*_IDENTITY, "commit-tree", "-m", f"{part} of {commit}", tree)

    def _prune(self, part: Part, commit: str, spared: Collection[str]) -> None:
        known = self._refs(part)
        same = sorted((ref for ref in known if ref.commit == commit), key=lambda ref: ref.made)
        others = sorted((ref for ref in known if ref.commit != commit), key=lambda ref: ref.seconds, reverse=True)
        old = [ref for ref in others if ref.commit not in spared][self.most - 1 :]
        for ref in {*same[:-1], *old}:
            self._push(f":{ref.name}")
            self._ask("update-ref", "-d", ref.name)

    def _refs(self, part: Part) -> list[_Ref]:
        prefix = self._prefix(part)
        if self.remote is None:
            told = self._ask("for-each-ref", "--format=%(objectname) %(refname)", prefix)
        else:
            arguments = ("ls-remote", "--refs", "--quiet", "--end-of-options", self.remote, f"{prefix}*")
            told = self._ask(*arguments, timeout_s=REMOTE_TIMEOUT_S)
        names = (line.split(maxsplit=1)[1] for line in told.decode(errors="replace").splitlines())
        return [_Ref(name) for name in names if name.startswith(prefix)]

    def _prefix(self, part: Part) -> str:
        return f"refs/gatebot/{self.project.replace('.', '%2E')}/{part}/"  # refs must not contain `..` or `.lock`

    def _push(self, change: str) -> None:
        if self.remote is not None:
            arguments = ("--quiet", "--no-verify", "--end-of-options", self.remote, change)
            self._ask("push", *arguments, timeout_s=REMOTE_TIMEOUT_S)

    def _line(self, *arguments: str, stdin: bytes = b"") -> str:
        return self._ask(*arguments, stdin=stdin).decode().strip()

    def _ask(self, *arguments: str, timeout_s: float = LOCAL_TIMEOUT_S, stdin: bytes = b"") -> bytes:
        done = git.Repository(self.repository).attempt(*arguments, timeout_s=timeout_s, stdin=stdin, network=True)
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise MachineError(
                f"the baselines in {self.source} cannot be reached: {lines[-1][:300]}",
                "Pushing them needs `contents: write`, fetching them `contents: read`.",
            )
        return done.stdout
