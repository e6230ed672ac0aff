"""Baselines below a web address, on any server that takes GET and PUT."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from gatebot.baseline.store import Part
from gatebot.baseline.web import Web

MAX_STEPS = 30  # each is a request


@dataclass(frozen=True, slots=True)
class UrlShelf:
    """Baselines at `<address>/<project>/<commit>/snapshot.zip` and, beside it, `truth.zip`."""

    web: Web
    project: str
    max_steps: int = MAX_STEPS

    @property
    def source(self) -> str:
        """The store, in words."""
        return self.web.address

    def held(self, commits: Sequence[str]) -> Sequence[str]:
        """The nearest of `commits`: which of them are there shows when they are asked for."""
        return commits[: self.max_steps]

    def get(self, commit: str, part: Part) -> bytes | None:
        """One part of one commit."""
        return self.web.get(self._path(commit, part))

    def put(self, commit: str, made: datetime, parts: Mapping[Part, bytes], *, spared: Collection[str] = ()) -> None:
        """Keeps the parts of one commit, the Snapshot last."""
        for part in sorted(parts, key=lambda part: part is Part.SNAPSHOT):
            self.web.put(self._path(commit, part), parts[part])

    def _path(self, commit: str, part: Part) -> str:
        return f"{quote(self.project, safe='')}/{commit}/{part.file.name}"
