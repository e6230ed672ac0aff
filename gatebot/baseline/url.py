"""Baselines below a web address, on any server that takes GET and PUT."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from gatebot.baseline.store import Made, Part
from gatebot.baseline.web import Web

MAX_ROUNDS = 4
MAX_STEPS = 30  # each is a request


@dataclass(frozen=True, slots=True)
class UrlBackend:
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

    def put(self, commit: str, made: Made, parts: Mapping[Part, bytes], *, spared: Collection[str] = ()) -> None:
        """Keeps the parts of one commit, the Snapshot last, unless a newer one lies there.

        A server that knows conditions takes nothing over what it was not shown: then it is looked at again.
        """
        for _ in range(MAX_ROUNDS):
            if self._tried(commit, made, parts):
                return

    def _tried(self, commit: str, made: Made, parts: Mapping[Part, bytes]) -> bool:
        """Whether it lies there now, or something newer does."""
        tags: list[str] = []
        place = self._path(commit, Part.SNAPSHOT)
        seen = self.web.get(place, shown=tags.append)
        known = Made.of_bytes(seen)
        if known is not None and known > made:
            return True
        if Part.LABELS in parts:
            self.web.put(self._path(commit, Part.LABELS), parts[Part.LABELS])
        return self.web.put(place, parts[Part.SNAPSHOT], over="*" if seen is None else "".join(tags))

    def _path(self, commit: str, part: Part) -> str:
        return f"{quote(self.project, safe='')}/{commit}/{part.file.name}"
