"""The parts of GitHub's webhook payloads that gatebot reads, checked field by field."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# The engine behind these is Rust's: `$` is the end of the text, not of a line.
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
FullName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}(\[bot\])?$")]
# A branch name may hold nearly anything; what git itself forbids never reaches us by a well-formed payload.
RefName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20\x7f~^:?*\[\\]+$", max_length=1000)]
Id = Annotated[int, Field(strict=True, ge=1, lt=2**63)]
Number = Annotated[int, Field(strict=True, ge=1, lt=2**31)]


class Part(BaseModel):
    """GitHub adds fields all the time: what we do not name is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Part):
    """An account."""

    login: Login


class Repository(Part):
    """A repository; `default_branch` is missing where the payload abbreviates."""

    id: Id
    full_name: FullName
    default_branch: RefName | None = None


class ForkRepository(Part):
    """The repository that a pull request comes from."""

    id: Id
    full_name: FullName | None = None


class Tip(Part):
    """One end of a pull request. `repo` is null when the fork was deleted."""

    ref: RefName
    sha: Sha
    repo: ForkRepository | None


class Pull(Part):
    """A pull request. `user` is null when the account was deleted."""

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
    """The run whose end started this one."""

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
    """An issue or a pull request, as `issue_comment` shows it."""

    number: Number
    user: User | None = None
    pull_request: IssueLink | None = None


class Payload(Part):
    """Any event."""

    action: str = ""
    repository: Repository
    sender: User | None = None


class PullPayload(Payload):
    """`pull_request` and `pull_request_review`."""

    pull_request: Pull


class PushPayload(Payload):
    """`push`."""

    ref: RefName
    before: Sha
    after: Sha
    deleted: bool = False


class MergeGroupPayload(Payload):
    """`merge_group`."""

    merge_group: MergeGroup


class WorkflowRunPayload(Payload):
    """`workflow_run`."""

    workflow_run: WorkflowRun
    workflow: Workflow | None = None


class CommentPayload(Payload):
    """`issue_comment`."""

    issue: Issue


class TimerPayload(Part):
    """`schedule` and `workflow_dispatch`: older servers leave the repository out."""

    repository: Repository | None = None
    sender: User | None = None
