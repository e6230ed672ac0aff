"""The configuration's shape: every key, its type, its default and its side, in one place.

A class whose name ends in `Rules` holds keys that are read from the base branch; one whose name ends in `Recipe` holds
keys that are read from the commit under test. A section of the file inherits from both, so a key has exactly one side.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from gatebot.config.quantity import (
    Margin,
    Share,
    parse_bytes,
    parse_duration,
    parse_margin,
    parse_rate,
    parse_rows,
)
from gatebot.core.address import BadAddressError, is_address, parse_prefix
from gatebot.core.finding import Level
from gatebot.stats.arrays import StatError
from gatebot.stats.condition import Mode
from gatebot.stats.condition import parse as parse_condition
from gatebot.stats.guarantee import Adaptivity
from gatebot.stats.promise import Promise


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
    """A command that brings data which is not in git. Runs before any user code, in base's files, under its own uid."""

    run: str = Field(description="The command. No shell reads it: write `sh -c '…'` for one.")
    secrets: tuple[str, ...] = Field(default=(), description="Names of the variables that this command alone may see.")
    files: Patterns | None = Field(
        default=None,
        description="Files of the commit under test that say which data is meant, such as `data.dvc`. The command runs"
        " in base's files, and these are all that it sees of a pull request. Default: base's `data.version.files`.",
    )
    network: bool = Field(default=True, description="Whether it may open network connections.")
    timeout: Seconds = Field(default=600.0, description="The longest that it may take.")


class AllowedAddress(Section):
    """Addresses that data may be fetched from, and what fetching from there may use."""

    prefix: str = Field(description="One address, or where it ends in `/`, all below it.")
    secrets: tuple[str, ...] = Field(
        default=(),
        description="Names of the variables that reading from there may see, such as `AWS_ACCESS_KEY_ID`.",
    )
    private: bool = Field(
        default=False,
        description="Whether the server may be on this machine or in a private network. Metadata services never are.",
    )

    @field_validator("prefix")
    @classmethod
    def _comparable(cls, value: str) -> str:
        try:
            parse_prefix(value)
        except BadAddressError as error:
            raise ValueError(f"is no address or prefix of addresses: {error}") from error
        return value


def _as_mapping(value: object) -> object:
    return {"prefix": value} if isinstance(value, str) else value


AddressRule = Annotated[AllowedAddress, BeforeValidator(_as_mapping, json_schema_input_type=str | AllowedAddress)]


class DataVersion(Section):
    """What identifies data that is not in git."""

    read_from: ClassVar[str] = "head"

    files: Patterns = Field(
        default=(), description="Files, such as `data.dvc`, whose content changes when the data does."
    )


class ColumnSplit(Section):
    """The user's own split: rows whose column says `eval` (or `test`, `val`, `valid`, `validation`) are eval rows."""

    column: str = Field(description="The column that says on which side a row stands.")
    eval: tuple[str, ...] = Field(
        default=("eval", "test", "val", "valid", "validation"),
        description="Its values that mean eval, in upper or lower case.",
    )


class FoldSplit(Section):
    """Out-of-fold predictions: every row is an eval row."""

    folds: Annotated[int, Field(ge=2, le=20)] = Field(
        description="How many models predict the rows, each those that it was not trained on."
    )


class DataRules(Section):
    """How data is read as evidence."""

    fetch: Fetch | None = Field(default=None, description="How data that is not in git is brought.")
    addresses: tuple[AddressRule, ...] | None = Field(
        default=None,
        description="Addresses that `path`, `train` and `eval` may name: prefixes that end in `/`, or whole addresses."
        " Default: those that this file names itself, read without secrets.",
    )
    target: str | None = Field(default=None, description="The column to predict. Eval rows are handed out without it.")
    id: str | None = Field(
        default=None, description="The column that names a row. Without one, a row is known by a hash of its content."
    )
    group: str | None = Field(
        default=None,
        description="The column whose equal values never straddle train and eval; it is also what is independent.",
    )
    time: str | None = Field(default=None, description="The column by which the latest rows become eval rows.")
    split: Literal["auto"] | ColumnSplit | FoldSplit = Field(
        default="auto", description="`auto` splits by a keyed hash; a column of your own or folds are used as they are."
    )
    slices: tuple[str, ...] = Field(default=(), description="Columns each of whose values is held on its own.")
    protected: tuple[str, ...] = Field(
        default=(), description="Columns whose values are held as slices and compared with one another."
    )
    contract: str | None = Field(default=None, description="A file with what every column has to keep to.")
    labels: Literal["public", "private"] = Field(
        default="public", description="`private`: labels lie in a store that only the judge reads."
    )


class DataRecipe(Section):
    """Where the data lies."""

    read_from: ClassVar[str] = "head"

    path: Patterns = Field(
        default=(),
        description="Files, globs or addresses (`s3://`, `https://` …) of CSV, TSV, JSON Lines or Parquet.",
    )
    train: Patterns = Field(default=(), description="Train rows, where eval rows lie in files of their own.")
    eval: Patterns = Field(default=(), description="Eval rows that lie in files of their own.")
    version: DataVersion = Field(default=DataVersion(), description="What identifies data that is not in git.")
    assets: Patterns = Field(default=(), description="Files that rows point to, such as images: mounted read-only.")


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

    python: str | None = Field(
        default=None, description="A Python file with `train(rows, seed, …)` and `predict(model, rows, …)`."
    )
    train: str | None = Field(
        default=None,
        description="A command that trains, in any language: `{train}`, `{model}` and `{seed}` stand for values.",
    )
    predict: str | None = Field(
        default=None, description="The command that predicts: `{model}`, `{rows}` and `{predictions}` stand for paths."
    )
    run: str | None = Field(
        default=None,
        description="One command that trains and predicts as it sees fit; its predictions are scored again.",
    )
    predictions: str | None = Field(default=None, description="A file of predictions that lies in the repository.")
    metrics: str | None = Field(
        default=None, description="A file of metrics that your own code writes: shown as claimed, never believed."
    )

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
    eval_rows: RowCount = Field(default=5000, description="Rows that are predicted, at most: a count or a percentage.")
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


# --- what must not get worse ---


class MetricRule(Section):
    """One declared metric: what it is, on which rows, and how much worse it may get."""

    metric: str | None = Field(default=None, description="A name of the catalogue (docs/metrics.md).")
    python: str | None = Field(default=None, description="A metric of your own, `file.py:function`, read from base.")
    of: Word | None = Field(default=None, description="The class, or for scores the column, that it is about.")
    slice: str | None = Field(default=None, description="A column each of whose values is held on its own.")
    direction: Literal["higher", "lower"] | None = Field(
        default=None, description="Which way is better, for metrics of your own and for scores."
    )
    margin: MarginValue | None = Field(
        default=None, description="How much worse it may get: in its own units, or a percentage of base's value."
    )
    improve_by: MarginValue | None = Field(
        default=None, description="It must be shown to be better than base by more than this; in place of a margin."
    )
    warn: MarginValue | None = Field(default=None, description="A smaller loss that is worth a warning.")
    floor: float | None = Field(default=None, description="It may not be below this, whatever base has.")
    ceiling: float | None = Field(default=None, description="It may not be above this, whatever base has.")
    options: dict[str, float | int | str] = Field(
        default={}, description="Settings of the metric itself, such as `k` of `top_k`."
    )

    @model_validator(mode="after")
    def _one_metric(self) -> "MetricRule":
        if (self.metric is None) == (self.python is None):
            raise ValueError("give exactly one of `metric` and `python`")
        if self.python is not None and self.direction is None:
            raise ValueError("a metric of your own needs `direction: higher` or `direction: lower`")
        if self.improve_by is not None and (self.margin is not None or self.warn is not None):
            raise ValueError("give either `improve_by`, or `margin` and `warn`: what must improve may not get worse")
        return self


class Guarantee(Section):
    """A condition that is judged right for all of `steps` commits together, but for what `reliability` leaves."""

    condition: str = Field(
        description="What has to hold of n, o (the accuracies of head and base) and d (the share of rows that they"
        " answer differently), such as `n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01`."
    )
    reliability: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.999, description="The chance, at least, that no verdict of all the commits contradicts the truth."
    )
    steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=32, description="Commits that the same eval rows have to serve."
    )
    adaptivity: Adaptivity = Field(
        default=Adaptivity.FULL,
        description="What developers learn from one commit to the next: no verdict (`none`), verdicts until the first"
        " pass retires the eval rows (`first-change`), or every verdict (`full`).",
    )
    mode: Mode = Field(
        default=Mode.TERNARY,
        description="What a doubt means: it fails (`fp-free`), passes (`fn-free`), or is undecided (`ternary`).",
    )

    @field_validator("condition")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            parse_condition(text)
        except StatError as error:
            raise ValueError(str(error).removeprefix("condition: ")) from error
        return text

    @property
    def promise(self) -> Promise:
        """The same, to be judged."""
        condition = parse_condition(self.condition)
        return Promise(self.condition, condition, self.reliability, self.steps, self.adaptivity, self.mode)


class Serving(Section):
    """How the model is served, and what it must keep to."""

    command: str | None = Field(default=None, description="Starts the server.")
    url: str | None = Field(default=None, description="Where it answers.")
    rate: RatePerSecond | None = Field(default=None, description="Requests that it has to stand.")
    p95: Seconds | None = Field(default=None, description="The time in which 95 of 100 answers have to come.")


class LikelihoodRule(Section):
    """Changed paths that make some checks likelier to find something."""

    paths: Patterns = Field(description="Patterns of paths.")
    raise_: Patterns = Field(alias="raise", description="Patterns of check ids that become likelier to find something.")


class Policy(Section):
    """What each priority does."""

    mode: Literal["observe", "enforce"] = Field(
        default="enforce",
        description="`observe` says what would have happened and lets everything pass; `enforce` blocks.",
    )
    block: tuple[PriorityName, ...] = Field(default=("P0", "P1"), description="Priorities that block.")
    review: tuple[PriorityName, ...] = Field(default=(), description="Priorities that wait for an approval.")
    warn: tuple[PriorityName, ...] = Field(default=("P2", "P3"), description="Priorities that are shown and pass.")
    note: tuple[PriorityName, ...] = Field(default=("P4",), description="Priorities that are only noted.")
    undecided: Literal["warn", "review", "block"] = Field(
        default="warn", description="What a measure does that is neither held nor proven worse."
    )
    inherited: Literal["warn", "note"] = Field(
        default="warn", description="What a finding does that base has too. It never blocks."
    )
    forks: Literal["accept", "review", "trusted-run"] = Field(
        default="review",
        description="Whether a fork's evidence is believed, waits for approval, or has to be made anew.",
    )
    reviewers: tuple[str, ...] = Field(
        default=(), description="Who may accept; without any, everybody with write access but the author."
    )
    impact: dict[str, Level] = Field(
        default={}, description="Check id or pattern: an impact other than the check's own."
    )
    likelihood: tuple[LikelihoodRule, ...] = Field(
        default=(), description="Changed paths that make some checks likelier to find something."
    )

    @model_validator(mode="after")
    def _each_priority_once(self) -> "Policy":
        listed = [*self.block, *self.review, *self.warn, *self.note]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in more than one of `block`, `review`, `warn`, `note`")
        return self


class Waiver(Section):
    """A finding that somebody accepts, up to a ceiling, until a day, for a reason."""

    check: str = Field(description="Id of the check.")
    subject: str = Field(
        default="*", description="What the finding is about, as the comment says it; `*` stands for anything."
    )
    ceiling: float | None = Field(default=None, description="How bad it may get and still be accepted.")
    until: date = Field(description="The last day that it holds.")
    owner: str = Field(description="Who answers for it.")
    reason: Annotated[str, Field(min_length=1)] = Field(description="Why it is accepted.")


class BaselineRules(Section):
    """Where main's Snapshot comes from."""

    from_: Literal["artifact", "refs", "folder", "url", "mlflow"] = Field(
        default="artifact", alias="from", description="Where Snapshots of main are kept."
    )
    location: str | None = Field(default=None, description="The folder, remote or address, for stores that need one.")
    missing: Literal["retrain", "warn", "block"] = Field(
        default="retrain",
        description="What is done where there is none: train base here (never for forks), warn, or block.",
    )
    max_age: Seconds = Field(default=30 * 86400.0, description="Older ones are not taken.")
    anchor: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="A release (tag, commit, or a branch that moves with releases) whose stored Snapshot head is"
        " held against as well, with twice the margin: many small losses must not add up.",
    )
    keep_model: Annotated[int, BeforeValidator(parse_bytes), Field(ge=0), _written("a size: 500MB")] = Field(
        default=0, description="Up to which size base's model is kept too."
    )


class Privacy(Section):
    """What may be shown."""

    ids: Literal["hashed", "plain"] = Field(default="hashed", description="Whether ids of rows are shown as they are.")
    log_tail: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=40, description="Lines of your code's log that are quoted where it failed."
    )
    stranger_logs: bool = Field(
        default=False,
        description="Whether they are quoted too for a fork's pull request, and for somebody's first one.",
    )


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
        rules = _half(Rules, self)
        if rules.data.addresses is not None:
            return rules
        named = (*self.data.path, *self.data.train, *self.data.eval)
        own = tuple(AllowedAddress.model_construct(prefix=each) for each in named if is_address(each))
        return rules.model_copy(update={"data": rules.data.model_copy(update={"addresses": own})})

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
