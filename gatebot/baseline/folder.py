"""Baselines in a folder of this machine, with one subfolder per commit."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatebot.baseline.store import Made, Part, commit_id
from gatebot.errors import UsageError
from gatebot.evidence.disk import flush, flush_folder, remove, writing
from gatebot.evidence.intake import content
from gatebot.evidence.snapshot import SnapshotError

MOST_KEPT = 20


@dataclass(frozen=True, slots=True)
class FolderBackend:
    """Baselines in `root/<commit>/`.

    Attributes:
        root: the folder.
        most: maximum number of baselines, after which the oldest are removed; None for no limit.
        ignored: add a `.gitignore`, so that git ignores the folder.
        name: name of the store for people. It is published, so it contains no path of this machine.
    """

    root: Path
    most: int | None = MOST_KEPT
    ignored: bool = True
    name: str = "a folder"

    @property
    def source(self) -> str:
        """The name of the store for people."""
        return self.name

    def held(self, commits: Sequence[str]) -> Sequence[str]:
        """Return those of `commits` that have a folder."""
        return [commit for commit in commits if (self.root / commit).is_dir()]

    def get(self, commit: str, part: Part) -> bytes | None:
        """Return one part of one commit; None if it is missing."""
        folder = self.root / commit
        if not (folder / part.file).exists():
            return None
        try:
            return content(folder, part.file)
        except SnapshotError as trouble:
            raise SnapshotError(trouble.message.replace(f"{self.root}/", "")) from trouble

    def put(self, commit: str, made: Made, parts: Mapping[Part, bytes], *, spared: Collection[str] = ()) -> None:
        """Store the parts of one commit unless newer ones exist, and remove the oldest baselines."""
        with writing(self.root) as new:
            known = self._made(commit)
            if known is not None and known > made:
                return
            for part, data in parts.items():
                path = new / part.file
                path.parent.mkdir(parents=True)
                flush(data, path)
                flush_folder(path.parent)
            os.utime(new, (made.at.timestamp(), made.at.timestamp()))
            place = self.root / commit
            remove(place)
            new.rename(place)
            flush_folder(self.root)
            if self.ignored:
                (self.root / ".gitignore").write_text("*\n")
            self._prune({commit, *spared})

    def _made(self, commit: str) -> Made | None:
        try:
            return Made.of_bytes(self.get(commit, Part.SNAPSHOT))
        except SnapshotError:
            return None

    def _prune(self, kept: Collection[str]) -> None:
        if self.most is None:
            return
        folders = [path for path in self.root.iterdir() if path.is_dir() and _is_commit(path.name)]
        others = [path for path in folders if path.name not in kept]
        others.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in others[self.most - 1 :]:
            remove(path)


def _is_commit(name: str) -> bool:
    try:
        return commit_id(name) == name
    except UsageError:
        return False
