"""Models of the parts of GitHub's API responses that gatebot reads."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field

from gatebot.github.payload import Sha


class Part(BaseModel):
    """Base class of the models. Unknown fields are ignored, because GitHub often adds new ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")


T = TypeVar("T")


class Page(Part, Generic[T]):
    """One page of a list; most lists are arrays, some are in a named field."""

    items: list[T] = Field(validation_alias=AliasChoices("items", "check_runs", "workflow_runs", "artifacts"))


class User(Part):
    """An account."""

    login: str


class Viewer(Part):
    """The account of the token, from the GraphQL API."""

    login: str = Field(validation_alias=AliasPath("data", "viewer", "login"))


class RepositoryId(Part):
    """A repository."""

    id: int


class Tip(Part):
    """The head or the base of a pull request. `repo` is null if the fork was deleted."""

    ref: str
    sha: Sha
    repo: RepositoryId | None


class Pull(Part):
    """A pull request."""

    number: int
    state: str
    draft: bool = False
    user: User | None
    author_association: str = ""
    head: Tip
    base: Tip


class File(Part):
    """A file that a pull request changes."""

    filename: str
    previous_filename: str | None = None


class Comment(Part):
    """A comment on a pull request."""

    id: int
    body: str | None = None
    user: User | None
    html_url: str
    created_at: datetime
    updated_at: datetime


class Review(Part):
    """A review of a pull request. `commit_id` is null if its commit no longer exists."""

    id: int
    user: User | None
    state: str
    body: str | None = None
    html_url: str
    commit_id: Sha | None = None
    submitted_at: datetime | None = None


class DismissedReview(Part):
    """A reference to a review that was dismissed."""

    review_id: int


class Moment(Part):
    """An entry in the timeline of a pull request. The available fields depend on `event`."""

    event: str = ""
    id: int | None = None
    body: str | None = None
    user: User | None = None
    html_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    state: str | None = None
    commit_id: Sha | None = None
    submitted_at: datetime | None = None
    dismissed_review: DismissedReview | None = None


class Permission(Part):
    """The permission of an account in the repository: `admin`, `write`, `read` or `none`."""

    permission: str


class CommitStatus(Part):
    """A commit status."""

    context: str
    state: str
    description: str | None
    target_url: str | None
    creator: User | None = None


class CheckRun(Part):
    """A check run."""

    id: int
    html_url: str | None = None
    external_id: str | None = None
    details_url: str | None = None
    conclusion: str | None = None
    output: "CheckOutput | None" = None


class CheckOutput(Part):
    """The content of a check run."""

    title: str | None = None
    summary: str | None = None
    text: str | None = None


class Commit(Part):
    """A commit in a list of commits."""

    sha: Sha


class WorkflowRun(Part):
    """A run of a workflow."""

    id: int
    event: str
    status: str | None
    conclusion: str | None
    head_branch: str | None
    head_sha: Sha
    path: str
    created_at: datetime
    run_attempt: int = 1
    run_started_at: datetime | None = None
    repository: RepositoryId
    head_repository: RepositoryId | None


class ArtifactRun(Part):
    """The run that an artifact belongs to, according to the artifact."""

    id: int
    repository_id: int
    head_repository_id: int
    head_sha: Sha


class Artifact(Part):
    """An artifact."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool
    digest: str | None = None
    created_at: datetime | None
    workflow_run: ArtifactRun | None = None


class Nothing(Part):
    """A response whose content is ignored."""
