"""The parts of the REST API's answers that gatebot reads, checked field by field."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field

from gatebot.github.payload import Sha


class Part(BaseModel):
    """GitHub adds fields all the time: what we do not name is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


T = TypeVar("T")


class Page(Part, Generic[T]):
    """One page of a list; most lists are arrays, some stand under a name of their own."""

    items: list[T] = Field(validation_alias=AliasChoices("items", "check_runs", "workflow_runs", "artifacts"))


class User(Part):
    """An account."""

    login: str


class Viewer(Part):
    """Who asks, as the GraphQL API says it."""

    login: str = Field(validation_alias=AliasPath("data", "viewer", "login"))


class RepositoryId(Part):
    """A repository."""

    id: int


class Tip(Part):
    """One end of a pull request. `repo` is null when the fork was deleted."""

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
    """A file that a pull request touches."""

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
    """A review of a pull request. `commit_id` is null when its commit is gone."""

    id: int
    user: User | None
    state: str
    body: str | None = None
    html_url: str
    commit_id: Sha | None = None
    submitted_at: datetime | None = None


class DismissedReview(Part):
    """Which review was dismissed."""

    review_id: int


class Moment(Part):
    """Something that happened on a pull request. Which fields are there depends on `event`."""

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
    """What an account may do with the repository: `admin`, `write`, `read` or `none`."""

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
    """What a check run shows."""

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
    """The run that an artifact belongs to, as the artifact says it."""

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
    """An answer that does not matter."""
