"""Models of the parts of GitHub's webhook payloads that gatebot reads."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# pydantic uses Rust's regex engine, in which `$` matches only the end of the text.
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
FullName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}(\[bot\])?$")]
# Branch names may contain nearly anything; the pattern excludes what git itself forbids.
RefName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20\x7f~^:?*\[\\]+$", max_length=1000)]
Id = Annotated[int, Field(strict=True, ge=1, lt=2**63)]
Number = Annotated[int, Field(strict=True, ge=1, lt=2**31)]


class Part(BaseModel):
    """Base class of the models. Unknown fields are ignored, because GitHub often adds new ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Part):
    """An account."""

    login: Login


class Repository(Part):
    """A repository; `default_branch` is missing in abbreviated payloads."""

    id: Id
    full_name: FullName
    default_branch: RefName | None = None


class ForkRepository(Part):
    """The repository that a pull request comes from."""

    id: Id
    full_name: FullName | None = None


class Tip(Part):
    """The head or the base of a pull request. `repo` is null if the fork was deleted."""

    ref: RefName
    sha: Sha
    repo: ForkRepository | None


class Pull(Part):
    """A pull request. `user` is null if the account was deleted."""

    number: Number
    draft: bool = False
    user: User | None = None
    author_association: str = ""
    head: Tip
    base: Tip


class MergeGroup(Part):
    """A group of pull requests in a merge queue."""

    head_sha: Sha
    head_ref: RefName
    base_sha: Sha
    base_ref: RefName


class WorkflowRun(Part):
    """The finished run that triggered this one."""

    id: Id
    run_attempt: Number = 1
    event: str
    status: str
    conclusion: str | None
    head_sha: Sha
    head_branch: RefName | None
    path: str = ""
    head_repository: ForkRepository | None


class Workflow(Part):
    """The workflow of a run."""

    path: str


class IssueLink(Part):
    """Present on an issue that is a pull request."""

    url: str


class Issue(Part):
    """An issue or a pull request in an `issue_comment` event."""

    number: Number
    user: User | None = None
    pull_request: IssueLink | None = None


class Payload(Part):
    """The payload of any event."""

    action: str = ""
    repository: Repository
    sender: User | None = None


class PullPayload(Payload):
    """The payload of `pull_request` and `pull_request_review`."""

    pull_request: Pull


class PushPayload(Payload):
    """The payload of `push`."""

    ref: RefName
    before: Sha
    after: Sha
    deleted: bool = False


class MergeGroupPayload(Payload):
    """The payload of `merge_group`."""

    merge_group: MergeGroup


class WorkflowRunPayload(Payload):
    """The payload of `workflow_run`."""

    workflow_run: WorkflowRun
    workflow: Workflow | None = None


class CommentPayload(Payload):
    """The payload of `issue_comment`."""

    issue: Issue


class TimerPayload(Part):
    """The payload of `schedule` and `workflow_dispatch`; older servers omit the repository."""

    repository: Repository | None = None
    sender: User | None = None
