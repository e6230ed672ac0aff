"""The place of one training: a copy of the tree to run in, and where each thing is put that runs leave behind."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from gatebot.collect import bounded_read, files
from gatebot.collect.delivered import RequestedRows
from gatebot.core.needs import Fit


@dataclass(frozen=True, slots=True)
class RowsFile:
    """Rows as they are handed to user code.

    Attributes:
        path: the file, Parquet where the data keeps types, else CSV.
        csv: the same rows as CSV.
        rows: how many.
        digest: the same for the same rows.
        types: columns whose few rows here look like something else than the whole data is: `text` or `number`.
    """

    path: Path
    csv: Path
    rows: int
    digest: str
    types: dict[str, str]


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What one training gets. `classes`: labels of its rows, sorted as numbers where they are numbers."""

    fit: Fit
    seed: int
    rows: RowsFile
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PredictRequest:
    """Rows to predict, without their labels."""

    name: str
    rows: RowsFile
    asked: RequestedRows


@dataclass(frozen=True, slots=True)
class Workspace:
    """A scratch directory of one training.

    Attributes:
        scratch: all that its runs may write.
        folder: of gatebot.yml, relative to the tree.
    """

    scratch: Path
    folder: PurePosixPath

    @property
    def tree(self) -> Path:
        """Its own copy of the commit's files."""
        return self.scratch / "work"

    @property
    def cwd(self) -> Path:
        """Where commands start."""
        return self.tree / self.folder

    @property
    def model(self) -> Path:
        """Where the model is saved: a file or a folder, as the user likes."""
        return self.scratch / "model" / "model"

    @property
    def out(self) -> Path:
        """Where user code may leave what it likes."""
        return self.scratch / "out"

    def answer(self, name: str) -> Path:
        """A file that a run is asked to leave. User code learns its path, which says nothing but the kind of file."""
        plain = blake2b(f"{self.scratch.name} {name}".encode(), digest_size=8).hexdigest()
        return self.scratch / "files" / f"{plain}{PurePosixPath(name).suffix}"

    @property
    def model_bytes(self) -> int | None:
        """Size of what was saved, or None."""
        return bounded_read.size(self.model.parent)


def make_workspace(
    scratch: Path, source: Path, paths: files.Paths, folder: PurePosixPath, assets: dict[str, Path], *, link: bool
) -> Workspace:
    """Lay a bench out.

    Args:
        scratch: where; must not exist yet.
        source: the tree's files.
        paths: which of them.
        folder: of gatebot.yml.
        link: large files are linked, not copied: only where user code cannot write through a link.
        assets: read-only folders and files that stand at a place of their own: path in `folder` -> where it leads.

    Raises:
        MachineError: the disk is full.
    """
    workspace = Workspace(scratch, folder)
    files.copied(source, paths, workspace.tree, link=link)
    workspace.cwd.mkdir(parents=True, exist_ok=True)
    for name, target in assets.items():
        place = workspace.cwd / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() and not place.is_symlink():
            place.symlink_to(target)
    for place in (workspace.model.parent, workspace.out, scratch / "files"):
        place.mkdir()
    scratch.chmod(0o711)
    return workspace
