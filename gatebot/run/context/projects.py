"""Lists the projects of a repository: one for each configuration file."""

from pathlib import Path

from gatebot.repository.git import open_repository
from gatebot.run.context.rules_found import absolute, project_at


def projects_in(
    config: Path, project: str, repository_name: str, base_ref: str, *, workspace: Path | None = None
) -> tuple[str, ...]:
    """Return the sorted names of all projects of a repository, in the tested tree and in the base branch.

    A project that a pull request removes still counts, so that its gate cannot be removed unnoticed.

    Args:
        config: configuration of the current project; those of other projects have the same file name.
        project: name of the current project, which may differ from the name in its configuration.
        repository_name: used to name projects whose configuration gives no name.
        base_ref: the base branch, or empty.
        workspace: workspace of the workflow job.

    Raises:
        UsageError: There is no repository.
    """
    path = absolute(config)
    repository = open_repository(path.parent, within=workspace)
    tips = ("HEAD", f"refs/remotes/origin/{base_ref}" if base_ref else "HEAD^1")
    found: dict[str, str] = {}
    for commit in filter(None, map(repository.find, tips)):
        for other in repository.named(commit, path.name):
            if other not in found:
                found[other] = project_at(repository, commit, other, repository_name)
    root = repository.root
    own = str(path.relative_to(root)) if path.is_relative_to(root) else ""
    return tuple(sorted({*(name for other, name in found.items() if other != own), project}))
