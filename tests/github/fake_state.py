"""What the fake GitHub remembers: plain values that can be saved as JSON and read by a test."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

Row = dict[str, Any]
WRITE_ALL = {"actions": "read", "checks": "write", "contents": "read", "pull_requests": "write", "statuses": "write"}
READ_ALL = dict.fromkeys(WRITE_ALL, "read")


@dataclass
class State:
    """One repository. Rows hold only what the fake decides about; the rest of an answer comes from the contract."""

    repository: str = "octo/model"
    repository_id: int = 1001
    default_branch: str = "main"
    tokens: dict[str, Row] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    permissions: dict[str, str] = field(default_factory=dict)
    commits: dict[str, list[str]] = field(default_factory=dict)  # sha -> parents
    pulls: dict[str, Row] = field(default_factory=dict)
    files: dict[str, list[Row]] = field(default_factory=dict)
    reviews: dict[str, list[Row]] = field(default_factory=dict)
    comments: list[Row] = field(default_factory=list)
    statuses: list[Row] = field(default_factory=list)
    check_runs: list[Row] = field(default_factory=list)
    workflow_runs: list[Row] = field(default_factory=list)
    artifacts: list[Row] = field(default_factory=list)
    blobs: dict[str, str] = field(default_factory=dict)  # artifact id -> hex
    ignores_filters: bool = False  # lists of runs come unfiltered, as if the server knew no better
    clock: int = 0
    last_id: int = 5000

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def now(self) -> str:
        """A clock of its own: every look at it is a second later."""
        self.clock += 1
        return f"2026-11-20T{self.clock // 3600 % 24:02}:{self.clock // 60 % 60:02}:{self.clock % 60:02}Z"

    def save(self, path: Path) -> None:
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(self), indent=1))
        scratch.replace(path)

    @classmethod
    def load(cls, path: Path) -> "State":
        known = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in json.loads(path.read_text()).items() if key in known})
