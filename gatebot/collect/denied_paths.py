"""Lists the paths that user code never sees, even if granted: repositories, labels, baselines and credentials."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from gatebot.collect.job import Job
from gatebot.errors import UsageError
from gatebot.repository.git import Repository

CREDENTIALS = (
    ".netrc", ".git-credentials", ".ssh", ".gnupg", ".aws", ".azure", ".config/gcloud", ".config/gh", ".config/git",
    ".docker", ".kube", ".pypirc", ".config/pip", ".config/uv", ".pip", ".npmrc", ".cache/huggingface/token", ".kaggle",
)  # fmt: skip
"""Paths below the user's home folder."""
OF_THE_JOB = ("_runner_file_commands", "_github_home", "_github_workflow")
"""Paths below the temporary folder of a workflow job: files that later steps and the runner trust."""


def denied(job: Job, kept: Iterable[Path]) -> tuple[Path, ...]:
    """Return the paths that stay closed even if a grant includes them.

    Args:
        job: names the trees, and gatebot's own environment.
        kept: the folders with labels and baselines.
    """
    found = [*kept, *_credentials(job.environ)]
    for tree in (*job.trees.values(), *([job.rules_tree] if job.rules_tree else [])):
        found += [tree.path / ".git", *_repository(tree.path)]
    return tuple(dict.fromkeys(found))


def _repository(root: Path) -> list[Path]:
    try:
        return [Repository(root).git_dir]
    except UsageError:
        return []


def _credentials(environ: Mapping[str, str]) -> list[Path]:
    home, temp = environ.get("HOME"), environ.get("RUNNER_TEMP")
    found = [Path(home, name) for name in CREDENTIALS] if home else []
    if temp and Path(temp).is_dir():
        found += [Path(temp, name) for name in OF_THE_JOB]
        found += sorted(Path(temp).glob("git-credentials-*"))  # actions/checkout stores its token there
    return found
