"""Small real repositories, and jobs on them."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gatebot.collect import Job, Tree
from gatebot.collect.progress import Step
from gatebot.config.document import Document
from gatebot.evidence.need import Side
from gatebot.sandbox import Isolation, reachable

PLAIN_PYTHON = next((path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if Path(path).exists()), "python3")
FULL = reachable() is Isolation.FULL

PIPELINE = """
def train(rows, seed, report):
    for step in range(3):
        report(loss=1 / (step + 1), step=step)
    share = sum(row["label"] == "yes" for row in rows) / len(rows)
    return {"share": share, "seed": seed, "rows": len(rows)}

def predict(model, rows):
    return [{"yes": row["x"], "no": 1 - row["x"]} for row in rows]
"""


def tickets(rows: int = 60, *, first: int = 0) -> str:
    """A CSV file: id, x in [0, 1), kind, label (yes where x >= 0.5)."""
    lines = ["id,x,kind,label"]
    for number in range(first, first + rows):
        x = round((number * 377 % 1009) / 1009, 4)
        lines.append(f"t{number:04d},{x},{'ab'[number % 2]},{'yes' if x >= 0.5 else 'no'}")
    return "\n".join(lines) + "\n"


DATA = {"path": "data/tickets.csv", "target": "label", "id": "id", "split": {"column": "fold"}}


def with_folds(csv: str, every: int = 3) -> str:
    """A CSV file with a column that says which rows are eval rows: each third."""
    head, *lines = csv.splitlines()
    folds = ["eval" if at % every == 0 else "train" for at in range(len(lines))]
    return "\n".join([f"{head},fold", *(f"{line},{fold}" for line, fold in zip(lines, folds, strict=True))]) + "\n"


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(root: Path, *words: str) -> str:
    """Run git in a repository."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, "-C", str(root), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """A git repository with one commit: the data, a pipeline, and these files."""
    root.mkdir(parents=True)
    write(root, {"data/tickets.csv": with_folds(tickets()), "pipeline.py": PIPELINE} | dict(files or {}))
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    return root


def document(**sections: Any) -> Document:
    """A configuration: the pipeline in the plainest Python, unless sections say otherwise."""
    smoke = {"python": PLAIN_PYTHON, "isolation": "none", "timeout": "60s", **sections.pop("smoke", {})}
    data = {**DATA, **sections.pop("data", {})}
    defaults = {"model": {"python": "pipeline.py"}, "data": data, "smoke": smoke}
    return Document.model_validate(defaults | sections)


def job(root: Path, cache: Path, config: Document | None = None, **facts: Any) -> Job:
    """A job with head only."""
    config = config or document()
    commit = git(root, "rev-parse", "HEAD")
    trees = {Side.HEAD: Tree(root, config.recipe, commit, commit)}
    return Job(**{"project": "tickets", "rules": config.rules, "trees": trees, "cache": cache, **facts})


@dataclass
class Recorded:
    """Progress that is kept."""

    started_steps: list[Step] = field(default_factory=list)
    finished_steps: list[tuple[Step, str]] = field(default_factory=list)
    trainings: int = 0
    commands: list[str] = field(default_factory=list)

    def started(self, step: Step) -> None:
        """Keep it."""
        self.started_steps.append(step)

    def finished(self, step: Step, seconds: float, outcome: str) -> None:
        """Keep it."""
        self.finished_steps.append((step, outcome))

    def advanced(self, step: Step, what: str, size: int | None) -> None:
        """Keep what starts."""
        if size is None:
            self.commands.append(what)

    def planned(self, trainings: int) -> None:
        """Keep it."""
        self.trainings += trainings

    def left_out(self, side: Side, trainings: int, why: str) -> None:
        """Keep it."""
        self.trainings -= trainings


def rich_python() -> str:
    """A Python that has pandas and scikit-learn: the one that runs the tests."""
    return sys.executable


def without(name: str) -> bool:
    """Whether a program is missing here."""
    return shutil.which(name) is None
