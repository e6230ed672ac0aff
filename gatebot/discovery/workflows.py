"""Fills in the workflows that `gatebot init` writes, from the templates beside this file."""

import re
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

ACTION = "gatebot/gatebot@v1"
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Job:
    """The values for the templates.

    Attributes:
        project: the project's name, used in artifact names.
        config: the path of gatebot.yml in the repository.
        branch: the default branch.
        single: whether the repository holds only this project, so that its status is `gatebot` itself.
    """

    project: str
    config: str = "gatebot.yml"
    branch: str = "main"
    single: bool = True

    @property
    def name(self) -> str:
        """The name of the workflow, and the first part of its file name."""
        return "gatebot" if self.single else f"gatebot-{self.project}"


def workflows(job: Job, *, forks: bool) -> dict[str, str]:
    """Return the workflows: file name in `.github/workflows/` -> text.

    Args:
        job: the values to fill in.
        forks: whether pull requests may come from forks. Then one workflow runs code and another publishes the verdict.
    """
    templates = {
        f"{job.name}.yml": "collect.yml" if forks else "gatebot.yml",
        f"{job.name}-approve.yml": "gatebot-approve.yml",
    }
    if forks:
        templates[f"{job.name}-publish.yml"] = "gatebot-publish.yml"
    return {
        name: _filled((TEMPLATES / template).read_text(encoding="utf-8"), job) for name, template in templates.items()
    }


def _filled(text: str, job: Job) -> str:
    values = {
        "action": ACTION,
        "branch": job.branch,
        "config": job.config,
        "context": "gatebot" if job.single else f"gatebot / {job.project}",
        "group": job.name,
        "minute": str(crc32(job.project.encode()) % 60),
        "project": job.project,
        "project_input": "" if job.single else f"          project: {job.project}\n",
        "publish_file": f"{job.name}-publish.yml",
        "uploads": (TEMPLATES / "uploads.yml").read_text(encoding="utf-8").rstrip("\n"),
        "finish": (TEMPLATES / "finish.yml").read_text(encoding="utf-8").rstrip("\n"),
        "workflow": job.name,
    }
    for _ in range(2):  # the uploads template contains placeholders, too
        text = re.sub(r"%([a-z_]+)%", lambda found: values[found[1]], text)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"
