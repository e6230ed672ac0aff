"""Which projects a repository holds: one for each configuration in it."""

from pathlib import Path

from gatebot.repository.git import open_repository
from gatebot.run.context.rules_found import absolute, project_at


def projects_in(
    config: Path, project: str, repository_name: str, base_ref: str, *, workspace: Path | None = None
) -> tuple[str, ...]:
    """Every project of a repository that holds several, sorted; the tested tree's and the base branch's.

    A project that a pull request takes away still counts: its gate cannot be removed in passing.

    Args:
        config: of the project at hand; those of the others bear the same file name.
        project: its name, which may be another than its configuration says.
        repository_name: names projects whose configurations do not.
        base_ref: the base branch, or empty.
        workspace: of the workflow job.

    Raises:
        UsageError: there is no repository.
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
