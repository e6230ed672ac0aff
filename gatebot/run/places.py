"""The folders of one run."""

from dataclasses import dataclass
from pathlib import Path

from gatebot.baseline.folder import FolderBackend
from gatebot.baseline.store import BackendStore, Store

HERE = "this machine"
"""How a Report refers to a folder of the machine that produced it; its path is not published."""


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one run.

    Attributes:
        out: output folder for the Report and the evidence.
        cache: folder for environments, fetched data and local baselines, which are kept between runs.
        given_base: folder of a Snapshot to compare with.
        shared: other users may have written to `cache`, so no baselines are stored or searched there.
    """

    out: Path
    cache: Path
    given_base: Path | None = None
    shared: bool = False

    @property
    def local_baselines(self) -> tuple[Store, ...]:
        """The stores of baselines from earlier runs on this machine."""
        return () if self.shared else (BackendStore(FolderBackend(self.cache / "baseline", name=HERE)),)
