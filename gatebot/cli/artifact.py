"""Evidence that workflow runs have left as artifacts: main's baselines, and what one run has to be judged again by."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from gatebot.baseline.store import Found, Missing
from gatebot.github import artifacts
from gatebot.github.api import Api
from gatebot.github.event import Event
from gatebot.github.trouble import ApiError
from gatebot.needs import Side
from gatebot.run import FACTS_FILE, REPORT_FILE
from gatebot.snapshot.intake import SNAPSHOT_FILE, TRUTH_FILE, read, read_truth
from gatebot.snapshot.snapshot import SnapshotError

EVIDENCE_FILES = (
    *(f"{side}/{SNAPSHOT_FILE}" for side in Side),
    f"{Side.HEAD}/{FACTS_FILE}",
    REPORT_FILE,
    "comment.md",
    "report.html",
)
LABEL_FILES = tuple(f"{side}/{TRUTH_FILE}" for side in Side)


def evidence_name(project: str) -> str:
    """Of the artifact with a run's evidence."""
    return f"gatebot-{project}"


def labels_name(project: str) -> str:
    """Of the artifact with the labels, which no job that runs user code fetches."""
    return f"gatebot-{project}-labels"


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """The `Store` over workflow artifacts. It is filled by the workflow's own upload steps."""

    api: Api
    event: Event
    project: str
    max_age_s: float | None = None

    def find(self, commits: Sequence[str], now: datetime, *, labels: bool = False) -> Found | Missing:
        """The nearest baseline that a trusted run has left; trouble with the API is a reason to have none."""
        source = "workflow artifact"
        with tempfile.TemporaryDirectory(prefix="gatebot-baseline-") as scratch:
            evidence, apart = Path(scratch, "evidence"), Path(scratch, "labels")
            try:
                search = self._search(evidence_name(self.project), commits, now)
                found = artifacts.fetch_baseline(self.api, search, evidence, EVIDENCE_FILES)
                if isinstance(found, artifacts.Absent):
                    return Missing(source, "; ".join(found.why))
                snapshot = read(evidence / Side.HEAD)
                if snapshot.about.commit != found.commit:
                    return Missing(source, f"the artifact of {found.commit[:12]} holds another commit's evidence")
                if labels:
                    search = self._search(labels_name(self.project), [found.commit], now)
                    gone = artifacts.fetch_baseline(self.api, search, apart, LABEL_FILES)
                    if isinstance(gone, artifacts.Absent):
                        return Missing(source, f"the labels of {found.commit[:12]} are missing: {'; '.join(gone.why)}")
                    snapshot = replace(snapshot, truth=read_truth(apart / Side.HEAD))
            except (ApiError, SnapshotError) as trouble:
                return Missing(source, trouble.message)
        why = "; ".join(found.why) or f"left by run {found.run_id}"
        return Found(snapshot, found.commit, found.distance, found.age.total_seconds(), source, why)

    def keep(self, folder: Path, commit: str) -> None:
        """Nothing: the workflow's upload steps do it after this process has ended."""

    def _search(self, name: str, commits: Sequence[str], now: datetime) -> artifacts.Search:
        return artifacts.Search(
            name=name,
            commits=commits,
            branch=self.event.default_branch,
            repository_id=self.event.repository_id,
            workflow_path=self.event.run.workflow_path,
            now=now,
            max_age=None if self.max_age_s is None else timedelta(seconds=self.max_age_s),
        )
