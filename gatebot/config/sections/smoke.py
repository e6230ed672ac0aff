"""`smoke:`: how much is trained, in which environment, and what it may use."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from gatebot.config.sections.section import Bytes, EvalRowCount, Patterns, RowCount, Seconds, Section


class Network(Section):
    """Which phases of user code may open network connections."""

    setup: bool = Field(default=True, description="While the environment is made.")
    train: bool = Field(default=False, description="While a model is trained.")
    predict: bool = Field(default=False, description="While it predicts.")


class EnvRules(Section):
    """Variables of gatebot's own environment that user code may see."""

    pass_: tuple[str, ...] = Field(
        default=(),
        alias="pass",
        description="Names of gatebot's own variables that user code sees. One that holds a secret (by its name, or an"
        " address with a password) reaches `smoke.setup` alone, which then runs base's files with base's recipe.",
    )


class EnvRecipe(Section):
    """Variables set for user code."""

    read_from: ClassVar[str] = "head"

    set: dict[str, str] = Field(default={}, description="Variables and their values.")


class Env(EnvRules, EnvRecipe):
    """`smoke.env:`. Nothing else crosses."""


class SmokeRules(Section):
    """How much is trained, and what it may use."""

    train_rows: RowCount = Field(default=2000, description="Rows that a smoke training gets: a count or a percentage.")
    eval_rows: EvalRowCount = Field(
        default="auto",
        description="Rows that are predicted, at most: a count or a percentage. `auto` predicts as many as a quarter of"
        " the training time allows, up to 20,000: rare classes and small declared slices first, and weighted.",
    )
    seeds: Literal["auto"] | Annotated[int, Field(ge=1, le=100)] = Field(
        default="auto",
        description="Trainings of each side. `auto` starts with few and buys more where they would decide something.",
    )
    budget: Seconds = Field(default=1800.0, description="The longest that all trainings together may take.")
    timeout: Seconds = Field(default=600.0, description="The longest that one training may take.")
    memory: Bytes = Field(
        default=4 * 1024**3, description="The most resident memory of a training's processes together."
    )
    disk: Bytes = Field(default=10 * 1024**3, description="The most that a training may write.")
    network: Network = Field(default=Network(), description="Which phases may open network connections.")
    env: EnvRules = Field(default=EnvRules(), description="What user code sees of the environment.")
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="What is passed to your code as `device`.")
    trace_reads: bool = Field(
        default=True, description="Whether a run notes which files of the commit training and predicting read."
    )
    isolation: Literal["full", "partial", "none"] = Field(
        default="full", description="The least isolation that a workflow accepts; below it, nothing is run."
    )


class SmokeRecipe(Section):
    """The environment that user code runs in."""

    read_from: ClassVar[str] = "head"

    env: EnvRecipe = Field(default=EnvRecipe(), description="What user code sees of the environment.")
    setup: str | None = Field(
        default=None,
        description="Commands that install what your code needs, one a line; run once for each state of the locks.",
    )
    lock: Patterns = Field(default=(), description="Files that say what is installed, besides the usual ones.")
    python: str = Field(
        default="python3", description="The interpreter that your code runs in, or that its environment is made with."
    )


class Smoke(SmokeRules, SmokeRecipe):
    """`smoke:`."""

    env: Env = Field(default=Env(), description="What user code sees of the environment. Nothing else crosses.")
