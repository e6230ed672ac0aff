"""What user code never sees, whatever it is granted: repositories, labels and baselines, credentials."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from gatebot.collect.job import Job
from gatebot.errors import UsageError
from gatebot.repository.git import Repository

CREDENTIALS = (
    ".netrc", ".git-credentials", ".ssh", ".gnupg", ".aws", ".azure", ".config/gcloud", ".config/gh", ".config/git",
    ".docker", ".kube", ".pypirc", ".config/pip", ".config/uv", ".pip", ".npmrc", ".cache/huggingface/token", ".kaggle",
)  # fmt: skip
"""Below a user's home."""
OF_THE_JOB = ("_runner_file_commands", "_github_home", "_github_workflow")
"""Below the folder of a workflow job: what later steps and the runner believe."""


def denied(job: Job, kept: Iterable[Path]) -> tuple[Path, ...]:
    """Paths that no grant opens.

    Args:
        job: its trees, and gatebot's own environment.
        kept: where labels and baselines are kept.
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
        found += sorted(Path(temp).glob("git-credentials-*"))  # actions/checkout leaves its token there
    return found
