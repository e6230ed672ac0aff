"""The whole of `gatebot.yml`, and its two halves: the Rules of the base branch, the Recipe of the trained commit."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from gatebot.config.sections.baseline import BaselineRules
from gatebot.config.sections.data import AllowedAddress, Data, DataRecipe, DataRules
from gatebot.config.sections.guarantee import Guarantee
from gatebot.config.sections.metric import MetricRule
from gatebot.config.sections.model import ModelRecipe
from gatebot.config.sections.policy import Policy, Waiver
from gatebot.config.sections.privacy import Privacy
from gatebot.config.sections.section import Patterns, Section, half_of
from gatebot.config.sections.serving import Serving
from gatebot.config.sections.smoke import Smoke, SmokeRecipe, SmokeRules
from gatebot.core.address import is_address


class TaskName(StrEnum):
    """What the predictions are."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    SCORES = "scores"


class RulesKeys(Section):
    """The keys of the file's top level that are Rules only."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    project: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = Field(
        default=None,
        description="Names the status, the comment's section and baselines. Default: the repository's name.",
    )
    task: TaskName = Field(
        default=TaskName.CLASSIFICATION,
        description="What the predictions are: labels, numbers, or scores of single examples.",
    )
    paths: Patterns = Field(
        default=("**",), description="What can change the verdict: where nothing of it is touched, nothing is trained."
    )
    drafts: Literal["run", "skip"] = Field(
        default="run", description="Whether drafts are gated. The status of a skipped one stays pending."
    )
    merge_group: Literal["full", "reuse"] = Field(
        default="reuse",
        description="What a merge queue trains. This version always trains the group anew, also for `reuse`.",
    )
    metrics: tuple[MetricRule, ...] = Field(
        default=(), description="What must not get worse. Without any, the task's usual ones."
    )
    behaviour: Patterns = Field(default=(), description="Files with cases that have to hold.")
    guarantee: Guarantee | None = Field(
        default=None, description="What holds for many commits together; for brought predictions of independent rows."
    )
    serving: Serving | None = Field(default=None, description="How the model is served, and what it must keep to.")
    checks: dict[str, bool | dict[str, Any]] = Field(
        default={}, description="Check id: `false` turns it off, a mapping sets its options (docs/checks.md)."
    )
    policy: Policy = Field(default=Policy(), description="What each priority does.")
    waivers: tuple[Waiver, ...] = Field(default=(), description="Findings that somebody accepts for a while.")
    baseline: BaselineRules = Field(default=BaselineRules(), description="Where main's Snapshot comes from.")
    privacy: Privacy = Field(default=Privacy(), description="What may be shown.")


class Rules(RulesKeys):
    """What a pull request is judged by: read at the tip of its base branch."""

    data: DataRules = Field(default=DataRules(), description="Where the data lies and how it is read.")
    smoke: SmokeRules = Field(default=SmokeRules(), description="How much is trained, and what it may use.")

    @property
    def slice_columns(self) -> tuple[str, ...]:
        """Every column that rows are told apart by: of `data`, then of single metrics."""
        named = [rule.slice for rule in self.metrics if rule.slice is not None]
        return tuple(dict.fromkeys((*self.data.slices, *self.data.protected, *named)))


class Recipe(Section):
    """How a commit is trained: read from that commit."""

    read_from: ClassVar[str] = "head"

    data: DataRecipe = Field(default=DataRecipe(), description="Where the data lies.")
    model: ModelRecipe = Field(description="How the model is trained and asked, in one of three ways.")
    smoke: SmokeRecipe = Field(default=SmokeRecipe(), description="The environment that user code runs in.")


class Document(RulesKeys):
    """The whole file."""

    data: Data = Field(default=Data(), description="Where the data lies and how it is read.")
    model: ModelRecipe = Field(
        description="How the model is trained and asked: `python`, or `train` and `predict`, or `run`."
    )
    smoke: Smoke = Field(default=Smoke(), description="How much is trained, and what it may use.")

    @property
    def rules(self) -> Rules:
        """The base branch's half. The addresses that this file names are allowed unless it says which are."""
        rules = half_of(Rules, self)
        if rules.data.addresses is not None:
            return rules
        named = (*self.data.path, *self.data.train, *self.data.eval)
        own = tuple(AllowedAddress.model_construct(prefix=each) for each in named if is_address(each))
        return rules.model_copy(update={"data": rules.data.model_copy(update={"addresses": own})})

    @property
    def recipe(self) -> Recipe:
        """The trained commit's half."""
        return half_of(Recipe, self)
