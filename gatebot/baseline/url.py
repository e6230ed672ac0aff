"""Baselines below a web address, on any server that supports GET and PUT."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from gatebot.baseline.store import Made, Part
from gatebot.baseline.web import Web

MAX_ROUNDS = 4
MAX_STEPS = 30  # each is a request


@dataclass(frozen=True, slots=True)
class UrlBackend:
    """Baselines at `<address>/<project>/<commit>/snapshot.zip`, with `truth.zip` in the same folder."""

    web: Web
    project: str
    max_steps: int = MAX_STEPS

    @property
    def source(self) -> str:
        """The name of the store for people."""
        return self.web.address

    def held(self, commits: Sequence[str]) -> Sequence[str]:
        """Return the nearest of `commits`; only `get` shows whether they exist."""
        return commits[: self.max_steps]

    def get(self, commit: str, part: Part) -> bytes | None:
        """Return one part of one commit; None if it is missing."""
        return self.web.get(self._path(commit, part))

    def put(self, commit: str, made: Made, parts: Mapping[Part, bytes], *, spared: Collection[str] = ()) -> None:
        """Store the parts of one commit, the Snapshot last, unless a newer one exists.

        A server that supports conditional requests refuses to overwrite a file that has changed since it was read;
        then the file is read again.
        """
        for _ in range(MAX_ROUNDS):
            if self._tried(commit, made, parts):
                return

    def _tried(self, commit: str, made: Made, parts: Mapping[Part, bytes]) -> bool:
        """Try to store the parts; return whether they, or newer ones, are stored now."""
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
