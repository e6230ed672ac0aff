"""The ways in which a repository can train and predict."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatebot.discovery.code import Function


@dataclass(frozen=True, slots=True)
class Native:
    """A file that already has `train(rows, …)` and `predict(model, rows, …)`."""

    path: str


@dataclass(frozen=True, slots=True)
class Commands:
    """Two commands that take paths: the adapter for commands can use them as they are."""

    train: str
    predict: str
    where: str


@dataclass(frozen=True, slots=True)
class Functions:
    """Functions with other names or parameters, which a generated file calls.

    Attributes:
        module: the module to import.
        folder: the folder from which it can be imported, relative to the configuration.
        train, predict: the functions to call; `predict` is None if the model's own method is called.
        values: for `train`, the parameter -> the expression to pass. `asked` is the same for `predict`.
        keeps: names of the values that `train` returns, if it returns more than the model.
        saved: the path from which the model is loaded, if `train` saves it.
        prepare: the module and the name of a function through which rows go first.
    """

    module: str
    folder: str
    train: Function
    values: Mapping[str, str]
    predict: Function | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
    predict_module: str = ""
    keeps: tuple[str, ...] = ()
    saved: str = ""
    prepare: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Builder:
    """A function, class or object that provides an unfitted model, which a generated file fits.

    Attributes:
        module: the module to import.
        folder: the folder from which it can be imported, relative to the configuration.
        name: the function, class or object.
        values: the parameter -> the expression to pass.
        is_object: whether it is a model, which has to be cloned.
        fitted: the expressions that `fit` is given.
        asked: the expression that `predict` is given.
        prepare: the module and the name of a function through which rows go first.
    """

    module: str
    folder: str
    name: str
    values: Mapping[str, str]
    is_object: bool = False
    fitted: tuple[str, ...] = ("features(rows)", "rows[TARGET]")
    asked: str = "features(rows)"
    prepare: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Commands that read their data at fixed or given paths, which a generated file runs.

    Attributes:
        commands: each command as words; `{train}`, `{model}`, `{model_folder}` and `{seed}` are placeholders.
        tables: the paths for the training rows before the commands run.
        model: the file that the commands write; empty if the model is a variable.
        ask: a command that predicts, with `{rows}`, `{model}`, `{predictions}`; if empty, the model's method is called.
        dummies: whether the model has one-hot columns from `pandas.get_dummies`.
        encodes: whether the target is encoded as numbers, in the order of the sorted labels.
        folder: where the commands are started.
        leaves: other files that they write.
        variable: the fitted model among the script's variables.
        steps: what transforms features before the model: variables, or files that the commands write.
        codes: the label that each answer of the model stands for: code -> label.
        asks: where `ask` reads rows and writes its answers, if at fixed paths.
    """

    commands: tuple[tuple[str, ...], ...]
    tables: tuple[str, ...]
    model: str
    ask: tuple[str, ...] = ()
    dummies: bool = False
    encodes: bool = False
    folder: str = "."
    leaves: tuple[str, ...] = ()
    variable: str = ""
    steps: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    asks: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class PredictionScript:
    """A script that trains, reads rows without target at a fixed path and writes its predictions to a file."""

    command: tuple[str, ...]
    train: str
    asked: str
    answers: str


Way = Native | Commands | Functions | Builder | Script | PredictionScript
