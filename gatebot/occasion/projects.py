"""Which projects a repository holds: one for each configuration in it."""

from pathlib import Path, PurePosixPath

from gatebot.config.load import parse
from gatebot.errors import UsageError
from gatebot.git import Repository, open_repository
from gatebot.occasion.occasion import default_project


def projects_in(config: Path, project: str, repository_name: str, base_ref: str) -> tuple[str, ...]:
    """Every project of a repository that holds several, sorted; the tested tree's and the base branch's.

    A project that a pull request takes away still counts: its gate cannot be removed in passing.

    Args:
        config: of the project at hand; those of the others bear the same file name.
        project: its name, which may be another than its configuration says.
        repository_name: names projects whose configurations do not.
        base_ref: the base branch, or empty.

    Raises:
        UsageError: there is no repository.
    """
    path = config.resolve()
    repository = open_repository(next(folder for folder in path.parents if folder.is_dir()))
    tips = ("HEAD", f"refs/remotes/origin/{base_ref}" if base_ref else "HEAD^1")
    found: dict[str, str] = {}
    for commit in filter(None, map(repository.find, tips)):
        for other in repository.named(commit, path.name):
            if other not in found:
                found[other] = _name(repository, commit, other, repository_name)
    root = repository.root.resolve()
    own = str(path.relative_to(root)) if path.is_relative_to(root) else ""
    return tuple(sorted({*(name for other, name in found.items() if other != own), project}))


def _name(repository: Repository, commit: str, path: str, repository_name: str) -> str:
    """What the configuration says, or what a project is called by default where it says nothing or cannot be read."""
    try:
        said = parse((repository.file(commit, path) or b"").decode("utf-8"), path).project
    except (UsageError, UnicodeDecodeError):
        said = None
    return said or default_project(repository_name, PurePosixPath(path).parent)
