"""The workspace of one training: a copy of the tree to run in, and places for the files that runs write."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from threading import RLock
from typing import Any

from gatebot.collect import bounded_read, files
from gatebot.collect.delivered import RequestedRows
from gatebot.core.checkout import Checkout
from gatebot.evidence.training import Fit


@dataclass(eq=False)
class RowsFile:
    """A file of rows for user code, written when it is first asked for.

    Attributes:
        rows: the number of rows.
        digest: a digest of the rows; equal for equal rows.
        types: columns of CSV for Python functions whose type cannot be inferred from these rows alone: `text` or
            `number`.
        lock: held while a file is written; parallel trainings request the same rows.
        write_table: writes the file for Python functions, and returns it and those beside it.
        write_path: writes the file for commands.
    """

    rows: int
    digest: str
    types: dict[str, str]
    lock: RLock
    write_table: Callable[[], tuple[Path, ...]]
    write_path: Callable[[], tuple[Path, ...]]
    _tables: tuple[Path, ...] = ()
    _paths: tuple[Path, ...] = ()

    @property
    def tables(self) -> tuple[Path, ...]:
        """The file for Python functions, and what lies beside it."""
        with self.lock:
            self._tables = self._tables or self.write_table()
            return self._tables

    @property
    def table(self) -> Path:
        """The file for Python functions: a typed table, or CSV with `data.types: native`."""
        return self.tables[0]

    @property
    def path(self) -> Path:
        """The file for commands, in the format of the data."""
        with self.lock:
            self._paths = self._paths or self.write_path()
            return self._paths[0]


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """The input of one training.

    Attributes:
        fit: the need.
        seed: the value of the seed.
        rows: the rows with their labels.
        classes: the labels of these rows, sorted as numbers if they are numbers.
    """

    fit: Fit
    seed: int
    rows: RowsFile
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PredictRequest:
    """Rows to predict, without their labels.

    Attributes:
        name: distinguishes the requests of a training.
        rows: the rows.
        requested: how predictions are matched to them.
        batches: the same rows in parts, if they are to be predicted in several calls.
    """

    name: str
    rows: RowsFile
    requested: RequestedRows
    batches: "tuple[PredictRequest, ...]" = ()

    @property
    def calls(self) -> "tuple[PredictRequest, ...]":
        """The rows of each call of `predict`."""
        return self.batches or (self,)


@dataclass(frozen=True, slots=True, eq=False)
class InspectRequest:
    """A program of gatebot's that runs beside a loaded model.

    Attributes:
        program: the Python file.
        facts: JSON values for it.
        rows: the rows that it may predict.
    """

    program: Path
    facts: Mapping[str, Any]
    rows: RowsFile


@dataclass(frozen=True, slots=True)
class Workspace:
    """The scratch directory of one training.

    Attributes:
        scratch: the folder that its runs may write to.
        folder: the folder of gatebot.yml, relative to the tree.
    """

    scratch: Path
    folder: PurePosixPath

    @property
    def tree(self) -> Path:
        """The training's own copy of the commit's files."""
        return self.scratch / "work"

    @property
    def cwd(self) -> Path:
        """The folder in which commands start."""
        return self.tree / self.folder

    @property
    def model(self) -> Path:
        """Where user code saves the model, as a file or a folder."""
        return self.scratch / "model" / "model"

    @property
    def out(self) -> Path:
        """A folder for any other files of user code."""
        return self.scratch / "out"

    def answer(self, name: str) -> Path:
        """Return the path of a file that a run must write. User code sees the path, which tells the file type only."""
        plain = blake2b(f"{self.scratch.name} {name}".encode(), digest_size=8).hexdigest()
        return self.scratch / "files" / f"{plain}{PurePosixPath(name).suffix}"

    @property
    def model_bytes(self) -> int | None:
        """The size of the saved model in bytes, or None."""
        return bounded_read.size(self.model.parent)


def make_workspace(
    scratch: Path, source: Path, paths: files.Paths, folder: PurePosixPath, assets: dict[str, Path], *, link: bool
) -> Workspace:
    """Make a workspace.

    Args:
        scratch: the folder to make; must not exist yet.
        source: the folder with the tree's files.
        paths: the files to copy.
        folder: the folder of gatebot.yml.
        link: link large files instead of copying them. Only safe if user code cannot write through a link.
        assets: read-only folders and files outside of the copy, which are linked into `folder`: path -> target.

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


def make_folders(tree: Path, folders: files.Paths) -> None:
    """Make empty folders in a copy of a tree, except below links and files of the commit, which may lead elsewhere."""
    checkout = Checkout(tree)
    for folder in folders:
        for place in (*reversed(folder.parents[:-1]), folder):
            if place != PurePosixPath() and checkout.status(place) is None:
                (tree / place).mkdir()
            if not checkout.is_folder(place):
                break
