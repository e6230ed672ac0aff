"""The configuration's shape: every key, its type, its default and its side, in one place.

A class whose name ends in `Rules` holds keys that are read from the base branch; one whose name ends in `Recipe` holds
keys that are read from the commit under test. A section of the file inherits from both, so a key has exactly one side.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from gatebot.config.quantity import (
    Margin,
    Share,
    parse_bytes,
    parse_duration,
    parse_margin,
    parse_rate,
    parse_rows,
)
from gatebot.finding import Level


class Section(BaseModel):
    """A mapping of `gatebot.yml`: unknown keys are errors, values never change after loading.

    Its keys are read from the base branch unless `read_from` says otherwise; a class that inherits from two halves
    leaves each key the side of the half that declares it.
    """

    read_from: ClassVar[str] = "base"

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=())


Half = TypeVar("Half", bound=Section)


def _listed(value: object) -> object:
    """One thing where a list is meant is a list of one."""
    return [value] if isinstance(value, str) else value


def _word(value: object) -> object:
    """A class label that YAML takes for a number is still a word."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(_word)]
Patterns = Annotated[
    tuple[str, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def _written(description: str) -> WithJsonSchema:
    """How a quantity is written, for the schema that editors read."""
    return WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}], "description": description})


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0), _written("a duration: 30s, 10m, 1h, 30d")]
Bytes = Annotated[int, BeforeValidator(parse_bytes), Field(gt=0), _written("a size: 500MB, 4GiB")]
RowCount = Annotated[int | Share, BeforeValidator(parse_rows), _written("a count of rows, or a percentage: 10%")]
MarginValue = Annotated[
    Margin, BeforeValidator(parse_margin), _written("0.02 in the metric's own units, or 5% relative to base")
]
RatePerSecond = Annotated[float, BeforeValidator(parse_rate), Field(gt=0), _written("a rate: 1000/min, 20/s")]


class TaskName(StrEnum):
    """What the predictions are."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    SCORES = "scores"


PriorityName = Literal["P0", "P1", "P2", "P3", "P4"]
ActionName = Literal["block", "review", "warn", "note"]


# --- data ---


class Fetch(Section):
    """A command that brings data which is not in git. Runs before any user code, under its own uid."""

    run: str
    secrets: tuple[str, ...] = ()
    network: bool = True
    timeout: Seconds = 600.0


class DataVersion(Section):
    """What identifies data that is not in git."""

    read_from: ClassVar[str] = "head"

    files: Patterns = ()


class ColumnSplit(Section):
    """The user's own split: rows whose column says `eval` (or `test`, `val`, `valid`, `validation`) are eval rows."""

    column: str
    eval: tuple[str, ...] = ("eval", "test", "val", "valid", "validation")


class FoldSplit(Section):
    """Out-of-fold predictions: every row is an eval row."""

    folds: Annotated[int, Field(ge=2, le=20)]


class DataRules(Section):
    """How data is read as evidence."""

    fetch: Fetch | None = None
    target: str | None = None
    id: str | None = None
    group: str | None = None
    time: str | None = None
    split: Literal["auto"] | ColumnSplit | FoldSplit = "auto"
    slices: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    contract: str | None = None
    labels: Literal["public", "private"] = "public"


class DataRecipe(Section):
    """Where the data lies."""

    read_from: ClassVar[str] = "head"

    path: Patterns = ()
    train: Patterns = ()
    eval: Patterns = ()
    version: DataVersion = DataVersion()
    assets: Patterns = ()


class Data(DataRules, DataRecipe):
    """`data:`."""

    @model_validator(mode="after")
    def _one_source(self) -> "Data":
        if self.path and (self.train or self.eval):
            raise ValueError("give either `path`, or `train` and `eval`, not both")
        if bool(self.train) != bool(self.eval):
            raise ValueError("`train` and `eval` come together")
        return self


# --- model (Recipe only) ---


class ModelRecipe(Section):
    """`model:`: exactly one of `python`, `train` with `predict`, or `run`/`predictions`."""

    read_from: ClassVar[str] = "head"

    python: str | None = None
    train: str | None = None
    predict: str | None = None
    run: str | None = None
    predictions: str | None = None
    metrics: str | None = None

    @model_validator(mode="after")
    def _one_contract(self) -> "ModelRecipe":
        commands = self.train is not None or self.predict is not None
        ways = [self.python is not None, commands, self.run is not None or self.predictions is not None]
        if sum(ways) != 1:
            raise ValueError("give exactly one of `python`, `train` with `predict`, or `run` (or a `predictions` file)")
        if commands and (self.train is None or self.predict is None):
            raise ValueError("`train` and `predict` come together")
        if self.run is not None and self.predictions is not None:
            raise ValueError("give either `run` or `predictions`, not both")
        return self


# --- smoke ---


class Network(Section):
    """Which phases of user code may open network connections."""

    setup: bool = True
    train: bool = False
    predict: bool = False


class EnvRules(Section):
    """Variables of gatebot's own environment that user code may see."""

    pass_: tuple[str, ...] = Field(default=(), alias="pass")


class EnvRecipe(Section):
    """Variables set for user code."""

    read_from: ClassVar[str] = "head"

    set: dict[str, str] = {}


class Env(EnvRules, EnvRecipe):
    """`smoke.env:`. Nothing else crosses."""


class SmokeRules(Section):
    """How much is trained, and what it may use."""

    train_rows: RowCount = 2000
    eval_rows: RowCount = 5000
    seeds: Literal["auto"] | Annotated[int, Field(ge=1, le=100)] = "auto"
    budget: Seconds = 1800.0
    timeout: Seconds = 600.0
    memory: Bytes = 4 * 1024**3
    disk: Bytes = 10 * 1024**3
    network: Network = Network()
    env: EnvRules = EnvRules()
    device: Literal["cpu", "cuda"] = "cpu"
    isolation: Literal["full", "partial", "none"] = "full"


class SmokeRecipe(Section):
    """The environment that user code runs in."""

    read_from: ClassVar[str] = "head"

    env: EnvRecipe = EnvRecipe()
    setup: str | None = None
    lock: Patterns = ()
    python: str = "python3"


class Smoke(SmokeRules, SmokeRecipe):
    """`smoke:`."""

    env: Env = Env()


# --- what must not get worse ---


class MetricRule(Section):
    """One declared metric: what it is, on which rows, and how much worse it may get."""

    metric: str | None = None
    python: str | None = None
    of: Word | None = None
    slice: str | None = None
    direction: Literal["higher", "lower"] | None = None
    margin: MarginValue | None = None
    warn: MarginValue | None = None
    floor: float | None = None
    ceiling: float | None = None
    options: dict[str, float | int | str] = {}

    @model_validator(mode="after")
    def _one_metric(self) -> "MetricRule":
        if (self.metric is None) == (self.python is None):
            raise ValueError("give exactly one of `metric` and `python`")
        if self.python is not None and self.direction is None:
            raise ValueError("a metric of your own needs `direction: higher` or `direction: lower`")
        return self


class Serving(Section):
    """How the model is served, and what it must keep to."""

    command: str | None = None
    url: str | None = None
    rate: RatePerSecond | None = None
    p95: Seconds | None = None


class LikelihoodRule(Section):
    """Changed paths that make some checks likelier to find something."""

    paths: Patterns
    raise_: Patterns = Field(alias="raise")


class Policy(Section):
    """What each priority does."""

    mode: Literal["observe", "enforce"] = "enforce"
    block: tuple[PriorityName, ...] = ("P0", "P1")
    review: tuple[PriorityName, ...] = ()
    warn: tuple[PriorityName, ...] = ("P2", "P3")
    note: tuple[PriorityName, ...] = ("P4",)
    undecided: Literal["warn", "review", "block"] = "warn"
    inherited: Literal["warn", "note"] = "warn"
    forks: Literal["accept", "review", "trusted-run"] = "review"
    reviewers: tuple[str, ...] = ()
    impact: dict[str, Level] = {}
    likelihood: tuple[LikelihoodRule, ...] = ()

    @model_validator(mode="after")
    def _each_priority_once(self) -> "Policy":
        listed = [*self.block, *self.review, *self.warn, *self.note]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in more than one of `block`, `review`, `warn`, `note`")
        return self


class Waiver(Section):
    """A finding that somebody accepts, up to a ceiling, until a day, for a reason."""

    check: str
    subject: str = "*"
    ceiling: float | None = None
    until: date
    owner: str
    reason: Annotated[str, Field(min_length=1)]


class BaselineRules(Section):
    """Where main's Snapshot comes from."""

    from_: Literal["artifact", "refs", "folder", "url", "mlflow"] = Field(default="artifact", alias="from")
    location: str | None = None
    missing: Literal["retrain", "warn", "block"] = "retrain"
    max_age: Seconds = 30 * 86400.0
    keep_model: Annotated[int, BeforeValidator(parse_bytes), Field(ge=0), _written("a size: 500MB")] = 0


class Privacy(Section):
    """What may be shown."""

    ids: Literal["hashed", "plain"] = "hashed"
    log_tail: Annotated[int, Field(ge=0, le=1000)] = 40


class RulesKeys(Section):
    """The keys of the file's top level that are Rules only."""

    version: Literal[1] = 1
    project: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = None
    task: TaskName = TaskName.CLASSIFICATION
    paths: Patterns = ("**",)
    drafts: Literal["run", "skip"] = "run"
    merge_group: Literal["full", "reuse"] = "reuse"
    metrics: tuple[MetricRule, ...] = ()
    behaviour: Patterns = ()
    serving: Serving | None = None
    checks: dict[str, bool | dict[str, Any]] = {}
    policy: Policy = Policy()
    waivers: tuple[Waiver, ...] = ()
    baseline: BaselineRules = BaselineRules()
    privacy: Privacy = Privacy()


class Rules(RulesKeys):
    """What a pull request is judged by: read at the tip of its base branch."""

    data: DataRules = DataRules()
    smoke: SmokeRules = SmokeRules()


class Recipe(Section):
    """How a commit is trained: read from that commit."""

    read_from: ClassVar[str] = "head"

    data: DataRecipe = DataRecipe()
    model: ModelRecipe
    smoke: SmokeRecipe = SmokeRecipe()


class Document(RulesKeys):
    """The whole file."""

    data: Data = Data()
    model: ModelRecipe
    smoke: Smoke = Smoke()

    @property
    def rules(self) -> Rules:
        """The base branch's half."""
        return _half(Rules, self)

    @property
    def recipe(self) -> Recipe:
        """The trained commit's half."""
        return _half(Recipe, self)


def _half(half: type[Half], whole: Section) -> Half:
    """The keys of `whole` that `half` declares, section by section."""
    values: dict[str, Any] = {}
    for name, field in half.model_fields.items():
        value, kind = getattr(whole, name), field.annotation
        if isinstance(kind, type) and issubclass(kind, Section) and isinstance(value, Section):
            value = _half(kind, value)
        values[name] = value
    return cast("Half", half.model_construct(**values))
